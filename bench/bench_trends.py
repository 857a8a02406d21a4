"""What the trends say of series where nothing changes: shares of false alarms, by simulation.

`python -m bench.bench_trends` prints the figures that docs/methods.md states. Every series is 36 months of 230 patrol
hours and about 90 events, as on the demonstration.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from bench.measure import Figure
from dashboard.indicators.change_points import change_points
from dashboard.indicators.changes import Compared, Side, changes
from dashboard.indicators.control import u_prime

MONTHS, HOURS, RATE, SPREAD = 36, 230.0, 0.4, 4.0
CHARTS, SEARCHES, PAIRS, REPLICATES = 2_000, 200, 2_000, 199
LEVEL = 0.05
Draw = Callable[[np.random.Generator], NDArray[np.int64]]


def poisson(rng: np.random.Generator) -> NDArray[np.int64]:
    """Monthly counts, Poisson."""
    return rng.poisson(RATE * HOURS, MONTHS)


def varied(rng: np.random.Generator) -> NDArray[np.int64]:
    """Monthly counts whose variance is four times their mean."""
    return rng.poisson(rng.gamma(RATE * HOURS / (SPREAD - 1), SPREAD - 1, MONTHS))


def chart_alarms() -> tuple[float, float, float]:
    """Shares of stable series with a point out of the limits, with one out if sigma_z had no floor, with a run of 8."""
    rng = np.random.default_rng(1)
    charts = [u_prime(poisson(rng), np.full(MONTHS, HOURS)) for _ in range(CHARTS)]
    out = [any(point.is_out for point in chart.points) for chart in charts]
    bare = [
        any(
            abs(point.value - chart.centre) > 3 * np.sqrt(chart.centre / HOURS) * chart.dispersion
            for point in chart.points
        )
        for chart in charts
    ]
    run = [any(point.in_run for point in chart.points) for chart in charts]
    return float(np.mean(out)), float(np.mean(bare)), float(np.mean(run))


def search_alarms(draw: Draw) -> float:
    """Share of series without a change in which one is found, seasons set aside, at 5 %."""
    rng = np.random.default_rng(2)
    seasons = ["ete" if 3 <= month % 12 < 9 else "hiver" for month in range(MONTHS)]
    found = [
        change_points(draw(rng), np.full(MONTHS, HOURS), seasons, alpha=LEVEL, replicates=REPLICATES, seed=seed)
        for seed in range(SEARCHES)
    ]
    return float(np.mean([bool(one.changes) for one in found]))


def comparison_alarms(dispersion: float) -> float:
    """Share of pairs without a change, four times more varied than Poisson's, that are said to differ."""
    rng = np.random.default_rng(3)

    def side() -> Side:
        return Side(int(varied(rng)[0]), HOURS)

    made = [changes([Compared("motif", "x", side(), side(), dispersion)])[0] for _ in range(PAIRS)]
    return float(np.mean([one.finding != "non concluant" for one in made]))


def measure() -> list[Figure]:
    """Every share, in per cent; three standard errors of the simulation are allowed over the level stated."""
    out, bare, run = chart_alarms()
    allowed = 100 * (LEVEL + 3 * np.sqrt(LEVEL * (1 - LEVEL) / SEARCHES))
    pairs = 100 * (LEVEL + 3 * np.sqrt(LEVEL * (1 - LEVEL) / PAIRS))
    return [
        Figure("stable series with a month out of limits", 100 * out, "%", None, f"{CHARTS} series"),
        Figure("the same if sigma_z had no floor", 100 * bare, "%", None, f"{CHARTS} series"),
        Figure("stable series with a run of 8", 100 * run, "%", None, f"{CHARTS} series"),
        Figure("change of level where none is, Poisson", 100 * search_alarms(poisson), "%", allowed, "searched at 5 %"),
        Figure("change of level where none is, varied", 100 * search_alarms(varied), "%", allowed, "variance 4 × mean"),
        Figure("difference where none is, dispersion known", 100 * comparison_alarms(SPREAD), "%", pairs),
        Figure("difference where none is, dispersion ignored", 100 * comparison_alarms(1.0), "%"),
    ]


if __name__ == "__main__":
    for figure in measure():
        sys.stdout.write(f"{figure.name}: {figure.value:.1f} {figure.unit} {figure.detail}\n")
