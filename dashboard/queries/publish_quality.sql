-- What the records of each quarter are worth: those with a point or a place, an hour, an origin, an outcome, a motif.
select
    year(service_date) || '-T' || quarter(service_date) as quarter,
    count(*) as interventions,
    count(*) filter (x_m is not null or place_id is not null) as lieu,
    count(hour) as heure,
    count(*) filter (origin is not null or is_request is not null) as origine,
    count(*) filter (outcome is not null and outcome <> 'non_observe') as issue,
    count(motif) as motif
from w.interventions
where service_date between $start and $end
group by all
order by all
