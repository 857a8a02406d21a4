-- Places with a point, in metres.
select place_id, name, x_m, y_m
from w.places
where x_m is not null and y_m is not null
