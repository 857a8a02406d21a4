"""The whole build, from exports to a published warehouse, against DuckDB's own reading of the same files."""

from __future__ import annotations

import json
from pathlib import Path

from bench.measure import GIB, Figure, Run, run_module, thousands

FLOOR_TARGET, MEMORY_TARGET_GIB = 4.0, 3.0
# A little more than proportional is forgiven: sorting is not linear. For tenfold rows: 11 times.
GROWTH_TARGET = 1.1
REPEATED_UNDER, TIMES = 2_000_000, 3
END, SEED = "2026-06-30", "1"


class Exports:
    """Fictional exports and warehouses of a number of rows, made once each, in a scratch folder."""

    def __init__(self, scratch: Path) -> None:
        self.scratch = scratch
        self.builds: dict[int, Run] = {}

    def raw(self, rows: int) -> Path:
        """Folder of the exports of about `rows` interventions."""
        folder = self.scratch / f"raw-{rows}"
        if not folder.exists():
            run_module("pipelines", "demo", "--raw", folder, "--rows", str(rows), "--seed", SEED, "--end", END)
        return folder

    def warehouse(self, rows: int) -> Path:
        """Warehouse built from them; the quickest of its builds is kept in `builds`."""
        file = self.scratch / f"warehouse-{rows}.duckdb"
        if rows not in self.builds:
            times = TIMES if rows < REPEATED_UNDER else 1
            runs = [self._build(rows, file) for _ in range(times)]
            self.builds[rows] = min(runs, key=lambda run: run.wall_s)
        return file

    def _build(self, rows: int, file: Path) -> Run:
        file.unlink(missing_ok=True)
        return run_module("pipelines", "build", "--raw", self.raw(rows), "--warehouse", file)


def floor_s(raw: Path, scratch: Path) -> float:
    """Seconds of the quickest of three loads of the same files by DuckDB alone (the first also warms the cache)."""
    return min(json.loads(run_module("bench.floor", raw, scratch, str(TIMES)).output))


def measure(exports: Exports, rows: tuple[int, ...]) -> list[Figure]:
    """Ratio to the floor and peak memory for each number of rows, and growth from the least to the most."""
    figures = []
    for count in rows:
        floor = floor_s(exports.raw(count), exports.scratch)
        exports.warehouse(count)
        run = exports.builds[count]
        detail = f"{run.wall_s:.1f} s, processor {run.cpu_s:.1f} s, floor {floor:.2f} s"
        figures += [
            Figure(f"build, {thousands(count)} rows", run.wall_s / floor, "× floor", FLOOR_TARGET, detail),
            Figure(f"build, {thousands(count)} rows: peak memory", run.peak_bytes / GIB, "GiB", MEMORY_TARGET_GIB),
        ]
    least, most = min(rows), max(rows)
    if least < most:
        growth = exports.builds[most].wall_s / exports.builds[least].wall_s
        name = f"build, {thousands(least)} to {thousands(most)} rows: growth"
        figures.append(Figure(name, growth, "×", GROWTH_TARGET * most / least))
    return figures
