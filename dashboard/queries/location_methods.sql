-- How the interventions of a period were placed, and how many of them fall outside every neighbourhood.
select
    location_method,
    count(*) as interventions,
    count(*) filter (neighbourhood_id = 'hors_perimetre') as outside
from w.interventions
where service_date between $start and $end
group by location_method
order by interventions desc, location_method
