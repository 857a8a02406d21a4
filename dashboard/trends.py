"""What « Tendances » reads: monthly series, effects, profile of the week. No Streamlit.

Everything is computed from one `Reading` (the shared filters and what is counted) and kept for as long as the
warehouse stays the same.
"""

from __future__ import annotations

import math
from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from itertools import pairwise
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dashboard import formats, warehouse
from dashboard.filters import Filters
from dashboard.indicators import control, trends
from dashboard.indicators.activity import FORGIVEN_DAYS
from dashboard.indicators.change_points import ChangePoints, change_points
from dashboard.indicators.control import ControlChart, Decomposition
from dashboard.indicators.rates import Rate, rate
from dashboard.indicators.regression import Factor, Regression, regression
from dashboard.indicators.trends import PER_HOURS
from dashboard.trends_frames import column, equal, is_value, total, totals, where
from dashboard.warehouse import Identity, query

Kind = Literal["demandes", "initiatives", "toutes"]
Floats = NDArray[np.float64]

KINDS: dict[Kind, str] = {"demandes": "Demandes", "initiatives": "Initiatives", "toutes": "Les deux ensemble"}
MOST_ZONES, WEEKS = 40, 104
FIRST_YEARS = 2
# A reader may look at the months of many choices: a change of level is said at a stricter level than one comparison.
CHANGE_LEVEL = 0.01
# What the regression tells apart, with the level that others are compared with (None: the mean of all levels).
FACTORS: dict[str, str | bool | None] = {
    "neighbourhood_id": None,
    "hour": None,
    "weekday": None,
    "season": "hiver",
    "is_holiday": False,
}


