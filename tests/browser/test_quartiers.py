"""Quartiers in a real browser: a sheet kept in the address, read on a telephone, with other people's words in it."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Page

from tests.browser.driver import wait_idle
from tests.browser.server import Server
from tests.dashboard.warehouses import HOSTILE, two_years


def text_of(page: Page) -> str:
    """What the page says, its spaces made ordinary."""
    return re.sub(r"\s+", " ", page.get_by_test_id("stMain").inner_text())


def choose(page: Page, label: str, option: str) -> None:
    """Choose an option of a list."""
    page.get_by_label(label, exact=True).click()
    page.get_by_role("option", name=option, exact=True).click()
    wait_idle(page)


def test_a_sheet_is_kept_in_the_address_and_its_funnel_follows(visit, app: Server):
    page = visit("/quartiers?fiche=La+Bugalli%C3%A8re", server=app)
    assert "IRIS 441140102" in text_of(page)
    choose(page, "Fiche du quartier", "Plaisance - Ferrière")
    assert "fiche=Plaisance" in page.url
    assert "résidences comparées entre elles" in text_of(page)
    page.get_by_text("Lieux", exact=True).last.click()
    wait_idle(page)
    assert "lieux comparés entre eux" in text_of(page)
    page.reload()
    wait_idle(page)
    assert "lieux comparés entre eux" in text_of(page)
    assert "INSEE, RP 2021 : IRIS 441140107" in text_of(page)


def test_a_sheet_fits_a_telephone_and_says_what_is_particular(visit, app: Server):
    page = visit("/quartiers?fiche=Plaisance+-+Ferri%C3%A8re&periode=Toute+la+p%C3%A9riode", server=app, width=420)
    text = text_of(page)
    assert re.search(
        r"Heures plus chargées que son niveau d’ensemble .*22 h : [\d,]+ contre [\d,]+, soit 1,\d\d fois", text
    )
    assert "Benjamini et Hochberg" in text
    overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert overflow <= 0


def test_hostile_names_are_words_and_the_sheet_follows_the_filter(visit, serve, tmp_path: Path):
    page = visit("/quartiers", server=serve(two_years(tmp_path / "w.duckdb", text=HOSTILE)))
    assert "<img src=x onerror=alert(1)>" in text_of(page), "in the list of sheets and among the motifs, as words"
    assert page.locator("img[src=x]").count() == 0
    choose(page, "Quartier", "Sud")
    assert page.get_by_label("Fiche du quartier", exact=True).input_value() == "Sud"
    assert "500" in text_of(page).partition("Logements")[0], "residents of Sud"
