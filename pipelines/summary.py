"""What the command line says at the end, as tables."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from pipelines.build import Built
from pipelines.check import Checked

THIN = "\u202f"


def number(value: int) -> str:
    """A count in French: 12 345."""
    return f"{value:,}".replace(",", THIN)


def files_table(files: list[dict[str, Any]]) -> Table:
    """The ledger: what became of the rows of each file."""
    table = Table(title="Bilan des fichiers", title_justify="left")
    table.add_column("Fichier", overflow="fold")
    for heading in ("Lues", "Chargées", "Doublons", "Rejetées"):
        table.add_column(heading, justify="right")
    table.add_column("Pourquoi", overflow="fold")
    for file in files:
        counts = [number(file[key]) for key in ("rows_read", "loaded", "duplicates", "rejected")]
        table.add_row(Text(file["name"]), *counts, Text(file["error"] or _listed(file["reasons"])))
    return table


def notes(built: Built) -> Iterator[str]:
    """Warnings, repairs and files left aside, a line each."""
    totals: dict[str, int] = {}
    for file in built.files:
        for kind, count in file["warnings"].items():
            totals[kind] = totals.get(kind, 0) + count
    if totals:
        yield f"Avertissements : {_listed(totals)}"
    yield from built.notes
    if built.ignored:
        yield f"Fichiers d'un autre format, non lus : {', '.join(built.ignored)}"


def check_tables(checked: Checked) -> list[RenderableType]:
    """What would happen to one file."""
    title = f"{checked.name} : fiche « {checked.record} », table {checked.table}, {number(checked.rows)} lignes lues"
    columns = Table(title=Text(title), title_justify="left")
    for heading, side in (
        ("Colonne du fichier", "left"),
        ("Devient", "left"),
        ("Remplies", "right"),
        ("Comprises", "right"),
    ):
        columns.add_column(heading, justify=side, overflow="fold")  # type: ignore[arg-type]
    columns.add_column("Incomprises, par exemple", overflow="fold")
    missing = set(checked.missing)
    for column in checked.columns:
        if column.source in missing:
            columns.add_row(Text(column.source), column.declared, "absente", "", "")
            continue
        counts = (number(column.written), number(column.understood))
        columns.add_row(Text(column.source), column.declared, *counts, Text(" ; ".join(column.unknown)))
    for name in checked.undeclared:
        columns.add_row(Text(name), "non déclarée : jamais lue", "", "", "")
    lines: list[RenderableType] = [columns]
    if checked.reasons:
        lines.append(Text(f"{number(checked.rejected)} lignes seraient rejetées :"))
        lines += [
            Text(f"  {n} · {reason} ({column or 'ligne'}), dès la ligne {line}")
            for reason, column, n, line in checked.reasons
        ]
    if checked.warnings:
        lines.append(Text("Avertissements sur les lignes gardées :"))
        lines += [Text(f"  {number(n)} · {kind} ({column or 'ligne'})") for kind, column, n in checked.warnings]
    return lines


def _listed(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} : {number(count)}" for name, count in sorted(counts.items()))
