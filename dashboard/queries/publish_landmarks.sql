-- Places that a published map may name: those of $landlord with $dwellings dwellings or more (`is_own`), and those where
-- nobody lives and that no landlord owns.
select
    name,
    x_m,
    y_m,
    coalesce(landlord_code = $landlord::varchar and dwellings >= $dwellings, false) as is_own
from w.places
where x_m is not null
    and y_m is not null
    and name is not null
    and (
        (landlord_code = $landlord::varchar and dwellings >= $dwellings)
        or (landlord_code is null and coalesce(dwellings, 0) = 0)
    )
order by place_id, name
