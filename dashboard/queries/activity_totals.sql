-- One row: interventions of a period. Requests and known origins are counted whatever the origin chosen; requests
-- also on the days whose presence is known, the only ones that patrol hours can be set against.
with chosen as (
    select
        activity.interventions,
        activity.appeased,
        activity.outcome_known,
        activity.is_request,
        days.presence_source is not null as is_observed,
        $is_request::boolean is null or activity.is_request is not distinct from $is_request::boolean as is_of_origin
    from w.activity_daily as activity
    left join w.service_days as days using (service_date)
    where activity.service_date between $start and $end
        and (len($neighbourhoods::varchar[]) = 0 or list_contains($neighbourhoods::varchar[], activity.neighbourhood_id))
        and (len($registers::varchar[]) = 0 or list_contains($registers::varchar[], activity.register))
        and (len($motifs::varchar[]) = 0 or list_contains($motifs::varchar[], activity.motif))
)

select
    coalesce(sum(interventions) filter (is_of_origin), 0)::bigint as interventions,
    coalesce(sum(appeased) filter (is_of_origin), 0)::bigint as appeased,
    coalesce(sum(outcome_known) filter (is_of_origin), 0)::bigint as outcome_known,
    coalesce(sum(interventions) filter (is_request), 0)::bigint as requests,
    coalesce(sum(interventions) filter (is_request is not null), 0)::bigint as origin_known,
    coalesce(sum(interventions), 0)::bigint as any_origin,
    coalesce(sum(interventions) filter (is_request and is_observed), 0)::bigint as requests_observed
from chosen
