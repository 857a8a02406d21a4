-- One row per file read, in reading order.
select
    name, table_name, rows_read, loaded, duplicates, rejected, first_date, last_date, fictional, error
from w.import_files
order by file_id
