select at, person, role, landlord, action, what, detail
from entries
where at >= :since
order by at desc, id desc
