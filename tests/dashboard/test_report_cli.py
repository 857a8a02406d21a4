"""`python -m dashboard.report` in a process of its own: files opened again, exit codes, messages, the audit trail."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pikepdf
import pytest
from pptx import Presentation

from dashboard import warehouse
from dashboard.report.__main__ import main
from pipelines.settings import ROOT

PERIOD = "2026-T1"


def run(file: Path, folder: Path, **options: str) -> subprocess.CompletedProcess[str]:
    """One run on a warehouse; options replace or add to those of a good run."""
    given = {"period": PERIOD, "audience": "comite", "out": str(folder / "out"), "warehouse": str(file)} | options
    words = [word for name, value in given.items() for word in (f"--{name}", value)]
    return subprocess.run(
        [sys.executable, "-m", "dashboard.report", *words],
        cwd=ROOT,
        env=os.environ | {"OPTIMEDIA_JOURNAL": str(folder / "journal.sqlite"), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=300,
        check=False,
    )


def test_the_deck_and_the_booklet_are_written_with_their_comments_and_recorded(demo_warehouse: Path, tmp_path: Path):
    comments = tmp_path / "mots.toml"
    comments.write_text('ou = "Revoir les horaires d’été."\n', encoding="utf-8")
    done = run(demo_warehouse, tmp_path, comments=str(comments))
    assert done.returncode == 0, done.stderr
    names = {f"optimedia_{PERIOD}_comite_donnees_fictives.{kind}" for kind in ("pptx", "pdf")}
    assert {file.name for file in (tmp_path / "out").iterdir()} == names
    assert all(name in done.stdout for name in names)
    deck = Presentation(str(tmp_path / "out" / f"optimedia_{PERIOD}_comite_donnees_fictives.pptx"))
    assert 10 <= len(deck.slides) <= 14
    notes = [page.notes_slide.notes_text_frame.text for page in deck.slides if page.notes_slide.notes_text_frame]
    assert any("Revoir les horaires d’été." in words for words in notes)
    with pikepdf.open(tmp_path / "out" / f"optimedia_{PERIOD}_comite_donnees_fictives.pdf") as book:
        assert book.Root.Lang and len(book.pages) > 1
    with sqlite3.connect(tmp_path / "journal.sqlite") as journal:
        (tables,) = journal.execute("select name from sqlite_master where type = 'table'").fetchone()
        written = journal.execute(f"select * from {tables}").fetchall()
    journal.close()
    assert {name for row in written for name in row if isinstance(name, str)} >= names


@pytest.fixture
def tell(
    demo_warehouse: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str]]:
    """`tell(period="2031-T1")`: exit code and message of a run in this process, other options as in a good run."""
    for name in ("OPTIMEDIA_WAREHOUSE", "OPTIMEDIA_TERRITORY"):
        monkeypatch.setenv(name, "")
    monkeypatch.setattr(warehouse._STORE, "publisher", None)

    def run_here(**options: str) -> tuple[int, str]:
        given = {"period": PERIOD, "audience": "comite", "out": str(tmp_path / "out"), "warehouse": str(demo_warehouse)}
        code = main([word for name, value in (given | options).items() for word in (f"--{name}", value)])
        assert not (tmp_path / "out").exists()
        return code, capsys.readouterr().err.replace("\n", " ")

    return run_here


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"period": "2031-T1"}, "2026-T1 (1er trimestre 2026)"),
        ({"audience": "mairie"}, "n’est pas un rôle"),
        ({"audience": "superviseur"}, "choisissez la ville"),
        ({"audience": "bailleur:INCONNU"}, "Bailleurs connus"),
    ],
    ids=["period", "role", "supervisor", "landlord"],
)
def test_an_option_that_names_nothing_is_told_with_what_there_is(
    tell: Callable[..., tuple[int, str]], options: dict[str, str], said: str
):
    code, shown = tell(**options)
    assert (code, said in shown) == (2, True), shown


def test_comments_of_no_slide_or_that_are_no_text_are_told(tell: Callable[..., tuple[int, str]], tmp_path: Path):
    comments = tmp_path / "mots.toml"
    for content in ('ailleurs = "?"', "ou = 3", "ou = "):
        comments.write_text(content, encoding="utf-8")
        code, shown = tell(comments=str(comments))
        assert (code, "mots.toml" in shown) == (2, True), shown
    code, shown = tell(comments=str(tmp_path / "absent.toml"))
    assert (code, "absent.toml" in shown) == (1, True), shown


def test_without_a_warehouse_it_says_so(tell: Callable[..., tuple[int, str]], tmp_path: Path):
    code, shown = tell(warehouse=str(tmp_path / "absent.duckdb"))
    assert (code, "Aucun entrepôt" in shown) == (1, True), shown
