insert into import_warnings
select file_id, 'ligne_repetee', '', count(*)
from dropped_rows
where file_id = $file_id
group by file_id
