"""Coûts évités in a real browser: hypotheses in the address, a scenario kept and loaded, nothing cut off."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.driver import wait_idle
from tests.browser.server import Server
from tests.browser.test_synthese import ENGLISH, main_text

WORDS = """() => {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const found = [];
    while (walker.nextNode()) {
        const parent = walker.currentNode.parentElement;
        const skipped = parent?.closest("[data-testid=stIconMaterial], script, style, noscript");
        if (parent && !skipped && parent.checkVisibility())
            found.push(walker.currentNode.nodeValue);
    }
    const named = [...document.querySelectorAll("[aria-label], [placeholder], [title]")];
    return [...found, ...named.flatMap(e => [e.ariaLabel, e.placeholder, e.title])].filter(Boolean);
}"""
WIDE = """() => [...document.querySelectorAll(".opt-tiles *, .opt-table *, .opt-say *, .js-plotly-plot, h1, h2, h3")]
    .filter(e => e.checkVisibility() && !e.closest("details:not([open]), thead"))
    .filter(e => e.getBoundingClientRect().right > innerWidth + 1)
    .map(e => e.outerHTML.slice(0, 120))"""


def open_panels(page: Page) -> None:
    """Unfold the hypotheses and the scenarios."""
    for name in ("Modifier les hypothèses", "Garder ou charger un scénario"):
        page.get_by_text(name).click()
    wait_idle(page)


def test_a_hypothesis_is_moved_kept_in_the_address_and_in_a_scenario(visit, app: Server, tmp_path: Path):
    page = visit("/couts_evites?bailleur=BAIL-B&contribution=8000", server=app)
    text = main_text(page)
    assert "≈ Non concluant" in text
    assert text.index("Ce qui est mesuré") < text.index("Ce qui est supposé") < text.index("Comment c’est calculé")
    open_panels(page)
    slider = page.get_by_role("slider", name=re.compile("Part due à l’équipe.*la plus probable"))
    slider.focus()
    page.keyboard.press("ArrowRight")
    wait_idle(page)
    assert "h_a_mode=26" in page.url
    assert "Modifié, défaut 5 % / 25 % / 60 %" in main_text(page)

    page.get_by_label("Nom du scénario").fill("Prudent")
    page.keyboard.press("Enter")
    wait_idle(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="Télécharger le scénario").click()
    kept = tmp_path / "prudent.toml"
    download.value.save_as(kept)
    assert 'nom = "Prudent"' in kept.read_text(encoding="utf-8")

    page.get_by_role("button", name="Revenir aux hypothèses du territoire").click()
    wait_idle(page)
    assert "h_a_mode" not in page.url
    assert "Modifié, défaut" not in main_text(page)

    page.locator("input[type=file]").set_input_files(kept)
    expect(page.get_by_text("Scénario «\u00a0Prudent\u00a0»")).to_be_visible()
    page.get_by_role("button", name="Appliquer ce scénario").click()
    wait_idle(page)
    assert "h_a_mode=26" in page.url
    assert "5 % / 26 % / 60 % (modifié, défaut" in main_text(page)
    assert not {word for word in page.evaluate(WORDS) if ENGLISH.search(word)}


def test_the_page_fits_a_telephone(visit, app: Server):
    page = visit("/couts_evites?bailleur=BAIL-A", server=app, width=420)
    assert "▼ Baisse" in main_text(page)
    open_panels(page)
    assert not page.evaluate(WIDE)
    assert page.evaluate("() => document.documentElement.scrollWidth - innerWidth") <= 0
