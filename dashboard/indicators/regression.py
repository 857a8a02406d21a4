"""Regression of counts on hour, weekday, season, holidays and neighbourhood, with the log of patrol hours as offset.

Rows are sums over cells, so that a million interventions are a few hundred rows. `docs/methods.md` gives formulas,
assumptions and limits.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import optimize, special, stats

from dashboard.indicators.discoveries import adjusted

Floats = NDArray[np.float64]
Model = Literal["Poisson", "binomiale négative"]

# Under this many events for each effect, nothing is estimated.
EVENTS_PER_EFFECT = 5
OVER_DISPERSED = 0.05
ALPHA_BOUNDS, ROUNDS, SETTLED = (1e-8, 50.0), 60, 1e-9
Z95 = float(stats.norm.ppf(0.975))


@dataclass(frozen=True)
class Factor:
    """A column of the cells; its effects are against `baseline`, or against the mean of its levels when it is None."""

    column: str
    baseline: Hashable | None = None


@dataclass(frozen=True)
class Effect:
    """Rate ratio of one level, other factors equal, with its interval at 95 % and the two-sided p-value of 1.

    `adjusted_p`: Benjamini and Hochberg's, over every effect of the regression. `count`, `exposure`: its raw sums.
    """

    factor: str
    level: Hashable
    ratio: float
    low: float
    high: float
    p_value: float
    adjusted_p: float
    count: int
    exposure: float


@dataclass(frozen=True)
class Dispersion:
    """Cameron and Trivedi's test of over-dispersion; `pearson`: chi-squared over its degrees of freedom; `alpha`:
    variance = mean + alpha × mean² (0 for Poisson)."""

    statistic: float
    p_value: float
    pearson: float
    alpha: float


@dataclass(frozen=True)
class Regression:
    """Effects in the order of the factors given; `left_out`: factors that could not be told apart, or have one level.

    `empty_levels`: levels with exposure and without any event, whose ratio is 0 and has no interval here.
    `interaction_p`: whether the second factor of `interaction` changes the profile of the first one, NaN if not asked.
    """

    model: Model
    effects: tuple[Effect, ...]
    dispersion: Dispersion
    count: int
    exposure: float
    cells: int
    left_out: tuple[str, ...]
    empty_levels: tuple[tuple[str, Hashable], ...]
    interaction_p: float


@dataclass(frozen=True, eq=False)
class _Cells:
    """Observed cells: level of each factor, events and exposure."""

    levels: dict[str, NDArray[np.object_]]
    count: Floats
    exposure: Floats

    def where(self, kept: NDArray[np.bool_]) -> _Cells:
        return _Cells({name: found[kept] for name, found in self.levels.items()}, self.count[kept], self.exposure[kept])


@dataclass(frozen=True, eq=False)
class Fit:
    """Coefficients, their covariance, and the mean of each cell."""

    coefficients: Floats
    covariance: Floats
    means: Floats


@dataclass(frozen=True, eq=False)
class _Design:
    """Dummy columns of the factors kept, the first level of each left out; `places`: column of each level."""

    matrix: Floats
    places: dict[str, dict[Hashable, int | None]]
    left_out: tuple[str, ...]


def regression(
    cells: pd.DataFrame, factors: Sequence[Factor], *, interaction: tuple[str, str] | None = None
) -> Regression | None:
    """Rate ratios from cells with columns `count`, `exposure` and one a factor; None when there is too little to say.

    Poisson with the log of the exposure as offset; negative binomial (NB2) when Cameron and Trivedi's (1990) one-sided
    test rejects equal mean and variance at 5 %. Cells without exposure are left out: nobody observed them. A factor
    whose levels the factors before it already determine is left out. The season's effect comes from the hours that
    both seasons have: an hour of one season alone has its own parameter, which takes all that it could say.
    """
    names = [factor.column for factor in factors]
    seen, empty = _without_empty_levels(_gathered(cells, names))
    if not len(seen.count):
        return None
    design = _design(seen)
    y, offset, columns = seen.count, np.log(seen.exposure), design.matrix.shape[1]
    if y.sum() < EVENTS_PER_EFFECT * columns or len(y) <= columns or columns == 1:
        return None
    fit, dispersion = _fit(y, design.matrix, offset)
    effects = [effect for factor in factors for effect in _effects(factor, design, fit, seen)]
    return Regression(
        model="binomiale négative" if dispersion.alpha else "Poisson",
        effects=_adjusted(effects),
        dispersion=dispersion,
        count=int(y.sum()),
        exposure=float(seen.exposure.sum()),
        cells=len(y),
        left_out=design.left_out,
        empty_levels=empty,
        interaction_p=_interaction(seen, design, fit, dispersion.alpha, interaction) if interaction else math.nan,
    )


def _gathered(cells: pd.DataFrame, names: Sequence[str]) -> _Cells:
    """Sums over cells of the same levels, in a fixed order, without those that nobody observed."""
    sums: dict[tuple[Hashable, ...], list[float]] = {}
    rows = zip(*(cells[name].tolist() for name in (*names, "count", "exposure")), strict=True)
    for *levels, count, exposure in rows:
        held = sums.setdefault(tuple(levels), [0.0, 0.0])
        held[0] += count
        held[1] += exposure
    seen = {levels: held for levels, held in sums.items() if held[1] > 0}
    return _Cells(
        {name: np.array([levels[place] for levels in seen], dtype=object) for place, name in enumerate(names)},
        np.array([held[0] for held in seen.values()]),
        np.array([held[1] for held in seen.values()]),
    )


def _without_empty_levels(seen: _Cells) -> tuple[_Cells, tuple[tuple[str, Hashable], ...]]:
    """Cells of levels that have events: another's effect would be minus infinity, and says nothing of the others."""
    empty: list[tuple[str, Hashable]] = []
    while True:
        found = [
            (name, level)
            for name, levels in seen.levels.items()
            for level in _ordered(levels)
            if seen.count[levels == level].sum() == 0
        ]
        if not found:
            return seen, tuple(empty)
        empty += found
        for name, level in found:
            seen = seen.where(seen.levels[name] != level)


