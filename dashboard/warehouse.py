"""The only module of the dashboard that opens the warehouse: `query(name, **params)` and `build_info()`.

A query runs on the relations of whoever is looking. The supervisor's are the warehouse; a partner's are a database in
memory that holds published figures and nothing else: there is no row in it to ask for.
"""

from __future__ import annotations

import os
import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from dashboard import access
from dashboard.access import AccessDenied, Viewer
from pipelines.settings import settings

QUERIES = Path(__file__).parent / "queries"
PUBLISHED = Path(__file__).parent / "published.sql"
CACHE_BYTES = 256 * 2**20
THREADS = min(4, os.cpu_count() or 1)

FileIdentity = tuple[str, int, int, int, int]
Identity = tuple[FileIdentity, Viewer]
Publisher = Callable[[Viewer], Mapping[str, pd.DataFrame]]

_ACTING: ContextVar[Viewer | None] = ContextVar("acting", default=None)


class WarehouseError(Exception):
    """The warehouse is missing or can't be read; the message is French and says what to do."""


@dataclass(frozen=True)
class Build:
    """The row of `build`: what the warehouse was made from, and when."""

    build_id: str
    built_at: datetime
    today: date
    territory: str
    title: str
    metric_crs: str
    fictional: bool
    generalised_before: date | None
    hour_known: bool
    presence_source: str
    inputs_digest: str


def query(name: str, **params: object) -> pd.DataFrame:
    """Result of `queries/<name>.sql`: a frame of the caller's own, from memory when this build already answered.

    Parameters that the file does not name are ignored, so that `**filters.params()` suits every query.
    Raises WarehouseError when there is no readable warehouse, AccessDenied when nobody that may look is looking, or
    when the query names a relation that is not theirs.
    """
    sql, names = _sql(name)
    used = {key: _plain(value) for key, value in params.items() if key in names}
    reader = viewer()
    scoped, parent = _STORE.scoped(reader)
    key = (scoped, name, tuple(sorted((key, _frozen(value)) for key, value in used.items())))
    frame = _RESULTS.get(key)
    if frame is None:
        frame = _run(parent, sql, used, reader)
        _RESULTS.put(key, frame)
    return frame.copy(deep=False)


def build_info() -> Build:
    """The build that is being read; raises WarehouseError when there is none."""
    rows = query("build")
    if rows.empty:
        raise WarehouseError("L'entrepôt ne dit pas d'où il vient. Reconstruisez-le : python -m pipelines build")
    row: dict[str, Any] = {
        name: None if pd.isna(value) else value for name, value in rows.to_dict("records")[0].items()
    }
    for name in ("today", "generalised_before"):
        row[name] = row[name].date() if row[name] else None
    return Build(**row | {"built_at": row["built_at"].to_pydatetime()})


def identity() -> Identity:
    """What tells one warehouse file, and one reader's share of it, from another: a key for caches kept elsewhere."""
    return _STORE.scoped(viewer())[0]


def viewer() -> Viewer:
    """Who is looking: the one that this code acts for, else whoever opened the page. Raises AccessDenied."""
    return _ACTING.get() or access.current(fictional=is_fictional())


@contextmanager
def acting(viewer: Viewer) -> Iterator[None]:
    """Run queries for `viewer`: for what runs outside a page, and for what hands a page figures of another reader."""
    token = _ACTING.set(viewer)
    try:
        yield
    finally:
        _ACTING.reset(token)


def is_fictional() -> bool:
    """Whether every row of the warehouse is invented: a warehouse that mixes both holds real data."""
    return _STORE.is_fictional()


def publish_with(publisher: Publisher) -> None:
    """Name what makes a partner's relations: called with the partner, it may query as the supervisor."""
    _STORE.publisher = publisher


