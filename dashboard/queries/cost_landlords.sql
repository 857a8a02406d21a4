-- Landlords that a ledger names, or that have situations on their ground.
select distinct landlord_code as landlord, true as has_ledger
from w.landlord_repairs
union
select distinct landlord_code, false
from w.interventions
where landlord_code is not null
    and landlord_code not in (select distinct landlord_code from w.landlord_repairs)
order by landlord
