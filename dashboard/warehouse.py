"""The only module of the dashboard that opens the warehouse: `query(name, **params)` and `build_info()`."""

from __future__ import annotations

import os
import re
import threading
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from pipelines.settings import settings

QUERIES = Path(__file__).parent / "queries"
CACHE_BYTES = 256 * 2**20
THREADS = min(4, os.cpu_count() or 1)

Identity = tuple[str, int, int, int, int]


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
    Raises WarehouseError when there is no readable warehouse.
    """
    sql, names = _sql(name)
    used = {key: _plain(value) for key, value in params.items() if key in names}
    identity, parent = _STORE.current()
    key = (identity, name, tuple(sorted((key, _frozen(value)) for key, value in used.items())))
    frame = _RESULTS.get(key)
    if frame is None:
        frame = _run(parent, sql, used)
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
    """What tells one warehouse file from another: a key for caches kept elsewhere."""
    return _STORE.current()[0]


class _Store:
    """An in-memory DuckDB that reads the current file; another file gets another one.

    The file is attached rather than opened: a process that opened it would go on reading a replaced file. The old
    parent is let go, never closed: cursors still running on it keep it alive until they end.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._identity: Identity | None = None
        self._parent: duckdb.DuckDBPyConnection | None = None

    def current(self) -> tuple[Identity, duckdb.DuckDBPyConnection]:
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


def _identity(file: Path) -> Identity:
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
    parent.execute("set enable_external_access = false")
    parent.execute("set lock_configuration = true")
    return parent


def _run(parent: duckdb.DuckDBPyConnection, sql: str, params: dict[str, object]) -> pd.DataFrame:
    cursor = parent.cursor()
    try:
        return cursor.execute(sql, params).df()
    except (duckdb.CatalogException, duckdb.BinderException) as error:
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
