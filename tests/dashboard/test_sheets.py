"""Sheets of neighbourhoods: figures that can be counted by hand, and what is said when something is missing."""

from __future__ import annotations

import math
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from dashboard import sheet_charts, sheet_facts, sheet_hours, sheet_tables, sheet_texts, sheets
from dashboard.filters import Filters, bounds, choose
from dashboard.indicators.rates import RateRatio, rate
from dashboard.sheets import Sheet
from tests.dashboard.warehouses import BUILD, HOSTILE, two_years, write

FIRST = date(2025, 1, 1)
YEAR = Filters("annee", date(2025, 1, 1), date(2025, 12, 31), None, None)
QUARTER = Filters("tout", FIRST, FIRST + timedelta(days=89), None, None)


def day(number: int) -> date:
    """Day of the small territory, from 0."""
    return FIRST + timedelta(days=number)


def happened(number: int, on: int, zone: str, place: str | None, **given: Any) -> dict[str, Any]:
    """An intervention of the small territory."""
    row = {"intervention_id": str(number), "service_date": day(on), "neighbourhood_id": zone, "place_id": place}
    return row | {"motif": "tag", "register": "veille_technique", "is_request": True, "hour": 20} | given


def small(path: Path, rows: list[dict[str, Any]], zones: int = 2, **tables: Any) -> Path:
    """Ninety days in neighbourhoods `z0`, `z1`…, patrolled one hour a day each at 20:00; one place of ten dwellings a
    zone."""
    names = [f"z{number}" for number in range(zones)]
    shared = ("service_date", "neighbourhood_id", "register", "motif", "is_request")
    days = [{"service_date": day(number), "season": "hiver", "presence_source": "presence"} for number in range(90)]
    patrols = [
        {"service_date": day(number), "neighbourhood_id": zone, "hour": 20, "hours": 1.0, "source": "presence"}
        for number in range(90)
        for zone in names
    ]
    filled = {
        "build": [BUILD],
        "neighbourhoods": [{"neighbourhood_id": zone, "name": zone.upper(), "population": 365} for zone in names],
        "places": [
            {"place_id": f"p{zone[1:]}", "name": zone, "neighbourhood_id": zone, "dwellings": 10} for zone in names
        ],
        "interventions": rows,
        "activity_daily": [
            {name: row[name] for name in shared} | {"interventions": 1, "appeased": 0, "outcome_known": 0}
            for row in rows
        ],
        "presence": patrols,
        "service_days": days,
    }
    return write(path, **filled | tables)


