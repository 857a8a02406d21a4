-- Interventions of whole quarters, counted for the publication: by family, quarter, neighbourhood, landlord and
-- category; `month`, `hour` and `weekday` are the categories of the families that are counted by time.
with kept as (
    select
        year(service_date) || '-T' || quarter(service_date) as quarter,
        strftime(service_date, '%Y-%m') as month,
        if(
            neighbourhood_id is null or list_contains($reserved::varchar[], neighbourhood_id),
            'hors_perimetre',
            neighbourhood_id
        ) as area,
        landlord_code as landlord,
        coalesce(motif, 'inconnu') as motif,
        case
            when origin is not null then origin
            when is_request then 'autre'
            when not is_request then 'initiative_equipe'
            else 'inconnue'
        end as origin,
        case
            when outcome is null or outcome = 'non_observe' then 'inconnue'
            when outcome in ('apaise', 'accord', 'evite') then 'apaise'
            else 'autre'
        end as outcome,
        coalesce(hour::varchar, 'inconnue') as hour,
        isodow(service_date)::varchar as weekday,
        coalesce(public_type, 'inconnu') as public_type,
        days.presence_source is not null as is_observed
    from w.interventions
    left join w.service_days as days using (service_date)
    where service_date between $start and $end
)

select 'motif' as family, quarter, area, landlord, motif as category, count(*) as n
from kept
group by all
union all
select 'origine', quarter, area, landlord, origin, count(*)
from kept
group by all
union all
select 'issue', quarter, area, landlord, outcome, count(*)
from kept
group by all
union all
select 'mois', quarter, area, landlord, month, count(*)
from kept
group by all
union all
select 'tranche', quarter, area, landlord, weekday || '|' || hour, count(*)
from kept
group by all
union all
select 'public', quarter, area, null, public_type, count(*)
from kept
group by all
union all
select 'demande_observee', quarter, area, landlord, if(is_observed, 'observee', 'autre_jour'), count(*)
from kept
where origin not in ('initiative_equipe', 'inconnue')
group by all
