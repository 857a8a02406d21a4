-- Shares of days documented and of records complete, over some periods.
select period, measure, share
from w.published_quality
where list_contains($periods::varchar[], period)
order by period, measure
