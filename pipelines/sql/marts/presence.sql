-- Patrol hours by service day, neighbourhood and clock hour: the presence export where it has the day, else the timetable.
create table w.presence as
with planned as (
    select
        c.service_date,
        z.neighbourhood_id,
        null::integer as agents,
        c.planned_start as starts_at,
        c.planned_end as ends_at,
        'horaires' as source
    from calendar as c
    cross join w.neighbourhoods as z
    where c.planned_start is not null and c.service_date not in (select service_date from patrols)
),

stays as (
    select *, 'presence' as source from patrols
    union all by name
    select * from planned
),

hourly as (
    select *, unnest(generate_series(date_trunc('hour', starts_at), ends_at, interval 1 hour)) as clock_hour
    from stays
    where ends_at > starts_at
),

shared as (
    select
        *,
        epoch(least(ends_at, clock_hour + interval 1 hour) - greatest(starts_at, clock_hour)) / 3600 as hours
    from hourly
)

select
    service_date,
    neighbourhood_id,
    hour(clock_hour)::tinyint as hour,
    sum(hours) as hours,
    case when count(agents) = count(*) then sum(hours * agents) end as agent_hours,
    source
from shared
where hours > 0
group by all
order by service_date, neighbourhood_id, hour
