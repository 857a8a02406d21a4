-- Hours and days of service of some periods, by area.
select
    period,
    area,
    patrol_hours,
    timetable_hours,
    planned_hours,
    done_hours,
    planned_documented_hours,
    days,
    observed_days,
    planned_days,
    documented_days
from w.published_hours
where list_contains($periods::varchar[], period)
