-- Interventions of a period by motif and origin; `observed`: on days whose presence is known.
select
    activity.motif,
    activity.is_request,
    sum(activity.interventions)::bigint as interventions,
    coalesce(sum(activity.interventions) filter (days.presence_source is not null), 0)::bigint as observed
from w.activity_daily as activity
inner join w.service_days as days using (service_date)
where activity.service_date between $start and $end
    and activity.motif is not null
    and (len($neighbourhoods::varchar[]) = 0 or list_contains($neighbourhoods::varchar[], activity.neighbourhood_id))
    and (len($registers::varchar[]) = 0 or list_contains($registers::varchar[], activity.register))
    and (len($motifs::varchar[]) = 0 or list_contains($motifs::varchar[], activity.motif))
group by all
