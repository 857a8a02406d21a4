-- Patrol hours by quarter and neighbourhood, and with no neighbourhood for all of them together, where timetable hours,
-- given to every neighbourhood at once, count once.
with kept as (
    select
        year(service_date) || '-T' || quarter(service_date) as quarter,
        service_date,
        if(
            neighbourhood_id is null or list_contains($reserved::varchar[], neighbourhood_id),
            'hors_perimetre',
            neighbourhood_id
        ) as area,
        hour,
        hours,
        source
    from w.presence
    where service_date between $start and $end
),

clock_hours as (
    select
        quarter,
        service_date,
        hour,
        source,
        case when source = 'horaires' then max(hours) else sum(hours) end as hours
    from kept
    group by quarter, service_date, hour, source
)

select
    quarter,
    area,
    sum(hours) as patrol_hours,
    coalesce(sum(hours) filter (source = 'horaires'), 0) as timetable_hours
from kept
group by quarter, area
union all
select quarter, null, sum(hours), coalesce(sum(hours) filter (source = 'horaires'), 0)
from clock_hours
group by quarter
order by quarter, area
