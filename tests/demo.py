"""Fictional exports of a fixed day, the warehouse built from them on that day, and the command line as users run it."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import date
from pathlib import Path

from pipelines.settings import ROOT, settings

# The last service date of the fictional exports, the day of their build, and the seed they are drawn with.
DEMO_TODAY = date(2026, 6, 30)
DEMO_SEED = 20260630


def run_pipelines(*arguments: str | Path, timeout: float = 300, **env: str) -> subprocess.CompletedProcess[str]:
    """`python -m pipelines …` in a process of its own, at the project's root; what it says is captured."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("OPTIMEDIA_")}
    return subprocess.run(
        [sys.executable, "-m", "pipelines", *map(str, arguments)],
        cwd=ROOT,
        env=kept | {"PYTHONUTF8": "1", "COLUMNS": "200"} | env,
        capture_output=True,
        encoding="utf-8",
        timeout=timeout,
        stdin=subprocess.DEVNULL,
        check=False,
    )


def write_demo(raw: Path, end: date = DEMO_TODAY) -> Path:
    """Write the fictional exports up to a day into a folder."""
    from pipelines import demo  # heavy, and many a session does without

    demo.write_demo(raw, end=end, seed=DEMO_SEED)
    return raw


def warehouse_in(folder: Path) -> Path:
    """Where `build_demo` puts its warehouse."""
    return folder / "optimedia.duckdb"


def build_demo(folder: Path, raw: Path, today: date = DEMO_TODAY) -> Path:
    """Warehouse of the exports in `raw`, as built on the day given, which decides what is generalised."""
    from pipelines.build import build  # heavy, and many a session does without

    warehouse = warehouse_in(folder)
    build(settings(raw=str(raw), warehouse=str(warehouse)), today=today)
    return warehouse
