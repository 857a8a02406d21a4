"""In Chromium: from a choice to its answer fully drawn, and from one page to the next."""

from __future__ import annotations

import statistics

from playwright.sync_api import Locator, Page, sync_playwright

from bench.bench_build import Exports
from bench.measure import Figure, thousands
from tests.browser.chromium import launch
from tests.browser.driver import NOW_MS, last_change_ms, new_context, wait_idle
from tests.browser.server import Server

FILTER_TARGET_S, PAGE_TARGET_S = 1.0, 1.5
ROUNDS = 3
PERIOD_LABEL = "Période"


def seconds_to_drawn(page: Page, click: Locator) -> float:
    """From just before a click to the last change of the page or of one of its frames."""
    click.wait_for()
    start = float(page.evaluate(NOW_MS))
    click.click()
    wait_idle(page)
    return (last_change_ms(page) - start) / 1000


def links(page: Page) -> list[str]:
    """Names of the pages in the menu; an icon's name comes before, on a line of its own."""
    return [text.splitlines()[-1] for text in page.get_by_test_id("stSidebarNavLink").all_inner_texts()]


def link(page: Page, name: str) -> Locator:
    """A page's entry in the menu."""
    return page.get_by_test_id("stSidebarNavLink").filter(has_text=name)


def filter_times(page: Page) -> list[float]:
    """Seconds of every period in turn, each a choice that the page has not been asked yet."""
    times = []
    for number in range(1, _open_periods(page).count()):
        option = _open_periods(page).nth(number)
        times.append(seconds_to_drawn(page, option))
    return times


def _open_periods(page: Page) -> Locator:
    if page.get_by_role("listbox").count() == 0:
        page.get_by_role("combobox", name=PERIOD_LABEL).click()
    options = page.get_by_role("listbox").get_by_role("option")
    options.first.wait_for()
    return options


def page_times(page: Page, names: list[str]) -> dict[str, list[float]]:
    """Seconds of each arrival on each page, over rounds of the whole menu."""
    times: dict[str, list[float]] = {name: [] for name in names}
    for _ in range(ROUNDS):
        for name in [*names[1:], names[0]]:
            times[name].append(seconds_to_drawn(page, link(page, name)))
    return times


def measure(exports: Exports, rows: int) -> list[Figure]:
    """Medians of a filter's answer on each page and of arriving on each page, on a server that is already warm."""
    figures = []
    with Server(exports.warehouse(rows)) as server, sync_playwright() as playwright:
        browser = launch(playwright)
        page = new_context(browser, server, width=1440, height=900).new_page()
        page.goto(server.url)
        wait_idle(page)
        names = links(page)
        page_times(page, names)
        for name, times in page_times(page, names).items():
            at = f"{name}, {thousands(rows)} rows"
            figures.append(_figure(f"{at}: arriving", times, PAGE_TARGET_S))
        for name in names:
            link(page, name).click()
            wait_idle(page)
            at = f"{name}, {thousands(rows)} rows"
            figures.append(_figure(f"{at}: a filter's answer", filter_times(page), FILTER_TARGET_S))
        browser.close()
    return figures


def _figure(name: str, times: list[float], target: float) -> Figure:
    return Figure(name, statistics.median(times), "s", target, f"{min(times):.2f} to {max(times):.2f} s")
