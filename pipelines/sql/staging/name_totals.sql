-- A row without a name or a month whose figures are the sum of the lines that share what it does say is a total.
update rejected_rows as r
set reason = 'ligne de total'
from (
    with covered as (
        select a.row, a.nb, a.cout_ht, sum(t.nb) as lines_nb, sum(t.cout_ht) as lines_cost
        from declared as a
        inner join typed_sinistres_bailleur as t on t.file_id = $file_id
            and (a.bailleur_code is null or name_key(a.bailleur_code) = name_key(t.bailleur_code))
            and (a.residence is null or name_key(a.residence) = name_key(t.residence))
            and (a.mois is null or a.mois = t.mois)
            and (a.categorie is null or name_key(a.categorie) = name_key(t.categorie))
        where (a.bailleur_code is null or a.residence is null or a.mois is null)
            and (a.nb is not null or a.cout_ht is not null)
        group by a.row, a.nb, a.cout_ht
        having count(*) > 1
    )

    select c.row + b.first_line + coalesce(b.shifts[c.row % 1024 + 1], 0) as line
    from covered as c
    inner join line_blocks as b on b.file_id = $file_id and c.row // 1024 = b.block
    where (c.nb is null or c.nb = c.lines_nb)
        and (c.cout_ht is null or abs(c.cout_ht - c.lines_cost) < 0.01)
) as totals
where r.file_id = $file_id
    and r.line = totals.line
    and r.reason in ('valeur obligatoire absente', 'date absente', 'date illisible')
