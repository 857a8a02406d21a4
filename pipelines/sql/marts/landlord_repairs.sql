create table w.landlord_repairs as
select
    t.bailleur_code as landlord_code,
    t.residence,
    t.mois as month,
    t.categorie as category,
    t.nb as repairs,
    t.cout_ht as cost_excl_tax,
    t.groupe as comparison_group,
    t.nb_logements as dwellings
from typed_sinistres_bailleur as t
anti join dropped_rows as d on t.file_id = d.file_id and t.row = d.row
order by all
