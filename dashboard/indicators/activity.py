"""What the team did and what it was asked: the summary's figures, month by month, and by motif.

Frames of the warehouse's marts in, dataclasses and frames out. Intervals and comparisons are those of `rates`.
"""

from __future__ import annotations

import math
from collections.abc import Hashable
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

import pandas as pd

from dashboard.indicators.rates import (
    Rate,
    RateRatio,
    ShareComparison,
    Verdict,
    rate,
    rate_ratio,
    share,
    share_comparison,
    verdict,
)

PER_HOURS = 100
# A month whose presence is known on fewer of its service days than this is marked as incomplete.
WELL_DOCUMENTED = 0.8
# A month that the data begin or end inside of is incomplete; a week has up to two days without service.
FORGIVEN_DAYS = 2
# Patrol hours of two periods compare when the shares of them that come from the timetable differ by no more.
SAME_SOURCE = 0.1
UNOBSERVED = Rate(math.nan, math.nan, math.nan)

State = Literal["complet", "incomplet", "non observé"]
Measure = Literal["demandes", "interventions"]
Gap = Literal["sans période", "autre source", "non observé"]


@dataclass(frozen=True)
class Totals:
    """Totals of one period, from `activity_totals`, `patrol_totals` and `service_totals`; hours in hours."""

    interventions: int
    appeased: int
    outcome_known: int
    requests: int
    origin_known: int
    any_origin: int
    requests_observed: int
    patrol_hours: float
    timetable_hours: float
    days: int
    observed_days: int
    planned_days: int
    planned_hours: float
    documented_days: int
    done_hours: float
    planned_documented_hours: float
    undocumented_days: int
    is_timetable_unknown: bool

    @classmethod
    def of(cls, *frames: pd.DataFrame) -> Totals:
        """Gather the frames of one row that the queries give."""
        row = {name: value for frame in frames for name, value in frame.to_dict("records")[0].items()}
        return cls(**{str(name): value for name, value in row.items()})


@dataclass(frozen=True)
class Bounds:
    """Difference of two figures that are each known within bounds: what isn't recorded may be anything."""

    difference: float
    low: float
    high: float


@dataclass(frozen=True)
class Comparison:
    """A figure against the same period a year before."""

    before: Rate
    change: RateRatio | ShareComparison | Bounds
    verdict: Verdict


@dataclass(frozen=True)
class Figure:
    """A figure, what it is made of, and its comparison or why there is none.

    `value`, `low` and `high` are NaN, or without limit, when nothing was observed; `count` over `base` gives the value.
    """

    estimate: Rate
    count: float
    base: float
    comparison: Comparison | Gap


@dataclass(frozen=True)
class Summary:
    """The figures of the summary page."""

    interventions: Figure
    request_rate: Figure
    hours: Figure
    request_share: Figure
    appeased_share: Figure


@dataclass(frozen=True)
class Month:
    """One month of the curve; `hours` None when the estimate is a plain number.

    « non observé »: without presence, NaN; « incomplet »: cut short by the data, or presence known on fewer than
    80 % of its service days.
    """

    month: date
    count: int
    hours: float | None
    estimate: Rate
    state: State
    planned_days: int
    observed_days: int


@dataclass(frozen=True)
class Motif:
    """A motif, its interventions, and its share of those whose motif is known (Clopper and Pearson's interval)."""

    code: str
    count: int
    share: Rate


@dataclass(frozen=True)
class Motifs:
    """The most frequent motifs; `others` are known but not shown, `unknown` have no motif."""

    shown: tuple[Motif, ...]
    known: int
    unknown: int
    others: int


def summary(now: Totals, before: Totals | None) -> Summary:
    """The summary's figures over a period and, when `before` is given, against the same period a year before."""
    return Summary(
        interventions=_interventions(now, before),
        request_rate=_request_rate(now, before),
        hours=_hours(now, before),
        request_share=share_figure((now.requests, now.origin_known), before and (before.requests, before.origin_known)),
        appeased_share=share_figure(
            (now.appeased, now.outcome_known), before and (before.appeased, before.outcome_known)
        ),
    )


