create table w.neighbourhoods as
with spelt as (
    select zone_of(s.slug, z.neighbourhood_id) as neighbourhood_id, s.name, sum(s.n) as n
    from zone_spellings as s
    left join zone_names as z using (slug)
    group by all
)

select
    neighbourhood_id,
    arg_max(name, n) as name,
    null::integer as population,
    null::varchar as population_source,
    null::varchar as population_date,
    null::double as area_km2,
    null::varchar as outline
from spelt
group by neighbourhood_id
order by name
