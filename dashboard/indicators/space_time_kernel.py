"""The compiled part of the space-time scan: the strongest window of one arrangement of the cases.

Imported by `space_time` only when a scan is asked: numba costs seconds. Everything here works on arrays prepared there.

Most windows are never looked at. By `space_time_bounds`, a window of so many steps can only win when c - b mu exceeds a
bound. Both c and mu are differences of cumulative sums, so the greatest c - b mu of all windows of that many steps is
one subtraction and one comparison per window, in whole numbers, eight or sixteen at a time. Only where that greatest
one passes are ratios computed.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple, TypeVar, cast

import numba
import numpy as np
from numpy.typing import NDArray

from dashboard.indicators.space_time_bounds import LEAST_CASES

Floats = NDArray[np.float64]
Counts = NDArray[np.int32]
Integers = NDArray[np.int64]
F = TypeVar("F", bound=Callable[..., object])


class Circles(NamedTuple):
    """Circles by centre, growing: each adds members[begins:ends] to the one before, or to none where one opens.

    held: (circles, strata) cases of each. rows: row of each in the tables, -1 for those that
    are not looked at.
    """

    members: Integers
    begins: Integers
    ends: Integers
    opens: NDArray[np.bool_]
    held: Integers
    rows: Integers


class Tables(NamedTuple):
    """Lines that a window has to pass, in 1 / scale case: see `space_time_bounds.lines`.

    levels: (q,) log ratios from 0. changes: (g + 1,) lengths at which the slope changes. slopes: (rows, q, g). bounds:
    (rows, q, longest + 1).
    """

    levels: Floats
    changes: Integers
    slopes: Floats
    bounds: Counts
    scale: int


def compiled(function: F) -> F:
    """The function compiled, without Python's lock, kept on disk where a folder can be written."""
    try:
        return cast(F, numba.njit(cache=True, nogil=True)(function))
    except RuntimeError:  # no folder for the cache
        return cast(F, numba.njit(nogil=True)(function))


@compiled
def log_ratio(c: float, mu: float, total: int) -> float:
    """Poisson log likelihood ratio of c cases where mu are expected, of total cases; 0 when not above."""
    if c <= mu:
        return 0.0
    if c >= total:
        return c * math.log(c / mu)
    return c * math.log(c / mu) + (total - c) * math.log((total - c) / (total - mu))


@compiled
def expect(mu: Floats, everywhere: Counts, held: Integers) -> None:
    """Cases expected before each step in a circle that holds so many of each stratum, from the margins."""
    for t in range(mu.size):
        mu[t] = 0.0
    for g in range(everywhere.shape[0]):
        share = held[g] / everywhere[g, -1]
        if share > 0:
            for t in range(mu.size):
                mu[t] += share * everywhere[g, t]


@compiled
def expected(everywhere: Counts, held: Integers, start: int, end: int) -> float:
    """Cases expected in a window from the margins: by stratum, cases of the circle × cases of the window / all."""
    mu = 0.0
    for g in range(everywhere.shape[0]):
        mu += held[g] * np.int64(everywhere[g, end] - everywhere[g, start]) / everywhere[g, -1]
    return mu


@compiled
def cumulative(zone: Integers, time: Counts, zones: int, steps: int) -> Counts:
    """Cases of each zone before each step, (zones, steps + 1)."""
    sums = np.zeros((zones, steps + 1), np.int32)
    for case in range(zone.size):
        sums[zone[case], time[case] + 1] += 1
    for z in range(zones):
        for t in range(steps):
            sums[z, t + 1] += sums[z, t]
    return sums


@compiled
def add(total: Counts, zone: Counts, is_first: bool) -> None:
    """Add a zone's sums to a circle's, or start with them."""
    for t in range(total.size):
        total[t] = zone[t] if is_first else total[t] + zone[t]


@compiled
def greatest(line: Counts, length: int) -> np.int32:
    """The greatest line[s + length] - line[s]."""
    later = line[length:]
    best = np.int32(-(2**31) + 1)
    for s in range(later.size):
        rise = np.int32(later[s] - line[s])
        best = max(best, rise)
    return best


@compiled
def reached(levels: Floats, ratio: float, level: int) -> int:
    """The highest of the levels, from this one, that a ratio reaches."""
    while level + 1 < levels.size and levels[level + 1] <= ratio:
        level += 1
    return level


@compiled
def strongest(
    sums: Counts, everywhere: Counts, circles: Circles, tables: Tables, blocked: Counts
) -> tuple[float, int, int, int]:
    """Greatest log ratio, with its circle, start and length; (0, -1, -1, -1) when no window has any.

    sums: (zones, steps + 1) cases of each zone before each step; everywhere: (strata, steps + 1) the same of all zones.
    blocked: as sums, steps that no window may hold in a zone; no row when there are none. Of equal ratios the first
    one stays: first centre, smallest circle, shortest window, earliest.
    """
    changes, scale = tables.changes, np.int32(tables.scale)
    steps, total = everywhere.shape[1] - 1, everywhere[:, -1].sum()
    inside, closed, line = np.zeros(steps + 1, np.int32), np.zeros(steps + 1, np.int32), np.zeros(steps + 1, np.int32)
    mu = np.zeros(steps + 1)
    best, found, level = 0.0, (-1, -1, -1), 0
    for circle in range(circles.rows.size):
        for member in range(circles.begins[circle], circles.ends[circle]):
            is_first = circles.opens[circle] and member == circles.begins[circle]
            add(inside, sums[circles.members[member]], is_first)
            if blocked.shape[0] > 0:
                add(closed, blocked[circles.members[member]], is_first)
        row, held = circles.rows[circle], circles.held[circle]
        if row < 0:
            continue
        expect(mu, everywhere, held)
        for group in range(changes.size - 1):
            slope, at = tables.slopes[row, level, group], level
            for t in range(steps + 1):
                line[t] = np.int32(scale * inside[t]) - np.int32(slope * mu[t])
            for length in range(changes[group], changes[group + 1]):
                bound = tables.bounds[row, at, length]
                if greatest(line, length) <= bound:
                    continue
                for s in range(steps + 1 - length):
                    if line[s + length] - line[s] <= bound or closed[s + length] > closed[s]:
                        continue
                    c = inside[s + length] - inside[s]
                    if c < LEAST_CASES:
                        continue
                    ratio = log_ratio(c, expected(everywhere, held, s, s + length), total)
                    if ratio > best:
                        best, found = ratio, (circle, s, length)
            level = reached(tables.levels, best, level)
    return best, found[0], found[1], found[2]
