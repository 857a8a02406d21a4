insert into zone_spellings
select zone_slug, quartier, count(*)
from {relation}
where named_by_exports() and zone_slug <> ''
group by all
