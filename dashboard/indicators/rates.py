"""Rates, shares and their comparisons on small counts: intervals that hold their level, and verdicts they agree with.

Counts of one hour or one place are small: no interval here is the symmetric normal one, and no verdict contradicts the
interval shown beside it. `docs/methods.md` gives formulas, assumptions and limits.

What nobody observed has no value: a rate without exposure or a share of nothing is NaN within every possible value,
and its comparison is « non observé », never 0 and never « pas de différence ».
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from scipy import optimize, special

Verdict = Literal["hausse", "baisse", "pas de différence établie", "non observé"]

_LARGEST_Z = 38.0  # the normal tail beyond it isn't representable as a float


@dataclass(frozen=True)
class Rate:
    """A rate or a share with its interval; `value` is NaN when nothing was observed."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class RateRatio:
    """First rate divided by the second, its interval, and the two-sided p-value of « the rates are equal ».

    `ratio` is NaN and the interval 0 to infinity when the counts are both 0 (p 1) or an exposure is missing (p NaN).
    """

    ratio: float
    low: float
    high: float
    p_value: float


@dataclass(frozen=True)
class ShareComparison:
    """First share minus the second (0.03 is 3 percentage points), its interval, and the two-sided p-value of « equal ».

    `difference` and `p_value` are NaN and the interval -1 to 1 when one of the shares is a share of nothing.
    """

    difference: float
    low: float
    high: float
    p_value: float


def rate(count: float, exposure: float | None, per: float = 1.0, level: float = 0.95) -> Rate:
    """Events per `per` units of exposure, with the exact Poisson interval of Garwood (1936).

    `count` is a whole number of events, `exposure` what they were observed over (patrol hours, inhabitants × years).
    Without exposure (0 or None) nothing was observed, whatever the count: NaN, between 0 and infinity.

    Raises ValueError when the count isn't a whole number of 0 or more, when the exposure is negative or not finite,
    when `per` isn't above 0, or when `level` isn't between 0 and 1.
    """
    n, hours, tail = _count(count), _exposure(exposure), _tail(level)
    if not (math.isfinite(per) and per > 0):
        raise ValueError(f"per = {per!r}; expected a finite number above 0")
    if hours == 0:
        return Rate(math.nan, 0.0, math.inf)
    low = float(special.gammaincinv(n, tail)) if n else 0.0
    high = float(special.gammainccinv(n + 1, tail))
    return Rate(n / hours * per, low / hours * per, high / hours * per)


def rate_ratio(
    count_1: float, exposure_1: float | None, count_2: float, exposure_2: float | None, level: float = 0.95
) -> RateRatio:
    """Rate 1 over rate 2, by the exact conditional method (Przyborowski and Wilenski, 1940).

    Given their total, the first count is binomial; its Clopper-Pearson (1934) limits become those of the ratio. The
    p-value is twice the smaller tail, at most 1: the definition under which p < 1 - level and an interval without 1
    are the same event (the sum of the less likely outcomes, as in R's `poisson.test`, is not).

    Both exposures in the same unit; 0 or None: nobody observed, p is NaN. Raises ValueError as `rate` does, and when
    the exposures are 300 orders of magnitude apart.
    """
    k, m, tail = _count(count_1), _count(count_2), _tail(level)
    first, second = _exposure(exposure_1), _exposure(exposure_2)
    if first == 0 or second == 0:
        return RateRatio(math.nan, 0.0, math.inf, math.nan)
    if k == m == 0:
        return RateRatio(math.nan, 0.0, math.inf, 1.0)
    scale = second / first
    if not 1e-300 < scale < 1e300:  # noqa: PLR2004 - beyond it nothing below can be computed
        raise ValueError(f"exposures {first!r} and {second!r} are too far apart to compare")
    ratio = k / m * scale if m else math.inf
    low = _odds_limit(k, m, tail) * scale
    high = scale / inverse if (inverse := _odds_limit(m, k, tail)) else math.inf
    p_value = _binomial_p(k, m, 1 / (1 + scale), 1 / (1 + 1 / scale))
    return RateRatio(ratio, *_agreeing(low, high, p_value, level, value=ratio, neutral=1.0), p_value)


def share(successes: float, total: float, level: float = 0.95) -> Rate:
    """Share of `total` that are successes, 0 to 1, with the exact interval of Clopper and Pearson (1934).

    Exact like the other intervals of this module: it covers at least `level` of the time whatever the share and
    however small the total, where Wilson's covers it on average. A share of nothing is NaN, between 0 and 1.

    Raises ValueError when a count isn't a whole number of 0 or more, or when successes exceed the total.
    """
    k, n, tail = *_counts_of_share(successes, total), _tail(level)
    if n == 0:
        return Rate(math.nan, 0.0, 1.0)
    low = float(special.betaincinv(k, n - k + 1, tail)) if k else 0.0
    high = float(special.betainccinv(k + 1, n - k, tail)) if k < n else 1.0
    return Rate(k / n, low, high)


