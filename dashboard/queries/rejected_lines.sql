-- Every rejected line, to correct the export: what was expected and what came.
select
    files.name as file_name,
    rejected.line,
    rejected.column_name,
    rejected.reason,
    rejected.expected,
    rejected.received
from w.rejected_rows as rejected
left join w.import_files as files using (file_id)
order by rejected.file_id, rejected.line
