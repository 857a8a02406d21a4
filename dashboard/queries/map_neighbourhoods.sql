-- Neighbourhoods; where one has no outline, the mean position of its interventions places its name.
with middles as (
    select neighbourhood_id, avg(longitude) as longitude, avg(latitude) as latitude
    from w.interventions
    where longitude is not null
        and neighbourhood_id in (select neighbourhood_id from w.neighbourhoods where outline is null)
    group by neighbourhood_id
)

select
    zones.neighbourhood_id,
    zones.name,
    zones.population,
    zones.population_source,
    zones.population_date,
    zones.area_km2,
    zones.outline,
    middles.longitude,
    middles.latitude
from w.neighbourhoods as zones
left join middles using (neighbourhood_id)
order by zones.name
