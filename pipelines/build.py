"""The build, as a recipe: read every export, place it, make the tables, check them, publish."""

from __future__ import annotations

import hashlib
import os
import re
import uuid
from calendar import monthrange
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb

from pipelines import checks
from pipelines.arrive import Arrival, arrive, finish_arrivals, learn_names, prepare_arrivals
from pipelines.calendar import calendar
from pipelines.errors import OptimediaError, PersonalDataError, UnreadableFileError
from pipelines.extract import READABLE, extract
from pipelines.geo import Frame, load_zones
from pipelines.ledgers import close_ledgers
from pipelines.mapping import Limits
from pipelines.publish import publish, workspace
from pipelines.records import Record, load_records
from pipelines.schema import is_ledger
from pipelines.settings import ROOT, Settings, Territory, load_territory
from pipelines.stage import SourceFile, prepare, stage
from pipelines.statements import fetch, literal, statement

ROW_GROUP = 61_440  # half of the default: a file of 300,000 rows then keeps two cores busy to the end
MEMORY = "1500MB"  # a build shares the machine with the dashboard it feeds
ARRIVING = ("lieux", "interventions")
STAGED = ("presence", "evenements", "sinistres_bailleur", "actions_scolaires")
TABLE_ORDER = ("lieux", *STAGED[:1], "interventions", *STAGED[1:])
MARTS = ("presence", "service_days", "activity_daily", "events", "landlord_repairs", "school_actions")
EMPTIED = ("ended_at", "public_type", "people_band", "fact_from", "fact_to")
Progress = Callable[[str, float], None]


@dataclass(frozen=True)
class Built:
    """What a build did: its id, whether it published, the ledger by file, and what is worth saying."""

    build_id: str
    published: bool
    files: list[dict[str, Any]]
    notes: list[str] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Inputs:
    """What a build is made from."""

    territory: Territory
    records: list[Record]
    files: list[tuple[Path, Record | None]]
    ignored: list[str]
    today: date
    digest: str


def build(where: Settings, *, today: date | None = None, progress: Progress | None = None) -> Built:
    """Read the exports of `where.raw`, build the warehouse aside, check it and put it in place.

    Raises OptimediaError, in French, when anything stops it; the previous warehouse then stays as it was.
    """
    said = progress or (lambda _step, _share: None)
    inputs = read_inputs(where, today)
    with workspace(where.warehouse) as folder:
        built = folder / "warehouse.duckdb"
        con = duckdb.connect(config=_config(folder))
        try:
            con.execute(f"attach {literal(str(folder / 'work.duckdb'))} as work (row_group_size {ROW_GROUP})")
            con.execute("use work")
            con.execute(f"attach {literal(str(built))} as w")
            outcome = _make(con, inputs, folder, said)
            con.execute("detach w")
        finally:
            con.close()
        said("Publication", 1.0)
        publish(built, where.warehouse)
    return outcome


def is_current(where: Settings, *, today: date | None = None) -> bool:
    """Whether the warehouse in place was made from these very exports, settings, code and day."""
    if not where.warehouse.exists():
        return False
    try:
        with duckdb.connect(str(where.warehouse), read_only=True) as con:
            (digest,) = fetch(con, "select inputs_digest from build")
    except duckdb.Error:
        return False
    return digest == read_inputs(where, today).digest


def read_inputs(where: Settings, today: date | None = None) -> Inputs:
    """The territory, its records, and the files of the raw folder in the order in which they are read.

    Raises SettingsError for what can't be understood, UnreadableFileError when there is nothing to read.
    """
    territory = load_territory(where.territory)
    records = load_records(where.territory)
    day = today or datetime.now(ZoneInfo(territory.timezone)).date()
    present = sorted((p for p in where.raw.glob("*") if p.is_file() and p.name[0] not in ".~"), key=_reading_order)
    readable = [path for path in present if path.suffix.lower() in READABLE]
    if not readable:
        raise UnreadableFileError(
            f"{where.raw} : aucun export à lire. Déposez-y vos fichiers, ou écrivez des exports fictifs : "
            "python -m pipelines demo"
        )
    paired = [(path, record_of(path, records)) for path in readable]
    ranked = sorted(paired, key=lambda pair: TABLE_ORDER.index(pair[1].table) if pair[1] else len(TABLE_ORDER))
    ignored = [path.name for path in present if path not in readable]
    return Inputs(territory, records, ranked, ignored, day, _digest(where, readable, territory, day))


def _reading_order(path: Path) -> list[tuple[int, int, str]]:
    """Natural order of names, ending apart: « 2 » before « 10 », « export 2025 » before « export 2025 corrigé »."""
    parts = re.findall(r"\d+|\D+", path.stem.casefold())
    return [(1, int(part), "") if part.isdecimal() else (2, 0, part) for part in parts] + [(0, 0, path.suffix)]


