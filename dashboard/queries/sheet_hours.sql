-- One row per neighbourhood and clock hour of a period (empty where the hour is unknown): interventions, and those of
-- days whose presence is known.
select
    happened.neighbourhood_id,
    happened.hour,
    count(*) as interventions,
    count(days.presence_source) as observed
from w.interventions as happened
left join w.service_days as days using (service_date)
where happened.service_date between $start and $end
    and (len($registers::varchar[]) = 0 or list_contains($registers::varchar[], happened.register))
    and (len($motifs::varchar[]) = 0 or list_contains($motifs::varchar[], happened.motif))
    and ($is_request::boolean is null or happened.is_request = $is_request::boolean)
group by happened.neighbourhood_id, happened.hour
