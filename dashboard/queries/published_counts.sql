-- Counts of some periods; a hidden figure is null.
select period, family, area, category, n, is_masked
from w.published_counts
where list_contains($periods::varchar[], period)
order by period, family, area, category
