"""A simulation of declared avoided costs against numpy's own drawing of as many beta variates in the same process.

`python -m bench.bench_declared` prints the figures, in processor time; medians of tasks timed in turn.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import numpy as np

from bench.measure import Figure
from dashboard.indicators.declared_costs import Category, Pert, simulate, tornado

CATEGORIES, DRAWS, TIMES = 13, 20_000, 11
RATIO_TARGET, MILLISECONDS_TARGET = 2.5, 100.0
P, A, D, R, U = Pert(0.02, 0.1, 0.3), Pert(0.05, 0.25, 0.6), Pert(0, 0.15, 0.4), Pert(0, 0, 0.45), Pert(40, 90, 200)


def milliseconds(task: Callable[[], object]) -> float:
    """How long the task keeps a processor."""
    start = time.process_time()
    task()
    return (time.process_time() - start) * 1000


def measure() -> list[Figure]:
    """A simulation of 13 categories, and its tornado, to the drawing of its 29 hypotheses."""
    payers = ("bailleur", "ville", "SDIS")
    categories = [Category(str(number), 50, P, U, payers[number % len(payers)]) for number in range(CATEGORIES)]

    def simulated() -> object:
        return simulate(categories, attribution=A, displacement=D, reimbursed=R, draws=DRAWS)

    def floor() -> object:
        generator = np.random.default_rng(0)
        hypotheses = [A, D, R, *[P] * CATEGORIES, *[U] * CATEGORIES]
        return [generator.beta(*pert.shape, size=DRAWS) for pert in hypotheses]

    made = simulate(categories, attribution=A, displacement=D, reimbursed=R, draws=DRAWS)

    def influences() -> object:
        return tornado(made, categories, attribution=A, displacement=D, reimbursed=R)

    influences()
    rounds = [[milliseconds(task) for task in (simulated, floor, influences)] for _ in range(TIMES)]
    ours, theirs, drawn = (statistics.median(column) for column in zip(*rounds, strict=True))
    name = f"{CATEGORIES} categories, {DRAWS:,} draws"
    return [
        Figure(f"simulation of {name}, to numpy's beta draws", ours / theirs, "×", RATIO_TARGET, f"{theirs:.0f} ms"),
        Figure(f"simulation of {name}", ours, "ms", MILLISECONDS_TARGET, "processor time"),
        Figure("its tornado", drawn, "ms", MILLISECONDS_TARGET, "processor time"),
    ]


if __name__ == "__main__":
    for figure in measure():
        print(f"{figure.name}: {figure.value:.2f} {figure.unit} ({figure.detail})")
