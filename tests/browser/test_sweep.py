"""Every page of every partner, every choice: all that reaches the browser is collected, then attacked.

By reading: no row, no place of another owner, no small count. By subtraction: every labelled figure, with everything
else that is published, against the true counts read by SQL, by linear programming (attack.py). Most choices are asked
for on the websocket by hand, which costs a tenth of a browser; Chromium takes each role through its menu once.
Not covered: two landlords who show each other their screens; two builds of the warehouse set side by side.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

import duckdb
import numpy as np
import pandas as pd
import pytest
from playwright.sync_api import Locator, Page, Response
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from dashboard import formats, publication, warehouse
from dashboard.access import SUPERVISOR, viewer_of
from dashboard.menu import pages
from tests.browser import received
from tests.browser.attack import Attack
from tests.browser.driver import wait_idle
from tests.browser.labelled import Labels, labelled
from tests.browser.received import Table
from tests.browser.server import Server
from tests.browser.truth import APART, TERRITORY, TOGETHER, TOTAL, Cell, read, threshold
from tests.browser.wire import Wire, held

ROLES = ("ville", "bailleur:BAIL-A", "bailleur:BAIL-B", "comite")
IN_CHROMIUM = (
    "ville",
    "bailleur:BAIL-A",
)  # the others by hand, over the same websocket
# On every page: the newest quarter, an older one and a year. What the pages read of the other periods is attacked too,
# in the tables that they are all drawn from.
PERIODS = ("2026-T1", "2025", "2024-T4")
SHEET, LIST = "quartiers", "Fiche du quartier"
CHOOSER = "Vu par (démonstration)"  # on fictional data alone: it names every landlord
# What the choices of the supervisor's pages are called in an address: a partner's pages know none of them.
DIFFERENT = ROLES[:3]  # the committee reads what the city reads
VALUES = {"v": "y", "h": "x"}
# Rows past their retention stand in the middle of a square, as published places do: they are nobody's point any more.
ROWS = """
select intervention_id, started_at, if(generalised, null, longitude), if(generalised, null, latitude)
from interventions
"""
POINT = re.compile(r"(-?\d{1,2}\.\d{4,}), ?(-?\d{1,2}\.\d{4,})")
CRAFTED = {
    **{"quartier": "choliere", "motif": "feu", "registre": "veille_technique", "origine": "demandes"},
    **{"bailleur": "BAIL-C", "landlord": "BAIL-C", "lieu": "Résidence des Aubépines – Habitat du Gué (fictif)"},
    **{"courbe": "semaine", "mesure": "densite", "heure": "23", "jour": "1", "compare": "2024-T4"},
    **{"fiche": "hors_perimetre", "destinataire": "bailleur:BAIL-C", "audience": "superviseur"},
}


@dataclass
class Swept:
    """What a role received: every payload, the tables by page and period, charts, labelled figures."""

    payloads: list[bytes] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    tables: list[tuple[str, str, Table]] = field(default_factory=list)
    plots: list[dict] = field(default_factory=list)
    figures: dict[Cell, set[float | None]] = field(default_factory=dict)


@pytest.fixture(scope="module")
def labels(demo_warehouse: Path) -> Labels:
    """Codes by the words that pages say them in, by family."""
    names = {"motif": "motif", "origine": "origine", "relais": "partenaire"}
    with duckdb.connect(str(demo_warehouse), read_only=True) as connection:
        codes = {
            "motif": connection.execute("select distinct motif from interventions").fetchall(),
            "origine": connection.execute("select distinct origin from interventions").fetchall(),
            "relais": connection.execute("select distinct unnest(partners) from interventions").fetchall(),
        }
        zones = connection.execute("select name, neighbourhood_id from neighbourhoods").fetchall()
    found = {
        family: {formats.label(names[family], code)[:60]: code for (code,) in rows if code}
        for family, rows in codes.items()
    }
    for family in ("motif", "origine"):
        found[family][formats.label(family, "autre")] = "autre"
    return found | {"zones": dict(zones)}


@pytest.fixture(scope="module")
def swept(app: Server, labels: Labels) -> dict[str, Swept]:
    """Everything, by role."""
    _wake(app)
    return {role: _sweep(app, role, labels) for role in ROLES}


def _wake(app: Server) -> None:
    """The first reader waits for the publication."""
    for _ in range(5):
        try:
            with Wire(app.url) as wire:
                wire.run(page_name="synthese", query_string="role=ville")
                return
        except TimeoutError:
            continue
    raise AssertionError("the publication takes more than five minutes")


def _sweep(app: Server, role: str, labels: Labels) -> Swept:
    found = Swept()
    for page in [one.name for one in pages(viewer_of(role))]:
        for period in PERIODS if page != "methodes" else PERIODS[:1]:
            address = {"role": role, "periode": formats.period(period)}
            name, label = ("fiche", LIST) if page == SHEET else ("destinataire", "Destinataire")
            answers = _asked(app, found, page, address)
            _keep(found, answers, labels, role, (page, period))
            for other in received.options(answers, label)[1:]:
                # A session keeps its choice whatever the address says next: each choice is a session of its own.
                whose = "comite" if name == "destinataire" else role
                _keep(found, _asked(app, found, page, address | {name: other}), labels, whose, (page, period))
    return found


def _asked(app: Server, found: Swept, page: str, address: dict[str, str]) -> list[ForwardMsg]:
    with Wire(app.url) as wire:
        answers = wire.run(page_name=page, query_string=urlencode(address))
        found.payloads += wire.received
        return answers


def _keep(found: Swept, answers: list[ForwardMsg], labels: Labels, role: str, where: tuple[str, str]) -> None:
    page, period = where
    found.plots += received.plots(answers)
    chosen = [one for one in received.elements(answers) if one.selectbox.label != CHOOSER]
    found.texts += [text for element in chosen for text in received.texts(element)]
    for table in received.tables(answers):
        found.tables.append((page, period, table))
        for cell, shown in labelled(table, period, labels, is_landlord=role.startswith("bailleur")):
            found.figures.setdefault(cell, set()).add(shown)


@pytest.fixture(scope="module")
def published(demo_warehouse: Path) -> Callable[[str], dict[str, pd.DataFrame]]:
    """The whole of what a role's relations hold, which every page of it is drawn from."""
    made: dict[str, dict[str, pd.DataFrame]] = {}

    def tables(role: str) -> dict[str, pd.DataFrame]:
        if role not in made:
            with pytest.MonkeyPatch.context() as patch, warehouse.acting(SUPERVISOR):
                patch.setenv("OPTIMEDIA_WAREHOUSE", str(demo_warehouse))
                made[role] = publication.tables(viewer_of(role))
        return made[role]

    return tables


