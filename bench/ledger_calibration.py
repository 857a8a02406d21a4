"""Layer A on ledgers whose truth is known: does the interval hold it, do placebos stay silent, is a fall ever invented?

`python -m bench.ledger_calibration [LEDGERS]` prints the figures. A ledger is drawn as the fictional ones are
(docs/demo.md): negative binomial counts with variance mean + mean² / 30, residences that differ for good (log-normal,
0.25), a season, a common growth of 0.3 % a month, 36 months of which 18 after. Ledger number `i` of a scenario is the
same on every machine, whatever the number of processes.
"""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pandas as pd

from bench.measure import Figure
from dashboard.indicators.avoided_costs import (
    Effect,
    Interrupted,
    analyse,
    difference_in_differences,
    interrupted_series,
)

SEASON = (1.15, 1.10, 1.05, 1.0, 0.95, 0.9, 0.9, 0.85, 0.95, 1.0, 1.05, 1.1)
GROWTH, MONTHS, AFTER, PER_DWELLING = 1.003, 36, 18, 0.11
MIDDLE, REACH = 94.5, 2.5  # coverage wanted: 92 to 97 %
NOMINAL, ERROR = 5.0, 3.0  # placebos: 5 %, within three standard errors of 500 draws
INVENTED = 2.5
TIMES = 4
JUDGED = 500  # ledgers from which a figure has a target
SAID = {True: "OK  ", False: "over", None: "    "}
WORDS = ("baisse établie", "baisse probable", "non concluant", "hausse")


@dataclass(frozen=True)
class Scenario:
    """How ledgers are drawn. `rho`: likeness of a month to the next; `spread` of residences' own rates; `size` of
    dwellings, from and below. `full`: with every check and the verdict, else the interval alone; `alone`: the followed
    residences without comparison."""

    name: str
    effect: float
    treated: int = 12
    comparison: int = 12
    alpha: float = 1 / 30
    rho: float = 0.0
    missing: float = 0.0
    spread: float = 0.25
    size: tuple[int, int] = (20, 80)
    full: bool = True
    alone: bool = False


SCENARIOS = (
    Scenario("24 residences", 0.8),
    Scenario("24 residences, no effect", 1.0),
    Scenario("16 residences", 0.8, 8, 8),
    Scenario("16 residences, no effect", 1.0, 8, 8),
    Scenario("24 residences, months alike", 0.8, alpha=0.1, rho=0.6),
    Scenario("24 residences, months alike, no effect", 1.0, alpha=0.1, rho=0.6),
    Scenario("24 residences, 10 % of months missing, no effect", 1.0, missing=0.1),
    Scenario("16 residences, months alike, no effect", 1.0, 8, 8, alpha=0.1, rho=0.6),
    Scenario("5 against 5 residences", 0.8, 5, 5, full=False),
    Scenario("4 against 20 residences", 0.8, 4, 20, full=False),
    Scenario("24 very unequal residences", 0.8, alpha=0.3, spread=1.0, size=(10, 200), full=False),
    Scenario("24 residences, a fall just in reach", 0.83, full=False),
)
ALONE = (
    Scenario("12 residences without comparison", 0.8, alone=True, full=False),
    Scenario("12 residences without comparison, months alike", 0.8, alpha=0.1, rho=0.6, alone=True, full=False),
)


@dataclass(frozen=True)
class Outcome:
    """What one ledger gave; checks are None where they were not run."""

    covered: bool
    below_one: bool
    log_error: float
    placebo_date: bool | None = None
    placebo_group: bool | None = None
    trends: bool | None = None
    verdict: str = ""


def ledger(scenario: Scenario, seed: int) -> pd.DataFrame:
    """One ledger: residence, month, count, dwellings, treated, after."""
    rng = np.random.default_rng([seed, 20261125])
    residences = scenario.treated + scenario.comparison
    dwellings = rng.integers(*scenario.size, residences)
    month = np.arange(MONTHS)
    own = dwellings * PER_DWELLING * np.exp(rng.normal(0, scenario.spread, residences))
    treated, after = np.arange(residences) < scenario.treated, month >= MONTHS - AFTER
    mean = own[:, None] * np.array(SEASON)[month % 12] * GROWTH**month
    mean = mean * np.where(treated[:, None] & after, scenario.effect, 1.0)
    frame = pd.DataFrame(
        {
            "residence": np.repeat([f"R{number:02}" for number in range(residences)], MONTHS),
            "month": np.tile(pd.date_range("2023-11-01", periods=MONTHS, freq="MS"), residences),
            "count": _counts(mean, scenario, rng).ravel(),
            "dwellings": np.repeat(dwellings, MONTHS),
            "treated": np.repeat(treated, MONTHS),
            "after": np.tile(after, residences),
        }
    )
    kept = np.flatnonzero(rng.random(len(frame)) >= scenario.missing)
    return frame.iloc[rng.permutation(kept)].reset_index(drop=True)


