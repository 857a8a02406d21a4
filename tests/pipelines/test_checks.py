"""Each kind of contract, broken on purpose, stops the publication and leaves the last warehouse as it was."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from pipelines import checks
from pipelines.checks import CONTRACTS, check
from pipelines.errors import ContractError
from pipelines.schema import tables
from pipelines.settings import ROOT
from tests.pipelines.exports import INTERVENTIONS, LEAFLET, TERRITORY, World, csv_of

RAW = tomllib.loads(CONTRACTS.read_text(encoding="utf-8"))
RECORDS = {
    name: f'table = "{name}"\nfiles = "{name}*"\nkey = "row"\n'
    for name in ("lieux", "presence", "sinistres_bailleur", "actions_scolaires", "evenements")
}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """A small warehouse with a row in every table."""
    made = World(tmp_path_factory.mktemp("checks"), TERRITORY + LEAFLET, interventions=INTERVENTIONS, **RECORDS)
    rows = [
        {
            "id_intervention": n,
            "date_service": "2026-01-06",
            "heure_debut": "21:40",
            "quartier": "P",
            "lieu_id": "L1",
            "motif": "tag",
        }
        for n in range(5)
    ]
    made.export("interventions.csv", csv_of([*rows, {"id_intervention": "x", "date_service": "hier", "quartier": "P"}]))
    made.export("lieux.csv", "lieu_id;libelle;nb_logements\nL1;Hall;40\n")
    made.export("presence.csv", "date_service;quartier;heure_debut;heure_fin\n2026-01-06;P;15:00;18:00\n")
    made.export("sinistres_bailleur.csv", "bailleur_code;residence;mois;groupe\nB;R;2026-01-01;suivi\n")
    made.export("actions_scolaires.csv", "date;theme\n2026-01-06;respect\n")
    made.export("evenements.csv", "date_debut;libelle\n2026-01-06;Travaux\n")
    made.build()
    return made


@pytest.fixture
def con(world: World, tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A copy of it, attached as the build attaches the one that it makes."""
    copy = tmp_path / "copy.duckdb"
    copy.write_bytes(world.where.warehouse.read_bytes())
    with duckdb.connect(":memory:") as connection:
        connection.execute(f"attach '{copy}' as w")
        yield connection


def test_what_the_build_made_keeps_every_contract(con: duckdb.DuckDBPyConnection):
    assert check(con) > 60


BREAKS = [
    ("key", "update w.interventions set intervention_id = '1'", "interventions : clé intervention_id en double"),
    (
        "key empty",
        "update w.interventions set intervention_id = null where intervention_id = '2'",
        "intervention_id vide",
    ),
    (
        "key of several",
        "insert into w.presence select * from w.presence limit 1",
        "presence : clé service_date, neighbourhood_id, hour, source en double",
    ),
    (
        "filled",
        "update w.interventions set service_date = null where intervention_id = '1'",
        "interventions : service_date vide",
    ),
    (
        "values",
        "update w.interventions set season = 'printemps' where intervention_id = '1'",
        "interventions : season hors de ses valeurs",
    ),
    (
        "schema values",
        "update w.interventions set motif = 'bagarre' where intervention_id = '1'",
        "interventions : motif hors de ses valeurs",
    ),
    (
        "reference",
        "update w.interventions set place_id = 'L9' where intervention_id = '1'",
        "place_id absent de places.place_id",
    ),
    (
        "between",
        "update w.interventions set hour = 24 where intervention_id = '1'",
        "interventions : hour hors de 0 à 23",
    ),
    ("units", "update w.service_days set planned_hours = 33", "service_days : planned_hours hors de 0 à 24"),
    (
        "sum of rows",
        "delete from w.interventions where intervention_id = '1'",
        "somme fausse : interventions chargées = lignes de la table",
    ),
    (
        "sum of the ledger",
        "update w.import_files set duplicates = 3 where table_name = 'lieux'",
        "somme fausse : lignes lues = chargées + doublons + rejetées",
    ),
    (
        "sum of rejections",
        "delete from w.rejected_rows",
        "somme fausse : lignes rejetées du registre = lignes du détail",
    ),
    (
        "sum of activity",
        "update w.activity_daily set interventions = 7",
        "somme fausse : interventions = activité journalière ; trouvé : 5 et 7",
    ),
    ("sum of days", "delete from w.service_days", "somme fausse : interventions = jours du calendrier"),
    ("sum of places", "delete from w.places", "somme fausse : lieux chargés = lignes de la table"),
    ("sum of events", "delete from w.events", "somme fausse : événements chargés = lignes de la table"),
    ("sum of repairs", "delete from w.landlord_repairs", "somme fausse : sinistres chargés = lignes de la table"),
    ("sum of actions", "delete from w.school_actions", "somme fausse : actions chargées = lignes de la table"),
]