def record_of(path: Path, records: list[Record]) -> Record | None:
    """The record that reads a file of that name; None when none does.

    Raises UnreadableFileError when several do.
    """
    matching = [record for record in records if record.reads(path.name)]
    if len(matching) > 1:
        names = ", ".join(record.file.name for record in matching)
        raise UnreadableFileError(
            f"{path.name} : plusieurs fiches d'export lisent ce nom ({names}). Attendu : une seule."
        )
    return matching[0] if matching else None


def _digest(where: Settings, files: Iterable[Path], territory: Territory, day: date) -> str:
    """Fingerprint of what the build depends on; exports by name, size and time, so that a start costs nothing."""
    digest = hashlib.sha256(day.isoformat().encode())
    for path in files:
        stat = path.stat()
        digest.update(f"{path.name}\0{stat.st_size}\0{stat.st_mtime_ns}\0".encode())
    code = [p for p in (ROOT / "pipelines").rglob("*") if p.suffix in (".py", ".sql", ".toml")]
    settings = list(where.territory.rglob("*.toml"))
    outline = [territory.neighbourhoods.file] if territory.neighbourhoods.file else []
    for path in sorted([*code, *settings, *outline]):
        digest.update(path.name.encode() + b"\0" + (path.read_bytes() if path.exists() else b""))
    return digest.hexdigest()


def _config(folder: Path) -> dict[str, str | bool | int | float | list[str]]:
    return {"memory_limit": MEMORY, "threads": min(os.cpu_count() or 1, 8), "temp_directory": str(folder / "spill")}


def _make(con: duckdb.DuckDBPyConnection, inputs: Inputs, folder: Path, said: Progress) -> Built:
    territory = inputs.territory
    zones = load_zones(territory.neighbourhoods, territory.metric_crs)
    frame = Frame(zones, territory.metric_crs, zones.bounds if zones else territory.neighbourhoods.bounds)
    latest = date.fromordinal(inputs.today.toordinal() + territory.latest_days_ahead)
    limits = Limits(territory.earliest_date, latest, territory.timezone)
    prepare(con, territory.service_day_starts)
    prepare_arrivals(con, territory, frame)
    _note_days(con, territory, limits)
    _read_files(con, inputs, Arrival(frame, limits, _generalised_before(inputs)), folder, said)
    said("Tables de l'entrepôt", 0.8)
    _marts(con, named_by_exports=zones is None)
    build_id = uuid.uuid4().hex[:12]
    _ledger(con, inputs, build_id)
    said("Contrôles", 0.95)
    checks.check(con)
    return Built(build_id, True, _summary(con), list(zones.notes) if zones else [], inputs.ignored)


def _note_days(con: duckdb.DuckDBPyConnection, territory: Territory, limits: Limits) -> None:
    """Every service day that a row may have; a moment before dawn of the first one belongs to the day before."""
    con.register("days_found", calendar(territory, limits.earliest - timedelta(days=1), limits.latest))
    con.execute(statement("staging/calendar"))
    con.unregister("days_found")


def _read_files(con: duckdb.DuckDBPyConnection, inputs: Inputs, arrival: Arrival, folder: Path, said: Progress) -> None:
    """Every file in order: places first, since interventions are placed by them."""
    total = sum(path.stat().st_size for path, _ in inputs.files) or 1
    done, read, places_open = 0, 0, True
    for file_id, (path, record) in enumerate(inputs.files, start=1):
        said(f"Lecture de {path.name}", 0.8 * done / total)
        if places_open and (record is None or record.table != "lieux"):
            finish_arrivals(con, "places")
            places_open = False
        try:
            _read_file(con, file_id, path, record, folder=folder, arrival=arrival)
            read += 1
        except (UnreadableFileError, PersonalDataError) as error:
            if inputs.territory.unreadable_files == "stop" or (file_id == len(inputs.files) and not read):
                raise
            _note_unread(con, file_id, path, record, error)
        done += path.stat().st_size
    if places_open:
        finish_arrivals(con, "places")
    finish_arrivals(con, "interventions")


def _read_file(
    con: duckdb.DuckDBPyConnection, file_id: int, path: Path, record: Record | None, *, folder: Path, arrival: Arrival
) -> None:
    if record is None:
        raise UnreadableFileError(
            f"{path.name} : aucune fiche d'export ne lit ce nom. Ajoutez une fiche dans exports/ (docs/data.md), "
            "ou retirez le fichier."
        )
    found = extract(con, path, record, folder)
    file = SourceFile(file_id, found, record, record.is_fictional(path.name))
    if record.table in ARRIVING:
        arrive(con, file, arrival)
    else:
        stage(con, file, arrival.limits)
    row = [file_id, found.name, found.sha256, found.size, record.name, record.table, found.rows + found.broken]
    con.execute(f"insert into files values ({', '.join('?' * 9)})", [*row, file.fictional, None])


