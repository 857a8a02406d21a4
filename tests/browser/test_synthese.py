"""Synthèse in a real browser: filters in the address and across pages, nothing in English, nothing hostile."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from playwright.sync_api import Page, expect

from tests.browser.driver import open_list, wait_idle
from tests.browser.server import Server
from tests.dashboard.warehouses import HOSTILE, two_years

ENGLISH = re.compile(
    r"\b(?:deploy|rerun|choose|select|options?|results?|clear|search|running|loading|error|press enter|manage app|"
    r"download|fullscreen|show|close|open|collapse|expand|remove|help|sidebar|view|the|and|of|to)\b",
    re.IGNORECASE,
)


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory, serve: Callable[..., Server]) -> Server:
    """The product on two years with known figures."""
    return serve(two_years(tmp_path_factory.mktemp("two") / "w.duckdb"))


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory, serve: Callable[..., Server]) -> Server:
    """The product on exports whose every word attacks whoever shows it."""
    return serve(two_years(tmp_path_factory.mktemp("hostile") / "w.duckdb", text=HOSTILE, title=HOSTILE))


def main_text(page: Page) -> str:
    """What the page says, its spaces made ordinary."""
    return re.sub(r"\s+", " ", page.get_by_test_id("stMain").inner_text())


def choose(page: Page, label: str, option: str) -> None:
    """Choose an option of a list in the sidebar."""
    open_list(page, label)
    page.get_by_role("option", name=option, exact=True).click()
    page.keyboard.press("Escape")
    wait_idle(page)


def test_the_known_year_is_on_the_screen(visit, two: Server):
    page = visit("/", server=two)
    text = main_text(page)
    assert "n = 249 demandes en 2 490 h de patrouille" in text
    assert "10,0 demandes pour 100 h" in text
    assert "Données fictives" in text
    assert page.title() == "Synthèse"
    assert page.evaluate("document.documentElement.lang") == "fr"
    assert page.locator(".js-plotly-plot").count() == 2


def test_a_choice_goes_to_the_address_survives_a_reload_and_a_change_of_page(visit, two: Server):
    page = visit("/", server=two)
    choose(page, "Quartier", "Sud")
    choose(page, "Période", "Cette saison")
    page.get_by_test_id("stSidebar").get_by_text("Initiatives", exact=True).click()
    wait_idle(page)
    address = page.url
    assert "quartier=Sud" in address
    assert "periode=Cette+saison" in address
    chosen = "Cette saison, hiver (du 01/10/2025 au 31/12/2025) · Sud · initiatives"
    assert chosen in main_text(page)
    shown = main_text(page)

    page.reload()
    wait_idle(page)
    assert page.url == address
    assert main_text(page) == shown

    page.get_by_role("link", name="Qualité des données").click()
    wait_idle(page)
    assert chosen in main_text(page)
    assert "quartier=Sud" in page.url

    page.get_by_role("link", name="Synthèse").click()
    wait_idle(page)
    assert main_text(page) == shown

    page.get_by_role("button", name="Retirer les filtres").click()
    wait_idle(page)
    assert "quartier" not in page.url
    assert "Cette saison, hiver (du 01/10/2025 au 31/12/2025)" in main_text(page)
    assert "· Sud" not in main_text(page)


def test_a_shared_address_opens_as_it_was_shared(visit, two: Server):
    text = main_text(visit("/?quartier=Nord&motif=Tag&origine=Demandes&periode=Ce+mois", server=two))
    assert "Ce mois (du 01/12/2025 au 31/12/2025) · Nord · Tag · demandes" in text


@pytest.mark.parametrize(
    "query",
    [
        "periode=&quartier=&motif=&origine=&courbe=",
        "periode=zut&quartier=zut&motif=zut&registre=zut&origine=zut",
        f"quartier={'x' * 2000}&periode=%00&motif=%3Cimg%20src=x%20onerror=alert(1)%3E",
    ],
    ids=["empty", "unknown", "hostile"],
)
def test_an_address_that_makes_no_sense_is_ignored(visit, two: Server, query: str):
    page = visit(f"/?{query}", server=two)
    assert "12 derniers mois (du 01/01/2025 au 31/12/2025)" in main_text(page)
    assert "n = 249 demandes" in main_text(page)


def test_a_figure_opens_how_it_was_computed_from_the_keyboard(visit, two: Server):
    page = visit("/", server=two)
    button = page.get_by_role("button", name=re.compile("Comment ce chiffre est calculé")).nth(1)
    button.focus()
    page.keyboard.press("Enter")
    explained = page.get_by_test_id("stPopoverBody")
    expect(explained).to_be_visible()
    expect(explained).to_contain_text("Garwood")
    expect(explained).to_contain_text(re.compile(r"249\s+demandes ÷ 2\s490\s+h × 100 = 10,0"))
    page.keyboard.press("Escape")
    expect(explained).to_be_hidden()


@pytest.mark.parametrize("width", [1440, 420])
@pytest.mark.parametrize("path", ["/", "/qualite"])
def test_nothing_is_in_english_or_cut_off(visit, app: Server, path: str, width: int):
    page = visit(path, server=app, width=width)
    if width < 640:
        page.get_by_test_id("stExpandSidebarButton").click()
    open_list(page, "Motif")
    own = page.evaluate(
        """() => {
            const icons = "[data-testid=stIconMaterial]";
            const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
            const found = [];
            while (walker.nextNode()) {
                const parent = walker.currentNode.parentElement;
                if (parent && !parent.closest(icons + ", script, style, noscript") && parent.checkVisibility())
                    found.push(walker.currentNode.nodeValue);
            }
            const named = [...document.querySelectorAll("[aria-label], [placeholder], [title]")];
            return [...found, ...named.flatMap(e => [e.ariaLabel, e.placeholder, e.title])].filter(Boolean);
        }"""
    )
    wrong = {text for text in own if ENGLISH.search(text)}
    assert not wrong
    assert page.evaluate("() => document.documentElement.scrollWidth - innerWidth") <= 0


@pytest.mark.parametrize("path", ["/", "/qualite"])
def test_cards_tables_and_charts_fit_a_telephone(visit, app: Server, path: str):
    page = visit(path, server=app, width=420)
    wide = page.evaluate(
        """() => [...document.querySelectorAll(".opt-card *, .opt-tiles *, .opt-table *, .js-plotly-plot, h1, h2")]
            .filter(e => e.checkVisibility() && !e.closest("details:not([open]), thead"))
            .filter(e => e.getBoundingClientRect().right > innerWidth + 1 || e.scrollWidth > e.clientWidth + 2 &&
                getComputedStyle(e).overflowX === "hidden")
            .map(e => e.outerHTML.slice(0, 120))"""
    )
    assert not wide


@pytest.mark.parametrize("path", ["/", "/qualite"])
def test_hostile_words_are_only_words(visit, hostile: Server, path: str):
    page = visit(f"{path}?periode=Toute+la+p%C3%A9riode", server=hostile)
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    open_list(page, "Quartier")
    page.get_by_role("option", name=re.compile("onerror")).click()
    page.keyboard.press("Escape")
    wait_idle(page)
    for point in page.locator(".js-plotly-plot .bars .point, .js-plotly-plot .scatterlayer .point").all()[:3]:
        point.hover(force=True)
    wait_idle(page)
    assert "onerror=alert(1)" in main_text(page)
    assert page.locator("img[src='x'], a[href^='javascript']").count() == 0
    assert page.locator(".opt-table strong, .opt-choice strong, .opt-numbered li em").count() == 0
    assert not dialogs


def test_a_new_build_is_shown_without_a_restart(visit, serve, tmp_path: Path):
    file = two_years(tmp_path / "w.duckdb", title="Avant")
    page = visit("/", server=serve(file))
    assert "Avant" in main_text(page)
    made = two_years(tmp_path / "next.duckdb", title="Après")
    made.replace(file)
    choose(page, "Motif", "Feu")
    assert "Après" in main_text(page)
    assert "Avant" not in main_text(page)


def test_a_warehouse_that_comes_later_is_shown(visit, serve, demo_warehouse: Path, tmp_path: Path):
    file = tmp_path / "later.duckdb"
    page = visit("/", server=serve(file))
    assert "Pas encore de données à montrer" in main_text(page)
    shutil.copy(demo_warehouse, file)
    with duckdb.connect(str(file), read_only=True) as connection:
        row = connection.execute("select title from build").fetchone()
    page.get_by_role("button", name="Réessayer").click()
    wait_idle(page)
    assert row is not None
    assert row[0] in main_text(page)


def test_an_unknown_address_leads_home_in_french(visit, two: Server):
    page = visit("/nulle-part", server=two, allowed=("The page that you have requested",))
    expect(page.get_by_role("dialog")).to_contain_text("Cette adresse n’existe pas")
    page.keyboard.press("Escape")
    expect(page.get_by_role("heading", name="Synthèse")).to_be_visible()
