"""Tables as files: a CSV and a workbook whose cells are real numbers and dates, with a sheet that says what they are.

No text of the data can become a formula: it is quoted in a CSV (`formats.csv_safe`) and typed as text in a workbook.
"""

from __future__ import annotations

import html
import io
import math
import re
import tomllib
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from dashboard import clock, formats
from dashboard.markup import Cell, Column
from dashboard.warehouse import Build

if TYPE_CHECKING:
    from openpyxl.cell.cell import Cell as BookCell
    from openpyxl.workbook import Workbook

FIGURES, ABOUT = "Données", "À propos"
NOTES = Path(__file__).parent / "texts" / "exports.toml"
METHOD = "Chaque calcul est décrit à la page Méthodes du tableau de bord, avec ses limites."
UNIT = "celle de l’en-tête de chaque colonne"
DAY, MOMENT, MONTH = "dd/mm/yyyy", "dd/mm/yyyy hh:mm", "mmm yyyy"
NARROWEST, WIDEST, ABOUT_WIDTHS = 9, 46, (22, 96)  # characters
LONGEST_CELL, LONGEST_NAME = 32_767, 60  # characters: the most that Excel takes in a cell, in a file's name
PERCENT_SLACK = 1.0  # points between a share and how it is shown, roundings included
_SPACE = "[ \u00a0\u202f]"
_SHOWN = re.compile(rf"([+\-−]?)(\d{{1,3}}(?:{_SPACE}\d{{3}})+|\d+)(?:,(\d+))?{_SPACE}?(%|€|h)?")
_DAY = re.compile(r"(\d{2})/(\d{2})/(\d{4})")
_MONTHS = {formats.month(date(2000, number, 1)).split()[0]: number for number in range(1, 13)}
_TAG = re.compile(r"<[^>]*>")
_FORBIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True)
class Notes:
    """What a table rests on; an empty text says nothing.

    counted: headers that the column whose sum is n may have. period: in the place of the choice shown.
    """

    unit: str = ""
    method: str = ""
    counted: Sequence[str] = ()
    period: str = ""


@dataclass(frozen=True)
class About:
    """The sheet « À propos »: what a reader who only has the file needs to know."""

    title: str
    period: str
    unit: str
    n: int | None
    built_at: datetime
    source: str
    method: str
    fictional: bool


@dataclass(frozen=True)
class Value:
    """A cell as it is written: a number, a date, a text or nothing, and the number format of a workbook."""

    value: float | int | date | str | None
    format: str = "General"
    shown: str = ""


Cells = Sequence[Sequence[Value]]


def notes(name: str) -> Notes:
    """What is known of the table downloaded as `name`: the entry of `texts/exports.toml` with its longest beginning."""
    known = _notes()
    found = max((key for key in known if name == key or name.startswith(f"{key}_")), key=len, default=None)
    return known[found] if found else Notes()


def values(columns: Sequence[Column], rows: Sequence[Sequence[object]]) -> list[list[Value]]:
    """Every cell with its own type. A cell is what is shown, or a pair: shown, value."""
    return [[value(cell, column) for cell, column in zip(row, columns, strict=True)] for row in rows]


def frame_values(frame: pd.DataFrame) -> tuple[list[Column], list[list[Value]]]:
    """Columns and cells of a frame that holds values rather than texts."""
    columns = [
        Column(str(name), is_number=_holds_numbers(frame.iloc[:, place])) for place, name in enumerate(frame.columns)
    ]
    return columns, [[Value(*_typed(cell, "")) for cell in row] for row in frame.astype(object).to_numpy().tolist()]


def _holds_numbers(column: pd.Series) -> bool:
    return pd.api.types.is_numeric_dtype(column.dtype) and not pd.api.types.is_bool_dtype(column.dtype)


def value(cell: object, column: Column) -> Value:
    """One cell. A hidden or an unobserved figure stays the word that says so; a number written in a text is read."""
    given: object = None
    is_pair = isinstance(cell, tuple)
    if isinstance(cell, tuple):
        cell, given = cell
    if isinstance(cell, Cell):
        cell, given, is_pair = _words(cell.html), cell.value, cell.value is not None
    shown = formats.NOT_GIVEN if cell is None else str(cell)
    if not is_pair:
        given = _read(shown, is_number=column.is_number) if isinstance(cell, str) else cell
    return Value(*_typed(given, shown), shown)


