-- Every week or month (`step`) of the data: days covered, those of service and those whose presence is known, the season
-- of most of them, and patrol hours in the neighbourhoods chosen (hours of the timetable count once).
with by_hour as (
    select
        service_date,
        hour,
        case when source = 'horaires' then max(hours) else sum(hours) end as hours
    from w.presence
    where service_date <= $end
        and (len($neighbourhoods::varchar[]) = 0 or list_contains($neighbourhoods::varchar[], neighbourhood_id))
    group by service_date, hour, source
),

by_day as (
    select service_date, sum(hours) as hours from by_hour group by service_date
)

select
    date_trunc($step, days.service_date)::date as step,
    mode(days.season) as season,
    count(*) as days,
    count(*) filter (days.planned_hours > 0) as planned_days,
    count(days.presence_source) as observed_days,
    coalesce(sum(by_day.hours), 0) as hours
from w.service_days as days
left join by_day using (service_date)
where days.service_date <= $end
group by 1
order by 1
