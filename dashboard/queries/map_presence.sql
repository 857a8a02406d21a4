-- Patrol hours, and those of them taken from the timetable: one row per neighbourhood, and one with no neighbourhood
-- for all of them together, where timetable hours, given to every neighbourhood at once, count once.
with chosen as (
    select presence.service_date, presence.neighbourhood_id, presence.hour, presence.hours, presence.source
    from w.presence as presence
    inner join w.service_days as days using (service_date)
    where presence.service_date between $start and $end
        and (len($neighbourhoods::varchar[]) = 0
            or list_contains($neighbourhoods::varchar[], presence.neighbourhood_id))
        and ($season::varchar is null or days.season = $season::varchar)
        and (len($hours::tinyint[]) = 0 or list_contains($hours::tinyint[], presence.hour))
),

clock_hours as (
    select
        coalesce(sum(hours) filter (source = 'presence'), 0) as walked,
        coalesce(max(hours) filter (source = 'horaires'), 0) as planned
    from chosen
    group by service_date, hour
)

select
    neighbourhood_id,
    sum(hours) as hours,
    coalesce(sum(hours) filter (source = 'horaires'), 0) as timetable_hours
from chosen
group by neighbourhood_id
union all
select null, coalesce(sum(walked + planned), 0), coalesce(sum(planned), 0)
from clock_hours
