"""Spreadsheets (xlsx, xlsm, xls, ods) as rows of text, with the number of the row in the sheet."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import islice
from pathlib import Path

from python_calamine import (
    CalamineError,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
    WorksheetNotFound,
)

from pipelines.errors import UnreadableFileError
from pipelines.schema import slug

MAX_UNZIPPED = 1 << 30
OLE_MAGIC = b"\xd0\xcf\x11\xe0"
RESAVE = "Ouvrez-le dans un tableur et enregistrez-le de nouveau, ou exportez-le en CSV."


@dataclass(frozen=True)
class Sheet:
    """Rows of the sheet that is read, numbered from 1, and the first ones of each other sheet in sight."""

    rows: Iterator[tuple[int, list[str]]]
    others: dict[str, list[list[str]]]


def read(path: Path, sheet: str | None, first: int) -> Sheet:
    """Rows that hold something, as text: ISO dates, integers without decimals; of other sheets the `first` ones, unless
    the sheet is named.

    Raises UnreadableFileError: damaged, password-protected, too large once unzipped, or without that sheet.
    """
    _check_container(path)
    try:
        with CalamineWorkbook.from_path(path) as book:
            name = _sheet_name(book.sheet_names, sheet)
            table = list(book.get_sheet_by_name(name).iter_rows())
            others = {} if sheet else _others(book, name, first)
    except PasswordError:
        raise _protected() from None
    except WorksheetNotFound:
        raise UnreadableFileError(f"la feuille « {sheet} » ne peut pas être lue.") from None
    except (CalamineError, OSError, ValueError) as error:
        raise UnreadableFileError(f"classeur illisible ou abîmé ({error}). {RESAVE}") from None
    return Sheet(_texts(table), others)


def _others(book: CalamineWorkbook, name: str, first: int) -> dict[str, list[list[str]]]:
    listed = [s.name for s in book.sheets_metadata if s.typ == SheetTypeEnum.WorkSheet and s.name != name]
    seen = [s.name for s in book.sheets_metadata if s.visible == SheetVisibleEnum.Visible]
    tables = {other: book.get_sheet_by_name(other).iter_rows() for other in listed if other in seen}
    return {other: [cells for _, cells in _texts(list(islice(table, first)))] for other, table in tables.items()}


def _texts(table: Sequence[Sequence[object]]) -> Iterator[tuple[int, list[str]]]:
    for number, row in enumerate(table, start=1):
        cells = [_text(value) for value in row]
        if any(cells):
            yield number, cells


def _sheet_name(names: list[str], wanted: str | None) -> str:
    if not names:
        raise UnreadableFileError("classeur sans feuille.")
    if wanted is None:
        return names[0]
    for name in names:
        if slug(name) == slug(wanted):
            return name
    raise UnreadableFileError(f"la feuille « {wanted} » manque ; feuilles du classeur : {', '.join(names)}.")


def _check_container(path: Path) -> None:
    """A zip is unzipped once to count what is in it, before anything believes what it says of itself."""
    with path.open("rb") as stream:
        magic = stream.read(4)
    if magic == OLE_MAGIC and path.suffix.lower() != ".xls":
        raise _protected()
    if path.suffix.lower() == ".xls" and magic == OLE_MAGIC:
        return
    try:
        with zipfile.ZipFile(path) as archive:
            _count(archive)
    except (zipfile.BadZipFile, EOFError, OSError, NotImplementedError, zipfile.zlib.error):  # type: ignore[attr-defined]
        raise UnreadableFileError(f"classeur illisible : fichier tronqué ou d'un autre format. {RESAVE}") from None
    except RuntimeError:
        raise _protected() from None


def _count(archive: zipfile.ZipFile) -> None:
    total = 0
    for entry in archive.infolist():
        with archive.open(entry) as stream:
            while chunk := stream.read(1 << 20):
                total += len(chunk)
                if total > MAX_UNZIPPED:
                    raise UnreadableFileError(
                        f"plus de {MAX_UNZIPPED >> 30} Gio une fois décompressé : refusé. Exportez-le en CSV."
                    )


def _protected() -> UnreadableFileError:
    return UnreadableFileError("classeur protégé par un mot de passe. Enregistrez-en une copie sans mot de passe.")


def _text(value: object) -> str:
    match value:
        case None:
            text = ""
        case bool():
            text = "vrai" if value else "faux"
        case float() if value.is_integer():
            text = str(int(value))
        case datetime():
            text = value.isoformat(sep=" ")
        case date() | time():
            text = value.isoformat()
        case timedelta():
            minutes = int(value.total_seconds() // 60)
            text = f"{minutes // 60:02d}:{minutes % 60:02d}"
        case _:
            text = str(value)
    return text
