"""What a page does while a test drives it: when it is idle, what it asked for, what went wrong in it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, Route
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import TimeoutError as PlaywrightTimeoutError

from tests.browser.server import Server

WATCH_SCRIPT = (Path(__file__).parent / "watch.js").read_text(encoding="utf-8")
QUIET_MS = 300
SETTLED = """async () => {
    const ends = ({effect}) => Number.isFinite(effect.getComputedTiming().endTime);
    await Promise.allSettled(document.getAnimations().filter(ends).map(({finished}) => finished));
    await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
}"""
NOW_MS = "() => performance.timeOrigin + performance.now()"
# Opened at /page, Streamlit asks for its own health under /page as well as under /, to find where it is served.
PROBE = re.compile(r"/[\w-]+/_stcore/(health|host-config)$")
LOOPBACK = {"127.0.0.1", "localhost", "::1"}
LOCAL_SCHEMES = {"data", "blob", "about"}


def wait_idle(page: Page, *, timeout_s: float = 60.0, quiet_ms: int = QUIET_MS) -> None:
    """Wait until Streamlit has answered everything asked and the page (frames too) stays as it is for `quiet_ms`.

    Raises AssertionError, with what was still going on, after `timeout_s`.
    """
    called = [quiet_ms, page.evaluate(NOW_MS)]
    try:
        page.wait_for_function("since => window.optimediaWatch?.idle(since)", arg=called, timeout=timeout_s * 1000)
    except PlaywrightTimeoutError:
        state = page.evaluate("() => window.optimediaWatch?.state()")
        raise AssertionError(f"the page is not idle after {timeout_s} s: {state}") from None


def open_list(page: Page, name: str) -> None:
    """Open the list of a choice: once nothing moves, as a list closes when what is under it scrolls."""
    field = page.get_by_role("combobox", name=name)
    field.scroll_into_view_if_needed()
    page.evaluate(SETTLED)
    field.click()
    page.get_by_role("option").first.wait_for()


def last_change_ms(page: Page) -> float:
    """When the page (frames too) last changed, in milliseconds since the epoch, by the browser's clock."""
    return float(page.evaluate("() => window.optimediaWatch.lastChange()"))


@dataclass
class Watched:
    """A page, and everything that should not have happened in it."""

    page: Page
    server: Server
    requests: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    allowed: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        self._log_start = len(self.server.log)
        self.page.on("request", self._on_request)
        self.page.on("console", self._on_console)
        self.page.on("pageerror", lambda error: self.problems.append(f"exception: {error}\n{error.stack}"))

    def _on_request(self, request: Request) -> None:
        self.requests.append(request.url)
        if is_outside(request.url) and not self._is_tile(request.url):
            self.problems.append(f"outside request: {request.url}")

    def _on_console(self, message: ConsoleMessage) -> None:
        source = message.location.get("url", "")
        if message.type == "error" and not self._is_tile(source) and not PROBE.search(source):
            self.problems.append(f"console: {message.text} ({source})")

    def _is_tile(self, url: str) -> bool:
        tiles = self.server.tiles
        return bool(tiles and url.startswith(tiles))

    def outside(self) -> list[str]:
        """Addresses asked for that are not on this machine, tiles included."""
        return [url for url in self.requests if is_outside(url)]

    def found(self) -> list[str]:
        """Every problem so far: outside requests, console errors, exceptions in the page or in the server."""
        shown = [] if self.page.is_closed() else self.page.get_by_test_id("stException").all_inner_texts()
        trace = self.server.log[self._log_start :]
        problems = self.problems + [f"exception shown: {text}" for text in shown]
        problems += [f"server: {trace}"] if "Traceback (most recent call last)" in trace else []
        return [problem for problem in problems if not any(text in problem for text in self.allowed)]


def is_outside(url: str) -> bool:
    """Whether an address leaves this machine."""
    parts = urlsplit(url)
    return parts.scheme not in LOCAL_SCHEMES and parts.hostname not in LOOPBACK


def new_context(browser: Browser, server: Server, *, width: int, height: int) -> BrowserContext:
    """A fresh profile in French; map tiles are cut, as behind a municipal proxy."""
    context = browser.new_context(
        viewport={"width": width, "height": height}, locale="fr-FR", timezone_id="Europe/Paris", accept_downloads=True
    )
    context.add_init_script(WATCH_SCRIPT)
    context.set_default_timeout(30_000)
    if server.tiles:
        context.route(f"{server.tiles}**", _cut)
    return context


def _cut(route: Route) -> None:
    try:
        route.abort()
    except PlaywrightError as error:  # the page left before its tile was answered
        if "closed" not in error.message:
            raise
