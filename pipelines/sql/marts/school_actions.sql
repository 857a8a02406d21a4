create table w.school_actions as
select
    t.date as held_on,
    t.etablissement_type as school_type,
    t.theme,
    t.seances as sessions,
    t.participants
from typed_actions_scolaires as t
anti join dropped_rows as d on t.file_id = d.file_id and t.row = d.row
order by all
