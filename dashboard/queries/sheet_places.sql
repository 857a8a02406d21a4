-- Every known place of a neighbourhood, also those where nothing happened: interventions of a period, those of days
-- whose presence is known, and its most frequent motif.
with found as (
    select
        happened.place_id,
        happened.motif,
        count(*) as interventions,
        count(days.presence_source) as observed
    from w.interventions as happened
    left join w.service_days as days using (service_date)
    where happened.service_date between $start and $end
        and happened.place_id is not null
        and (len($registers::varchar[]) = 0 or list_contains($registers::varchar[], happened.register))
        and (len($motifs::varchar[]) = 0 or list_contains($motifs::varchar[], happened.motif))
        and ($is_request::boolean is null or happened.is_request = $is_request::boolean)
    group by happened.place_id, happened.motif
),

totals as (
    select
        place_id,
        sum(interventions) as interventions,
        sum(observed) as observed,
        arg_max(motif, interventions) filter (motif is not null) as motif,
        max(interventions) filter (motif is not null) as motif_interventions
    from found
    group by place_id
)

select
    places.place_id,
    places.name,
    places.neighbourhood_id,
    places.dwellings,
    coalesce(totals.interventions, 0)::bigint as interventions,
    coalesce(totals.observed, 0)::bigint as observed,
    totals.motif,
    coalesce(totals.motif_interventions, 0)::bigint as motif_interventions
from w.places as places
left join totals using (place_id)
where places.neighbourhood_id is not null
order by interventions desc, places.place_id
