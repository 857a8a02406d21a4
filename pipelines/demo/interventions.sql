-- Batches of rows made in memory, with the identifier that the year and the number in the year make.
select
    format('FICTIF-{}-{:06d}', year, number) as id_intervention,
    * exclude (year, number)
from batches
