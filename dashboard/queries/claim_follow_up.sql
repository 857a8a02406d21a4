-- One row: requests of a period at least $within days before $last, and what the records say was done about them within
-- $within days of their service day: referred, answered by the partner, the team back at the place for the same motif
-- (another service day; `with_place`: the only ones that it can be known of), any of the three, or settled on the spot.
with days_found as (
    select place_id, motif, list_sort(list_distinct(list(service_date))) as found
    from w.interventions
    where place_id is not null
        and motif is not null
        and service_date between $start and $end::date + $within::integer
    group by place_id, motif
),

visits as (
    select place_id, motif, unnest(found) as service_date, unnest(list_append(found[2:], null)) as following
    from days_found
),

revisited as (
    select place_id, motif, service_date from visits where following - service_date <= $within::integer
),

requests as (
    select
        place_id is not null and motif is not null as has_place,
        outcome in ('apaise', 'accord', 'evite') as is_settled,
        referred_on - service_date between 0 and $within::integer as is_referred,
        returned_on - service_date between 0 and $within::integer as is_answered,
        (place_id, motif, service_date) in (select place_id, motif, service_date from revisited) as is_revisited
    from w.interventions
    where service_date between $start and least($end::date, $last::date - $within::integer)
        and is_request
        and (len($neighbourhoods::varchar[]) = 0 or list_contains($neighbourhoods::varchar[], neighbourhood_id))
)

select
    count(*) as requests,
    count(*) filter (is_referred or is_answered or is_revisited) as followed,
    count(*) filter (is_referred) as referred,
    count(*) filter (is_answered) as answered,
    count(*) filter (is_revisited) as revisited,
    count(*) filter (has_place) as with_place,
    count(*) filter (is_settled and not coalesce(is_referred or is_answered or is_revisited, false)) as settled
from requests
