-- One row: mediations that ended well, which somebody else would otherwise have led.
select count(*) as mediations
from w.interventions
where service_date between $start and $end
    and list_contains($service_registers::varchar[], register)
    and list_contains($outcomes::varchar[], outcome)
    and (len($neighbourhoods::varchar[]) = 0 or list_contains($neighbourhoods::varchar[], neighbourhood_id))
    and (len($registers::varchar[]) = 0 or list_contains($registers::varchar[], register))
    and (len($motifs::varchar[]) = 0 or list_contains($motifs::varchar[], motif))
    and ($is_request::boolean is null or is_request = $is_request)
    and ($landlord::varchar is null or landlord_code = $landlord)
