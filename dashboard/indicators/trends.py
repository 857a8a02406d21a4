"""Rates by hour, weekday and season, per 100 patrol hours; times known as intervals, spread over the hours of the week.

A grid is an array of 7 service weekdays (Monday first) by 24 clock hours. A cell where nobody patrolled has no rate
(NaN): it was not observed, which is not 0. `docs/methods.md` gives formulas, assumptions and limits.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from dashboard.indicators.changes import Side, dispersed_ratio
from dashboard.indicators.rates import Rate, RateRatio, rate

Floats = NDArray[np.float64]

DAYS, HOURS = 7, 24
WEEK_HOURS = DAYS * HOURS
WEEK_S, HOUR_S = WEEK_HOURS * 3600.0, 3600.0
PER_HOURS = 100.0
UNOBSERVED = Rate(math.nan, 0.0, math.inf)


@dataclass(frozen=True, eq=False)
class Grid:
    """Rates of one season; every array is 7 service weekdays × 24 clock hours.

    `counts` may be fractions (spread intervals), `hours` are patrol hours, `values`, `low` and `high` are per `per`
    patrol hours: NaN where `hours` is 0.
    """

    counts: Floats
    hours: Floats
    values: Floats
    low: Floats
    high: Floats

    @property
    def observed(self) -> NDArray[np.bool_]:
        """Cells with presence."""
        return self.hours > 0


@dataclass(frozen=True)
class HourRate:
    """One clock hour of a profile: events, patrol hours, and events per 100 patrol hours."""

    hour: int
    count: float
    hours: float
    estimate: Rate


@dataclass(frozen=True, eq=False)
class SeasonComparison:
    """Second season against the first one, on the cells (`common`, 7 × 24) that both have."""

    common: NDArray[np.bool_]
    first: Side
    second: Side
    ratio: RateRatio


def aoristic_weights(start: datetime, end: datetime | None) -> Floats:
    """Chance, for each hour of the week, that a fact known to lie between two moments took place then.

    168 weights that sum to 1, Monday 00:00 first, in local clock time (that of `start`, if it has a time zone). The
    time is taken as uniform over the interval (Ratcliffe, 2002, aoristic signatures), exact to the second; it may cross
    midnight and last several weeks. Without `end` (None or NaT), or when it equals `start`, all the weight is on the
    start's hour.

    Raises ValueError when `end` is before `start`.
    """
    length = 0.0 if end is None or pd.isna(end) else _clock_seconds(start, end)
    clock = start.hour * 3600 + start.minute * 60 + start.second + start.microsecond / 1e6
    return spread([start.weekday() * HOURS * HOUR_S + clock], [length])


def _clock_seconds(start: datetime, end: datetime) -> float:
    """Seconds of clock time from one moment to the other; 0 when the clock was put back by more between them."""
    if start.tzinfo is not None and end.tzinfo is not None:
        has_begun = end.astimezone(UTC) >= start.astimezone(UTC)
        length = (end.astimezone(start.tzinfo).replace(tzinfo=None) - start.replace(tzinfo=None)).total_seconds()
    else:
        length = (end - start).total_seconds()
        has_begun = length >= 0
    if not has_begun:
        raise ValueError(f"the interval ends ({end}) before it starts ({start})")
    return max(length, 0.0)


def spread(starts: ArrayLike, lengths: ArrayLike, weights: ArrayLike | None = None) -> Floats:
    """Sum of the aoristic weights of many intervals, each times its weight (1 by default): array of 168.

    `starts`: seconds since Monday 00:00 (any whole number of weeks may be added); `lengths`: seconds, 0 or more.
    Raises ValueError for a length under 0 or what isn't a finite number.
    """
    begin, long = np.asarray(starts, float), np.asarray(lengths, float)
    mass = np.ones_like(begin) if weights is None else np.asarray(weights, float)
    if not (np.isfinite(begin).all() and np.isfinite(long).all() and (long >= 0).all()):
        raise ValueError("starts and lengths are finite seconds, lengths 0 or more")
    begin = begin % WEEK_S
    first = np.minimum(begin // HOUR_S, WEEK_HOURS - 1).astype(np.intp)
    is_point = long == 0
    week = np.bincount(first[is_point], mass[is_point], WEEK_HOURS).astype(float)
    first, begin, long, mass = first[~is_point], begin[~is_point], long[~is_point], mass[~is_point]
    whole = long // WEEK_S
    week += float((mass * whole * HOUR_S / long).sum())
    until = begin + long - whole * WEEK_S
    for ahead in range(WEEK_HOURS + 1):
        opens = (first + ahead) * HOUR_S
        overlap = np.minimum(until, opens + HOUR_S) - np.maximum(begin, opens)
        if not (until > opens).any():
            break
        share = mass * np.clip(overlap, 0, None) / long
        week += np.bincount((first + ahead) % WEEK_HOURS, share, WEEK_HOURS)
    return week


def service_week(week: ArrayLike, day_starts: int) -> Floats:
    """168 calendar hours of the week as a grid of service days: hours before `day_starts` belong to the day before."""
    grid = np.asarray(week, float).reshape(DAYS, HOURS)
    is_early = np.arange(HOURS) < day_starts
    return np.where(is_early, np.roll(grid, -1, axis=0), grid)


def cells(frame: pd.DataFrame, value: str) -> Floats:
    """Sum of a column by `weekday` (1 = Monday) and `hour`: 7 × 24; rows whose hour is unknown are left out."""
    known = frame.dropna(subset=["weekday", "hour"])
    place = (known["weekday"].to_numpy(int) - 1) * HOURS + known["hour"].to_numpy(int)
    return np.bincount(place, known[value].to_numpy(float), WEEK_HOURS).reshape(DAYS, HOURS).astype(float)


def rate_of(count: float, hours: float, per: float = PER_HOURS) -> Rate:
    """`rates.rate` for a count that may be a fraction: the interval then goes from the whole number under it to the
    one above it, and holds its level at least. Without exposure: NaN, 0 to infinity.
    """
    near = round(count)
    if abs(count - near) < 1e-6:  # noqa: PLR2004 - sums of fractions
        return rate(near, hours, per)
    if hours == 0:
        return UNOBSERVED
    low, high = rate(math.floor(count), hours, per).low, rate(math.ceil(count), hours, per).high
    return Rate(count / hours * per, low, high)


def rate_grid(counts: ArrayLike, hours: ArrayLike, per: float = PER_HOURS) -> Grid:
    """Rates of every cell with Garwood's interval at 95 %; `counts` and `hours`: 7 × 24.

    Raises ValueError for another shape.
    """
    events, exposure = np.asarray(counts, float), np.asarray(hours, float)
    if events.shape != (DAYS, HOURS) or exposure.shape != (DAYS, HOURS):
        raise ValueError(f"counts {events.shape} and hours {exposure.shape}; expected {(DAYS, HOURS)}")
    found = np.full((3, DAYS, HOURS), math.nan)
    for day, hour in zip(*np.nonzero(exposure > 0), strict=True):
        known = rate_of(float(events[day, hour]), float(exposure[day, hour]), per)
        found[:, day, hour] = known.value, known.low, known.high
    return Grid(events, exposure, *found)


def profile(counts: ArrayLike, hours: ArrayLike, order: Sequence[int]) -> tuple[HourRate, ...]:
    """Rates per 100 patrol hours by clock hour, in the order given; `counts` and `hours`: 7 × 24, summed over days."""
    events, exposure = np.asarray(counts, float).sum(axis=0), np.asarray(hours, float).sum(axis=0)
    return tuple(
        HourRate(
            hour,
            float(events[hour]),
            float(exposure[hour]),
            rate_of(float(events[hour]), float(exposure[hour])) if exposure[hour] > 0 else UNOBSERVED,
        )
        for hour in order
    )


def compare_seasons(first: Grid, second: Grid, dispersion: float = 1.0) -> SeasonComparison:
    """Rate of the second season over the first one's, on their common cells alone (`changes.dispersed_ratio`).

    Fractions of spread intervals are rounded once summed. Without a common cell the ratio is not observed (p NaN).
    """
    common = first.observed & second.observed
    sides = [Side(round(float(grid.counts[common].sum())), float(grid.hours[common].sum())) for grid in (first, second)]
    return SeasonComparison(common, sides[0], sides[1], dispersed_ratio(sides[1], sides[0], dispersion))
