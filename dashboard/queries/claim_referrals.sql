-- Referrals of a period, one row per partner, landlord (of technical alerts only), state, and days to the return, or
-- until $last while none came (`is_returned` false), watched for $horizon days at most. A referral to two partners
-- counts once for each; `is_first` once in all. `days` is empty where a date is missing or the return came first.
with referred as (
    select
        unnest(list_distinct(partners)) as partner,
        generate_subscripts(list_distinct(partners), 1) = 1 as is_first,
        case when register = 'veille_technique' or motif in ('panne_equipement', 'degradation') then true else false end
            as is_alert,
        landlord_code,
        referral_outcome as state,
        returned_on is not null as is_returned,
        case
            when returned_on is not null then returned_on - referred_on
            when referral_outcome is distinct from 'fait' then $last::date - referred_on
        end as days
    from w.interventions
    where service_date between $start and $end
        and len(partners) > 0
        and (len($neighbourhoods::varchar[]) = 0 or list_contains($neighbourhoods::varchar[], neighbourhood_id))
)

select
    partner,
    is_first,
    is_alert,
    case when is_alert then landlord_code end as landlord_code,
    state,
    is_returned and days between 0 and $horizon::integer as is_returned,
    case when days >= 0 then least(days, $horizon::integer) end as days,
    count(*) as referrals
from referred
group by all
order by all
