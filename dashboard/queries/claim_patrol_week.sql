-- Recorded patrol hours of a period by weekday of the service day and clock hour. Hours of the timetable are left out:
-- they say when the team was due, the same every week, not when it was there.
select days.weekday, presence.hour, sum(presence.hours) as hours
from w.presence as presence
inner join w.service_days as days using (service_date)
where presence.service_date between $start and $end
    and presence.source = 'presence'
    and (len($neighbourhoods::varchar[]) = 0 or list_contains($neighbourhoods::varchar[], presence.neighbourhood_id))
group by all
order by all