class _Store:
    """An in-memory DuckDB that reads the current file; another file gets another one.

    The file is attached rather than opened: a process that opened it would go on reading a replaced file. The old
    parent is let go, never closed: cursors still running on it keep it alive until they end.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._publishing = threading.Lock()
        self._identity: FileIdentity | None = None
        self._parent: duckdb.DuckDBPyConnection | None = None
        self._published: dict[Identity, duckdb.DuckDBPyConnection] = {}
        self._fictional: tuple[FileIdentity, bool] | None = None
        self.publisher: Publisher | None = None

    def scoped(self, reader: Viewer) -> tuple[Identity, duckdb.DuckDBPyConnection]:
        """The build and the connection that `reader` may read."""
        identity, parent = self.current()
        if not reader.is_partner:
            return (identity, reader), parent
        if (ready := self._published.get((identity, reader))) is not None:
            return (identity, reader), ready
        with self._publishing:
            while (scoped := (self.current()[0], reader)) not in self._published:
                made = self._publish(reader)
                kept = {key: parent for key, parent in self._published.items() if key[0] == scoped[0]}
                self._published = kept | {scoped: made} if self.current()[0] == scoped[0] else kept
            return scoped, self._published[scoped]

    def _publish(self, reader: Viewer) -> duckdb.DuckDBPyConnection:
        if self.publisher is None:
            raise WarehouseError("Rien n'est publié : le programme qui publie n'a pas démarré.")
        with acting(access.SUPERVISOR):
            return _tables(self.publisher(reader))

    def is_fictional(self) -> bool:
        identity, parent = self.current()
        if self._fictional is None or self._fictional[0] != identity:
            self._fictional = (
                identity,
                bool(_run(parent, _sql("only_fictional")[0], {}, access.SUPERVISOR)["fictional"].iloc[0]),
            )
        return self._fictional[1]

    def current(self) -> tuple[FileIdentity, duckdb.DuckDBPyConnection]:
        file = settings().warehouse
        with self._lock:
            identity = _identity(file)
            while self._parent is None or identity != self._identity:
                self._parent, self._identity = _attach(file), identity
                identity = _identity(file)
            return identity, self._parent


class _Results:
    """The most recently used results, within a number of bytes."""

    def __init__(self, limit: int) -> None:
        self._lock = threading.Lock()
        self._limit, self._bytes = limit, 0
        self._frames: OrderedDict[Hashable, tuple[pd.DataFrame, int]] = OrderedDict()

    def get(self, key: Hashable) -> pd.DataFrame | None:
        with self._lock:
            if key not in self._frames:
                return None
            self._frames.move_to_end(key)
            return self._frames[key][0]

    def put(self, key: Hashable, frame: pd.DataFrame) -> None:
        size = int(frame.memory_usage(deep=True).sum())
        with self._lock:
            if key in self._frames or size > self._limit:
                return
            self._frames[key] = (frame, size)
            self._bytes += size
            while self._bytes > self._limit:
                self._bytes -= self._frames.popitem(last=False)[1][1]


def _identity(file: Path) -> FileIdentity:
    try:
        stat = file.stat()
    except OSError:
        raise WarehouseError(f"Aucun entrepôt de données à l'emplacement {file}.") from None
    return str(file), stat.st_dev, stat.st_ino, stat.st_mtime_ns, stat.st_size


def _attach(file: Path) -> duckdb.DuckDBPyConnection:
    quoted = str(file).replace("'", "''")
    parent = duckdb.connect(":memory:", config={"threads": THREADS, "autoload_known_extensions": False})
    try:
        parent.execute(f"attach '{quoted}' as w (type duckdb, read_only)")
    except duckdb.Error as error:
        raise WarehouseError(f"Le fichier {file} n'est pas un entrepôt de données lisible.") from error
    return _locked(parent)


def _tables(published: Mapping[str, pd.DataFrame]) -> duckdb.DuckDBPyConnection:
    """A database in memory with the tables of published.sql, filled by name from frames; others stay empty."""
    parent = duckdb.connect(":memory:", config={"threads": THREADS, "autoload_known_extensions": False})
    parent.execute("attach ':memory:' as w")
    parent.execute(PUBLISHED.read_text(encoding="utf-8"))
    for name, frame in published.items():
        columns = [row[0] for row in parent.table(f"w.main.{name}").description]
        parent.from_df(frame.reindex(columns=columns)).insert_into(f"w.main.{name}")
    return _locked(parent)


def _locked(parent: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    parent.execute("set enable_external_access = false")
    parent.execute("set lock_configuration = true")
    return parent


def _run(parent: duckdb.DuckDBPyConnection, sql: str, params: dict[str, object], reader: Viewer) -> pd.DataFrame:
    cursor = parent.cursor()
    try:
        return cursor.execute(sql, params).df()
    except (duckdb.CatalogException, duckdb.BinderException) as error:
        if reader.is_partner:
            raise AccessDenied(access.NOT_THIS_PAGE) from error
        raise WarehouseError("L'entrepôt de données vient d'une autre version du logiciel.") from error
    finally:
        cursor.close()


@cache
def _sql(name: str) -> tuple[str, frozenset[str]]:
    sql = (QUERIES / f"{name}.sql").read_text(encoding="utf-8")
    return sql, frozenset(re.findall(r"\$([a-z_][a-z0-9_]*)", sql))


def _plain(value: object) -> object:
    return list(value) if isinstance(value, (tuple, set, frozenset)) else value


def _frozen(value: object) -> Hashable:
    frozen = tuple(value) if isinstance(value, list) else value
    assert isinstance(frozen, Hashable), f"a parameter can't be a {type(value).__name__}"
    return frozen


_STORE = _Store()
_RESULTS = _Results(CACHE_BYTES)
