-- School and youth actions of a period, one row per kind of school and theme: actions, sessions, participants, and the
-- actions whose sessions or participants are not recorded.
select
    school_type,
    theme,
    count(*) as actions,
    coalesce(sum(sessions), 0)::bigint as sessions,
    coalesce(sum(participants), 0)::bigint as participants,
    count(*) filter (sessions is null) as without_sessions,
    count(*) filter (participants is null) as without_participants
from w.school_actions
where held_on between $start and $end
group by all
order by actions desc, school_type, theme
