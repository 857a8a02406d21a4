"""What the service says of itself, as figures that no other module computes: requests set against the hours of the
team, residents' requests by quarter, rates of the page's cards, and what many comparisons at once leave standing.

Rows and counts in, dataclasses out. Intervals and comparisons are those of `rates`; `docs/methods.md` explains.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any

import numpy as np

from dashboard.indicators.activity import (
    FORGIVEN_DAYS,
    PER_HOURS,
    SAME_SOURCE,
    UNOBSERVED,
    WELL_DOCUMENTED,
    Comparison,
    Figure,
    State,
)
from dashboard.indicators.discoveries import benjamini_hochberg
from dashboard.indicators.rates import Rate, RateRatio, ShareComparison, rate, rate_ratio, share, verdict

RESIDENTS = ("habitant_telephone", "habitant_terrain")
LEVEL = 0.95
Rows = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Kept:
    """Interventions of some registers or of some motifs."""

    registers: tuple[str, ...] = ()
    motifs: tuple[str, ...] = ()


CONTACTS = Kept(("presence_proximite",), ("contact_presence",))
ALERTS = Kept(("veille_technique",), ("panne_equipement", "degradation"))
JOINT = Kept(("concertation", "facilitation_projet"))
MEDIATION = Kept(("gestion_conflits",))
ISOLATED = Kept((), ("personne_isolee_detresse",))
MINORS = Kept((), ("mineur_danger_conduite_risque",))


@dataclass(frozen=True)
class Exposed:
    """Events and what they were observed over (hours, inhabitants × years, places × months).

    `timetable`: the part of the exposure that is planned hours, for want of recorded ones.
    """

    count: int
    exposure: float
    timetable: float = 0.0


@dataclass(frozen=True)
class BestCovered:
    """The hours of the week with the most patrol, as (weekday, hour), and their share of the patrol hours."""

    cells: frozenset[tuple[int, int]]
    hours_share: float


@dataclass(frozen=True)
class HourShare:
    """One clock hour: its share of the requests, with interval, and its share of the patrol hours (None: unknown)."""

    hour: int
    requests: int
    share: Rate
    hours_share: float | None


@dataclass(frozen=True)
class Quarter:
    """Residents' requests of one quarter by channel; `hours` None when the estimates are plain numbers."""

    start: date
    counts: dict[str, int]
    estimates: dict[str, Rate]
    hours: float | None
    state: State


def counted(activity: Rows, kept: Kept, column: str = "interventions") -> int:
    """Interventions of some registers or motifs; `activity`: register, motif and `column`, a number."""
    return sum(int(row[column]) for row in activity if row["register"] in kept.registers or row["motif"] in kept.motifs)


def rate_figure(now: Exposed, before: Exposed | None, per: float) -> Figure:
    """A rate per `per` units of exposure and, when `before` is given, its comparison with a year before.

    Nothing is compared when the share of planned hours differs by more than `activity.SAME_SOURCE` between both.
    """
    estimate = rate(now.count, now.exposure, per)
    figure = (estimate, now.count, now.exposure)
    if before is None:
        return Figure(*figure, "sans période")
    if now.exposure == 0 or before.exposure == 0:
        return Figure(*figure, "non observé")
    if abs(now.timetable / now.exposure - before.timetable / before.exposure) > SAME_SOURCE:
        return Figure(*figure, "autre source")
    change = rate_ratio(now.count, now.exposure, before.count, before.exposure)
    return Figure(*figure, Comparison(rate(before.count, before.exposure, per), change, verdict(change)))


def best_covered(patrol: Rows) -> BestCovered | None:
    """The hours of the week that hold the first half of the patrol hours, the most patrolled first.

    `patrol`: weekday, hour, hours. Hours of the week equally patrolled enter together, so that no rank is invented;
    None when that takes them all, or when there is no patrol: no hour is better covered than another.
    """
    hours = {(int(row["weekday"]), int(row["hour"])): round(float(row["hours"]), 6) for row in patrol}
    present = {cell: spent for cell, spent in hours.items() if spent > 0}
    everything = sum(present.values())
    reached = 0.0
    for level in sorted(set(present.values()), reverse=True):
        reached += sum(spent for spent in present.values() if spent == level)
        if reached >= everything / 2:
            cells = frozenset(cell for cell, spent in present.items() if spent >= level)
            return BestCovered(cells, reached / everything) if len(cells) < len(present) else None
    return None


