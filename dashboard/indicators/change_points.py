"""When did a rate change level? Change points of a series of counts with exposure, calibrated by simulation.

Binary segmentation (Vostrikova, 1981) of a Poisson likelihood-ratio scan over every date (Worsley, 1986), scaled by the
over-dispersion of neighbouring points; the p-value of the largest one comes from a parametric bootstrap (Davison and
Hinkley, 1997), so that having looked at every date is paid for.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special, stats

from dashboard.indicators.control import D2

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

SHORTEST, REPLICATES, ROUNDS = 3, 999, 25
TINY = 1e-12


@dataclass(frozen=True)
class ChangePoint:
    """A change of level: `index` is the first point after it, `earliest` to `latest` the other plausible ones.

    `ratio`: rate after over rate before, up to the neighbouring changes, with its interval at 95 % (widened by the
    over-dispersion; it does not know that the date was chosen). `p_value` counts every date looked at.
    """

    index: int
    earliest: int
    latest: int
    ratio: float
    low: float
    high: float
    p_value: float


@dataclass(frozen=True)
class ChangePoints:
    """Changes found, in order; `dispersion` is the variance over the mean; `tests` how many searches were made."""

    changes: tuple[ChangePoint, ...]
    dispersion: float
    tests: int
    smallest_p: float


def change_points(
    counts: ArrayLike,
    exposures: ArrayLike,
    groups: Sequence[object] | None = None,
    *,
    alpha: float = 0.05,
    replicates: int = REPLICATES,
    seed: int = 0,
) -> ChangePoints:
    """Change points of `counts / exposures`, each side of one at least 3 points long.

    `groups`: season of each point; a level of its own is then fitted to each, and does not count as a change. Points
    without exposure are passed over. A round that searches several stretches shares `alpha` between them
    (Bonferroni). Under a constant rate, the chance of any change found is `alpha`.
    """
    count, exposure = np.asarray(counts, float), np.asarray(exposures, float)
    seen = np.nonzero(exposure > 0)[0]
    season = np.unique([str(group) for group in groups], return_inverse=True)[1] if groups is not None else None
    series = _Series(count[seen], exposure[seen], season[seen] if season is not None else np.zeros(len(seen), np.intp))
    rng = np.random.default_rng(seed)
    cuts: list[int] = []
    p_values: dict[int, float] = {}
    open_stretches, tests, smallest = [(0, len(seen))], 0, math.nan
    while open_stretches:
        round_alpha, next_stretches = alpha / len(open_stretches), []
        for start, end in open_stretches:
            if end - start < 2 * SHORTEST or series.counts[start:end].sum() == 0:
                continue
            cut, p_value = series.search(start, end, sorted(cuts), rng, replicates)
            tests, smallest = tests + 1, float(np.nanmin([smallest, p_value]))
            if p_value <= round_alpha:
                p_values[cut] = p_value
                next_stretches += [(start, cut), (cut, end)]
        cuts += [cut for cut in p_values if cut not in cuts]
        open_stretches = next_stretches
    cuts.sort()
    fitted = series.fit(series.counts[None], cuts)
    spread = float(series.dispersion(series.counts[None], fitted.means, cuts)[0])
    found = tuple(series.describe(cuts, place, spread, p_values[cut], seen) for place, cut in enumerate(cuts))
    return ChangePoints(found, spread, tests, smallest)


@dataclass(frozen=True, eq=False)
class _Fit:
    """Expected counts: `offsets` are exposures times season effects, `means` those times the level of the stretch."""

    offsets: Floats
    means: Floats


@dataclass(frozen=True, eq=False)
class _Series:
    """Observed points; every method works on rows of replicates at once (replicates × points)."""

    counts: Floats
    exposures: Floats
    groups: Ints

    def fit(self, drawn: Floats, cuts: Sequence[int]) -> _Fit:
        """Season effects and levels of the stretches, by iterative proportional fitting (Poisson likelihood)."""
        stretch = np.searchsorted(np.asarray(cuts), np.arange(len(self.counts)), side="right")
        levels = np.eye(len(cuts) + 1)[stretch]
        seasons = np.eye(self.groups.max(initial=0) + 1)[self.groups]
        level, season = np.ones((len(drawn), levels.shape[1])), np.ones((len(drawn), seasons.shape[1]))
        for _ in range(ROUNDS if len(cuts) and seasons.shape[1] > 1 else 2):
            season = (drawn @ seasons) / np.maximum((self.exposures * (level @ levels.T)) @ seasons, TINY)
            level = (drawn @ levels) / np.maximum((self.exposures * (season @ seasons.T)) @ levels, TINY)
        offsets = np.maximum(self.exposures * (season @ seasons.T), TINY)
        return _Fit(offsets, offsets * np.maximum(level @ levels.T, TINY))

    def dispersion(self, drawn: Floats, means: Floats, cuts: Sequence[int]) -> Floats:
        """Variance over mean, at least 1, from the moving range of the standardised counts within stretches."""
        z = (drawn - means) / np.sqrt(means)
        kept = np.setdiff1d(np.arange(1, len(self.counts)), np.asarray(cuts, dtype=int))
        if not len(kept):
            return np.ones(len(drawn))
        moving = np.abs(z[:, kept] - z[:, kept - 1]).mean(axis=1)
        return np.maximum(1.0, (moving / D2) ** 2)

    def scan(self, drawn: Floats, offsets: Floats, start: int, end: int) -> Floats:
        """Log likelihood ratio of a change before each admissible point of a stretch (replicates × positions)."""
        before, expected = drawn[:, start:end].cumsum(axis=1), offsets[:, start:end].cumsum(axis=1)
        total, whole = before[:, -1:], expected[:, -1:]
        before, expected = before[:, SHORTEST - 1 : -SHORTEST], expected[:, SHORTEST - 1 : -SHORTEST]
        after, rest = total - before, np.maximum(whole - expected, TINY)
        level = np.maximum(total / whole, TINY)
        return special.rel_entr(before, expected * level) + special.rel_entr(after, rest * level)

    def search(
        self, start: int, end: int, cuts: Sequence[int], rng: np.random.Generator, replicates: int
    ) -> tuple[int, float]:
        """The most likely change of a stretch and its p-value over all its dates."""
        fitted = self.fit(self.counts[None], cuts)
        ratios = self.scan(self.counts[None], fitted.offsets, start, end)
        spread = self.dispersion(self.counts[None], fitted.means, cuts)
        drawn = _draw(fitted.means[0], float(spread[0]), rng, replicates)
        again = self.fit(drawn, cuts)
        highest = self.scan(drawn, again.offsets, start, end).max(axis=1) / self.dispersion(drawn, again.means, cuts)
        p_value = (1 + int((highest >= ratios.max() / spread[0] - 1e-9).sum())) / (replicates + 1)
        return start + SHORTEST + int(ratios.argmax()), p_value

    def describe(self, cuts: Sequence[int], place: int, spread: float, p_value: float, seen: Ints) -> ChangePoint:
        """A change with its size against its neighbours and the dates that fit nearly as well."""
        edges = [0, *cuts, len(self.counts)]
        start, cut, end = edges[place : place + 3]
        offsets = self.fit(self.counts[None], cuts).offsets
        ratios = self.scan(self.counts[None], offsets, start, end)[0]
        near = np.nonzero(2 * (ratios.max() - ratios) <= stats.chi2.ppf(0.95, 1) * spread)[0] + start + SHORTEST
        counts = [self.counts[start:cut].sum(), self.counts[cut:end].sum()]
        levels = [
            count / offsets[0, a:b].sum() for count, (a, b) in zip(counts, ((start, cut), (cut, end)), strict=True)
        ]
        ratio, low, high = _quasi_ratio(levels, counts, spread)
        ends = int(seen[min(int(near.min()), cut)]), int(seen[max(int(near.max()), cut)])
        return ChangePoint(int(seen[cut]), *ends, ratio, low, high, p_value)


def _draw(means: Floats, spread: float, rng: np.random.Generator, replicates: int) -> Floats:
    """Counts with those means and a variance of `spread` times them (Poisson, or negative binomial above 1)."""
    size = (replicates, len(means))
    if spread <= 1 + 1e-9:
        return rng.poisson(means, size).astype(float)
    return rng.poisson(rng.gamma(np.maximum(means, TINY) / (spread - 1), spread - 1, size)).astype(float)


def _quasi_ratio(levels: Sequence[float], counts: Sequence[float], spread: float) -> tuple[float, float, float]:
    if min(counts) == 0:
        return (math.inf if counts[0] == 0 else 0.0), 0.0, math.inf
    half = stats.norm.ppf(0.975) * math.sqrt(spread * (1 / counts[0] + 1 / counts[1]))
    ratio = levels[1] / levels[0]
    return float(ratio), float(ratio * math.exp(-half)), float(ratio * math.exp(half))
