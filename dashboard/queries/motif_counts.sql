-- One row per motif of a period, most frequent first; `motif` is empty where the record does not say it.
select motif, sum(interventions)::bigint as interventions
from w.activity_daily
where service_date between $start and $end
    and (len($neighbourhoods::varchar[]) = 0 or list_contains($neighbourhoods::varchar[], neighbourhood_id))
    and (len($registers::varchar[]) = 0 or list_contains($registers::varchar[], register))
    and (len($motifs::varchar[]) = 0 or list_contains($motifs::varchar[], motif))
    and ($is_request::boolean is null or is_request is not distinct from $is_request::boolean)
group by motif
order by interventions desc, motif
