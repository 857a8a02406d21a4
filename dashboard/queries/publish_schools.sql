-- School and youth actions by quarter and theme; participants are those that are recorded.
select
    year(held_on) || '-T' || quarter(held_on) as quarter,
    coalesce(theme, 'inconnu') as theme,
    count(*) as actions,
    coalesce(sum(sessions), 0)::bigint as sessions,
    coalesce(sum(participants), 0)::bigint as participants
from w.school_actions
where held_on between $start and $end
group by all
order by all
