-- Interventions of the file with all that can tell where they were. A view: what a query does not ask for is not
-- computed.
create or replace temp view placed as
with t as (
    select
        *,
        coalesce(
            date_service, case when horodatage_clock then horodatage - day_starts() else horodatage end::date
        ) as service_date
    from declared
    where problem = 0
)

select
    t.*,
    p.px is not null as has_point,
    p.swapped,
    p.longitude as point_longitude,
    p.latitude as point_latitude,
    p.x_m as point_x_m,
    p.y_m as point_y_m,
    p.zone as point_zone,
    p.square_x_m,
    p.square_y_m,
    p.square_longitude,
    p.square_latitude,
    l.place_id,
    l.longitude as place_longitude,
    l.latitude as place_latitude,
    l.x_m as place_x_m,
    l.y_m as place_y_m,
    l.neighbourhood_id as place_zone,
    l.landlord_code as place_landlord,
    zone_of(t.zone_slug, n.neighbourhood_id) as named_zone,
    case
        when p.swapped then 'point_permute'
        when p.px is not null then 'point'
        when l.x_m is not null then 'lieu'
        when t.zone_slug <> '' then 'quartier'
        when l.place_id is not null then 'lieu'
    end as location_method
from t
left join file_points as p on t.px = p.px and t.py = p.py
left join w.places as l on t.lieu_id = l.place_id
left join zone_names as n on t.zone_slug = n.slug
