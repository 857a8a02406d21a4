-- Rows kept of the tables that the marts read, by file.
insert into arrived
with kept as (
    select file_id, row from typed_presence
    union all
    select file_id, row from typed_sinistres_bailleur
    union all
    select file_id, row from typed_actions_scolaires
    union all
    select file_id, row from typed_evenements
)

select file_id, count(*)
from kept
anti join dropped_rows as d on kept.file_id = d.file_id and kept.row = d.row
group by file_id
