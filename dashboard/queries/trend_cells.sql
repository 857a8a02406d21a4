-- Interventions of a period by what the hour grids and the regression tell apart. `source`: where the day's presence
-- comes from, empty when unknown. `is_interval`: their time is known as an interval (see trend_intervals).
select
    days.season,
    days.weekday,
    days.school_holiday is not null as is_holiday,
    days.presence_source as source,
    found.neighbourhood_id,
    found.hour,
    found.is_request,
    found.time_precision is not distinct from 'intervalle'
        and found.fact_from is not null and found.fact_to is not null as is_interval,
    count(*) as interventions
from w.interventions as found
inner join w.service_days as days using (service_date)
where found.service_date between $start and $end
    and (len($neighbourhoods::varchar[]) = 0 or list_contains($neighbourhoods::varchar[], found.neighbourhood_id))
    and (len($registers::varchar[]) = 0 or list_contains($registers::varchar[], found.register))
    and (len($motifs::varchar[]) = 0 or list_contains($motifs::varchar[], found.motif))
group by all
