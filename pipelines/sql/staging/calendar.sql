-- Every date that a row may bear.
create table all_days as
select
    service_date::date as service_date,
    weekday::tinyint as weekday,
    season::varchar as season,
    public_holiday::varchar as public_holiday,
    school_holiday::varchar as school_holiday,
    planned_start::timestamp as planned_start,
    planned_end::timestamp as planned_end,
    planned_hours::double as planned_hours
from days_found
