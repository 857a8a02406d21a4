"""Uncertainty of one coefficient of a panel whose residences are independent and whose months are not.

Two ways, both from the residences' scores (what each contributes to the equation of the coefficient):

- cluster-robust errors with the correction for few residences and a t distribution on G - 1 degrees of freedom (Liang
  and Zeger, 1986; Cameron and Miller, 2015);
- the wild score bootstrap (Kline and Santos, 2012): a hypothesis is fitted, the signs of the residences' scores are
  drawn anew, and the score seen is compared with those drawn. Its interval is every ratio that isn't rejected.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np
from scipy import special, stats

from dashboard.indicators.panel import Floats, Panel
from dashboard.indicators.ppml import FARTHEST, Fit, Projection, deviance, fit

Inference = Literal["cluster-robust t", "wild score bootstrap", "profile likelihood"]

_ENUMERATED = 12  # residences up to which every sign is tried rather than drawn
_FAR = 10.0  # a limit so far from the estimate that the interval is said open
_LEAST_STEP = 1e-4
_FINENESS = 0.01  # of a standard error, on limits found by search
_WIDER, _EDGE, _LEAST_P = 1.25, 0.1, 1e-300
_TIE = 1e-9
_TWO = 2


@dataclass(frozen=True)
class Clustered:
    """The coefficient of one `regressor` (R × C) of a fitted panel, a log ratio, through its residences' scores.

    `effective` is the number of residences that carry the information, those that weigh alike: Carter, Schnepel and
    Steigerwald (2017), with independent errors.
    """

    panel: Panel
    fitted: Fit
    projection: Projection
    regressor: Floats
    alpha: float = 0.0

    @property
    def estimate(self) -> float:
        """Log rate ratio."""
        return float(self.fitted.coefficients[0])

    @property
    def ratio(self) -> float:
        """Rate ratio; 0 or infinity when one side of the comparison has no repair at all."""
        if self.fitted.converged and abs(self.estimate) < FARTHEST:
            return math.exp(self.estimate)
        return math.inf if self.estimate > 0 else 0.0

    @property
    def is_regular(self) -> bool:
        """Whether the ratio is finite and above 0."""
        return 0 < self.ratio < math.inf

    @property
    def degrees(self) -> int:
        """Residences less one."""
        return len(self.panel.residences) - 1

    def interval(self, level: float) -> tuple[float, float]:
        """Limits of the log ratio: t distribution, errors clustered by residence; infinite without an error."""
        if math.isnan(self.standard_error):
            return -math.inf, math.inf
        reach = float(stats.t.ppf((1 + level) / 2, self.degrees)) * self.standard_error
        return self.estimate - reach, self.estimate + reach

    def p_value(self, log_ratio: float) -> float:
        """Two-sided p-value of « the log ratio is this one », as `interval`."""
        return 2 * float(stats.t.sf(abs(self.estimate - log_ratio) / self.standard_error, self.degrees))

    @cached_property
    def standard_error(self) -> float:
        """Of the log ratio, clustered by residence."""
        scores = residence_scores(self.panel, self.fitted)
        return math.sqrt(max(float(sandwich(self.panel, self.fitted, self.projection, scores)[0, 0]), 0.0))

    @cached_property
    def effective(self) -> float:
        """Effective number of residences, at most their number."""
        information = (self.fitted.weights * self.fitted.residual[0] ** 2).sum(axis=1)
        spread = float(information.var() / information.mean() ** 2)
        return len(information) / (1 + spread)


def residence_scores(panel: Panel, fitted: Fit) -> Floats:
    """Contribution of each residence to the equation of each coefficient (R × p), effects taken out."""
    gap = np.where(panel.seen, fitted.weights * (panel.count / np.where(panel.seen, fitted.mu, 1.0) - 1), 0.0)
    return (fitted.residual * gap).sum(axis=2).T


def sandwich(panel: Panel, fitted: Fit, projection: Projection, scores: Floats) -> Floats:
    """Covariance of the coefficients (p × p), with statsmodels' and Stata's correction for few clusters.

    G / (G - 1) × (N - 1) / (N - K): G residences, N cells, K parameters, effects of residences and months included.
    """
    clusters, cells = len(scores), int(panel.seen.sum())
    parameters = sum(panel.seen.shape) - projection.groups + len(fitted.coefficients)
    if cells <= parameters or clusters <= _TWO:  # two residences are fitted so that their scores are 0
        return np.full((len(fitted.coefficients),) * 2, math.nan)
    correction = clusters / (clusters - 1) * (cells - 1) / (cells - parameters)
    return fitted.bread @ (scores.T @ scores) @ fitted.bread * correction


def signs(clusters: int, draws: int, seed: int) -> tuple[Floats, int]:
    """Signs drawn for each residence (draws × G), and 1 when the data's own must be counted beside them, else 0.

    Up to 12 residences they are all tried; the statistics are the same with every sign turned over, so half are enough.
    """
    if clusters <= _ENUMERATED:
        numbers = np.arange(2 ** (clusters - 1))
        return 1.0 - 2.0 * ((numbers[:, None] >> np.arange(clusters)) & 1), 0
    return np.random.default_rng(seed).choice([-1.0, 1.0], (draws, clusters)), 1


class ScoreBootstrap:
    """Wild score bootstrap of a ratio: p-values of any ratio, and the interval of those not rejected.

    Signs (Rademacher's weights) are the same for every ratio tried. Webb's six-point weights were measured too: with
    six residences they cover less (docs/methods.md).
    """

    def __init__(self, clustered: Clustered, draws: int, seed: int) -> None:
        self._clustered = clustered
        self._signs, self._extra = signs(len(clustered.panel.residences), draws, seed)

    def p_value(self, log_ratio: float) -> float:
        """Share of the drawn scores at least as large as the one seen, when the ratio is this one."""
        panel = self._clustered.panel
        found = restricted(self._clustered, log_ratio)
        residual = self._clustered.projection.residual(found.weights, self._clustered.regressor[None])
        scores = residence_scores(panel, replace(found, residual=residual))[:, 0]
        clusters = len(scores)
        # Fitting the months took away one residence's share of the scores' spread: what is drawn gets it back.
        drawn = np.abs(self._signs @ scores) * math.sqrt(clusters / (clusters - 1))
        reached = int((drawn >= abs(scores.sum()) - _TIE * np.abs(scores).sum()).sum())
        return (reached + self._extra) / (len(drawn) + self._extra)

    def interval(self, level: float) -> tuple[float, float]:
        """Log ratios that aren't rejected at 1 - level, from the estimate outwards; infinite where none is.

        It leaves out 0 exactly when `p_value(0)` is below 1 - level, as on the page both stand side by side.
        """
        low, high = self._limit(-1, 1 - level), self._limit(1, 1 - level)
        if self.p_value(0.0) >= 1 - level:
            return min(low, 0.0), max(high, 0.0)
        if self._clustered.estimate > 0:
            return max(low, math.nextafter(0.0, 1.0)), high
        return low, min(high, math.nextafter(0.0, -1.0))

    def _limit(self, side: int, alpha: float) -> float:
        """Farthest ratio on one side that isn't rejected."""
        return farthest(self.p_value, alpha, self._clustered.estimate, side, self._step)

    @property
    def _step(self) -> float:
        error = self._clustered.standard_error
        return 1.0 if math.isnan(error) else min(max(error, _LEAST_STEP), 1.0)


class ProfileLikelihood:
    """Limits where one side has no repair at all, and residences' scores therefore no spread to learn from.

    Twice the Poisson log-likelihood lost by a ratio, over the dispersion (1 at least), against F on 1 and G - 1 degrees
    of freedom. Residences' own variation is in the dispersion only: a floor of the uncertainty.
    """

    def __init__(self, clustered: Clustered, scale: float) -> None:
        self._clustered, self._scale = clustered, max(scale, 1.0)
        self._least = deviance(clustered.panel.count, clustered.fitted.mu, clustered.panel.seen)

    def p_value(self, log_ratio: float) -> float:
        """p-value of « the log ratio is this one »."""
        panel = self._clustered.panel
        lost = deviance(panel.count, restricted(self._clustered, log_ratio).mu, panel.seen) - self._least
        return float(stats.f.sf(max(lost, 0.0) / self._scale, 1, max(self._clustered.degrees, 1)))

    def interval(self, level: float) -> tuple[float, float]:
        """Log ratios that aren't rejected at 1 - level: open on the side of the estimate, 0 or infinite."""
        side = 1 if self._clustered.ratio == 0 else -1
        limit = farthest(self.p_value, 1 - level, -side * FARTHEST, side, 1.0)
        return (-math.inf, limit) if side > 0 else (limit, math.inf)


def restricted(clustered: Clustered, log_ratio: float) -> Fit:
    """The panel fitted with the ratio given, from the first-order guess of its means."""
    panel, start = clustered.panel, None
    if clustered.is_regular:
        start = clustered.fitted.mu * np.exp((log_ratio - clustered.estimate) * clustered.fitted.residual[0])
    return fit(
        panel.count,
        panel.exposure,
        panel.seen,
        np.zeros((0, *panel.count.shape)),
        offset=log_ratio * clustered.regressor,
        alpha=clustered.alpha,
        projection=clustered.projection,
        start=start,
    )


def farthest(p_value: Callable[[float], float], alpha: float, origin: float, side: int, step: float) -> float:
    """Last value from `origin` (p = 1) on one side whose p-value is `alpha` or more; infinite when it never falls.

    By interpolation: the normal quantile of a p-value is nearly a straight line in the value tested.
    """

    def gap(reach: float) -> float:
        return float(special.ndtri(alpha / 2) - special.ndtri(max(p_value(origin + side * reach), _LEAST_P) / 2))

    inside, inner = 0.0, float(special.ndtri(alpha / 2))
    outside = -inner * step * _WIDER
    outer = gap(outside)
    while outer <= 0:
        if outside > _FAR + abs(origin):
            return side * math.inf
        inside, inner, outside = outside, outer, outside * _WIDER
        outer = gap(outside)
    while outside - inside > _FINENESS * step:
        share = min(max(inner / (inner - outer), _EDGE), 1 - _EDGE)
        middle = inside + (outside - inside) * share
        value = gap(middle)
        if value <= 0:
            inside, inner = middle, value
        else:
            outside, outer = middle, value
    return origin + side * inside
