insert into rejected_rows
with refusals as (
    select
        refused.row + b.first_line + coalesce(b.shifts[refused.row % 1024 + 1], 0) as line,
        ($columns::varchar[])[problem] as column_name,
        ($reasons::varchar[])[problem] as reason,
        ($expected::varchar[])[problem] as expected,
        received
    from refused
    inner join line_blocks as b on b.file_id = $file_id and refused.row // 1024 = b.block
    union all
    select line, '', 'nombre de colonnes', expected, received from broken_rows
)

select
    $file_id,
    line,
    column_name,
    reason,
    expected,
    shortened(received, $personal, $shown)
from refusals
