-- Requests of a period by weekday of the service day, clock hour (empty when unknown) and whether they came from the
-- field: all of them, those of days whose presence is recorded rather than planned, and those within the timetable.
select
    asked.weekday,
    asked.hour,
    coalesce(asked.origin = 'habitant_terrain', false) as is_field,
    count(*) as requests,
    count(*) filter (days.presence_source = 'presence') as recorded,
    count(asked.during_service) as timed,
    count(*) filter (asked.during_service) as during_service
from w.interventions as asked
left join w.service_days as days using (service_date)
where asked.service_date between $start and $end
    and asked.is_request
    and (len($neighbourhoods::varchar[]) = 0 or list_contains($neighbourhoods::varchar[], asked.neighbourhood_id))
group by all
order by all
