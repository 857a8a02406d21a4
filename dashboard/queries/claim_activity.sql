-- One row per register and motif of a period: interventions, those of days whose presence is known, those relayed to a
-- partner, those without a known place.
select
    happened.register,
    happened.motif,
    count(*) as interventions,
    count(*) filter (days.presence_source is not null) as observed,
    count(*) filter (len(happened.partners) > 0 or happened.referred_on is not null) as referred,
    count(*) filter (happened.place_id is null) as unplaced
from w.interventions as happened
left join w.service_days as days using (service_date)
where happened.service_date between $start and $end
    and (len($neighbourhoods::varchar[]) = 0 or list_contains($neighbourhoods::varchar[], happened.neighbourhood_id))
group by all
order by interventions desc, happened.register, happened.motif
