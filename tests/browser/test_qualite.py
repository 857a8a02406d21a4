"""Qualité des données in a real browser: the ledger of the demonstration, and downloads that no spreadsheet runs."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import duckdb
import pytest
from playwright.sync_api import Page

from tests.browser.driver import wait_idle
from tests.browser.server import Server
from tests.dashboard.warehouses import FORMULA, HOSTILE, two_years


def text_of(page: Page) -> str:
    """What the page says, its spaces made ordinary."""
    return re.sub(r"\s+", " ", page.get_by_test_id("stMain").inner_text())


def downloaded(page: Page, title: str = "Toutes les lignes rejetées") -> tuple[str, list[list[str]]]:
    """Name and rows of the CSV of a table."""
    with page.expect_download() as waited:
        page.get_by_role("button", name=f"CSV : {title}").click()
    content = Path(waited.value.path()).read_bytes()
    assert content.startswith(b"\xef\xbb\xbf"), "a spreadsheet would not know that it is UTF-8"
    return waited.value.suggested_filename, list(csv.reader(io.StringIO(content.decode("utf-8-sig")), delimiter=";"))


def test_the_ledger_of_the_demonstration_is_on_the_page(visit, app: Server, demo_warehouse: Path):
    text = text_of(visit("/qualite", server=app))
    with duckdb.connect(str(demo_warehouse), read_only=True) as connection:
        files = connection.execute("select name, rows_read, loaded, duplicates, rejected from import_files").fetchall()
        reasons = connection.execute("select distinct reason from rejected_rows").fetchall()
    for name, *counts in files:
        cells = [f"{count:,}".replace(",", " ") for count in counts]
        assert re.search(f"{re.escape(name)} .*?{' '.join(cells)}", text), name
    assert all(reason in text for (reason,) in reasons)
    assert "le compte est bon" in text


def test_rejected_lines_are_downloaded_and_no_cell_is_a_formula(visit, serve, tmp_path: Path):
    server = serve(two_years(tmp_path / "w.duckdb", text=HOSTILE))
    name, rows = downloaded(visit("/qualite", server=server))
    assert name == "lignes_rejetees_donnees_fictives.csv"
    assert rows[0] == ["Fichier", "Ligne", "Colonne", "Raison", "Attendu", "Reçu"]
    assert [row[1] for row in rows[1:]] == ["7", "9"]
    assert rows[2][5] == f"'{FORMULA}"
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@"))]


def test_every_rejected_line_of_the_demonstration_is_in_the_download(visit, app: Server, demo_warehouse: Path):
    _, rows = downloaded(visit("/qualite", server=app))
    with duckdb.connect(str(demo_warehouse), read_only=True) as connection:
        expected = connection.execute("select count(*) from rejected_rows").fetchone()
    assert expected == (len(rows) - 1,)


def test_days_to_check_are_listed_and_follow_the_period(visit, serve, tmp_path: Path):
    server = serve(two_years(tmp_path / "w.duckdb"))
    page = visit("/qualite?periode=Ce+trimestre", server=server)
    page.get_by_text("Voir les jours à vérifier").click()
    wait_idle(page)
    text = text_of(page)
    for day in ("vendredi 31/10/2025", "samedi 29/11/2025", "mercredi 31/12/2025"):
        assert f"{day} " in text
    assert "30/09/2025" not in text
    _, rows = downloaded(page, "Jours à vérifier")
    assert [row[0] for row in rows[1:]] == ["31/12/2025", "29/11/2025", "31/10/2025"]


@pytest.mark.parametrize("width", [1440, 420])
def test_completeness_follows_the_table_chosen(visit, app: Server, width: int):
    page = visit("/qualite", server=app, width=width)
    assert "Interventions : la moins remplie d’abord" in text_of(page)
    page.get_by_text("Lieux", exact=True).first.click()
    wait_idle(page)
    assert "Lieux : la moins remplie d’abord" in text_of(page)
    assert "table=Lieux" in page.url
