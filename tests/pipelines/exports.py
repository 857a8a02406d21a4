"""Tiny exports and territories, and what the pipelines make of them."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, time
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb
from hypothesis import HealthCheck, settings

from pipelines.build import Built, build
from pipelines.convert import Job, convert
from pipelines.extract import Extract, extract
from pipelines.mapping import Limits
from pipelines.records import Record, load_record
from pipelines.settings import Settings
from pipelines.stage import SourceFile, prepare, stage

QUICK = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
TODAY = date(2026, 6, 30)
LIMITS = Limits(date(2005, 1, 1), date(2026, 7, 1), "Europe/Paris")
WIDE = Limits(date(1990, 1, 1), date(2039, 12, 31), "Europe/Paris")
DAY_STARTS = time(6)
MINIMUM = 'id_intervention = "id"\ndate_service = "d"\nquartier = "q"\n'
INTERVENTIONS = (
    'table = "interventions"\nfiles = ["*intervention*"]\nkey = "id_intervention"\ndates = ["iso", "%d/%m/%Y"]\n'
)
SHORT = INTERVENTIONS + (
    '[columns]\nid_intervention = "id"\ndate_service = "date"\nheure_debut = "heure"\nquartier = "quartier"\n'
    'mode_action = "note"\n'
)
SHORT_HEADER = ["id", "date", "heure", "quartier", "note"]
TERRITORY = """
name = "Essai"
timezone = "Europe/Paris"
metric_crs = "EPSG:2154"
school_zone = "B"
service_day_starts = "06:00"
earliest_date = 2005-01-01
[seasons]
summer_starts = "04-01"
summer_ends = "09-30"
"""
LEAFLET = """
[[timetables]]
valid_from = 2015-01-01
weekdays = [2, 3, 4, 5, 6]
winter = ["14:15", "23:30"]
summer = ["14:15", "00:30"]
source = "plaquette"
"""


def csv_text(header: Sequence[str], rows: Iterable[Sequence[object]], delimiter: str = ";", end: str = "\r\n") -> str:
    """A regular CSV."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator=end)
    writer.writerow(header)
    writer.writerows(rows)
    return out.getvalue()


def csv_of(rows: Sequence[Mapping[str, object]], delimiter: str = ";") -> str:
    """A regular CSV of rows that need not have the same columns; the header has them all."""
    header = list(dict.fromkeys(name for row in rows for name in row))
    return csv_text(header, ([row.get(name, "") for name in header] for row in rows), delimiter)


def write(file: Path, content: str | bytes) -> Path:
    """Write a file, bytes as they are and text as UTF-8 without touching its line ends."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return file


def record(folder: Path, text: str, name: str = "fiche") -> Record:
    """An export record read from its text."""
    return load_record(write(folder / f"{name}.toml", text))


def convert_here(job: Job) -> dict[str, Any]:
    """What `extract` is told by the process that makes a file plain, without the process."""
    before = csv.field_size_limit(1 << 27)
    try:
        return asdict(convert(job))
    finally:
        csv.field_size_limit(before)


@dataclass(frozen=True)
class Staged:
    """One file, read and mapped in a work database of its own."""

    con: duckdb.DuckDBPyConnection
    extract: Extract
    record: Record

    def values(self, *columns: str) -> list[tuple[Any, ...]]:
        """Columns of the rows that are not rejected, in the order of the file."""
        sql = f"select {', '.join(columns)} from typed_{self.record.table} order by row"
        return self.con.execute(sql).fetchall()

    @property
    def lines(self) -> list[int]:
        """Physical line of each row that is not rejected."""
        return [self.extract.line(row) for (row,) in self.values("row")]

    @property
    def rejected(self) -> list[tuple[int, str, str, str | None]]:
        """Line, column, reason and what was received, of the rows rejected."""
        sql = "select line, column_name, reason, received from rejected_rows order by line"
        return self.con.execute(sql).fetchall()

    @cached_property
    def warnings(self) -> dict[tuple[str, str], int]:
        """Count by kind and column."""
        found = self.con.execute("select kind, column_name, count from import_warnings").fetchall()
        return {(kind, name): count for kind, name, count in found}


Read = Callable[..., Staged]


def staged(file: Path, how: Record, limits: Limits = LIMITS, con: duckdb.DuckDBPyConnection | None = None) -> Staged:
    """Read and map one file, in a work database of its own or in one that `work_database` made.

    Raises what the pipelines raise.
    """
    con = con or work_database()
    for (table,) in con.execute("select table_name from duckdb_tables() where not temporary").fetchall():
        con.execute(f"delete from {table}")
    found = extract(con, file, how, file.parent)
    stage(con, SourceFile(1, found, how, fictional=False), limits)
    return Staged(con, found, how)


def work_database() -> duckdb.DuckDBPyConnection:
    """An empty work database in memory."""
    con = duckdb.connect(":memory:", config={"threads": 1})
    prepare(con, DAY_STARTS)
    return con


def reader_in(folder: Path) -> Read:
    """A function that maps rows of named columns under the rest of a record of interventions."""
    con, head = work_database(), 'table = "interventions"\nfiles = ["*"]\nkey = "id_intervention"\n'

    def read(text: str, header: Sequence[str], rows: Sequence[Sequence[object]], limits: Limits = WIDE) -> Staged:
        return staged(write(folder / "f.csv", csv_text(header, rows)), record(folder, head + text), limits, con)

    return read


def feature(geometry: object, **properties: object) -> dict[str, object]:
    """One GeoJSON feature."""
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def point(lon: float, lat: float) -> dict[str, object]:
    """One GeoJSON point."""
    return {"type": "Point", "coordinates": [lon, lat]}


def square(west: float, south: float, east: float, north: float) -> dict[str, Any]:
    """One GeoJSON rectangle."""
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


def collection(features: Iterable[dict[str, object]], **members: object) -> str:
    """A GeoJSON feature collection."""
    return json.dumps({"type": "FeatureCollection", "features": list(features), **members}, ensure_ascii=False)


class World:
    """A territory, a folder of exports and a warehouse, in one temporary folder."""

    def __init__(self, folder: Path, territory: str = TERRITORY, **records: str) -> None:
        self.folder = folder
        self.where = Settings(folder / "territoire", folder / "raw", folder / "entrepot.duckdb")
        self.where.raw.mkdir(parents=True)
        write(self.where.territory / "territory.toml", territory)
        for name, text in records.items():
            write(self.where.territory / "exports" / f"{name}.toml", text)

    def export(self, name: str, content: str | bytes) -> Path:
        """Put an export in the raw folder."""
        return write(self.where.raw / name, content)

    def build(self, today: date = TODAY) -> Built:
        """Build and publish.

        Raises what the pipelines raise.
        """
        return build(self.where, today=today)

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Rows of the published warehouse."""
        with duckdb.connect(str(self.where.warehouse), read_only=True) as con:
            return con.execute(sql).fetchall()
