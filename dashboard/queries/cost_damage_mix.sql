-- Damage found with each motif on each ground, over everything recorded: how damage, when it happens, is spread.
select
    motif,
    case
        when ownership = 'bailleur' or (ownership is null and landlord_code is not null) then 'bailleur'
        when ownership in ('ville', 'metropole') then 'ville'
        when ownership is not null then 'autre'
    end as ground,
    damage,
    count(*) as found
from w.interventions
where list_contains($risk_motifs::varchar[], motif) and damage <> 'aucun'
group by all
order by all
