-- Patrol hours of a period by neighbourhood and clock hour, and those of them taken from the
-- timetable.
select
    neighbourhood_id,
    hour,
    sum(hours) as hours,
    coalesce(sum(hours) filter (source = 'horaires'), 0) as timetable_hours
from w.presence
where service_date between $start and $end
group by neighbourhood_id, hour
