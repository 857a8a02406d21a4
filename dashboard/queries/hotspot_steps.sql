-- Interventions by zone (a place, or a square of $cell_m metres named « column:row ») and step of time: the step of a
-- service date is the whole number of $step_days days that separate it from $end (0 is the last). `observed` counts those
-- of days whose presence is known, `recorded` those of days whose presence was recorded.
select
    case
        when $cell_m::double is null then happened.place_id
        else floor(happened.x_m / $cell_m)::integer || ':' || floor(happened.y_m / $cell_m)::integer
    end as zone,
    date_diff('day', happened.service_date, $end::date) // $step_days as step,
    mode(happened.neighbourhood_id) as neighbourhood_id,
    count(*) as interventions,
    count(*) filter (days.presence_source is not null) as observed,
    count(*) filter (days.presence_source = 'presence') as recorded
from w.interventions as happened
left join w.service_days as days using (service_date)
where happened.service_date between $start and $end
    and case when $cell_m::double is null then happened.place_id is not null else happened.x_m is not null end
    and (len($neighbourhoods::varchar[]) = 0 or list_contains($neighbourhoods::varchar[], happened.neighbourhood_id))
    and (len($registers::varchar[]) = 0 or list_contains($registers::varchar[], happened.register))
    and (len($motifs::varchar[]) = 0 or list_contains($motifs::varchar[], happened.motif))
    and ($is_request::boolean is null or happened.is_request = $is_request::boolean)
group by all
