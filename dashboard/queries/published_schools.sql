-- School actions of some periods, by theme.
select period, theme, actions, sessions, participants, is_masked
from w.published_schools
where list_contains($periods::varchar[], period)
order by period, actions desc nulls last, theme
