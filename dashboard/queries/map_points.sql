-- Located interventions gathered in square cells of $cell_m metres, numbered from the origin of the metric system;
-- `observed` counts those of days whose presence is known.
select
    floor(happened.x_m / $cell_m)::integer as column_number,
    floor(happened.y_m / $cell_m)::integer as row_number,
    count(*) as interventions,
    count(*) filter (days.presence_source is not null) as observed
from w.interventions as happened
left join w.service_days as days using (service_date)
where happened.service_date between $start and $end
    and happened.x_m between $west and $east
    and happened.y_m between $south and $north
    and (not $inside_only or happened.neighbourhood_id <> 'hors_perimetre')
    and (len($neighbourhoods::varchar[]) = 0 or list_contains($neighbourhoods::varchar[], happened.neighbourhood_id))
    and (len($registers::varchar[]) = 0 or list_contains($registers::varchar[], happened.register))
    and (len($motifs::varchar[]) = 0 or list_contains($motifs::varchar[], happened.motif))
    and ($is_request::boolean is null or happened.is_request = $is_request::boolean)
    and ($season::varchar is null or happened.season = $season::varchar)
    and (len($hours::tinyint[]) = 0 or list_contains($hours::tinyint[], happened.hour))
group by all
