"""Workbooks of every kind, as offices make them and as nobody should."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlwt
from hypothesis import given, settings
from hypothesis import strategies as st
from odf.opendocument import OpenDocumentSpreadsheet
from odf.table import Table, TableCell, TableRow
from odf.text import P

from pipelines.errors import UnreadableFileError
from pipelines.settings import ROOT
from tests.pipelines.exports import QUICK, SHORT, SHORT_HEADER, TERRITORY, Staged, World, record, staged, write

Sheet = Sequence[Sequence[object]]
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
CORNER = "XFD1048576"
ROWS: Sheet = [
    SHORT_HEADER,
    [1, date(2026, 1, 5), time(21, 40), "Plaisance", "a"],
    [2.0, datetime(2026, 1, 6), datetime(2026, 1, 6, 0, 20), "Cholière", 3.5],
    ["x3", "07/01/2026", "21h40", "Plaisance", True],
    [],
    [None] * 5,
    [4, datetime(2026, 1, 8, 14, 30), time(0, 0), "Plaisance", None],
    [5, "plus tard", None, "Plaisance", 1e15],
]
FOUND = [
    ("1", date(2026, 1, 5), time(21, 40), "Plaisance", "a"),
    ("2", date(2026, 1, 6), time(0, 20), "Cholière", "3.5"),
    ("x3", date(2026, 1, 7), time(21, 40), "Plaisance", "vrai"),
    ("4", date(2026, 1, 8), time(0, 0), "Plaisance", None),
]


def xlsx(file: Path, sheets: dict[str, Sheet]) -> Path:
    """A workbook as Excel writes it."""
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    book.save(file)
    return file


def xls(file: Path, sheets: dict[str, Sheet]) -> Path:
    """A workbook as old Excel wrote it."""
    book = xlwt.Workbook()
    forms = {date: "DD/MM/YYYY", time: "HH:MM", datetime: "DD/MM/YYYY HH:MM"}
    for name, rows in sheets.items():
        sheet = book.add_sheet(name)
        for i, row in enumerate(rows):
            for j, value in enumerate(row):
                if value is not None:
                    form = forms.get(type(value))
                    sheet.write(i, j, value, *([xlwt.easyxf(num_format_str=form)] if form else []))
    book.save(str(file))
    return file


def ods(file: Path, sheets: dict[str, Sheet]) -> Path:
    """A workbook as LibreOffice writes it."""
    book: Any = OpenDocumentSpreadsheet()
    for name, rows in sheets.items():
        table = Table(name=name)
        for row in rows:
            line = TableRow()
            for value in row:
                line.addElement(ods_cell(value))
            table.addElement(line)
        book.spreadsheet.addElement(table)
    book.save(str(file))
    return file


def ods_cell(value: object) -> Any:
    """One typed cell."""
    match value:
        case None:
            return TableCell()
        case bool():
            return TableCell(valuetype="boolean", booleanvalue=str(value).lower())
        case date():
            return TableCell(valuetype="date", datevalue=value.isoformat())
        case time():
            return TableCell(valuetype="time", timevalue=f"PT{value:%H}H{value:%M}M00S")
        case int() | float():
            return TableCell(valuetype="float", value=value)
    cell = TableCell(valuetype="string")
    cell.addElement(P(text=value))
    return cell


WRITERS: dict[str, Callable[[Path, dict[str, Sheet]], Path]] = {"xlsx": xlsx, "xls": xls, "ods": ods}
every_format = pytest.mark.parametrize("kind", list(WRITERS))
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:odf", "ignore::DeprecationWarning:xlwt")


@pytest.fixture
def read(tmp_path: Path, in_process: None) -> Callable[..., Staged]:
    """Read and map the sheets of a workbook."""

    def reading(kind: str, sheets: dict[str, Sheet], record_text: str = SHORT) -> Staged:
        return staged(WRITERS[kind](tmp_path / f"interventions.{kind}", sheets), record(tmp_path, record_text))

    return reading


@every_format
def test_typed_cells_become_dates_times_and_whole_numbers(read: Callable[..., Staged], kind: str):
    found = read(kind, {"Feuil1": ROWS})
    assert found.values("id_intervention", "date_service", "heure_debut", "quartier", "mode_action") == FOUND
    assert found.lines == [2, 3, 4, 7]
    assert found.rejected == [(8, "date", "date illisible", "plus tard")]
    assert found.extract.rows == 5


@every_format
def test_title_rows_and_an_empty_first_column_are_passed_over(read: Callable[..., Staged], kind: str):
    shifted = [[None, *row] for row in ROWS]
    found = read(kind, {"Feuil1": [["Export du service"], [], [None, None, "Période", 2026], *shifted]})
    assert found.values("id_intervention", "date_service", "heure_debut", "quartier", "mode_action") == FOUND
    assert found.lines == [5, 6, 7, 10]


@every_format
def test_the_sheet_is_found_by_its_name_however_it_is_spelt(read: Callable[..., Staged], kind: str):
    sheets = {"Notice": [["Mode d'emploi"]], "Données 2026": ROWS}
    found = read(kind, sheets, 'sheet = "donnees  2026"\n' + SHORT)
    assert found.lines == [2, 3, 4, 7]


@every_format
def test_the_first_sheet_is_read_when_none_is_named(read: Callable[..., Staged], kind: str):
    assert read(kind, {"Données": ROWS, "Notice": [["Mode d'emploi"]]}).lines == [2, 3, 4, 7]


@every_format
def test_a_sheet_that_is_not_there_is_said_with_those_that_are(read: Callable[..., Staged], kind: str):
    with pytest.raises(UnreadableFileError, match=f"interventions.{kind} : la feuille « Mars » manque ; .*: Un, Deux"):
        read(kind, {"Un": ROWS, "Deux": ROWS}, 'sheet = "Mars"\n' + SHORT)


def test_a_table_that_begins_far_from_the_corner_keeps_its_lines(tmp_path: Path, in_process: None):
    book = openpyxl.Workbook()
    for row, cells in {
        3: SHORT_HEADER,
        4: ["a", date(2026, 1, 5), None, "P"],
        9: ["b", date(2026, 1, 6), None, "P"],
    }.items():
        for column, value in enumerate(cells, start=4):
            book.worksheets[0].cell(row, column, value)
    book.save(tmp_path / "interventions.xlsx")
    found = staged(tmp_path / "interventions.xlsx", record(tmp_path, SHORT))
    assert (found.values("id_intervention"), found.lines) == ([("a",), ("b",)], [4, 9])


def test_a_note_beside_the_table_is_an_undeclared_column(read: Callable[..., Staged]):
    rows = [SHORT_HEADER, [1, date(2026, 1, 5), None, "P", "x", None, "à revoir"], [2, date(2026, 1, 6)]]
    found = read("xlsx", {"Feuil1": rows})
    assert (found.lines, found.rejected) == ([2, 3], [])


def test_typed_dates_are_read_whatever_formats_the_record_says(read: Callable[..., Staged]):
    found = read("xlsx", {"Feuil1": ROWS}, SHORT.replace('"iso", "%d/%m/%Y"', '"%d/%m/%Y"'))
    assert [row[0] for row in found.values("date_service")] == [row[1] for row in FOUND]


def test_a_time_over_a_day_is_unreadable_and_counted(read: Callable[..., Staged]):
    found = read("xlsx", {"Feuil1": [SHORT_HEADER, [1, date(2026, 1, 5), timedelta(hours=25), "P", "x"]]})
    assert found.values("heure_debut") == [(None,)]
    assert found.warnings == {("valeur_illisible", "heure"): 1}


def plain_workbook() -> bytes:
    """Bytes of a workbook that is read without a word."""
    out = io.BytesIO()
    book = openpyxl.Workbook()
    for row in ROWS:
        book.worksheets[0].append(list(row))
    book.save(out)
    return out.getvalue()


def zipped(entries: dict[str, bytes]) -> bytes:
    """A zip."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return out.getvalue()


