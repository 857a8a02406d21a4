-- Days of planned service in a period without intervention or, where presence is recorded at all, without its record.
with recorded as (
    select count(done_hours) > 0 as is_recorded from w.service_days
)

select
    days.service_date,
    days.weekday,
    coalesce(days.public_holiday, days.school_holiday) as holiday,
    days.interventions,
    days.done_hours is not null as is_recorded,
    days.presence_source
from w.service_days as days, recorded
where days.service_date between $start and $end
    and days.planned_hours > 0
    and (days.interventions = 0 or (days.done_hours is null and recorded.is_recorded))
order by days.service_date desc
