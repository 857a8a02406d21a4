"""Visitors of a server of real data: who they are, the words they may not read, everything they receive."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import duckdb
from playwright.sync_api import Page, Response, WebSocket
from streamlit.proto.Common_pb2 import StringArray
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.Navigation_pb2 import Navigation
from streamlit.proto.WidgetStates_pb2 import WidgetState

from dashboard.access import Viewer
from tests.browser.oidc import USER_COOKIE, Claims, signed
from tests.browser.server import Server
from tests.dashboard.warehouses import two_years

ROLES = {
    "chef": Viewer("superviseur"),
    "mairie": Viewer("ville"),
    "alpha": Viewer("bailleur", "BAIL-A"),
    "comite": Viewer("comite"),
}
PEOPLE: dict[str, Claims] = {
    "chef": {"email": "chef@mediation.example", "email_verified": True},
    "mairie": {"groups": ["agents", "tranquillite"]},
    "alpha": {"email": "gestion@alpha.example", "email_verified": True},
    "comite": {"email": "copil@ville.example", "email_verified": True},
    "passante": {"email": "passante@ailleurs.example", "email_verified": True},
    "usurpateur": {"email": "chef@mediation.example", "email_verified": False},
}
RULES = """
[people]
"chef@mediation.example" = { role = "superviseur" }
"gestion@alpha.example" = { role = "bailleur", landlord = "BAIL-A" }
"gestion@bravo.example" = { role = "bailleur", landlord = "BAIL-B" }
"copil@ville.example" = { role = "comite" }

[[claims]]
claim = "groups"
value = "tranquillite"
role = "ville"
"""
# Words of the data, none of which is in the code: rows that only the supervisor reads, what is one landlord's alone,
# and what any page that shows anything shows.
ROWS = {"releve-zq17.csv", "refus-zq18", "lieu-zq19"}
BRAVO = {"residence-zq21", "residence-zq22"}
TITLE = "mediation-zq01"
SHOWN = {TITLE, "quartier-zq02", "travaux-zq03"}
EVERYTHING = ROWS | BRAVO | SHOWN
CLOSED = "points_chauds"
# Choices that a message made by hand may hold; Streamlit hands them to the page as they are.
FORGED = ("superviseur", "bailleur:BAIL-B", "2025-12-31")
HOSTILE = (
    {"bailleur": "BAIL-B", "role": "superviseur", "audience": "bailleur:BAIL-B"},
    {"role": ["superviseur", "ville"], "audience": ["superviseur"], "periode": ["2025-T3", "2025-T4"]},
    {"periode": "2025-12-31", "quartier": "quartier-zq02", "motif": "Tag", "registre": "Gestion des conflits"},
    {"periode": "12 derniers mois", "origine": "Demandes", "role": "bailleur:BAIL-B"},
    {"role[]": "superviseur", "periode[0]": "2025", "bailleur_code": "BAIL-B", "landlord": "BAIL-B"},
    {"periode": "2025-T4' or 1=1 --", "role": "superviseur\x00", "audience": "../../superviseur"},
    {"role": "s" * 40_000, "periode": "2" * 40_000},
)


def write_real(path: Path) -> Path:
    """Two years of data that are said to be real, with the words above where they belong."""
    two_years(path, fictional=False, title=TITLE)
    ledger = [
        (f"BAIL-{landlord}", f"residence-zq{number}", f"2025-{month:02}-01", "tag", 20 + month, 1234.5 * month)
        for landlord, number in (("A", 11), ("B", 21), ("B", 22))
        for month in range(1, 13)
    ]
    with duckdb.connect(str(path)) as connection:
        connection.execute("update import_files set name = 'releve-zq17.csv', fictional = false")
        connection.execute("update rejected_rows set received = 'refus-zq18'")
        connection.execute("update neighbourhoods set name = 'quartier-zq02' where neighbourhood_id = 'nord'")
        connection.execute("update events set label = 'travaux-zq03'")
        connection.execute(
            "insert into places (place_id, name, longitude, latitude, x_m, y_m, neighbourhood_id, landlord_code,"
            " dwellings) values ('p', 'lieu-zq19', -1.588, 47.243, 353103, 6692609, 'nord', 'BAIL-B', 3)"
        )
        connection.execute(
            "update interventions set place_id = 'p', landlord_code = 'BAIL-B', longitude = -1.588, latitude = 47.243,"
            " x_m = 353103, y_m = 6692609 where neighbourhood_id = 'nord'"
        )
        connection.executemany(
            "insert into landlord_repairs (landlord_code, residence, month, category, repairs, cost_excl_tax,"
            " comparison_group, dwellings, lines) values (?, ?, ?, ?, ?, ?, 'suivi', 40, 1)",
            ledger,
        )
    return path


class Heard:
    """Everything that a page received; give `prepare` to `visit`, with the cookies that the page starts with."""

    def __init__(self, server: Server, held: Mapping[str, str] | None = None) -> None:
        self._own = server.url
        self._cookies = [{"name": name, "value": value, "url": server.url} for name, value in (held or {}).items()]
        self._answers: list[Response] = []
        self._received: list[bytes] = []

    def prepare(self, page: Page) -> None:
        """Listen before the page opens anything."""
        page.context.add_cookies(self._cookies)  # pyright: ignore[reportArgumentType]
        page.on("websocket", self._listen)
        page.on("response", self._answer)

    def _answer(self, answer: Response) -> None:
        if answer.ok and answer.url.startswith(self._own) and "/static/" not in answer.url:
            self._answers.append(answer)

    def _listen(self, socket: WebSocket) -> None:
        socket.on("framereceived", self._frame)

    def _frame(self, frame: str | bytes) -> None:
        self._received.append(frame.encode() if isinstance(frame, str) else frame)

    def payloads(self) -> list[bytes]:
        """Frames, and bodies of the server's answers, its own program apart; to be called before a page is left too."""
        assert self._received, "nothing was heard"
        while self._answers:
            self._received.append(self._answers.pop().body())
        return self._received


