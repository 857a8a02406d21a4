"""Who is looking: identities against rules, the demonstration, this machine alone; and what the relations then hold."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard import warehouse
from dashboard.access import (
    SUPERVISOR,
    AccessDenied,
    Rules,
    Viewer,
    admit,
    is_local,
    read_rules,
    viewer_of,
)
from dashboard.menu import PAGES, pages
from pipelines.settings import ROOT, SettingsError
from tests.dashboard.warehouses import BUILD, two_years, write

CITY, LANDLORD, COMMITTEE = Viewer("ville"), Viewer("bailleur", "BAIL-A"), Viewer("comite")
RULES = """
[people]
"Anne.Martin@Ville.example" = { role = "ville" }
"gestion@a.example" = { role = "bailleur", landlord = "BAIL-A" }

[[claims]]
claim = "groups"
value = "mediation"
role = "superviseur"

[[claims]]
claim = "department"
value = "habitat"
role = "comite"
"""


@pytest.fixture
def rules(tmp_path: Path) -> Rules:
    (tmp_path / "access.toml").write_text(RULES, encoding="utf-8")
    return read_rules(tmp_path / "access.toml")


@pytest.mark.parametrize(
    ("identity", "expected"),
    [
        ({"email": "anne.martin@ville.example", "email_verified": True}, CITY),
        ({"email": "  ANNE.MARTIN@VILLE.EXAMPLE ", "email_verified": True}, CITY),
        ({"email": "gestion@a.example", "email_verified": "true"}, LANDLORD),
        ({"sub": "7", "groups": ["sport", "mediation"]}, SUPERVISOR),
        ({"sub": "7", "department": "habitat"}, COMMITTEE),
        ({"email": "gestion@a.example", "email_verified": True, "groups": ["mediation"]}, LANDLORD),
    ],
)
def test_an_identity_is_a_role(rules: Rules, identity: dict, expected: Viewer):
    assert admit(identity, rules) == expected


@pytest.mark.parametrize(
    "identity",
    [
        {},
        {"email": "anne.martin@ville.example.evil"},
        {"email": "anne.martin@ville.example", "email_verified": False},
        {"email": "anne.martin@ville.example", "email_verified": "false"},
        {"email": "anne.martin@ville.example", "email_verified": 1.5},
        {"email": ["anne.martin@ville.example"]},
        {"email": "inconnue@ville.example", "email_verified": True},
        {"groups": "mediation et autres"},
        {"groups": {"mediation": True}},
        {"role": "superviseur"},
        {"department": ""},
    ],
)
def test_anybody_else_is_refused(rules: Rules, identity: dict):
    with pytest.raises(AccessDenied):
        admit(identity, rules)


def test_an_address_of_which_nothing_is_said_names_somebody_only_where_that_is_allowed(rules: Rules, tmp_path: Path):
    with pytest.raises(AccessDenied, match="vérifiée"):
        admit({"email": "gestion@a.example"}, rules)
    (tmp_path / "lax.toml").write_text("needs_verified_email = false\n" + RULES, encoding="utf-8")
    lax = read_rules(tmp_path / "lax.toml")
    assert admit({"email": "gestion@a.example"}, lax) == LANDLORD
    with pytest.raises(AccessDenied, match="vérifiée"):
        admit({"email": "gestion@a.example", "email_verified": False}, lax)


@given(
    st.dictionaries(st.text(max_size=12), st.one_of(st.text(max_size=20), st.booleans(), st.lists(st.text(max_size=9))))
)
def test_no_identity_is_somebody_without_rules(identity: dict):
    with pytest.raises(AccessDenied):
        admit(identity, Rules({}, (), needs_verified=False))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[people]\n"a@b.c" = { role = "admin" }', "admin"),
        ('[people]\n"a@b.c" = { role = "bailleur" }', "bailleur:CODE"),
        ('[people]\n"a@b.c" = { role = "ville", landlord = "BAIL-A" }', "ville:BAIL-A"),
        ('[people]\n"pas une adresse" = { role = "ville" }', "adresse électronique"),
        ('[people]\n"a@b.c" = { role = "ville", until = 2027 }', "until"),
        ('[[claims]]\nclaim = "groups"\nrole = "ville"', "value"),
        ('[person]\n"a@b.c" = { role = "ville" }', "person"),
        ('[[claims]]\nclaim = "email"\nvalue = "a@b.c"\nrole = "ville"', "[people]"),
        ("[people", "TOML"),
    ],
)
def test_a_wrong_rule_is_named_and_nobody_is_let_in(tmp_path: Path, text: str, said: str):
    (tmp_path / "access.toml").write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError, match=r"access\.toml") as error:
        read_rules(tmp_path / "access.toml")
    assert said in str(error.value)


def test_without_a_file_nobody_is_known(tmp_path: Path):
    assert not read_rules(tmp_path / "access.toml").people


@pytest.mark.parametrize("file", sorted(ROOT.glob("config/*/access.toml")), ids=lambda file: file.parent.name)
def test_the_rules_that_are_shipped_let_nobody_in(file: Path):
    rules = read_rules(file)
    assert not rules.people
    assert not rules.claims


@pytest.mark.parametrize(
    ("address", "headers", "expected"),
    [
        ("127.0.0.1", {"Host": "127.0.0.1:8501"}, True),
        ("localhost", {"host": "localhost:8501"}, True),
        ("::1", {"Host": "[::1]:8501"}, True),
        ("", {"Host": "127.0.0.1:8501"}, False),
        ("0.0.0.0", {"Host": "127.0.0.1:8501"}, False),
        ("127.0.0.1", {"Host": "mediation.example"}, False),
        ("127.0.0.1", {}, False),
        ("127.0.0.1", {"Host": "127.0.0.1", "X-Forwarded-For": "10.0.0.7"}, False),
        ("127.0.0.1", {"Host": "127.0.0.1", "forwarded": "for=10.0.0.7"}, False),
        ("127.0.0.1", {"Host": "127.0.0.1.evil.example"}, False),
    ],
)
def test_this_machine_is_told_from_the_others(address: str, headers: dict, expected: bool):
    assert is_local(address, headers) is expected


@pytest.mark.parametrize("viewer", [SUPERVISOR, CITY, LANDLORD, COMMITTEE])
def test_a_viewer_and_its_code_are_one(viewer: Viewer):
    assert viewer_of(viewer.code) == viewer


@pytest.mark.parametrize("code", ["", "admin", "bailleur", "bailleur:", "ville:BAIL-A", "Superviseur", "superviseur "])
def test_a_code_that_is_no_role_is_refused(code: str):
    with pytest.raises(ValueError, match="rôle"):
        viewer_of(code)


def test_who_may_read_what_was_published_for_whom():
    others = (SUPERVISOR, CITY, LANDLORD, Viewer("bailleur", "BAIL-B"), COMMITTEE)
    allowed = {viewer.code: {other.code for other in others if viewer.may_read(other)} for viewer in others}
    assert allowed["superviseur"] == {other.code for other in others}
    assert allowed["ville"] == {"ville", "comite"}
    assert allowed["bailleur:BAIL-A"] == {"bailleur:BAIL-A"}
    assert allowed["comite"] == {"comite"}


def test_the_menu_of_each_role():
    assert pages(SUPERVISOR) == list(PAGES)
    assert {page.name for page in pages(COMMITTEE)} == {"comite", "methodes"}
    for viewer in (CITY, LANDLORD):
        assert not {"points_chauds", "qualite", "journal"} & {page.name for page in pages(viewer)}
        assert all(page.shared or page.file(viewer).stem.startswith("publie_") for page in pages(viewer))
    assert all(
        page.file(viewer).exists() for viewer in (SUPERVISOR, CITY, LANDLORD, COMMITTEE) for page in pages(viewer)
    )


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two years of data."""
    return two_years(tmp_path_factory.mktemp("built") / "w.duckdb", fictional=False)


