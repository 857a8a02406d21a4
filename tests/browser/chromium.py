"""The browser that the tests, the measurements and the screenshots drive: found on this machine, else installed.

`python -m tests.browser.chromium` makes sure that there is one and prints which; it fails with what to do otherwise.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Browser, Playwright, sync_playwright
from playwright.sync_api import Error as PlaywrightError

ON_PATH = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
MAC_APPLICATIONS = ("Google Chrome", "Chromium", "Google Chrome for Testing", "Microsoft Edge")
WINDOWS_PROGRAMS = (r"Google\Chrome\Application\chrome.exe", r"Microsoft\Edge\Application\msedge.exe")
WINDOWS_FOLDERS = ("PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA")
# No name is resolved: a page that asks for anything outside this machine gets nothing, whatever the network.
ARGUMENTS = (
    "--disable-gpu",
    "--disable-background-networking",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
)
PLAYWRIGHTS_OWN = None


class BrowserMissingError(RuntimeError):
    """No browser on this machine starts; the message says what was tried and what to do."""


def candidates() -> Iterator[Path | None]:
    """Executables to try, best first; `OPTIMEDIA_BROWSER` alone when it is set; last None, Playwright's own."""
    chosen = os.environ.get("OPTIMEDIA_BROWSER")
    if chosen:
        yield Path(chosen)
        return
    yield from (Path(found) for name in ON_PATH if (found := shutil.which(name)))
    if platform.system() == "Darwin":
        folders = (Path("/Applications"), Path.home() / "Applications")
        yield from _existing(
            folder / f"{name}.app/Contents/MacOS/{name}" for folder in folders for name in MAC_APPLICATIONS
        )
    if platform.system() == "Windows":
        folders = (Path(os.environ[name]) for name in WINDOWS_FOLDERS if name in os.environ)
        yield from _existing(folder / program for folder in folders for program in WINDOWS_PROGRAMS)
    yield PLAYWRIGHTS_OWN


def _existing(paths: Iterator[Path]) -> Iterator[Path]:
    return (path for path in paths if path.exists())


def launch(playwright: Playwright) -> Browser:
    """The first candidate that really starts (a distribution's stub may be on the path and start nothing).

    Raises BrowserMissingError when none does.
    """
    failures = []
    for executable in candidates():
        try:
            return playwright.chromium.launch(executable_path=executable, args=list(ARGUMENTS))
        except PlaywrightError as error:
            failures.append(f"  {executable or 'Playwright'} : {error.message.strip().splitlines()[0]}")
    raise BrowserMissingError(
        "Aucun navigateur Chromium ou Chrome utilisable. Essayés :\n"
        + "\n".join(failures)
        + "\nÀ faire : installer Chromium ou Chrome (Debian, Ubuntu : apt-get install chromium ; macOS : "
        "brew install --cask chromium), ou lancer « .venv/bin/playwright install chromium », ou donner le chemin "
        "d'un navigateur dans OPTIMEDIA_BROWSER.\n"
        "No Chromium or Chrome could be started: install one, or set OPTIMEDIA_BROWSER to its path."
    )


def _start_once() -> str:
    with sync_playwright() as playwright:
        browser = launch(playwright)
        version = browser.version
        browser.close()
        return version


def _installations() -> Iterator[list[list[str]]]:
    """Ways to install a browser, each as commands to run in order, the least intrusive first."""
    playwright = [sys.executable, "-m", "playwright", "install", "chromium"]
    yield [playwright]
    apt = shutil.which("apt-get")
    if apt and os.geteuid() == 0:
        yield [[apt, "update"], [apt, "install", "--yes", "--no-install-recommends", "chromium", "fonts-liberation"]]
        yield [[*playwright, "--with-deps"]]


def _installed() -> Iterator[bool]:
    for commands in () if "OPTIMEDIA_BROWSER" in os.environ else _installations():
        print("Installation d'un navigateur :", " ; ".join(" ".join(command) for command in commands), flush=True)
        environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        yield all(subprocess.run(command, check=False, env=environment).returncode == 0 for command in commands)


def ensure() -> str:
    """Version of a browser that starts; installs one when there is none.

    Raises BrowserMissingError when none can be had.
    """
    try:
        return _start_once()
    except BrowserMissingError as error:
        missing = error
    for done in _installed():
        try:
            return _start_once()
        except BrowserMissingError as error:
            missing = error if done else missing
    raise missing


def main() -> int:
    """Exit code 0 once a browser starts."""
    try:
        print(f"Navigateur : Chromium {ensure()}")
    except BrowserMissingError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
