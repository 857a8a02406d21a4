-- One row: days that the data cover within a choice of dates and season, and those whose presence is known.
select count(*) as days, count(presence_source) as observed_days
from w.service_days
where service_date between $start and $end
    and ($season::varchar is null or season = $season::varchar)
