"""The floor of a build: DuckDB's own reader on the same files, into a fresh database file.

`python -m bench.floor FOLDER SCRATCH TIMES` prints the seconds of each time as JSON.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import duckdb


def load(files: list[Path], database: Path) -> float:
    """Seconds of `create table … as select * from read_csv(…)` for every file, and of the final checkpoint."""
    with duckdb.connect(str(database)) as connection:
        seconds = sum(_load_one(connection, f"t{number}", file) for number, file in enumerate(files))
        return seconds + _timed(connection, "checkpoint")


def _load_one(connection: duckdb.DuckDBPyConnection, table: str, file: Path) -> float:
    """A file whose types DuckDB guesses wrongly (the exports hold dirty rows on purpose) is read as text instead."""
    create = f"create table {table} as select * from read_csv($file"
    try:
        return _timed(connection, f"{create})", file=str(file))
    except duckdb.Error:
        return _timed(connection, f"{create}, all_varchar = true)", file=str(file))


def _timed(connection: duckdb.DuckDBPyConnection, statement: str, **params: str) -> float:
    start = time.perf_counter()
    connection.execute(statement, params)
    return time.perf_counter() - start


def main(folder: Path, scratch: Path, times: int) -> list[float]:
    """Seconds of each of `times` loads of the CSV files of a folder."""
    files = sorted(folder.rglob("*.csv"))
    seconds = []
    for number in range(times):
        database = scratch / f"floor-{number}.duckdb"
        seconds.append(load(files, database))
        database.unlink()
    return seconds


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))))
