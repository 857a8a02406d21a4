"""One followed residence at a time: how its repairs moved against all the comparison residences of its landlord.

A description, not a verdict: one residence has no error of its own to be judged by, so the counts are taken as Poisson
ones, spread by the dispersion of the whole comparison (quasi-Poisson; Wedderburn, 1974).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from scipy.special import ndtri

# Under this many repairs on either side a residence tells too little: it is in the pooled result, and said so.
LEAST_REPAIRS = 20


@dataclass(frozen=True)
class Cell:
    """A residence in a month: repairs, cost in euros and dwellings, NaN where unknown; `followed` else comparison."""

    landlord: str
    residence: str
    month: date
    followed: bool
    repairs: float
    cost: float
    dwellings: float


@dataclass(frozen=True)
class ResidenceChange:
    """A followed residence before and after; rates per dwelling and month, NaN where dwellings are unknown.

    `ratio` after over before divided by the same of its landlord's comparison residences, `low` and `high` its
    interval; NaN when there are fewer than `LEAST_REPAIRS` repairs on a side.
    """

    landlord: str
    residence: str
    months_before: int
    months_after: int
    repairs_before: float
    repairs_after: float
    rate_before: float
    rate_after: float
    ratio: float
    low: float
    high: float


@dataclass(frozen=True)
class _Side:
    repairs: float
    months: int
    rate: float


def changes(
    cells: Sequence[Cell], start: date, *, dispersion: float, level: float = 0.95
) -> tuple[ResidenceChange, ...]:
    """Followed residences, in order, before and after `start`; a dispersion under 1 counts as 1."""
    phi = max(1.0, dispersion) if math.isfinite(dispersion) else 1.0
    known = [cell for cell in cells if math.isfinite(cell.repairs)]
    followed = sorted({(cell.landlord, cell.residence) for cell in known if cell.followed})
    reach = float(ndtri(0.5 + level / 2)) * math.sqrt(phi)
    return tuple(_change(known, name, start, reach) for name in followed)


def _change(cells: Sequence[Cell], name: tuple[str, str], start: date, errors: float) -> ResidenceChange:
    """`errors`: standard errors of a Poisson count on each side of the interval."""
    landlord, residence = name
    mine = [cell for cell in cells if cell.landlord == landlord]
    own = [cell for cell in mine if cell.followed and cell.residence == residence]
    months = {cell.month for cell in own}  # the comparison is read over the same months, for the same seasons
    others = [cell for cell in mine if not cell.followed and cell.month in months]
    before, after = _sides(own, start)
    other_before, other_after = _sides(others, start)
    sides = (before, after, other_before, other_after)
    ratio = low = high = math.nan
    if min(side.repairs for side in sides) >= LEAST_REPAIRS and all(side.rate > 0 for side in sides):
        ratio = after.rate / before.rate * other_before.rate / other_after.rate
        reach = math.exp(errors * math.sqrt(sum(1 / side.repairs for side in sides)))
        low, high = ratio / reach, ratio * reach
    return ResidenceChange(
        landlord=landlord,
        residence=residence,
        months_before=before.months,
        months_after=after.months,
        repairs_before=before.repairs,
        repairs_after=after.repairs,
        rate_before=before.rate,
        rate_after=after.rate,
        ratio=ratio,
        low=low,
        high=high,
    )


def _sides(cells: Sequence[Cell], start: date) -> tuple[_Side, _Side]:
    """Repairs, months and rate per dwelling and month, before and from the start."""
    before = _side([cell for cell in cells if cell.month < start])
    return before, _side([cell for cell in cells if cell.month >= start])


def _side(cells: Sequence[Cell]) -> _Side:
    repairs, exposure = sum(cell.repairs for cell in cells), sum(cell.dwellings for cell in cells)
    return _Side(repairs, len({cell.month for cell in cells}), repairs / exposure if exposure > 0 else math.nan)
