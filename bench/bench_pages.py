"""A page's script run, without a browser, at two sizes of the warehouse.

`python -m bench.bench_pages` prints, as JSON, the milliseconds of each run of each page on the warehouse of
`OPTIMEDIA_WAREHOUSE`, in a process that has seen no other.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from pathlib import Path

from bench.bench_build import Exports
from bench.measure import Figure, run_module, thousands
from pipelines.settings import ROOT

WARM_TARGET_MS, RATIO_TARGET = 250.0, 1.3
WARM_UPS, TIMES, ROUNDS = 3, 15, 3
PERIOD = "periode"
Medians = dict[str, dict[str, float]]


def pages() -> list[Path]:
    """Every page of the product."""
    return sorted(file for file in (ROOT / "dashboard" / "pages").glob("*.py") if file.stem != "__init__")


def run_times(page: Path) -> dict[str, list[float]]:
    """Milliseconds of a page's runs: `warm`, nothing changed; `fresh`, a period that it has not been asked yet."""
    from streamlit.testing.v1 import AppTest

    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120).run()
    app.switch_page(page.relative_to(ROOT).as_posix())

    def timed() -> float:
        start = time.perf_counter()
        app.run()
        elapsed = (time.perf_counter() - start) * 1000
        if app.exception:
            raise RuntimeError(f"{page.name}: {app.exception[0].message}")
        return elapsed

    for _ in range(WARM_UPS):
        timed()
    warm = [timed() for _ in range(TIMES)]
    fresh = []
    for option in app.selectbox(key=PERIOD).options:
        if option != app.selectbox(key=PERIOD).value:
            app.selectbox(key=PERIOD).select(option)
            fresh.append(timed())
    return {"warm": warm, "fresh": fresh}


def medians(warehouse: Path) -> Medians:
    """Median milliseconds by page and kind of run, from a process of its own."""
    run = run_module("bench.bench_pages", OPTIMEDIA_WAREHOUSE=str(warehouse))
    times = json.loads(run.output.splitlines()[-1])
    return {page: {kind: statistics.median(ms) for kind, ms in kinds.items()} for page, kinds in times.items()}


def in_turn(few: Path, many: Path) -> tuple[Medians, Medians]:
    """Least medians of both warehouses, each process in turn, so that what else the machine does weighs on both."""
    pairs = [(medians(few), medians(many)) for _ in range(ROUNDS)]
    return _least([first for first, _ in pairs]), _least([second for _, second in pairs])


def _least(rounds: list[Medians]) -> Medians:
    return {
        page: {kind: min(found[page][kind] for found in rounds) for kind in kinds} for page, kinds in rounds[0].items()
    }


def measure(exports: Exports, few: int, many: int) -> list[Figure]:
    """Warm run at `many` rows, its ratio to the same at `few`, and a run with a choice not yet seen."""
    small, large = in_turn(exports.warehouse(few), exports.warehouse(many))
    figures = []
    for page, at_many in large.items():
        at_few = small[page]
        name = f"{page}, {thousands(many)} rows"
        ratio = at_many["warm"] / at_few["warm"]
        warm, fresh = (f"{at_few[kind]:.0f} ms at {thousands(few)} rows" for kind in ("warm", "fresh"))
        figures += [
            Figure(f"{name}: warm run", at_many["warm"], "ms", WARM_TARGET_MS),
            Figure(f"{name}: growth of the warm run", ratio, "×", RATIO_TARGET, warm),
            Figure(f"{name}: run with a new period", at_many["fresh"], "ms", None, fresh),
        ]
    return figures


if __name__ == "__main__":
    sys.stdout.write(json.dumps({page.stem: run_times(page) for page in pages()}) + "\n")
