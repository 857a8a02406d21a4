-- What the landlords' repair ledgers hold, whole: one row per landlord and group of residences.
select
    landlord_code,
    comparison_group,
    count(distinct residence) as residences,
    count(distinct month) as months,
    min(month) as first_month,
    max(month) as last_month
from w.landlord_repairs
group by all
order by all
