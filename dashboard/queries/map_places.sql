-- Places by number of interventions, most first.
select
    places.place_id,
    places.name,
    places.longitude,
    places.latitude,
    places.neighbourhood_id,
    count(*) as interventions,
    count(*) filter (happened.is_request) as requests
from w.interventions as happened
inner join w.places as places using (place_id)
where happened.service_date between $start and $end
    and places.longitude is not null
    and places.latitude is not null
    and (len($neighbourhoods::varchar[]) = 0 or list_contains($neighbourhoods::varchar[], happened.neighbourhood_id))
    and (len($registers::varchar[]) = 0 or list_contains($registers::varchar[], happened.register))
    and (len($motifs::varchar[]) = 0 or list_contains($motifs::varchar[], happened.motif))
    and ($is_request::boolean is null or happened.is_request = $is_request::boolean)
    and ($season::varchar is null or happened.season = $season::varchar)
    and (len($hours::tinyint[]) = 0 or list_contains($hours::tinyint[], happened.hour))
group by all
order by interventions desc, places.place_id
