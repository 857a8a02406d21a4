"""One neighbourhood against the others: what its sheet shows, computed once per build and choice. No Streamlit.

The shared filter of neighbourhoods only chooses whose sheet opens: « the others » are always all the others.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

from dashboard import sheet_hours, warehouse
from dashboard.filters import Filters
from dashboard.indicators import comparison
from dashboard.indicators.comparison import Delays, Recurrence, incidence_difference
from dashboard.indicators.discoveries import benjamini_hochberg
from dashboard.indicators.rates import Rate, RateRatio, ShareComparison, rate, rate_ratio, share, share_comparison
from dashboard.indicators.zones import PER_HOURS, PER_INHABITANTS
from dashboard.sheet_facts import (
    About,
    Totals,
    added,
    counted,
    is_presence_known,
    neighbourhoods,
    rows_of,
    totals,
    years,
)
from dashboard.sheet_hours import HourCell
from dashboard.sheet_places import Place, Plot, places_and_plots
from dashboard.warehouse import Identity, build_info, query

Kind = Literal["heures", "demandes", "habitants", "part", "motif", "heure", "recurrence", "retour"]
RETURN_DAYS = (7, 30)
REFERRED_DAYS = (0, 7)
ALPHA = 0.05


@dataclass(frozen=True)
class Contrast:
    """One figure here and in the other neighbourhoods together, and how they compare.

    `count` over `base` is the figure here. `is_particular`: it stands once the false discovery rate is held over
    every comparison of the sheet.
    """

    kind: Kind
    code: str
    count: int
    base: float
    here: Rate
    others: Rate
    change: RateRatio | ShareComparison
    is_particular: bool = False


@dataclass(frozen=True)
class Again:
    """What came again, here, and how it compares with elsewhere."""

    here: Recurrence
    contrast: Contrast


@dataclass(frozen=True)
class Answers:
    """Referrals: days until they were made, days until partners answered; `unusable` have dates that can't be used."""

    referred: Delays
    returned: Delays
    unusable: int
    contrast: Contrast


@dataclass(frozen=True)
class Sheet:
    """Everything that one neighbourhood's sheet shows; `comparisons` were made with the others."""

    about: About
    others: int
    chosen: Filters
    here: Totals
    elsewhere: Totals
    is_presence_known: bool
    fictional: bool
    rates: tuple[Contrast, ...]
    motifs: tuple[Contrast, ...]
    hours: tuple[HourCell, ...]
    hour_contrasts: tuple[Contrast, ...]
    again: Again
    answers: Answers
    places: tuple[Place, ...]
    plots: tuple[Plot, ...]
    comparisons: int

    @property
    def contrasts(self) -> tuple[Contrast, ...]:
        """Every comparison with the others, in the order of the sheet."""
        return (*self.rates, *self.motifs, *self.hour_contrasts, self.again.contrast, self.answers.contrast)


def sheet(zone: str, chosen: Filters) -> Sheet:
    """The sheet of a neighbourhood for the shared filters, that of neighbourhoods left aside."""
    return _sheet(warehouse.identity(), zone, replace(chosen, neighbourhoods=()))


@lru_cache(maxsize=128)
def _sheet(_identity: Identity, zone: str, chosen: Filters) -> Sheet:
    known, found = neighbourhoods(), totals(chosen)
    about = next(one for one in known if one.id == zone)
    elsewhere = [one.id for one in known if one.id != zone]
    hours = sheet_hours.cells(zone, elsewhere, chosen)
    places, plots = places_and_plots(about, known, found, chosen)
    return _flagged(
        Sheet(
            about=about,
            others=len(elsewhere),
            chosen=chosen,
            here=found.get(zone, Totals()),
            elsewhere=added(found, elsewhere),
            is_presence_known=is_presence_known(),
            fictional=build_info().fictional,
            rates=_rates(about, known, found, chosen),
            motifs=_motifs(zone, elsewhere, chosen),
            hours=hours,
            hour_contrasts=tuple(_hour(cell) for cell in hours),
            again=_again(zone, elsewhere, chosen),
            answers=_answers(zone, elsewhere, chosen),
            places=places,
            plots=plots,
            comparisons=0,
        )
    )


def _flagged(found: Sheet) -> Sheet:
    """The sheet with what stands out among all its comparisons."""
    p_values = [contrast.change.p_value for contrast in found.contrasts]
    flags = benjamini_hochberg(p_values, ALPHA)
    told = iter(
        [replace(contrast, is_particular=bool(flag)) for contrast, flag in zip(found.contrasts, flags, strict=True)]
    )
    return replace(
        found,
        rates=tuple(next(told) for _ in found.rates),
        motifs=tuple(next(told) for _ in found.motifs),
        hour_contrasts=tuple(next(told) for _ in found.hour_contrasts),
        again=replace(found.again, contrast=next(told)),
        answers=replace(found.answers, contrast=next(told)),
        comparisons=sum(not math.isnan(p_value) for p_value in p_values),
    )


