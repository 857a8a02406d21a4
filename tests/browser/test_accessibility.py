"""Accessibility of every page for every role: axe-core, the keyboard, reflow; see docs/accessibility.md."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import pairwise

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, Page, expect

from dashboard import menu
from dashboard.access import viewer_of
from tests.browser.driver import Watched, new_context, wait_idle
from tests.browser.server import Server

ROLES = ("superviseur", "ville", "bailleur:BAIL-A", "comite")
WIDE, TELEPHONE, ZOOMED = 1440, 420, 720
BLOCKING = {"serious", "critical"}
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# Rule, and what the HTML of the element holds, of what Streamlit itself causes: docs/accessibility.md says why.
ALLOWED: tuple[tuple[str, str], ...] = ()
OPEN_SOME = """() => [...document.querySelectorAll("[data-testid=stMain] details:not([open]) > summary")].slice(0, 2)
    .forEach(one => one.click())"""
RUN = """async tags => {
    const {violations} = await axe.run({runOnly: tags, resultTypes: ["violations"], preload: false});
    const told = ({html, failureSummary}) => ({html: html.slice(0, 400), why: failureSummary});
    return violations.map(({id, impact, nodes}) => ({id, impact, nodes: nodes.map(told)}));
}"""
HEADINGS = """() => [...document.querySelectorAll("[data-testid=stMain] :is(h1, h2, h3, h4, h5, h6)")]
    .filter(one => one.checkVisibility() && !one.closest("[data-testid=stPopoverBody]"))
    .map(one => Number(one.tagName[1]))"""
DOWNLOADS = """() => [...document.querySelectorAll("[class*=st-key-telecharger_] button, .opt-image")]
    .map(one => one.textContent)"""
# WCAG 1.4.12: what a reader may ask for, and what must then neither be cut off nor overflow.
SPACING = """* { line-height: 1.5 !important; letter-spacing: 0.12em !important; }
    * { word-spacing: 0.16em !important; }
    p { margin-bottom: 2em !important; }"""
CUT = """() => [...document.querySelectorAll("[data-testid=stMain] :is(p, h1, h2, h3, li, dt, dd, th, td, button)")]
    .filter(one => one.checkVisibility() && !one.closest(".opt-hidden, .opt-scroll, .katex, .js-plotly-plot"))
    .filter(one => one.getBoundingClientRect().right > innerWidth + 1
        || one.scrollWidth > one.clientWidth + 2 && getComputedStyle(one).overflowX === "hidden")
    .map(one => one.outerHTML.slice(0, 160))"""
# Where the focus is: its name, and whether anything of it, or of what holds it, shows that it has it.
FOCUSED = """async () => {
    const one = document.activeElement;
    if (!one || one === document.body) return null;
    const frame = () => new Promise(done => requestAnimationFrame(done));
    const frames = async () => { await frame(); await frame(); };
    const style = node => {
        const {outline, outlineStyle, boxShadow, borderColor, backgroundColor, color} = getComputedStyle(node);
        return [outlineStyle === "none" ? "" : outline, boxShadow, borderColor, backgroundColor, color].join("|");
    };
    const held = [one, ...one.children];
    for (let up = one.parentElement, n = 0; up && n < 5; up = up.parentElement, n += 1) held.push(up);
    const looks = held.map(style);
    one.blur();
    await frames();
    const without = held.map(style);
    one.focus({focusVisible: true, preventScroll: true});
    await frames();
    const own = one.ariaLabel || one.textContent.trim() || one.closest("label")?.textContent.trim() || one.title || "";
    return {name: own.replace(/\\s+/g, " ").slice(0, 90), tag: one.tagName,
        isShown: looks.some((look, at) => look !== without[at])};
}"""
MOVING = """() => [...document.querySelectorAll("[class*=opt-]")].map(one => getComputedStyle(one))
    .filter(style => parseFloat(style.transitionDuration) > 0 || parseFloat(style.animationDuration) > 0).length"""
TABS = 45


class Reader:
    """One browser page that goes through the pages of the menu, as one role, at one width."""

    def __init__(self, browser: Browser, app: Server, role: str, width: int) -> None:
        self.role, self._app = role, app
        self.page = new_context(browser, app, width=width, height=900).new_page()
        self.watched = Watched(self.page, app)
        self._is_inside = False

    def go(self, name: str) -> Page:
        """Open a page of the menu: the first time by its address, then from the menu, which is much faster."""
        offered = menu.pages(viewer_of(self.role))
        if self._is_inside:
            title = next(page.title for page in offered if page.name == name)
            self.page.get_by_test_id("stSidebarNav").get_by_role("link", name=title).click()
            expect(self.page.get_by_role("heading", level=1)).to_have_text(title)
        else:
            self.page.goto(f"{self._app.url}/{'' if name == offered[0].name else name}?role={self.role}")
        wait_idle(self.page)
        self._is_inside = self.page.get_by_test_id("stSidebarNav").is_visible()
        return self.page


@pytest.fixture(scope="module")
def reader(browser: Browser, app: Server) -> Iterator[Callable[..., Reader]]:
    """`reader(role, width)`: one for the whole module."""
    readers: dict[tuple[str, int], Reader] = {}

    def one(role: str = ROLES[0], width: int = WIDE) -> Reader:
        if (role, width) not in readers:
            readers[role, width] = Reader(browser, app, role, width)
        return readers[role, width]

    yield one
    for made in readers.values():
        made.page.context.close()


def violations(page: Page) -> list[str]:
    """What axe finds serious or critical on what is shown, frames included, but what is Streamlit's own."""
    for frame in page.frames:
        frame.evaluate(AXE_SCRIPT)
    return [
        f"{rule['id']} ({rule['impact']}): {node['html']}\n{node['why']}"
        for rule in page.evaluate(RUN, TAGS)
        if rule["impact"] in BLOCKING
        for node in rule["nodes"]
        if not any(rule["id"] == known and re.search(words, node["html"]) for known, words in ALLOWED)
    ]


