select count(*)
from entries
where at >= :since and person = :person and action = :action and what = :what
