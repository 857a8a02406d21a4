-- Weekdays (1 = Monday) on which something was recorded.
select distinct weekday
from w.service_days
where interventions > 0
