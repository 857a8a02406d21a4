-- One row per neighbourhood and motif of a period: interventions, and those of days whose presence is known, the only
-- ones that patrol hours can be set against; requests whatever the origin chosen.
with chosen as (
    select
        activity.neighbourhood_id,
        activity.motif,
        activity.interventions,
        activity.is_request,
        days.presence_source is not null as is_observed,
        $is_request::boolean is null or activity.is_request is not distinct from $is_request::boolean as is_of_origin
    from w.activity_daily as activity
    left join w.service_days as days using (service_date)
    where activity.service_date between $start and $end
        and (len($registers::varchar[]) = 0 or list_contains($registers::varchar[], activity.register))
        and (len($motifs::varchar[]) = 0 or list_contains($motifs::varchar[], activity.motif))
)

select
    neighbourhood_id,
    motif,
    coalesce(sum(interventions) filter (is_of_origin), 0)::bigint as interventions,
    coalesce(sum(interventions) filter (is_of_origin and is_observed), 0)::bigint as observed,
    coalesce(sum(interventions) filter (is_request), 0)::bigint as requests,
    coalesce(sum(interventions) filter (is_request and is_observed), 0)::bigint as requests_observed,
    coalesce(sum(interventions) filter (is_request is not null), 0)::bigint as origin_known
from chosen
group by neighbourhood_id, motif