def _ordered(levels: NDArray[np.object_]) -> list[Hashable]:
    return sorted(set(levels.tolist()), key=lambda level: (str(type(level)), level))


def _design(seen: _Cells) -> _Design:
    places: dict[str, dict[Hashable, int | None]] = {}
    matrix, left_out = np.ones((len(seen.count), 1)), []
    for name, found in seen.levels.items():
        levels = _ordered(found)
        wider = np.column_stack([matrix, *((found == level).astype(float) for level in levels[1:])])
        if len(levels) < 2 or not _is_full_rank(wider):  # noqa: PLR2004 - a factor has two levels
            left_out.append(name)
            continue
        first = matrix.shape[1]
        places[name] = {levels[0]: None} | {level: first + place for place, level in enumerate(levels[1:])}
        matrix = wider
    return _Design(matrix, places, tuple(left_out))


def fit_counts(y: Floats, matrix: Floats, offset: Floats, alpha: float = 0.0) -> Fit:
    """Maximum likelihood of log mean = matrix @ coefficients + offset, by iteratively reweighted least squares.

    Variance = mean + alpha × mean² (Nelder and Wedderburn, 1972; `alpha` given). `matrix`: cells × coefficients, its
    first column ones, full rank; every column with at least one event.
    """
    coefficients: Floats = np.zeros(matrix.shape[1])
    coefficients[0] = math.log(y.sum() / np.exp(offset).sum())
    information = np.eye(matrix.shape[1])
    for _ in range(ROUNDS):
        linear = matrix @ coefficients
        means = np.exp(linear + offset)
        weighted = matrix.T * (means / (1 + alpha * means))
        information = weighted @ matrix
        before = coefficients
        solved = np.linalg.solve(information, weighted @ (linear + (y - means) / means))
        coefficients = np.asarray(solved, np.float64)
        if np.abs(coefficients - before).max() < SETTLED:
            break
    covariance = np.asarray(np.linalg.inv(information), np.float64)
    return Fit(coefficients, covariance, np.exp(matrix @ coefficients + offset))


def _fit(y: Floats, matrix: Floats, offset: Floats) -> tuple[Fit, Dispersion]:
    """Poisson, or negative binomial whose alpha and coefficients are fitted in turn until they settle."""
    fit = fit_counts(y, matrix, offset)
    statistic = over_dispersion(y, fit.means)
    p_value = float(stats.norm.sf(statistic))
    pearson = float(((y - fit.means) ** 2 / fit.means).sum() / (len(y) - matrix.shape[1]))
    alpha = 0.0
    if p_value < OVER_DISPERSED:
        for _ in range(ROUNDS):
            before, alpha = alpha, _alpha(y, fit.means)
            fit = fit_counts(y, matrix, offset, alpha)
            if abs(alpha - before) < SETTLED * (1 + before):
                break
    return fit, Dispersion(statistic, p_value, pearson, alpha)


