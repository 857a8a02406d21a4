create table w.service_days as
-- Time of the planned service that at least one patrol covered: patrols clipped to the plan, then merged.
with clipped as (
    select
        p.service_date,
        greatest(p.starts_at, c.planned_start) as starts_at,
        least(p.ends_at, c.planned_end) as ends_at
    from patrols as p
    inner join calendar as c using (service_date)
    where c.planned_start is not null
),

reached as (
    select
        *,
        max(ends_at) over (
            partition by service_date order by starts_at, ends_at rows between unbounded preceding and 1 preceding
        ) as covered_until
    from clipped
    where ends_at > starts_at
),

covered as (
    select
        service_date,
        sum(greatest(0, epoch(ends_at - greatest(starts_at, coalesce(covered_until, starts_at))))) / 3600 as done_hours
    from reached
    group by service_date
),

present as (
    select service_date, any_value(source) as presence_source,
        sum(hours) filter (source = 'presence') as patrol_hours
    from w.presence
    group by service_date
),

active as (
    select service_date, count(*) as interventions from w.interventions group by service_date
)

select
    c.service_date,
    c.weekday,
    c.season,
    c.public_holiday,
    c.school_holiday,
    c.planned_start,
    c.planned_end,
    c.planned_hours,
    case
        when c.service_date in (select service_date from patrols) then coalesce(v.done_hours, 0)
    end as done_hours,
    case p.presence_source when 'horaires' then c.planned_hours else coalesce(p.patrol_hours, 0) end as patrol_hours,
    p.presence_source,
    coalesce(a.interventions, 0)::integer as interventions
from calendar as c
left join covered as v using (service_date)
left join present as p using (service_date)
left join active as a using (service_date)
order by c.service_date
