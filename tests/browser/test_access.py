"""Who may see what, attacked in a real browser and by hand: a real identity provider, real data, visitors who cheat.

What must not arrive is looked for in everything that does: each websocket frame and each answer of the server.
"""

from __future__ import annotations

import base64
import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest

from dashboard.access import WITHOUT_LOGIN
from dashboard.menu import PAGES, pages
from pipelines.settings import ROOT
from tests.browser.oidc import OUTSIDE, USER_COOKIE, Provider, sign_in, sign_out, signed
from tests.browser.server import Server, free_port
from tests.browser.visitors import (
    BRAVO,
    CLOSED,
    EVERYTHING,
    FORGED,
    HOSTILE,
    PEOPLE,
    ROLES,
    ROWS,
    RULES,
    TITLE,
    Heard,
    asks_to_sign_in,
    cookies,
    menu,
    navigation,
    texts,
    trail,
    widgets,
    write_real,
)
from tests.browser.wire import Wire, held


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    """Everybody who can sign in somewhere."""
    with Provider(PEOPLE) as running:
        yield running


@pytest.fixture(scope="module")
def territory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A territory whose rules know some of them."""
    folder = tmp_path_factory.mktemp("access") / "territory"
    shutil.copytree(ROOT / "config" / "orvault", folder)
    (folder / "access.toml").write_text(RULES, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two years of data that are said to be real, with the words above where they belong."""
    return write_real(tmp_path_factory.mktemp("real") / "w.duckdb")


@pytest.fixture(scope="module")
def house(real: Path, territory: Path, provider: Provider, tmp_path_factory) -> Iterator[Callable[[], Server]]:
    """Start a server, each time a new process, where people sign in; the trail of all is beside the warehouse."""
    folder, running = tmp_path_factory.mktemp("secrets"), []

    def start() -> Server:
        port = free_port()
        secrets = provider.secrets(folder / f"{port}.toml", port)
        arguments = ("--secrets.files", str(secrets))
        running.append(Server(real, territory, port=port, arguments=arguments, environment={WITHOUT_LOGIN: "1"}))
        return running[-1]

    yield start
    for server in running:
        server.stop()


@pytest.fixture(scope="module")
def server(house: Callable[[], Server]) -> Server:
    """One of them, for the tests that do not need a new one."""
    return house()


@pytest.fixture(scope="module")
def shut(real: Path, territory: Path) -> Iterator[Server]:
    """A server of real data without login or option."""
    with Server(real, territory, environment={WITHOUT_LOGIN: "0"}) as running:
        yield running


def test_a_closed_page_typed_first_on_a_fresh_server_by_nobody(visit, server: Server, real: Path):
    assert trail(real) == [], "somebody was here before: this test comes first"
    heard = Heard(server)
    page = visit(f"/{CLOSED}", server=server, prepare=heard.prepare)
    assert "Connectez-vous" in page.get_by_role("alert").inner_text()
    assert held(EVERYTHING, heard.payloads()) == set()
    assert trail(real) == []


def test_a_closed_page_typed_first_on_a_fresh_server_by_a_landlord(visit, house, real: Path):
    fresh, before = house(), len(trail(real))
    heard = Heard(fresh, cookies(fresh, "alpha"))
    page = visit(f"/{CLOSED}", server=fresh, prepare=heard.prepare)
    assert "pas ouverte à votre rôle" in page.get_by_role("alert").inner_text()
    assert held(ROWS | BRAVO, heard.payloads()) == set()
    landlord = ("gestion@alpha.example", "bailleur")
    rows = [("connexion", *landlord, "tableau de bord"), ("refus", *landlord, "Points chauds")]
    assert trail(real)[before:] == rows, "refused, and not said to be open"


def test_each_role_signs_in_to_its_own_menu_and_out(visit, server: Server, real: Path):
    page = visit("/", server=server, allowed=(OUTSIDE,))
    for person, viewer in ROLES.items():
        assert menu(page) == []
        assert TITLE not in page.locator("body").inner_text()
        sign_in(page, person)
        assert menu(page) == [offered.title for offered in pages(viewer)]
        name = str(PEOPLE[person].get("email", person))
        assert f"{name}\u00a0: {viewer.label}" in page.get_by_test_id("stSidebar").inner_text()
        assert ("connexion", name, viewer.role, "tableau de bord") in trail(real)
        sign_out(page)
    assert menu(page) == []
    assert TITLE not in page.locator("body").inner_text()


