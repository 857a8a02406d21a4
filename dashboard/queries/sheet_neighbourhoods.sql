-- Neighbourhoods with their residents, their area, and the dwellings of the known residences in them.
with homes as (
    select
        neighbourhood_id,
        count(*) as places,
        count(dwellings) filter (dwellings > 0) as residences,
        sum(dwellings) filter (dwellings > 0) as dwellings
    from w.places
    group by neighbourhood_id
)

select
    zones.neighbourhood_id,
    zones.name,
    zones.population,
    zones.population_source,
    zones.population_date,
    zones.area_km2,
    coalesce(homes.places, 0) as places,
    coalesce(homes.residences, 0) as residences,
    homes.dwellings::bigint as dwellings
from w.neighbourhoods as zones
left join homes using (neighbourhood_id)
order by zones.name, zones.neighbourhood_id
