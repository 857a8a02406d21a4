"""Slide of the activity against the year before, and the figures that carry it. Published figures in, slides out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date

from dashboard import cards, formats
from dashboard.indicators import activity, discoveries, rates
from dashboard.indicators.activity import Figure, Summary
from dashboard.indicators.rates import Rate, RateRatio
from dashboard.markup import Column, plain
from dashboard.report import content_words as words
from dashboard.report.content_figures import (
    APPEASED,
    BY_PRESENCE,
    INITIATIVES,
    KNOWN,
    OBSERVED,
    REQUESTS,
    TOTAL,
    Published,
)
from dashboard.report.content_words import GAPS, LEVEL
from dashboard.report.slides import MASKED, Cell, Chart, Period, Series, Slide, Table
from dashboard.warehouse import query

Keys = tuple[tuple[str, str], ...]
N_KEYS: Keys = (("motif", TOTAL),)
RATE_KEYS: Keys = ((BY_PRESENCE, OBSERVED),)
SHARE_KEYS: Keys = (("origine", REQUESTS), ("origine", INITIATIVES))
APPEASED_KEYS: Keys = (("issue", APPEASED), ("issue", KNOWN))
MOST_EVENTS = 2
ALPHA = 0.05
SIGNS = "▲ hausse, ▼ baisse, ≈ pas de différence établie"


def summary(of: Published) -> Summary:
    """The figures of the pages' summary, from published totals: the same functions."""
    return activity.summary(of.totals(of.period), of.totals(of.before) if of.before else None)


def change_words(of: Published, figure: Figure, keys: Keys) -> str:
    """How a number stands to the one of a year before, in words."""
    if of.before is None:
        return "pas de comparaison, un an avant n’est pas publié"
    if of.is_hidden(keys, of.before) or not isinstance(figure.comparison, activity.Comparison):
        return "pas de comparaison possible avec un an avant"
    return words.against(figure.comparison.verdict, cards.change_text(figure.comparison))


def year_before(of: Published) -> Slide:
    """Months against those of a year before, and the figures that carry the comparison."""
    found, n = summary(of), of.count()
    return words.slide(
        of,
        "activite",
        "Activité face à l’an passé",
        _activity_message(of, found),
        n=words.interventions(n),
        said=(LEVEL, *([SIGNS] if of.before else []), *_events(of)),
        charts=_months(of),
        tables=(_year_table(of, found),),
    )


def _activity_message(of: Published, found: Summary) -> str:
    if of.before is None:
        return f"Pas de comparaison\u00a0: rien n’est publié de la même période un an avant ({of.period.before})."
    rate = change_words(of, found.request_rate, RATE_KEYS).replace(" avec un an avant", "")
    return (
        f"Interventions\u00a0: {change_words(of, found.interventions, N_KEYS)}. Demandes pour 100\u00a0h\u00a0: {rate}."
    )


def _events(of: Published) -> list[str]:
    """Known events of the period, which a comparison with another may come from."""
    rows = query("known_events", start=of.period.start, end=of.period.end, neighbourhoods=[]).to_dict("records")
    labels = list(dict.fromkeys(plain(row["label"], 70) for row in rows))
    return [f"Événements connus\u00a0: {words.listed(labels, MOST_EVENTS)}"] if labels else []


def _months(of: Published) -> list[Chart]:
    names = [one for one in (of.before, of.period) if one is not None and of.parts("mois", period=one)]
    if not names:
        return []
    months = sorted({code[5:7] for one in names for code in of.parts("mois", period=one)})
    categories = tuple(formats.month(date(2000, int(month), 1)).split()[0] for month in months)
    series = tuple(
        Series(one.label, tuple(of.count(f"{one.code[:4]}-{month}", "mois", period=one) for month in months))
        for one in names
    )
    gaps = GAPS if any(value is None for one in series for value in one.values) else ""
    told = " ; ".join(f"{one.name} : {', '.join(words.shown_count(value) for value in one.values)}" for one in series)
    alternative = f"Interventions par mois ({', '.join(categories)}). {told}."
    return [Chart("columns", "Interventions par mois", "interventions", categories, series, alternative, gaps=gaps)]


def _year_table(of: Published, found: Summary) -> Table:
    lines: tuple[tuple[str, Figure, Keys, str], ...] = (
        ("Interventions", found.interventions, N_KEYS, "nombre"),
        ("Demandes pour 100\u00a0h", found.request_rate, RATE_KEYS, "taux"),
        ("Part des demandes", found.request_share, SHARE_KEYS, "part"),
        ("Situations apaisées", found.appeased_share, APPEASED_KEYS, "part"),
        ("Heures faites", found.hours, (), "part"),
    )
    before = of.before.label if of.before else "Un an avant"
    columns = (
        Column("Mesure"),
        Column(_short(of.period), is_number=True),
        Column(_short(of.before) if of.before else before, is_number=True),
        Column("Écart"),
    )
    rows = tuple(_year_row(of, *line) for line in lines)
    return Table(columns, rows, "Face à un an avant", "publie_activite")


