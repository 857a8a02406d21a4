"""Any export → a plain CSV that DuckDB reads: spreadsheets, GeoJSON, and CSV files that don't keep to the rules.

Runs as a process of its own (`python -m pipelines.convert`, a job as JSON on standard input), with bounded memory: a
hostile or broken file can end this process, never the build.
"""

from __future__ import annotations

import csv
import hashlib
import json
import re
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from itertools import chain, islice
from pathlib import Path

from pipelines.errors import UnreadableFileError
from pipelines.headers import SEARCHED_ROWS, find_header, header_missing
from pipelines.schema import slug

MEMORY_LIMIT = 4 << 30
MAX_VALUE = 2000
BLANKS = (
    " \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"  # DuckDB's trim
)
SPACES = re.compile(r"[\t\n\f\r\0]+")
LINE, KEY = "__ligne", "__cle"
EXAMPLE = re.compile(r"(?:^|_)(?:fictif|fictives?|exemples?|modele)(?:_|$)")
Row = tuple[int, list[str]]
Sheets = dict[str, list[list[str]]]


@dataclass(frozen=True)
class Job:
    """What to convert: source, kind, dialect (CSV), sheet (spreadsheets), columns wanted, and where to write."""

    source: str
    kind: str
    wanted: list[str]
    required: list[str]
    rows_out: str
    broken_out: str
    encoding: str = "utf-8"
    delimiter: str = ";"
    sheet: str | None = None


@dataclass(frozen=True)
class Converted:
    """What came out: header and position of the wanted columns, rows written and broken, CRS when the file says it,
    what is written above the header, and the sheets that have the same columns and are not read."""

    names: list[str]
    positions: dict[str, int]
    rows: int
    broken: int
    crs: str | None = None
    above: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()


def convert(job: Job) -> Converted:
    """Write `rows_out` (line, key of the whole row, wanted columns) and `broken_out` (line, expected, received).

    Raises UnreadableFileError when the file can't be read at all.
    """
    rows, crs, others = _rows(job)
    head = list(islice(rows, SEARCHED_ROWS))
    header = find_header([cells for _, cells in head], job.wanted, job.required)
    if header is None:
        raise header_missing([cells for _, cells in head], job.wanted, job.required)
    body = chain(head[header.rank + 1 :], rows)
    width = header.width
    written, broken = _write(job, body, width, [header.positions.get(name) for name in job.wanted])
    return Converted(
        list(header.names[:width]), header.positions, written, broken, crs, header.above, _unread(job, others)
    )


def _unread(job: Job, sheets: Sheets) -> tuple[str, ...]:
    """Sheets with rows under a header of their own, but those that say to be examples."""
    named = {name: head for name, head in sheets.items() if not EXAMPLE.search(slug(name))}
    found = []
    for name, head in named.items():
        with suppress(UnreadableFileError):  # not even a header: no rows to miss
            header = find_header(head, job.wanted, job.required)
            if header is not None and header.rank + 1 < len(head):
                found.append(name)
    return tuple(found)


def _rows(job: Job) -> tuple[Iterator[Row], str | None, Sheets]:
    path = Path(job.source)
    if job.kind == "csv":
        from pipelines.plain_csv import rows

        return rows(path, job.encoding, job.delimiter), None, {}
    if job.kind == "geojson":
        from pipelines.geojson import features

        return *features(path), {}
    from pipelines.spreadsheet import read

    sheet = read(path, job.sheet, SEARCHED_ROWS + 1)
    return sheet.rows, None, sheet.others


def _write(job: Job, body: Iterator[Row], width: int, wanted: list[int | None]) -> tuple[int, int]:
    written = broken = 0
    with (
        Path(job.rows_out).open("w", encoding="utf-8", newline="") as good,
        Path(job.broken_out).open("w", encoding="utf-8", newline="") as bad,
    ):
        keep, refuse = csv.writer(good, lineterminator="\n"), csv.writer(bad, lineterminator="\n")
        keep.writerow([LINE, KEY, *job.wanted])
        refuse.writerow(["line", "expected", "received"])
        for line, cells in body:
            if len(cells) < width or (job.kind == "csv" and any(cell.strip() for cell in cells[width:])):
                broken += 1
                refuse.writerow([line, f"{width} colonnes", f"{len(cells)} colonnes"])
                continue
            written += 1
            key = hashlib.md5("\x1f".join(cell.strip(BLANKS) for cell in cells[:width]).encode(), usedforsecurity=False)
            keep.writerow([line, key.hexdigest(), *("" if i is None else _flat(cells[i]) for i in wanted)])
    return written, broken


def _flat(cell: str) -> str:
    """One line of a bounded length: no declared value is longer. The other reader's `clean` makes the same of it."""
    return SPACES.sub(" ", cell[:MAX_VALUE])


def main() -> None:
    """Read a job from standard input, write the outcome, or the reason why not, to standard output as JSON."""
    if sys.platform == "linux":
        import resource  # absent on Windows; macOS ignores the limit

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT, MEMORY_LIMIT))
    csv.field_size_limit(1 << 27)
    job = Job(**json.load(sys.stdin))
    try:
        outcome: dict[str, object] = asdict(convert(job))
    except UnreadableFileError as error:
        outcome = {"error": str(error)}
    except MemoryError:
        outcome = {"error": "trop volumineux pour être ouvert comme classeur. Enregistrez-le en CSV."}
    json.dump(outcome, sys.stdout)


if __name__ == "__main__":
    main()