def known(tables: dict[str, pd.DataFrame], *, is_landlord: bool) -> dict[Cell, tuple[float, float]]:
    """What published tables say of each count."""
    found: dict[Cell, tuple[float, float]] = {}
    for row in tables["published_counts"].to_dict("records"):
        is_group = is_landlord and row["family"] in APART and row["category"] == "autre"
        if row["family"] != "mois" or len(row["period"]) > 4 or row["category"] == TOTAL:
            cell = Cell(row["family"], row["area"], TOGETHER if is_group else row["category"], row["period"])
            found[cell] = (0, np.inf) if row["is_masked"] else (row["n"], row["n"])
    for row in tables["published_places"].to_dict("records"):
        square, area = row["zone"].split(" ")
        # A quarter lists a square that it, or one before, counted the threshold or more in; a year, its own.
        cell = Cell("lieux", area, square, row["period"])
        found[cell] = (0 if "-" in cell.period else 11, np.inf) if row["is_masked"] else (row["n"], row["n"])
    for row in tables["published_schools"].to_dict("records") if "published_schools" in tables else []:
        cell = Cell("ecoles", TERRITORY, row["theme"], row["period"])
        found[cell] = (0, np.inf) if row["is_masked"] else (row["participants"], row["participants"])
    return found


@pytest.fixture(scope="module")
def attacked(published, demo_warehouse: Path) -> Callable[[str], dict[str, Attack]]:
    """The attack of each year by a role, which may read the committee's deck beside its own pages."""
    made: dict[str, dict[str, Attack]] = {}

    def attacks(role: str) -> dict[str, Attack]:
        if role not in made:
            made[role] = _attacks(role, published, demo_warehouse)
        return made[role]

    return attacks


def _attacks(role: str, tables: Callable[[str], dict[str, pd.DataFrame]], file: Path) -> dict[str, Attack]:
    landlord = viewer_of(role).landlord
    told = known(tables("comite"), is_landlord=False)
    told = known(tables(role), is_landlord=True) | told if landlord else told
    bands = sorted({cell.category for cell in told if cell.family == "tranche" and cell.category[:1].isdigit()})
    merged = {(row["family"], row["period"]) for row in tables("comite")["published_notes"].to_dict("records")}
    truth = read(file, landlord, bands, merged)
    found = {}
    for year in sorted({cell.period[:4] for cell in told}):
        of_year = {cell: value for cell, value in told.items() if cell.period[:4] == year}
        quarters = tuple(sorted({cell.period for cell in of_year if "-" in cell.period}))
        found[year] = Attack(of_year, truth, quarters, landlord is not None)
    return found


