-- Landlords' ledgers by residence and month, all categories together; a figure is empty when one of its lines is.
-- $landlord empty: every landlord.
with lines as (
    select *, coalesce(cost_excl_tax, if(repairs = 0, 0, null)) as cost
    from w.landlord_repairs
    where $landlord::varchar is null or landlord_code = $landlord
)

select
    landlord_code,
    residence,
    month,
    comparison_group,
    if(count(repairs) = count(*), sum(repairs), null)::double as repairs,
    if(count(cost) = count(*), sum(cost), null)::double as cost_excl_tax,
    max(dwellings)::double as dwellings
from lines
group by all
order by all
