-- Days of service by quarter, whatever the neighbourhood: planned, documented by the presence export, observed.
select
    year(service_date) || '-T' || quarter(service_date) as quarter,
    count(*) as days,
    count(presence_source) as observed_days,
    count(*) filter (planned_hours > 0) as planned_days,
    count(done_hours) as documented_days,
    sum(planned_hours) as planned_hours,
    sum(done_hours) as done_hours,
    sum(planned_hours) filter (done_hours is not null) as planned_documented_hours
from w.service_days
where service_date between $start and $end
group by all
order by all
