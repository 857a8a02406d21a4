"""Poisson regression of a panel with residence and month effects: pseudo-maximum likelihood, iterated least squares.

Gourieroux, Monfort and Trognon (1984): a Poisson likelihood finds the ratio of means whatever the counts' distribution
is, as long as their mean is right; standard errors come from elsewhere (`cluster.py`). Effects of residences and months
are never estimated one by one: each step takes them out of the other columns by weighted projection (Frisch, Waugh and
Lovell), and the small linear system left is solved exactly (Correia, Guimarães and Zylkin, 2020).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy import special
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from dashboard.indicators.panel import Flags, Floats

ITERATIONS = 100
TOLERANCE = 1e-7  # on log means; the last step squares it
FARTHEST = 15.0  # a log ratio beyond it: one side has no repair at all
_EDGE, _LEAST = 30.0, 1e-13


@dataclass(frozen=True)
class Fit:
    """A fitted panel: `coefficients` (p), means `mu` (R × C, 0 where masked), working `weights`, and `residual`
    columns (p × R × C): what is left of each regressor once both effects are taken out. `converged` False: separated.
    """

    coefficients: Floats
    mu: Floats
    weights: Floats
    residual: Floats
    converged: bool

    @property
    def bread(self) -> Floats:
        """Inverse of the information on the coefficients (p × p)."""
        flat = self.residual.reshape(len(self.residual), self.weights.size)
        return np.asarray(np.linalg.pinv((flat * self.weights.ravel()) @ flat.T), dtype=np.float64)


class Projection:
    """Takes residence and month effects out of columns, for one pattern of observed cells."""

    def __init__(self, seen: Flags) -> None:
        rows, columns = seen.shape
        row, column = np.nonzero(seen)
        graph = coo_array((np.ones(len(row)), (row, rows + column)), shape=(rows + columns, rows + columns))
        self.groups, labels = connected_components(graph, directed=False)
        # Effects are known up to a constant in each group of cells that share rows or columns: this fixes it.
        self._tied = (labels[:rows, None] == labels[None, :rows]).astype(float)

    def residual(self, weights: Floats, columns: Floats) -> Floats:
        """Columns (p × R × C) less their weighted projection on residence and month effects."""
        by_row, by_column = np.maximum(weights.sum(axis=1), _LEAST), np.maximum(weights.sum(axis=0), _LEAST)
        share = weights / by_column
        root = np.sqrt(by_row)
        system = (np.diag(by_row) - share @ weights.T) / np.outer(root, root) + self._tied
        weighted = weights * columns
        row_sums, column_sums = weighted.sum(axis=2).T, weighted.sum(axis=1).T
        rows = np.linalg.solve(system, (row_sums - share @ column_sums) / root[:, None]) / root[:, None]
        months = (column_sums - weights.T @ rows) / by_column[:, None]
        return columns - rows.T[:, :, None] - months.T[:, None, :]


class RowProjection:
    """Takes residence effects alone out of columns: a panel without month effects."""

    groups = 0

    def residual(self, weights: Floats, columns: Floats) -> Floats:
        """Columns (p × R × C) less their weighted means by residence."""
        means = (weights * columns).sum(axis=2) / np.maximum(weights.sum(axis=1), _LEAST)
        return columns - means[:, :, None]


def fit(
    count: Floats,
    exposure: Floats,
    seen: Flags,
    regressors: Floats,
    *,
    offset: Floats | float = 0.0,
    alpha: float = 0.0,
    projection: Projection | RowProjection | None = None,
    start: Floats | None = None,
) -> Fit:
    """Log mean = residence + month + regressors (p × R × C) + log exposure + offset, over observed cells.

    `alpha` is the negative binomial's (variance = mean + alpha × mean²); 0 is Poisson. `start` a first guess of means.
    Counts of 0 in a whole row or column must be masked before: their effect is minus infinity.
    """
    problem = _Problem(count, seen, regressors, np.log(exposure) + offset, alpha, projection or Projection(seen))
    guess = (count + count[seen].mean()) / 2 if start is None else start
    eta = np.log(np.where(seen, np.maximum(guess, _LEAST), 1.0))
    step, moved = problem.step(eta), np.inf
    for _ in range(ITERATIONS):
        moved = float(np.abs((step.eta - eta)[seen]).max())
        if moved < TOLERANCE or np.abs(step.coefficients).max(initial=0.0) > FARTHEST:
            break
        eta = step.eta
        step = problem.step(eta)
    return Fit(step.coefficients, _means(step.eta, seen), step.weights, step.residual, moved < TOLERANCE)


class _Step(NamedTuple):
    eta: Floats
    coefficients: Floats
    weights: Floats
    residual: Floats


@dataclass(frozen=True)
class _Problem:
    count: Floats
    seen: Flags
    regressors: Floats
    fixed: Floats
    alpha: float
    projection: Projection | RowProjection

    def step(self, eta: Floats) -> _Step:
        """One iteration: weighted least squares of the working response, effects taken out."""
        size, mu = len(self.regressors), _means(eta, self.seen)
        weights = mu / (1 + self.alpha * mu)
        working = eta - self.fixed + np.where(self.seen, (self.count - mu) / np.where(self.seen, mu, 1.0), 0.0)
        left = self.projection.residual(weights, np.concatenate([self.regressors, working[None]]))
        residual, target = left[:size], left[size]
        fitted, coefficients = working - target + self.fixed, np.zeros(size)
        if size:
            flat = residual.reshape(size, mu.size)
            moments = (flat * weights.ravel()) @ np.column_stack([flat.T, target.ravel()])
            found = np.linalg.lstsq(moments[:, :size], moments[:, size], rcond=1e-12)[0]
            coefficients = np.asarray(found, dtype=np.float64)
            fitted = fitted + np.tensordot(coefficients, residual, axes=1)
        return _Step(fitted, coefficients, weights, residual)


def _means(eta: Floats, seen: Flags) -> Floats:
    return np.where(seen, np.exp(np.clip(eta, -_EDGE, _EDGE)), 0.0)


def deviance(count: Floats, mu: Floats, seen: Flags) -> float:
    """Poisson deviance of the observed cells."""
    y, mean = count[seen], mu[seen]
    return float(2 * (special.xlogy(y, y / np.maximum(mean, _LEAST)) - (y - mean)).sum())
