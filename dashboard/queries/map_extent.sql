-- One row: where the interventions with a point are, in metres: extremes, and where 98 % of them are.
select
    count(*) as located,
    min(x_m) as west, max(x_m) as east, min(y_m) as south, max(y_m) as north,
    quantile_cont(x_m, 0.01) as west_98, quantile_cont(x_m, 0.99) as east_98,
    quantile_cont(y_m, 0.01) as south_98, quantile_cont(y_m, 0.99) as north_98
from w.interventions
where x_m is not null
    and y_m is not null
    and (len($neighbourhoods::varchar[]) = 0 or list_contains($neighbourhoods::varchar[], neighbourhood_id))
