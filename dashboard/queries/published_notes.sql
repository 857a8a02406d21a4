-- What families count otherwise than their names say, over some periods; family « » for all of them.
select period, family, note
from w.published_notes
where list_contains($periods::varchar[], period)
order by period, family
