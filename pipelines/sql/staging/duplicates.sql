-- Of the rows with the same key, the last line of the last file stays.
insert into dropped_rows
with twins as (
    select key from {source} where key is not null group by key having count(*) > 1
),

ranked as (
    select
        file_id,
        row,
        row_number() over (partition by key order by file_id desc, row desc) as rank
    from {source}
    semi join twins using (key)
)

select file_id, row from ranked where rank > 1
