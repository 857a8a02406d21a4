"""Personal data stops at the door: recognised in declared columns, never read anywhere else, never repeated."""

from __future__ import annotations

from pathlib import Path

import duckdb
import openpyxl
import pytest

from pipelines.errors import PersonalDataError
from pipelines.privacy import pattern
from tests.pipelines.exports import (
    INTERVENTIONS,
    SHORT,
    SHORT_HEADER,
    TERRITORY,
    World,
    csv_of,
    csv_text,
    record,
    staged,
    write,
)

PHONES = [
    "0612345678",
    "06 12 34 56 78",
    "06.12.34.56.78",
    "06-12-34-56-78",
    "06/12/34/56/78",
    "06\u00a012\u00a034\u00a056\u00a078",
    "06\u202f12\u202f34\u202f56\u202f78",
    "06  12  34  56  78",
    "06 - 12 - 34 - 56 - 78",
    "06–12–34–56–78",
    "06 123 456 78",
    "(06) 12 34 56 78",
    "02 40 12 34 56",
    "+33612345678",
    "+33 6 12 34 56 78",
    "+33 (0)6 12 34 56 78",
    "+33.2.40.12.34.56",
    "0033612345678",
    "00 33 6 12 34 56 78",
    "rappeler le 0612345678 ce soir",
    "Tél.0612345678",
    "tel:06 12 34 56 78",
    "0240123456/0612345678",
]
EMAILS = ["a@b.fr", "jean.dupont@orange.fr", "écrire à <jean@x.co.uk>", "rené@mairie.fr", "J-D+x@mairie-orvault.fr"]
NAMES = [
    "M. Dupont",
    "M.Dupont",
    "M.\u00a0Dupont",
    "M. de La Tour",
    "M. d’Artagnan",
    "MM. Dupont et Durand",
    "M DUPONT",
    "Mr Dupont",
    "mr dupont",
    "Mme Durand",
    "Mme\u00a0Durand",
    "Mme. Durand",
    "MME DURAND",
    "Mme D.",
    "vu Madame Élodie ce soir",
    "(monsieur dupont)",
    "chez Mlle Durand",
]
INNOCENT = [
    "2026-01-05",
    "05/01/2026",
    "05-01-2026 21:40",
    "05/07/2026 21h40",
    "05.07.2026 21:40:00",
    "47.2397,-1.5894",
    "-1.589412345",
    "0,612345678",
    "1234567890123",
    "441140107 441140108",
    "FR76 3000 6000 0112 3456 7890 189",
    "Orvault 44700",
    "11 rue de Plaisance, 44700 Orvault",
    "Hall A, porte 06 12",
    "Bâtiment M",
    "ligne C6 vers 500 m.",
    "G2023K036305",
    "INT-2026-01-05-0612",
]
IDENTIFIERS = [*INNOCENT, "0000000001", "0123456789", "0240001234", "20260105-0612", "0240-2026-0001", "06-2026-000123"]


def looks_personal(text: str, *, identifier: bool = False) -> bool:
    """What DuckDB says of a text."""
    row = duckdb.execute("select regexp_matches(?, ?)", [text, pattern(identifier=identifier)]).fetchone()
    assert row is not None
    return row[0]


@pytest.mark.parametrize("text", [*PHONES, *EMAILS, *NAMES])
def test_what_looks_like_a_person_is_seen(text: str):
    assert looks_personal(text)


@pytest.mark.parametrize("text", [*EMAILS, *NAMES, *(phone for phone in PHONES if "0240" not in phone)])
def test_it_is_seen_in_a_column_of_identifiers_too(text: str):
    assert looks_personal(text, identifier=True)


@pytest.mark.parametrize("text", INNOCENT)
def test_dates_numbers_and_addresses_are_no_person(text: str):
    assert not looks_personal(text)


@pytest.mark.parametrize("text", IDENTIFIERS)
def test_identifiers_of_digits_are_no_phone_numbers(text: str):
    assert not looks_personal(text, identifier=True)


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("06 12 34 56 78", "un numéro de téléphone"),
        ("jean.dupont@orange.fr", "une adresse électronique"),
        ("vu Mme Durand", "le nom d'une personne"),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
def test_the_file_is_stopped_with_its_line_and_column_and_the_value_is_not_said(
    tmp_path: Path, in_process: None, value: str, kind: str, encoding: str
):
    rows = [["i1", "2026-01-05", "", "Cholière", "a\nb"], ["i2", "2026-01-05", "", "Cholière", value]]
    file = write(tmp_path / "interventions.csv", csv_text(SHORT_HEADER, rows).encode(encoding))
    with pytest.raises(PersonalDataError) as raised:
        staged(file, record(tmp_path, SHORT))
    said = str(raised.value)
    assert said.startswith("interventions.csv, ligne 4, colonne « note » : la valeur ressemble à " + kind)
    assert "fiche.toml" in said
    assert not any(part in said for part in (value, "06 12", "dupont", "Durand"))


@pytest.mark.parametrize("column", ["id", "quartier", "note"])
def test_every_declared_text_is_looked_at(tmp_path: Path, column: str):
    row = dict(zip(SHORT_HEADER, ["i1", "2026-01-05", "", "Cholière", "x"], strict=True)) | {
        column: "+33 6 12 34 56 78"
    }
    with pytest.raises(PersonalDataError, match=f"ligne 2, colonne « {column} »"):
        staged(write(tmp_path / "interventions.csv", csv_of([row])), record(tmp_path, SHORT))


