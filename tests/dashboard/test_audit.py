"""The audit trail: every row written whoever writes beside, nothing older than twelve months, no page broken by it."""

from __future__ import annotations

import logging
import os
import sqlite3
import subprocess
import sys
import tempfile
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from dashboard import access, audit, journal
from dashboard.access import Viewer
from dashboard.warehouse import acting
from pipelines.settings import ROOT
from tests.dashboard.warehouses import HOSTILE, two_years

NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
CITY = Viewer("ville", None, "ville@example.org")
LANDLORD = Viewer("bailleur", "BAIL-A", "parc@example.org")
SUPERVISOR = Viewer("superviseur", None, "chef@example.org")
# Two ways in which nothing can be written: the disk is full (no file may grow), the folder belongs to somebody else.
FULL = "resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))"
READ_ONLY = "os.setuid(65534) if os.geteuid() == 0 else None"


@pytest.fixture(autouse=True)
def trail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A trail of the test's own."""
    path = tmp_path / "essai.journal.sqlite"
    monkeypatch.setenv("OPTIMEDIA_JOURNAL", str(path))
    return path


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    """Set what time it is for the trail."""
    return lambda moment: monkeypatch.setattr(audit, "_now", lambda: moment)


def stored(path: Path) -> list[tuple]:
    """Every row of the file, read without the code under test."""
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("select at, person, role, landlord, action, what, detail from entries").fetchall()


def test_a_row_says_when_who_what_and_nothing_else(trail: Path, clock):
    clock(NOW)
    assert audit.record("export", "carte.csv", "2025-T4", LANDLORD)
    assert audit.record("export", "comite.pptx", "2025-T4")
    assert audit.record("refus", "tableau de bord", person="inconnue@example.org")
    assert audit.record("refus", "tableau de bord", person="")
    rest = ("export", "carte.csv", "2025-T4")
    assert stored(trail)[0] == ("2026-03-01 12:00:00", "parc@example.org", "bailleur", "BAIL-A", *rest)
    assert [row[1:3] for row in stored(trail)[1:]] == [
        ("ligne de commande", ""),
        ("inconnue@example.org", ""),
        ("sans adresse", ""),
    ]
    assert [entry.person for entry in audit.entries()] == [row[1] for row in reversed(stored(trail))], "newest first"


def test_it_is_beside_the_warehouse_and_its_owner_s_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("OPTIMEDIA_JOURNAL")
    monkeypatch.setenv("OPTIMEDIA_WAREHOUSE", str(tmp_path / "w.duckdb"))
    audit.record("ouverture", "Carte", viewer=CITY)
    assert audit.file() == tmp_path / "w.journal.sqlite"
    assert audit.file().stat().st_mode & 0o777 == 0o600


def test_an_action_that_is_not_one_is_an_error(trail: Path):
    with pytest.raises(ValueError, match="action"):
        audit.record("lecture", "Carte")  # pyright: ignore[reportArgumentType]
    assert not trail.exists()


def test_a_page_is_open_once_a_day_for_a_session_and_a_viewer(trail: Path, clock):
    marks: dict[str, object] = {}
    clock(NOW)
    for viewer in (CITY, CITY, LANDLORD, CITY):
        audit.opened(marks, "Carte", "2025", viewer)
        audit.opened(marks, "Synthèse", "2025", viewer)
    audit.opened({}, "Carte", "2025", CITY)
    assert len(stored(trail)) == 5
    clock(NOW + timedelta(days=1))
    audit.opened(marks, "Carte", "2025", CITY)
    audit.opened(marks, "Carte", "2024", CITY)
    assert len(stored(trail)) == 6


def test_knocking_again_within_the_hour_is_one_refusal(trail: Path, clock):
    for minutes in (0, 1, 60, 61, 62):
        clock(NOW + timedelta(minutes=minutes))
        assert audit.record("refus", "Carte", person="a@example.org")
    assert [row[0][11:16] for row in stored(trail)] == ["12:00", "13:01"]
    audit.record("refus", "Carte", person="b@example.org")
    audit.record("connexion", "Carte", viewer=CITY)
    audit.record("connexion", "Carte", viewer=CITY)
    assert len(stored(trail)) == 5


