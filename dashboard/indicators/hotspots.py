"""Where cases gather: Gi* on a grid, an exact test of the same neighbourhoods, and what many looks may flag.

Two p-values are kept apart. `gi_star` has the analytic one of Ord and Getis (1995): the field's common figure, true for
values that are nearly normal. `local_excess` has an exact one for counts, whatever their skewness and whatever the
presence behind each cell: it is the one to flag cells with. `docs/methods.md` gives formulas, limits and calibration.

Arrays are rows × columns of square cells, row 0 at the south when they come from `cell_counts`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from dashboard.indicators.discoveries import benjamini_hochberg
from dashboard.indicators.grid import Frame
from dashboard.indicators.space_time import Cluster, Scan, scan, space_time_scan

__all__ = [
    "Cluster",
    "GiStar",
    "LocalExcess",
    "Scan",
    "benjamini_hochberg",
    "cell_counts",
    "gi_star",
    "local_excess",
    "map_basis",
    "scan",
    "space_time_scan",
]

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Basis = Literal["taux", "comptes"]

CELL_M = 100.0
# Presence may differ by this much between zones before counts compare the team's rounds rather than the places.
PRESENCE_SPREAD = 1.10


@dataclass(frozen=True)
class GiStar:
    """Gi* of each cell and its two-sided normal p-value, both rows × columns, NaN in the cells that do not count."""

    z: Floats
    p: Floats


@dataclass(frozen=True)
class LocalExcess:
    """Cases in each cell and its neighbours, what the whole map leads to expect there, and the two-sided exact p-value.

    Rows × columns each, NaN in the cells that do not count.
    """

    observed: Floats
    expected: Floats
    p: Floats


def gi_star(values: ArrayLike, mask: ArrayLike | None = None) -> GiStar:
    """Gi* of Ord and Getis (1995, formula 8) on a grid: queen neighbours and the cell itself, binary weights.

    `values` is rows × columns; `mask` has the same shape, True where a cell counts. A cell outside the mask, or whose
    value is NaN, has no statistic and is nobody's neighbour; mean, deviation and n are those of the cells that count.
    Without variance (a constant field, one cell), and for a cell whose neighbours are the whole map, nothing stands
    out: z is 0 and p is 1.

    Raises ValueError when `values` isn't a two-dimensional array of finite numbers (NaN apart), or when the shape of
    `mask` is another.
    """
    field, counted = _field(values, mask)
    n = int(counted.sum())
    z = np.where(counted, 0.0, np.nan)
    kept = field[counted]
    if n > 1 and kept.min() < kept.max():
        centred = np.where(counted, field - kept.mean(), 0.0)
        centred /= np.abs(centred).max()  # the unit is of no account, and squares of tiny numbers would be 0
        deviation = math.sqrt(float(np.square(centred[counted]).mean()))
        weights = _box_sum(counted.astype(np.float64))
        spread = deviation * np.sqrt(weights * (n - weights) / (n - 1))
        np.divide(_box_sum(centred), spread, out=z, where=counted & (weights < n))
    return GiStar(z, 2 * special.ndtr(-np.abs(z)))


def local_excess(counts: ArrayLike, exposure: ArrayLike | None = None, mask: ArrayLike | None = None) -> LocalExcess:
    """Exact test of « here, cases come at the rate of the whole map », on the neighbourhoods of `gi_star`.

    Given the total, the cases of a cell and its queen neighbours are binomial, with their share of the exposure as
    chance (Przyborowski and Wilenski, 1940): no normal law is supposed, many zeros do no harm, and presence may differ.
    p is twice the smaller tail, at most 1.

    `counts` is rows × columns of whole numbers; `exposure`, in any unit, has the same shape (absent: the same
    everywhere). Cells without exposure were not observed: they do not count, nor do their cases.

    Raises ValueError when a shape is another, when a count isn't a whole number of 0 or more, or when an exposure is
    negative or infinite.
    """
    field, counted = _field(counts, mask)
    behind = np.ones_like(field) if exposure is None else np.asarray(exposure, dtype=np.float64)
    if behind.shape != field.shape:
        raise ValueError(f"exposure has shape {behind.shape}, counts {field.shape}")
    if np.any(field[counted] < 0) or np.any(field[counted] != np.floor(field[counted])):
        raise ValueError("counts: whole numbers of 0 or more are expected")
    if np.any(behind < 0) or np.any(np.isinf(behind)):
        raise ValueError("exposure: finite numbers of 0 or more are expected")
    counted &= behind > 0
    cases, behind = np.where(counted, field, 0.0), np.where(counted, behind, 0.0)
    total = cases.sum()
    observed = _box_sum(cases)
    chance = np.minimum(_box_sum(behind) / max(behind.sum(), np.finfo(float).tiny), 1.0)
    p = _two_sided(observed, total - observed, chance)
    return LocalExcess(*(np.where(counted, found, np.nan) for found in (observed, total * chance, p)))


def map_basis(presence: ArrayLike | None) -> Basis:
    """Whether a map of cases compares rates (« taux ») or counts (« comptes »): rates where presence differs.

    `presence` is the patrol hours of each zone of the map over the period, or None when they are unknown. Hours are
    known, not sampled, so no test is made: the rule is a longest presence over 1.10 times the shortest. Timetable
    hours are the same everywhere: counts.

    Raises ValueError when an hour is negative or not finite.
    """
    hours = np.asarray([] if presence is None else presence, dtype=np.float64).ravel()
    if not np.all(np.isfinite(hours) & (hours >= 0)):
        raise ValueError("presence: finite hours of 0 or more are expected")
    if hours.size == 0 or hours.max() == 0:
        return "comptes"
    return "taux" if hours.max() > PRESENCE_SPREAD * hours.min() else "comptes"


def cell_counts(x: ArrayLike, y: ArrayLike, frame: Frame) -> Floats:
    """Number of points in each cell of a frame, rows from the south, columns from the west; none of those outside.

    `x`, `y` in metres. Raises ValueError when they differ in length or aren't finite.
    """
    east, north = (np.asarray(given, dtype=np.float64).ravel() for given in (x, y))
    if east.shape != north.shape or not (np.isfinite(east).all() and np.isfinite(north).all()):
        raise ValueError("x and y: as many finite numbers of metres are expected")
    rows, columns = frame.shape
    column = np.floor((east - frame.bounds[0]) / frame.cell_m)
    row = np.floor((north - frame.bounds[1]) / frame.cell_m)
    inside = (row >= 0) & (row < rows) & (column >= 0) & (column < columns)
    flat = (row[inside] * columns + column[inside]).astype(np.intp)
    return np.bincount(flat, minlength=rows * columns).reshape(rows, columns).astype(np.float64)


def _field(values: ArrayLike, mask: ArrayLike | None) -> tuple[Floats, Bools]:
    """The values, and which of them count."""
    field = np.asarray(values, dtype=np.float64)
    if field.ndim != 2:  # noqa: PLR2004 - rows and columns
        raise ValueError(f"values have {field.ndim} dimensions; rows × columns are expected")
    counted = ~np.isnan(field)
    if mask is not None:
        inside = np.asarray(mask, dtype=np.bool_)
        if inside.shape != field.shape:
            raise ValueError(f"mask has shape {inside.shape}, values {field.shape}")
        counted &= inside
    if np.any(np.isinf(field[counted])):
        raise ValueError("values: finite numbers, or NaN where nothing was observed, are expected")
    return field, counted


def _box_sum(values: Floats) -> Floats:
    """Sum over each cell and its eight neighbours; beyond the edge there is nothing."""
    down = values.copy()
    down[1:] += values[:-1]
    down[:-1] += values[1:]
    total = down.copy()
    total[:, 1:] += down[:, :-1]
    total[:, :-1] += down[:, 1:]
    return total


def _two_sided(successes: Floats, failures: Floats, chance: Floats) -> Floats:
    """Twice the smaller binomial tail, at most 1."""
    with np.errstate(invalid="ignore"):
        at_least = np.where(successes > 0, special.betainc(np.maximum(successes, 1), failures + 1, chance), 1.0)
        at_most = np.where(failures > 0, special.betaincc(successes + 1, np.maximum(failures, 1), chance), 1.0)
    return np.minimum(1.0, 2 * np.minimum(at_least, at_most))
