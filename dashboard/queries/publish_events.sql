-- Known events as they are.
select starts_on, ends_on, neighbourhood_id, label
from w.events
order by all