def encrypted_zip() -> bytes:
    """A zip whose entries say that they need a password."""
    content = bytearray(zipped({"mimetype": b"application/vnd.oasis.opendocument.spreadsheet", "content.xml": b"x"}))
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = -1
        while (at := content.find(mark, at + 1)) >= 0:
            content[at + offset] |= 1
    return bytes(content)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("interventions.xlsx", b"", "le fichier est vide"),
        ("interventions.xlsx", b"id;date;heure", "tronqué ou d'un autre format"),
        ("interventions.xls", b"<html><table><tr><td>id</td></tr></table></html>", "tronqué ou d'un autre format"),
        ("interventions.xlsx", plain_workbook()[:4000], "tronqué ou d'un autre format"),
        ("interventions.xlsx", plain_workbook()[:-10], "tronqué ou d'un autre format"),
        ("interventions.xlsx", OLE + bytes(4096), "protégé par un mot de passe"),
        ("interventions.ods", encrypted_zip(), "protégé par un mot de passe"),
        ("interventions.xls", OLE + bytes(4096), "illisible ou abîmé"),
        ("interventions.xls", plain_workbook(), "illisible ou abîmé"),
        ("interventions.xlsx", zipped({"lisez-moi.txt": b"bonjour"}), "illisible ou abîmé"),
        ("interventions.ods", zipped({"lisez-moi.txt": b"bonjour"}), "illisible ou abîmé"),
    ],
)
def test_what_is_no_workbook_gives_one_french_error(
    tmp_path: Path, in_process: None, name: str, content: bytes, said: str
):
    with pytest.raises(UnreadableFileError) as raised:
        staged(write(tmp_path / name, content), record(tmp_path, SHORT))
    assert str(raised.value).startswith(f"{name} : ")
    assert said in str(raised.value)