def cookies(server: Server, person: str) -> dict[str, str]:
    """What the browser of somebody who signed in holds."""
    return {USER_COOKIE: signed({"sub": person, **PEOPLE[person]}, server.url)}


def menu(page: Page) -> list[str]:
    """Titles of the pages that are offered."""
    return [title.strip().splitlines()[-1] for title in page.get_by_test_id("stSidebarNavLink").all_inner_texts()]


def trail(real: Path) -> list[tuple[str, str, str, str]]:
    """The audit trail, read without the code under test."""
    path = real.with_suffix(".journal.sqlite")
    if not path.exists():
        return []
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("select action, person, role, what from entries order by id").fetchall()


def texts(answers: list[ForwardMsg]) -> list[str]:
    """Everything that a run wrote, and the choices that it offered."""
    found = []
    for answer in answers:
        element = answer.delta.new_element
        kind = element.WhichOneof("type")
        found += [element.html.body] if kind == "html" else []
        found += [element.markdown.body] if kind == "markdown" else []
        found += [element.heading.body] if kind == "heading" else []
        found += [element.selectbox.label, *element.selectbox.options] if kind == "selectbox" else []
    return found


def navigation(answers: list[ForwardMsg]) -> Navigation:
    """The pages that a run knows, in the menu or not."""
    return next(answer.navigation for answer in answers if answer.WhichOneof("type") == "navigation")


def widgets(answers: list[ForwardMsg], value: str) -> list[WidgetState]:
    """The same choice that was never offered, for every widget that was and for those of other roles."""
    forged = [WidgetState(id=f"$$ID-{'0' * 32}-{key}", string_value=value) for key in ("role", "audience", "bailleur")]
    for answer in answers:
        element = answer.delta.new_element
        kind = element.WhichOneof("type")
        if kind == "selectbox":
            forged.append(WidgetState(id=element.selectbox.id, string_value=value))
        if kind in ("multiselect", "button_group"):
            many = StringArray(data=[value])
            forged.append(WidgetState(id=getattr(element, kind).id, string_array_value=many))
    return forged


def asks_to_sign_in(answers: list[ForwardMsg]) -> bool:
    """Whether a run said nothing but that one has to sign in."""
    buttons = [answer.delta.new_element.button.label for answer in answers]
    return [label for label in buttons if label] == ["Se connecter"] and not any(
        word in text for text in texts(answers) for word in EVERYTHING
    )
