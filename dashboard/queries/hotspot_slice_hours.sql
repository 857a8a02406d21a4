-- Recorded patrol hours (none of the timetable) by neighbourhood, clock hour and slice of time: whole numbers of $slice_days days before $end.
select
    neighbourhood_id,
    hour,
    date_diff('day', service_date, $end::date) // $slice_days as slice,
    sum(hours) as hours
from w.presence
where service_date between $start and $end
    and source = 'presence'
    and (len($neighbourhoods::varchar[]) = 0 or list_contains($neighbourhoods::varchar[], neighbourhood_id))
group by all
