"""Repair ledgers for the tests: lines, files, and what the pipelines make of them before any warehouse."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache, partial
from pathlib import Path
from typing import Any

import duckdb
import openpyxl

from pipelines.extract import extract
from pipelines.ledgers import close_ledgers
from pipelines.settings import ROOT
from pipelines.stage import SourceFile, stage
from tests.pipelines.exports import LIMITS, csv_text, record, write

RECORD = (ROOT / "config" / "orvault" / "exports" / "sinistres_bailleur.toml").read_text(encoding="utf-8")
HEADER = ["bailleur_code", "residence", "mois", "categorie", "nb", "cout_ht", "groupe", "nb_logements"]
JANUARY, FEBRUARY = date(2025, 1, 1), date(2025, 2, 1)
Rows = Sequence[Sequence[object]]


@dataclass(frozen=True)
class Ledger:
    """What the pipelines make of ledgers, before any warehouse."""

    con: duckdb.DuckDBPyConnection

    def cells(self, *columns: str) -> list[tuple[Any, ...]]:
        """Columns of the sums, ordered."""
        return self.con.execute(f"select {', '.join(columns)} from ledger_cells order by all").fetchall()

    @property
    def counts(self) -> tuple[int, int, int]:
        """Rows loaded, duplicates and rejected."""
        loaded = "select coalesce(sum(lines), 0)::int from ledger_cells"
        others = [f"select count(*) from {table}" for table in ("dropped_rows", "rejected_rows")]
        return tuple(self.con.execute(sql).fetchall()[0][0] for sql in (loaded, *others))  # type: ignore[return-value]

    @property
    def rejected(self) -> list[tuple[int, str]]:
        """Line and reason."""
        return self.con.execute("select line, reason from rejected_rows order by line").fetchall()

    @property
    def warnings(self) -> dict[str, int]:
        """Count by kind, but those of columns that are missing or not declared."""
        sql = "select kind, sum(count)::int from import_warnings where kind not like 'colonne%' group by all"
        return dict(self.con.execute(sql).fetchall())


Read = Callable[..., Ledger]


def ledger_reader(con: duckdb.DuckDBPyConnection, folder: Path) -> Read:
    """Reads files as a build does: `read(file, …, how=record)`; rows become a CSV under the canonical header."""
    known = cache(partial(record, folder))

    def made(*files: Path | Rows, how: str = RECORD) -> Ledger:
        fiche = known(how)
        for (table,) in con.execute("select table_name from duckdb_tables() where not temporary").fetchall():
            con.execute(f"delete from {table}")
        for number, source in enumerate(files, start=1):
            csv = folder / f"sinistres {number}.csv"
            file = source if isinstance(source, Path) else write(csv, csv_text(HEADER, source))
            found = extract(con, file, fiche, folder)
            stage(con, SourceFile(number, found, fiche, fictional=False), LIMITS)
        close_ledgers(con)
        return Ledger(con)

    return made


def line(
    nb: object = 1,
    cost: object = "",
    month: object = "2025-01",
    *,
    category: str = "tag",
    residence: str = "Les Ormes",
    landlord: str = "B1",
    group: str = "suivi",
    dwellings: object = 40,
) -> list[object]:
    """One line of a ledger."""
    return [landlord, residence, month, category, nb, cost, group, dwellings]


def titled(file: Path, rows: Rows, *titles: str) -> Path:
    """A workbook with merged titles above its header, as offices make them."""
    book = openpyxl.Workbook()
    sheet: Any = book.active
    for number, title in enumerate(titles, start=1):
        sheet.cell(number, 1, title)
        sheet.merge_cells(start_row=number, start_column=1, end_row=number, end_column=len(HEADER))
    sheet.append([])
    for row in rows:
        sheet.append(list(row))
    book.save(file)
    return file
