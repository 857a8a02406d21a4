"""Zones against what the same hours would give in an average zone: exact Poisson, many zones at once.

Expected counts are standardised within the map (as in Breslow and Day, 1987, indirect standardisation): every zone is
given the map's own rate of each hour, over the hours that it was patrolled. `docs/methods.md` says more.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Excess:
    """One value a zone: cases seen and expected, and the exact one-sided p of « no more than expected ».

    `expected` is 0 and `p` NaN where nobody was: such a zone was not observed.
    """

    observed: Floats
    expected: Floats
    p: Floats


def excess(counts: ArrayLike, exposure: ArrayLike | None = None) -> Excess:
    """Cases by zone against the map's own rates.

    `counts`: zones × strata (hours of the day), whole numbers; `exposure`: patrol hours behind each of them, in the
    same shape and any unit (absent: the same everywhere). Cases where there is no exposure do not count. p is that of a
    Poisson of the expected mean: a little cautious, since the total is known.

    Raises ValueError when shapes differ, a count isn't a whole number of 0 or more, or an exposure is negative.
    """
    cases = np.asarray(counts, dtype=np.float64)
    behind = np.ones(cases.shape) if exposure is None else np.asarray(exposure, dtype=np.float64)
    if cases.ndim != 2 or behind.shape != cases.shape:  # noqa: PLR2004 - zones and strata
        raise ValueError(f"counts {cases.shape} and exposure {behind.shape}: zones × strata of one shape expected")
    if np.any((cases < 0) | (cases != np.floor(cases))) or not np.all(np.isfinite(behind) & (behind >= 0)):
        raise ValueError("counts: whole numbers of 0 or more; exposure: finite, 0 or more")
    seen = np.where(behind > 0, cases, 0.0)
    total = behind.sum(axis=0)
    rates = np.divide(seen.sum(axis=0), total, out=np.zeros_like(total), where=total > 0)
    observed, expected = seen.sum(axis=1), behind @ rates
    p = np.where(expected > 0, stats.poisson.sf(observed - 1, expected), 1.0)
    return Excess(observed, expected, np.where(behind.sum(axis=1) > 0, p, np.nan))


@dataclass(frozen=True)
class Standing:
    """How zones' excess has moved: of the last slices against those before, each next to what was expected of it.

    One value a zone: `before` and `recent` are observed over expected (NaN where nothing was), `p` the exact two-sided
    p of « as much above expectation as before », `p_before` the one-sided p of an excess before.
    """

    before: Floats
    recent: Floats
    p: Floats
    p_before: Floats


def standing(cases: ArrayLike, expected: ArrayLike, recent: int) -> Standing:
    """The last `recent` slices of zones × slices (oldest first) against the earlier ones, all pooled.

    Slice by slice a place has too few cases for a steady excess to show in each; pooled, it does. Given both counts,
    the recent one is binomial with its share of the expectation as chance (Przyborowski and Wilenski, 1940): what rises
    everywhere on the map is in the expectation and is no change of the zone.

    Raises ValueError when shapes differ.
    """
    seen, wanted = np.asarray(cases, dtype=np.float64), np.asarray(expected, dtype=np.float64)
    if seen.ndim != 2 or seen.shape != wanted.shape:  # noqa: PLR2004 - zones and slices
        raise ValueError(f"cases {seen.shape} and expected {wanted.shape}: zones × slices of one shape expected")
    old, new = seen[:, :-recent].sum(axis=1), seen[:, -recent:].sum(axis=1)
    old_wanted, new_wanted = wanted[:, :-recent].sum(axis=1), wanted[:, -recent:].sum(axis=1)
    both = (old_wanted > 0) & (new_wanted > 0)
    chance = np.divide(new_wanted, old_wanted + new_wanted, out=np.full(old.shape, np.nan), where=both)
    tails = stats.binom.cdf(new, old + new, chance), stats.binom.sf(new - 1, old + new, chance)
    return Standing(
        before=_ratio(old, old_wanted),
        recent=_ratio(new, new_wanted),
        p=np.where(both, np.minimum(1.0, 2 * np.minimum(*tails)), np.nan),
        p_before=np.where(old_wanted > 0, stats.poisson.sf(old - 1, old_wanted), np.nan),
    )


def _ratio(seen: Floats, wanted: Floats) -> Floats:
    return np.divide(seen, wanted, out=np.full(seen.shape, np.nan), where=wanted > 0)
