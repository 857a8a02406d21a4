create table w.build as
with days as (
    select
        count_if(presence_source = 'presence') as recorded,
        count_if(presence_source = 'horaires') as planned
    from w.service_days
)

select
    $build_id::varchar as build_id,
    $built_at::timestamp as built_at,
    $today::date as today,
    $territory::varchar as territory,
    $title::varchar as title,
    $metric_crs::varchar as metric_crs,
    (select coalesce(bool_or(fictional), false) from w.import_files) as fictional,
    $generalised_before::date as generalised_before,
    (select count(hour) > 0 from w.interventions) as hour_known,
    case
        when recorded > 0 and planned > 0 then 'mixte'
        when recorded > 0 then 'presence'
        when planned > 0 then 'horaires'
        else 'aucune'
    end as presence_source,
    $inputs_digest::varchar as inputs_digest
from days
