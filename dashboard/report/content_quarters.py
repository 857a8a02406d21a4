"""One neighbourhood against the rest of the territory, from published cells alone. Published figures in, slides out."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from dashboard import formats
from dashboard.indicators import discoveries, rates
from dashboard.indicators.rates import Rate, ShareComparison
from dashboard.markup import Column
from dashboard.report import content_figures, content_when
from dashboard.report import content_words as words
from dashboard.report.content_figures import APPEASED, INITIATIVES, KNOWN, REQUESTS, TERRITORY, UNKNOWN, Published
from dashboard.report.content_words import LEVEL
from dashboard.report.slides import MASKED, Cell, KeyFigure, Slide, Table

ALPHA = 0.05
# Family, title, header of its table, name of its categories, order of the service day or of the calendar if any.
FAMILIES: tuple[tuple[str, str, str], ...] = (
    ("motif", "Motifs", "Motif"),
    ("origine", "Origines", "Origine"),
    ("issue", "Issues", "Issue"),
    ("tranche", "Tranches horaires", "Tranche"),
    ("mois", "Mois", "Mois"),
)
ISSUES = {"apaise": "Apaisée, accord ou incident évité", "autre": "Autre issue connue"}
SIDES = {
    "hausse": "▲ plus qu’ailleurs",
    "baisse": "▼ moins qu’ailleurs",
    "pas de différence établie": "≈ Face au reste, pas de différence établie",
}


@dataclass(frozen=True)
class Share:
    """A share of a family: what is counted, and the categories that it is a share of."""

    family: str
    part: str
    whole: tuple[str, ...]


@dataclass(frozen=True)
class Part:
    """A category here and over the territory, each with its total; None is hidden."""

    n: float | None
    total: float | None
    whole: float | None
    territory: float | None


ASKED, CALMED = Share("origine", REQUESTS, (REQUESTS, INITIATIVES)), Share("issue", APPEASED, (KNOWN,))
ORDERED = ("tranche", "mois")


def areas(period: str) -> dict[str, str]:
    """Neighbourhoods of a published period, by name."""
    return {zone.code: zone.name for zone in content_figures.load(period).zones}


def neighbourhood(period: str, area: str) -> tuple[Slide, ...]:
    """The sheet of a neighbourhood: its figures, then a family a slide, against the rest of the territory."""
    of = content_figures.load(period)
    if area not in {zone.code for zone in of.zones}:
        return ()
    families = [_family(of, area, *family) for family in FAMILIES if of.parts(family[0], area)]
    return (_figures(of, area), *families)


def _figures(of: Published, area: str) -> Slide:
    n, observed, hours = of.count(area=area), of.observed_requests(area), of.patrol_hours(area)
    rate = None if observed is None else rates.rate(observed, hours, per=100)
    figures = [
        _count(of, area, n),
        _rate(rate, observed, hours),
        _share(of, area, "Part des demandes", ASKED),
        _share(of, area, "Situations apaisées", CALMED),
    ]
    return words.slide(
        of,
        f"quartier@{area}",
        of.zone_name(area),
        _message(of, area, n),
        n=words.interventions(n),
        said=[LEVEL, "Comparaisons avec le reste du territoire, puis avec un an avant"],
        figures=figures,
    )


def _message(of: Published, area: str, n: float | None) -> str:
    if n is None:
        return f"Le nombre d’interventions est masqué\u00a0: {words.why_hidden()}."
    before = of.count(area=area, period=of.before) if of.before else None
    told = formats.plural(n, "intervention")
    if of.before is None or before is None:
        return f"{told}\u00a0; pas de comparaison possible avec un an avant."
    change = rates.rate_ratio(n, of.days(), before, of.days(of.before))
    return f"{told}\u00a0; {words.against(rates.verdict(change), formats.ratio_change(change))}."


def _count(of: Published, area: str, n: float | None) -> KeyFigure:
    whole = of.count()
    if n is None:
        return KeyFigure("Interventions", MASKED, "", "", "", "")
    estimate = rates.rate(n, 1)
    share = "" if not whole else f"{formats.percent(n / whole)} de celles du territoire"
    uncertainty = f"Intervalle\u00a0: {formats.interval(estimate.low, estimate.high, 0)}"
    return KeyFigure(
        "Interventions", formats.number(n), "", uncertainty, f"en {formats.plural(of.days(), 'jour')}", share
    )


def _rate(rate: Rate | None, observed: float | None, hours: float) -> KeyFigure:
    title = "Demandes pour 100\u00a0h"
    if rate is None:
        return KeyFigure(title, MASKED, "", "", "", "")
    if math.isnan(rate.value):
        return KeyFigure(title, formats.NOT_OBSERVED, "", "", "aucune heure de patrouille connue", "")
    return KeyFigure(
        title=title,
        value=formats.number(rate.value, 1),
        unit="",
        uncertainty=f"Intervalle\u00a0: {formats.interval(rate.low, rate.high)}",
        made_of=f"n\u00a0=\u00a0{formats.number(observed)} en {formats.number(hours)}\u00a0h",
        comparison="",
    )


def _share(of: Published, area: str, title: str, what: Share) -> KeyFigure:
    own = _pair(of, area, what)
    if own is None:
        return KeyFigure(title, MASKED, "", "", "", "")
    told, rest = "", _rest(own, _pair(of, TERRITORY, what))
    if own[1] and rest is not None and rest[1]:
        change = rates.share_comparison(*own, *rest)
        verdict = rates.verdict(change)
        side = SIDES.get(verdict, verdict)
        told = f"{side}\u00a0: {words.flat(formats.share_change(change))}"
    return words.share_figure(title, *own, comparison=told)


def _pair(of: Published, area: str, what: Share) -> tuple[float, float] | None:
    part, parts = of.count(what.part, what.family, area), [of.count(code, what.family, area) for code in what.whole]
    known = [n for n in parts if n is not None]
    return None if part is None or len(known) < len(parts) else (part, sum(known))


def _rest(own: tuple[float, float], whole: tuple[float, float] | None) -> tuple[float, float] | None:
    """What is left of the territory: figures that are all published, or None."""
    if whole is None:
        return None
    left = whole[0] - own[0], whole[1] - own[1]
    return left if 0 <= left[0] <= left[1] else None


def _family(of: Published, area: str, family: str, title: str, header: str) -> Slide:
    label = _labels(family)
    own, whole = of.parts(family, area), of.parts(family)
    total, territory = of.count(family=family, area=area), of.count(family=family)
    codes = [code for code in own if code not in UNKNOWN and own[code] != 0]
    parts = [Part(own[code], total, whole.get(code, 0.0), territory) for code in codes]
    changes = [_change(part) for part in parts]
    p_values = [math.nan if change is None else change.p_value for change in changes]
    kept = discoveries.benjamini_hochberg(p_values, ALPHA)
    lines = {
        label(code): _line(label(code), part, change, is_flagged=bool(flag))
        for code, part, change, flag in zip(codes, parts, changes, kept, strict=True)
    }
    counts = {label(code): own[code] for code in codes}
    order = [label(code) for code in sorted(codes, key=_place(family))]
    shown = order if family in ORDERED else [name for name, _ in words.ranked(counts)]
    columns = (
        Column(header),
        Column("Nombre", is_number=True),
        Column("Part ici", is_number=True),
        Column("Part au territoire", is_number=True),
        Column("Face au reste"),
    )
    table = Table(columns, tuple(lines[name] for name in shown), f"{title}, {of.zone_name(area)}", f"publie_{family}")
    apart = [label(code) for code, flag in zip(codes, kept, strict=True) if flag]
    compared = sum(change is not None for change in changes)
    return words.slide(
        of,
        f"quartier@{area}_{family}",
        title,
        _family_message(apart, compared),
        n="" if total is None else formats.plural(total, "intervention"),
        said=[f"{formats.plural(compared, 'comparaison')} (Benjamini et Hochberg, 5\u202f%)"],
        tables=[table],
    )


def _family_message(apart: Sequence[str], compared: int) -> str:
    if not compared:
        return "Trop de chiffres sont masqués pour une comparaison avec le reste du territoire."
    if not apart:
        return "Aucune part ne s’écarte nettement du reste du territoire."
    return f"S’écarte nettement du reste du territoire\u00a0: {words.listed(apart)}."


def _change(part: Part) -> ShareComparison | None:
    n, total, whole, territory = part.n, part.total, part.whole, part.territory
    if n is None or total is None or whole is None or territory is None:
        return None
    rest = whole - n, territory - total
    if not 0 <= rest[0] <= rest[1] or not rest[1] or not total:
        return None
    return rates.share_comparison(n, total, *rest)


def _line(label: str, part: Part, change: ShareComparison | None, *, is_flagged: bool) -> tuple[Cell, ...]:
    here = None if part.n is None or part.total is None else rates.share(part.n, part.total)
    there = None if part.whole is None or part.territory is None else rates.share(part.whole, part.territory)
    if change is None:
        reading: Cell = (MASKED, None)
    elif not is_flagged:
        reading = words.text_cell("≈ pas de différence établie")
    else:
        side = SIDES["hausse" if change.difference > 0 else "baisse"]
        reading = words.text_cell(f"{side}\u00a0: {words.flat(formats.share_change(change))}")
    return words.text_cell(label), words.count_cell(part.n), words.share_cell(here), _percent(there), reading


def _percent(share: Rate | None) -> Cell:
    if share is None:
        return MASKED, None
    is_known = not math.isnan(share.value)
    return (formats.percent(share.value), round(share.value, 4)) if is_known else (words.NOT_KNOWN, None)


def _labels(family: str) -> Callable[[str], str]:
    if family == "issue":
        return lambda code: ISSUES.get(code, code)
    if family == "tranche":
        return content_when.band_label
    if family == "mois":
        return lambda code: formats.long_month(date(int(code[:4]), int(code[5:7]), 1))
    return lambda code: formats.label(family, code)[:60]


def _place(family: str) -> Callable[[str], tuple[int, str]]:
    return content_when.service_place if family == "tranche" else lambda code: (0, code)
