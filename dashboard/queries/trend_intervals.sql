-- Interventions whose time is known as an interval, on days whose presence is known: seconds from Monday 00:00 to the
-- interval's start, and its length in seconds.
select
    days.season,
    days.presence_source as source,
    found.neighbourhood_id,
    found.is_request,
    (isodow(found.fact_from) - 1) * 86400 + epoch(found.fact_from - date_trunc('day', found.fact_from)) as starts,
    epoch(found.fact_to - found.fact_from) as seconds,
    count(*) as interventions
from w.interventions as found
inner join w.service_days as days using (service_date)
where found.service_date between $start and $end
    and days.presence_source is not null
    and found.time_precision = 'intervalle'
    and found.fact_from is not null
    and found.fact_to is not null
    and (len($neighbourhoods::varchar[]) = 0 or list_contains($neighbourhoods::varchar[], found.neighbourhood_id))
    and (len($registers::varchar[]) = 0 or list_contains($registers::varchar[], found.register))
    and (len($motifs::varchar[]) = 0 or list_contains($motifs::varchar[], found.motif))
group by all