def within(requests: Rows, best: BestCovered) -> tuple[int, int]:
    """Requests of the best covered hours of the week, and all those whose hour is known.

    `requests`: weekday, hour (None: unknown) and `recorded`, the requests of days whose presence is recorded.
    """
    timed = [row for row in requests if row["hour"] is not None]
    inside = [row for row in timed if (int(row["weekday"]), int(row["hour"])) in best.cells]
    return sum(int(row["recorded"]) for row in inside), sum(int(row["recorded"]) for row in timed)


def by_hour(requests: Rows, patrol: Rows, order: Sequence[int]) -> tuple[HourShare, ...]:
    """Each hour's share of the requests whose hour is known, and of the patrol hours, in the order given.

    With a recorded presence, requests of days without it are left out, so that both shares speak of the same days.
    Hours with neither requests nor patrol are left out. Raises ValueError when an hour is not in the order.
    """
    asked: Counter[int] = Counter()
    patrolled: dict[int, float] = defaultdict(float)
    for row in requests:
        if row["hour"] is not None:
            asked[int(row["hour"])] += int(row["recorded" if patrol else "requests"])
    for row in patrol:
        patrolled[int(row["hour"])] += float(row["hours"])
    if unknown := (set(asked) | set(patrolled)) - set(order):
        raise ValueError(f"hours {sorted(unknown)} are not in the order {list(order)}")
    total, spent = asked.total(), sum(patrolled.values())
    if total == 0:
        return ()
    return tuple(
        HourShare(
            hour=hour,
            requests=asked[hour],
            share=share(asked[hour], total),
            hours_share=patrolled.get(hour, 0.0) / spent if spent else None,
        )
        for hour in order
        if asked[hour] or patrolled.get(hour)
    )


def quarters(origins: Rows, service: Rows, *, has_presence: bool) -> tuple[Quarter, ...]:
    """Residents' requests by quarter and channel, per 100 patrol hours (numbers without presence), Garwood's interval.

    Rows of `claim_origins` (quarter, origin, interventions, observed) and `service_monthly` (month, days,
    planned_days, observed_days, patrol_hours, all_interventions), in order of time.
    """
    counts: Counter[tuple[date, str]] = Counter()
    for row in origins:
        if row["origin"] in RESIDENTS:
            counts[_day(row["quarter"]), row["origin"]] += int(row["observed" if has_presence else "interventions"])
    found = []
    for start, group in groupby(service, lambda row: quarter_start(_day(row["month"]))):
        months = list(group)
        hours = sum(float(row["patrol_hours"]) for row in months) if has_presence else None
        is_observed = bool(hours) if has_presence else any(row["all_interventions"] for row in months)
        seen = {channel: counts[start, channel] for channel in RESIDENTS}
        estimates = {
            channel: rate(count, hours or 1, PER_HOURS if has_presence else 1) if is_observed else UNOBSERVED
            for channel, count in seen.items()
        }
        found.append(Quarter(start, seen, estimates, hours, _state(start, months, is_observed=is_observed)))
    return tuple(found)


def quarter_start(day: date) -> date:
    """First day of the quarter of a date."""
    return date(day.year, 3 * ((day.month - 1) // 3) + 1, 1)


def judged(comparisons: Sequence[Comparison], alpha: float = 1 - LEVEL) -> tuple[tuple[Comparison, ...], int]:
    """The comparisons of one page with the verdicts that Benjamini and Hochberg (1995) leave, and how many were tested.

    A rise or a fall whose p-value does not pass becomes « pas de différence établie »; the interval, which speaks of
    one comparison alone, is left as it is. Differences of bounds are no tests: neither counted nor changed.
    """
    p_values = np.array([_p_value(comparison) for comparison in comparisons])
    kept = tuple(
        comparison
        if passed or math.isnan(p) or comparison.verdict not in ("hausse", "baisse")
        else replace(comparison, verdict="pas de différence établie")
        for comparison, p, passed in zip(comparisons, p_values, benjamini_hochberg(p_values, alpha), strict=True)
    )
    return kept, int(np.count_nonzero(~np.isnan(p_values)))


def _p_value(comparison: Comparison) -> float:
    change = comparison.change
    return change.p_value if isinstance(change, RateRatio | ShareComparison) else math.nan


def _state(start: date, months: Rows, *, is_observed: bool) -> State:
    if not is_observed:
        return "non observé"
    length = (quarter_start(start + timedelta(days=100)) - start).days
    days, planned, observed = (
        sum(int(row[name]) for row in months) for name in ("days", "planned_days", "observed_days")
    )
    is_cut, is_thin = days < length - FORGIVEN_DAYS, observed < WELL_DOCUMENTED * planned
    return "incomplet" if is_cut or is_thin else "complet"


def _day(value: date | datetime) -> date:
    return value.date() if isinstance(value, datetime) else value
