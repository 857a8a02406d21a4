delete from entries
where at < :since