def test_who_is_unknown_or_not_verified_is_refused_kindly(visit, server: Server, real: Path):
    heard = Heard(server)
    page = visit("/carte", server=server, prepare=heard.prepare, allowed=(OUTSIDE,))
    for person, said in (("passante", "n’est pas encore connu"), ("usurpateur", "n’est pas vérifiée")):
        before = len(trail(real))
        heard.payloads()
        sign_in(page, person)
        assert said in page.get_by_role("alert").inner_text()
        assert menu(page) == []
        assert held(EVERYTHING, heard.payloads()) == set()
        assert trail(real)[before:] == [("refus", PEOPLE[person]["email"], "", "tableau de bord")]
        sign_out(page)


def test_a_cookie_that_was_not_signed_here_signs_nobody_in(visit, server: Server):
    genuine = cookies(server, "chef")[USER_COOKIE]
    with Wire(server.url, {USER_COOKIE: genuine}) as wire:
        wire.run(page_name="qualite")
        wire.run(page_name="carte")
        reached = {TITLE, "quartier-zq02", "releve-zq17.csv", "lieu-zq19"}
        assert held(EVERYTHING, wire.received) >= reached, "the genuine one does"
    payload, *signature = genuine.rsplit(".", 2)
    claims = PEOPLE["chef"]
    plain = json.dumps({"origin": server.url, "is_logged_in": True, **claims})
    forged = [
        plain,
        quote(plain),
        base64.urlsafe_b64encode(plain.encode()).decode(),
        signed(claims, server.url, secret="another-secret"),
        signed(claims, server.url, secret=""),
        signed(claims, server.url, name="_streamlit_user_tokens"),
        signed(claims, "http://127.0.0.1:1"),
        signed({**claims, "is_logged_in": False}, server.url),
        ".".join([signed(claims, server.url, secret="another-secret").rsplit(".", 2)[0], *signature]),
        ".".join([payload, signature[0], signature[1][::-1]]),
        payload,
        "",
    ]
    for cookie in forged:
        with Wire(server.url, {USER_COOKIE: cookie}) as wire:
            assert asks_to_sign_in(wire.run(page_name="qualite")), cookie
            assert held(EVERYTHING, wire.received) == set()
    heard = Heard(server, {USER_COOKIE: forged[3]})
    page = visit("/qualite", server=server, prepare=heard.prepare)
    assert page.get_by_role("button", name="Se connecter").count() == 1
    assert held(EVERYTHING, heard.payloads()) == set()


def test_no_parameter_shows_a_landlord_more(visit, server: Server):
    viewer, landlord = ROLES["alpha"], cookies(server, "alpha")

    def run(page: str, parameters: Mapping[str, object]) -> list[str]:
        with Wire(server.url, landlord) as wire:
            answers = wire.run(page_name=page, query_string=urlencode(parameters, doseq=True))
            assert held(ROWS | BRAVO, wire.received) == set()
        shown = texts(answers)
        assert f"gestion@alpha.example\u00a0: {viewer.label}" in shown
        return shown

    first, *others = [offered.name for offered in pages(viewer)]
    expected = run(first, {})
    assert not [text for text in expected if "BAIL-B" in text]
    for parameters in HOSTILE:
        assert run(first, parameters) == expected, parameters
    everything = {name: value for parameters in HOSTILE[:-1] for name, value in parameters.items()}
    for name in others:
        run(name, everything)

    heard = Heard(server, landlord)
    page = visit(f"/{first}?{urlencode(HOSTILE[0])}", server=server, prepare=heard.prepare)
    assert viewer.label in page.get_by_test_id("stSidebar").inner_text()
    assert menu(page) == [offered.title for offered in pages(viewer)]
    assert held(ROWS | BRAVO, heard.payloads()) == set()


