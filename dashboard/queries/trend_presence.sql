-- Patrol hours of a period by the same cells, one row per neighbourhood; and rows with no neighbourhood for all those
-- chosen together, where hours of the timetable, given to every neighbourhood at once, count once.
with chosen as (
    select
        days.season,
        days.weekday,
        days.school_holiday is not null as is_holiday,
        days.presence_source as source,
        presence.service_date,
        presence.neighbourhood_id,
        presence.hour,
        presence.hours
    from w.presence as presence
    inner join w.service_days as days using (service_date)
    where presence.service_date between $start and $end
        and (len($neighbourhoods::varchar[]) = 0
            or list_contains($neighbourhoods::varchar[], presence.neighbourhood_id))
),

together as (
    select
        season,
        weekday,
        is_holiday,
        source,
        hour,
        case when source = 'horaires' then max(hours) else sum(hours) end as hours
    from chosen
    group by season, weekday, is_holiday, source, hour, service_date
)

select season, weekday, is_holiday, source, neighbourhood_id, hour, sum(hours) as hours
from chosen
group by all
union all
select season, weekday, is_holiday, source, null, hour, sum(hours)
from together
group by all
