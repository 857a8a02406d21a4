-- One row per reason of rejection and column, most frequent first.
select
    reason,
    column_name,
    count(*) as rejected_rows,
    count(distinct file_id) as files
from w.rejected_rows
group by reason, column_name
order by rejected_rows desc, reason, column_name
