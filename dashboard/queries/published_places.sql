-- Places and squares of some periods; a hidden figure is null.
select period, zone, kind, name, neighbourhood_id, longitude, latitude, n, is_masked, coalesce(is_own, false) as is_own
from w.published_places
where list_contains($periods::varchar[], period)
order by period, n desc nulls last, name, zone
