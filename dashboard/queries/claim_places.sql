-- One row per neighbourhood: known places, those with at least one intervention recorded in the period, and passages
-- (a place and a service day with at least one intervention).
with passages as (
    select place_id, count(distinct service_date) as passages
    from w.interventions
    where place_id is not null and service_date between $start and $end
    group by place_id
)

select
    places.neighbourhood_id,
    zones.name,
    count(*) as places,
    count(passages.passages) as seen,
    coalesce(sum(passages.passages), 0)::bigint as passages
from w.places as places
left join passages using (place_id)
left join w.neighbourhoods as zones on places.neighbourhood_id = zones.neighbourhood_id
where len($neighbourhoods::varchar[]) = 0 or list_contains($neighbourhoods::varchar[], places.neighbourhood_id)
group by all
order by zones.name nulls last, places.neighbourhood_id
