"""Rows older than the retention: what goes, what stays, and counts that stay exact."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest
import shapely

from pipelines.settings import ROOT, Settings, load_territory
from tests.pipelines.demo_exports import OUTLINES, polygon
from tests.pipelines.exports import INTERVENTIONS, TERRITORY, World, csv_of

BOUNDARY = date(2024, 6, 30)
LIVES = ("2024-06-29", "2024-06-30")
ROW = {
    "heure_debut": "21:47",
    "heure_fin": "22:05",
    "heure_fait_min": "21:10",
    "heure_fait_max": "21:40",
    "public_type": "jeunes",
    "nb_personnes_tranche": "5-10",
    "motif": "tag",
    "origine": "bailleur",
    "issue": "apaise",
}
PLACED: dict[str, dict[str, object]] = {
    "point": {"longitude": -1.5850, "latitude": 47.2480},
    "place": {"lieu_id": "L1"},
    "both": {"longitude": -1.5850, "latitude": 47.2480, "lieu_id": "L1"},
    "both apart": {"longitude": -1.5850, "latitude": 47.2480, "lieu_id": "L2"},
    "name": {"quartier": "Cholière"},
    "swapped": {"longitude": 47.2480, "latitude": -1.5850},
    "edge": {"longitude": -1.58315, "latitude": 47.24391},
}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """The same rows on the last day that is generalised and on the first that is whole, at Orvault."""
    made = World(tmp_path_factory.mktemp("retention"))
    made.where = Settings(ROOT / "config" / "orvault", made.where.raw, made.where.warehouse)
    rows = [
        {"id_intervention": f"{name} {day}", "date_service": day} | ROW | where
        for day in LIVES
        for name, where in PLACED.items()
    ]
    made.export("interventions.csv", csv_of(rows))
    made.export("lieux.csv", "lieu_id;longitude;latitude\nL1;-1.6100;47.2550\nL2;;\n")
    made.build(date(2026, 6, 30))
    return made


Ask = Callable[..., dict[str, Any]]


@pytest.fixture
def row(world: World) -> Ask:
    """Columns of the row placed in some way, old or young."""

    def asked(name: str, *columns: str, old: bool = True) -> dict[str, Any]:
        sql = f"select {', '.join(columns)} from interventions where intervention_id = '{name} {LIVES[not old]}'"
        (found,) = world.query(sql)
        return dict(zip(columns, found, strict=True))

    return asked


def test_the_first_whole_day_is_24_months_before_today(world: World):
    assert load_territory(ROOT / "config" / "orvault").retention_months == 24
    assert world.query("select generalised_before from build") == [(BOUNDARY,)]
    assert world.query("select distinct service_date, generalised from interventions order by 1") == [
        (date(2024, 6, 29), True),
        (date(2024, 6, 30), False),
    ]


@pytest.mark.parametrize("name", PLACED)
def test_minutes_and_profile_go_and_the_rest_stays(row: Ask, name: str):
    gone = ("started_at", "ended_at", "fact_from", "fact_to", "public_type", "people_band")
    assert row(name, *gone) == dict.fromkeys(gone) | {"started_at": datetime(2024, 6, 29, 21)}
    assert row(name, *gone, old=False) == {
        "started_at": datetime(2024, 6, 30, 21, 47),
        "ended_at": datetime(2024, 6, 30, 22, 5),
        "fact_from": datetime(2024, 6, 30, 21, 10),
        "fact_to": datetime(2024, 6, 30, 21, 40),
        "public_type": "jeunes",
        "people_band": "5-10",
    }
    kept = (
        "hour",
        "motif",
        "origin",
        "is_request",
        "outcome",
        "season",
        "neighbourhood_id",
        "location_method",
        "place_id",
    )
    assert row(name, *kept) == row(name, *kept, old=False)


def test_a_point_without_a_place_becomes_the_centre_of_its_square(row: Ask):
    for name in ("point", "swapped", "edge", "both apart"):
        old = row(name, "x_m", "y_m", "longitude", "latitude")
        young = row(name, "x_m", "y_m", "longitude", "latitude", old=False)
        assert (old["x_m"] % 100, old["y_m"] % 100) == (50, 50)
        assert abs(old["x_m"] - young["x_m"]) <= 50
        assert abs(old["y_m"] - young["y_m"]) <= 50
        assert abs(old["longitude"] - young["longitude"]) < 0.001
        assert old["longitude"] != young["longitude"]


def test_a_place_keeps_its_point_and_hides_the_exact_one(row: Ask):
    assert row("place", "longitude", "latitude") == {"longitude": -1.61, "latitude": 47.255}
    assert row("both", "longitude", "latitude") == {"longitude": -1.61, "latitude": 47.255}
    assert row("both", "longitude", old=False) == {"longitude": -1.585}
    assert row("both", "neighbourhood_id") == {"neighbourhood_id": "plaisance_ferriere"}


def test_a_neighbourhood_is_the_true_point_s_even_when_the_square_s_centre_is_elsewhere(row: Ask):
    centre = row("edge", "longitude", "latitude")
    drawn = polygon(OUTLINES["plaisance_ferriere"])
    assert not drawn.contains(shapely.Point(centre["longitude"], centre["latitude"]))
    assert row("edge", "neighbourhood_id") == {"neighbourhood_id": "plaisance_ferriere"}


def test_whether_it_was_during_service_is_told_by_the_true_minute(tmp_path_factory: pytest.TempPathFactory):
    made = World(tmp_path_factory.mktemp("minutes"))
    made.where = Settings(ROOT / "config" / "orvault", made.where.raw, made.where.warehouse)
    clocks = ["14:14", "14:15", "23:29", "23:30"]
    rows = [
        {"id_intervention": c, "date_service": "2024-01-10", "heure_debut": c, "quartier": "Plaisance"} for c in clocks
    ]
    made.export("interventions.csv", csv_of(rows))
    made.build(date(2026, 6, 30))
    found = dict(made.query("select intervention_id, during_service from interventions where generalised"))
    assert found == {"14:14": False, "14:15": True, "23:29": True, "23:30": False}


def test_no_exact_value_of_an_old_row_is_left_in_the_file(world: World):
    tables = [name for (name,) in world.query("select table_name from duckdb_tables()")]
    content = "\n".join(str(found) for table in tables for found in world.query(f"select * from {table}"))
    assert "2024, 6, 30, 21, 47" in content
    assert "2024, 6, 29, 21, 47" not in content
    assert "2024, 6, 29, 22" not in content
    profiles = world.query(
        "select count(public_type), count(people_band), count(*) from interventions where generalised"
    )
    assert profiles == [(0, 0, len(PLACED))]


def test_counts_are_the_same_before_and_after(world: World):
    assert world.query("select service_date, interventions from service_days order by 1") == [
        (date(2024, 6, 29), len(PLACED)),
        (date(2024, 6, 30), len(PLACED)),
    ]
    by_day = (
        "select neighbourhood_id, sum(interventions), sum(appeased) from activity_daily "
        "where service_date = '{}' group by 1 order by 1"
    )
    assert world.query(by_day.format(LIVES[0])) == world.query(by_day.format(LIVES[1]))


@pytest.mark.parametrize(
    ("months", "today", "first_whole"),
    [
        (24, date(2026, 2, 28), date(2024, 2, 28)),
        (24, date(2028, 2, 29), date(2026, 2, 28)),
        (6, date(2026, 8, 31), date(2026, 2, 28)),
        (1, date(2026, 1, 15), date(2025, 12, 15)),
        (0, date(2026, 1, 15), date(2026, 1, 15)),
    ],
)
def test_months_are_those_of_the_calendar(
    tmp_path_factory: pytest.TempPathFactory, months: int, today: date, first_whole: date
):
    made = World(
        tmp_path_factory.mktemp("months"), f"retention_months = {months}\n" + TERRITORY, interventions=INTERVENTIONS
    )
    days = [first_whole, date.fromordinal(first_whole.toordinal() - 1)]
    made.export("interventions.csv", csv_of([{"date_service": day, "quartier": "P"} for day in days]))
    made.build(today)
    assert made.query("select service_date, generalised from interventions order by 1 desc") == [
        (days[0], False),
        (days[1], True),
    ]
