create table w.landlord_repairs as
select
    landlord_code,
    residence,
    month,
    category,
    repairs,
    cost_excl_tax,
    comparison_group,
    dwellings,
    lines
from ledger_cells
order by all
