"""One extracted file → rows of the work database, rejected rows and warnings.

A chain of views leads from `raw_rows` to what is wanted: `mapped` (texts and values of the record's columns) and
`declared` (every canonical column of the table, typed). Each is computed only where it is read.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import time

import duckdb
import numpy as np
import pyarrow as pa

from pipelines.amounts import refuse_unsaid_tax
from pipelines.errors import PersonalDataError
from pipelines.extract import Extract
from pipelines.geo import DEGREES
from pipelines.ledgers import leave_repeated, name_totals
from pipelines.mapping import TYPES, Limits, Mapping
from pipelines.privacy import KINDS, pattern
from pipelines.records import Record
from pipelines.schema import Column, is_ledger, tables
from pipelines.statements import fetch, literal, literals, statement

SHOWN = 40
BLOCK = 1024
LOCATION_BIT = 56
LOCATED_BY = {"lieu_inconnu": "lieu_id", "quartier_inconnu": "quartier"}


@dataclass(frozen=True)
class SourceFile:
    """One file of the ledger, as `import_files` has it."""

    file_id: int
    extract: Extract
    record: Record
    fictional: bool

    @property
    def crs(self) -> str:
        """CRS of its points: what the file states, else the record."""
        return self.extract.crs or (self.record.point.crs if self.record.point else DEGREES)


def prepare(con: duckdb.DuckDBPyConnection, day_starts: time) -> None:
    """Create the macros, the empty typed tables and the ledger of a work database."""
    con.execute(f"create or replace temp macro day_starts() as interval '{day_starts}'")
    con.execute(statement("staging/macros"))
    con.execute(statement("staging/ledger"))
    for table, columns in tables().items():
        typed = ", ".join(f"{name} {kind}" for name, kind in _typed(columns).items())
        con.execute(
            f"create table typed_{table} (file_id integer, row bigint, key uhugeint, warned ubigint, px double, "
            f"py double, {typed})"
        )


def _typed(columns: dict[str, Column]) -> dict[str, str]:
    """Names and SQL types of the typed columns of a table."""
    typed = {name: TYPES.get(column.kind, "varchar") for name, column in columns.items()}
    clocks = {f"{name}_clock": "boolean" for name, column in columns.items() if column.kind == "datetime"}
    return typed | clocks | ({"zone_slug": "varchar"} if "quartier" in columns else {})


def stage(con: duckdb.DuckDBPyConnection, file: SourceFile, limits: Limits) -> None:
    """Load the file read last into its typed table.

    Raises PersonalDataError, naming file, line and column, when a declared column holds what looks like a person,
    UnreadableFileError when amounts may include tax and the record does not say it.
    """
    load(con, file, open_file(con, file, limits))


def load(con: duckdb.DuckDBPyConnection, file: SourceFile, mapping: Mapping) -> None:
    """Load the file that `open_file` opened into its typed table."""
    target = f"typed_{file.record.table}"
    con.execute(
        f"insert into {target} by name select {file.file_id} as file_id, * exclude (problem) from declared "
        "where problem = 0"
    )
    ledger = is_ledger(file.record.table)
    if ledger:
        leave_repeated(con, file.file_id, file.record)
    settle(con, file, mapping, target)
    if ledger:
        name_totals(con, file.file_id)


def open_file(con: duckdb.DuckDBPyConnection, file: SourceFile, limits: Limits) -> Mapping:
    """The views `mapped` and `declared` over the file read last, and its lines.

    Raises PersonalDataError or UnreadableFileError, before anything is loaded.
    """
    mapping = Mapping(file.record, limits)
    con.execute(f"set timezone = {literal(file.record.timezone or limits.timezone)}")
    _refuse_personal_data(con, file)
    refuse_unsaid_tax(con, file.extract, file.record)
    if is_ledger(file.record.table):  # read several times, and small
        con.execute(f"create or replace temp table mapped_lines as {mapping.view()}")
        con.execute("create or replace temp view mapped as from mapped_lines")
    else:
        con.execute(f"create or replace temp view mapped as {mapping.view()}")
    filled = dict(mapping.columns())
    columns = [
        f"{filled.get(name, 'null')}::{kind} as {name}" for name, kind in _typed(tables()[file.record.table]).items()
    ]
    con.execute(
        "create or replace temp view declared as "
        f"select row, key, problem, warned, px::double as px, py::double as py, {', '.join(columns)} from mapped"
    )
    con.register("blocks_found", _line_blocks(file))
    con.execute("insert into line_blocks select * from blocks_found")
    con.unregister("blocks_found")
    return mapping


def settle(
    con: duckdb.DuckDBPyConnection, file: SourceFile, mapping: Mapping, target: str, kinds: Iterable[str] = ()
) -> None:
    """Write down the rows of the file that did not reach `target`, and what is worth counting of those that did.

    `kinds` are warnings of the place, whose bits follow those of the mapping from LOCATION_BIT on.
    """
    con.execute(
        "create or replace temp table refused_rows as select * from raw_rows anti join "
        f"(select row from {target} where file_id = {file.file_id}) as kept on raw_rows.row = kept.row"
    )
    con.execute("create or replace temp view raw_rows as select * from refused_rows")
    _reject(con, file, mapping)
    _warn(con, file, mapping, target, kinds)


def _refuse_personal_data(con: duckdb.DuckDBPyConnection, file: SourceFile) -> None:
    """The first column where a text looks like a person stops the file, with the line where it does.

    `regexp_extract` and not `regexp_matches`: only the first is computed once for each distinct text of a column.
    """
    declared = tables()[file.record.table]
    textual = [
        (source, declared[name].kind == "id")
        for name, sources in file.record.columns.items()
        if declared[name].is_textual
        for source in sources
    ]
    if not textual:
        return
    looks = [
        f"regexp_extract(c{file.record.sources.index(source)}, {literal(pattern(identifier=identifier))}) <> ''"
        for source, identifier in textual
    ]
    suspects = fetch(con, f"select {', '.join(f'count_if({look})' for look in looks)} from raw_rows")
    excused = literals(file.record.not_personal)
    for (source, _), look, suspect in zip(textual, looks, suspects, strict=True):
        if not suspect:
            continue
        cell = f"c{file.record.sources.index(source)}"
        where = f"{look} and not list_contains({excused}, slug({cell}))"
        row, value = fetch(con, f"select min(row), arg_min({cell}, row) from raw_rows where {where}")
        if row is not None:
            raise _personal(con, file, source, file.extract.line(row), value)


def _personal(
    con: duckdb.DuckDBPyConnection, file: SourceFile, source: str, line: int, value: str
) -> PersonalDataError:
    kinds = [kind for kind, regex in KINDS.items() if fetch(con, "select regexp_matches(?, ?)", [value, regex])[0]]
    kind = kinds[0] if kinds else "une donnée personnelle"
    return PersonalDataError(
        f"{file.extract.name}, ligne {line}, colonne « {source} » : la valeur ressemble à {kind}. "
        "Attendu : aucune donnée personnelle dans les colonnes déclarées. Retirez-la de l'export, ou retirez la "
        f"colonne de la fiche {file.record.file.name} ; si c'est une enseigne ou un lieu, ajoutez la valeur à sa liste "
        "not_personal."
    )


def _line_blocks(file: SourceFile) -> pa.Table:
    """Blocks of rows with the shift of each row; a block before the first shift has none."""
    extract = file.extract
    blocks = range(extract.rows // BLOCK + 1)
    pushed = extract.gaps[0] // BLOCK if len(extract.gaps) else len(blocks)
    shifts = [
        None
        if n < pushed
        else np.searchsorted(extract.gaps, np.arange(n * BLOCK, (n + 1) * BLOCK), side="right").astype(np.int32)
        for n in blocks
    ]
    return pa.table(
        {
            "file_id": pa.array([file.file_id] * len(blocks), pa.int32()),
            "file_name": pa.array([extract.name] * len(blocks), pa.string()),
            "first_line": pa.array([extract.first_line] * len(blocks), pa.int64()),
            "block": pa.array(list(blocks), pa.int64()),
            "shifts": pa.array(shifts, pa.list_(pa.int32())),
        }
    )


def _reject(con: duckdb.DuckDBPyConnection, file: SourceFile, mapping: Mapping) -> None:
    problems = mapping.problems()
    received = " ".join(f"when {n} then {problem.received}" for n, problem in enumerate(problems, start=1))
    con.execute(
        "create or replace temp view refused as select row, problem, "
        f"{f'case problem {received} end' if received else 'null::varchar'} as received from mapped where problem > 0"
    )
    parameters = {
        "file_id": file.file_id,
        "columns": [problem.column_name for problem in problems],
        "reasons": [problem.reason for problem in problems],
        "expected": [problem.expected for problem in problems],
        "shown": SHOWN,
        "personal": pattern(identifier=False),
    }
    con.execute(statement("staging/reject"), parameters)
    if file.record.table == "interventions":
        shown = {"shown": SHOWN, "personal": parameters["personal"]}
        con.execute(statement("staging/reject_unlocated"), shown | {"file_id": file.file_id})


def _warn(
    con: duckdb.DuckDBPyConnection, file: SourceFile, mapping: Mapping, target: str, kinds: Iterable[str]
) -> None:
    listed = [(kind, name, n) for n, (kind, name, _) in enumerate(mapping.warnings())]
    listed += [(kind, LOCATED_BY.get(kind, "longitude, latitude"), LOCATION_BIT + n) for n, kind in enumerate(kinds)]
    if listed:
        counts = ", ".join(f"count_if((warned >> {bit}) & 1 = 1)" for _, _, bit in listed)
        found = fetch(con, f"select {counts} from {target} where file_id = {file.file_id}")
        _add_warnings(con, file.file_id, ((kind, name, n) for (kind, name, _), n in zip(listed, found, strict=True)))
    _add_warnings(con, file.file_id, (("colonne_absente", name, 1) for name in file.extract.missing))
    _add_warnings(con, file.file_id, (("colonne_non_declaree", name, 1) for name in file.extract.undeclared))
    _add_warnings(con, file.file_id, (("feuille_non_lue", name, 1) for name in file.extract.unread))


def _add_warnings(con: duckdb.DuckDBPyConnection, file_id: int, warnings: Iterable[tuple[str, str, int]]) -> None:
    for kind, name, n in warnings:
        if n:
            con.execute("insert into import_warnings values (?, ?, ?, ?)", [file_id, kind, name, n])
