-- Interventions of some zones (places, or squares of $cell_m metres named « column:row ») by month (`recorded`: of days
-- whose presence was recorded), and recorded patrol hours of their neighbourhoods; months without either are left out.
with happened as (
    select
        date_trunc('month', happened.service_date)::date as month,
        count(*) as interventions,
        count(*) filter (days.presence_source = 'presence') as recorded
    from w.interventions as happened
    left join w.service_days as days using (service_date)
    where happened.service_date between $start and $end
        and list_contains($zones::varchar[], case
                when $cell_m::double is null then happened.place_id
                else floor(happened.x_m / $cell_m)::integer || ':' || floor(happened.y_m / $cell_m)::integer
            end)
        and (len($hours::tinyint[]) = 0 or list_contains($hours::tinyint[], happened.hour))
        and (len($neighbourhoods::varchar[]) = 0 or list_contains($neighbourhoods::varchar[], happened.neighbourhood_id))
        and (len($registers::varchar[]) = 0 or list_contains($registers::varchar[], happened.register))
        and (len($motifs::varchar[]) = 0 or list_contains($motifs::varchar[], happened.motif))
        and ($is_request::boolean is null or happened.is_request = $is_request::boolean)
    group by month
),

patrolled as (
    select date_trunc('month', service_date)::date as month, sum(hours) as hours
    from w.presence
    where service_date between $start and $end
        and source = 'presence'
        and list_contains($around::varchar[], neighbourhood_id)
        and (len($hours::tinyint[]) = 0 or list_contains($hours::tinyint[], hour))
    group by month
)

select
    month,
    coalesce(happened.interventions, 0) as interventions,
    coalesce(happened.recorded, 0) as recorded,
    coalesce(patrolled.hours, 0) as hours
from happened
full outer join patrolled using (month)
order by month
