-- Every month with presence: interventions in patrol hours, and those expected if the rate of each neighbourhood, weekday
-- and hour never changed, which moves with where and when the team was and with nothing else. Days of the presence export
-- alone where there is one: the timetable knows neither the place nor the number of patrols.
with known as (
    select case when bool_or(source = 'presence') then 'presence' else 'horaires' end as source
    from w.presence
    where service_date <= $end
),

patrols as (
    select
        presence.service_date,
        days.weekday,
        case when presence.source = 'presence' then presence.neighbourhood_id else '' end as zone,
        presence.hour,
        case when presence.source = 'horaires' then max(presence.hours) else sum(presence.hours) end as hours
    from w.presence as presence
    inner join known using (source)
    inner join w.service_days as days using (service_date)
    where presence.service_date <= $end
        and (len($neighbourhoods::varchar[]) = 0
            or list_contains($neighbourhoods::varchar[], presence.neighbourhood_id))
    group by presence.service_date, days.weekday, zone, presence.hour, presence.source
),

found as (
    select
        found.service_date,
        case when days.presence_source = 'presence' then found.neighbourhood_id else '' end as zone,
        found.hour,
        count(*) as events
    from w.interventions as found
    inner join w.service_days as days using (service_date)
    where found.service_date <= $end
        and ($is_request::boolean is null or found.is_request is not distinct from $is_request::boolean)
        and (len($neighbourhoods::varchar[]) = 0
            or list_contains($neighbourhoods::varchar[], found.neighbourhood_id))
        and (len($registers::varchar[]) = 0 or list_contains($registers::varchar[], found.register))
        and (len($motifs::varchar[]) = 0 or list_contains($motifs::varchar[], found.motif))
    group by all
),

cells as (
    select
        date_trunc('month', patrols.service_date)::date as step,
        patrols.zone,
        patrols.weekday,
        patrols.hour,
        sum(patrols.hours) as hours,
        coalesce(sum(found.events), 0) as events
    from patrols
    left join found using (service_date, zone, hour)
    group by all
),

rates as (
    select zone, weekday, hour, sum(events) / sum(hours) as rate from cells group by zone, weekday, hour
)

select cells.step, sum(cells.events)::bigint as events, sum(cells.hours * rates.rate) as expected
from cells
inner join rates using (zone, weekday, hour)
group by cells.step