def _rates(about: About, known: Sequence[About], found: Mapping[str, Totals], chosen: Filters) -> tuple[Contrast, ...]:
    """Rates per 100 patrol hours first, per 1,000 inhabitants and year second; requests only when all are chosen."""
    here, elsewhere = found.get(about.id, Totals()), added(found, (one.id for one in known if one.id != about.id))
    lived = {
        one.id: one.population * years(chosen)
        for one in known
        if one.population and (found.get(one.id, Totals()).hours > 0 or not is_presence_known())
    }
    peopled = added(found, (zone for zone in lived if zone != about.id)).interventions
    others_lived = sum(exposure for zone, exposure in lived.items() if zone != about.id)
    rates = [
        _rate("heures", (here.observed, here.hours), (elsewhere.observed, elsewhere.hours), PER_HOURS),
        _rate("habitants", (here.interventions, lived.get(about.id, 0.0)), (peopled, others_lived), PER_INHABITANTS),
    ]
    if chosen.origin == "toutes":
        asked, asked_elsewhere = (here.requests_observed, here.hours), (elsewhere.requests_observed, elsewhere.hours)
        whole, whole_elsewhere = (here.requests, here.origin_known), (elsewhere.requests, elsewhere.origin_known)
        rates.insert(1, _rate("demandes", asked, asked_elsewhere, PER_HOURS))
        rates.append(_share("part", "", whole, whole_elsewhere))
    return tuple(rates)


def _rate(kind: Kind, here: tuple[int, float], others: tuple[int, float], per: float) -> Contrast:
    return Contrast(kind, "", *here, rate(*here, per=per), rate(*others, per=per), rate_ratio(*here, *others))


def _share(kind: Kind, code: str, here: tuple[int, int], others: tuple[int, int]) -> Contrast:
    return Contrast(kind, code, *here, share(*here), share(*others), share_comparison(*here, *others))


def _motifs(zone: str, elsewhere: Sequence[str], chosen: Filters) -> tuple[Contrast, ...]:
    """Shares among interventions whose motif is known; the most frequent here first."""
    rows = [row for row in query("sheet_motifs", **chosen.params()).to_dict("records") if row["interventions"]]
    here, others = (counted(rows, "motif", "interventions", zones) for zones in ({zone}, set(elsewhere)))
    total, other_total = int(sum(here.values())), int(sum(others.values()))
    codes = sorted({*here, *others}, key=lambda code: (-here.get(code, 0), -others.get(code, 0), code))
    return tuple(
        _share("motif", code, (int(here.get(code, 0)), total), (int(others.get(code, 0)), other_total))
        for code in codes
    )


def _hour(cell: HourCell) -> Contrast:
    nothing = RateRatio(math.nan, 0.0, math.inf, math.nan)
    return Contrast("heure", str(cell.hour), cell.count, cell.base, cell.here, cell.others, cell.change or nothing)


def _again(zone: str, elsewhere: Sequence[str], chosen: Filters) -> Again:
    rows = query("sheet_recurrences", **chosen.params(), within=comparison.RECURRENCE_DAYS)
    here, others = (comparison.recurrence(rows_of(rows, zones)) for zones in ([zone], elsewhere))
    change = incidence_difference(here.curve, others.curve, here.days)
    contrast = Contrast("recurrence", "", here.curve.events, here.n, here.incidence, others.incidence, change)
    return Again(here, contrast)


def _answers(zone: str, elsewhere: Sequence[str], chosen: Filters) -> Answers:
    rows, last = query("sheet_referrals", **chosen.params()), RETURN_DAYS[-1]
    usable, every = rows.loc[rows["is_usable"]], rows_of(rows, [zone])
    here = rows_of(usable, [zone])
    returned, others = (comparison.delays(rows_of(usable, zones), RETURN_DAYS) for zones in ([zone], elsewhere))
    change = incidence_difference(returned.curve, others.curve, last)
    return Answers(
        referred=comparison.delays(here.assign(days=here["waited"], happened=True), REFERRED_DAYS),
        returned=returned,
        unusable=sum(every["n"].tolist()) - sum(here["n"].tolist()),
        contrast=Contrast("retour", "", returned.done, returned.n, returned.within[last], others.within[last], change),
    )
