-- Lines of one key that a later file writes again; where the record keeps the last line only, the others of its file.
insert into dropped_rows
with lines as (
    select t.file_id, t.row, t.key
    from typed_sinistres_bailleur as t
    anti join dropped_rows as d on t.file_id = d.file_id and t.row = d.row
    where t.key is not null
),

ranked as (
    select
        l.file_id,
        l.row,
        l.file_id < max(l.file_id) over (partition by l.key) as replaced,
        f.repeated = 'last'
        and row_number() over (partition by l.key order by l.file_id desc, l.row desc) > 1 as followed
    from lines as l
    inner join ledger_files as f using (file_id)
)

select file_id, row from ranked where replaced or followed
