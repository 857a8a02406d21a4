-- One row per month of the data: days covered, days of service, days whose presence is known, and patrol hours in the
-- neighbourhoods chosen (hours of the timetable count once, as in patrol_totals).
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
),

by_day as (
    select service_date, sum(hours) as hours from by_hour group by service_date
)

select
    date_trunc('month', days.service_date)::date as month,
    count(*) as days,
    count(*) filter (days.planned_hours > 0) as planned_days,
    count(days.presence_source) as observed_days,
    coalesce(sum(by_day.hours), 0) as patrol_hours,
    sum(days.interventions)::bigint as all_interventions
from w.service_days as days
left join by_day using (service_date)
where days.service_date between $start and $end
group by month
order by month
