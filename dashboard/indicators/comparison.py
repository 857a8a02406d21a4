"""Places, residences and neighbourhoods against each other, and how soon things come back or are answered.

A funnel plot (Spiegelhalter, 2005) instead of a ranking: someone is always last in a ranking. Curves of delays are
those of `survival`, named here too. `docs/methods.md` gives formulas, assumptions and limits.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import special, stats

from dashboard.indicators.discoveries import benjamini_hochberg
from dashboard.indicators.rates import Rate, rate
from dashboard.indicators.survival import (
    Delay,
    Survival,
    incidence_at,
    incidence_difference,
    median_delay,
    survival,
)

__all__ = [
    "Delay",
    "Delays",
    "Funnel",
    "Position",
    "Recurrence",
    "Survival",
    "delays",
    "funnel",
    "incidence_at",
    "incidence_difference",
    "limits",
    "median_delay",
    "recurrence",
    "survival",
]

Side = Literal["au-dessus", "au-dessous", ""]
WARNING, ALARM = 0.95, 0.998
RECURRENCE_DAYS = 30
# Variation between units is estimated from five of them at least; fewer say nothing of it.
LEAST_UNITS = 5
WINSORISED = 0.1
# Mean square of a standard normal brought back to its deciles: what makes the winsorised estimate consistent.
_DECILE = -float(special.ndtri(WINSORISED))
_KEPT = 1 - 2 * WINSORISED * (1 - _DECILE**2) - 2 * _DECILE * math.exp(-(_DECILE**2) / 2) / math.sqrt(2 * math.pi)
_NEARLY_POISSON = 1e-9  # a relative variance under it can't be told from none


@dataclass(frozen=True)
class Position:
    """Where one unit stands: its rate and interval, what was expected, and what the funnel allows to say.

    `beyond` is the widest limit that the unit is outside of (0.95, 0.998), or 0; `is_flagged` holds after the false
    discovery rate is controlled over all units.
    """

    count: int
    exposure: float
    expected: float
    estimate: Rate
    p_value: float
    side: Side
    beyond: float
    is_flagged: bool


@dataclass(frozen=True)
class Funnel:
    """A funnel plot: one position a unit, in the order given; those without exposure are « non observé ».

    `target` is the common rate, per `per` units of exposure. `between` is the variance of the units' true relative
    rates around it, beyond chance (0: the exact Poisson limits hold); `dispersion` the winsorised mean of squared
    z-scores, about 1 when only chance is at work, NaN under five units. `comparisons` is how many units were tested.
    """

    positions: tuple[Position, ...]
    target: float
    per: float
    between: float
    dispersion: float
    comparisons: int
    alpha: float


@dataclass(frozen=True)
class Recurrence:
    """What came again: of `n` occurrences at `places` places, the share followed by another within `days` days."""

    curve: Survival
    incidence: Rate
    days: int
    n: int
    places: int


@dataclass(frozen=True)
class Delays:
    """How long something takes: median in days, and the share done within each number of days."""

    curve: Survival
    median: Delay
    within: Mapping[int, Rate]
    n: int
    done: int


def funnel(counts: ArrayLike, exposures: ArrayLike, *, per: float = 1.0, alpha: float = 0.05) -> Funnel:
    """Rates against their common rate, with limits that widen where little was observed (Spiegelhalter, 2005).

    `counts`: whole numbers of events; `exposures`: what they were observed over, in one unit; NaN, None or 0: unit
    not observed. The target is the pooled rate. Limits at 95 % and 99.8 % are exact: quantiles of the Poisson law
    when rates differ by chance alone, else of the negative binomial law whose extra variance is that between units
    (additive on the scale of rates), by the moments of DerSimonian and Laird (1986) from z-scores winsorised at
    10 %, made consistent and taken one standard error up. p-values are twice the smaller tail of the same law; those
    flagged hold a false discovery rate of `alpha` (Benjamini and Hochberg, 1995).

    Raises ValueError when lengths differ, or as `rates.rate` does.
    """
    events = np.asarray(counts, dtype=float)
    over = np.nan_to_num(np.asarray(exposures, dtype=float), nan=0.0)
    if events.shape != over.shape or events.ndim != 1:
        raise ValueError("counts and exposures must be columns of one length")
    seen = over > 0
    target = float(events[seen].sum() / over[seen].sum()) if seen.any() else math.nan
    expected = target * over
    between, dispersion = _between(events[seen], expected[seen])
    p_values = np.full(len(events), math.nan)
    if target > 0:
        p_values[seen] = _p_values(events[seen], expected[seen], between)
    elif seen.any():
        p_values[seen] = 1.0
    flagged = np.zeros(len(events), dtype=bool)
    flagged[seen] = benjamini_hochberg(p_values[seen], alpha)
    positions = tuple(
        _position(*cells, per=per)
        for cells in zip(events, over, np.where(seen, expected, math.nan), p_values, flagged, strict=True)
    )
    return Funnel(positions, target * per, per, between, dispersion, int(seen.sum()), alpha)


def limits(plot: Funnel, exposures: ArrayLike, level: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Lower and upper limit of the rate, per `plot.per`, at each exposure, for drawing.

    Quantiles of a discrete law move by steps: they are interpolated as Spiegelhalter (2005, appendix A.1) does.
    """
    over = np.asarray(exposures, dtype=float)
    expected = plot.target / plot.per * over
    tail = (1 - level) / 2
    low, high = (_quantile(expected, plot.between, chance) for chance in (tail, 1 - tail))
    return np.maximum(low, 0) / over * plot.per, high / over * plot.per