@pytest.fixture
def shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Show a warehouse made by a function of a path."""
    made = iter(range(99))

    def show(make: Any, *given: Any, **named: Any) -> None:
        path = make(tmp_path / f"{next(made)}.duckdb", *given, **named)
        monkeypatch.setenv("OPTIMEDIA_WAREHOUSE", str(path))

    return show


def by_kind(found: Sheet, kind: str) -> Any:
    """The first comparison of a kind."""
    return next(one for one in found.contrasts if one.kind == kind)


def test_rates_are_per_patrol_hour_then_per_inhabitant(shown):
    shown(two_years)
    found = sheets.sheet("nord", YEAR)
    hours = by_kind(found, "heures")
    assert (hours.count, hours.base) == (249, 249 * 5), "five even hours a day of known presence"
    assert hours.here == rate(249, 1245, per=100)
    assert hours.others.value == pytest.approx(100 * (157 - 6) / 1245, abs=0.2)
    people = by_kind(found, "habitants")
    assert people.here.value == pytest.approx(261 / (365 / 365.25), rel=1e-9)
    assert by_kind(found, "part").here.value == 1.0
    assert [one.kind for one in found.rates] == ["heures", "demandes", "habitants", "part"]


def test_hours_of_the_timetable_are_each_neighbourhoods_own(shown):
    shown(two_years, presence="horaires")
    found = sheets.sheet("nord", YEAR)
    assert found.here.hours == found.elsewhere.hours == found.here.timetable_hours
    assert "horaire prévu" in sheet_texts.missing(found).replace("\u00a0", " ")
    assert by_kind(found, "heures").change.ratio == pytest.approx(found.here.observed / found.elsewhere.observed)


def test_without_presence_there_is_no_rate_and_it_is_said(shown):
    shown(two_years, presence="aucune")
    found = sheets.sheet("nord", YEAR)
    assert math.isnan(by_kind(found, "heures").change.p_value)
    assert not math.isnan(by_kind(found, "habitants").change.p_value)
    assert "Aucune heure de présence" in sheet_texts.missing(found)
    assert sheet_texts.rate_rows(found.rates)[0][1] == "non observé"


def test_a_neighbourhood_never_patrolled_is_not_observed(shown):
    rows = [happened(1, 1, "z0", None), happened(2, 2, "z1", None)]
    shown(
        small,
        rows,
        presence=[{"service_date": FIRST, "neighbourhood_id": "z0", "hour": 20, "hours": 9.0, "source": "presence"}],
    )
    found = sheets.sheet("z1", QUARTER)
    assert "non observé" in sheet_texts.missing(found)
    assert math.isnan(by_kind(found, "habitants").here.value), "nobody was there to see"
    assert [cell.here.value for cell in found.hours if not math.isnan(cell.here.value)] == []
    assert sheet_hours.left_out("z1", QUARTER) == (0, 1)


def test_recurrence_is_followed_to_the_end_of_the_data_and_no_further(shown):
    rows = [happened(number, on, "z0", "p0") for number, on in enumerate([0, 0, 3, 40, 85])]
    rows += [
        happened(9, 41, "z0", "p0", motif="feu"),
        happened(10, 42, "z0", None),
        happened(11, 43, "z0", "p0", motif=None),
    ]
    shown(small, rows)
    found = sheets.sheet("z0", QUARTER).again.here
    # tag: day 0 → 3 (again), 3 → 40 and 40 → 85 (not within 30), 85 → end on day 89 (cut); feu: 41 → end (not).
    assert (found.n, found.curve.events, found.places) == (5, 1, 1)
    assert found.incidence.value == pytest.approx(1 / 5)
    assert (found.incidence.low, found.incidence.high) == (0, 1), "one place says nothing of the spread between places"


def test_a_recurrence_may_come_after_the_period(shown):
    shown(small, [happened(1, 10, "z0", "p0"), happened(2, 25, "z0", "p0")])
    short = Filters("mois", day(0), day(12), None, None)
    found = sheets.sheet("z0", short).again.here
    assert (found.n, found.curve.events) == (1, 1)


def test_referrals_without_a_usable_date_are_counted_apart(shown):
    rows = [
        happened(1, 0, "z0", "p0", referred_on=day(0), returned_on=day(5), referral_outcome="fait"),
        happened(2, 0, "z0", "p0", referred_on=day(2), referral_outcome="en_cours"),
        happened(3, 0, "z0", "p0", referred_on=day(2), referral_outcome="fait"),
        happened(4, 5, "z0", "p0", referred_on=day(6), returned_on=day(4), referral_outcome="fait"),
        happened(5, 5, "z0", "p0", referred_on=day(1), returned_on=day(4), referral_outcome="fait"),
    ]
    shown(small, rows)
    found = sheets.sheet("z0", QUARTER).answers
    assert found.unusable == 3
    assert (found.returned.n, found.returned.done) == (2, 1)
    assert found.returned.within[7].value == 0.5
    assert found.referred.within[0].value == 0.5
    assert found.returned.median.median == 5


def test_places_of_nothing_are_compared_too(shown):
    rows = [happened(number, number % 90, "z0", "p0") for number in range(60)]
    rows += [happened(100 + number, number, f"z{number % 5 + 1}", f"p{number % 5 + 1}") for number in range(20)]
    shown(small, rows, zones=7)
    found = sheets.sheet("z0", QUARTER)
    assert [plot.kind for plot in found.plots] == ["residences", "lieux", "quartiers"]
    assert all(plot.funnel.comparisons == 7 for plot in found.plots)
    residences = found.plots[0].funnel
    assert residences.positions[0].estimate == rate(60, 900, per=10_000)
    assert [place.interventions for place in found.places] == [60]
    assert not sheet_tables.few_zones(found)


def test_with_three_neighbourhoods_a_funnel_of_them_is_not_drawn(shown):
    shown(small, [happened(1, 1, "z0", "p0")], zones=3)
    found = sheets.sheet("z0", QUARTER)
    assert not found.plots
    assert "3\u00a0quartiers" in sheet_tables.place_note(found)


def test_hours_are_set_against_the_general_level(shown):
    """Twice as busy everywhere, but four times at 22:00."""
    patrols = [
        {"service_date": day(number), "neighbourhood_id": zone, "hour": hour, "hours": 1.0, "source": "presence"}
        for number in range(50)
        for zone in ("z0", "z1")
        for hour in (20, 21, 22)
    ]
    counts = {("z0", 20): 60, ("z0", 21): 60, ("z0", 22): 240, ("z1", 20): 60, ("z1", 21): 60, ("z1", 22): 60}
    rows = [
        happened(1000 * number + nth, nth % 50, zone, None, hour=hour)
        for number, ((zone, hour), count) in enumerate(counts.items())
        for nth in range(count)
    ]
    shown(small, rows, presence=patrols)
    found = sheets.sheet("z0", QUARTER)
    ratios = [one.change.ratio for one in found.hour_contrasts if isinstance(one.change, RateRatio)]
    assert ratios == pytest.approx([0.5, 0.5, 2.0])
    assert [one.is_particular for one in found.hour_contrasts] == [True, True, True]
    said = sheet_texts.particular(found).replace("\u00a0", " ")
    assert "soit 2,00 fois l’attendu (de " in said
    assert "Heures moins chargées" in said


def test_nothing_particular_is_said_plainly(shown):
    rows = [happened(10 * number + zone, number, f"z{zone}", f"p{zone}") for number in range(20) for zone in range(2)]
    shown(small, rows)
    found = sheets.sheet("z0", QUARTER)
    assert not [one for one in found.contrasts if one.is_particular]
    assert "Rien de particulier établi" in sheet_texts.particular(found)
    assert f"{found.comparisons}\u00a0comparaisons" in sheet_texts.particular(found)


def test_alone_there_is_nothing_to_compare_with(shown):
    shown(small, [happened(1, 1, "z0", "p0")], zones=1)
    found = sheets.sheet("z0", QUARTER)
    assert found.comparisons == 0
    assert "Aucune comparaison possible" in sheet_texts.particular(found)
    assert "pas d’autre quartier" in sheet_texts.missing(found)


def test_dwellings_are_those_of_known_residences(shown):
    shown(small, [], zones=1)
    known = sheet_facts.neighbourhoods()[0]
    assert (known.places, known.residences, known.dwellings) == (1, 1, 10)
    named = {name: (value, note) for name, value, note in sheet_texts.tiles(sheets.sheet("z0", QUARTER))}
    assert named["Logements"] == ("10", "somme des logements de 1\u00a0résidence connue")
    assert named["Superficie"][0] == "non renseigné"


def test_hostile_names_are_words(shown):
    shown(two_years, text=HOSTILE)
    found = sheets.sheet("nord", YEAR)
    html = sheet_texts.particular(found) + sheet_texts.missing(found)
    assert "<img" not in html
    assert "<img" not in str(sheet_charts.motifs(found).to_dict())


@pytest.mark.parametrize("zones", [6, 300])
def test_many_neighbourhoods_have_their_sheet(shown, zones: int):
    rows = [happened(number, number % 90, f"z{number % zones}", f"p{number % zones}") for number in range(2 * zones)]
    hour = {"service_date": FIRST, "hour": 20, "hours": 50.0, "source": "presence"}
    shown(small, rows, zones=zones, presence=[hour | {"neighbourhood_id": f"z{number}"} for number in range(zones)])
    found = sheets.sheet(f"z{zones - 1}", QUARTER)
    plot = sheet_tables.plot(found, "quartiers")
    assert plot.funnel.comparisons == zones
    drawn = sheet_charts.funnel(found, plot)
    assert len(drawn.to_dict()["data"][-1]["x"]) == zones
    assert len(sheet_texts.options(sheet_facts.neighbourhoods())) == zones


def test_the_profiles_of_the_demonstration_are_found_again(demo_warehouse: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("OPTIMEDIA_WAREHOUSE", str(demo_warehouse))
    known = bounds()
    assert known is not None
    chosen = choose("tout", known)

    def sides(zone: str) -> dict[str, str]:
        contrasts = sheets.sheet(zone, chosen).hour_contrasts
        return {one.code: sheet_texts.reading(one) for one in contrasts if one.is_particular}

    late, early = sides("plaisance_ferriere"), sides("bugalliere")
    assert late["22"] == late["23"] == "▲ plus élevé"
    assert late["17"] == "▼ moins élevé"
    assert early["17"] == "▲ plus élevé"
    assert early["22"] == "▼ moins élevé"
    heavy = by_kind(sheets.sheet("plaisance_ferriere", chosen), "heures")
    assert heavy.is_particular
    assert heavy.change.ratio > 1


def test_the_sheet_follows_the_shared_filter_once_it_changes():
    known = [sheet_facts.About(zone, zone.title()) for zone in ("est", "nord", "sud")]
    choices = {zones: Filters("tout", FIRST, FIRST, None, None, zones) for zones in ((), ("sud",), ("nord", "sud"))}
    assert sheet_texts.first(known, choices[()]) == "est"
    assert sheet_texts.first(known, choices[("sud",)]) == "sud"
    state: dict[str, Any] = {"fiche": "est"}
    sheet_texts.opened(state, known, choices[()])
    assert state["fiche"] == "est", "an address that names its sheet is left alone"
    sheet_texts.opened(state, known, choices[("sud",)])
    assert state["fiche"] == "sud"
    sheet_texts.opened(state, known, choices[("nord", "sud")])
    assert state["fiche"] == "sud", "still among those chosen"
    sheet_texts.opened(state, known, choices[()])
    assert state["fiche"] == "sud"


def test_names_that_are_alike_are_told_apart():
    known = [sheet_facts.About("a", "Centre"), sheet_facts.About("b", "Centre"), sheet_facts.About("c", "Nord")]
    assert sheet_texts.options(known) == {"a": "Centre (a)", "b": "Centre (b)", "c": "Nord"}
