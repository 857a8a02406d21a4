-- Every known event that touches the months of the ledgers, in order.
select events.starts_on, events.ends_on, events.label, coalesce(known.name, events.neighbourhood_id) as neighbourhood
from w.events as events
left join w.neighbourhoods as known using (neighbourhood_id)
where events.starts_on <= $end and coalesce(events.ends_on, events.starts_on) >= $start
order by events.starts_on, events.label