def about(title: str, known: Notes, period: str, build: Build, sheet: tuple[Sequence[Column], Cells]) -> About:
    """What is said of a table of this build: what is known of it, else what is true of any."""
    return About(
        title=title,
        period=known.period or period,
        unit=known.unit or UNIT,
        n=counted(*sheet, known.counted),
        built_at=clock.local(build.built_at),
        source=f"{build.title} ({build.territory})",
        method=known.method or METHOD,
        fictional=build.fictional,
    )


def table_csv(columns: Sequence[Column], cells: Cells, _about: About) -> bytes:
    """The table as the CSV that a French spreadsheet opens with a double click: it holds the table alone."""
    rows = [[cell.value for cell in row] for row in cells]
    frame = pd.DataFrame(rows, columns=range(len(columns)), dtype=object)
    frame.columns = pd.Index([column.header for column in columns])
    return formats.table_csv(frame)


def workbook(columns: Sequence[Column], cells: Cells, about: About) -> bytes:
    """The table as a workbook of two sheets: figures under a header that stays in sight, and what they are."""
    from openpyxl import Workbook  # heavy: only who asks for a workbook pays for it

    book = Workbook(write_only=True)
    book.properties.title = _clean(about.title + (" – Données fictives" if about.fictional else ""))
    book.properties.creator = "Optimédia"
    _figures(book, columns, cells)
    _about(book, about)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def counted(columns: Sequence[Column], cells: Cells, headers: Sequence[str]) -> int | None:
    """Sum of the first column with one of these headers; None without it, or when a cell of it is no whole number."""
    by_header = {column.header: place for place, column in enumerate(columns)}
    place = next((by_header[header] for header in headers if header in by_header), None)
    found = [] if place is None else [row[place].value for row in cells]
    whole = [number for number in found if isinstance(number, int)]
    return sum(whole) if whole and len(whole) == len(found) else None


def slug(words: str) -> str:
    """A file's name made of words: without accents, figures or dates."""
    plain = unicodedata.normalize("NFKD", words.replace("’", " ")).encode("ascii", "ignore").decode().lower()
    kept = [word for word in re.findall(r"[a-z]+", plain) if len(word) > 1 and word not in {"du", "au", "des", "et"}]
    return "_".join(kept)[:LONGEST_NAME].rstrip("_") or "tableau"


@cache
def _notes() -> Mapping[str, Notes]:
    raw = tomllib.loads(NOTES.read_text(encoding="utf-8"))
    return {name: Notes(**entry) for name, entry in raw.items()}


def _words(markup: str) -> str:
    return html.unescape(_TAG.sub(" ", markup)).strip()


def _typed(given: object, shown: str) -> tuple[Any, str]:
    """Value and number format of what is known; what is missing is the word shown in its place."""
    if given is None or given is pd.NA or given is pd.NaT or (isinstance(given, float) and not math.isfinite(given)):
        return (shown or None), "General"
    if isinstance(given, bool | np.bool_):
        return ("oui" if given else "non"), "General"
    if isinstance(given, int | float | Decimal | np.number):
        return _number(given, shown)
    if isinstance(given, date):
        return _date(given, shown)
    if isinstance(given, list | tuple | set | np.ndarray):
        return ", ".join(map(str, given)), "General"
    return str(given), "General"


def _number(given: float | Decimal | np.number, shown: str) -> tuple[float | int, str]:
    exact = float(given)
    found = _SHOWN.fullmatch(shown)
    decimals = len(found[3] or "") if found else (2 if exact != int(exact) else 0)
    digits = "#,##0" + ("." + "0" * decimals if decimals else "")
    number = int(exact) if exact.is_integer() and (decimals == 0 or isinstance(given, int)) else exact
    if found is None:
        return number, digits
    if found[4] == "%":
        is_share = abs(100 * exact - _as_shown(found)) <= PERCENT_SLACK
        return (exact, f"{digits.replace('#,##0', '0')}%") if is_share else (number, digits)
    return number, digits + {"€": '\u00a0"€"', "h": '\u00a0"h"'}.get(found[4] or "", "")


def _date(given: date, shown: str) -> tuple[date, str]:
    if isinstance(given, pd.Timestamp):
        given = given.to_pydatetime()
    if isinstance(given, datetime):
        given = given.replace(tzinfo=None)
        if given.time() != time.min:
            return given, MOMENT
        given = given.date()
    return given, MONTH if _month(shown) else DAY


