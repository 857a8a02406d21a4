-- Inhabitants of the neighbourhoods chosen; a neighbourhood without a figure has an empty one.
select neighbourhood_id, name, population, population_source, population_date
from w.neighbourhoods
where len($neighbourhoods::varchar[]) = 0 or list_contains($neighbourhoods::varchar[], neighbourhood_id)
order by name
