-- Referrals to partners among the interventions of a period: days from the service day to the referral (`waited`), and
-- from the referral to the partner's return, or to the end of the data where none has come (`days`, `happened`).
-- `is_usable` is false where the dates contradict each other, or a return is said without its date.
with ends as (
    select max(service_date) as last_date from w.service_days
),

referred as (
    select
        happened.neighbourhood_id,
        happened.referred_on - happened.service_date as waited,
        coalesce(happened.returned_on, greatest(last_date, happened.referred_on)) - happened.referred_on as days,
        happened.returned_on is not null as happened,
        happened.returned_on is null and coalesce(happened.referral_outcome, '') = 'fait' as is_undated
    from w.interventions as happened, ends
    where happened.service_date between $start and $end
        and happened.referred_on is not null
        and (len($registers::varchar[]) = 0 or list_contains($registers::varchar[], happened.register))
        and (len($motifs::varchar[]) = 0 or list_contains($motifs::varchar[], happened.motif))
        and ($is_request::boolean is null or happened.is_request = $is_request::boolean)
)

select
    neighbourhood_id,
    waited,
    days,
    happened,
    waited >= 0 and days >= 0 and not is_undated as is_usable,
    count(*) as n
from referred
group by all
order by all
