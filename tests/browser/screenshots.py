"""Shoot every page, wide and narrow, from fictional exports up to today: `make screenshots`.

`python -m tests.browser.screenshots [FOLDER]`, docs/screenshots by default.
"""

from __future__ import annotations

import sys
import tempfile
from datetime import date
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from pipelines.settings import ROOT
from tests.browser.chromium import launch
from tests.browser.driver import new_context, wait_idle
from tests.browser.server import Server
from tests.demo import build_demo, write_demo

WIDTHS = {1440: "", 420: "-420"}
LEAST_HEIGHT, MOST_HEIGHT = 900, 16000
COLOURS = 256


def addresses(browser: Browser, server: Server) -> list[str]:
    """Addresses of the pages, in the order of the menu; the first is the entry page."""
    context = new_context(browser, server, width=1440, height=LEAST_HEIGHT)
    page = context.new_page()
    page.goto(server.url)
    wait_idle(page)
    links = page.get_by_test_id("stSidebarNavLink").evaluate_all("links => links.map(link => link.href)")
    context.close()
    return list(links)


def shoot(browser: Browser, server: Server, address: str, *, width: int, file: Path) -> None:
    """One page from top to bottom: the window is made as high as what it scrolls."""
    context = new_context(browser, server, width=width, height=LEAST_HEIGHT)
    page = context.new_page()
    page.goto(address)
    wait_idle(page)
    height = page.get_by_test_id("stMain").evaluate("main => main.scrollHeight")
    page.set_viewport_size({"width": width, "height": min(max(height, LEAST_HEIGHT), MOST_HEIGHT)})
    wait_idle(page)
    page.screenshot(path=file)
    context.close()
    with Image.open(file) as picture:
        lighter = picture.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    lighter.save(file, optimize=True)


def main(folder: Path) -> int:
    """Write `<page>.png` and `<page>-420.png` for every page."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="optimedia-") as scratch, sync_playwright() as playwright:
        browser = launch(playwright)
        raw = write_demo(Path(scratch) / "raw", date.today())
        with Server(build_demo(Path(scratch), raw, date.today())) as server:
            for address in addresses(browser, server):
                name = address.removeprefix(server.url).strip("/") or "synthese"
                for width, suffix in WIDTHS.items():
                    file = folder / f"{name}{suffix}.png"
                    shoot(browser, server, address, width=width, file=file)
                    print(file)
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "screenshots"))
