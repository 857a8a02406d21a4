create or replace temp table file_points as
select
    px,
    py,
    swapped,
    longitude,
    latitude,
    x_m,
    y_m,
    square_x_m,
    square_y_m,
    square_longitude,
    square_latitude,
    zone::varchar as zone
from points_found
where usable
