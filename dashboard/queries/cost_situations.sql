-- Situations with a risk of damage that ended well, by motif, ground and landlord: no damage found, damage unknown.
-- $risk_motifs and $outcomes are the definition; the rest is the reader's choice; $landlord empty: every landlord.
select
    motif,
    case
        when ownership = 'bailleur' or (ownership is null and landlord_code is not null) then 'bailleur'
        when ownership in ('ville', 'metropole') then 'ville'
        when ownership is not null then 'autre'
    end as ground,
    count(*) filter (where damage = 'aucun') as situations,
    count(*) filter (where damage is null) as damage_unknown
from w.interventions
where service_date between $start and $end
    and list_contains($risk_motifs::varchar[], motif)
    and list_contains($outcomes::varchar[], outcome)
    and (len($neighbourhoods::varchar[]) = 0 or list_contains($neighbourhoods::varchar[], neighbourhood_id))
    and (len($registers::varchar[]) = 0 or list_contains($registers::varchar[], register))
    and (len($motifs::varchar[]) = 0 or list_contains($motifs::varchar[], motif))
    and ($is_request::boolean is null or is_request = $is_request)
    and ($landlord::varchar is null or landlord_code = $landlord)
group by all
order by all
