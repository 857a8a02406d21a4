"""What is published, on small warehouses whose figures can be counted: periods, families, who reads, what is hidden."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import date
from itertools import pairwise
from pathlib import Path

import pandas as pd
import pytest

from dashboard import publication, publication_periods, warehouse
from dashboard.access import AccessDenied
from dashboard.publication_rules import Rules, rules
from pipelines.settings import ROOT
from tests.dashboard.publications import (
    CITY,
    COMMITTEE,
    LANDLORD,
    QUARTER,
    ZONES,
    Make,
    counted,
    days,
    happened,
    maker,
    rows_of,
)
from tests.dashboard.warehouses import BUILD, two_years, write


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Make:
    """`make(viewer, **tables)`: what is published for a viewer of a warehouse with these tables."""
    return maker(tmp_path, monkeypatch)


@pytest.mark.parametrize(
    ("first", "last", "today", "expected"),
    [
        ((2024, 1, 2), (2024, 12, 31), (2025, 1, 1), ["2024-T1", "2024-T2", "2024-T3", "2024-T4", "2024"]),
        ((2024, 1, 7), (2024, 6, 28), (2024, 7, 1), ["2024-T1", "2024-T2"]),
        ((2024, 1, 8), (2024, 6, 27), (2024, 7, 1), []),
        ((2024, 4, 1), (2024, 6, 30), (2024, 6, 30), []),
        ((2023, 10, 1), (2024, 3, 30), (2024, 4, 1), ["2023-T4", "2024-T1"]),
        ((2024, 5, 1), (2024, 5, 31), (2026, 1, 1), []),
    ],
)
def test_whole_quarters_and_years_alone_are_published(
    first: tuple[int, int, int], last: tuple[int, int, int], today: tuple[int, int, int], expected: list[str]
):
    found = publication_periods.whole(date(*first), date(*last), date(*today))
    assert [span.code for span in found] == expected
    assert all(first_of.start <= first_of.end for first_of in found)


def test_figures_that_can_be_counted_on_the_fingers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("OPTIMEDIA_WAREHOUSE", str(two_years(tmp_path / "w.duckdb", hour=17)))
    tables = publication.tables(CITY)
    assert tables["published_periods"]["period"].tolist()[:5] == ["2024-T1", "2024-T2", "2024-T3", "2024-T4", "2024"]
    assert "2025-T4" not in set(tables["published_counts"]["period"])  # the build was made on its last day
    # 65 days of service from 02/01 to 31/03/2024, 39 of them from Wednesday to Friday.
    assert counted(tables, "motif", "territoire", "2024-T1") == {"feu": 39, "tag": 65, "total": 104}
    assert counted(tables, "motif", "nord", "2024-T1") == {"feu": 0, "tag": 65, "total": 65}
    asked = {"gardien": 65, "demandes": 65, "initiative_equipe": 39, "initiatives": 39, "total": 104}
    assert counted(tables, "origine", "territoire", "2024-T1") == asked
    assert counted(tables, "tranche", "sud", "2024-T1") == {"17-20": 39, "total": 39}
    assert counted(tables, "mois", "nord", "2024-T1") == {"2024-01": 22, "2024-02": 21, "2024-03": 22, "total": 65}
    assert len(counted(tables, "mois", "nord", "2024")) == 13
    # The last day of service of each month has no record of the patrol: 3 requests fewer a quarter, which is hidden.
    assert counted(tables, "demande_observee", "nord", "2024-T1") == {"observee": None}
    assert counted(tables, "demande_observee", "nord", "2024") == {"observee": 249}
    hours = tables["published_hours"].set_index(["period", "area"])
    assert hours.loc[("2024-T1", "territoire"), "patrol_hours"] == 620
    assert hours.loc[("2024-T1", "nord"), "patrol_hours"] == 310
    assert hours.loc[("2024-T1", "territoire"), "observed_days"] == 62
    quality = {(row["period"], row["measure"]): row["share"] for row in rows_of(tables, "published_quality")}
    assert quality["2024-T1", "jours_documentes"] == 0.95
    assert quality["2024-T1", "issue"] == 0  # nobody wrote an outcome: 0 of 104, which is no small number


def test_a_small_count_is_hidden_with_what_would_tell_it(make: Make):
    rows = happened(date(2025, 1, 1), 40) + happened(date(2025, 2, 1), 3, motif="feu")
    rows += happened(date(2025, 1, 1), 30, "sud", motif="feu") + happened(date(2025, 1, 1), 50, "sud")
    tables = make(CITY, interventions=rows, service_days=QUARTER, neighbourhoods=ZONES)
    assert counted(tables, "motif", "nord") == {"feu": None, "tag": None, "total": 43}
    assert counted(tables, "motif", "sud") == {"feu": None, "tag": None, "total": 80}
    assert counted(tables, "motif", "territoire") == {"feu": 33, "tag": 90, "total": 123}
    for row in rows_of(tables, "published_counts"):
        assert pd.isna(row["n"]) == row["is_masked"]


def test_a_quarter_is_hidden_in_the_same_way_whatever_comes_after(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A reader who kept last quarter's edition has nothing to subtract from this quarter's."""
    motifs = ("tag", "feu", "degradation", "bruit_voisinage", "conflit_voisinage")
    rows = [
        row
        for month in range(1, 13)
        for place, zone in enumerate(("nord", "sud", "est"))
        for rank, motif in enumerate(motifs)
        for row in happened(date(2024, month, 1), (7 * month + 5 * place + 11 * rank) % 9, zone, motif=motif)
    ]
    year = days(date(2024, 1, 1), date(2024, 12, 31))
    editions = []
    for number in (2, 3, 4):
        last = (pd.Timestamp(2024, 3 * number, 1) + pd.offsets.MonthEnd(0)).date()
        path = write(
            tmp_path / f"{number}.duckdb",
            build=[BUILD],
            neighbourhoods=ZONES,
            interventions=[row for row in rows if row["service_date"] <= last],
            service_days=[day for day in year if day["service_date"] <= last],
        )
        monkeypatch.setenv("OPTIMEDIA_WAREHOUSE", str(path))
        counts = publication.tables(CITY)["published_counts"]
        editions.append(counts.set_index(["period", "family", "area", "category"])["n"])
    for before, after in pairwise(editions):
        kept = before.index
        assert before.isna().any()
        pd.testing.assert_series_equal(before, after.loc[kept])
    assert set(editions[-1].index.get_level_values("period")) >= {"2024", "2024-T4"}


