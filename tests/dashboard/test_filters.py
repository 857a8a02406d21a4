"""Periods and their year before; the widgets that every page shares, in the address and out of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from dashboard import filters
from dashboard.filters import Bounds, Filters
from pipelines.settings import ROOT
from tests.dashboard.warehouses import BUILD, two_years, write

KNOWN = Bounds(date(2023, 11, 25), date(2026, 11, 24), date(2026, 10, 1), "hiver")
DAYS = st.dates(date(2006, 1, 1), date(2040, 12, 31))


@pytest.mark.parametrize(
    ("period", "start", "previous"),
    [
        ("mois", date(2026, 11, 1), (date(2025, 11, 1), date(2025, 11, 24))),
        ("trimestre", date(2026, 10, 1), (date(2025, 10, 1), date(2025, 11, 24))),
        ("saison", date(2026, 10, 1), (date(2025, 10, 1), date(2025, 11, 24))),
        ("annee", date(2026, 1, 1), (date(2025, 1, 1), date(2025, 11, 24))),
        ("12mois", date(2025, 11, 25), (date(2024, 11, 25), date(2025, 11, 24))),
        ("tout", date(2023, 11, 25), (None, None)),
    ],
)
def test_each_period_ends_with_the_data_and_has_its_year_before(period, start, previous):
    chosen = filters.choose(period, KNOWN)
    assert (chosen.start, chosen.end) == (start, KNOWN.last)
    assert (chosen.previous_start, chosen.previous_end) == previous


@settings(deadline=None)
@given(
    period=st.sampled_from(list(filters.PERIODS)),
    last=DAYS,
    length=st.integers(0, 5000),
    season=st.integers(0, 190),
)
def test_periods_stay_within_the_data_and_years_do_not_overlap(period, last, length, season):
    first = last - timedelta(days=length)
    chosen = filters.choose(period, Bounds(first, last, max(first, last - timedelta(days=season)), "hiver"))
    assert first <= chosen.start <= chosen.end == last
    previous = chosen.previous()
    if previous is None:
        return
    assert previous.end < chosen.start
    assert abs((previous.end - previous.start) - (chosen.end - chosen.start)) <= timedelta(days=1)
    missed = max(0, (first - previous.start).days)
    assert missed <= min(6, ((previous.end - previous.start).days + 1) / 30)
    assert previous.previous() is None


def test_a_29_february_is_compared_with_a_28():
    assert filters.year_before(date(2024, 2, 29)) == date(2023, 2, 28)
    assert filters.year_before(date(2025, 2, 28)) == date(2024, 2, 28)


def test_exports_of_calendar_years_reach_the_year_before_though_1_january_has_no_service():
    known = Bounds(date(2024, 1, 2), date(2025, 12, 31), date(2025, 10, 1), "hiver")
    assert filters.choose("annee", known).previous_start == date(2024, 1, 1)
    late = Bounds(date(2024, 1, 8), date(2025, 12, 31), date(2025, 10, 1), "hiver")
    assert filters.choose("annee", late).previous() is None


def test_parameters_of_the_queries():
    chosen = Filters("mois", date(2026, 1, 1), date(2026, 1, 31), None, None, ("a",), (), ("b", "c"), "initiatives")
    assert chosen.params() == {
        "start": date(2026, 1, 1),
        "end": date(2026, 1, 31),
        "neighbourhoods": ["a"],
        "registers": [],
        "motifs": ["b", "c"],
        "is_request": False,
    }
    assert chosen.previous() is None


def test_the_year_before_keeps_the_choice():
    chosen = filters.choose("12mois", KNOWN)
    previous = chosen.previous()
    assert previous is not None
    assert (previous.start, previous.end) == (date(2024, 11, 25), date(2025, 11, 24))
    assert previous.params() | {"start": 0, "end": 0} == chosen.params() | {"start": 0, "end": 0}


def test_bounds_are_those_of_the_data(warehouse: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("OPTIMEDIA_WAREHOUSE", str(warehouse))
    assert filters.bounds() == Bounds(date(2024, 1, 2), date(2025, 12, 31), date(2025, 10, 1), "hiver")


def test_no_data_at_all_has_no_bounds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("OPTIMEDIA_WAREHOUSE", str(write(tmp_path / "w.duckdb", build=[BUILD])))
    assert filters.bounds() is None


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two years with known figures."""
    return two_years(tmp_path_factory.mktemp("filters") / "w.duckdb")


@pytest.fixture
def open_app(warehouse: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., AppTest]:
    """Run the product on the two years of the tests, at an address."""
    monkeypatch.setenv("OPTIMEDIA_WAREHOUSE", str(warehouse))

    def run(**parameters: str | list[str]) -> AppTest:
        app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
        for name, value in parameters.items():
            app.query_params[name] = value
        app.run()
        assert not app.exception
        return app

    return run


def kept(app: AppTest) -> Filters:
    """What the pages are given."""
    return app.session_state["shared_filters"]


def test_a_new_reader_sees_the_last_twelve_months_of_everything(open_app):
    chosen = kept(open_app())
    assert chosen == filters.choose("12mois", Bounds(date(2024, 1, 2), date(2025, 12, 31), date(2025, 10, 1), "hiver"))


def test_the_address_chooses(open_app):
    chosen = kept(
        open_app(periode="Cette saison", quartier=["Nord", "Sud"], motif="Tag", origine="Demandes", registre="Rien")
    )
    assert (chosen.period, chosen.start) == ("saison", date(2025, 10, 1))
    assert (chosen.neighbourhoods, chosen.motifs, chosen.registers) == (("nord", "sud"), ("tag",), ())
    assert chosen.origin == "demandes"


@pytest.mark.parametrize("value", ["", "n’importe quoi", "<img src=x onerror=alert(1)>", "x" * 5000, "12mois", "\0"])
def test_an_address_that_makes_no_sense_is_ignored(open_app, value: str):
    app = open_app(periode=value, quartier=value, registre=value, motif=value, origine=value)
    assert kept(app) == kept(open_app())


def test_one_button_takes_the_filters_away_but_the_period(open_app):
    app = open_app(periode="Cette saison", quartier="Nord", motif="Tag", origine="Demandes")
    app.button(key="clear_sidebar").click().run()
    chosen = kept(app)
    assert chosen.period == "saison"
    assert not filters.is_narrowed(chosen)
    assert not [button for button in app.button if button.key == "clear_sidebar"]


def test_neighbourhoods_of_one_name_can_be_told_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    twins = [{"neighbourhood_id": code, "name": "Centre"} for code in ("a", "b")]
    path = write(tmp_path / "w.duckdb", build=[BUILD], neighbourhoods=[*twins, {"neighbourhood_id": "c", "name": " "}])
    monkeypatch.setenv("OPTIMEDIA_WAREHOUSE", str(path))
    assert filters._options()["neighbourhood"] == {"c": "C", "a": "Centre (a)", "b": "Centre (b)"}


def test_labels_are_in_french_alphabetical_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    names = ["Zola", "Épinettes", "alésia", "Étoile", "Bercy"]
    rows = [{"neighbourhood_id": name, "name": name} for name in names]
    monkeypatch.setenv("OPTIMEDIA_WAREHOUSE", str(write(tmp_path / "w.duckdb", build=[BUILD], neighbourhoods=rows)))
    assert list(filters._options()["neighbourhood"].values()) == ["alésia", "Bercy", "Épinettes", "Étoile", "Zola"]
