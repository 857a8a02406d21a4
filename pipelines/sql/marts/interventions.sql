-- The interventions of one file. Rows older than the retention lose their minutes, their exact point and the profile;
-- rows that nothing locates stay out, and are written down as rejected.
insert into w.interventions by name
with moments as (
    select
        *,
        case
            when heure_debut is not null then on_service_day(service_date, heure_debut)
            when horodatage_clock then horodatage
        end as start_moment,
        on_service_day(service_date, heure_fin) as end_moment,
        on_service_day(service_date, heure_fait_min) as fact_start,
        on_service_day(service_date, heure_fait_max) as fact_end,
        service_date < $generalised_before as old
    from placed
    where location_method is not null
),

lines as (
    select
        m.*,
        b.file_name,
        m.row + b.first_line + coalesce(b.shifts[m.row % 1024 + 1], 0) as source_line
    from moments as m
    inner join line_blocks as b on b.file_id = $file_id and m.row // 1024 = b.block
)

select
    r.row,
    r.key,
    r.warned
    + case when r.swapped then 1::ubigint << 56 else 0 end
    + case when r.px is not null and r.py is not null and not r.has_point then 1::ubigint << 57 else 0 end
    + case when r.point_zone = 'hors_perimetre' then 1::ubigint << 58 else 0 end
    + case when r.lieu_id is not null and r.place_id is null then 1::ubigint << 59 else 0 end
    + case when r.zone_slug <> '' and r.named_zone is null then 1::ubigint << 60 else 0 end as warned,
    coalesce(r.id_intervention, r.file_name || ':' || r.source_line) as intervention_id,
    r.service_date,
    case when r.old then date_trunc('hour', r.start_moment) else r.start_moment end as started_at,
    case when not r.old then next_day_if_before(r.end_moment, r.start_moment) end as ended_at,
    hour(r.start_moment)::tinyint as hour,
    c.weekday,
    c.season,
    case
        when r.has_point and r.point_zone is not null then r.point_zone
        when r.location_method = 'lieu' and r.place_zone is not null then r.place_zone
        else coalesce(r.named_zone, 'hors_perimetre')
    end as neighbourhood_id,
    case
        when r.has_point and not r.old then r.point_longitude
        when r.place_x_m is not null then r.place_longitude
        when r.has_point then r.square_longitude
    end as longitude,
    case
        when r.has_point and not r.old then r.point_latitude
        when r.place_x_m is not null then r.place_latitude
        when r.has_point then r.square_latitude
    end as latitude,
    case
        when r.has_point and not r.old then r.point_x_m
        when r.place_x_m is not null then r.place_x_m
        when r.has_point then r.square_x_m
    end as x_m,
    case
        when r.has_point and not r.old then r.point_y_m
        when r.place_x_m is not null then r.place_y_m
        when r.has_point then r.square_y_m
    end as y_m,
    r.location_method,
    r.place_id,
    r.lieu_type as place_type,
    r.domanialite as ownership,
    coalesce(r.bailleur_code, r.place_landlord) as landlord_code,
    r.registre as register,
    r.motif,
    r.gravite::tinyint as severity,
    r.origine as origin,
    r.origine <> 'initiative_equipe' as is_request,
    case when not r.old then r.public_type end as public_type,
    case when not r.old then r.nb_personnes_tranche end as people_band,
    r.mode_action as action_mode,
    r.partenaire_relaye as partners,
    r.date_relais as referred_on,
    r.date_retour as returned_on,
    r.retour as referral_outcome,
    r.issue as outcome,
    r.degat_constate as damage,
    r.degat_quantite as damage_quantity,
    r.effectif_agents::tinyint as agents,
    r.horodatage_precision as time_precision,
    case when not r.old then r.fact_start end as fact_from,
    case when not r.old then next_day_if_before(r.fact_end, r.fact_start) end as fact_to,
    case
        when r.start_moment is null or c.planned_hours is null then null
        else coalesce(r.start_moment >= c.planned_start and r.start_moment < c.planned_end, false)
    end as during_service,
    r.old as generalised,
    $file_id as file_id,
    r.source_line
from lines as r
left join all_days as c using (service_date)
