-- Interventions by zone (a place, or a square of $cell_m metres named « column:row ») and motif, within hours of the
-- service day (none given: all, known or not).
select
    case
        when $cell_m::double is null then happened.place_id
        else floor(happened.x_m / $cell_m)::integer || ':' || floor(happened.y_m / $cell_m)::integer
    end as zone,
    happened.motif,
    count(*) as interventions
from w.interventions as happened
where happened.service_date between $start and $end
    and (len($hours::tinyint[]) = 0 or list_contains($hours::tinyint[], happened.hour))
    and case when $cell_m::double is null then happened.place_id is not null else happened.x_m is not null end
    and (len($neighbourhoods::varchar[]) = 0 or list_contains($neighbourhoods::varchar[], happened.neighbourhood_id))
    and (len($registers::varchar[]) = 0 or list_contains($registers::varchar[], happened.register))
    and (len($motifs::varchar[]) = 0 or list_contains($motifs::varchar[], happened.motif))
    and ($is_request::boolean is null or happened.is_request = $is_request::boolean)
group by all
order by interventions desc, happened.motif
