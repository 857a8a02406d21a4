"""Hotspots in a real browser: where to go on a phone, a click or a key for a story, a map that is never reloaded."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.driver import wait_idle
from tests.browser.test_carte import choose, click_at, labels, main_text, maps

EVENING = "20\u00a0h – 23\u00a0h"


def story(page: Page) -> str:
    """Title of the hotspot in detail."""
    return page.get_by_test_id("stMain").locator("h3").first.inner_text()


def test_on_a_phone_the_first_screen_says_where_to_go(visit):
    page = visit("/points_chauds", width=420)
    choose(page, EVENING)
    assert "points_heures=" in page.url, "the choice is in the address"
    first = page.locator(".opt-go li").first
    box = first.bounding_box()
    assert box is not None
    assert box["y"] + box["height"] < 900, "without scrolling"
    items = [re.sub(r"\s+", " ", text) for text in page.locator(".opt-go li").all_inner_texts()]
    assert 1 <= len(items) <= 5
    assert all("par heure de patrouille (" in text and "établi sur" in text for text in items)
    assert any("Merisiers" in text and "nouveau" in text for text in items), "the hotspot that appears, at its hours"
    again = visit(page.url.removeprefix(page.url.split("/points_chauds")[0]), width=420)
    assert again.get_by_role("radio", name=EVENING, exact=True).get_attribute("aria-checked") == "true"
    wide = again.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, "nothing sticks out"


def test_a_click_or_a_key_opens_a_story_and_the_map_stays(visit):
    page = visit("/points_chauds")
    frame = maps(page)[0]
    frame.evaluate("() => { window.optimediaMarked = true; }")
    assert {"1 ▲"} <= {label.replace("\u00a0", " ") for label in labels(frame)}
    before = story(page)
    where = frame.evaluate(
        """() => {
          const found = [];
          map.eachLayer(layer => {
            const tip = layer.feature?.properties?.tip;
            if (layer.getLatLng && tip && tip[0].startsWith("Square")) found.push(layer.getLatLng());
          });
          return [found[0].lng, found[0].lat];
        }"""
    )
    click_at(page, *where)
    wait_idle(page)
    assert "Square" in story(page) != before
    choose(page, "Foyers")
    choose(page, "Tout")
    assert maps(page)[0].evaluate("() => window.optimediaMarked === true"), "the map was reloaded"
    page.get_by_role("combobox", name=re.compile("Point chaud à détailler")).press("ArrowDown")
    page.keyboard.press("Home")
    page.keyboard.press("Enter")
    wait_idle(page)
    assert "Square" not in story(page)


def test_the_tab_key_crosses_the_map_in_a_few_stops(visit):
    page = visit("/points_chauds")
    assert maps(page)[0].locator("path.leaflet-interactive").count() > 10
    page.get_by_role("combobox", name=re.compile("Point chaud à détailler")).focus()
    passed = []
    while len(passed) < 10 and "CSV" not in (passed or [""])[-1]:
        page.keyboard.press("Tab")
        passed.append(page.evaluate("() => document.activeElement.innerText ?? document.activeElement.tagName"))
    assert "CSV" in passed[-1], passed


def test_the_scan_by_days_runs_aside_and_ends(visit):
    page = visit("/points_chauds?periode=Toute+la+période")
    choose(page, "Au jour près")
    expect(page.get_by_text("fenêtres de 1 à 30 jours")).to_be_visible(timeout=60_000)
    shown = main_text(page)
    assert "tirages au hasard" in shown
    assert "La carte du trimestre d’avant signalait" in shown
    assert page.get_by_test_id("stProgress").count() == 0
