"""Tendances in a real browser: what is counted stays in the address, grids read as tables, and fit a telephone."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Page

from tests.browser.driver import wait_idle
from tests.browser.server import Server
from tests.dashboard.warehouses import two_years


def text_of(page: Page) -> str:
    """What the page says, its spaces made ordinary."""
    return re.sub(r"\s+", " ", page.get_by_test_id("stMain").inner_text())


def test_requests_and_initiatives_are_read_apart_and_the_choice_is_kept(visit, app: Server):
    page = visit("/tendances", server=app)
    shown = text_of(page)
    assert "Initiatives de l’équipe" in shown
    assert re.search(r"\d+ comparaisons : \d+ hausses? établies?, \d+ baisses? établies?, \d+ non concluante", shown)
    assert re.search(r"[\d,]+ pour 100 h contre [\d,]+, [+−]?\d+ % \(de [+−]?\d+ % à [+−]?\d+ %\) ; n = ", shown)
    assert "fixé sur les 12 premiers mois observés" in shown
    page.get_by_text("Initiatives", exact=True).last.click()
    wait_idle(page)
    assert "compte=Initiatives" in page.url
    assert "Par quartier : initiatives" in text_of(page)
    page.reload()
    wait_idle(page)
    assert "Par quartier : initiatives" in text_of(page)


def test_the_grids_hatch_what_nobody_observed_and_fit_a_telephone(visit, app: Server):
    page = visit("/tendances?periode=Toute+la+p%C3%A9riode", server=app, width=420)
    grids = page.get_by_role("table", name=re.compile("^(Hiver|Été)$"))
    assert grids.count() == 2
    midnight = grids.first.get_by_role("row").last
    assert midnight.get_by_role("rowheader").inner_text().startswith("0")
    cells = midnight.get_by_role("cell")
    assert set(cells.all_inner_texts()) == {"non observé"}
    look = "cell => [getComputedStyle(cell).backgroundImage.slice(0, 9), cell.style.background]"
    assert cells.first.evaluate(look) == ["repeating", ""], "hatched, not coloured"
    assert grids.last.get_by_role("cell").first.get_attribute("title") is not None
    overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert overflow <= 0


def test_figures_of_every_chart_open_with_the_keyboard(visit, serve, tmp_path: Path):
    page = visit("/tendances", server=serve(two_years(tmp_path / "w.duckdb", presence="aucune", hour_known=False)))
    shown = text_of(page)
    assert "Pas de taux pour 100 h" in shown
    assert "Aucune heure n’est connue dans ces données" in shown
    opened = page.get_by_text("Voir les chiffres").last
    opened.scroll_into_view_if_needed()
    page.locator("summary").last.focus()
    page.keyboard.press("Enter")
    wait_idle(page)
    assert page.get_by_role("table", name="Effets").is_visible()