def _short(period: Period) -> str:
    return period.code if period.is_year else f"T{period.code[-1]} {period.code[:4]}"


def _year_row(of: Published, label: str, figure: Figure, keys: Keys, kind: str) -> tuple[Cell, ...]:
    now: Cell = (MASKED, None) if of.is_hidden(keys) else _value(figure.estimate, kind)
    if of.before is None:
        return words.text_cell(label), now, (words.NOT_KNOWN, None), words.text_cell("non publié")
    if of.is_hidden(keys) or of.is_hidden(keys, of.before):
        hidden: Cell = (MASKED, None) if of.is_hidden(keys, of.before) else _earlier(figure, kind)
        return words.text_cell(label), now, hidden, (MASKED, None)
    return words.text_cell(label), now, _earlier(figure, kind), words.text_cell(_change_cell(figure))


def _change_cell(figure: Figure) -> str:
    """The sign of the verdict, then the change and its interval."""
    known = figure.comparison
    if not isinstance(known, activity.Comparison):
        return "non comparable"
    return f"{cards.SIGNS[known.verdict]} {words.flat(cards.change_text(known))}"


def _earlier(figure: Figure, kind: str) -> Cell:
    known = figure.comparison
    return _value(known.before, kind) if isinstance(known, activity.Comparison) else (words.NOT_KNOWN, None)


def _value(estimate: Rate, kind: str) -> Cell:
    if math.isnan(estimate.value):
        return formats.NOT_OBSERVED, None
    shown = {
        "nombre": formats.number(estimate.value),
        "taux": formats.number(estimate.value, 1),
        "part": formats.percent(estimate.value, 0),
    }[kind]
    return shown, round(estimate.value, 4)


def motifs(of: Published) -> Slide:
    """Why the team stepped in: the most frequent motifs, and how each stands to the year before."""
    found = words.labelled(of.parts("motif"), "motif")
    before = words.labelled(of.parts("motif", period=of.before), "motif") if of.before else {}
    changes = {label: _motif_change(of, n, before.get(label, 0.0)) for label, n in found.items()}
    p_values = [math.nan if change is None else change.p_value for change in changes.values()]
    flags = dict(zip(changes, discoveries.benjamini_hochberg(p_values, ALPHA), strict=True))
    columns = (
        Column("Motif"),
        Column("Nombre", is_number=True),
        Column("Un an avant", is_number=True),
        Column("Écart"),
    )
    rows = tuple(
        (
            words.text_cell(label),
            words.count_cell(n),
            words.count_cell(before.get(label, 0.0)) if of.before else (words.NOT_KNOWN, None),
            _motif_reading(changes[label], is_flagged=bool(flags[label]), has_before=of.before is not None),
        )
        for label, n in words.ranked(found)
    )
    compared, total = sum(change is not None for change in changes.values()), of.count()
    apart = [label for label in changes if flags[label]]
    return words.slide(
        of,
        "motifs",
        "Motifs",
        _motif_message(apart, compared),
        n="" if total is None else formats.plural(total, "intervention"),
        said=[f"{formats.plural(compared, 'comparaison')} (Benjamini et Hochberg, 5\u202f%)"] if compared else [],
        tables=[Table(columns, rows, "Motifs, face à un an avant", "publie_motifs")] if rows else [],
    )


def _motif_change(of: Published, n: float | None, before: float | None) -> RateRatio | None:
    if of.before is None or n is None or before is None or n + before == 0:
        return None
    return rates.rate_ratio(n, of.days(), before, of.days(of.before))


def _motif_reading(change: RateRatio | None, *, is_flagged: bool, has_before: bool) -> Cell:
    if change is None:
        return (MASKED, None) if has_before else words.text_cell("non publié")
    sign = "≈" if not is_flagged else "▲" if change.ratio > 1 else "▼"
    return words.text_cell(f"{sign} {words.flat(formats.ratio_change(change))}")


def _motif_message(apart: Sequence[str], compared: int) -> str:
    if not compared:
        return "Pas de comparaison possible avec un an avant."
    if not apart:
        return "Aucun motif n’est nettement plus ou moins fréquent qu’un an avant."
    return f"Nettement différents d’un an avant\u00a0: {words.listed(apart)}."