@given(text=st.text(st.characters(exclude_categories=()), max_size=700))
def test_any_text_is_kept_as_one_short_harmless_line(text: str, tmp_path_factory: pytest.TempPathFactory):
    folder = tmp_path_factory.getbasetemp() / "texts"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OPTIMEDIA_JOURNAL", str(folder / "t.sqlite"))
        assert audit.record("export", text, text, Viewer("bailleur", text, text))
        with closing(sqlite3.connect(folder / "t.sqlite")) as connection:
            last = connection.execute("select person, landlord, what, detail from entries order by id desc").fetchone()
    for kept, longest in zip(last, (254, 80, 160, 300), strict=True):
        assert len(kept) <= longest
        assert {unicodedata.category(char) for char in kept}.isdisjoint({"Cc", "Cf", "Cs", "Zl", "Zp"})
        plain = "".join(text.split())
        if plain.isalnum() and plain.isascii() and len(text) <= longest:
            assert kept.split() == text.split()


def test_a_very_long_text_is_cut_and_says_so(trail: Path):
    audit.record("export", "a" * 10_000_000, "b\n" * 1_000_000, CITY)
    _, _, _, _, _, what, detail = stored(trail)[0]
    assert what == "a" * 159 + "…"
    assert len(detail) == 300
    assert detail.endswith("…")


WRITER = """
import sys
from dashboard import audit
for number in range(40):
    assert audit.record("ouverture", sys.argv[1], str(number))
    if number % 10 == 0:
        audit.entries()
"""


def test_threads_and_processes_write_side_by_side(trail: Path):
    processes = [
        subprocess.Popen([sys.executable, "-c", WRITER, f"process {number}"], cwd=ROOT, env=os.environ | {})
        for number in range(2)
    ]
    with ThreadPoolExecutor(8) as threads:
        tasks = [(f"thread {thread}", str(number)) for number in range(20) for thread in range(8)]
        assert all(threads.map(lambda task: audit.record("ouverture", *task), tasks))
    assert [process.wait(timeout=60) for process in processes] == [0, 0]
    expected = set(tasks) | {(f"process {number}", str(row)) for number in range(2) for row in range(40)}
    rows = [row[5:] for row in stored(trail)]
    assert len(rows) == len(expected)
    assert set(rows) == expected


def test_twelve_months_to_the_second(trail: Path, clock):
    clock(NOW)
    audit.record("export", "ancien.csv", viewer=CITY)
    clock(NOW + timedelta(days=364))
    audit.record("export", "recent.csv", viewer=LANDLORD)

    clock(datetime(2027, 3, 1, 12, 0, 0, tzinfo=UTC))
    assert [entry.what for entry in audit.entries()] == ["recent.csv", "ancien.csv"]
    clock(datetime(2027, 3, 1, 12, 0, 1, tzinfo=UTC))
    assert [entry.what for entry in audit.entries()] == ["recent.csv"], "no longer read, though still in the file"
    assert len(stored(trail)) == 2
    clock(datetime(2027, 3, 2, 0, 0, 0, tzinfo=UTC))
    audit.record("ouverture", "Carte", viewer=LANDLORD)
    assert [row[5] for row in stored(trail)] == ["recent.csv", "Carte"]
    assert b"ville@example.org" not in trail.read_bytes(), "deleted, not only unlinked"


def test_a_start_deletes_what_is_old(trail: Path, clock, monkeypatch: pytest.MonkeyPatch):
    clock(NOW)
    audit.record("export", "ancien.csv", viewer=CITY)
    clock(NOW + timedelta(days=400))
    monkeypatch.setattr(audit, "_PURGED", {trail: (NOW + timedelta(days=400)).date()})
    audit.record("ouverture", "Carte", viewer=CITY)
    assert len(stored(trail)) == 2, "already done today"
    monkeypatch.setattr(audit, "_PURGED", {})
    assert [entry.what for entry in audit.entries()] == ["Carte"]
    assert len(stored(trail)) == 1


