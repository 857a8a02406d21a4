-- Every distinct point of the file, to be placed once.
select distinct px, py
from declared
where problem = 0 and px is not null and py is not null
