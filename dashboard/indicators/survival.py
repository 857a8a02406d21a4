"""Time to an event when some are still waiting for theirs: Kaplan-Meier curves, what they allow to say, differences.

Used for what happens again at a place, and for how long partners take to answer. Those that have not happened yet are
censored: they count for as long as they were watched, and no longer. `docs/methods.md` gives formulas and limits.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import optimize, special

from dashboard.indicators.rates import Rate, ShareComparison, share

_LARGEST_Z = 8.0  # two-sided p of 1e-15: smaller ones are not told apart


@dataclass(frozen=True, eq=False)
class Survival:
    """A Kaplan-Meier curve: at each of `days` when something ended, how many were watched, what part waits after it.

    `variance` is that of the logarithm of `waiting`: Greenwood's, or the larger one that allows for `clusters`.
    `ended` had their event that day; the others gone by the next day were censored. `n` are watched in all, `events`
    of them ended in the event; nobody was watched for longer than `followed` days.
    `clusters` is None when every observation counts as independent of the others.
    """

    days: NDArray[np.float64]
    at_risk: NDArray[np.int64]
    ended: NDArray[np.int64]
    waiting: NDArray[np.float64]
    variance: NDArray[np.float64]
    n: int
    events: int
    followed: float
    clusters: int | None


@dataclass(frozen=True)
class Delay:
    """A median delay in days with its interval; infinite when half of the cases never reach their event."""

    median: float
    low: float
    high: float


def survival(
    days: ArrayLike,
    events: ArrayLike,
    weights: ArrayLike | None = None,
    clusters: ArrayLike | None = None,
    until: float | None = None,
) -> Survival:
    """Kaplan-Meier (1958) curve of delays, one line a case or, with `weights`, a line for many alike.

    `days`: from the start to the event, or to when it stopped being watched (`events` false there: censored); 0 is the
    same day. At equal days, events come before censoring. `clusters`: a label a line (a place): cases of one cluster
    resemble each other, and the variance is then the sum over clusters of the squared sum of influences (infinitesimal
    jackknife: Andersen and Gill 1982, Lin and Wei 1989; R's `survfit(..., cluster)`) with the correction G / (G - 1),
    never less than Greenwood's (1926). `until`: watch nobody for longer; a horizon makes it fast.

    Raises ValueError when lengths differ, a delay isn't finite and 0 or more, or a weight isn't a whole number, 0 or
    more.
    """
    lasted, happened, many, group = _columns(days, events, weights, clusters)
    if until is not None:
        happened, lasted = happened & (lasted <= until), np.minimum(lasted, until)
    known, position = np.unique(lasted, return_inverse=True)
    left = np.bincount(position, many, len(known))
    ended = np.bincount(position, many * happened, len(known))
    at_risk = left[::-1].cumsum()[::-1]
    with np.errstate(divide="ignore"):
        greenwood = np.cumsum(ended / (at_risk * (at_risk - ended)), dtype=float)
    variance, count = greenwood, None
    if group is not None:
        labels, group = np.unique(group, return_inverse=True)
        count = len(labels)
        variance = np.maximum(greenwood, _clustered(position, many, happened, group, (count, len(known))))
    return Survival(
        days=known,
        at_risk=at_risk.astype(np.int64),
        ended=ended.astype(np.int64),
        waiting=np.cumprod(1 - ended / at_risk, dtype=np.float64),
        variance=variance,
        n=int(many.sum()),
        events=int(ended.sum()),
        followed=float(known[-1]) if len(known) else 0.0,
        clusters=count,
    )


def incidence_at(curve: Survival, day: float, level: float = 0.95) -> Rate:
    """Share whose event came within `day` days: 1 minus Kaplan-Meier, with the log(-log) interval.

    The interval is that of Kalbfleisch and Prentice (1980): within 0 and 1, and close to its level on small numbers.
    With clusters, quantiles are Student's with one degree of freedom less than there are clusters. Where all or none
    had their event, which has no such interval: Clopper and Pearson's on those not censored by then (on clusters, if
    any).
    NaN between 0 and 1 when nobody was watched that long and some still waited.
    """
    return _incidence(curve, day, (1 - _level(level)) / 2)


def incidence_difference(first: Survival, second: Survival, day: float, level: float = 0.95) -> ShareComparison:
    """Share with the event within `day` days in the first group minus in the second, and its interval.

    The limits of both shares are put together by the method of variance estimates recovery (Zou and Donner 2008,
    Newcombe's way); the p-value is 1 minus the highest level whose interval leaves 0 out, so that both agree. The
    groups must be independent: no place in both. NaN when one of them is not known so far.
    """
    tail = (1 - _level(level)) / 2
    low, high = _difference(first, second, day, tail)
    value = incidence_at(first, day).value - incidence_at(second, day).value
    if math.isnan(value):
        return ShareComparison(math.nan, -1.0, 1.0, math.nan)

    def gap(z: float) -> float:
        """Distance from 0 to the interval's nearer end; below 0 when 0 is inside."""
        ends = _difference(first, second, day, float(special.ndtr(-z)))
        return max(ends[0], -ends[1])

    if gap(0.0) <= 0:
        return ShareComparison(value, low, high, 1.0)
    if gap(_LARGEST_Z) > 0:
        return ShareComparison(value, low, high, 2 * float(special.ndtr(-_LARGEST_Z)))
    z = optimize.root_scalar(gap, bracket=(0.0, _LARGEST_Z), method="brentq", xtol=1e-12).root
    return ShareComparison(value, low, high, 2 * float(special.ndtr(-z)))


def median_delay(curve: Survival, level: float = 0.95) -> Delay:
    """Day by which half have had their event, with the interval read off the log(-log) limits of the curve.

    Brookmeyer and Crowley (1982): first day when the curve, and its lower and upper limits, are at one half or under.
    Infinite where they never are; NaN without any case.
    """
    if curve.n == 0:
        return Delay(math.nan, 0.0, math.inf)
    tail = (1 - _level(level)) / 2
    limits = [_incidence(curve, float(day), tail) for day in curve.days]
    return Delay(
        median=_first(curve.days, [limit.value for limit in limits]),
        low=_first(curve.days, [limit.high for limit in limits]),
        high=_first(curve.days, [limit.low for limit in limits]),
    )


def _first(days: NDArray[np.float64], shares: list[float]) -> float:
    reached = np.flatnonzero(np.asarray(shares) >= 0.5 - 1e-12)
    return float(days[reached[0]]) if reached.size else math.inf


def _clustered(
    position: NDArray[np.intp],
    many: NDArray[np.float64],
    happened: NDArray[np.bool_],
    group: NDArray[np.intp],
    shape: tuple[int, int],
) -> NDArray[np.float64]:
    """Variance of log S at each day, from the influence of each cluster on it; infinite for a cluster alone."""
    if shape[0] == 1:
        return np.full(shape[1], math.inf)
    cell = group * shape[1] + position
    left = np.bincount(cell, many, shape[0] * shape[1]).reshape(shape)
    ended = np.bincount(cell, many * happened, shape[0] * shape[1]).reshape(shape)
    at_risk = left[:, ::-1].cumsum(axis=1)[:, ::-1]
    all_ended, all_at_risk = ended.sum(axis=0), at_risk.sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        steps = (ended * all_at_risk - at_risk * all_ended) / (all_at_risk * (all_at_risk - all_ended))
    influence = steps.cumsum(axis=1)
    return np.nan_to_num((influence**2).sum(axis=0), nan=math.inf) * shape[0] / (shape[0] - 1)


def _incidence(curve: Survival, day: float, tail: float) -> Rate:
    last = int(np.searchsorted(curve.days, day, side="right")) - 1
    waiting = float(curve.waiting[last]) if last >= 0 else 1.0
    if curve.n == 0 or (day > curve.followed and waiting > 0):
        return Rate(math.nan, 0.0, 1.0)
    if waiting in (0.0, 1.0):
        known = curve.clusters or _uncensored(curve, day)
        limits = share(known if waiting == 0 else 0, known, level=max(1 - 2 * tail, 1e-15))
        return Rate(1 - waiting, limits.low, limits.high)
    spread = math.sqrt(curve.variance[last]) / -math.log(waiting) * _critical(curve, tail)
    if not math.isfinite(spread):
        return Rate(1 - waiting, 0.0, 1.0)
    return Rate(1 - waiting, _power(waiting, -spread), _power(waiting, spread))


def _power(waiting: float, by: float) -> float:
    """1 - waiting ** exp(by), computed for itself near 0."""
    return -math.expm1(math.log(waiting) * math.exp(min(by, 700.0)))


def _uncensored(curve: Survival, day: float) -> int:
    """Cases whose answer is known on that day: those that had their event, and those still watched."""
    following = int(np.searchsorted(curve.days, day, side="left"))
    return int(curve.ended[:following].sum()) + (int(curve.at_risk[following]) if following < len(curve.days) else 0)


def _critical(curve: Survival, tail: float) -> float:
    if curve.clusters is None or curve.clusters < 2:  # noqa: PLR2004 - one cluster has no spread
        return -float(special.ndtri(tail))
    return -float(special.stdtrit(curve.clusters - 1, tail))


def _difference(first: Survival, second: Survival, day: float, tail: float) -> tuple[float, float]:
    one, two = _incidence(first, day, tail), _incidence(second, day, tail)
    value = one.value - two.value
    return (
        max(value - math.hypot(one.value - one.low, two.high - two.value), -1.0),
        min(value + math.hypot(one.high - one.value, two.value - two.low), 1.0),
    )


def _columns(
    days: ArrayLike, events: ArrayLike, weights: ArrayLike | None, clusters: ArrayLike | None
) -> tuple[NDArray[np.float64], NDArray[np.bool_], NDArray[np.float64], NDArray | None]:
    lasted, happened = np.asarray(days, dtype=float), np.asarray(events, dtype=bool)
    many = np.ones(lasted.shape) if weights is None else np.asarray(weights, dtype=float)
    group = None if clusters is None else np.asarray(clusters)
    if lasted.ndim != 1 or any(other.shape != lasted.shape for other in (happened, many, group) if other is not None):
        raise ValueError("days, events, weights and clusters must be columns of one length")
    if not (np.isfinite(lasted).all() and (lasted >= 0).all()):
        raise ValueError("a delay is a finite number of days, 0 or more")
    if not (np.isfinite(many).all() and (many >= 0).all() and (many == np.floor(many)).all()):
        raise ValueError("a weight is a whole number of cases, 0 or more")
    kept = many > 0
    return lasted[kept], happened[kept], many[kept], None if group is None else group[kept]


def _level(level: float) -> float:
    if not 0 < level < 1:
        raise ValueError(f"level = {level!r}; expected a number between 0 and 1")
    return level
