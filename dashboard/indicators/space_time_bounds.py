"""What lets the space-time scan pass windows over: straight lines under the least number of cases that could win.

For a circle, a number of steps and a ratio L already found, only a window with more than k cases can beat it, where
k(mu) solves « ratio of (k, mu) = L ». The ratio is a relative entropy, convex in both: k is concave in mu, and a chord
between the least and the greatest mu of such windows lies under it: c - b mu > a. Any b is sound; a chord's is sharp.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Counts = NDArray[np.int32]
Integers = NDArray[np.int64]

LEAST_CASES = 2  # of a cluster
LEVELS = np.concatenate([[0.0], np.arange(3.0, 17.0)])
STEEPEST = 16.0
SLACK = 4.0  # more than rounding takes, in 1 / scale case

_ALIKE = 1.02  # circles whose cases differ by less share their lines
_SLOPE_CHANGES = (1, 2, 3, 4, 6, 9, 13, 19, 28, 41, 61)
_LARGEST_SUM = 2**26  # so that STEEPEST times it, twice, stays in 32 bits
_NEVER = 2**31 - 1
_ROUNDS = 60


def alike(held: Integers) -> Integers:
    """Row of lines of each circle, from their cases (circles, strata): those that hold about as many share one."""
    sizes = np.where(held > 0, np.floor(np.log(np.maximum(held, 1)) / math.log(_ALIKE)), -1.0)
    return np.unique(sizes, axis=0, return_inverse=True)[1].ravel()


def scale_of(total: int) -> int:
    """Parts of a case that lines are counted in."""
    return max(1, min(2**16, _LARGEST_SUM // total))


def changes_of(longest: int) -> Integers:
    """Numbers of steps at which the slope changes, and one beyond the longest."""
    return np.array([*(at for at in _SLOPE_CHANGES if at <= longest), longest + 1])


def lines(everywhere: Counts, held: Integers, row: Integers, longest: int) -> tuple[Floats, Counts]:
    """Slopes (rows, levels, changes) and bounds (rows, levels, longest + 1) in 1 / scale case.

    everywhere: (strata, steps + 1) cases before each step; held: (circles, strata) cases of circles; row: (circles,).
    No window of that many steps of any circle of the row beats the level unless scale × c - slope × mu is above the
    bound.
    """
    total, changes = int(everywhere[:, -1].sum()), changes_of(longest)
    scale = scale_of(total)
    least, most = _expectations(everywhere, held, row, longest)
    impossible = least > most
    least[impossible] = most[impossible] = 1.0
    low, high = (least_cases(mu[:, None, :], LEVELS[None, :, None], total) for mu in (least, most))
    middle = (changes[:-1] + changes[1:]) // 2
    run = (most - least)[:, None, middle]
    rise = high[:, :, middle] - low[:, :, middle]
    slopes = np.clip(np.divide(rise, run, out=np.ones_like(rise), where=run > 0), 0.0, STEEPEST)
    of_length = slopes[:, :, np.clip(np.searchsorted(changes, np.arange(longest + 1), side="right") - 1, 0, None)]
    under = np.minimum(low - of_length * least[:, None, :], high - of_length * most[:, None, :])
    bounds = np.where(impossible[:, None, :], _NEVER, np.floor(under * scale) - SLACK)
    return slopes * scale, bounds.astype(np.int32)


def least_cases(mu: Floats, level: Floats, total: int) -> Floats:
    """The (fractional) number of cases whose ratio is `level` where mu are expected; mu where none is found.

    Newton's steps from Bernstein's bound, which is at or above the root: the ratio is convex, they come down to it.
    """
    mu, level = np.broadcast_arrays(mu, level)
    c = mu + level / 3 + np.sqrt(np.square(level) / 9 + 2 * mu * level)
    sought = (level > 0) & (c < total)
    found = mu.copy()
    m, aim, c = mu[sought], level[sought], c[sought]
    for _ in range(_ROUNDS):
        up, rest = np.log(c / m), np.log((total - c) / (total - m))
        step = (c * up + (total - c) * rest - aim) / (up - rest)
        c = c - step
        if not np.any(step > 1e-10 * c):
            break
    found[sought] = c
    return found


def _expectations(everywhere: Counts, held: Integers, row: Integers, longest: int) -> tuple[Floats, Floats]:
    """Least and greatest cases expected in windows of each length, of all circles of a row: (rows, longest + 1)."""
    rows, strata = int(row.max()) + 1, everywhere.shape[0]
    fewest, greatest = np.full((rows, strata), np.iinfo(np.int64).max), np.zeros((rows, strata), np.int64)
    np.minimum.at(fewest, row, held)
    np.maximum.at(greatest, row, held)
    low, high = (some / everywhere[:, -1] @ everywhere for some in (fewest, greatest))
    possible = (greatest > 0).astype(np.int64) @ everywhere
    least, most = np.full((rows, longest + 1), np.inf), np.zeros((rows, longest + 1))
    for length in range(1, longest + 1):
        seen = possible[:, length:] - possible[:, :-length] >= LEAST_CASES
        least[:, length] = np.where(seen, low[:, length:] - low[:, :-length], np.inf).min(axis=1)
        most[:, length] = np.where(seen, high[:, length:] - high[:, :-length], 0.0).max(axis=1)
    return least, most