def test_a_year_before_a_leap_day():
    assert audit.year_before(datetime(2028, 2, 29, 8, tzinfo=UTC)) == datetime(2027, 2, 28, 8, tzinfo=UTC)
    assert audit.year_before(datetime(2029, 2, 28, 8, tzinfo=UTC)) == datetime(2028, 2, 28, 8, tzinfo=UTC)


def overwritten(path: Path) -> None:
    """Something else altogether under this name."""
    path.write_bytes(b"PK\x03\x04" + b"not a database " * 400)


def broken(path: Path) -> None:
    """Pages of the tables overwritten; the head of the file is whole."""
    content = path.read_bytes()
    path.write_bytes(content[:4096] + b"\xff" * (len(content) - 4096))


@pytest.mark.parametrize("started", [True, False], ids=["while it runs", "at the start"])
@pytest.mark.parametrize("damage", [overwritten, broken])
def test_an_unreadable_file_is_kept_aside_and_a_new_one_begun(
    trail: Path, damage: Callable[[Path], None], started: bool, monkeypatch: pytest.MonkeyPatch, caplog
):
    for number in range(30):
        audit.record("export", f"avant{number}.csv", viewer=CITY)
    damage(trail)
    content = trail.read_bytes()
    if not started:
        monkeypatch.setattr(audit, "_PURGED", {})
    assert journal.put_aside() == ""
    with caplog.at_level(logging.ERROR):
        assert audit.record("export", "apres.csv", viewer=LANDLORD)
    assert [entry.what for entry in audit.entries()] == ["apres.csv"]
    (kept,) = audit.set_aside()
    assert kept.read_bytes() == content
    assert kept.name in caplog.text
    assert kept.name in journal.put_aside()
    assert audit.record("export", "encore.csv", viewer=LANDLORD)
    assert len(audit.set_aside()) == 1


def test_a_file_kept_aside_goes_after_twelve_months(trail: Path, clock):
    overwritten(trail)
    clock(NOW)
    audit.record("ouverture", "Carte", viewer=CITY)
    other = trail.with_name("essai.journal.illisible-notes.sqlite")
    other.write_text("somebody's own", encoding="utf-8")
    clock(NOW + timedelta(days=365))
    audit.record("ouverture", "Carte", viewer=CITY)
    assert len(audit.set_aside()) == 1
    clock(NOW + timedelta(days=366))
    audit.record("ouverture", "Carte", viewer=CITY)
    assert audit.set_aside() == []
    assert other.exists()


STOPPED = """
import os, resource, sys
from dashboard import audit
from dashboard.access import Viewer
viewer = Viewer("ville", None, "v@example.org")
{stop}
print(audit.record("ouverture", "Carte", viewer=viewer), audit.record("export", "a.csv", viewer=viewer, fictional=True))
try:
    audit.record("export", "carte.csv", viewer=viewer)
except audit.AuditError as error:
    print(error)
"""


