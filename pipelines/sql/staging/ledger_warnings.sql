-- What the sums of the ledgers have that is odd, counted on the last file that has it.
insert into import_warnings
with cells as (
    select file_id, 'solde_negatif' as kind, 'nb' as column_name from ledger_cells where repairs < 0
    union all
    select file_id, 'solde_negatif', 'cout_ht' from ledger_cells where cost_excl_tax < 0
    union all
    select file_id, 'somme_incomplete', 'nb' from ledger_cells where repairs is null and numbers > 0
    union all
    select file_id, 'somme_incomplete', 'cout_ht' from ledger_cells where cost_excl_tax is null and amounts > 0
),

kept as (
    select t.*, name_key(t.bailleur_code) as landlord_key, name_key(t.residence) as residence_key
    from typed_sinistres_bailleur as t
    anti join dropped_rows as d on t.file_id = d.file_id and t.row = d.row
),

residences as (
    select max(file_id), 'groupe_variable', 'groupe'
    from kept
    group by landlord_key, residence_key
    having count(distinct groupe) > 1
    union all
    select max(file_id), 'logements_contradictoires', 'nb_logements'
    from kept
    group by landlord_key, residence_key, mois
    having count(distinct nb_logements) > 1
),

found as (
    select * from cells
    union all
    select * from residences
)

select file_id, kind, column_name, count(*) from found group by all order by all
