"""Any export → a table of text in the work database, with the line of every row.

A CSV that keeps to the rules is read by DuckDB in parallel; anything else is first made plain by a process of its own.
"""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import sys
from contextlib import suppress
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

from pipelines.convert import KEY, LINE, Job
from pipelines.errors import UnreadableFileError
from pipelines.headers import SEARCHED_ROWS, Header, find_header, header_missing
from pipelines.records import Record
from pipelines.scan import Scan, scan
from pipelines.settings import ROOT
from pipelines.statements import fetch, literal

CSV, SHEETS, GEOJSON = {".csv", ".txt", ".tsv"}, {".xlsx", ".xlsm", ".xls", ".ods"}, {".geojson", ".json"}
READABLE = CSV | SHEETS | GEOJSON
DELIMITERS = (";", ",", "\t", "|")
HEAD_BYTES = 1 << 18
NEVER = "\x1a\x1a"  # stands for null in no file: an empty cell is read as ''
CONVERSION_TIMEOUT_S = 3600


@dataclass(frozen=True)
class Extract:
    """A file read into the work database.

    View `raw_rows`: `row`, `key` (fingerprint of the whole row, when the record asks for it), then `c0`, `c1`, … for
    the record's sources, in its order, as text; a source that the file lacks is empty.
    Table `broken_rows`: `line`, `expected`, `received` of the rows that have no readable columns.
    The physical line of a row is `row + first_line`, and one more for each of the sorted `gaps` at or before the row.
    `above`: what is written over the header. `unread`: sheets that have the same columns and are not read.
    """

    name: str
    sha256: str
    size: int
    rows: int
    broken: int
    missing: tuple[str, ...]
    undeclared: tuple[str, ...]
    crs: str | None
    first_line: int
    gaps: NDArray[np.int64]
    above: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()

    def line(self, row: int) -> int:
        """Physical line of a row of `raw_rows`."""
        return self.first_line + row + int(np.searchsorted(self.gaps, row, side="right"))


@dataclass(frozen=True)
class _Dialect:
    """`first_line`: physical line of the first row; 0 where records down to the header are not one line each."""

    delimiter: str
    header: Header
    first_line: int


@dataclass(frozen=True)
class _Found:
    positions: dict[str, int]
    undeclared: tuple[str, ...]
    rows: int
    broken: int = 0
    crs: str | None = None
    above: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()


def extract(con: duckdb.DuckDBPyConnection, path: Path, record: Record, workspace: Path) -> Extract:
    """Read one file into `raw_rows` and `broken_rows` of the connection's database.

    Raises UnreadableFileError, in French and naming the file, with what was expected, what came and what to do.
    """
    try:
        return _extract(con, path, record, workspace)
    except UnreadableFileError as error:
        raise UnreadableFileError(f"{path.name} : {error}") from None
    except OSError as error:
        raise UnreadableFileError(f"{path.name} : lecture impossible ({error.strerror}).") from None


def _extract(con: duckdb.DuckDBPyConnection, path: Path, record: Record, workspace: Path) -> Extract:
    suffix = path.suffix.lower()
    if suffix not in READABLE:
        raise UnreadableFileError(f"format « {suffix} » inconnu. Attendu : {', '.join(sorted(READABLE))}.")
    scanned = scan(path, structure=suffix in CSV)
    if scanned.size == 0:
        raise UnreadableFileError("le fichier est vide. Refaites l'export.")
    if suffix not in CSV:
        kind = "geojson" if suffix in GEOJSON else "sheet"
        return _converted(con, path, record, workspace, scanned=scanned, kind=kind)
    dialect = _dialect(path, record, scanned)
    strict = scanned.encoding == "utf-8" and not (scanned.has_nul or scanned.stray) and dialect.first_line > 0
    return (strict and _fast(con, path, record, scanned, dialect)) or _converted(
        con, path, record, workspace, scanned=scanned, kind="csv", delimiter=dialect.delimiter
    )