@dataclass(frozen=True)
class Reading:
    """The shared filters, and what of the interventions is counted."""

    filters: Filters
    kind: Kind

    def of_kind(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Rows of a frame with `is_request` that are counted."""
        return frame if self.kind == "toutes" else equal(frame, is_request=self.kind == "demandes")

    def cells(self) -> pd.DataFrame:
        """Interventions of the period by season, weekday, holidays, source of presence, neighbourhood and hour."""
        return self.of_kind(query("trend_cells", **self.filters.params()))


@dataclass(frozen=True)
class WeekdayRate:
    """Interventions per day of the calendar on one weekday, 1 = Monday."""

    weekday: int
    count: int
    days: int
    estimate: Rate


@dataclass(frozen=True, eq=False)
class Series:
    """A month each: events over patrol hours (per 100), or over days where no presence is known.

    `is_complete`: neither cut short by the data nor without exposure. `changes` are of the rate at a constant mix of
    neighbourhoods, weekdays and hours; `is_seasonal`: and with seasons set aside.
    """

    months: tuple[date, ...]
    counts: Floats
    exposures: Floats
    estimates: tuple[Rate, ...]
    is_complete: tuple[bool, ...]
    per_hours: bool
    chart: ControlChart
    stl: Decomposition | None
    changes: ChangePoints
    is_seasonal: bool


def kinds(chosen: Filters) -> dict[Kind, str]:
    """What can be counted: the sidebar's own choice wins."""
    return KINDS if chosen.origin == "toutes" else {chosen.origin: KINDS[chosen.origin]}


def has_presence() -> bool:
    """Whether any presence is known in this build."""
    return warehouse.build_info().presence_source != "aucune"


def is_empty(reading: Reading) -> bool:
    """Whether nothing of the period answers the choice, whoever it came from."""
    return query("trend_cells", **reading.filters.params()).empty


def source_of(presence: pd.DataFrame) -> str | None:
    """Where hours by neighbourhood come from: the export when it has any day of the period, else the timetable."""
    known = set(column(presence, "source").tolist())
    return "presence" if "presence" in known else "horaires" if "horaires" in known else None


def zone_names() -> dict[str, str]:
    """Neighbourhoods by identifier, in the order of their names."""
    rows = query("trend_neighbourhoods").to_dict("records")
    return {
        str(row["neighbourhood_id"]): row["name"]
        if isinstance(row["name"], str)
        else formats.label("quartier", row["neighbourhood_id"])
        for row in rows
    }


def counts_by(reading: Reading, step: Literal["week", "month"]) -> tuple[pd.DataFrame, Floats, Floats]:
    """Every week or month of the data, its events, and its exposure in patrol hours or, without presence, in days."""
    params = reading.filters.params() | {"step": step}
    steps, found = query("trend_step_hours", **params), reading.of_kind(query("trend_steps", **params))
    counted, exposure = ("observed", "hours") if has_presence() else ("interventions", "days")
    events = totals(found, "step", counted)
    return (
        steps,
        np.array([events.get(when, 0.0) for when in steps["step"].tolist()]),
        steps[exposure].to_numpy(float),
    )


def dispersion(reading: Reading) -> float:
    """Variance over mean of the last two years' weekly counts, at least 1."""
    _, counts, exposures = counts_by(reading, "week")
    sigma_z = control.dispersion(counts[-WEEKS:], exposures[-WEEKS:])
    return 1.0 if math.isnan(sigma_z) else max(1.0, sigma_z**2)


def series(reading: Reading) -> Series | None:
    """The monthly series, from the first month of the data to the end of the period; None without any month."""
    return _series(warehouse.identity(), replace(reading, filters=replace(reading.filters, start=reading.filters.end)))


@lru_cache(maxsize=64)
def _series(_identity: Identity, reading: Reading) -> Series | None:
    steps, counts, exposures = counts_by(reading, "month")
    if steps.empty:
        return None
    per = PER_HOURS if has_presence() else 1.0
    months = tuple(step.date() for step in steps["step"].tolist())
    covered = zip(months, steps["days"].tolist(), exposures.tolist(), strict=True)
    complete = tuple(
        days >= monthrange(month.year, month.month)[1] - FORGIVEN_DAYS and exposure > 0
        for month, days, exposure in covered
    )
    estimates = tuple(
        rate(int(count), exposure, per) if exposure else trends.UNOBSERVED
        for count, exposure in zip(counts, exposures, strict=True)
    )
    seasons = [str(season) for season in steps["season"].tolist()]
    is_seasonal = _spells(seasons) >= 2 * FIRST_YEARS
    searched = _at_constant_mix(reading, months) or (counts, exposures)
    known = [one.value if whole else math.nan for one, whole in zip(estimates, complete, strict=True)]
    return Series(
        months=months,
        counts=counts,
        exposures=exposures,
        estimates=estimates,
        is_complete=complete,
        per_hours=has_presence(),
        chart=control.u_prime(counts, exposures, per),
        stl=control.decompose(known),
        changes=change_points(*searched, seasons if is_seasonal else None, alpha=CHANGE_LEVEL),
        is_seasonal=is_seasonal,
    )


def _at_constant_mix(reading: Reading, months: Sequence[date]) -> tuple[Floats, Floats] | None:
    """Events in patrol hours, and those expected from the rate of each neighbourhood, weekday and hour over the whole
    time; None where no hour is known, or no presence.
    """
    is_request = None if reading.kind == "toutes" else reading.kind == "demandes"
    found = query("trend_mix", **reading.filters.params() | {"is_request": is_request})
    if not total(found, "events"):
        return None
    events, expected = (totals(found, "step", name) for name in ("events", "expected"))
    at = [pd.Timestamp(month) for month in months]
    return np.array([events.get(when, 0.0) for when in at]), np.array([expected.get(when, 0.0) for when in at])


def _spells(seasons: list[str]) -> int:
    """How many stretches of one season follow each other; 0 when one season only is known."""
    switches = sum(one != other for one, other in pairwise(seasons))
    return switches + 1 if switches else 0


def weekday_rates(reading: Reading) -> tuple[WeekdayRate, ...]:
    """Interventions per day of each weekday, which dates alone give."""
    counts = totals(reading.cells(), "weekday", "interventions")
    days = totals(query("trend_days", **reading.filters.params()), "weekday", "days")
    found = [(day, int(counts.get(day, 0)), int(days[day])) for day in sorted(days)]
    return tuple(WeekdayRate(day, count, known, rate(count, known)) for day, count, known in found)


def effects(reading: Reading) -> Regression | None:
    """Effects of neighbourhood, hour, weekday, season and school holidays over the period; None: too little to say."""
    return _effects(warehouse.identity(), reading)


@lru_cache(maxsize=64)
def _effects(_identity: Identity, reading: Reading) -> Regression | None:
    presence, counted, names = query("trend_presence", **reading.filters.params()), reading.cells(), zone_names()
    source = source_of(presence)
    if source is not None:
        counted = equal(counted, source=source)
        exposure = _hours_by_cell(equal(presence, source=source), by_zone=source == "presence")
    elif has_presence():
        return None
    else:
        exposure = _days_by_cell(reading)
    timed = where(counted, ~is_value(counted, "hour", None))
    keys = [key for key in FACTORS if key in exposure and not (key == "hour" and timed.empty)]
    counted = timed if "hour" in keys else counted
    cells = {key: [*counted[key].tolist(), *exposure[key].tolist()] for key in keys}
    if "neighbourhood_id" in keys:
        cells["neighbourhood_id"] = [names.get(zone, zone) for zone in cells["neighbourhood_id"]]
    cells["count"] = [*counted["interventions"].tolist(), *[0] * len(exposure)]
    cells["exposure"] = [*[0.0] * len(counted), *exposure["exposure"].tolist()]
    factors = [Factor(key, FACTORS[key]) for key in keys]
    return regression(pd.DataFrame(cells), factors, interaction=("hour", "season") if "hour" in keys else None)


def _hours_by_cell(presence: pd.DataFrame, *, by_zone: bool) -> pd.DataFrame:
    """Patrol hours of every cell; without neighbourhood where the timetable says nothing of it, or there are many."""
    is_apart = by_zone and len(set(presence["neighbourhood_id"].dropna().tolist())) <= MOST_ZONES
    kept = where(presence, is_value(presence, "neighbourhood_id", None) != is_apart).rename(
        columns={"hours": "exposure"}
    )
    return kept if is_apart else kept.drop(columns="neighbourhood_id")


def _days_by_cell(reading: Reading) -> pd.DataFrame:
    """Days of every cell and neighbourhood, for want of presence: hours of the day are then not told apart."""
    days = query("trend_days", **reading.filters.params()).rename(columns={"days": "exposure"})
    zones = [
        zone for zone in zone_names() if not reading.filters.neighbourhoods or zone in reading.filters.neighbourhoods
    ]
    if len(zones) > MOST_ZONES or not zones:
        return days
    return days.merge(pd.DataFrame({"neighbourhood_id": zones}), how="cross")
