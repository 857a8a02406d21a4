-- One row per month of a period: days of planned service, those without intervention, those that no presence export has.
select
    date_trunc('month', service_date)::date as month,
    count(*) filter (planned_hours > 0) as planned_days,
    count(*) filter (planned_hours > 0 and interventions = 0) as empty_days,
    count(*) filter (planned_hours > 0 and done_hours is null) as unrecorded_days,
    coalesce(sum(interventions), 0)::bigint as interventions
from w.service_days
where service_date between $start and $end
group by month
order by month desc
