"""Hour grids of both seasons, and hour curves of the neighbourhoods. No Streamlit."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd

from dashboard import warehouse
from dashboard.indicators import trends
from dashboard.indicators.trends import Grid, HourRate, SeasonComparison
from dashboard.indicators.zones import service_order
from dashboard.map_content import territory
from dashboard.trends import Floats, Reading, dispersion, has_presence, source_of, zone_names
from dashboard.trends_frames import equal, is_value, total, totals, where
from dashboard.warehouse import Identity, query

SEASONS = ("hiver", "ete")
MOST_PROFILES = 6


@dataclass(frozen=True, eq=False)
class Profiles:
    """Hour curves of the neighbourhoods with the most events, in the order of their names; `more` others are not shown.

    `is_timetable`: their hours are those of the whole service, so that levels of two neighbourhoods do not compare.
    """

    curves: tuple[tuple[str, tuple[HourRate, ...]], ...]
    more: int
    is_timetable: bool


@dataclass(frozen=True, eq=False)
class Hourly:
    """Grids by season and profiles by neighbourhood. `is_rate` False: no presence known, grids hold plain numbers.

    `spread_rows`: events whose interval was spread; `outside`: events of days with presence in hours without any;
    `hour_unknown`, `unobserved`: events left out for lack of an hour, or of known presence that day. `timetable_hours`
    of the `hours` come from the timetable. `count` events are in the grids.
    """

    is_rate: bool
    order: tuple[int, ...]
    weekdays: tuple[int, ...]
    grids: dict[str, Grid]
    comparison: SeasonComparison
    profiles: Profiles
    count: int
    spread_rows: int
    outside: float
    hour_unknown: int
    unobserved: int
    hours: float
    timetable_hours: float


@dataclass(frozen=True, eq=False)
class _Frames:
    """Events with an hour, events known by an interval, and patrol hours."""

    events: pd.DataFrame
    intervals: pd.DataFrame
    presence: pd.DataFrame

    def equal(self, **values: str | None) -> _Frames:
        return _Frames(equal(self.events, **values), equal(self.intervals, **values), equal(self.presence, **values))

    def counts(self, day_starts: int) -> Floats:
        """Events by service weekday and hour, 7 × 24; intervals are spread."""
        starts, seconds, events = (
            self.intervals[name].to_numpy(float) for name in ("starts", "seconds", "interventions")
        )
        week = trends.spread(starts, seconds, events)
        return trends.cells(self.events, "interventions") + trends.service_week(week, day_starts)


def hourly(reading: Reading) -> Hourly | None:
    """Hour grids and profiles of the period; None when no event's hour is known, or neither events nor presence."""
    return _hourly(warehouse.identity(), reading)


@lru_cache(maxsize=64)
def _hourly(_identity: Identity, reading: Reading) -> Hourly | None:
    counted, presence, is_rate = reading.cells(), query("trend_presence", **reading.filters.params()), has_presence()
    known = where(counted, ~is_value(counted, "hour", None))
    whole = equal(presence, neighbourhood_id=None)
    if known.empty and not counted.empty:
        return None
    observed = where(known, ~is_value(known, "source", None)) if is_rate else known
    intervals = reading.of_kind(query("trend_intervals", **reading.filters.params()))
    frames = _Frames(equal(observed, is_interval=False) if is_rate else observed, intervals, presence)
    day_starts = territory().service_day_starts.hour
    grids = {season: _grid(frames, season, day_starts, is_rate=is_rate) for season in SEASONS}
    hours = {int(hour) for grid in grids.values() for hour in np.flatnonzero(grid.observed.any(axis=0))}
    order = service_order(hours, day_starts)
    if not order:
        return None
    return Hourly(
        is_rate=is_rate,
        order=order,
        weekdays=tuple(day for day in range(1, 8) if any(grid.observed[day - 1].any() for grid in grids.values())),
        grids=grids,
        comparison=trends.compare_seasons(grids["hiver"], grids["ete"], dispersion(reading)),
        profiles=_profiles(frames, order, day_starts),
        count=int(total(observed, "interventions")),
        spread_rows=int(total(intervals, "interventions")) if is_rate else 0,
        outside=sum(float(grid.counts[~grid.observed].sum()) for grid in grids.values()),
        hour_unknown=int(total(equal(counted, hour=None), "interventions")),
        unobserved=int(total(equal(known, source=None), "interventions")) if is_rate else 0,
        hours=total(whole, "hours"),
        timetable_hours=total(equal(whole, source="horaires"), "hours"),
    )


def _grid(frames: _Frames, season: str, day_starts: int, *, is_rate: bool) -> Grid:
    kept = frames.equal(season=season)
    if is_rate:
        hours = trends.cells(equal(kept.presence, neighbourhood_id=None), "hours")
        return trends.rate_grid(kept.counts(day_starts), hours)
    counts = trends.cells(kept.events, "interventions")
    # Without presence, a cell is a plain number, and nobody knows whether one with nothing in it was observed.
    return trends.rate_grid(counts, counts > 0, per=1.0)


def _profiles(frames: _Frames, order: tuple[int, ...], day_starts: int) -> Profiles:
    source, names = source_of(frames.presence), zone_names()
    if source is None:
        return Profiles((), 0, is_timetable=False)
    frames = frames.equal(source=source)
    patrolled = totals(frames.presence, "neighbourhood_id", "hours")
    events = totals(frames.events, "neighbourhood_id", "interventions")
    ranked = sorted((zone for zone in names if zone in patrolled), key=lambda zone: -events.get(zone, 0.0))
    shown = sorted(ranked[:MOST_PROFILES], key=lambda zone: names[zone])
    curves = []
    for zone in shown:
        here = frames.equal(neighbourhood_id=zone)
        curve = trends.profile(here.counts(day_starts), trends.cells(here.presence, "hours"), order)
        curves.append((names[zone], curve))
    return Profiles(tuple(curves), len(ranked) - len(shown), source == "horaires")