def _note_unread(
    con: duckdb.DuckDBPyConnection, file_id: int, path: Path, record: Record | None, error: OptimediaError
) -> None:
    """A file that the settings allow to leave out: it stopped before anything of it was loaded; the ledger says why."""
    known = [record.name, record.table] if record else [None, None]
    row = [file_id, path.name, None, path.stat().st_size, *known, 0, False, str(error)]
    con.execute(f"insert into files values ({', '.join('?' * 9)})", row)


def _marts(con: duckdb.DuckDBPyConnection, *, named_by_exports: bool) -> None:
    for table in STAGED:
        if not is_ledger(table):
            con.execute(statement("staging/duplicates").format(source=f"typed_{table}"))
    close_ledgers(con)
    con.execute(statement("staging/patrols"))
    con.execute(statement("staging/presence_warnings"))
    if named_by_exports:
        learn_names(con, "typed_presence")
        con.execute(statement("marts/named_neighbourhoods"))
    first, last = fetch(con, statement("staging/date_range"))
    con.execute("create temp table calendar as from all_days where service_date between ? and ?", [first, last])
    for name in MARTS:
        con.execute(statement(f"marts/{name}"))


def _generalised_before(inputs: Inputs) -> date:
    """The first service date that is still whole: the retention, in months, before today."""
    today = inputs.today
    year, month = divmod(today.year * 12 + today.month - 1 - inputs.territory.retention_months, 12)
    return date(year, month + 1, min(today.day, monthrange(year, month + 1)[1]))


def _ledger(con: duckdb.DuckDBPyConnection, inputs: Inputs, build_id: str) -> None:
    territory = inputs.territory
    con.execute(statement("staging/arrived"))
    con.execute(statement("marts/import_files"))
    con.execute("create table w.rejected_rows as select * from rejected_rows order by file_id, line")
    con.execute("create table w.import_warnings as select * from import_warnings order by file_id, kind, column_name")
    _completeness(con)
    parameters = {
        "build_id": build_id,
        "built_at": datetime.now(UTC).replace(tzinfo=None),
        "today": inputs.today,
        "territory": territory.name,
        "title": territory.title,
        "metric_crs": territory.metric_crs,
        "generalised_before": _generalised_before(inputs),
        "inputs_digest": inputs.digest,
    }
    con.execute(statement("marts/build"), parameters)


def _completeness(con: duckdb.DuckDBPyConnection) -> None:
    """How many values each column has; what the retention empties is counted on the rows that it leaves whole."""
    con.execute("create table w.completeness (table_name varchar, column_name varchar, filled bigint, total bigint)")
    for table in ("interventions", "places", "landlord_repairs", "school_actions", "events"):
        columns = [row[0] for row in con.execute(f"describe w.{table}").fetchall()]
        counts = fetch(con, f"select count(*), {', '.join(f'count({column})' for column in columns)} from w.{table}")
        whole = fetch(con, "select count(*) from w.interventions where not generalised")[0]
        for column, filled in zip(columns, counts[1:], strict=True):
            total = whole if table == "interventions" and column in EMPTIED else counts[0]
            con.execute("insert into w.completeness values (?, ?, ?, ?)", [table, column, filled, total])


def _summary(con: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """The ledger by file, as `--report` writes it."""
    names = ["file_id", "name", "sha256", "record", "rows_read", "loaded", "duplicates", "rejected", "error"]
    rows = con.execute(f"select {', '.join(names)} from w.import_files order by file_id").fetchall()
    reasons = _grouped(con, "select file_id, reason, count(*) from w.rejected_rows group by all order by all")
    kinds = _grouped(con, "select file_id, kind, sum(count)::bigint from w.import_warnings group by all order by all")
    dropped = dict(
        con.execute(
            "select file_id, list(column_name) from w.import_warnings where kind = 'colonne_non_declaree' group by all"
        ).fetchall()
    )
    files = [dict(zip(names, row, strict=True)) for row in rows]
    for file in files:
        number = file["file_id"]
        file |= {"reasons": reasons.get(number, {}), "warnings": kinds.get(number, {})}
        file["undeclared"] = dropped.get(number, [])
    return files


def _grouped(con: duckdb.DuckDBPyConnection, sql: str) -> dict[int, dict[str, int]]:
    grouped: dict[int, dict[str, int]] = {}
    for file_id, name, count in con.execute(sql).fetchall():
        grouped.setdefault(file_id, {})[name] = count
    return grouped
