select
    build_id,
    built_at,
    today,
    territory,
    title,
    metric_crs,
    fictional,
    generalised_before,
    hour_known,
    presence_source,
    inputs_digest
from w.build
