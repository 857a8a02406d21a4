insert into w.places
select
    $file_id,
    t.row,
    t.key,
    t.warned,
    t.lieu_id as place_id,
    t.libelle as name,
    p.longitude,
    p.latitude,
    p.x_m,
    p.y_m,
    p.zone as neighbourhood_id,
    t.bailleur_code as landlord_code,
    t.nb_logements as dwellings
from declared as t
left join file_points as p on t.px = p.px and t.py = p.py
where t.problem = 0
