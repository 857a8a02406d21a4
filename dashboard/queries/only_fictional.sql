-- One row: whether the warehouse holds rows of fictional exports and of no other.
select
    coalesce((select fictional from w.build), false)
    and not exists (from w.import_files where loaded > 0 and not coalesce(fictional, false)) as fictional
