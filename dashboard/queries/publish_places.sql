-- Interventions of whole quarters by square of $side metres; an intervention at a known place is where the place is.
select
    year(happened.service_date) || '-T' || quarter(happened.service_date) as quarter,
    if(
        happened.neighbourhood_id is null or list_contains($reserved::varchar[], happened.neighbourhood_id),
        'hors_perimetre',
        happened.neighbourhood_id
    ) as area,
    floor(coalesce(places.x_m, happened.x_m) / $side)::bigint as x,
    floor(coalesce(places.y_m, happened.y_m) / $side)::bigint as y,
    count(*) as n
from w.interventions as happened
left join w.places as places using (place_id)
where happened.service_date between $start and $end
group by all
order by all