def over_dispersion(y: Floats, means: Floats) -> float:
    """Cameron and Trivedi's (1990) statistic against variance = mean + alpha × mean²; standard normal when equal.

    t of the slope, without constant, of ((y - mean)² - y) / mean on the mean.
    """
    excess = ((y - means) ** 2 - y) / means
    slope = float((means * excess).sum() / (means**2).sum())
    error = float(((excess - slope * means) ** 2).sum() / (len(y) - 1))
    return slope / math.sqrt(error / float((means**2).sum()))


def log_likelihood(y: Floats, means: Floats, alpha: float) -> float:
    """Of counts, without the terms that depend on the counts alone; Poisson when `alpha` is 0."""
    if not alpha:
        return float((y * np.log(means) - means).sum())
    size = 1 / alpha
    terms = special.gammaln(y + size) - special.gammaln(size) - size * np.log1p(means / size)
    return float((terms + y * (np.log(means) - np.log(size + means))).sum())


def _alpha(y: Floats, means: Floats) -> float:
    """Maximum likelihood of the negative binomial's alpha, the means given."""
    low, high = (math.log(bound) for bound in ALPHA_BOUNDS)
    best = optimize.minimize_scalar(
        lambda value: -log_likelihood(y, means, math.exp(value)),
        bounds=(low, high),
        method="bounded",
        options={"xatol": SETTLED},
    )
    return math.exp(float(best.x))


def _effects(factor: Factor, design: _Design, fit: Fit, seen: _Cells) -> list[Effect]:
    """Each level against the baseline, or against the geometric mean of all of them."""
    places = design.places.get(factor.column, {})
    levels = list(places)
    if not levels:
        return []
    rows = np.zeros((len(levels), design.matrix.shape[1]))
    for row, level in zip(rows, levels, strict=True):
        if (place := places[level]) is not None:
            row[place] = 1.0
    if factor.baseline is None or factor.baseline not in places:
        contrasts, kept = rows - rows.mean(axis=0, keepdims=True), levels
    else:
        base = rows[levels.index(factor.baseline)]
        kept = [level for level in levels if level != factor.baseline]
        contrasts = rows[[levels.index(level) for level in kept]] - base
    found = []
    for level, contrast in zip(kept, contrasts, strict=True):
        value, error = float(contrast @ fit.coefficients), math.sqrt(float(contrast @ fit.covariance @ contrast))
        here = seen.levels[factor.column] == level
        found.append(
            Effect(
                factor.column,
                level,
                ratio=math.exp(value),
                low=math.exp(value - Z95 * error),
                high=math.exp(value + Z95 * error),
                p_value=float(2 * stats.norm.sf(abs(value) / error)),
                adjusted_p=math.nan,
                count=int(seen.count[here].sum()),
                exposure=float(seen.exposure[here].sum()),
            )
        )
    return found


def _adjusted(effects: Sequence[Effect]) -> tuple[Effect, ...]:
    p_values = adjusted([effect.p_value for effect in effects]).tolist()
    return tuple(replace(effect, adjusted_p=p_value) for effect, p_value in zip(effects, p_values, strict=True))


def _interaction(seen: _Cells, design: _Design, fit: Fit, alpha: float, pair: tuple[str, str]) -> float:
    """Likelihood-ratio test of the interaction of two factors, on the pairs of levels that were observed."""
    first, second = (design.places.get(name, {}) for name in pair)
    y, offset, matrix = seen.count, np.log(seen.exposure), design.matrix
    for one in first.values():
        for other in second.values():
            if one is not None and other is not None:
                column = design.matrix[:, one] * design.matrix[:, other]
                wider = np.column_stack([matrix, column])
                matrix = wider if y @ column > 0 and _is_full_rank(wider) else matrix
    added = matrix.shape[1] - design.matrix.shape[1]
    if not added or y.sum() < EVENTS_PER_EFFECT * matrix.shape[1]:
        return math.nan
    wider_fit = fit_counts(y, matrix, offset, alpha)
    gain = log_likelihood(y, wider_fit.means, alpha) - log_likelihood(y, fit.means, alpha)
    return float(stats.chi2.sf(2 * max(gain, 0.0), added))


def _is_full_rank(matrix: Floats) -> bool:
    """From the small matrix of products: columns are zeros and ones, so that nothing is lost by squaring them."""
    products = matrix.T @ matrix
    return bool(np.linalg.matrix_rank(products, hermitian=True) == len(products))