def monthly(activity: pd.DataFrame, service: pd.DataFrame, measure: Measure) -> tuple[Month, ...]:
    """Month by month: requests per 100 patrol hours, or a number of interventions, with Garwood's interval.

    Frames of `activity_monthly` (month, interventions, requests_observed) and `service_monthly` (every month of the
    data: month, days, planned_days, observed_days, patrol_hours, all_interventions).
    """
    counts = {row["month"]: row for row in activity.to_dict("records")}
    is_rate = measure == "demandes"
    field = "requests_observed" if is_rate else "interventions"
    months = []
    for row in service.to_dict("records"):
        count = int(counts[row["month"]][field]) if row["month"] in counts else 0
        base = float(row["patrol_hours"]) if is_rate else None
        is_observed = row["patrol_hours"] > 0 if is_rate else row["observed_days"] + row["all_interventions"] > 0
        estimate = rate(count, base if is_rate else 1, PER_HOURS if is_rate else 1) if is_observed else UNOBSERVED
        months.append(
            Month(
                month=row["month"].date(),
                count=count,
                hours=base,
                estimate=estimate,
                state=_state(row, is_observed),
                planned_days=int(row["planned_days"]),
                observed_days=int(row["observed_days"]),
            )
        )
    return tuple(months)


def motifs(counts: pd.DataFrame, shown: int = 10) -> Motifs:
    """The most frequent motifs, from `motif_counts` (motif, interventions; most frequent first)."""
    rows = counts.to_dict("records")
    known = [(str(row["motif"]), int(row["interventions"])) for row in rows if isinstance(row["motif"], str)]
    total = sum(count for _, count in known)
    unknown = sum(int(row["interventions"]) for row in rows) - total
    return Motifs(
        shown=tuple(Motif(code, count, share(count, total)) for code, count in known[:shown]),
        known=total,
        unknown=unknown,
        others=sum(count for _, count in known[shown:]),
    )


def _interventions(now: Totals, before: Totals | None) -> Figure:
    """A number, with the interval of the Poisson count that it is; compared per day of the calendar."""
    estimate = rate(now.interventions, 1)
    if before is None:
        return Figure(estimate, now.interventions, now.days, "sans période")
    change = rate_ratio(now.interventions, now.days, before.interventions, before.days)
    comparison = Comparison(rate(before.interventions, 1), change, verdict(change))
    return Figure(estimate, now.interventions, now.days, comparison)


def _request_rate(now: Totals, before: Totals | None) -> Figure:
    estimate = rate(now.requests_observed, now.patrol_hours, per=PER_HOURS)
    figure = (estimate, now.requests_observed, now.patrol_hours)
    if before is None:
        return Figure(*figure, "sans période")
    if now.patrol_hours == 0 or before.patrol_hours == 0:
        return Figure(*figure, "non observé")
    if abs(now.timetable_hours / now.patrol_hours - before.timetable_hours / before.patrol_hours) > SAME_SOURCE:
        return Figure(*figure, "autre source")
    change = rate_ratio(now.requests_observed, now.patrol_hours, before.requests_observed, before.patrol_hours)
    earlier = rate(before.requests_observed, before.patrol_hours, per=PER_HOURS)
    return Figure(*figure, Comparison(earlier, change, verdict(change)))


def _hours(now: Totals, before: Totals | None) -> Figure:
    """Hours done over hours planned on the days documented; bounds: days that are not, as missed or as done."""
    estimate = _done_share(now)
    figure = (estimate, now.done_hours, now.planned_documented_hours)
    if before is None:
        return Figure(*figure, "sans période")
    earlier = _done_share(before)
    if math.isnan(estimate.value) or math.isnan(earlier.value):
        return Figure(*figure, "non observé")
    change = Bounds(estimate.value - earlier.value, estimate.low - earlier.high, estimate.high - earlier.low)
    known = "hausse" if change.low > 0 else "baisse" if change.high < 0 else "pas de différence établie"
    return Figure(*figure, Comparison(earlier, change, known))


def _done_share(totals: Totals) -> Rate:
    if totals.planned_documented_hours == 0:
        return Rate(math.nan, 0.0, math.inf)
    missing = totals.planned_hours - totals.planned_documented_hours
    return Rate(
        totals.done_hours / totals.planned_documented_hours,
        totals.done_hours / totals.planned_hours,
        (totals.done_hours + missing) / totals.planned_hours,
    )


def share_figure(now: tuple[int, int], before: tuple[int, int] | None) -> Figure:
    """A share (cases kept, all cases) and, when `before` is given, its comparison with the one of a year before."""
    figure = (share(*now), *now)
    if before is None:
        return Figure(*figure, "sans période")
    if now[1] == 0 or before[1] == 0:
        return Figure(*figure, "non observé")
    change = share_comparison(*now, *before)
    return Figure(*figure, Comparison(share(*before), change, verdict(change)))


def _state(row: dict[Hashable, Any], is_observed: bool) -> State:
    if not is_observed:
        return "non observé"
    is_cut = row["days"] < row["month"].days_in_month - FORGIVEN_DAYS
    is_thin = row["observed_days"] < WELL_DOCUMENTED * row["planned_days"]
    return "incomplet" if is_cut or is_thin else "complet"
