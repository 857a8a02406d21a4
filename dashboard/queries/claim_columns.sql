-- Columns of interventions that at least one row fills: the others, nobody can be said to have left empty.
select column_name
from w.completeness
where table_name = 'interventions' and filled > 0
