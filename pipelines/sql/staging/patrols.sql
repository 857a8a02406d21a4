-- One row a patrol of the presence export: from when to when, local time.
create or replace temp table patrols as
with kept as (
    select
        t.date_service as service_date,
        coalesce(zone_of(t.zone_slug, n.neighbourhood_id), 'hors_perimetre') as neighbourhood_id,
        t.effectif as agents,
        on_service_day(t.date_service, t.heure_debut) as starts_at,
        on_service_day(t.date_service, t.heure_fin) as written_end
    from typed_presence as t
    left join zone_names as n on t.zone_slug = n.slug
    anti join dropped_rows as d on t.file_id = d.file_id and t.row = d.row
)

select
    service_date,
    neighbourhood_id,
    agents,
    starts_at,
    next_day_if_before(written_end, starts_at) as ends_at
from kept
