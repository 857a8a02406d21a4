-- What there is to choose from: one row per neighbourhood, register and motif; `name` for neighbourhoods only.
with found as (
    select
        list(distinct neighbourhood_id) as neighbourhoods,
        list(distinct register) as registers,
        list(distinct motif) as motifs
    from w.activity_daily
),

codes as (
    select 'neighbourhood' as kind, unnest(neighbourhoods) as code from found
    union all
    select 'register', unnest(registers) from found
    union all
    select 'motif', unnest(motifs) from found
    union
    select 'neighbourhood', neighbourhood_id from w.neighbourhoods
)

select codes.kind, codes.code, known.name
from codes
left join w.neighbourhoods as known on codes.kind = 'neighbourhood' and codes.code = known.neighbourhood_id
where codes.code is not null
