-- Patrol hours by neighbourhood, clock hour, weekday and season, and those of them taken from the timetable.
select
    presence.neighbourhood_id,
    presence.hour,
    days.weekday,
    days.season,
    sum(presence.hours) as hours,
    coalesce(sum(presence.hours) filter (presence.source = 'horaires'), 0) as timetable_hours
from w.presence as presence
inner join w.service_days as days using (service_date)
where presence.service_date between $start and $end
    and (len($neighbourhoods::varchar[]) = 0 or list_contains($neighbourhoods::varchar[], presence.neighbourhood_id))
group by all
