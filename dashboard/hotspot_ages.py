"""How old hotspots are, by quarters of thirteen weeks counted back from the end of the period. No Streamlit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

import numpy as np
import pandas as pd
from scipy import stats

from dashboard import warehouse
from dashboard.filters import Filters, bounds
from dashboard.hotspot_places import ALPHA
from dashboard.hotspot_zones import basis, matrix, zones
from dashboard.indicators.ages import RECENT, SLICE_DAYS, Age, age
from dashboard.indicators.discoveries import benjamini_hochberg
from dashboard.indicators.excess import Floats, Standing, standing
from dashboard.warehouse import Identity, query

NEW, LASTING, FADING, UNSETTLED = "nouveau", "persistant", "en recul", "intermittent"
UNKNOWN = "ancienneté non établie"
# A place that was busy already is called new when its last quarters are at least twice what they were.
DOUBLE = 2.0
A_YEAR = 4  # slices


@dataclass(frozen=True)
class History:
    """The age of a hotspot in a word, the day since when (None: not established), and its quarters."""

    label: str
    since: date | None
    age: Age


@dataclass(frozen=True, eq=False)
class Slices:
    """Cases and exposure by zone and quarter, oldest first, over all the data up to the period's end."""

    first: date
    rows: dict[str, int]
    cases: np.ndarray
    exposure: np.ndarray
    expected: np.ndarray


def slices(chosen: Filters) -> Slices | None:
    """Quarter by quarter; None when the data do not fill one quarter."""
    return _slices(warehouse.identity(), chosen)


@lru_cache(maxsize=32)
def _slices(_identity: Identity, chosen: Filters) -> Slices | None:
    known = bounds()
    number = 0 if known is None else ((chosen.end - known.first).days + 1) // SLICE_DAYS
    if not number:
        return None
    first = chosen.end - timedelta(days=number * SLICE_DAYS - 1)
    table = zones().within(chosen.neighbourhoods)
    params = chosen.params() | {"start": first, "step_days": SLICE_DAYS, "slice_days": SLICE_DAYS}
    cases, hours = query("hotspot_steps", **params, cell_m=zones().cell_m), query("hotspot_slice_hours", **params)
    is_rate = basis(query("hotspot_hours", **params), table["neighbourhood_id"]) == "taux"
    backwards = range(number - 1, -1, -1)
    index = pd.Index(table["zone"], name="zone")
    seen = matrix(cases, "recorded" if is_rate else "interventions", index, "step", backwards)
    exposure = np.ones(seen.shape)
    if is_rate:
        areas = pd.Index(table["neighbourhood_id"], name="neighbourhood_id")
        by_area = matrix(hours, "hours", areas.unique(), "slice", backwards)
        exposure = by_area[areas.unique().get_indexer(areas)]
    total = exposure.sum(axis=0)
    rates = np.divide(seen.sum(axis=0), total, out=np.zeros_like(total), where=total > 0)
    return Slices(first, {zone: row for row, zone in enumerate(index)}, seen, exposure, exposure * rates)


def history(chosen: Filters, members: tuple[str, ...]) -> History | None:
    """The age of some zones taken together; None when the data do not fill one quarter."""
    return _history(warehouse.identity(), chosen, members)


@lru_cache(maxsize=2048)
def _history(_identity: Identity, chosen: Filters, members: tuple[str, ...]) -> History | None:
    known = slices(chosen)
    at = [] if known is None else [known.rows[zone] for zone in members if zone in known.rows]
    if known is None or not at:
        return None
    cases, expected = known.cases[at].sum(axis=0), known.expected[at].sum(axis=0)
    found = age(cases, known.exposure[at].mean(axis=0), expected)
    label, since = UNKNOWN, found.since
    if cases.size > RECENT:
        moved = standing(cases[None, :], expected[None, :], RECENT)
        flags = _flags(chosen)
        is_moved, was_hot = (flag[at[0]] for flag in flags) if len(at) == 1 else _alone(moved)
        label = _label(found, float(moved.recent[0]), float(moved.before[0]), is_moved=is_moved, was_hot=was_hot)
    if label in (LASTING, FADING):
        since = _first_year(cases, expected, found.since)
    elif label == NEW:
        since = next((at for at in range(cases.size - RECENT, cases.size) if found.hot[at]), cases.size - RECENT)
    first = None if since is None else known.first + timedelta(days=since * SLICE_DAYS)
    return History(label, first, found)


def _first_year(cases: Floats, expected: Floats, otherwise: int | None) -> int | None:
    """First slice of the first year whose cases, pooled, were more than expected: a quarter alone has too few."""
    ends = range(min(A_YEAR, cases.size), cases.size + 1)
    starts = [end - min(A_YEAR, cases.size) for end in ends]
    pooled = [(cases[start:end].sum(), expected[start:end].sum()) for start, end in zip(starts, ends, strict=True)]
    p = [float(stats.poisson.sf(seen - 1, wanted)) if wanted else 1.0 for seen, wanted in pooled]
    return next((start for start, value in zip(starts, p, strict=True) if value <= ALPHA), otherwise)


def _alone(moved: Standing) -> tuple[bool, bool]:
    return bool(moved.p[0] <= ALPHA), bool(moved.p_before[0] <= ALPHA)


def _label(found: Age, recent: float, before: float, *, is_moved: bool, was_hot: bool) -> str:
    """New when the last quarters rose from nothing established, or at least doubled; fading when they fell."""
    if is_moved and recent > before:
        return LASTING if was_hot and recent < DOUBLE * before else NEW
    if (is_moved and was_hot) or (found.trend.s < 0 and found.trend.p_value <= ALPHA):
        return FADING
    if was_hot:
        return LASTING
    return UNSETTLED if any(found.hot) else UNKNOWN


def _flags(chosen: Filters) -> tuple[tuple[bool, ...], tuple[bool, ...]]:
    """For each zone: whether its last quarters differ from the ones before, whether it stood out before."""
    return _flagged(warehouse.identity(), chosen)


@lru_cache(maxsize=32)
def _flagged(_identity: Identity, chosen: Filters) -> tuple[tuple[bool, ...], tuple[bool, ...]]:
    known = slices(chosen)
    assert known is not None
    moved = standing(known.cases, known.expected, RECENT)
    changed, stood_out = (benjamini_hochberg(p, ALPHA).tolist() for p in (moved.p, moved.p_before))
    return tuple(changed), tuple(stood_out)
