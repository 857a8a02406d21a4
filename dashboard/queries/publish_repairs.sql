-- The ledger of one landlord, as it is.
select *
from w.landlord_repairs
where landlord_code = $landlord::varchar
order by all