@pytest.mark.parametrize("role", ROLES)
def test_no_row_and_nobody_elses_place_is_in_anything_received(swept, demo_warehouse: Path, role: str):
    assert not betrayed(swept[role].payloads, demo_warehouse, role)
    codes = {"BAIL-A", "BAIL-B", "BAIL-C"} - {viewer_of(role).landlord}
    assert not held(codes, [text.encode() for text in swept[role].texts])


def betrayed(payloads: list[bytes], file: Path, role: str) -> set[str]:
    """Identifiers, moments and points of rows, names of files and of others' homes that payloads hold."""
    landlord = viewer_of(role).landlord
    with duckdb.connect(str(file), read_only=True) as connection:
        rows = connection.execute(ROWS)
        rows = rows.fetchall()
        homes = connection.execute("select name, landlord_code from places where dwellings > 0").fetchall()
        sources = connection.execute("select name from import_files").fetchall()
    needles = {name for (name,) in sources} | {name for name, owner in homes if owner is None or owner != landlord}
    words, points = set(), set()
    for payload in payloads:
        text = payload.decode("utf-8", "replace")
        words |= set(re.findall(r"[\w.:-]{6,}", text))
        points |= {f"{float(x):.5f}, {float(y):.5f}" for x, y in POINT.findall(text)}
    found = held(needles, payloads) | {str(row[0]) for row in rows} & words
    found |= {f"{row[1]:%Y-%m-%dT%H:%M:%S}" for row in rows if row[1]} & words
    return found | {f"{row[2]:.5f}, {row[3]:.5f}" for row in rows if row[2] is not None} & points


@pytest.mark.parametrize("role", ROLES)
def test_every_count_read_is_true_or_hidden(swept, attacked, role: str):
    figures = swept[role].figures
    assert len(figures) > 100 and sum(None in shown for shown in figures.values()) > 5
    truths = attacked(role)
    for cell, shown in figures.items():
        attack = truths[cell.period[:4]]
        n = float(attack.value[attack.members(cell)].sum())
        assert shown == {None if 0 < n < threshold(cell) or attack.known[cell][1] == np.inf else n}, (cell, n)


@pytest.mark.parametrize("role", ROLES)
def test_places_are_counted_truly_or_not_at_all(swept, published, attacked, role: str):
    truths = attacked(role)
    squares = {row["name"][:60].rstrip("…"): row["zone"].split(" ") for row in _places(role, published)}
    read_rows = 0
    for _, period, table in swept[role].tables:
        if not table.caption.startswith("Les lieux les plus cités"):
            continue
        for row in table.rows:
            square, area = squares.get(row[0].rstrip("…"), (None, ""))
            counted = dict(zip(table.headers, row, strict=True))
            for when, column in ((period, "Nombre"), (_earlier(period), "Avant")):
                shown, attack = received.number(counted[column]), truths.get(when[:4])
                if square and attack and shown is not None:
                    n = attack.value[attack.members(Cell("lieux", area, square, when))].sum()
                    assert shown == n and not 0 < n < 11, (period, row, when, n)
                    read_rows += 1
    assert read_rows > 10


def _places(role: str, published) -> list[dict]:
    return [row for name in ("comite", role) for row in published(name)["published_places"].to_dict("records")]


def _earlier(period: str) -> str:
    if len(period) == 4:
        return str(int(period) - 1)
    year, quarter = int(period[:4]), int(period[-1])
    return f"{year - 1}-T4" if quarter == 1 else f"{year}-T{quarter - 1}"


@pytest.mark.parametrize("role", ROLES)
def test_charts_hold_what_their_tables_say_and_nothing_else(swept, role: str):
    shown = {number for _, _, table in swept[role].tables for row in table.rows for number in map(received.number, row)}
    assert swept[role].plots
    for plot in swept[role].plots:
        drawn = [
            value for trace in plot["data"] for axis in VALUES[trace.get("orientation", "v")] for value in trace[axis]
        ]
        counts = [value for value in drawn if value is not None]
        assert set(counts) <= shown
        for trace in plot["data"]:
            assert not {"customdata", "ids", "meta"} & trace.keys()
            for words in (*_several(trace.get("text")), *_several(trace.get("hovertext"))):
                said = received.number(words.split("\u00a0: ")[-1])
                assert said is None or said in set(counts), words
        for axis in ("xaxis", "yaxis"):
            for end in plot["layout"].get(axis, {}).get("range", ()):
                assert not counts or end <= 2 * max(*counts, len(drawn)), "an axis longer than what is drawn"


def _several(value: object) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else [str(value)] if value else []