@every_format
def test_a_workbook_with_a_header_alone_or_nothing_is_said(read: Callable[..., Staged], kind: str):
    with pytest.raises(UnreadableFileError, match="qu'un en-tête, aucune ligne"):
        read(kind, {"Feuil1": [SHORT_HEADER]})
    with pytest.raises(UnreadableFileError, match="en-tête introuvable"):
        read(kind, {"Feuil1": [["Notice"]]})


def test_ten_thousand_columns_are_refused(read: Callable[..., Staged]):
    with pytest.raises(UnreadableFileError, match="10005 colonnes"):
        read("xlsx", {"Feuil1": [[*SHORT_HEADER, *(f"c{n}" for n in range(10_000))]]})


@settings(QUICK, max_examples=15)
@given(
    kind=st.sampled_from(list(WRITERS)),
    at=st.lists(st.tuples(st.floats(0, 1), st.binary(max_size=4)), min_size=1, max_size=4),
)
def test_any_damage_to_a_workbook_is_refused_or_accounted_for(
    tmp_path_factory, kind: str, at: list[tuple[float, bytes]]
):
    folder = tmp_path_factory.getbasetemp()
    file = WRITERS[kind](folder / f"interventions.{kind}", {"Feuil1": ROWS})
    content = file.read_bytes()
    for share, piece in at:
        start = int(share * len(content))
        content = content[:start] + piece + content[start + len(piece) :]
    try:
        found = staged(write(file, content), record(folder, SHORT))
    except UnreadableFileError as error:
        assert str(error).startswith(f"{file.name} : ")
    else:
        assert len(found.lines) + len(found.rejected) == found.extract.rows + found.extract.broken


def bomb() -> bytes:
    """A workbook of one megabyte that unzips to more than a gibibyte."""
    out = io.BytesIO(plain_workbook())
    with (
        zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as archive,
        archive.open("xl/media/image1.png", "w", force_zip64=True) as entry,
    ):
        for _ in range(1030):
            entry.write(bytes(1 << 20))
    return out.getvalue()


def two_corners() -> bytes:
    """A workbook with a cell at each end of the largest sheet."""
    out = io.BytesIO()
    book = openpyxl.Workbook()
    for row in ROWS:
        book.worksheets[0].append(list(row))
    book.worksheets[0][CORNER] = "x"
    book.save(out)
    return out.getvalue()


def repeated_rows(folder: Path) -> bytes:
    """A small ODS whose one line is said to be repeated to the end of the largest sheet."""
    book: Any = OpenDocumentSpreadsheet()
    table = Table(name="s")
    line = TableRow(numberrowsrepeated=1_048_000)
    cell = TableCell(valuetype="string", numbercolumnsrepeated=16_384)
    cell.addElement(P(text="boum"))
    line.addElement(cell)
    table.addElement(line)
    book.spreadsheet.addElement(table)
    book.save(str(folder / "b.ods"))
    return (folder / "b.ods").read_bytes()


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> tuple[World, int]:
    """A build where hostile workbooks lie beside a good one, and the peak memory of its processes, in KiB."""
    world = World(tmp_path_factory.mktemp("hostile"), 'unreadable_files = "skip"\n' + TERRITORY, interventions=SHORT)
    world.export("interventions 0.xlsx", plain_workbook())
    world.export("interventions 1 bombe.xlsx", bomb())
    world.export("interventions 2 coins.xlsx", two_corners())
    world.export("interventions 3 bombe.ods", repeated_rows(world.folder))
    places = ("--territory", world.where.territory, "--raw", world.where.raw, "--warehouse", world.where.warehouse)
    process = subprocess.Popen(
        [sys.executable, "-m", "pipelines", "build", *places], cwd=ROOT, stdout=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return world, usage.ru_maxrss


def test_bombs_are_refused_and_the_rest_is_read(hostile: tuple[World, int]):
    world, _ = hostile
    errors = dict(world.query("select name, error from import_files"))
    assert errors.pop("interventions 0.xlsx") is None
    assert "plus de 1 Gio une fois décompressé" in errors["interventions 1 bombe.xlsx"]
    assert all(error.startswith(name) and "CSV" in error for name, error in errors.items())
    assert len(errors) == 3
    assert world.query("select count(*) from interventions") == [(4,)]


def test_bombs_do_not_fill_the_memory(hostile: tuple[World, int]):
    assert hostile[1] < 2 << 20
