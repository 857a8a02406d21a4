-- Neighbourhoods as they are published.
select neighbourhood_id, name, population, population_source, population_date, area_km2, outline
from w.neighbourhoods
order by name, neighbourhood_id
