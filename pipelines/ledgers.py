"""Ledgers: lines of one key add up, a file sent again replaces, and lines of totals stay out."""

from __future__ import annotations

import duckdb

from pipelines.records import Record
from pipelines.statements import statement


def leave_repeated(con: duckdb.DuckDBPyConnection, file_id: int, record: Record) -> None:
    """Note what the record says of several lines of one key; when it sums them, a line written twice counts once.

    Two lines are the same when every column of the file is, declared or not.
    """
    con.execute("insert into ledger_files values (?, ?)", [file_id, record.repeated])
    if record.repeated == "sum":
        con.execute(statement("staging/repeated_lines"), {"file_id": file_id})
        con.execute(statement("staging/repeated_warning"), {"file_id": file_id})


def name_totals(con: duckdb.DuckDBPyConnection, file_id: int) -> None:
    """Among the rows rejected for want of a name or a month, say which are the sum of the lines that they cover."""
    con.execute(statement("staging/name_totals"), {"file_id": file_id})


def close_ledgers(con: duckdb.DuckDBPyConnection) -> None:
    """Once every file is read: leave out the lines that a later file replaces, add up, and warn of what is odd."""
    con.execute(statement("staging/ledger_duplicates"))
    con.execute(statement("staging/ledger_cells"))
    con.execute(statement("staging/ledger_warnings"))
