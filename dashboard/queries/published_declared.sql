-- Declared avoided costs of some periods, by payer, in euros.
select period, payer, n, p5, p50, p95, is_masked
from w.published_declared
where list_contains($periods::varchar[], period)
order by period, p50 desc nulls last, payer
