"""`python -m bench`: every measurement, each with its target, in one run on this machine.

Fictional exports are written into a temporary folder and removed. Exit code 1 when a target is missed.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import duckdb
from rich.console import Console
from rich.table import Table

from bench import (
    bench_browser,
    bench_build,
    bench_declared,
    bench_density,
    bench_disclosure,
    bench_hotspots,
    bench_pages,
    bench_trends,
    calibration,
    ledger_calibration,
)
from bench.measure import Figure

SECTIONS = (
    *("build", "density", "hotspots", "calibration", "trends"),
    *("declared", "ledgers", "disclosure", "pages", "browser"),
)
FULL, QUICK = (1_000_000, 10_000_000), (100_000, 1_000_000)
LEDGERS, LEDGERS_QUICK = 500, 50
PAGES_FULL, PAGES_QUICK = (100_000, 1_000_000), (20_000, 200_000)


def arguments(given: list[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--only", choices=SECTIONS, action="append", help="measure this alone (may be repeated)")
    parser.add_argument("--rows", type=int, nargs="+", help="rows of the builds measured (default: 1 and 10 million)")
    parser.add_argument("--page-rows", type=int, nargs=2, help="rows behind the pages (default: 100,000 and 1 million)")
    parser.add_argument("--quick", action="store_true", help="ten times fewer rows: a check, not a measurement")
    parser.add_argument("--scratch", type=Path, help="folder for what is made, kept (default: temporary)")
    parser.add_argument("--out", type=Path, help="also write the figures to this JSON file")
    return parser.parse_args(given)


def measure(chosen: argparse.Namespace, scratch: Path, say: Callable[[str], None]) -> list[Figure]:
    """Every figure asked for, in the order of SECTIONS."""
    rows = tuple(chosen.rows or (QUICK if chosen.quick else FULL))
    few, many = chosen.page_rows or (PAGES_QUICK if chosen.quick else PAGES_FULL)
    exports = bench_build.Exports(scratch)
    sections: dict[str, Callable[[], list[Figure]]] = {
        "build": lambda: bench_build.measure(exports, rows),
        "density": lambda: bench_density.measure(many),
        "hotspots": bench_hotspots.measure,
        "calibration": lambda: calibration.measure(calibration.QUICK if chosen.quick else calibration.TERRITORIES),
        "trends": bench_trends.measure,
        "declared": bench_declared.measure,
        "ledgers": lambda: ledger_calibration.measure(LEDGERS_QUICK if chosen.quick else LEDGERS, say),
        "disclosure": bench_disclosure.measure,
        "pages": lambda: bench_pages.measure(exports, few, many),
        "browser": lambda: bench_browser.measure(exports, many),
    }
    figures = []
    for name in chosen.only or SECTIONS:
        say(f"{name}…")
        figures += sections[name]()
    return figures


def table_of(figures: list[Figure]) -> Table:
    """The figures, their targets, and whether each is met."""
    table = Table(title="Optimédia, measured on this machine in one run")
    table.add_column("figure")
    for heading in ("measured", "target"):
        table.add_column(heading, justify="right")
    for heading in ("", "detail"):
        table.add_column(heading)
    for figure in figures:
        target = "" if figure.target is None else f"≤ {figure.target:g} {figure.unit}"
        verdict = {True: "[green]OK[/]", False: "[red]over[/]", None: ""}[figure.ok]
        table.add_row(figure.name, f"{figure.value:.2f} {figure.unit}", target, verdict, figure.detail)
    return table


def machine() -> dict[str, object]:
    """What the figures were measured on."""
    return {
        "system": platform.platform(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "duckdb": duckdb.__version__,
    }


def main(given: list[str] | None = None) -> int:
    """Measure, print, write; 1 when a target is missed."""
    chosen = arguments(given)
    console = Console(width=160 if not sys.stdout.isatty() else None)
    with tempfile.TemporaryDirectory(prefix="optimedia-bench-") as temporary:
        scratch = chosen.scratch or Path(temporary)
        scratch.mkdir(parents=True, exist_ok=True)
        figures = measure(chosen, scratch, console.print)
    console.print(table_of(figures))
    console.print(machine())
    if chosen.out:
        written = {"machine": machine(), "figures": [asdict(figure) | {"ok": figure.ok} for figure in figures]}
        chosen.out.write_text(json.dumps(written, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return int(any(figure.ok is False for figure in figures))


if __name__ == "__main__":
    sys.exit(main())