def test_few_unknown_origins_are_counted_with_initiatives_and_said(make: Make):
    rows = happened(date(2025, 1, 1), 40) + happened(date(2025, 1, 1), 30, origin="initiative_equipe")
    few = make(CITY, interventions=rows + happened(date(2025, 2, 1), 4, origin=None), service_days=QUARTER)
    shown = {"gardien": 40, "demandes": 40, "initiative_equipe": 34, "initiatives": 34, "total": 74}
    assert counted(few, "origine", "territoire") == shown
    assert few["published_notes"]["family"].tolist() == ["origine"]
    many = make(CITY, interventions=rows + happened(date(2025, 2, 1), 14, origin=None), service_days=QUARTER)
    assert counted(many, "origine", "territoire")["inconnue"] == 14
    assert counted(many, "origine", "territoire")["initiatives"] == 30
    assert many["published_notes"].empty


def test_what_little_happened_outside_is_left_out_and_said(make: Make):
    rows = happened(date(2025, 1, 1), 40) + happened(date(2025, 1, 1), 40, "sud")
    few = make(CITY, interventions=rows + happened(date(2025, 2, 1), 2, "hors_perimetre"), service_days=QUARTER)
    assert counted(few, "motif", "territoire")["total"] == 80
    assert "hors_perimetre" not in set(few["published_counts"]["area"])
    assert few["published_notes"][["period", "family"]].to_numpy().tolist() == [["2025-T1", ""]]
    many = make(CITY, interventions=rows + happened(date(2025, 2, 1), 20, "hors_perimetre"), service_days=QUARTER)
    assert counted(many, "motif", "territoire")["total"] == 100
    assert counted(many, "motif", "hors_perimetre")["total"] == 20