@pytest.mark.parametrize(("person", "unseen"), [("alpha", ROWS | BRAVO), ("comite", ROWS | BRAVO), (None, EVERYTHING)])
def test_no_message_by_hand_runs_what_a_role_does_not_have(server: Server, person: str | None, unseen: set[str]):
    own = {offered.name for offered in pages(ROLES[person])} if person else set()
    with Wire(server.url, cookies(server, person) if person else {}) as wire:
        answers = wire.run()
        known = {page.url_pathname: page.page_script_hash for page in navigation(answers).app_pages}
        for place, name in enumerate(page.name for page in PAGES):
            if name in own:
                answers = wire.run(page_script_hash=known[name], page_name=name)
                assert 'role="alert"' not in " ".join(texts(answers)), name
            for value in FORGED if name == "comite" else FORGED[place % 3 : place % 3 + 1]:
                forged = wire.run(page_script_hash=known[name], page_name=name, widgets=widgets(answers, value))
                assert name in own or 'role="alert"' in " ".join(texts(forged)), name
        wire.ask(page_script_hash=known["qualite"], fragment_id="0" * 32)
        wire.run(page_script_hash="0" * 32, page_name="dashboard/pages/qualite.py")
        assert held(unseen, wire.received) == set()


def test_somebody_taken_off_the_rules_sees_nothing_from_then_on(server: Server, territory: Path):
    rules = territory / "access.toml"
    with Wire(server.url, cookies(server, "comite")) as wire:
        assert held({TITLE}, [answer.SerializeToString() for answer in wire.run()])
        try:
            rules.write_text(RULES.replace("copil@", "ancien.copil@"), encoding="utf-8")
            answers = wire.run()
        finally:
            rules.write_text(RULES, encoding="utf-8")
        assert "n’est pas encore connu" in " ".join(texts(answers))
        assert held(EVERYTHING, [answer.SerializeToString() for answer in answers]) == set()


def test_real_data_are_not_served_without_a_login(visit, shut: Server):
    heard = Heard(shut)
    page = visit("/qualite", server=shut, prepare=heard.prepare)
    said = page.get_by_role("alert").inner_text()
    assert "aucune connexion n’est configurée" in said
    assert f"{WITHOUT_LOGIN}=1" in said
    assert page.get_by_role("button").count() == 0
    assert held(EVERYTHING, heard.payloads()) == set()
    with Wire(shut.url) as wire:
        for name in [page.name for page in PAGES]:
            wire.run(page_name=name, query_string="role=superviseur")
        assert held(EVERYTHING, wire.received) == set()


def test_the_option_for_this_machine_serves_this_machine_alone(visit, serve, real: Path, territory: Path):
    local = serve(real, territory)
    page = visit("/qualite", server=local)
    assert "releve-zq17.csv" in page.get_by_test_id("stMain").inner_text()
    outsiders = [
        *({"headers": {name: "203.0.113.9"}} for name in ("X-Forwarded-For", "X-Real-IP", "X-Forwarded-Host")),
        {"headers": {"Forwarded": "for=203.0.113.9;proto=https"}},
        {"headers": {"X-Forwarded-Proto": "https"}},
        {"headers": {"Via": "1.1 relais"}},
        {"host": "mediation.example"},
        {"host": f"127.0.0.1.mediation.example:{local.port}"},
        {"host": f"203.0.113.9:{local.port}"},
        {"origin": "https://mediation.example"},
    ]
    for outsider in outsiders:
        with Wire(local.url, **outsider) as wire:
            assert wire.refused or "127.0.0.1, sans relais" in " ".join(texts(wire.run(page_name="qualite"))), outsider
            assert held(EVERYTHING, wire.received) == set(), outsider


def test_an_export_that_cannot_be_recorded_is_refused_in_french(visit, serve, real: Path, territory: Path):
    trail = real.with_suffix(".journal.sqlite")
    kept = trail.with_suffix(".kept")
    page = visit("/qualite", server=serve(real, territory), allowed=("AuditError",))
    trail.rename(kept)
    trail.mkdir()
    try:
        page.get_by_role("button", name="CSV").first.click()
        page.get_by_text("inscrit au journal des exports").wait_for()
    finally:
        trail.rmdir()
        kept.rename(trail)
    with page.expect_download() as waited:
        page.get_by_role("button", name="CSV").first.click()
    assert "releve-zq17.csv" in Path(waited.value.path()).read_text(encoding="utf-8-sig")