def recurrence(rows: pd.DataFrame, days: int = RECURRENCE_DAYS) -> Recurrence:
    """Share of occurrences that come again within `days` days, by Kaplan-Meier, clustered by place.

    `rows`: place_id, days (until the next one at the same place for the same motif, or until the data end), happened
    (whether there is a next one), n (how many alike). A recurrence is as good as certain in some places and unheard
    of in others: places, not occurrences, are what is drawn.
    """
    places = rows["place_id"].astype("category").cat.codes.to_numpy()
    curve = survival(rows["days"], rows["happened"], rows["n"], clusters=places, until=days)
    return Recurrence(curve, incidence_at(curve, days), days, curve.n, curve.clusters or 0)


def delays(rows: pd.DataFrame, within: Sequence[int]) -> Delays:
    """Median delay and share done within each of `within` days, by Kaplan-Meier.

    `rows`: days (until it was done, or until it stopped being watched), happened (whether it was done), n (how many).
    """
    curve = survival(rows["days"], rows["happened"], rows["n"])
    shares = {day: incidence_at(curve, day) for day in within}
    return Delays(curve, median_delay(curve), shares, curve.n, curve.events)


def _between(events: NDArray[np.float64], expected: NDArray[np.float64]) -> tuple[float, float]:
    """Variance of true relative rates between units, one standard error up, and dispersion of the z-scores."""
    units = len(events)
    if units < LEAST_UNITS or not expected.sum() > 0:
        return 0.0, math.nan
    z = np.sort((events - expected) / np.sqrt(expected))
    ends = np.quantile(z, [WINSORISED, 1 - WINSORISED])
    squares = float((np.clip(z, *ends) ** 2).sum()) / _KEPT
    weights = expected  # of the relative rate, whose variance by chance is 1 / expected
    spread = weights.sum() - (weights**2).sum() / weights.sum()
    estimate = max(float((squares - (units - 1)) / spread), 0.0)
    return estimate * (1 + math.sqrt(2 / (units - 1))), squares / units


def _p_values(events: NDArray[np.float64], expected: NDArray[np.float64], between: float) -> NDArray[np.float64]:
    at_most = _cumulative(events, expected, between)
    some = np.maximum(events, 1)
    if between <= _NEARLY_POISSON:
        more = special.pdtrc(some - 1, expected)
    else:
        more = special.betaincc(1 / between, some, 1 / (1 + between * expected))
    at_least = np.where(events > 0, more, 1.0)
    return np.minimum(2 * np.minimum(at_most, at_least), 1.0)


def _cumulative(events: NDArray[np.float64], expected: NDArray[np.float64], between: float) -> NDArray[np.float64]:
    """Chance of this many events or fewer: Poisson, or negative binomial of variance expected + between expected²."""
    if between <= _NEARLY_POISSON:
        return np.where(events < 0, 0.0, special.pdtr(np.maximum(events, 0), expected))
    chance = special.betainc(1 / between, np.maximum(events, 0) + 1, 1 / (1 + between * expected))
    return np.where(events < 0, 0.0, chance)


def _quantile(expected: NDArray[np.float64], between: float, chance: float) -> NDArray[np.float64]:
    """Count that the law exceeds with this chance, interpolated between whole numbers."""
    if between <= _NEARLY_POISSON:
        whole = stats.poisson.ppf(chance, expected)
    else:
        whole = stats.nbinom.ppf(chance, 1 / between, 1 / (1 + between * expected))
    above, below = (_cumulative(whole - step, expected, between) for step in (0, 1))
    return whole - (above - chance) / np.maximum(above - below, 1e-300)


def _position(count: float, exposure: float, expected: float, p_value: float, flagged: bool, *, per: float) -> Position:
    is_out = p_value < 1 - WARNING
    return Position(
        count=int(count),
        exposure=float(exposure),
        expected=float(expected),
        estimate=rate(count, exposure, per=per),
        p_value=float(p_value),
        side="" if not is_out else "au-dessus" if count > expected else "au-dessous",
        beyond=ALARM if p_value < 1 - ALARM else WARNING if is_out else 0.0,
        is_flagged=bool(flagged),
    )