def _dialect(path: Path, record: Record, scanned: Scan) -> _Dialect:
    """The delimiter under which the header names the most of the record's columns."""
    with path.open("rb") as stream:
        head = stream.read(HEAD_BYTES)
    if scanned.encoding != "utf-16" and b"\0" in head:
        raise UnreadableFileError("ce n'est pas un fichier texte (contenu binaire). Refaites l'export en CSV.")
    codec = "utf-8-sig" if scanned.encoding == "utf-8" else scanned.encoding
    text = head.decode(codec, errors="replace")
    if not text.strip():
        raise UnreadableFileError("le fichier est vide. Refaites l'export.")
    found = [d for d in (_try(text, delimiter, record) for delimiter in DELIMITERS) if d is not None]
    if not found:
        rows = [re.split(r"[;,\t|]", line) for line in text.splitlines()[:SEARCHED_ROWS]]
        raise header_missing(rows, record.sources, record.required_sources)
    best = max(found, key=lambda d: (len(d.header.positions), len(d.header.names)))
    _refuse_truncated(path, scanned, best)
    return best


def _try(text: str, delimiter: str, record: Record) -> _Dialect | None:
    stream = io.StringIO(text, newline="")
    rows: list[list[str]] = []
    ends: list[int] = []
    with suppress(csv.Error):  # a value that is too long: the header may well be before it
        for row in islice(csv.reader(stream, delimiter=delimiter), SEARCHED_ROWS):
            rows.append(row)
            ends.append(stream.tell())
    header = find_header(rows, record.sources, record.required_sources)
    if header is not None and any(delimiter in name and re.search(r"[\r\n]", name) for name in header.names):
        raise UnreadableFileError(
            "un guillemet de l'en-tête n'est pas fermé. Corrigez cette ligne, ou refaites l'export."
        )
    if header is None:
        return None
    above = text[: ends[header.rank]]
    plain = above.endswith("\n") and not any("\n" in cell for row in rows[: header.rank + 1] for cell in row)
    return _Dialect(delimiter, header, above.count("\n") + 1 if plain else 0)


def _refuse_truncated(path: Path, scanned: Scan, dialect: _Dialect) -> None:
    """A last line without an end, and with fewer columns than the header, is a file cut on its way."""
    with path.open("rb") as stream:
        stream.seek(max(0, scanned.size - HEAD_BYTES))
        tail = stream.read()
    if scanned.encoding == "utf-16" or scanned.records <= 1 or scanned.records in scanned.gaps[-1:]:
        return  # the last of `gaps` is after every record when the last line goes on with a quoted value
    last = re.split(r"[\r\n]", tail.decode(scanned.encoding, errors="replace"))[-1]
    cells: list[str] = []
    with suppress(csv.Error):
        cells = next(csv.reader([last], delimiter=dialect.delimiter), [])
    width = dialect.header.width
    if last.strip() and 0 < len(cells) < width:
        raise UnreadableFileError(
            f"fichier tronqué : la dernière ligne a {len(cells)} colonnes, attendu {width}, et ne se termine pas. "
            "Refaites l'export ou la copie."
        )


def _fast(
    con: duckdb.DuckDBPyConnection, path: Path, record: Record, scanned: Scan, dialect: _Dialect
) -> Extract | None:
    """DuckDB's own parallel reader, in its strict mode; None when the file does not keep to the rules."""
    names = [f"f{i}" for i in range(len(dialect.header.names))]
    positions = [dialect.header.positions.get(source) for source in record.sources]
    cells = ["''" if i is None else f"f{i}" for i in positions]
    columns = ", ".join(f"{cell} as c{n}" for n, cell in enumerate(cells))
    key = _row_key(record, names[: dialect.header.width])
    read = _reader(path, names, delim=dialect.delimiter, header="false", skip=str(dialect.first_line - 1))
    first_record = scanned.record_at(dialect.first_line)
    try:
        _spool(con, f"select {key} as key, {columns} from {read}")
    except (duckdb.InvalidInputException, duckdb.ConversionException):
        return None
    (rows,) = fetch(con, "select count(*) from spooled")
    if rows != scanned.records - first_record:
        return None
    con.execute("create or replace temp view raw_rows as select rowid as row, * from spooled")
    con.execute("create or replace table broken_rows (line bigint, expected varchar, received varchar)")
    found = _Found(dialect.header.positions, dialect.header.undeclared, rows, above=dialect.header.above)
    return _outcome(path, record, scanned, found, first_line=first_record + 1, gaps=scanned.gaps - first_record)


def _spool(con: duckdb.DuckDBPyConnection, select: str) -> None:
    """Table `spooled`. Its texts are kept as dictionaries, whatever their number, because DuckDB computes a function of
    such a column once for each distinct text: measured, mapping is then about three times as fast."""
    con.execute("set force_compression = 'dictionary'")
    try:
        con.execute(f"create or replace table spooled as {select}")
    finally:
        con.execute("set force_compression = 'auto'")


