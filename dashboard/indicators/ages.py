"""How old a hotspot is: new, persistent, intermittent or fading, from the cases of a place quarter by quarter.

The categories follow the idea of emerging hot spot analysis (space-time cubes: significance slice by slice, and a
Mann-Kendall trend; Harris et al., 2017), with exact tests, since a place has a few cases a quarter and few quarters.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from dashboard.indicators.discoveries import benjamini_hochberg

Label = Literal["nouveau", "persistant", "intermittent", "en recul", "non établi"]

LEVEL = 0.05
RECENT = 2  # slices
SLICE_DAYS = 91  # 13 weeks: as many of each weekday in every slice


@dataclass(frozen=True)
class Trend:
    """Mann-Kendall: tau from -1 (falls all along) to 1, the statistic S, and the two-sided exact p-value."""

    tau: float
    s: int
    p_value: float


@dataclass(frozen=True)
class Age:
    """What the slices say of a place, oldest first.

    hot: slices with more cases than expected, once all slices are corrected for; never one without exposure. observed:
    number of slices with exposure. trend: of the rates over these. since: index of the first hot slice, None without.
    """

    label: Label
    hot: tuple[bool, ...]
    observed: int
    trend: Trend
    since: int | None


def age(counts: ArrayLike, exposures: ArrayLike | None = None, expected: ArrayLike | None = None) -> Age:
    """The age of a hotspot, from its cases in successive slices of equal length (quarters), the oldest first.

    `counts` (n,): cases of the place, or of the zones of a cluster. `exposures` (n,): patrol hours behind them (absent:
    the same all along); a slice without exposure was not observed and is left out. `expected` (n,): cases if the place
    were like the rest of the map (its share of the exposure × all cases) or, for a cluster, from the margins; absent:
    the place's own average rate, which tells when it was above itself, and never calls it persistent all along.

    A slice is hot when its exact Poisson tail passes Benjamini and Hochberg's correction over the slices at 0.05. Then:
    « non établi » without any hot slice; « nouveau » when only the last two slices are hot, after two others at least;
    « en recul » when none of the last two is, or rates fall (Mann-Kendall, p at most 0.05); else « persistant » when at
    least half of the slices are hot, « intermittent » when fewer.

    Raises ValueError when arrays differ in length, a count isn't a whole number of 0 or more, or an exposure or
    expectation is negative or not finite.
    """
    cases = _counts(counts)
    behind = _positive("exposures", exposures, cases.size, 1.0)
    seen = behind > 0
    share = behind / behind.sum() if seen.any() else behind
    wanted = _positive("expected", share * cases[seen].sum() if expected is None else expected, cases.size, 0.0)
    # Without any case expected, one case is already more.
    tail = np.where(cases > 0, special.gammainc(np.maximum(cases, 1), wanted), 1.0)
    hot = benjamini_hochberg(np.where(seen, tail, np.nan), LEVEL)
    trend = mann_kendall(cases[seen] / behind[seen])
    label = _label(hot[seen], trend)
    since = int(np.flatnonzero(hot)[0]) if hot.any() else None
    return Age(label, tuple(map(bool, hot)), int(seen.sum()), trend, since)


def mann_kendall(values: ArrayLike) -> Trend:
    """Mann-Kendall's test of a monotone trend (Mann, 1945; Kendall, 1975), exact with and without ties.

    `values` (n,) in the order of time. S is the number of pairs where the later value is above the earlier one, minus
    those where it is below. Under no trend all orders are equally likely, ties kept: the pairs that fall then have the
    distribution of inversions of a multiset, a product of Gaussian binomial coefficients (MacMahon, 1915). p is the
    chance of |S| or more. Tau is S over the pairs that are not tied, 0 when there is none.
    """
    series = np.asarray(values, dtype=np.float64)
    signs = np.sign(series[None, :] - series[:, None])
    s = int(np.triu(signs, 1).sum())
    inversions = _inversions(np.unique(series, return_counts=True)[1].tolist())
    pairs = len(inversions) - 1
    falling = (pairs - abs(s)) // 2
    p_value = 1.0 if s == 0 else 2 * sum(inversions[: falling + 1]) / sum(inversions)
    return Trend(s / pairs if pairs else 0.0, s, min(1.0, p_value))


def slice_counts(days: ArrayLike, last_day: int, slices: int) -> NDArray[np.int64]:
    """Cases in each of the last `slices` slices of 13 weeks, the oldest first; the last one ends with `last_day`.

    `days` (n,): day numbers (any origin, that of `last_day`); days before the first slice or after `last_day` are left
    out. Whole weeks, so that slices hold as many of each weekday.
    """
    back = (last_day - np.asarray(days, dtype=np.int64)) // SLICE_DAYS
    kept = back[(back >= 0) & (back < slices)]
    return np.bincount(slices - 1 - kept, minlength=slices).astype(np.int64)


def _label(hot: NDArray[np.bool_], trend: Trend) -> Label:
    if not hot.any():
        return "non établi"
    earlier, recent = hot[:-RECENT], hot[-RECENT:]
    if not earlier.any() and earlier.size >= RECENT:
        return "nouveau"
    if not recent.any() or (trend.s < 0 and trend.p_value <= LEVEL):
        return "en recul"
    return "persistant" if 2 * hot.sum() >= hot.size else "intermittent"


def _inversions(groups: Sequence[int]) -> list[int]:
    """Number of orders of a multiset (sizes of its groups of equal values) by number of inversions, from 0."""
    orders, before = [1], 0
    for size in groups:
        for i in range(1, size + 1):
            orders = _times(orders, before + i, i)
        before += size
    return orders


def _times(polynomial: list[int], up: int, down: int) -> list[int]:
    """The polynomial × (1 - q^up) / (1 - q^down), when that is one."""
    found = [*polynomial, *([0] * (up - down))]
    for power in range(len(found)):
        found[power] += found[power - down] if power >= down else 0
        if power >= up and power - up < len(polynomial):
            found[power] -= polynomial[power - up]
    return found


def _counts(counts: ArrayLike) -> NDArray[np.float64]:
    cases = np.asarray(counts, dtype=np.float64)
    if cases.ndim != 1 or not np.all(np.isfinite(cases) & (cases >= 0) & (cases == np.floor(cases))):
        raise ValueError("counts: whole numbers of 0 or more are expected, one for each slice")
    return cases


def _positive(name: str, given: ArrayLike | None, n: int, absent: float) -> NDArray[np.float64]:
    values = np.full(n, absent) if given is None else np.asarray(given, dtype=np.float64)
    if values.shape != (n,) or not all(math.isfinite(value) and value >= 0 for value in values):
        raise ValueError(f"{name}: finite numbers of 0 or more are expected, one for each of the {n} slices")
    return values
