"""Hotspots from the warehouse to the page: the planted truth found again, the clock, what is missing."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from dashboard import hotspot_cells, hotspot_now, hotspot_scan, hotspot_story, hotspots
from dashboard import hotspot_texts as texts
from dashboard.filters import Filters, bounds, choose
from dashboard.hotspot_ages import FADING, LASTING, NEW, history
from dashboard.hotspot_clock import moment
from dashboard.hotspot_layers import layers, target_at
from dashboard.hotspot_places import ranking
from dashboard.hotspot_zones import Hours, zones
from pipelines.settings import ROOT, load_territory
from tests.dashboard.warehouses import BUILD, HOSTILE, write

ORVAULT = load_territory(ROOT / "config" / "orvault")
APPEARS, FADES, LAST = "LIEU-003", "LIEU-051", ("LIEU-001", "LIEU-018", "LIEU-042")
FRIDAY_AT_NIGHT = datetime(2026, 6, 26, 22, 10)


@pytest.fixture
def demo(demo_warehouse: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Filters]:
    """A choice of the demonstration: `demo("tout")`."""
    monkeypatch.setenv("OPTIMEDIA_WAREHOUSE", str(demo_warehouse))

    def chosen(period: str) -> Filters:
        known = bounds()
        assert known is not None
        return choose(period, known)

    return chosen


def target_of(chosen: Filters, zone: str) -> hotspot_story.Target:
    return next(one for one in hotspot_story.place_targets(ranking(chosen)) if one.zones == (zone,))


def more_hours(chosen: Filters, zone: str) -> set[int]:
    return {hour.hour for hour in hotspot_story.hours(chosen, target_of(chosen, zone)) if hour.is_more}


def test_the_hotspot_that_appears_is_found_new_at_its_hours(demo: Callable[[str], Filters]):
    chosen = demo("12mois")
    first = ranking(chosen).established[0]
    assert first.zone == APPEARS, "the surest of the year"
    found = history(chosen, (APPEARS,))
    assert found is not None
    assert (found.label, found.since) == (NEW, date(2025, 12, 31)), "planted six months before 30/06/2026"
    assert {21, 22, 23} <= more_hours(chosen, APPEARS) <= {21, 22, 23, 0}
    assert hotspot_story.motif_counts(chosen, target_of(chosen, APPEARS))[0][0] == "occupation_hall"


def test_the_hotspot_that_fades_is_found_fading_at_its_hours(demo: Callable[[str], Filters]):
    chosen = demo("tout")
    found = history(chosen, (FADES,))
    assert found is not None
    assert found.label == FADING
    assert found.age.hot[:8] == (True,) * 8
    assert {16, 17, 18} <= more_hours(chosen, FADES) <= {16, 17, 18, 19, 20}
    assert FADES in {spot.zone for spot in ranking(chosen).established}


def test_places_that_are_always_busy_are_persistent(demo: Callable[[str], Filters]):
    chosen = demo("tout")
    established = {spot.zone for spot in ranking(chosen).established}
    for zone in LAST:
        found = history(chosen, (zone,))
        assert zone in established
        assert found is not None
        assert found.label == LASTING
        assert found.since is not None
        assert found.since < date(2024, 1, 1), "busy from the first year"


def test_the_scan_finds_the_hotspot_that_appears_and_no_other_place(demo: Callable[[str], Filters]):
    found = hotspot_scan.ask(demo("12mois"), "semaines").wait()
    assert found.clusters, "a cluster is planted"
    assert all(APPEARS in cluster.zones for cluster in found.clusters)
    assert all(cluster.start >= date(2025, 12, 1) for cluster in found.clusters)
    assert all(cluster.observed > cluster.expected for cluster in found.clusters)
    assert found.permutations == found.asked == 999
    assert (found.last - found.first).days + 1 == 104 * 7


def test_a_reader_never_waits_for_a_scan_that_another_started(demo: Callable[[str], Filters]):
    asked, release = hotspot_scan.Job(), threading.Event()
    found = hotspot_scan.ask(demo("12mois"), "semaines").wait()
    with ThreadPoolExecutor(1) as pool:
        asked.future = pool.submit(lambda: (release.wait(60), found)[1])
        assert asked.patient(0.01) is None
        assert asked.patient(3600) is None, "only the first one waits"
        assert asked.running == 0.0
        release.set()
        assert asked.wait() is found
    assert asked.running is None
    assert asked.patient(0.0) is found


def test_counts_follow_patrols_and_rates_do_not(demo: Callable[[str], Filters]):
    found = ranking(demo("12mois"))
    assert found.basis == "taux"
    assert sum(spot.expected for spot in found.spots) == pytest.approx(sum(spot.observed for spot in found.spots))
    by_area = {spot.neighbourhood_id: spot.expected for spot in found.spots}
    assert by_area["plaisance_ferriere"] > 1.1 * by_area["bugalliere"], "more patrols are expected to see more"


def test_the_first_screen_says_where_to_go_at_night(demo: Callable[[str], Filters]):
    chosen = demo("12mois")
    at = hotspot_now.here(FRIDAY_AT_NIGHT)
    band = hotspot_now.bands(at)[hotspot_now.NOW]
    answer = hotspot_now.answer(chosen, at, band)
    assert (at.hour, at.weekday, at.season, at.is_open, band.hours) == (22, 5, "ete", True, (22, 23))
    assert answer.spots[0][0].zone == APPEARS
    assert 3 <= len(answer.spots) <= 5
    assert answer.compared == 3 * 61, "every place under every condition"
    shown = re.sub(r"<[^>]+>", " ", hotspots.first_screen(chosen, at, band, answer))
    for words in (
        "Vendredi 26/06/2026",
        "Occupation de hall",
        "par heure de patrouille",
        "nouveau",
        "depuis décembre 2025",
    ):
        assert words in shown.replace("\u00a0", " ")


def test_a_hot_hour_alone_does_not_make_a_hotspot(demo: Callable[[str], Filters]):
    chosen = demo("mois")
    at = hotspot_now.here(datetime(2026, 6, 24, 14, 30))
    band = hotspot_now.bands(at)[hotspot_now.NOW]
    answer = hotspot_now.answer(chosen, at, band)
    assert answer.spots == ()
    assert "Aucun point chaud établi" in hotspots.first_screen(chosen, at, band, answer)


def test_last_quarters_map_is_put_to_the_test(demo: Callable[[str], Filters]):
    tested = hotspot_cells.tested(demo("12mois"))
    assert len(tested) == 11, "twelve quarters of thirteen weeks in three years"
    assert tested[-1].end == date(2026, 6, 30)
    assert all(one.quarter.score and one.quarter.score.pai.low > 1 for one in tested)
    assert all(one.quarter.score and one.quarter.score.pei.value <= 1 for one in tested)
    assert {one.quarter.uniform.outcome for one in tested} == {"mieux"}
    assert "fois plus qu’au hasard" in texts.tested_sentence(tested)


def test_every_hotspot_has_its_story_and_answers_a_click(demo: Callable[[str], Filters]):
    chosen = demo("12mois")
    found = hotspots.report(chosen, hotspot_scan.ask(chosen, "semaines").wait())
    assert found.cluster_targets
    assert found.sector_targets
    assert len({target.name for target in found.targets}) == len({target.key for target in found.targets})
    for target in (found.place_targets[0], found.cluster_targets[0], found.sector_targets[0]):
        assert [picture.title for picture in hotspots.story(chosen, target)] == ["Mois par mois", "Heures", "Motifs"]
        assert target_at(target.longitude, target.latitude, [target]) == target.key
    assert target_at(0.0, 47.0, found.targets) is None
    drawn = layers(chosen, "tout", found.scanned, found.place_targets[0])
    names = [feature["properties"].get("name") for feature in drawn[1].data["features"]]
    assert names.count(found.place_targets[0].key) == 2, "drawn, then drawn again in bold"


def test_a_choice_of_neighbourhood_keeps_to_it(demo: Callable[[str], Filters]):
    chosen = replace(demo("12mois"), neighbourhoods=("choliere",))
    found = hotspots.report(chosen, None)
    assert {spot.neighbourhood_id for spot in found.places.spots} == {"choliere"}
    assert found.places.basis == "comptes", "one neighbourhood: the same presence everywhere"
    assert found.cells is not None
    assert {cell.neighbourhood_id for cell in found.cells.cells} <= {"choliere"}


@pytest.mark.parametrize(
    ("now", "service_date", "hour", "is_open", "starts"),
    [
        (datetime(2026, 11, 24, 20, 0), date(2026, 11, 24), 20, True, None),
        (datetime(2026, 7, 5, 0, 20), date(2026, 7, 4), 0, True, None),  # a summer Saturday ends on Sunday
        (datetime(2026, 7, 5, 0, 30), date(2026, 7, 7), 14, False, datetime(2026, 7, 7, 14, 15)),
        (datetime(2026, 11, 24, 9, 0), date(2026, 11, 24), 14, False, datetime(2026, 11, 24, 14, 15)),
        (datetime(2026, 11, 28, 23, 40), date(2026, 12, 1), 14, False, datetime(2026, 12, 1, 14, 15)),
    ],
)
def test_where_a_moment_falls_in_the_service(
    now: datetime, service_date: date, hour: int, is_open: bool, starts: datetime | None
):
    found = moment(now, ORVAULT)
    assert (found.service_date, found.hour, found.is_open, found.starts) == (service_date, hour, is_open, starts)


def test_without_a_timetable_the_hour_is_that_of_the_clock():
    found = moment(datetime(2026, 11, 24, 20, 0), replace(ORVAULT, timetables=()))
    assert (found.hour, found.is_open, found.starts) == (20, None, None)


def located(number: int, day: date, x: float, **given: Any) -> dict[str, Any]:
    row = {"intervention_id": str(number), "service_date": day, "neighbourhood_id": "nord", "motif": "tag"}
    return row | {"location_method": "point", "x_m": x, "y_m": 6_690_050.0, "longitude": -1.6, "latitude": 47.2} | given


@pytest.fixture
def squares(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Filters:
    """Two years of points without place, hour or presence: 40 in one square, one in each of 40 others, far apart."""
    days = [date(2024, 1, 1), date(2025, 12, 31)]
    rows = [located(number, days[number % 2], 350_050.0) for number in range(40)]
    rows += [located(100 + number, days[number % 2], 351_050.0 + 100 * number) for number in range(40)]
    known = [{"service_date": day, "weekday": day.isoweekday(), "season": "hiver", "interventions": 40} for day in days]
    build = BUILD | {"presence_source": "aucune", "hour_known": False}
    file = write(tmp_path / "squares.duckdb", build=[build], interventions=rows, service_days=known)
    monkeypatch.setenv("OPTIMEDIA_WAREHOUSE", str(file))
    return Filters("tout", days[0], days[1], None, None)


def test_points_without_places_are_counted_in_squares(squares: Filters):
    assert (zones().kind, zones().cell_m, len(zones().table)) == ("carrés", 100.0, 41)
    found = ranking(squares)
    assert found.basis == "comptes"
    assert [spot.observed for spot in found.established] == [40]
    assert found.established[0].name == "Carré de 100\u00a0m nº\u00a01"
    assert found.established[0].expected == pytest.approx(80 / 41)


def test_without_hours_there_is_no_now_and_no_hours(squares: Filters):
    assert hotspot_now.bands(hotspot_now.here(FRIDAY_AT_NIGHT)) == {}
    target = hotspot_story.place_targets(ranking(squares))[0]
    assert hotspot_story.hours(squares, target) == ()
    assert texts.hour_words(()) == "non renseignées"
    assert "faute de présence connue" in texts.places_note(squares, ranking(squares), (80, 80))
    assert [picture.title for picture in hotspots.story(squares, target)] == ["Mois par mois", "Motifs"]


def test_hostile_words_are_written_as_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    days = [date(2024, 1, 1), date(2025, 12, 31)]
    place = {"neighbourhood_id": "nord", "longitude": -1.6, "latitude": 47.2, "y_m": 6_690_050.0}
    places = [place | {"place_id": f"p{n}", "name": HOSTILE, "x_m": 350_050.0 + 500 * n} for n in range(20)]
    given = {"motif": HOSTILE, "hour": 20, "weekday": 3, "season": "hiver"}
    rows = [located(n, days[n % 2], 350_050.0, place_id="p0", **given) for n in range(40)]
    rows += [located(100 + n, days[n % 2], 350_050.0 + 500 * n, place_id=f"p{n}", **given) for n in range(1, 20)]
    area = [{"neighbourhood_id": "nord", "name": HOSTILE}]
    build = BUILD | {"presence_source": "aucune"}
    file = write(
        tmp_path / "w.duckdb",
        build=[build],
        interventions=rows,
        places=places,
        neighbourhoods=area,
        service_days=[{"service_date": day, "interventions": 30} for day in days],
    )
    monkeypatch.setenv("OPTIMEDIA_WAREHOUSE", str(file))
    chosen = Filters("tout", days[0], days[1], None, None)
    at = hotspot_now.here(datetime(2025, 12, 31, 20, 0))
    band = hotspot_now.bands(at)[hotspot_now.NOW]
    answer = hotspot_now.answer(chosen, at, band)
    assert [spot.zone for spot, _ in answer.spots] == ["p0"]
    target = hotspot_story.place_targets(ranking(chosen))[0]
    for html in (hotspots.first_screen(chosen, at, band, answer), hotspots.story_head(chosen, target)):
        assert "<img" not in html
        assert "&lt;img" in html


def test_nothing_at_all_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("OPTIMEDIA_WAREHOUSE", str(write(tmp_path / "empty.duckdb", build=[BUILD])))
    chosen = Filters("tout", date(2025, 1, 1), date(2025, 12, 31), None, None)
    scanned = hotspot_scan.ask(chosen, "semaines").wait()
    assert scanned.clusters == ()
    assert [table.rows for table in hotspots.tables(hotspots.report(chosen, scanned), "semaines")] == [[], [], []]
    assert "pas encore" in texts.tested_sentence(hotspots.tested(chosen))


def test_hours_are_chosen_in_the_order_of_the_service():
    when = Hours((22, 23), (5, 6), "hiver")
    assert texts.span((22, 23)) == "de 22\u00a0h à 0\u00a0h"
    hours = [hotspot_story.Hour(hour, 5, 1.0, hour in (21, 23, 0)) for hour in (14, 21, 22, 23, 0)]
    assert texts.hour_words(hours) == "21\u00a0h – 22\u00a0h, 23\u00a0h – 1\u00a0h"
    assert when.weekdays == hotspot_now.weekdays_like(6)
