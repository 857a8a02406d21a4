-- Periods whose figures are published, oldest first.
select period, starts_on, ends_on
from w.published_periods
order by starts_on, ends_on
