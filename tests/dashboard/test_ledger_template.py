"""The workbook that landlords fill: it is what the pipelines read, and its example is fictional and correct."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from dashboard.ledger_template import ENTRIES, ENTRY, EXAMPLE, FILE_NAME, GUIDE, RULES, example_rows, template
from pipelines.errors import UnreadableFileError
from pipelines.records import load_record
from pipelines.schema import slug, tables
from pipelines.settings import ROOT
from tests.pipelines.exports import Staged, staged, work_database

RECORD = ROOT / "config" / "orvault" / "exports" / "sinistres_bailleur.toml"
pytestmark = pytest.mark.usefixtures("in_this_process")


@pytest.fixture
def in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workbooks are made plain in this process, as the tests of the pipelines do."""
    from tests.pipelines.exports import convert_here

    monkeypatch.setattr("pipelines.extract._run", convert_here)


def opened() -> Any:
    """The workbook, opened again."""
    return openpyxl.load_workbook(io.BytesIO(template()))


def sent(book: Any, folder: Path) -> Staged:
    """What the pipelines make of the workbook once it is sent."""
    file = folder / FILE_NAME
    book.save(file)
    return staged(file, load_record(RECORD), con=work_database())


def test_its_columns_are_those_of_the_canonical_ledger():
    declared = tables()["sinistres_bailleur"]
    assert [slug(column.name) for column in ENTRIES] == list(declared)
    assert [column.is_required for column in ENTRIES] == [column.required for column in declared.values()]
    assert load_record(RECORD).reads(FILE_NAME)


def test_filled_with_its_example_it_is_read_without_loss(tmp_path: Path):
    book = opened()
    for row, values in enumerate(example_rows(), start=2):
        for position, value in enumerate(values, start=1):
            book[ENTRY].cell(row, position, value)
    found = sent(book, tmp_path)
    columns = ("bailleur_code", "residence", "mois", "categorie", "nb", "cout_ht", "groupe", "nb_logements")
    assert found.values(*columns) == [tuple(row) for row in example_rows()]
    assert (found.rejected, found.warnings) == ([], {})
    assert found.con.execute("select count(*) from dropped_rows").fetchall() == [(0,)]


def test_sent_empty_its_example_is_not_taken_for_data(tmp_path: Path):
    with pytest.raises(UnreadableFileError, match="aucune ligne"):
        sent(opened(), tmp_path)


def test_the_example_says_that_it_is_fictional_and_can_be_read(tmp_path: Path):
    book = opened()
    assert book.sheetnames == [ENTRY, EXAMPLE, GUIDE]
    assert "fictives" in EXAMPLE
    assert "Données fictives" in book[EXAMPLE]["A1"].value
    assert all("(fictif)" in row[1] for row in example_rows())
    book.move_sheet(EXAMPLE, offset=-1)
    assert len(sent(book, tmp_path).values("row")) == len(example_rows())


def test_the_example_shows_what_the_rules_ask_for():
    rows = example_rows()
    assert {row[6] for row in rows} == {"suivi", "comparaison"}
    assert any(row[4] == 0 and row[5] == 0 for row in rows)
    assert any(row[5] is None for row in rows)
    assert any(isinstance(row[5], float) and row[5] < 0 for row in rows)


def test_the_guide_explains_every_column_and_rule():
    cells = [cell.value for row in opened()[GUIDE].iter_rows() for cell in row if cell.value is not None]
    assert {column.name for column in ENTRIES} <= set(cells)
    assert {column.meaning for column in ENTRIES} | set(RULES) <= set(cells)


def test_the_spreadsheet_itself_offers_the_groups_and_refuses_wrong_numbers():
    checks = {check.promptTitle: check for check in opened()[ENTRY].data_validations.dataValidation}
    assert checks["Groupe"].formula1 == '"suivi,comparaison"'
    bounds = {column.name: column for column in tables()["sinistres_bailleur"].values()}
    assert (checks["Nb"].type, checks["Nb"].formula1) == ("whole", str(bounds["nb"].low))
    assert (checks["Nb logements"].type, checks["Nb logements"].formula2) == ("whole", str(bounds["nb_logements"].high))
    assert all(len(check.prompt) <= 255 and len(check.promptTitle) <= 32 for check in checks.values())