def seen() -> Iterator[tuple[str, str, int]]:
    """Every page of every role once: a landlord's and the committee's are the city's, but where they say otherwise."""
    for role in ROLES[:2]:
        yield from ((role, page.name, WIDE) for page in menu.pages(viewer_of(role)))
    yield from ((ROLES[2], "couts_evites", WIDE), (ROLES[3], "comite", WIDE), (ROLES[0], "quartiers", TELEPHONE))


@pytest.mark.parametrize(("role", "name", "width"), tuple(seen()))
def test_axe_finds_nothing_serious(reader: Callable[..., Reader], role: str, name: str, width: int):
    page = reader(role, width).go(name)
    page.evaluate(OPEN_SOME)
    explain = page.locator("[data-testid=stMain] [data-testid=stPopover] button")
    if explain.count():
        explain.first.click()
    wait_idle(page)
    found = violations(page)
    assert not found, "\n".join(found)
    levels = page.evaluate(HEADINGS)
    assert levels[:1] == [1], "a page begins with its title"
    assert levels.count(1) == 1
    assert not [pair for pair in pairwise(levels) if pair[1] - pair[0] > 1], f"a level is skipped: {levels}"
    names = page.evaluate(DOWNLOADS)
    assert len(set(names)) == len(names), f"two downloads have the same name: {sorted(names)}"
    page.keyboard.press("Escape")
    assert not reader(role, width).watched.found()


def test_the_tab_key_goes_through_the_page_in_order_and_is_seen_everywhere(reader: Callable[..., Reader]):
    page = reader().go("synthese")
    page.add_style_tag(content="* { transition: none !important; }")
    page.get_by_test_id("stSidebarNav").get_by_role("link").first.focus()
    passed = []
    for _ in range(TABS):
        page.keyboard.press("Tab")
        if (focused := page.evaluate(FOCUSED)) is None:
            break
        passed.append(focused)
    names = [focused["name"] for focused in passed]
    assert not [focused for focused in passed if not focused["isShown"]], "nothing shows where the focus is"
    assert not [focused for focused in passed if not focused["name"]], "a stop without a name"
    wanted = ("Comment ce chiffre est calculé", "Demandes pour 100 h", "Voir les chiffres", "CSV : Mois par mois")
    wanted += ("Excel : Mois par mois", "Image : Mois par mois", "CSV : Principaux motifs")
    places = [
        next((at for at, name in enumerate(names) if words in name.replace("\u00a0", " ")), -1) for words in wanted
    ]
    assert -1 not in places, names
    assert places == sorted(places), "the order of tabs is that of the page"


def test_a_first_tab_skips_to_the_content(reader: Callable[..., Reader]):
    page = reader("superviseur", TELEPHONE).go("quartiers")
    landmarks = page.evaluate("() => ['main', 'nav', 'header'].map(tag => document.querySelectorAll(tag).length)")
    assert landmarks[0] <= 1
    assert page.get_by_role("main").count() == 1
    assert page.evaluate("() => document.documentElement.lang") == "fr"


@pytest.mark.parametrize("name", ["synthese", "dispositif"])
def test_at_200_percent_or_with_more_space_between_words_nothing_is_cut(reader: Callable[..., Reader], name: str):
    page = reader("superviseur", ZOOMED).go(name)
    if page.get_by_test_id("stSidebarCollapseButton").is_visible():
        page.get_by_test_id("stSidebarCollapseButton").get_by_role("button").click()
        wait_idle(page)
    assert page.evaluate("() => document.documentElement.scrollWidth - innerWidth") <= 0
    assert not page.evaluate(CUT)
    style = page.add_style_tag(content=SPACING)
    assert not page.evaluate(CUT)
    style.evaluate("one => one.remove()")


def test_who_asks_for_less_motion_gets_none_of_ours(reader: Callable[..., Reader]):
    page = reader().page
    page.emulate_media(reduced_motion="reduce")
    moving = page.evaluate(MOVING)
    page.emulate_media(reduced_motion="no-preference")
    assert moving == 0


def test_what_scrolls_is_reached_with_the_keyboard(reader: Callable[..., Reader]):
    page = reader().go("synthese")
    stops = page.evaluate(
        """async () => {
            const table = document.createElement("div");
            table.className = "opt-scroll";
            table.style.width = "100px";
            table.innerHTML = "<table class='opt-table' style='width: 400px'><caption>Essai</caption></table>";
            document.querySelector(".opt-banner").after(table);
            const frame = () => new Promise(done => requestAnimationFrame(done));
            const after = async () => { for (let turn = 0; turn < 4; turn += 1) await frame(); };
            const told = () => [table.tabIndex, table.getAttribute("role"), table.ariaLabel];
            await after();
            const narrow = told();
            table.firstChild.style.width = "60px";
            window.dispatchEvent(new Event("resize"));
            await after();
            const wide = told();
            table.remove();
            return [narrow, wide];
        }"""
    )
    assert stops == [[0, "region", "Essai"], [-1, None, None]]
