"""The SQL files, and the few pieces of SQL that depend on an export record."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import duckdb

FOLDER = Path(__file__).with_name("sql")


@cache
def statement(name: str) -> str:
    """Text of `sql/<name>.sql`."""
    return (FOLDER / f"{name}.sql").read_text(encoding="utf-8")


def fetch(con: duckdb.DuckDBPyConnection, sql: str, params: object = None) -> tuple[Any, ...]:
    """The one row that a query answers."""
    row = con.execute(sql, params).fetchone()
    assert row is not None, sql
    return row


def literal(text: str) -> str:
    """A text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def literals(texts: Iterable[str]) -> str:
    """Texts as an SQL list of varchar."""
    return "[" + ", ".join(literal(text) for text in texts) + "]::varchar[]"
