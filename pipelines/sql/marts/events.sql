create table w.events as
select
    t.date_debut as starts_on,
    t.date_fin as ends_on,
    coalesce(
        zone_of(t.zone_slug, n.neighbourhood_id), case when t.zone_slug <> '' then 'hors_perimetre' end
    ) as neighbourhood_id,
    t.libelle as label
from typed_evenements as t
left join zone_names as n on t.zone_slug = n.slug
anti join dropped_rows as d on t.file_id = d.file_id and t.row = d.row
order by starts_on, label