def _counts(mean: np.ndarray, scenario: Scenario, rng: np.random.Generator) -> np.ndarray:
    """Counts of these means: negative binomial, or Poisson around a log-normal factor that lasts (AR(1))."""
    alpha, rho = scenario.alpha, scenario.rho
    if not rho:
        return rng.negative_binomial(1 / alpha, 1 / (1 + alpha * mean))
    level = math.sqrt(math.log1p(alpha))
    noise = rng.normal(size=mean.shape)
    for month in range(1, mean.shape[1]):
        noise[:, month] = rho * noise[:, month - 1] + math.sqrt(1 - rho**2) * noise[:, month]
    return rng.poisson(mean * np.exp(level * noise - level**2 / 2))


def outcome(scenario: Scenario, seed: int) -> Outcome:
    """What the method says of one ledger."""
    frame = ledger(scenario, seed)
    if scenario.alone:
        return Outcome(*_interval(interrupted_series(frame), scenario))
    if not scenario.full:
        return Outcome(*_interval(difference_in_differences(frame), scenario))
    found = analyse(frame)
    return Outcome(
        *_interval(found.effect, scenario),
        found.placebo_date and found.placebo_date.flagged,
        found.placebo_group and found.placebo_group.flagged,
        found.trends and found.trends.differ,
        found.assessment.verdict,
    )


def _interval(effect: Effect | Interrupted, scenario: Scenario) -> tuple[bool, bool, float]:
    error = math.log(effect.rate_ratio / scenario.effect)
    return effect.low <= scenario.effect <= effect.high, effect.high < 1, error


def percent(said: Iterable[bool]) -> float:
    """Share of those that are true, in percent; NaN of nothing."""
    counted = [bool(one) for one in said]
    return 100 * sum(counted) / len(counted) if counted else math.nan


def figures(scenario: Scenario, outcomes: Sequence[Outcome], more: Sequence[Outcome] = ()) -> list[Figure]:
    """The figures of one scenario, in percent; `more` outcomes have an interval alone."""
    intervals, judged = [*outcomes, *more], len(outcomes) >= JUDGED
    covered = percent(one.covered for one in intervals)
    below = percent(one.below_one for one in intervals)
    bias = np.mean([one.log_error for one in intervals])
    detail = (
        f"{covered:.1f} % of {len(intervals)} hold the truth ({scenario.effect}), "
        f"{percent(one.covered for one in outcomes):.1f} % of the first {len(outcomes)}; "
        f"{below:.1f} % under 1; bias {bias:+.3f}"
    )
    # A series alone is a weak witness, and months that are alike make it weaker: its coverage is told, not promised.
    target = REACH if judged and not scenario.alone else None
    found = [Figure(f"{scenario.name}: coverage, from {MIDDLE} %", abs(covered - MIDDLE), "points", target, detail)]
    for name in ("placebo_date", "placebo_group", "trends") if scenario.full else ():
        run = [getattr(one, name) for one in outcomes if getattr(one, name) is not None]
        flagged = percent(run)
        what = f"{scenario.name}: {name} flagged, from {NOMINAL:.0f} %"
        found.append(
            Figure(what, abs(flagged - NOMINAL), "points", ERROR if judged else None, f"{flagged:.1f} % of {len(run)}")
        )
    if scenario.full:
        said = {word: percent(one.verdict == word for one in outcomes) for word in WORDS}
        detail = ", ".join(f"{word} {share:.1f} %" for word, share in said.items())
        invented = INVENTED if judged and scenario.effect == 1 else None
        found.append(Figure(f"{scenario.name}: « baisse établie »", said["baisse établie"], "%", invented, detail))
    return found


def measure(ledgers: int = 500, say: Callable[[str], None] = lambda _: None) -> list[Figure]:
    """Every scenario, `ledgers` draws each, `TIMES` as many for the interval; figures are said as they come.

    500 draws know a coverage of 95 % to two points, which is wider than what is asked of it; 2,000 to one.
    """
    found: list[Figure] = []
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        for scenario in (*SCENARIOS, *ALONE):
            outcomes = list(pool.map(partial(outcome, scenario), range(ledgers), chunksize=10))
            others = partial(outcome, replace(scenario, full=False))
            more = list(pool.map(others, range(ledgers, TIMES * ledgers), chunksize=50))
            new = figures(scenario, outcomes, more)
            found += new
            for one in new:
                say(f"{SAID[one.ok]} {one.name}: {one.value:.2f} {one.unit} ({one.detail})")
    return found


if __name__ == "__main__":
    measure(int(sys.argv[1]) if len(sys.argv) > 1 else 500, partial(print, flush=True))
