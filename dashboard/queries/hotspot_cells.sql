-- Located interventions by square of $cell_m metres (numbered from the origin of the metric system) and slice of time:
-- whole numbers of $slice_days days before $end. `observed` counts those of days whose presence is known,
-- `recorded` those of days whose presence was recorded.
select
    floor(happened.x_m / $cell_m)::integer as column_number,
    floor(happened.y_m / $cell_m)::integer as row_number,
    date_diff('day', happened.service_date, $end::date) // $slice_days as slice,
    mode(happened.neighbourhood_id) as neighbourhood_id,
    count(*) as interventions,
    count(*) filter (days.presence_source is not null) as observed,
    count(*) filter (days.presence_source = 'presence') as recorded
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
group by all
