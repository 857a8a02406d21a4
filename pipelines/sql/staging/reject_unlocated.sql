-- Rows whose location can't be known at all: no usable point, no known place, no neighbourhood.
insert into rejected_rows
with unlocated as (
    select
        row,
        case
            when lieu_id is not null then 'lieu_id'
            when px is not null or py is not null then 'longitude, latitude'
            else ''
        end as column_name,
        case
            when lieu_id is not null then lieu_id
            when px is not null or py is not null then concat_ws(' ; ', px::varchar, py::varchar)
        end as received
    from declared
    where problem = 0
)

select
    $file_id,
    u.row + b.first_line + coalesce(b.shifts[u.row % 1024 + 1], 0),
    u.column_name,
    'localisation inconnue',
    'un point, un lieu connu ou un quartier',
    shortened(u.received, $personal, $shown)
from unlocated as u
inner join line_blocks as b on b.file_id = $file_id and u.row // 1024 = b.block