def test_coded_columns_and_columns_joined_together_are_looked_at(tmp_path: Path):
    how = record(tmp_path, SHORT.replace('mode_action = "note"', 'motif = "note"\npublic_type = ["a", "b"]'))
    for column in ("note", "b"):
        row = dict(zip([*SHORT_HEADER, "a", "b"], ["i1", "2026-01-05", "", "P", "tag", "x", "y"], strict=True))
        file = write(tmp_path / "interventions.csv", csv_of([row | {column: "M. Dupont"}]))
        with pytest.raises(PersonalDataError, match=f"colonne « {column} »"):
            staged(file, how)


def test_a_spreadsheet_is_looked_at_too(tmp_path: Path, in_process: None):
    book = openpyxl.Workbook()
    for row in [
        ["Titre"],
        SHORT_HEADER,
        ["i1", "2026-01-05", None, "P", None],
        [],
        ["i2", "2026-01-05", None, "P", 612345678],
        ["i3", "2026-01-05", None, "P", "06 12 34 56 78"],
    ]:
        book.worksheets[0].append(row)
    book.save(tmp_path / "interventions.xlsx")
    with pytest.raises(PersonalDataError, match=r"interventions\.xlsx, ligne 6, colonne « note »"):
        staged(tmp_path / "interventions.xlsx", record(tmp_path, SHORT))


def test_the_name_of_a_shop_is_excused_by_the_record_and_nothing_else_is(tmp_path: Path):
    how = record(tmp_path, 'not_personal = ["Monsieur Bricolage"]\n' + SHORT)
    shop = ["i1", "2026-01-05", "", "P", "MONSIEUR  bricolage"]
    file = write(tmp_path / "interventions.csv", csv_text(SHORT_HEADER, [shop]))
    assert staged(file, how).values("mode_action") == [("MONSIEUR bricolage",)]
    write(file, csv_text(SHORT_HEADER, [shop, ["i2", "2026-01-05", "", "P", "Monsieur Dupont"]]))
    with pytest.raises(PersonalDataError, match="ligne 3"):
        staged(file, how)


SECRET = "ZQXSECRET"
PUBLIC = "ZQXPUBLIC"
PERSON = f"M. {SECRET.capitalize()}, 06 12 34 56 78"


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> World:
    """A warehouse made from exports that hold personal data wherever it must not be read, and in rejected rows."""
    rows = [
        {"id_intervention": "i1", "date_service": "2026-01-05", "quartier": "P", "mode_action": PUBLIC},
        {"id_intervention": "i2", "date_service": PERSON, "quartier": "P"},
        {
            "id_intervention": "i3",
            "date_service": "2026-01-05",
            "heure_debut": PERSON,
            "quartier": "P",
            "gravite": PERSON,
        },
        {"id_intervention": "i4", "date_service": "2026-01-05"},
    ]
    everywhere = {"commentaire": f"{SECRET} {PERSON}", "Nom de l'habitant": SECRET, "téléphone": "0612345678"}
    world = World(
        tmp_path_factory.mktemp("privacy"), 'unreadable_files = "skip"\n' + TERRITORY, interventions=INTERVENTIONS
    )
    text = csv_of([row | everywhere for row in rows])
    world.export("interventions a.csv", f"Export fait par {SECRET}\r\n" + text + f"{SECRET};trop court\r\n")
    world.export("interventions b.csv", f"i9;{SECRET} Marie;0612345678\r\n" * 3)
    world.export("interventions c.csv", csv_of([rows[0] | {"mode_action": PERSON}]))
    world.build()
    return world


def everything(world: World) -> str:
    """Every value of every table, as text."""
    tables = [row[0] for row in world.query("select table_name from duckdb_tables()")]
    return "\n".join(str(row) for table in tables for row in world.query(f"select * from {table}"))


def test_no_undeclared_value_is_in_the_warehouse(published: World):
    content, raw = everything(published), published.where.warehouse.read_bytes()
    assert PUBLIC in content
    assert PUBLIC.encode() in raw
    assert SECRET.lower() not in content.lower()
    assert SECRET.lower().encode() not in raw.lower()
    assert "0612345678" not in content.replace(" ", "")
    assert b"06 12 34" not in raw


def test_what_was_dropped_is_named_and_counted(published: World):
    found = published.query(
        "select column_name from import_warnings where kind = 'colonne_non_declaree' and file_id = 1"
    )
    assert {row[0] for row in found} == {"commentaire", "Nom de l'habitant", "téléphone"}


def test_what_was_rejected_is_masked_when_it_looks_like_a_person(published: World):
    found = published.query("select line, column_name, received from rejected_rows where file_id = 1 order by line")
    assert (4, "date_service", "(masqué)") in found
    assert [line for line, _, _ in found] == [4, 6, 7]


def test_files_left_out_say_why_without_what_was_in_them(published: World):
    errors = dict(published.query("select name, error from import_files where error is not null"))
    assert "Colonnes reconnues : aucune" in errors["interventions b.csv"]
    assert "ligne 2, colonne « mode_action »" in errors["interventions c.csv"]


def test_nothing_is_left_beside_the_warehouse(published: World):
    beside = {file.name for file in published.folder.iterdir()}
    assert beside <= {"territoire", "raw", "entrepot.duckdb", "entrepot.duckdb.lock"}