@pytest.mark.parametrize(("sql", "said"), [case[1:] for case in BREAKS], ids=[case[0] for case in BREAKS])
def test_a_broken_contract_is_said_with_what_was_found(con: duckdb.DuckDBPyConnection, sql: str, said: str):
    con.execute(sql)
    with pytest.raises(ContractError) as raised:
        check(con)
    assert said in str(raised.value)
    assert re.search(r"trouvé : \d+", str(raised.value))


def test_every_broken_contract_is_said_at_once(con: duckdb.DuckDBPyConnection):
    con.execute("update w.interventions set hour = 24, motif = 'bagarre'; delete from w.places")
    with pytest.raises(ContractError) as raised:
        check(con)
    assert str(raised.value).count("\n- ") >= 4
    assert "interventions : hour hors de 0 à 23 ; trouvé : 5 ligne(s), toléré : 0" in str(raised.value)


@pytest.mark.parametrize("sql", [case[1] for case in BREAKS[6:8]], ids=[case[0] for case in BREAKS[6:8]])
def test_a_build_that_breaks_one_publishes_nothing(world: World, monkeypatch: pytest.MonkeyPatch, sql: str):
    before = world.where.warehouse.read_bytes()
    whole = checks.check

    def spoilt(connection: duckdb.DuckDBPyConnection) -> int:
        connection.execute(sql)
        return whole(connection)

    monkeypatch.setattr(checks, "check", spoilt)
    with pytest.raises(ContractError):
        world.build()
    assert world.where.warehouse.read_bytes() == before
    assert not list(world.folder.glob(".*"))


def test_contracts_name_tables_and_columns_that_exist(con: duckdb.DuckDBPyConnection):
    for table, contract in RAW.items():
        if table == "sums":
            continue
        columns = {row[0] for row in con.execute(f"describe w.{table}").fetchall()}
        named = {*contract.get("key", []), *contract.get("filled", [])}
        for section in ("values", "between", "references", "schema"):
            named |= set(contract.get(section, {}))
        assert named <= columns, table
        assert set(contract.get("schema", {}).values()) <= set(tables()["interventions"])


def test_every_table_has_a_contract(world: World):
    assert {name for (name,) in world.query("select table_name from duckdb_tables()")} == set(RAW) - {"sums"}


def dictionary() -> dict[str, dict[str, str]]:
    """Tables of docs/data.md: type by column."""
    found: dict[str, dict[str, str]] = {}
    table = ""
    for line in (ROOT / "docs" / "data.md").read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            table = line.strip("# `") if line.startswith("### ") else ""
        elif table and line.startswith("|") and not line.startswith(("| column |", "|---")):
            names, kind = (cell.strip().replace("`", "") for cell in line.split("|")[1:3])
            found.setdefault(table, {}).update(dict.fromkeys(names.split(", "), kind))
    return found


def test_every_column_is_in_the_dictionary_and_the_other_way_round(world: World):
    found: dict[str, dict[str, str]] = {}
    for table, column, kind in world.query(
        "select table_name, column_name, data_type from duckdb_columns() where not internal"
    ):
        found.setdefault(table, {})[column] = kind
    written = {table: columns for table, columns in dictionary().items() if table in found}
    assert written == found