def share_comparison(
    successes_1: float, total_1: float, successes_2: float, total_2: float, level: float = 0.95
) -> ShareComparison:
    """Share 1 minus share 2, with Newcombe's (1998) interval from continuity-corrected Wilson limits (his method 11).

    The p-value is 1 minus the highest level whose interval leaves 0 out, so that both always agree. Raises ValueError
    as `share` does.
    """
    k, n = _counts_of_share(successes_1, total_1)
    m, t = _counts_of_share(successes_2, total_2)
    tail = _tail(level)
    if n == 0 or t == 0:
        return ShareComparison(math.nan, -1.0, 1.0, math.nan)
    difference = k / n - m / t
    low, high = _newcombe(k, n, m, t, -float(special.ndtri(tail)))
    p_value = _newcombe_p(k, n, m, t)
    return ShareComparison(difference, *_agreeing(low, high, p_value, level, value=difference, neutral=0.0), p_value)


def verdict(comparison: RateRatio | ShareComparison, level: float = 0.95) -> Verdict:
    """What a comparison allows to say: a rise or a fall when p < 1 - level, else no established difference.

    With the level that the comparison was made at, it says a rise or a fall exactly when the interval leaves out 1
    (ratio) or 0 (difference). « non observé » when one side was not observed.
    """
    alpha = 1 - _level(level)
    if math.isnan(comparison.p_value):
        return "non observé"
    if comparison.p_value >= alpha:
        return "pas de différence établie"
    is_rise = comparison.ratio > 1 if isinstance(comparison, RateRatio) else comparison.difference > 0
    return "hausse" if is_rise else "baisse"


def _odds_limit(k: int, m: int, tail: float) -> float:
    """Lower Clopper-Pearson limit of the odds of a success, k successes and m failures seen."""
    if k == 0:
        return 0.0
    # The complement is computed for itself: 1 - limit would lose its digits next to 1.
    return float(special.betaincinv(k, m + 1, tail) / special.betainccinv(m + 1, k, tail))


def _binomial_p(k: int, m: int, chance: float, complement: float) -> float:
    """Twice the smaller tail, at most 1, of k successes and m failures when a success has this chance."""
    at_least = float(special.betainc(k, m + 1, chance)) if k else 1.0
    at_most = float(special.betainc(m, k + 1, complement)) if m else 1.0
    return min(1.0, 2 * min(at_least, at_most))


def _newcombe(k: int, n: int, m: int, t: int, z: float) -> tuple[float, float]:
    first, second = k / n, m / t
    low = first - second - math.hypot(first - _wilson_low(k, n, z), 1 - _wilson_low(t - m, t, z) - second)
    high = first - second + math.hypot(1 - _wilson_low(n - k, n, z) - first, second - _wilson_low(m, t, z))
    return max(low, -1.0), min(high, 1.0)


def _wilson_low(k: int, n: int, z: float) -> float:
    """Lower score limit of k / n with continuity correction; the upper one is 1 minus that of the failures."""
    if k == 0:
        return 0.0
    root = math.sqrt(max(z * z - 2 - 1 / n + 4 * k / n * (n - k + 1), 0.0))
    return max((2 * k + z * z - 1 - z * root) / (2 * (n + z * z)), 0.0)


def _newcombe_p(k: int, n: int, m: int, t: int) -> float:
    def gap(z: float) -> float:
        """Distance from 0 to the interval's nearer end; below 0 when 0 is inside."""
        low, high = _newcombe(k, n, m, t, z)
        return max(low, -high)

    if gap(0.0) <= 0:
        return 1.0
    if gap(_LARGEST_Z) > 0:
        return 0.0
    root = optimize.root_scalar(gap, bracket=(0.0, _LARGEST_Z), method="brentq", xtol=1e-12).root
    return 2 * float(special.ndtr(-root))


def _agreeing(
    low: float, high: float, p_value: float, level: float, *, value: float, neutral: float
) -> tuple[float, float]:
    """The limits, moved by a rounding error at most: they leave the neutral value out exactly when p < 1 - level."""
    if p_value >= 1 - level:
        return min(low, neutral), max(high, neutral)
    if value > neutral:
        return max(low, math.nextafter(neutral, math.inf)), high
    return low, min(high, math.nextafter(neutral, -math.inf))


def _counts_of_share(successes: float, total: float) -> tuple[int, int]:
    k, n = _count(successes), _count(total)
    if k > n:
        raise ValueError(f"{k} successes out of {n}")
    return k, n


def _count(value: float) -> int:
    if not (math.isfinite(value) and value >= 0 and value == math.floor(value)):
        raise ValueError(f"count = {value!r}; expected a whole number, 0 or more")
    return int(value)


def _exposure(value: float | None) -> float:
    if value is None:
        return 0.0
    if not (math.isfinite(value) and value >= 0):
        raise ValueError(f"exposure = {value!r}; expected a finite number, 0 or more, or None")
    return float(value)


def _level(level: float) -> float:
    if not 0 < level < 1:
        raise ValueError(f"level = {level!r}; expected a number between 0 and 1")
    return level


def _tail(level: float) -> float:
    return (1 - _level(level)) / 2
