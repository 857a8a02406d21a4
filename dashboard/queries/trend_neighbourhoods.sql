-- Neighbourhoods and their names.
select neighbourhood_id, name from w.neighbourhoods order by name
