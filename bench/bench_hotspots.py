"""Gi* of a million cells, and the space-time scan, against floors measured in the same run.

The floor of Gi* is `scipy.ndimage.uniform_filter` of the same array: the sum of each neighbourhood, nothing else. The
floor of a scan is numpy's `cumsum` over the zones of every circle for every step, once for each arrangement of the
cases: the sums that windows are read from, before a single window is looked at.

`python -m bench.bench_hotspots` prints the seconds of a first scan by weeks in a process that has compiled
nothing yet, when `NUMBA_CACHE_DIR` is an empty folder.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from functools import partial

import numpy as np
from scipy import ndimage

from bench.bench_density import medians
from bench.measure import Figure, run_module
from dashboard.indicators.hotspots import Scan, gi_star, scan

GI_TARGET, FIRST_TARGET_S, BESIDES = 10.0, 5.0, 50
CELLS = 1_000
PLACES, CASES, PERMUTATIONS = 60, 5_000, 999
# Steps, longest window, times the floor: days have 44 million windows in each arrangement, weeks 1.6.
SIZES = {"days": (730, 30, 1.0), "weeks": (104, 8, 2.0)}


def made(steps: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Zone and step of each case, and the zones' metres; a strong cluster, so that every permutation is drawn."""
    rng = np.random.default_rng(20261124)
    zone, step = rng.integers(0, PLACES, CASES), rng.integers(0, steps, CASES)
    zone[:BESIDES], step[:BESIDES] = 7, steps // 2
    return zone, step, rng.uniform(0, 5_000, (PLACES, 2))


def scanned(steps: int, longest: int, permutations: int = PERMUTATIONS) -> Scan:
    """A whole scan."""
    zone, step, xy = made(steps)
    found = scan(zone, step, xy, max_duration=longest, permutations=permutations)
    assert found.permutations == permutations, "the draw stopped early: not the size that is announced"
    return found


def floor(steps: int) -> None:
    """Sums of every circle before each step, for one arrangement of the cases."""
    zone, step, xy = made(steps)
    counts = np.bincount(zone * steps + step, minlength=PLACES * steps).reshape(PLACES, steps).cumsum(axis=1)
    for centre in xy:
        np.cumsum(counts[np.argsort(np.hypot(*(xy - centre).T))], axis=0)


def gi() -> Figure:
    """Ratio of Gi* to the bare sum of neighbourhoods."""
    values = np.random.default_rng(1).poisson(2.0, (CELLS, CELLS)).astype(float)
    ours, theirs = medians(partial(gi_star, values), partial(ndimage.uniform_filter, values, 3, mode="constant"))
    detail = f"{ours:.0f} ms against {theirs:.0f} ms"
    return Figure("Gi* and p of 1 000 000 cells, to uniform_filter", ours / theirs, "×", GI_TARGET, detail)


def scans(name: str) -> Figure:
    """Ratio of a whole scan to the floor of as many arrangements."""
    steps, longest, target = SIZES[name]
    scanned(steps, longest, 1)
    start = time.perf_counter()
    scanned(steps, longest)
    ours = time.perf_counter() - start
    once = [_seconds(steps) for _ in range(15)]
    theirs = statistics.median(once) * (PERMUTATIONS + 1)
    title = f"scan, {PLACES} zones × {steps} {name}, windows to {longest}, {CASES} cases, {PERMUTATIONS} permutations"
    return Figure(title, ours / theirs, "× floor", target, f"{ours:.1f} s against {theirs:.1f} s")


def _seconds(steps: int) -> float:
    start = time.perf_counter()
    floor(steps)
    return time.perf_counter() - start


def first_scan() -> float:
    """Seconds of a scan by weeks, imports and compilation included."""
    steps, longest, _ = SIZES["weeks"]
    start = time.perf_counter()
    scanned(steps, longest)
    return time.perf_counter() - start


def measure() -> list[Figure]:
    """Ratios to the floors, and the first scan of a process that has everything to compile."""
    with tempfile.TemporaryDirectory(prefix="optimedia-numba-") as empty:
        first = run_module("bench.bench_hotspots", NUMBA_CACHE_DIR=empty)
    name, detail = "first scan by weeks, compiled on the way: processor", f"{float(first.output):.1f} s by the clock"
    compiled = Figure(name, first.cpu_s, "s", FIRST_TARGET_S, detail)
    return [gi(), *map(scans, SIZES), compiled]


if __name__ == "__main__":
    sys.stdout.write(f"{first_scan():.3f}\n")
