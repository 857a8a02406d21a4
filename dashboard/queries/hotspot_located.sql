-- One row: interventions of a choice, those with a place, those with a point, those whose day has a known presence.
select
    count(*) as interventions,
    count(happened.place_id) as placed,
    count(happened.x_m) as located,
    count(*) filter (happened.place_id is not null or happened.x_m is not null) as known,
    count(happened.hour) as timed
from w.interventions as happened
where happened.service_date between $start and $end
    and (len($neighbourhoods::varchar[]) = 0 or list_contains($neighbourhoods::varchar[], happened.neighbourhood_id))
    and (len($registers::varchar[]) = 0 or list_contains($registers::varchar[], happened.register))
    and (len($motifs::varchar[]) = 0 or list_contains($motifs::varchar[], happened.motif))
    and ($is_request::boolean is null or happened.is_request = $is_request::boolean)