@pytest.fixture
def published(built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Viewer]]:
    """Two years of data, and a publisher that says for whom it was asked."""
    monkeypatch.setenv("OPTIMEDIA_WAREHOUSE", str(shutil.copy(built, tmp_path / "w.duckdb")))
    asked: list[Viewer] = []

    def publish(viewer: Viewer) -> dict[str, pd.DataFrame]:
        asked.append(viewer)
        rows = warehouse.query("activity_totals", **_whole())
        periods = pd.DataFrame({"period": [f"{int(rows['any_origin'].iloc[0])}"]})
        return {"build": warehouse.query("build"), "published_periods": periods}

    before = warehouse._STORE.publisher
    warehouse.publish_with(publish)
    yield asked
    warehouse._STORE.publisher = before


def _whole() -> dict[str, object]:
    nothing: list[str] = []
    everything: dict[str, object] = {"neighbourhoods": nothing, "registers": nothing, "motifs": nothing}
    return everything | {"start": "2024-01-01", "end": "2025-12-31", "is_request": None}


def test_a_partner_reads_what_was_published_and_no_row(published: list[Viewer]):
    with warehouse.acting(LANDLORD):
        assert len(warehouse.query("published_periods")) == 1
        assert warehouse.build_info().title == "Médiation d’essai"
        for name in ("activity_totals", "map_points", "filter_bounds", "rejected_lines", "cost_landlords"):
            with pytest.raises(AccessDenied):
                warehouse.query(name, **dict.fromkeys(warehouse._sql(name)[1]))
    assert published == [LANDLORD]