def _read(shown: str, *, is_number: bool) -> object:
    """The date, or in a column of numbers the number, that a text is from end to end; else the text."""
    if found := _DAY.fullmatch(shown):
        try:
            return date(int(found[3]), int(found[2]), int(found[1]))
        except ValueError:
            return shown
    if month := _month(shown):
        return month
    found = _SHOWN.fullmatch(shown) if is_number else None
    if found is None:
        return shown
    number = _as_shown(found)
    return number / 100 if found[4] == "%" else number


def _month(shown: str) -> date | None:
    words = shown.replace("\u00a0", " ").split(" ")
    is_month = len(words) == 2 and words[0] in _MONTHS and re.fullmatch(r"\d{4}", words[1])  # noqa: PLR2004
    return date(int(words[1]), _MONTHS[words[0]], 1) if is_month else None


def _as_shown(found: re.Match[str]) -> float:
    digits = re.sub(r"\D", "", found[2])
    return float(f"{'-' if found[1] in '-−' and found[1] else ''}{digits}.{found[3] or 0}")


def _figures(book: Workbook, columns: Sequence[Column], cells: Cells) -> None:
    from openpyxl.styles import Alignment, Font, PatternFill
    from openpyxl.utils import get_column_letter

    sheet = book.create_sheet(FIGURES)
    sheet.freeze_panes = "A2"
    sheet.sheet_properties.pageSetUpPr.fitToPage = True  # type: ignore[union-attr]
    sheet.page_setup.orientation, sheet.page_setup.fitToHeight = "landscape", 0
    for place, column in enumerate(columns):
        longest = max((len(row[place].shown or str(row[place].value or "")) for row in cells), default=0)
        width = max(NARROWEST, min(WIDEST, max(longest, min(len(column.header), 22)) + 3))
        sheet.column_dimensions[get_column_letter(place + 1)].width = width
    sheet.auto_filter.ref = f"A1:{get_column_letter(max(1, len(columns)))}{len(cells) + 1}"
    header = [_cell(sheet, Value(column.header)) for column in columns]
    for cell, column in zip(header, columns, strict=True):
        cell.font, cell.fill = Font(bold=True), PatternFill("solid", fgColor="E3ECEE")
        cell.alignment = Alignment(wrap_text=True, vertical="top", horizontal="right" if column.is_number else "left")
    sheet.append(header)
    for row in cells:
        written = [_cell(sheet, one) for one in row]
        for cell, column in zip(written, columns, strict=True):
            if column.is_number and cell.data_type == "s":
                cell.alignment = Alignment(horizontal="right")
        sheet.append(written)


def _about(book: Workbook, about: About) -> None:
    from openpyxl.styles import Alignment, Font

    sheet = book.create_sheet(ABOUT)
    for letter, width in zip("AB", ABOUT_WIDTHS, strict=True):
        sheet.column_dimensions[letter].width = width
    said: list[tuple[str, Value]] = [
        ("Titre", Value(about.title)),
        *([("Avertissement", Value("Données fictives"))] if about.fictional else []),
        ("Période et choix", Value(about.period)),
        ("Unité", Value(about.unit)),
        *([("n", Value(about.n, "#,##0"))] if about.n is not None else []),
        ("Entrepôt construit le", Value(about.built_at.replace(tzinfo=None, microsecond=0), MOMENT)),
        ("Source", Value(about.source)),
        ("Méthode", Value(about.method)),
    ]
    for name, what in said:
        label, cell = _cell(sheet, Value(name)), _cell(sheet, what)
        label.font, label.alignment = Font(bold=True), Alignment(vertical="top")
        cell.alignment = Alignment(wrap_text=True, vertical="top", horizontal="left")
        sheet.append([label, cell])


def _cell(sheet: Any, written: Value) -> BookCell:  # noqa: ANN401 - openpyxl's sheets have no common type
    """A cell of its own type: a text is a text whatever it begins with, and stays one when it is edited."""
    from openpyxl.cell import WriteOnlyCell

    if not isinstance(written.value, str):
        given: Any = written.value
        cell = WriteOnlyCell(sheet, given)
        cell.number_format = written.format
        return cell
    words = _clean(written.value)[:LONGEST_CELL]
    cell = WriteOnlyCell(sheet, words)
    cell.data_type = "s"
    cell.quotePrefix = formats.csv_safe(words) != words
    return cell


def _clean(words: str) -> str:
    """The text without the characters that a workbook can't hold."""
    return _FORBIDDEN.sub("", words)


FORMATS: dict[str, Callable[[Sequence[Column], Cells, About], bytes]] = {"csv": table_csv, "xlsx": workbook}
