"""The committee's page in a real browser: the presentation from the keyboard, and a comment that reaches the file."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Locator, Page, expect
from pptx import Presentation

from tests.browser.driver import wait_idle

Visit = Callable[..., Page]
PRESENT = "Présenter en plein écran"


def shown(page: Page) -> Locator:
    """The slide that is on screen."""
    return page.locator(".stage .slide:not([hidden])")


def counter(page: Page) -> str:
    """« 2 / 14 »."""
    return shown(page).locator(".counter").inner_text().replace("\u202f", "")


def opened(visit: Visit, address: str) -> Page:
    """The page once idle: the first reader of a build waits for the publication."""
    page = visit(address, wait=False)
    wait_idle(page, timeout_s=180)
    return page


def test_the_presentation_goes_by_keys_and_gives_the_keyboard_back(visit: Visit):
    page = opened(visit, "/comite?role=comite")
    button = page.get_by_role("button", name=PRESENT)
    button.focus()
    page.keyboard.press("Enter")
    expect(shown(page)).to_be_visible()
    first, last = counter(page).split("/")
    assert first == "1" and 10 <= int(last) <= 14
    page.wait_for_function("document.fullscreenElement !== null")
    for key, place in (
        ("ArrowRight", "2"), ("PageDown", "3"), (" ", "4"), ("ArrowLeft", "3"), ("PageUp", "2"), ("Shift+ ", "1"),
        ("PageUp", "1"), ("End", last), ("ArrowRight", last), ("Home", "1"),
    ):  # fmt: skip
        page.keyboard.press(key.replace("+ ", "+Space") if "+" in key else key)
        assert counter(page) == f"{place}/{last}", key
    for _ in range(int(last)):
        assert shown(page).get_by_text("Données fictives").first.is_visible()
        page.keyboard.press("ArrowRight")
    size = shown(page).locator("h2").evaluate("node => parseFloat(getComputedStyle(node).fontSize)")
    assert size >= 0.03 * 900  # a thirtieth of the height of the window: read from the back of a room
    page.keyboard.press("Escape")
    expect(page.locator(".stage")).to_be_hidden()
    page.wait_for_function("document.fullscreenElement === null")
    expect(button).to_be_focused()


def test_a_comment_reaches_the_deck_and_no_other_audience_can_be_asked_for(visit: Visit, tmp_path: Path):
    page = opened(visit, "/comite?role=bailleur%3ABAIL-B&destinataire=bailleur%3ABAIL-A")
    assert "BAIL-A" not in page.get_by_test_id("stMain").inner_text()
    assert page.get_by_role("combobox", name="Destinataire").count() == 0, "a landlord reads its own figures alone"
    page.get_by_label("Commentaire\u00a0: Où", exact=True).fill("Revoir <b>les horaires</b> d’été.")
    page.keyboard.press("Control+Enter")
    wait_idle(page)
    page.get_by_role("button", name="Préparer les fichiers").click()
    wait_idle(page)
    with page.expect_download() as got:
        page.get_by_role("button", name="Diaporama (PowerPoint)").click()
    name = r"optimedia_\d{4}(-T\d)?_bailleur-bail-b_donnees_fictives\.pptx"
    assert re.fullmatch(name, got.value.suggested_filename)
    got.value.save_as(tmp_path / "deck.pptx")
    notes = [slide.notes_slide.notes_text_frame for slide in Presentation(str(tmp_path / "deck.pptx")).slides]
    assert [note for note in notes if note and "Revoir <b>les horaires</b> d’été." in note.text]
