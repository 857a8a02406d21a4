"""A real server, a real Chromium: `serve`, `app`, `browser`, `visit`.

    def test_something(visit):
        page = visit("/qualite")                      # opened at 1440 x 900 and idle
        page.get_by_role("button", name="…").click()
        wait_idle(page)                               # from tests.browser.driver

A test fails on any console error, exception (in the page or in the server) or request that leaves this machine,
map tiles apart; its pages are then shot into tests/browser/artifacts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from playwright.sync_api import Error as PlaywrightError

from tests.browser.chromium import launch
from tests.browser.driver import Watched, new_context, wait_idle
from tests.browser.server import Server

ARTIFACTS = Path(__file__).parent / "artifacts"
FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item):
    report = yield
    item.stash[FAILED] = item.stash.get(FAILED, False) or report.failed
    return report


@pytest.fixture(scope="session")
def serve() -> Iterator[Callable[..., Server]]:
    """`serve(warehouse, territory=None) -> Server`: one running server per pair for the whole session."""
    running: dict[tuple[Path, Path | None], Server] = {}

    def start(warehouse: Path, territory: Path | None = None) -> Server:
        key = (warehouse, territory)
        if key not in running:
            running[key] = Server(warehouse, territory)
        return running[key]

    yield start
    for server in running.values():
        server.stop()


@pytest.fixture(scope="session")
def app(serve: Callable[..., Server], demo_warehouse: Path) -> Server:
    """The product on the fictional exports."""
    return serve(demo_warehouse)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for the session; there is no skipping: without one the tests fail and say what to do."""
    with sync_playwright() as playwright:
        chromium = launch(playwright)
        yield chromium
        chromium.close()


class Visits:
    """Opens pages, each in a fresh profile, and remembers what happened in them."""

    def __init__(self, browser: Browser, app: Callable[[], Server]) -> None:
        self._browser = browser
        self._app = app
        self.watched: list[Watched] = []

    def __call__(
        self,
        path: str = "/",
        *,
        server: Server | None = None,
        width: int = 1440,
        height: int = 900,
        wait: bool = True,
        allowed: tuple[str, ...] = (),
        prepare: Callable[[Page], None] | None = None,
    ) -> Page:
        """Open `path`, idle unless `wait` is False; a problem that contains one of `allowed` is expected.

        `prepare` is given the page before it opens anything: for cookies, for listening.
        """
        chosen = server or self._app()
        page = new_context(self._browser, chosen, width=width, height=height).new_page()
        self.watched.append(Watched(page, chosen, allowed=allowed))
        if prepare:
            prepare(page)
        page.goto(chosen.url + path)
        if wait:
            wait_idle(page)
        return page

    @property
    def requests(self) -> list[str]:
        """Every address asked for by every page of the test."""
        return [url for watched in self.watched for url in watched.requests]

    def outside(self) -> list[str]:
        """Those that leave this machine: tiles."""
        return [url for watched in self.watched for url in watched.outside()]

    def problems(self) -> list[str]:
        """Everything that should not have happened."""
        return [problem for watched in self.watched for problem in watched.found()]

    def shoot(self, name: str) -> None:
        """Screenshots of every open page, for whoever reads a failure."""
        ARTIFACTS.mkdir(exist_ok=True)
        for number, watched in enumerate(self.watched):
            if not watched.page.is_closed():
                watched.page.screenshot(path=ARTIFACTS / f"{name}-{number}.png", full_page=True)

    def close(self) -> None:
        """End every profile."""
        for watched in self.watched:
            watched.page.context.close()


@pytest.fixture
def visit(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Visits]:
    """`visit(path, server=…, width=…)`: a watched page; see the head of this file."""
    visits = Visits(browser, lambda: request.getfixturevalue("app"))
    yield visits
    problems = visits.problems()
    if problems or request.node.stash.get(FAILED, False):
        try:
            visits.shoot(re.sub(r"[^\w.-]+", "-", request.node.name))
        except PlaywrightError as error:
            problems.append(f"no screenshot: {error.message}")
    visits.close()
    assert not problems, "\n".join(problems)
