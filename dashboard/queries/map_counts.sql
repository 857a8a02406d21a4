-- One row per neighbourhood: interventions of the band of hours, those of days whose presence is known (`observed`),
-- requests, those with a point, those whose point is the centre of a square; and what the band leaves out for want of
-- an hour.
with chosen as (
    select
        happened.neighbourhood_id,
        happened.is_request,
        happened.generalised and happened.place_id is null as coarse,
        happened.x_m is not null as located,
        happened.hour is null as hour_unknown,
        days.presence_source is not null as observed,
        len($hours::tinyint[]) = 0 or coalesce(list_contains($hours::tinyint[], happened.hour), false) as in_band
    from w.interventions as happened
    left join w.service_days as days using (service_date)
    where happened.service_date between $start and $end
        and (len($neighbourhoods::varchar[]) = 0 or list_contains($neighbourhoods::varchar[], happened.neighbourhood_id))
        and (len($registers::varchar[]) = 0 or list_contains($registers::varchar[], happened.register))
        and (len($motifs::varchar[]) = 0 or list_contains($motifs::varchar[], happened.motif))
        and ($is_request::boolean is null or happened.is_request = $is_request::boolean)
        and ($season::varchar is null or happened.season = $season::varchar)
)

select
    neighbourhood_id,
    count(*) filter (in_band) as interventions,
    count(*) filter (in_band and observed) as observed,
    count(*) filter (in_band and is_request) as requests,
    count(*) filter (in_band and located) as located,
    count(*) filter (in_band and located and coarse) as coarse,
    count(*) filter (hour_unknown and not in_band) as hour_unknown
from chosen
group by neighbourhood_id
