-- Patrols whose neighbourhood the territory does not know.
insert into import_warnings
select t.file_id, 'quartier_inconnu', 'quartier', count(*)
from typed_presence as t
left join zone_names as n on t.zone_slug = n.slug
where zone_of(t.zone_slug, n.neighbourhood_id) is null
group by t.file_id
