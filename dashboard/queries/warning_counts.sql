-- One row per kind of warning and column, most frequent first.
select
    kind,
    column_name,
    sum(count)::bigint as warnings,
    count(distinct file_id) as files
from w.import_warnings
group by kind, column_name
order by warnings desc, kind, column_name
