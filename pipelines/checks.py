"""Contracts of the built warehouse, run on every build."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb

from pipelines.errors import ContractError
from pipelines.schema import tables
from pipelines.statements import fetch, literals

CONTRACTS = Path(__file__).with_name("contracts.toml")


def check(con: duckdb.DuckDBPyConnection, contracts: Path = CONTRACTS) -> int:
    """Check the tables of the attached warehouse `w`; return how many checks held.

    Raises ContractError with every broken contract: table, column, what was found, what was allowed.
    """
    raw = tomllib.loads(contracts.read_text(encoding="utf-8"))
    sums = raw.pop("sums", {})
    held, broken = 0, []
    for table, contract in raw.items():
        for message, count in _counts(con, table, contract):
            held += 1
            if count:
                broken.append(f"{table} : {message} ; trouvé : {count} ligne(s), toléré : 0")
    for message, sql in sums.items():
        left, right = fetch(con, sql)
        held += 1
        if (left or 0) != (right or 0):
            broken.append(f"somme fausse : {message} ; trouvé : {left} et {right}")
    if broken:
        raise ContractError("L'entrepôt construit ne respecte pas ses contrats :\n- " + "\n- ".join(broken))
    return held


def _counts(con: duckdb.DuckDBPyConnection, table: str, contract: dict[str, Any]) -> Iterator[tuple[str, int]]:
    """Messages and how many rows break each; one scan of the table for all that looks at one row at a time."""
    rules = list(_row_rules(contract))
    if rules:
        found = fetch(con, f"select {', '.join(f'count_if({condition})' for _, condition in rules)} from w.{table}")
        yield from ((message, count) for (message, _), count in zip(rules, found, strict=True))
    if "key" in contract:
        yield f"clé {', '.join(contract['key'])} en double", _twins(con, table, contract["key"])
    for column, target in contract.get("references", {}).items():
        other, key = target.split(".")
        lost = f"{column} is not null and {column} not in (select {key} from w.{other})"
        yield f"{column} absent de {target}", fetch(con, f"select count(*) from w.{table} where {lost}")[0]


def _row_rules(contract: dict[str, Any]) -> Iterator[tuple[str, str]]:
    canonical = tables()["interventions"]
    for column in [*contract.get("key", []), *contract.get("filled", [])]:
        yield f"{column} vide", f"{column} is null"
    codes = contract.get("values", {}) | {c: canonical[name].values for c, name in contract.get("schema", {}).items()}
    for column, values in codes.items():
        yield (
            f"{column} hors de ses valeurs",
            f"{column} is not null and not list_contains({literals(values)}, {column})",
        )
    for column, (low, high) in contract.get("between", {}).items():
        yield f"{column} hors de {low} à {high}", f"{column} not between {low} and {high}"


def _twins(con: duckdb.DuckDBPyConnection, table: str, key: list[str]) -> int:
    """Rows too many for a key. Hashes settle it when all differ, at a fraction of the memory."""
    columns = ", ".join(key)
    rows, hashes = fetch(con, f"select count(*), count(distinct hash({columns})) from w.{table}")
    return 0 if rows == hashes else fetch(con, f"select count(*) - count(distinct ({columns})) from w.{table}")[0]