@pytest.mark.parametrize("role", DIFFERENT)
def test_nothing_small_is_deduced_from_all_that_is_published(attacked, role: str):
    for attack in attacked(role).values():
        assert not attack.false()
        assert not attack.found()


def test_the_attack_finds_what_a_careless_publisher_lets_out(attacked):
    attack = attacked("ville")["2025"]
    careless = dict(attack.known)
    for cell, (low, high) in attack.known.items():
        n = float(attack.value[attack.members(cell)].sum())
        if low < high and n >= threshold(cell) and cell.family == "motif":
            careless[cell] = (n, n)  # small counts alone are hidden: totals tell them
    leaky = Attack(careless, attack.truth, attack.quarters, has_own=False)
    assert not leaky.false()
    found = leaky.found()
    assert len(found) > 10
    assert all(low <= n <= high and n < threshold(cell) for cell, (low, n, high) in found.items())


def test_reading_finds_a_row_that_a_careless_page_lets_out(demo_warehouse: Path):
    with duckdb.connect(str(demo_warehouse), read_only=True) as connection:
        row = connection.execute(f"{ROWS} where x_m > 0 and not generalised limit 1").fetchone()
    assert row
    leaks = {str(row[0]), f"{row[1]:%Y-%m-%dT%H:%M:%S}", f"{row[2]:.5f}, {row[3]:.5f}"}
    for leak in (*leaks, "Résidence des Aubépines – Habitat du Gué (fictif)"):
        payload = json.dumps({"hovertext": [leak]}).encode()
        assert leak in betrayed([payload], demo_warehouse, "bailleur:BAIL-A")


@pytest.mark.parametrize("role", ROLES)
def test_choices_that_a_partner_does_not_have_change_nothing(app: Server, swept, role: str):
    address = {"role": role, "periode": formats.period("2025")} | CRAFTED
    for page in [one.name for one in pages(viewer_of(role))]:
        offered = {table for where, period, table in swept[role].tables if (where, period) == (page, "2025")}
        with Wire(app.url) as wire:
            answers = wire.run(page_name=page, query_string=urlencode(address))
            tables = set(received.tables(answers))
            assert tables <= offered and bool(tables) == bool(offered), page
            assert not betrayed(wire.received, app.warehouse, role)


@pytest.mark.parametrize("role", IN_CHROMIUM)
def test_a_browser_receives_nothing_more(visit, app: Server, swept, demo_warehouse: Path, role: str):
    frames: list[bytes] = []
    payloads: list[bytes] = []
    drawn: list[str] = []
    answers: list[Response] = []

    def listen(page: Page) -> None:
        page.on(
            "websocket",
            lambda socket: socket.on(
                "framereceived", lambda frame: frames.append(frame.encode() if isinstance(frame, str) else frame)
            ),
        )
        page.on("response", lambda answer: answers.append(answer))  # noqa: PLW0108 - Playwright marks what it is given

    page = visit(f"/?{urlencode({'role': role, 'periode': formats.period('2025')})}", prepare=listen)
    for one in pages(viewer_of(role)):
        page.get_by_test_id("stSidebarNav").get_by_role("link", name=one.title).click()
        page.get_by_role("heading", name=one.title, level=1).wait_for()
        wait_idle(page)
        drawn.append(page.content())
    _open_committee(page)
    for kind in ("CSV", "Excel"):
        payloads += _downloaded(page, page.get_by_role("button", name=re.compile(rf"^{kind}")).first)
    for kind in ("pptx", "pdf"):
        payloads += _downloaded(page, page.locator(f".st-key-comite_{kind} button"))
    payloads += [answer.body() for answer in answers if "/media/" in answer.url and answer.ok]
    assert len(frames) > 100 and len(payloads) > 20
    assert not betrayed([*frames, *payloads, *(text.encode() for text in drawn)], demo_warehouse, role)
    told = {table for _, period, table in swept[role].tables if period == "2025"}
    seen = {table for text in drawn for table in received.in_html(text)}
    seen |= set(received.tables(ForwardMsg.FromString(frame) for frame in frames))
    assert seen and {table for table in seen if table.caption} <= told


def _open_committee(page: Page) -> None:
    page.get_by_test_id("stSidebarNav").get_by_role("link", name="Comité de pilotage").click()
    wait_idle(page)
    page.get_by_role("button", name="Préparer les fichiers").click()
    page.locator(".st-key-comite_pdf button").wait_for(timeout=60_000)
    wait_idle(page)


def _downloaded(page: Page, button: Locator) -> list[bytes]:
    with page.expect_download(timeout=60_000) as waited:
        button.click()
    return received.unpacked(waited.value.path().read_bytes())