@pytest.mark.parametrize("stop", [FULL, READ_ONLY], ids=["full", "read-only"])
@pytest.mark.parametrize("known", [True, False], ids=["begun", "new"])
def test_what_cannot_be_recorded_is_open_but_not_exported(stop: str, known: bool, monkeypatch: pytest.MonkeyPatch):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "t.sqlite"
        monkeypatch.setenv("OPTIMEDIA_JOURNAL", str(path))
        if known:
            audit.record("ouverture", "Synthèse", viewer=CITY)
        Path(folder).chmod(0o555)
        done = subprocess.run(
            [sys.executable, "-c", STOPPED.format(stop=stop)], cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        assert done.stdout.startswith("False False\nCe téléchargement n’a pas pu être inscrit au journal")
        assert done.stderr.count("could not be written") == 3
        assert "Traceback" not in done.stderr
        assert not known or len(stored(path)) == 1


def test_a_trail_that_cannot_be_read_says_so(trail: Path):
    trail.mkdir()
    with pytest.raises(audit.AuditError, match="ne peut pas être lu"):
        audit.entries()


@pytest.fixture
def lived(clock) -> None:
    """A few rows around a new year in Paris."""
    clock(datetime(2025, 12, 31, 22, 59, tzinfo=UTC))
    audit.record("ouverture", "Synthèse", "2025-T3", CITY)
    clock(datetime(2025, 12, 31, 23, 0, tzinfo=UTC))
    audit.record("export", "synthese.csv", "2025-T3", CITY)
    audit.record("ouverture", "Synthèse", "2025-T3", LANDLORD)
    audit.record("refus", "tableau de bord", person="x@example.org")
    audit.record("export", "comite.pptx", "2025-T3")
    clock(datetime(2026, 1, 5, 8, 30, tzinfo=UTC))
    audit.record("ouverture", "Journal", viewer=SUPERVISOR)


@pytest.mark.usefixtures("lived")
def test_months_are_those_of_the_territory_and_roles_are_told():
    found = journal.trail()
    assert journal.months(found) == [
        ["janv.\u00a02026", "2", "2", "1", "5"],
        ["déc.\u00a02025", "1", "0", "0", "1"],
    ]
    assert journal.roles(found) == [
        ["Bailleur BAIL-A", "1", "0", "0", "1"],
        ["Sans rôle", "0", "1", "1", "2"],
        ["Superviseur", "1", "0", "0", "1"],
        ["Ville", "1", "1", "0", "1"],
    ]
    assert journal.tiles(found)[:2] == [
        ("Ouvertures", "3", "par 3\u00a0personnes"),
        ("Exports", "2", "par 2\u00a0personnes"),
    ]


@pytest.mark.usefixtures("lived")
def test_rows_are_filtered_and_moments_stay_moments():
    found = journal.trail()
    assert [row[0] for row in journal.rows(found)][::5] == [
        ("05/01/2026\u00a009:30", datetime(2026, 1, 5, 9, 30)),
        ("31/12/2025\u00a023:59", datetime(2025, 12, 31, 23, 59)),
    ]
    new_year = ("01/01/2026\u00a000:00", datetime(2026, 1, 1))
    assert journal.rows(found, "export") == [
        [new_year, "ligne de commande", "Sans rôle", "Export", "comite.pptx", "2025-T3"],
        [new_year, "ville@example.org", "Ville", "Export", "synthese.csv", "2025-T3"],
    ]


@pytest.mark.parametrize("viewer", [CITY, LANDLORD, Viewer("comite")], ids=lambda viewer: viewer.role)
def test_a_partner_never_reads_it(viewer: Viewer):
    with acting(viewer), pytest.raises(access.AccessDenied):
        journal.trail()


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """The page in the product, on fictional data."""
    monkeypatch.setenv("OPTIMEDIA_WAREHOUSE", str(two_years(tmp_path / "w.duckdb")))
    return AppTest.from_file(str(ROOT / "app.py"), default_timeout=60).run().switch_page("dashboard/pages/journal.py")


def words(app: AppTest) -> str:
    """What the page says."""
    return "\n".join([*(element.proto.body for element in app.get("html")), *(e.value for e in app.caption)])


def test_the_page_shows_hostile_words_as_words_and_filters_them(page: AppTest):
    audit.record("export", HOSTILE, HOSTILE, Viewer("bailleur", HOSTILE, HOSTILE))
    audit.record("ouverture", "Carte", viewer=CITY)
    page.run()
    assert not page.exception
    assert "&lt;img src=x" in words(page)
    assert "<img" not in words(page)
    page.segmented_control(key="journal_action").set_value("ouverture").run()
    assert not page.exception
    assert "ville@example.org" in words(page)
    assert "&lt;img src=x" not in words(page).split("Le plus récent d’abord")[1]


def test_the_page_says_that_it_cannot_be_read(page: AppTest, trail: Path):
    page.run()
    assert not page.exception
    assert "Synthèse" in words(page), "it tells what was just opened"
    for file in trail.parent.glob(f"{trail.name}*"):
        file.unlink()
    trail.mkdir()
    page.run()
    assert not page.exception
    assert "Le journal ne peut pas être lu" in words(page)
