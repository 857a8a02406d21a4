-- Events that touch a stretch of dates, for the neighbourhoods chosen or the whole territory, in order.
select events.starts_on, events.ends_on, events.label, coalesce(known.name, events.neighbourhood_id) as neighbourhood
from w.events as events
left join w.neighbourhoods as known using (neighbourhood_id)
where events.starts_on <= $end
    and coalesce(events.ends_on, events.starts_on) >= $start
    and (
        events.neighbourhood_id is null
        or len($neighbourhoods::varchar[]) = 0
        or list_contains($neighbourhoods::varchar[], events.neighbourhood_id)
    )
order by events.starts_on, events.label
