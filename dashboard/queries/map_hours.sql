-- Clock hours of the service by season: those with presence, else (no presence at all) those of the interventions.
select distinct presence.hour, days.season
from w.presence as presence
inner join w.service_days as days using (service_date)
where presence.hours > 0
union
select distinct hour, season
from w.interventions
where hour is not null and not exists (from w.presence)
