"""A heat map against `numpy.histogram2d` of the same points in the same process.

`python -m bench.bench_density [POINTS]` prints the figures. Both are timed in turn and their medians divided, so that
what else the machine does weighs on both alike.
"""

from __future__ import annotations

import statistics
import sys
import time
import tracemalloc
from collections.abc import Callable
from functools import partial

import numpy as np

from bench.measure import Figure, thousands
from dashboard.indicators.density import kernel_density

RATIO_TARGET = 3.0
TIMES = 11
WIDTH, HEIGHT, CELL = 5_000.0, 4_000.0, 10.0
BOUNDS = (0.0, 0.0, WIDTH, HEIGHT)
BANDWIDTHS = (120.0, 50.0, 300.0)  # the default one first: it has the target


def points(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Half of the points around 40 places, half anywhere in the frame."""
    rng = np.random.default_rng(20261124)
    places = rng.uniform((0, 0), (WIDTH, HEIGHT), (40, 2))
    around = places[rng.integers(0, 40, n // 2)] + rng.normal(0, 60, (n // 2, 2))
    both = np.concatenate([around, rng.uniform((0, 0), (WIDTH, HEIGHT), (n - n // 2, 2))])
    rng.shuffle(both)
    inside = np.clip(both, 0, (WIDTH, HEIGHT))
    return np.ascontiguousarray(inside[:, 0]), np.ascontiguousarray(inside[:, 1])


def milliseconds(task: Callable[[], object]) -> float:
    """How long the task takes."""
    start = time.perf_counter()
    task()
    return (time.perf_counter() - start) * 1000


def medians(first: Callable[[], object], second: Callable[[], object]) -> tuple[float, float]:
    """Median milliseconds of two tasks done in turn, after one unmeasured turn."""
    first()
    second()
    pairs = [(milliseconds(first), milliseconds(second)) for _ in range(TIMES)]
    ours, theirs = zip(*pairs, strict=True)
    return statistics.median(ours), statistics.median(theirs)


def peak_megabytes(task: Callable[[], object]) -> float:
    """Most that Python and numpy held at once for the task, above what they held before."""
    tracemalloc.start()
    try:
        task()
        return tracemalloc.get_traced_memory()[1] / 1e6
    finally:
        tracemalloc.stop()


def measure(n: int) -> list[Figure]:
    """Ratios of heat maps of n points to the histogram of the same points on the same cells."""
    x, y = points(n)
    cells = (round(WIDTH / CELL), round(HEIGHT / CELL))

    def floor() -> object:
        return np.histogram2d(x, y, bins=cells, range=((0.0, WIDTH), (0.0, HEIGHT)))

    figures = []
    for bandwidth in BANDWIDTHS:
        heat_map = partial(kernel_density, x, y, bandwidth_m=bandwidth, bounds=BOUNDS, cell_m=CELL)
        ours, theirs = medians(heat_map, floor)
        name = f"heat map of {thousands(n)} points, {bandwidth:.0f} m, to histogram2d"
        target = RATIO_TARGET if bandwidth == BANDWIDTHS[0] else None
        detail = f"{ours:.0f} ms against {theirs:.0f} ms; {peak_megabytes(heat_map):.0f} MB besides the points"
        figures.append(Figure(name, ours / theirs, "×", target, detail))
    return figures


if __name__ == "__main__":
    for figure in measure(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000):
        print(f"{figure.name}: {figure.value:.2f} {figure.unit} ({figure.detail})")
