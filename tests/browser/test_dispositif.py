"""Dispositif and Méthodes in a real browser: six claims, their limits, their arithmetic, on both widths."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.browser.driver import wait_idle
from tests.browser.server import Server


def text_of(page: Page) -> str:
    """What the page says, its spaces made ordinary."""
    return re.sub(r"\s+", " ", page.get_by_test_id("stMain").inner_text())


@pytest.mark.parametrize("width", [1440, 420])
def test_six_claims_say_what_they_cannot_prove_and_how_they_count(visit, app: Server, width: int):
    page = visit("/dispositif", server=app, width=width)
    text = text_of(page)
    assert text.count("Ce qu’ils ne peuvent pas prouver") == 7
    assert text.count("Enquête nécessaire") >= 6
    assert re.search(r"\d+ comparaisons avec un an avant sur cette page, jugées ensemble", text)
    too_wide = "node => node.scrollWidth > node.clientWidth + 1"
    assert not page.get_by_test_id("stMain").evaluate(too_wide)
    page.get_by_role("link", name="3. Une présence rassurante").click()
    wait_idle(page)
    heading = page.get_by_role("heading", name="3. Une présence rassurante")
    box = heading.bounding_box()
    assert box is not None
    assert -5 <= box["y"] < 300, "the link leads to its claim"
    page.get_by_text("Comment ces chiffres sont calculés").nth(2).click()
    wait_idle(page)
    assert re.search(
        r"Heures faites sur heures prévues : [\d ]+ h ÷ [\d ]+ h = ", re.sub(r"\s+", " ", page.inner_text("body"))
    )
    if width > 640:
        page.keyboard.press("Escape")
        page.get_by_text("Relais par partenaire").first.click()
        wait_idle(page)
        with page.expect_download() as waited:
            page.get_by_role("button", name=re.compile("CSV : Relais par partenaire")).click()
        rows = list(csv.reader(io.StringIO(Path(waited.value.path()).read_text("utf-8-sig")), delimiter=";"))
        assert rows[0][:3] == ["Partenaire", "Relais", "Retours faits"]
        assert "_donnees_fictives" in waited.value.suggested_filename


def test_methods_are_reached_by_their_links(visit, app: Server):
    page = visit("/methodes", server=app)
    assert page.locator(".katex").count() > 3, "formulas are drawn without any outside request"
    page.get_by_role("link", name="Affirmations du dispositif").click()
    wait_idle(page)
    box = page.get_by_role("heading", name="Affirmations du dispositif").bounding_box()
    assert box is not None
    assert -5 <= box["y"] < 700
