-- Days that the data cover, by season, weekday and school holidays: what counts are set against without presence.
select
    season,
    weekday,
    school_holiday is not null as is_holiday,
    count(*) as days,
    count(presence_source) as observed_days
from w.service_days
where service_date between $start and $end
group by all
