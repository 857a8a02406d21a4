"""What would happen to a file, column by column: nothing is written but a scratch database in a temporary folder."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb

from pipelines.build import record_of
from pipelines.errors import UnreadableFileError
from pipelines.extract import extract
from pipelines.ledgers import close_ledgers
from pipelines.mapping import Field, Limits
from pipelines.records import load_records
from pipelines.schema import is_ledger
from pipelines.settings import Settings, load_territory
from pipelines.stage import SourceFile, load, open_file, prepare
from pipelines.statements import fetch

SAMPLES = 5


@dataclass(frozen=True)
class CheckedColumn:
    """A source column: the declared columns it fills, values written and understood, and some that were not."""

    source: str
    declared: str
    written: int
    understood: int
    unknown: tuple[str, ...]


@dataclass(frozen=True)
class Checked:
    """What a build would make of one file. Duplicates and locations depend on the other files: the build says them."""

    name: str
    record: str
    table: str
    rows: int
    rejected: int
    columns: list[CheckedColumn]
    missing: tuple[str, ...]
    undeclared: tuple[str, ...]
    reasons: list[tuple[str, str, int, int]]
    warnings: list[tuple[str, str, int]]


def check_file(path: Path, where: Settings) -> Checked:
    """Read one file as a build would.

    Raises OptimediaError as the build would: no record, unreadable, personal data.
    """
    territory = load_territory(where.territory)
    record = record_of(path, load_records(where.territory))
    if record is None:
        raise UnreadableFileError(f"{path.name} : aucune fiche d'export ne lit ce nom. Voir docs/data.md.")
    today = datetime.now(ZoneInfo(territory.timezone)).date()
    latest = date.fromordinal(today.toordinal() + territory.latest_days_ahead)
    limits = Limits(territory.earliest_date, latest, territory.timezone)
    with tempfile.TemporaryDirectory(prefix="optimedia-check-") as folder:
        con = duckdb.connect(str(Path(folder) / "check.duckdb"))
        try:
            prepare(con, territory.service_day_starts)
            file = SourceFile(1, extract(con, path, record, Path(folder)), record, record.is_fictional(path.name))
            mapping = open_file(con, file, limits)
            columns = [_column(con, field) for field in mapping.fields]
            load(con, file, mapping)
            if is_ledger(record.table):
                close_ledgers(con)
            return _checked(con, file, columns)
        finally:
            con.close()


def _column(con: duckdb.DuckDBPyConnection, field: Field) -> CheckedColumn:
    written, unread = fetch(con, f"select count_if({field.text} <> ''), count_if({field.unreadable}) from mapped")
    samples = con.execute(
        f"select left({field.text}, 40) from mapped where {field.unreadable} group by all "
        f"order by count(*) desc, 1 limit {SAMPLES}"
    ).fetchall()
    return CheckedColumn(field.source, field.column.name, written, written - unread, tuple(row[0] for row in samples))


def _checked(con: duckdb.DuckDBPyConnection, file: SourceFile, columns: list[CheckedColumn]) -> Checked:
    reasons = con.execute(
        "select reason, column_name, count(*), min(line) from rejected_rows group by all order by 3 desc"
    ).fetchall()
    warnings = con.execute(
        "select kind, column_name, sum(count)::bigint from import_warnings where kind not like 'colonne%' "
        "group by all order by 3 desc, 1, 2"
    ).fetchall()
    return Checked(
        name=file.extract.name,
        record=file.record.name,
        table=file.record.table,
        rows=file.extract.rows + file.extract.broken,
        rejected=sum(count for _, _, count, _ in reasons),
        columns=columns,
        missing=file.extract.missing,
        undeclared=file.extract.undeclared,
        reasons=reasons,
        warnings=warnings,
    )
