-- One row per month with interventions: counts after the filters; requests as in activity_totals.
with chosen as (
    select
        date_trunc('month', activity.service_date)::date as month,
        activity.interventions,
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
    month,
    coalesce(sum(interventions) filter (is_of_origin), 0)::bigint as interventions,
    coalesce(sum(interventions) filter (is_request and is_observed), 0)::bigint as requests_observed
from chosen
group by month
order by month
