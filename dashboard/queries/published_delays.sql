-- Delays of partners over some periods; a hidden figure is null.
select period, partner, n, median_days, returned_within_30, is_masked
from w.published_delays
where list_contains($periods::varchar[], period)
order by period, partner
