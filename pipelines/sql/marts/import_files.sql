-- The ledger: what became of every row read. Loaded rows are counted where they arrived, the others where they left.
create table w.import_files as
with left_out as (
    select
        file_id,
        count(*) as duplicates
    from dropped_rows
    group by file_id
),

dates as (
    select file_id, date_service as day from typed_presence
    union all
    select file_id, mois from typed_sinistres_bailleur
    union all
    select file_id, date from typed_actions_scolaires
    union all
    select file_id, date_debut from typed_evenements
),

spans as (
    select file_id, min(day) as first_date, max(day) as last_date from dates group by file_id
    union all
    select file_id, min(service_date), max(service_date) from w.interventions group by file_id
),

refused as (
    select file_id, count(*) as rejected from rejected_rows group by file_id
)

select
    f.file_id,
    f.name,
    f.sha256,
    f.bytes,
    f.record,
    f.table_name,
    f.rows_read,
    coalesce(a.loaded, 0) as loaded,
    coalesce(l.duplicates, 0) as duplicates,
    coalesce(r.rejected, 0) as rejected,
    s.first_date,
    s.last_date,
    f.fictional,
    f.error
from files as f
left join arrived as a using (file_id)
left join spans as s using (file_id)
left join left_out as l using (file_id)
left join refused as r using (file_id)
order by f.file_id
