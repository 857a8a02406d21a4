-- Every place: its name, where it is and in which neighbourhood.
select place_id as zone, name, neighbourhood_id, x_m, y_m, longitude, latitude
from w.places
order by place_id
