"""Figures tied by sums, some of them hidden: what the disclosure modules share.

Everything is written as moves from the true table: a move `d` is a difference between two tables that a
reader cannot tell apart, so `relations @ d = 0`, `values + d >= 0`, and `d = 0` on every published figure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.csgraph import connected_components

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

Sparse = Any  # a scipy.sparse.csr_array: scipy ships no types to check it with

TOLERANCE = 1e-6


class Unprotectable(ValueError):  # noqa: N818 - the name says what the caller asks for
    """Sensitive figures that stay exposed even with everything hidden that may be; `indices` lists them."""

    def __init__(self, indices: Sequence[int]) -> None:
        self.indices = tuple(int(index) for index in indices)
        super().__init__(f"figures that cannot be protected, whatever else is hidden: {list(self.indices)}")


@dataclass(frozen=True)
class Linked:
    """Any set of counts tied by sums; every array has shape (n,) but `relations`, sparse or dense, shape (m, n).

    values: true value of every figure, whether or not it is ever shown. relations: `relations @ values == 0`, known to
    any reader (a total minus its parts). thresholds: a figure is sensitive when 1 <= value < threshold; 0 or 1: never.
    shown: figures that a table would show; the others (atoms that only tie) are never shown, and when they are
    sensitive they must not be deduced either. fixed: already published elsewhere, cannot be hidden any more.
    hidden: already hidden elsewhere, must stay so. weights: cost of hiding, positive (totals dear, cells cheap).
    Raises ValueError when shapes disagree, values are not whole numbers of 0 or more, or a relation does not hold.
    """

    values: NDArray[np.float64]
    relations: Sparse
    thresholds: NDArray[np.float64]
    shown: NDArray[np.bool_]
    fixed: NDArray[np.bool_]
    hidden: NDArray[np.bool_]
    weights: NDArray[np.float64]

    def __post_init__(self) -> None:
        values = np.asarray(self.values, dtype=float)
        if values.ndim != 1:
            raise ValueError("values must be one-dimensional")
        for name in ("values", "thresholds", "weights"):
            object.__setattr__(self, name, np.asarray(getattr(self, name), dtype=float))
        for name in ("shown", "fixed", "hidden"):
            object.__setattr__(self, name, np.asarray(getattr(self, name), dtype=bool))
        relations = compressed(self.relations)
        relations.eliminate_zeros()
        object.__setattr__(self, "relations", relations)
        shapes = {getattr(self, name).shape for name in ("thresholds", "shown", "fixed", "hidden", "weights")}
        if shapes != {values.shape} or relations.shape[1] != values.size:
            raise ValueError("every array must have one entry a figure, and relations one column a figure")
        if not (np.isfinite(values).all() and (values >= 0).all() and (values == np.rint(values)).all()):
            raise ValueError("values must be whole numbers of 0 or more")
        if not (np.isfinite(self.weights).all() and (self.weights > 0).all()):
            raise ValueError("weights must be positive")
        if (self.fixed & self.hidden).any():
            raise ValueError("a figure cannot be both published and hidden elsewhere")
        if relations.shape[0] and np.abs(relations @ values).max() > TOLERANCE:
            raise ValueError("a relation does not hold between the true values")

    @property
    def sensitive(self) -> Bools:
        """Figures whose value is from 1 to their threshold - 1."""
        return (self.values >= 1) & (self.values < self.thresholds)

    def masked(self, mask: Bools) -> Bools:
        """A mask completed with what is hidden elsewhere, without what is published elsewhere."""
        return (np.asarray(mask, dtype=bool) | self.hidden) & ~self.fixed

    def unknown(self, mask: Bools) -> Bools:
        """Figures that a reader does not know: hidden, or never shown."""
        return ~self.fixed & (self.masked(mask) | ~self.shown)

    def needs(self, mask: Bools) -> Floats:
        """Width that the interval of each unknown figure must have, shape (n,), 0 where anything will do.

        The threshold, for every hidden figure and for every sensitive one that is never shown.
        """
        asked = self.masked(mask) | (self.sensitive & self.unknown(mask))
        return np.where(asked & (self.thresholds > 1), self.thresholds, 0.0)


def compressed(matrix: Sparse) -> Sparse:
    """A matrix, dense or of any sparse format, as a sparse one that is read row by row."""
    return sparse.csr_array(matrix, dtype=float)


def columns(linked: Linked, which: Bools) -> Sparse:
    """The relations between some figures, the others being known: rows without any of them left out."""
    part = linked.relations[:, np.flatnonzero(which)]
    return part[np.diff(part.indptr) > 0]


def pieces(relations: Sparse) -> Ints:
    """Number of the independent part that each column belongs to, from 0, shape (columns,)."""
    rows, size = relations.shape
    edges = relations.tocoo()
    graph = sparse.coo_array((np.ones(edges.nnz), (edges.row, rows + edges.col)), shape=(rows + size, rows + size))
    labels = connected_components(graph, directed=False)[1][rows:]
    return np.unique(labels, return_inverse=True)[1].astype(np.int64)
