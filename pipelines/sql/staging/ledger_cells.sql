-- Lines kept, added up by landlord, residence, month and category. A name has the spelling written
-- most often, the last one among equals. A sum is unknown when one of its figures is: but a refund needs no number, nor
-- a line without repairs a cost.
create or replace temp view ledger_cells as
with kept as (
    select
        t.*,
        name_key(t.bailleur_code) as landlord_key,
        name_key(t.residence) as residence_key,
        name_key(t.categorie) as category_key,
        row_number() over (order by t.file_id, t.row) as written
    from typed_sinistres_bailleur as t
    anti join dropped_rows as d on t.file_id = d.file_id and t.row = d.row
),

spelt as (
    select
        *,
        written + 1_000_000_000 * count(*) over (partition by bailleur_code) as landlord_rank,
        written + 1_000_000_000 * count(*) over (partition by landlord_key, residence_key, residence) as residence_rank,
        written + 1_000_000_000 * count(*) over (partition by categorie) as category_rank
    from kept
),

named as (
    select
        *,
        arg_max(bailleur_code, landlord_rank) over (partition by landlord_key) as landlord_code,
        arg_max(residence, residence_rank) over (partition by landlord_key, residence_key) as residence_name,
        arg_max(categorie, category_rank) over (partition by category_key) as category_name
    from spelt
)

select
    landlord_code,
    residence_name as residence,
    mois as month,
    category_name as category,
    case when bool_and(coalesce(nb is not null or cout_ht < 0, false)) then try_cast(sum(nb) as integer) end as repairs,
    case when bool_and(coalesce(cout_ht is not null or nb = 0, false)) then fsum(cout_ht) end as cost_excl_tax,
    arg_max(groupe, written) as comparison_group,
    arg_max(nb_logements, written) as dwellings,
    count(*)::integer as lines,
    count(nb) as numbers,
    count(cout_ht) as amounts,
    max(file_id) as file_id
from named
group by all
