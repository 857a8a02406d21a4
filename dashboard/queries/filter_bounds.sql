-- One row: the dates that the data cover, and where the season of the last one begins.
with last_day as (
    select service_date, season from w.service_days order by service_date desc limit 1
),

other_season as (
    select max(days.service_date) as service_date
    from w.service_days as days, last_day
    where days.season is distinct from last_day.season
)

select
    min(days.service_date) as first_date,
    max(days.service_date) as last_date,
    coalesce(any_value(other_season.service_date) + 1, min(days.service_date)) as season_start,
    any_value(last_day.season) as season
from w.service_days as days, last_day, other_season