def _row_key(record: Record, names: list[str]) -> str:
    if not record.compares_rows:
        return "null::uhugeint"
    cells = ", ".join(f"trim({name})" for name in names)
    return f"md5_number(md5(concat_ws(chr(31), {cells})))"


def _converted(
    con: duckdb.DuckDBPyConnection,
    path: Path,
    record: Record,
    workspace: Path,
    *,
    scanned: Scan,
    kind: str,
    delimiter: str = ";",
) -> Extract:
    """Made plain by a process of its own, then read."""
    rows_out, broken_out = workspace / "rows.csv", workspace / "broken.csv"
    job = Job(
        source=str(path),
        kind=kind,
        wanted=list(record.sources),
        required=list(record.required_sources),
        rows_out=str(rows_out),
        broken_out=str(broken_out),
        encoding=scanned.encoding,
        delimiter=delimiter,
        sheet=record.sheet,
    )
    done = _run(job)
    columns = ", ".join(f"f{n} as c{n}" for n in range(len(record.sources)))
    key = f"md5_number({KEY})" if record.compares_rows else "null::uhugeint"
    names = [LINE, KEY, *(f"f{n}" for n in range(len(record.sources)))]
    _spool(con, f"select {LINE}::bigint as line, {key} as key, {columns} from {_reader(rows_out, names)}")
    con.execute("create or replace temp view raw_rows as select rowid as row, * exclude (line) from spooled")
    lines = np.asarray(con.execute("select line from spooled order by rowid").fetchnumpy()["line"], dtype=np.int64)
    con.execute(
        "create or replace table broken_rows as select line::bigint as line, expected, received "
        f"from {_reader(broken_out, ['line', 'expected', 'received'])}"
    )
    rows_out.unlink()
    broken_out.unlink()
    positions = {name: int(position) for name, position in done["positions"].items()}
    used = set(positions.values())
    undeclared = tuple(name for i, name in enumerate(done["names"]) if i not in used and name)
    above, unread = tuple(done["above"]), tuple(done["unread"])
    found = _Found(positions, undeclared, done["rows"], done["broken"], done["crs"], above, unread)
    skipped = np.diff(lines, prepend=lines[:1] - 1) - 1
    first_line = int(lines[0]) if len(lines) else 0
    return _outcome(path, record, scanned, found, first_line=first_line, gaps=np.repeat(np.arange(len(lines)), skipped))


def _reader(path: Path, names: list[str], *, delim: str = ",", header: str = "true", skip: str = "0") -> str:
    """DuckDB's CSV reader, told everything and left to guess nothing."""
    return (
        f"read_csv({literal(str(path))}, delim={literal(delim)}, quote='\"', escape='\"', header={header}, "
        f"skip={skip}, auto_detect=false, nullstr={literal(NEVER)}, null_padding=false, ignore_errors=false, "
        f"strict_mode=true, columns={{{', '.join(f'{name}: VARCHAR' for name in names)}}})"
    )


def _run(job: Job) -> dict[str, Any]:
    try:
        done = subprocess.run(
            [sys.executable, "-m", "pipelines.convert"],
            input=json.dumps(asdict(job)),
            capture_output=True,
            text=True,
            cwd=ROOT,
            timeout=CONVERSION_TIMEOUT_S,
            check=False,
        )
        outcome = json.loads(done.stdout)
    except (subprocess.TimeoutExpired, json.JSONDecodeError):
        raise UnreadableFileError(
            "la lecture a échoué : fichier abîmé, ou trop gros pour la mémoire. Exportez-le de nouveau, en CSV."
        ) from None
    if "error" in outcome:
        raise UnreadableFileError(outcome["error"])
    return outcome


def _outcome(
    path: Path, record: Record, scanned: Scan, found: _Found, *, first_line: int, gaps: NDArray[np.int64]
) -> Extract:
    if found.rows + found.broken == 0:
        raise UnreadableFileError("le fichier n'a qu'un en-tête, aucune ligne. Refaites l'export.")
    return Extract(
        name=path.name,
        sha256=scanned.sha256,
        size=scanned.size,
        rows=found.rows,
        broken=found.broken,
        missing=tuple(source for source in record.sources if source not in found.positions),
        undeclared=found.undeclared,
        crs=found.crs,
        first_line=first_line,
        gaps=gaps,
        above=found.above,
        unread=found.unread,
    )
