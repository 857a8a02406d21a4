"""How often funnels flag where nothing is planted, and how often recurrence intervals hold the truth.

`python -m bench.bench_comparison`: the figures of `docs/methods.md`, from fixed seeds.
"""

from __future__ import annotations

import numpy as np

from dashboard.indicators.comparison import funnel, incidence_at, incidence_difference, survival

TERRITORIES, DRAWS = 1000, 1000
UNITS, BETWEEN = (12, 28, 60), (0.0, 0.05, 0.25)
PLACES, CASES, DAY = (5, 10, 15, 26), 40, 10
TRUTH = 0.4  # mean of the chances, Beta(2, 3)


def flagged(rng: np.random.Generator, units: int, between: float) -> tuple[float, float]:
    """Share of territories with any unit flagged, and of units outside the 95 % limits."""
    any_flagged, outside = 0, 0.0
    for _ in range(TERRITORIES):
        expected = rng.uniform(4, 80, units)
        rates = rng.gamma(1 / between, between, units) if between else np.ones(units)
        positions = funnel(rng.poisson(expected * rates), expected).positions
        any_flagged += any(position.is_flagged for position in positions)
        outside += sum(position.beyond > 0 for position in positions) / units
    return any_flagged / TERRITORIES, outside / TERRITORIES


def happened(rng: np.random.Generator, places: int) -> np.ndarray:
    """What came again at places whose chances differ; a row a place."""
    return rng.random((places, CASES)) < rng.beta(2, 3, places)[:, None]


def coverage(rng: np.random.Generator, places: int) -> tuple[float, float]:
    """How often the interval holds the truth: clustered by place, and as if cases were independent."""
    held = np.zeros(2)
    for _ in range(DRAWS):
        events, place = happened(rng, places).ravel(), np.repeat(np.arange(places), CASES)
        days = np.full(events.size, DAY)
        for number, clusters in enumerate((place, None)):
            found = incidence_at(survival(days, events, clusters=clusters), DAY)
            held[number] += found.low <= TRUTH <= found.high
    return float(held[0] / DRAWS), float(held[1] / DRAWS)


def differences(rng: np.random.Generator) -> float:
    """How often two groups that differ by nothing are said to differ."""
    found = 0
    for _ in range(DRAWS):
        groups = [happened(rng, places) for places in (15, 26)]
        curves = [
            survival(np.full(events.size, DAY), events.ravel(), clusters=np.repeat(np.arange(len(events)), CASES))
            for events in groups
        ]
        found += incidence_difference(curves[0], curves[1], DAY).p_value < 0.05
    return found / DRAWS


def main() -> None:
    """Print every figure."""
    rng = np.random.default_rng(1)
    for between in BETWEEN:
        for units in UNITS:
            any_flagged, outside = flagged(rng, units, between)
            print(
                f"funnel, variance {between:.2f}, {units} units: any flagged {any_flagged:.1%}, outside {outside:.1%}"
            )
    for places in PLACES:
        clustered, independent = coverage(rng, places)
        print(f"recurrence, {places} places: interval holds {clustered:.1%}, as if independent {independent:.1%}")
    print(f"difference of nothing, 15 and 26 places: said different {differences(rng):.1%}")


if __name__ == "__main__":
    main()
