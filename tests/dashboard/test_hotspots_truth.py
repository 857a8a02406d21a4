"""The planted truth of the fictional exports, found again by the scan and by the ages of its places."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import duckdb
import numpy as np
import pytest
from numpy.typing import NDArray

from dashboard.indicators.ages import SLICE_DAYS, age, slice_counts
from dashboard.indicators.hotspots import Scan, scan
from tests.demo import DEMO_TODAY

SLICES = 8
FIRST = DEMO_TODAY - timedelta(days=SLICES * SLICE_DAYS - 1)
LAST = SLICES * SLICE_DAYS - 1
APPEARS, FADES, LASTS = "LIEU-003", "LIEU-051", "LIEU-018"


@dataclass(frozen=True)
class Records:
    """Eight quarters of the fictional records: places, their neighbourhoods, and the cases' places and days."""

    names: list[str]
    xy: NDArray[np.float64]
    area: NDArray[np.int64]
    zone: NDArray[np.int64]
    day: NDArray[np.int64]
    hours: NDArray[np.float64]  # areas × slices


@pytest.fixture(scope="module")
def records(demo_warehouse: Path) -> Records:
    with duckdb.connect(str(demo_warehouse), read_only=True) as connection:
        connection.execute("set variable first = $1", [FIRST])
        places = connection.sql("select place_id, x_m, y_m, neighbourhood_id from places order by 1").fetchall()
        cases = connection.sql(
            "select place_id, service_date - getvariable('first') from interventions"
            " where service_date >= getvariable('first') and place_id is not null"
        ).fetchall()
        presence = connection.sql(
            "select neighbourhood_id, service_date - getvariable('first') as day, sum(hours) from presence"
            " where service_date >= getvariable('first') group by all"
        ).fetchall()
    names, areas = [row[0] for row in places], sorted({row[3] for row in places})
    hours = np.zeros((len(areas), SLICES))
    for area, day, patrolled in presence:
        if area in areas and day <= LAST:
            hours[areas.index(area), day // SLICE_DAYS] += patrolled
    return Records(
        names,
        np.array([row[1:3] for row in places]),
        np.array([areas.index(row[3]) for row in places]),
        np.array([names.index(place) for place, _ in cases]),
        np.array([day for _, day in cases]),
        hours,
    )


@pytest.fixture(scope="module")
def weekly(records: Records) -> Scan:
    return scan(records.zone, records.day // 7, records.xy, max_duration=8, strata=records.area[records.zone], seed=1)


def test_the_hotspot_that_appears_is_the_strongest_cluster(weekly: Scan, records: Records):
    best = weekly.clusters[0]
    assert records.names.index(APPEARS) in best.zones
    assert len(best.zones) <= 3
    assert best.start >= (LAST - 184) // 7  # within the last six months
    assert best.p_value <= 0.05


def test_nothing_is_flagged_where_nothing_was_planted(weekly: Scan, records: Records):
    planted = {records.names.index(name) for name in (APPEARS, FADES)}
    assert all(planted & set(cluster.zones) for cluster in weekly.clusters if cluster.p_value <= 0.05)


@pytest.mark.parametrize(("name", "label"), [(APPEARS, "nouveau"), (FADES, "en recul")])
def test_a_place_that_changes_is_told_by_its_own_past(records: Records, name: str, label: str):
    place = records.names.index(name)
    cases = slice_counts(records.day[records.zone == place], LAST, SLICES)
    found = age(cases, records.hours[records.area[place]])
    assert found.label == label, found


def test_a_place_that_is_always_busy_lasts(records: Records):
    place = records.names.index(LASTS)
    near = records.area == records.area[place]
    hours = records.hours[records.area[place]]
    cases = slice_counts(records.day[records.zone == place], LAST, SLICES)
    everybody = np.isin(records.zone, np.flatnonzero(near)).sum()
    found = age(cases, hours, everybody / near.sum() * hours / hours.sum())
    assert found.label == "persistant", found
