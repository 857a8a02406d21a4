-- One row: the service of a period, whatever the neighbourhood. A day is observed when its presence
-- is known, documented when the presence export has it.
select
    count(*) as days,
    count(presence_source) as observed_days,
    count(*) filter (planned_hours > 0) as planned_days,
    coalesce(sum(planned_hours), 0) as planned_hours,
    count(done_hours) as documented_days,
    coalesce(sum(done_hours), 0) as done_hours,
    coalesce(sum(planned_hours) filter (done_hours is not null), 0) as planned_documented_hours,
    count(*) filter (planned_hours > 0 and done_hours is null) as undocumented_days,
    count(planned_hours) = 0 as is_timetable_unknown
from w.service_days
where service_date between $start and $end
