create table w.neighbourhoods as
select
    neighbourhood_id::varchar as neighbourhood_id,
    name::varchar as name,
    population::integer as population,
    population_source::varchar as population_source,
    population_date::varchar as population_date,
    area_km2::double as area_km2,
    outline::varchar as outline
from outlines_found
order by name
