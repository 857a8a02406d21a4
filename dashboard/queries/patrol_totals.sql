-- One row: patrol hours of a period in the neighbourhoods chosen, and where they come from. Hours of the timetable say
-- nothing of the place: over several neighbourhoods they count once.
with by_hour as (
    select
        service_date,
        hour,
        source,
        case when source = 'horaires' then max(hours) else sum(hours) end as hours
    from w.presence
    where service_date between $start and $end
        and (len($neighbourhoods::varchar[]) = 0 or list_contains($neighbourhoods::varchar[], neighbourhood_id))
    group by service_date, hour, source
)

select
    coalesce(sum(hours), 0) as patrol_hours,
    coalesce(sum(hours) filter (source = 'horaires'), 0) as timetable_hours
from by_hour
