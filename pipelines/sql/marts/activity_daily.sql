create table w.activity_daily as
select
    service_date,
    neighbourhood_id,
    register,
    motif,
    origin,
    is_request,
    count(*)::integer as interventions,
    (count(*) filter (outcome in ('apaise', 'accord', 'evite')))::integer as appeased,
    (count(*) filter (outcome <> 'non_observe'))::integer as outcome_known
from w.interventions
group by all
order by service_date