def test_no_query_of_the_supervisor_answers_a_partner(published: list[Viewer]):
    """Reference tables and published ones apart, whose names a partner's relations do hold."""
    shared = {"build", "neighbourhoods", "events", "landlord_repairs"}
    refused = []
    for file in sorted((ROOT / "dashboard" / "queries").glob("*.sql")):
        tables = set(re.findall(r"\bw\.(\w+)", file.read_text(encoding="utf-8")))
        if any(table not in shared and not table.startswith("published_") for table in tables):
            refused.append(file.stem)
            with warehouse.acting(CITY), pytest.raises(AccessDenied):
                warehouse.query(file.stem, **dict.fromkeys(warehouse._sql(file.stem)[1]))
    assert len(refused) > 50


def test_what_one_reader_was_answered_never_answers_another(published: list[Viewer]):
    keys = set()
    for viewer in (SUPERVISOR, CITY, LANDLORD, Viewer("bailleur", "BAIL-B")):
        with warehouse.acting(viewer):
            keys.add(warehouse.identity())
            assert warehouse.query("build")["title"].tolist() == ["Médiation d’essai"]
    assert len(keys) == 4
    assert published == [CITY, LANDLORD, Viewer("bailleur", "BAIL-B")]


def test_a_new_build_is_published_anew(published: list[Viewer], built: Path, tmp_path: Path):
    with warehouse.acting(CITY):
        before = warehouse.query("published_periods")["period"].tolist()
        shutil.copy(built, tmp_path / "new.duckdb")
        with duckdb.connect(str(tmp_path / "new.duckdb")) as connection:
            connection.execute("update build set title = 'Autre'")
        (tmp_path / "new.duckdb").replace(tmp_path / "w.duckdb")
        assert warehouse.build_info().title == "Autre"
        assert warehouse.query("published_periods")["period"].tolist() == before
    assert published == [CITY, CITY]


def test_nothing_is_published_without_a_publisher(published: list[Viewer], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(warehouse._STORE, "publisher", None)
    with warehouse.acting(COMMITTEE), pytest.raises(warehouse.WarehouseError):
        warehouse.query("build")


@pytest.mark.parametrize(("files", "expected"), [([True], True), ([True, False], False), ([], True)])
def test_a_warehouse_with_one_real_file_is_real(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: list[bool], expected: bool
):
    rows = [{"file_id": n, "name": "f", "loaded": 5, "fictional": fictional} for n, fictional in enumerate(files)]
    monkeypatch.setenv("OPTIMEDIA_WAREHOUSE", str(write(tmp_path / "w.duckdb", build=[BUILD], import_files=rows)))
    assert warehouse.is_fictional() is expected
