"""The guards of the browser tests see what they are there to see: a guard that never fails proves nothing."""

from __future__ import annotations

import pytest

from tests.browser.driver import Watched, is_outside, new_context, wait_idle
from tests.browser.server import Server

OUTSIDE = "https://example.org/pixel.png"


@pytest.fixture
def watched(browser, app: Server):
    """A page at work, watched, whose problems are not the test's."""
    context = new_context(browser, app, width=1440, height=900)
    page = Watched(context.new_page(), app)
    page.page.goto(app.url)
    wait_idle(page.page)
    yield page
    context.close()


def test_a_clean_page_has_no_problem(watched: Watched):
    assert watched.found() == []
    assert watched.requests


def test_a_page_opened_by_its_address_has_no_problem(visit):
    page = visit("/carte")
    assert page.get_by_role("heading", level=1).inner_text() == "Carte de chaleur"


def test_an_outside_request_is_seen_and_gets_nothing(watched: Watched):
    loaded = watched.page.evaluate(
        "url => new Promise(done => { const i = new Image(); i.onload = () => done(true);"
        " i.onerror = () => done(false); i.src = url; })",
        OUTSIDE,
    )
    assert not loaded
    assert watched.outside() == [OUTSIDE]
    assert f"outside request: {OUTSIDE}" in watched.found()


def test_a_tile_is_the_only_outside_request_allowed(watched: Watched):
    assert watched.server.tiles is not None
    watched.page.evaluate("url => fetch(url).catch(() => null)", f"{watched.server.tiles}?TILEROW=1")
    assert len(watched.outside()) == 1
    assert watched.found() == []


def test_console_errors_and_exceptions_are_seen(watched: Watched):
    watched.page.evaluate("() => console.error('broken figure')")
    with watched.page.expect_event("pageerror"):
        watched.page.evaluate("() => { setTimeout(() => { throw new Error('broken script') }) }")
    found = " ".join(watched.found())
    assert "console: broken figure" in found
    assert "exception: broken script" in found


def test_idle_means_answered_and_drawn(watched: Watched):
    before = watched.page.evaluate("() => window.optimediaWatch.times")
    watched.page.get_by_role("radio", name="Demandes", exact=True).click()
    wait_idle(watched.page)
    after = watched.page.evaluate("() => window.optimediaWatch.times")
    assert before["asked"] < after["asked"] < after["answered"] <= after["changed"]
    assert "origine=" in watched.page.url


def test_a_page_that_keeps_changing_is_not_idle(watched: Watched):
    watched.page.evaluate("() => { setInterval(() => { document.body.dataset.tick = Math.random() }, 20) }")
    with pytest.raises(AssertionError, match="not idle"):
        wait_idle(watched.page, timeout_s=1)


@pytest.mark.parametrize(
    ("url", "outside"),
    [
        ("http://127.0.0.1:8501/carte", False),
        ("http://localhost/x", False),
        ("data:image/png;base64,AA", False),
        ("blob:http://127.0.0.1/1", False),
        ("https://data.geopf.fr/wmts", True),
        ("http://127.0.0.1.example.org/", True),
        ("wss://example.org/socket", True),
    ],
)
def test_loopback_is_inside_and_everything_else_outside(url: str, outside: bool):
    assert is_outside(url) is outside
