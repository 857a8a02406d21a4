"""Statistical disclosure control: which counts to hide so that none under a threshold can be read or deduced.

`protect` does it for a two-way table with its totals, `protect_linked` for any figures tied by sums. Method, limits and
sources: `docs/methods.md`, « Disclosure control ».
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import sparse

from dashboard.indicators.disclosure_attack import bounds, exposed
from dashboard.indicators.disclosure_linked import Bools, Floats, Linked, Unprotectable
from dashboard.indicators.disclosure_masks import protect_linked

__all__ = ["Linked", "Protected", "Unprotectable", "bounds", "exposed", "protect", "protect_linked"]


@dataclass(frozen=True)
class Protected:
    """A two-way table that may be published; NaN: hidden.

    cells: shape (rows, columns). row_totals: shape (rows,). column_totals: shape (columns,). total: one figure.
    """

    cells: Floats
    row_totals: Floats
    column_totals: Floats
    total: float


def protect(counts: ArrayLike, threshold: int = 11) -> Protected:
    """Hide the counts and totals from 1 to threshold - 1, and what is needed for none to be deduced.

    counts: whole numbers of 0 or more, shape (rows, columns). Every hidden figure keeps an interval of `threshold` or
    more in width. As few totals as possible are hidden, then as few cells, then as little of the counts.
    Raises ValueError on anything else than such a table, or a threshold that is not a whole number of 0 or more.
    """
    table = _checked(counts)
    if not float(threshold).is_integer() or threshold < 0:
        raise ValueError("the threshold must be a whole number of 0 or more")
    linked = two_way(table, threshold)
    rows, columns = table.shape
    values = np.where(protect_linked(linked), np.nan, linked.values)
    cells, row_totals, column_totals, total = np.split(values, np.cumsum([rows * columns, rows, columns]))
    return Protected(cells.reshape(rows, columns), row_totals, column_totals, float(total[0]))


def _checked(counts: ArrayLike) -> Floats:
    """Counts as floats. Raises ValueError."""
    try:
        table = np.asarray(counts, dtype=float)
    except (TypeError, ValueError) as error:
        raise ValueError("counts must be numbers in a table of two dimensions") from error
    if table.ndim == 1 and table.size == 0:
        table = table.reshape(0, 0)
    if table.ndim != 2:  # noqa: PLR2004 - a table
        raise ValueError(f"counts must be a table of two dimensions, not {table.ndim}")
    if not np.isfinite(table).all():
        raise ValueError("counts must not hold NaN or infinite values")
    if (table < 0).any():
        raise ValueError("counts must not be negative")
    if (table != np.rint(table)).any():
        raise ValueError("counts must be whole numbers")
    return table


def two_way(table: Floats, threshold: float) -> Linked:
    """A table and its totals as linked figures: cells row by row, row totals, column totals, grand total."""
    rows, columns = table.shape
    cells = rows * columns
    values = np.concatenate([table.ravel(), table.sum(axis=1), table.sum(axis=0), [table.sum()]])
    number = np.arange(cells)
    sums = np.concatenate([number // max(columns, 1), rows + number % max(columns, 1)])
    parts = np.concatenate([number, number])
    totals = np.arange(rows + columns)
    ends = np.concatenate([np.full(rows, rows + columns), np.full(columns, rows + columns + 1)])
    lines = np.concatenate([sums, totals, ends, [rows + columns, rows + columns + 1]])
    places = np.concatenate([parts, cells + totals, cells + totals, np.full(2, values.size - 1)])
    signs = np.concatenate([-np.ones(2 * cells), np.ones(rows + columns), -np.ones(rows + columns), np.ones(2)])
    relations = sparse.csr_array((signs, (lines, places)), shape=(rows + columns + 2, values.size))
    never: Bools = np.zeros(values.size, dtype=bool)
    return Linked(values, relations, np.full(values.size, threshold), ~never, never, never, _weights(values, cells))


def _weights(values: Floats, cells: int) -> Floats:
    """Any total costs more than all the cells, one more cell more than any value hidden, the grand total most."""
    share = values / (values.sum() + 1)
    dear = np.full(values.size - cells, 2.0 * (cells + 1))
    dear[-1] *= dear.size
    return np.concatenate([1 + share[:cells], dear + share[cells:]])
