"""A real OpenID Connect provider on this machine, the login of a server, and cookies as Streamlit makes them.

The provider is `oidc-provider-mock`, in a process of its own: people sign in by pressing the button with their name.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path

from playwright.sync_api import Page
from streamlit.web.server.starlette.starlette_app_utils import create_signed_value

from tests.browser.driver import wait_idle
from tests.browser.server import Child, free_port

COOKIE_SECRET = "only-for-the-tests-0123456789abcdef"
USER_COOKIE = "_streamlit_user"
START_TIMEOUT_S, POLL_S = 60.0, 0.05
# What the provider's own pages ask for outside this machine, and never get.
OUTSIDE = "https://cdn.jsdelivr.net/npm/@picocss/"
Claims = Mapping[str, object]


class Provider(Child):
    """An identity provider that knows some people, each with their claims; stopped by `stop()` or `with`."""

    def __init__(self, people: Mapping[str, Claims]) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        known = [json.dumps({"sub": name} | dict(claims)) for name, claims in people.items()]
        self._process = subprocess.Popen(
            [
                *(sys.executable, "-m", "oidc_provider_mock", "--port", str(self.port)),
                *(part for claims in known for part in ("--user-claims", claims)),
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._wait()

    def _wait(self) -> None:
        pause = threading.Event()
        for _ in range(int(START_TIMEOUT_S / POLL_S)):
            try:
                with urllib.request.urlopen(f"{self.url}/.well-known/openid-configuration", timeout=5):
                    return
            except (urllib.error.URLError, OSError):
                if self._process.poll() is not None:
                    break
                pause.wait(POLL_S)
        self.stop()
        raise RuntimeError(f"the identity provider did not start on {self.url}")

    def secrets(self, file: Path, port: int) -> Path:
        """Write the secrets of a server on `port` that signs people in here."""
        file.write_text(
            f"""[auth]
redirect_uri = "http://127.0.0.1:{port}/oauth2callback"
cookie_secret = "{COOKIE_SECRET}"
client_id = "optimedia"
client_secret = "any"
server_metadata_url = "{self.url}/.well-known/openid-configuration"
""",
            encoding="utf-8",
        )
        return file


def sign_in(page: Page, person: str) -> None:
    """From the page that asks to sign in, through the provider, to the page that follows."""
    page.get_by_role("button", name="Se connecter").click()
    page.get_by_role("button", name=person, exact=True).click()
    page.get_by_role("button", name="Se déconnecter").wait_for()
    wait_idle(page)


def sign_out(page: Page) -> None:
    """From a page that is signed in, through the provider's own farewell, to the page that asks to sign in."""
    page.get_by_role("button", name="Se déconnecter").click()
    page.get_by_role("button", name="End session").click()
    page.get_by_role("button", name="Se connecter").wait_for()
    wait_idle(page)


def signed(claims: Claims, url: str, *, secret: str = COOKIE_SECRET, name: str = USER_COOKIE) -> str:
    """The cookie of somebody who signed in at the server of `url`, as Streamlit signs it."""
    payload = {"origin": url, "is_logged_in": True} | dict(claims)
    return create_signed_value(secret, name, json.dumps(payload)).decode()
