-- One row per table and column that an export fills, the emptiest first; columns that the pipeline computes are left out.
select table_name, column_name, filled, total
from w.completeness
where total > 0 and not list_contains($computed::varchar[], column_name)
order by table_name, filled / total, column_name
