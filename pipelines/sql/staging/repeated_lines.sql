-- Lines of the file that are the same in every column: the first one stays.
insert into dropped_rows
with ranked as (
    select row, row_number() over (partition by row_key order by row) as rank
    from mapped
    where problem = 0
)

select $file_id, row from ranked where rank > 1