def test_requests_of_observed_days_are_shown_when_they_tell_no_small_number(make: Make):
    rows = happened(date(2025, 1, 1), 28) + happened(date(2025, 2, 1), 28)

    def observed(missing: int) -> float | None:
        known = [
            day
            | {
                "presence_source": None
                if date(2025, 2, 1) <= day["service_date"] < date(2025, 2, 1 + missing)
                else "presence"
            }
            for day in QUARTER
        ]
        return counted(make(CITY, interventions=rows, service_days=known), "demande_observee", "nord")["observee"]

    assert observed(0) == 56
    assert observed(3) is None
    assert observed(12) == 44


def test_profiles_are_not_published_once_retention_empties_them(make: Make):
    rows = happened(date(2025, 1, 1), 28, public_type="jeunes") + happened(date(2025, 4, 1), 28, public_type="jeunes")
    half = days(date(2025, 1, 1), date(2025, 6, 30))
    shown = make(CITY, interventions=rows, service_days=half)
    assert counted(shown, "public", "territoire") == {"jeunes": 28, "total": 28}
    later = [BUILD | {"generalised_before": date(2025, 1, 2)}]
    tables = make(CITY, interventions=rows, service_days=half, build=later)
    assert counted(tables, "public", "territoire") == {}
    assert counted(tables, "public", "territoire", "2025-T2") == {"jeunes": 28, "total": 28}
    assert "public" in set(tables["published_notes"]["family"])
    assert "public" not in set(
        make(LANDLORD, interventions=rows, service_days=half, build=later)["published_notes"]["family"]
    )


@pytest.fixture
def real_publisher() -> Iterator[None]:
    """The program's own publisher, as it is at start."""
    before = warehouse._STORE.publisher
    warehouse.publish_with(publication.tables)
    yield
    warehouse._STORE.publisher = before


def test_partners_read_the_tables_and_never_a_row(
    real_publisher: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("OPTIMEDIA_WAREHOUSE", str(two_years(tmp_path / "w.duckdb")))
    for viewer in (CITY, COMMITTEE, LANDLORD):
        with warehouse.acting(viewer):
            assert len(warehouse.query("published_counts", periods=["2024"])) > 20
            with pytest.raises(AccessDenied):
                warehouse.query("publish_records", start="2024-01-01", end="2024-12-31", reserved=[])
    with warehouse.acting(COMMITTEE):
        same = warehouse.query("published_counts", periods=["2024"])
    with warehouse.acting(CITY):
        pd.testing.assert_frame_equal(same, warehouse.query("published_counts", periods=["2024"]))


def test_without_any_day_nothing_is_published_and_nothing_fails(make: Make):
    for viewer in (CITY, LANDLORD):
        tables = make(viewer, neighbourhoods=ZONES)
        assert tables["published_periods"].empty
        assert tables["published_counts"].empty
        assert len(tables["neighbourhoods"]) == 3


def test_warming_says_what_is_missing_and_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    monkeypatch.setenv("OPTIMEDIA_WAREHOUSE", str(tmp_path / "nulle part.duckdb"))
    publication.warm()
    assert "nulle part" in caplog.text


@pytest.fixture
def strict(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A territory where landlords have stricter thresholds than the others."""
    folder = tmp_path / "strict"
    shutil.copytree(ROOT / "config" / "orvault", folder)
    text = (folder / "territory.toml").read_text(encoding="utf-8")
    text = text.replace("[thresholds]", "[thresholds.bailleur]\npeople = 15\ntechnical = 7\n\n[thresholds]")
    (folder / "territory.toml").write_text(text, encoding="utf-8")
    monkeypatch.setenv("OPTIMEDIA_TERRITORY", str(folder))
    return folder


def test_what_is_common_has_the_strictest_threshold_of_all(strict: Path, make: Make):
    assert rules() == Rules(people=15, technical=7, first_hour=14, day_starts=6)
    assert rules("ville") == Rules(people=11, technical=5, first_hour=14, day_starts=6)
    rows = happened(date(2025, 1, 1), 28) + happened(date(2025, 1, 1), 12, motif="feu")
    tables = make(
        CITY, interventions=rows + happened(date(2025, 1, 1), 28, motif="bruit_voisinage"), service_days=QUARTER
    )
    assert counted(tables, "motif", "nord")["feu"] is None
