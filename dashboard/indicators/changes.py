"""What changed between two periods: many rates compared at once, none of them singled out by chance alone."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Literal

from scipy import stats

from dashboard.indicators.discoveries import adjusted
from dashboard.indicators.rates import Rate, RateRatio, rate, rate_ratio

Finding = Literal["hausse", "baisse", "non concluant", "non observé"]
LEVEL = 0.05


@dataclass(frozen=True)
class Side:
    """Events and their exposure (patrol hours or days) over one period."""

    count: int
    exposure: float


@dataclass(frozen=True)
class Compared:
    """One comparison to make: `group` and `code` name it; `dispersion` is the variance over the mean of its counts."""

    group: str
    code: Hashable
    now: Side
    before: Side
    dispersion: float = 1.0


@dataclass(frozen=True)
class Change:
    """A comparison made. `adjusted_p` counts all those made with it (Benjamini and Hochberg); NaN: not observed."""

    compared: Compared
    now: Rate
    before: Rate
    ratio: RateRatio
    adjusted_p: float
    finding: Finding


def dispersed_ratio(now: Side, before: Side, dispersion: float = 1.0) -> RateRatio:
    """`rates.rate_ratio`, made wider when counts vary more than Poisson's (quasi-likelihood).

    On the log scale the interval and the p-value's normal deviate are stretched and shrunk by the square root of
    `dispersion` (McCullagh and Nelder, 1989); 1 or less changes nothing. A ratio of 0 or infinity keeps its interval,
    and its p-value shrinks alike.
    """
    exact = rate_ratio(now.count, now.exposure, before.count, before.exposure)
    if math.isnan(exact.p_value) or not dispersion > 1:
        return exact
    stretch = math.sqrt(dispersion)
    deviate = -stats.norm.ppf(exact.p_value / 2) / stretch
    p_value = float(min(1.0, 2 * stats.norm.sf(deviate)))
    if not (math.isfinite(exact.ratio) and exact.ratio > 0):
        return RateRatio(exact.ratio, exact.low, exact.high, p_value)
    low, high = (exact.ratio * (end / exact.ratio) ** stretch for end in (exact.low, exact.high))
    return RateRatio(exact.ratio, low, high, p_value)


def changes(compared: Sequence[Compared], per: float = 1.0) -> tuple[Change, ...]:
    """Every comparison with its exact ratio, and its finding at a false discovery rate of 5 % over all of them.

    « hausse » or « baisse » when the adjusted p-value is under 5 %, « non concluant » otherwise, « non observé »
    without exposure on one side. `per`: units of exposure of the rates (100 patrol hours).
    """
    ratios = [dispersed_ratio(one.now, one.before, one.dispersion) for one in compared]
    p_values = adjusted([ratio.p_value for ratio in ratios]).tolist()
    made = []
    for one, ratio, p_value in zip(compared, ratios, p_values, strict=True):
        now, before = (rate(side.count, side.exposure, per) for side in (one.now, one.before))
        made.append(Change(one, now, before, ratio, p_value, _finding(ratio, p_value)))
    return tuple(made)


def _finding(ratio: RateRatio, adjusted_p: float) -> Finding:
    if math.isnan(adjusted_p):
        return "non observé"
    if adjusted_p >= LEVEL or math.isnan(ratio.ratio):
        return "non concluant"
    return "hausse" if ratio.ratio > 1 else "baisse"
