"""The summary's queries: figures counted on the fingers, then the demonstration recomputed another way."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from dashboard import filters, synthesis
from dashboard.filters import Filters
from dashboard.indicators.activity import Comparison
from dashboard.warehouse import query
from tests.dashboard.warehouses import two_years

YEAR = Filters("annee", date(2025, 1, 1), date(2025, 12, 31), date(2024, 1, 1), date(2024, 12, 31))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Two years of each source of presence."""
    folder = tmp_path_factory.mktemp("synthesis")
    return {source: two_years(folder / source, presence=source) for source in ("presence", "horaires", "aucune")}


@pytest.fixture
def source(made: dict[str, Path], monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> str:
    """Point the settings at the two years of a source of presence."""
    monkeypatch.setenv("OPTIMEDIA_WAREHOUSE", str(made[request.param]))
    return request.param


@pytest.mark.parametrize("source", ["presence"], indirect=True)
def test_the_year_on_the_fingers(source: str):
    figures, totals = synthesis.summary(YEAR)
    assert (totals.requests, totals.interventions, totals.requests_observed) == (261, 261 + 157, 249)
    assert totals.patrol_hours == 2490
    assert figures.request_rate.estimate.value == pytest.approx(10.0)
    assert (totals.documented_days, totals.undocumented_days) == (249, 12)
    assert figures.hours.estimate.value == pytest.approx(1.0)
    assert figures.hours.estimate.low == pytest.approx(2490 / 2610)
    assert figures.request_share.estimate.value == pytest.approx(261 / 418)
    assert (figures.appeased_share.count, figures.appeased_share.base) == (261, 261)
    for figure in vars(figures).values():
        assert isinstance(figure.comparison, Comparison)
        assert figure.comparison.verdict == "pas de différence établie"


@pytest.mark.parametrize("source", ["presence"], indirect=True)
def test_filters_keep_the_hours_of_the_patrol(source: str):
    north = synthesis.totals(replace(YEAR, neighbourhoods=("nord",)))
    assert (north.requests_observed, north.patrol_hours) == (249, 1245)
    south = synthesis.totals(replace(YEAR, neighbourhoods=("sud",)))
    assert (south.requests, south.interventions, south.patrol_hours) == (0, 157, 1245)
    both = synthesis.totals(replace(YEAR, neighbourhoods=("nord", "sud")))
    assert both == synthesis.totals(YEAR)
    fire = synthesis.totals(replace(YEAR, motifs=("feu",)))
    assert (fire.requests, fire.interventions, fire.patrol_hours) == (0, 157, 2490)
    nothing = synthesis.totals(replace(YEAR, registers=("concertation",)))
    assert (nothing.any_origin, nothing.patrol_hours) == (0, 2490)


@pytest.mark.parametrize("source", ["presence"], indirect=True)
def test_requests_are_counted_whatever_the_origin_chosen(source: str):
    team = synthesis.totals(replace(YEAR, origin="initiatives"))
    assert (team.interventions, team.requests, team.origin_known, team.outcome_known) == (157, 261, 418, 0)
    asked = synthesis.totals(replace(YEAR, origin="demandes"))
    assert (asked.interventions, asked.requests, asked.origin_known) == (261, 261, 418)


@pytest.mark.parametrize("source", ["horaires"], indirect=True)
def test_hours_of_the_timetable_count_once_whatever_the_neighbourhoods(source: str):
    for chosen in ((), ("nord",), ("nord", "sud")):
        totals = synthesis.totals(replace(YEAR, neighbourhoods=chosen))
        assert totals.patrol_hours == totals.timetable_hours == 2610
    figures, _ = synthesis.summary(YEAR)
    assert figures.request_rate.estimate.value == pytest.approx(10.0)
    assert figures.hours.comparison == "non observé"
    assert {month.hours for month in synthesis.months(YEAR, "demandes")} <= {10.0 * days for days in range(19, 25)}


@pytest.mark.parametrize("source", ["aucune"], indirect=True)
def test_without_presence_there_are_counts_and_no_rate(source: str):
    figures, totals = synthesis.summary(YEAR)
    assert totals.interventions == 418
    assert totals.is_timetable_unknown
    assert figures.request_rate.comparison == figures.hours.comparison == "non observé"
    assert list(synthesis.measures()) == ["interventions"]
    assert {month.state for month in synthesis.months(YEAR, "demandes")} == {"non observé"}
    assert {month.state for month in synthesis.months(YEAR, "interventions")} == {"complet"}


@pytest.mark.parametrize("source", ["presence"], indirect=True)
def test_the_curve_shows_two_years_around_a_short_period(source: str):
    november = Filters("mois", date(2025, 11, 1), date(2025, 12, 31), None, None)
    months = synthesis.months(november, "interventions")
    assert (months[0].month, months[-1].month, len(months)) == (date(2024, 1, 1), date(2025, 12, 1), 24)
    assert sum(month.count for month in months if month.month.year == 2025) == 418


@pytest.mark.parametrize("source", ["presence"], indirect=True)
def test_events_of_elsewhere_are_not_shown(source: str):
    (event,) = synthesis.events(YEAR, date(2024, 1, 1))
    assert (event.mark.number, event.mark.start, event.mark.end, event.label) == (1, date(2025, 3, 4), None, "Travaux")
    assert not synthesis.events(YEAR, date(2025, 3, 5))


@pytest.mark.parametrize("period", list(filters.PERIODS))
@pytest.mark.parametrize("choice", [{}, {"neighbourhoods": 2}, {"motifs": 3, "origin": "demandes"}, {"registers": 1}])
def test_the_demonstration_recomputed_row_by_row(
    demo_warehouse: Path, monkeypatch: pytest.MonkeyPatch, period: str, choice: dict[str, Any]
):
    monkeypatch.setenv("OPTIMEDIA_WAREHOUSE", str(demo_warehouse))
    rows, presence, days = (table(demo_warehouse, name) for name in ("interventions", "presence", "service_days"))
    chosen = _choose(period, choice, rows)
    totals = synthesis.totals(chosen)

    kept = [row for row in rows if _is_kept(row, chosen)]
    asked = [row for row in kept if chosen.origin == "toutes" or row["is_request"] is (chosen.origin == "demandes")]
    observed = {day["service_date"] for day in days if day["presence_source"]}
    requests = [row for row in kept if row["is_request"]]
    within = [day for day in days if chosen.start <= day["service_date"] <= chosen.end]
    assert (totals.any_origin, totals.interventions, totals.requests) == (len(kept), len(asked), len(requests))
    assert totals.requests_observed == sum(row["service_date"] in observed for row in requests)
    assert totals.appeased == sum(row["outcome"] in ("apaise", "accord", "evite") for row in asked)
    assert totals.outcome_known == sum(row["outcome"] not in (None, "non_observe") for row in asked)
    assert totals.patrol_hours == pytest.approx(_hours(presence, chosen))
    assert totals.done_hours == pytest.approx(sum(day["done_hours"] or 0 for day in within))
    if not chosen.neighbourhoods:
        assert totals.patrol_hours == pytest.approx(sum(day["patrol_hours"] for day in within))
    counts = query("motif_counts", **chosen.params()).to_dict("records")
    assert sum(row["interventions"] for row in counts) == len(asked)
    if chosen.start.day == 1 or period == "tout":
        months = [month for month in synthesis.months(chosen, "interventions") if month.month >= first_of(chosen.start)]
        assert sum(month.count for month in months) == len(asked)


def table(warehouse: Path, name: str) -> list[dict[str, Any]]:
    """Rows of a table of the warehouse, as Python values."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        cursor = connection.execute(f"from {name}")
        names = [column[0] for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def first_of(day: date) -> date:
    """First day of its month."""
    return day.replace(day=1)


COLUMNS = {"neighbourhoods": "neighbourhood_id", "motifs": "motif", "registers": "register"}


def _choose(period: str, choice: dict[str, Any], rows: list[dict[str, Any]]) -> Filters:
    known = filters.bounds()
    assert known is not None
    values = {
        name: value
        if name == "origin"
        else tuple(sorted({row[COLUMNS[name]] for row in rows if row[COLUMNS[name]]})[:value])
        for name, value in choice.items()
    }
    return replace(filters.choose(period, known), **values)


def _is_kept(row: dict[str, Any], chosen: Filters) -> bool:
    wanted = ((chosen.neighbourhoods, "neighbourhood_id"), (chosen.registers, "register"), (chosen.motifs, "motif"))
    is_within = chosen.start <= row["service_date"] <= chosen.end
    return is_within and all(not values or row[column] in values for values, column in wanted)


def _hours(presence: list[dict[str, Any]], chosen: Filters) -> float:
    """Hours of the export added up; those of the timetable once per hour, whatever the neighbourhoods."""
    total, once = 0.0, {}
    for row in presence:
        if not chosen.start <= row["service_date"] <= chosen.end:
            continue
        if chosen.neighbourhoods and row["neighbourhood_id"] not in chosen.neighbourhoods:
            continue
        if row["source"] == "horaires":
            at = (row["service_date"], row["hour"])
            once[at] = max(once.get(at, 0.0), row["hours"])
        else:
            total += row["hours"]
    return total + sum(once.values())
