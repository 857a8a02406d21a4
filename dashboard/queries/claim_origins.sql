-- One row per quarter, neighbourhood and origin of a period: interventions, and those of the days whose presence is
-- known (`observed`), the only ones that patrol hours can be set against.
select
    date_trunc('quarter', activity.service_date)::date as quarter,
    activity.neighbourhood_id,
    activity.origin,
    sum(activity.interventions)::bigint as interventions,
    coalesce(sum(activity.interventions) filter (days.presence_source is not null), 0)::bigint as observed
from w.activity_daily as activity
left join w.service_days as days using (service_date)
where activity.service_date between $start and $end
    and activity.is_request
    and (len($neighbourhoods::varchar[]) = 0 or list_contains($neighbourhoods::varchar[], activity.neighbourhood_id))
group by all
order by all
