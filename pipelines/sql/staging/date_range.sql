-- First and last service date of what is kept.
with dates as (
    select min(service_date) as first, max(service_date) as last from w.interventions
    union all
    select min(service_date), max(service_date) from patrols
)

select min(first), max(last) from dates
