-- What came again. An occurrence is a day with at least one intervention at a place for a motif; it is followed until
-- the next such day, at most `within` days, and no further than the end of the data. One row per place, days followed
-- and outcome. The filters apply to both: a request followed by a request. Motifs that are meant to come again (contacts,
-- information, collective actions) are left out.
with days_found as (
    select
        happened.place_id,
        happened.motif,
        list_sort(list_distinct(list(happened.service_date))) as found
    from w.interventions as happened
    where happened.service_date between $start and $end::date + $within::integer
        and happened.place_id is not null
        and happened.motif is not null
        and happened.motif not in ('contact_presence', 'information_orientation', 'action_collective_scolaire')
        and (len($registers::varchar[]) = 0 or list_contains($registers::varchar[], happened.register))
        and (len($motifs::varchar[]) = 0 or list_contains($motifs::varchar[], happened.motif))
        and ($is_request::boolean is null or happened.is_request = $is_request::boolean)
    group by happened.place_id, happened.motif
),

occurrences as (
    select place_id, unnest(found) as day, unnest(list_append(found[2:], null)) as following
    from days_found
),

ends as (
    select max(service_date) as last_date from w.service_days
),

followed as (
    select
        occurrences.place_id,
        greatest(least(coalesce(following, last_date) - day, $within::integer), 0) as days,
        coalesce(following - day <= $within::integer, false) as happened
    from occurrences, ends
    where day <= $end
)

select places.neighbourhood_id, followed.place_id, followed.days, followed.happened, count(*) as n
from followed
inner join w.places as places using (place_id)
where places.neighbourhood_id is not null
group by all
order by all
