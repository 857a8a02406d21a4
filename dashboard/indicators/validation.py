"""Did last quarter's map say where this quarter's events would be? Hit rate, PAI and PEI, against two naive maps.

A map flags cells. Its hit rate is the share of the next events that fall in them; PAI (Chainey, Tompson and Uhlig,
2008) divides it by the share of the area, or of the patrol hours, that was flagged; PEI (Hunt, 2016) divides PAI by
the best that any map of that size could have had. `docs/methods.md` gives formulas, assumptions and limits.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from dashboard.indicators.discoveries import adjusted
from dashboard.indicators.rates import Rate, share

Outcome = Literal["mieux", "moins bien", "non concluant", "non observé"]

# Under this many events no map is said to be better than another, whatever a test says: they come from a few episodes.
LEAST_EVENTS = 30
QUARTERS_A_YEAR = 4


@dataclass(frozen=True)
class Score:
    """One map on the events of one quarter.

    `hit_rate` is hits / events, 0 to 1, with its exact interval; `pai` and `pei` are it divided by `extent_share` and
    by `best` (the hit rate of the best map of that extent), their intervals scaled alike: what was flagged and what
    could at best be reached are taken as known. NaN without events, or without anything flagged.
    """

    events: int
    hits: int
    extent_share: float
    best: float
    hit_rate: Rate
    pai: Rate
    pei: Rate


@dataclass(frozen=True)
class Comparison:
    """A map against a naive one on the same events.

    `naive` is the naive map's hit rate, `p_value` two-sided; `outcome` stays « non concluant » unless the difference
    holds at the level that was asked, over every comparison made together, and `LEAST_EVENTS` were seen.
    """

    naive: float
    p_value: float
    outcome: Outcome


@dataclass(frozen=True)
class Quarter:
    """The map made on quarter `index` - 1 (its position in the columns given), tested on quarter `index`.

    `score` is None when that map flagged nothing: there is nothing to test.
    """

    index: int
    flagged: int
    events: int
    score: Score | None
    last_year: Comparison
    uniform: Comparison


NOT_COMPARED = Comparison(math.nan, math.nan, "non observé")


def score(flagged: ArrayLike, events: ArrayLike, extent: ArrayLike | None = None, *, level: float = 0.95) -> Score:
    """Hit rate, PAI and PEI of a map on events that it did not see.

    `flagged`: one boolean a cell; `events`: whole numbers by cell; `extent`: what a cell takes of the whole, its area
    or its area times its patrol hours (any unit, above 0), equal if not given. PEI's best map takes the cells with the
    most events per extent, the last one in part when it doesn't fit: with equal cells it is the best map there is.

    Raises ValueError when lengths differ, when a count isn't a whole number of 0 or more, or an extent isn't above 0.
    """
    chosen, counts = np.asarray(flagged, dtype=bool), _counts(events, dimensions=1)
    sizes = np.ones(counts.shape) if extent is None else np.asarray(extent, dtype=float)
    if not chosen.shape == counts.shape == sizes.shape:
        raise ValueError(f"shapes differ: flagged {chosen.shape}, events {counts.shape}, extent {sizes.shape}")
    if not (np.isfinite(sizes) & (sizes > 0)).all():
        raise ValueError("extent: every cell must have a finite extent above 0")
    total, hits = int(counts.sum()), int(counts[chosen].sum())
    part = float(sizes[chosen].sum() / sizes.sum()) if chosen.any() else 0.0
    best = _best(counts, sizes, float(sizes[chosen].sum())) / total if total else math.nan
    hit_rate = share(hits, total, level)
    return Score(total, hits, part, best, hit_rate, _over(hit_rate, part), _over(hit_rate, part and best))


def _best(counts: NDArray[np.int64], sizes: NDArray[np.float64], room: float) -> float:
    """Most events that cells of this total extent can hold."""
    order = np.argsort(-counts / sizes, kind="stable")
    filled = np.cumsum(sizes[order])
    parts = np.clip((room - (filled - sizes[order])) / sizes[order], 0.0, 1.0)
    return float(np.round(parts, 12) @ counts[order])


def _over(hit_rate: Rate, divisor: float) -> Rate:
    if not divisor > 0 or math.isnan(hit_rate.value):
        return Rate(math.nan, 0.0, math.inf)
    return Rate(hit_rate.value / divisor, hit_rate.low / divisor, hit_rate.high / divisor)


def paired_p(flagged: ArrayLike, naive: ArrayLike, events: ArrayLike) -> float:
    """Exact McNemar test (1947) of two maps on the same events: two-sided p of « they hit as often »; 1 if never apart.

    Events that only one map hits are heads or tails; twice the smaller tail, at most 1. The events are taken as
    independent: repeats at one place make it too confident.
    """
    counts = _counts(events, dimensions=1)
    mine, theirs = np.asarray(flagged, dtype=bool), np.asarray(naive, dtype=bool)
    return _two_sided(int(counts[mine & ~theirs].sum()), int(counts[mine ^ theirs].sum()), 0.5)


def _two_sided(successes: int, trials: int, chance: float) -> float:
    """Twice the smaller binomial tail, at most 1."""
    tails = stats.binom.cdf(successes, trials, chance), stats.binom.sf(successes - 1, trials, chance)
    return min(1.0, 2 * float(min(tails)))


def top_cells(counts: ArrayLike, number: int) -> NDArray[np.bool_]:
    """The `number` cells with the highest counts; among equals, the first ones."""
    values = np.asarray(counts, dtype=float)
    flagged = np.zeros(values.shape, dtype=bool)
    flagged[np.argsort(-values, kind="stable")[:number]] = True
    return flagged


def rolling(
    counts: ArrayLike, flagged: ArrayLike, exposure: ArrayLike | None = None, *, alpha: float = 0.05
) -> list[Quarter]:
    """Every quarter's events against the map of the quarter before and two naive maps of as many cells.

    `counts`: whole events, cells × quarters in order of time; `flagged`: the map made on each of these quarters, same
    shape; `exposure`: extent of each cell in each quarter (same shape, or one a cell; above 0): area if presence is
    unknown, patrol hours per cell if it differs from place to place. The naive maps: as many cells, those with most
    events over the year before (four quarters, none before the fifth column); and everywhere alike, whose hit rate is
    the share flagged. Verdicts are kept at `alpha` over all of them by Benjamini and Hochberg (1995).
    """
    known = _counts(counts, dimensions=2)
    maps = np.asarray(flagged, dtype=bool)
    if maps.shape != known.shape:
        raise ValueError(f"shapes differ: counts {known.shape}, flagged {maps.shape}")
    sizes = np.broadcast_to(_by_quarter(exposure, known), known.shape)
    quarters = [_quarter(index, known, maps, sizes) for index in range(1, known.shape[1])]
    return _settled(quarters, alpha)


def _by_quarter(exposure: ArrayLike | None, counts: NDArray[np.int64]) -> NDArray[np.float64]:
    if exposure is None:
        return np.ones(counts.shape)
    sizes = np.asarray(exposure, dtype=float)
    return sizes[:, None] if sizes.ndim == 1 else sizes


def _quarter(index: int, counts: NDArray[np.int64], maps: NDArray[np.bool_], sizes: NDArray[np.float64]) -> Quarter:
    flagged, events = maps[:, index - 1], counts[:, index]
    number, total = int(flagged.sum()), int(events.sum())
    if not number:
        return Quarter(index, 0, total, None, NOT_COMPARED, NOT_COMPARED)
    found = score(flagged, events, sizes[:, index])
    uniform = last_year = NOT_COMPARED
    if total:
        uniform = Comparison(found.extent_share, _two_sided(found.hits, total, found.extent_share), "non concluant")
    if total and index >= QUARTERS_A_YEAR:
        naive = top_cells(counts[:, index - QUARTERS_A_YEAR : index].sum(axis=1), number)
        p_value = paired_p(flagged, naive, events)
        last_year = Comparison(float(events[naive].sum() / total), p_value, "non concluant")
    return Quarter(index, number, total, found, last_year, uniform)


def _settled(quarters: Sequence[Quarter], alpha: float) -> list[Quarter]:
    """The same quarters with their verdicts, all p-values looked at together."""
    p_values = iter(adjusted([value for one in quarters for value in (one.last_year.p_value, one.uniform.p_value)]))
    settled = []
    for one in quarters:
        changes: dict[str, Any] = {}
        for name in ("last_year", "uniform"):
            compared, p_value = getattr(one, name), next(p_values)
            if one.score and not math.isnan(p_value):
                is_told = p_value <= alpha and one.events >= LEAST_EVENTS
                changes[name] = replace(compared, outcome=_outcome(one.score, compared) if is_told else "non concluant")
        settled.append(replace(one, **changes))
    return settled


def _outcome(found: Score, against: Comparison) -> Outcome:
    return "mieux" if found.hit_rate.value > against.naive else "moins bien"


def _counts(values: ArrayLike, *, dimensions: int) -> NDArray[np.int64]:
    given = np.asarray(values, dtype=float)
    if given.ndim != dimensions:
        raise ValueError(f"counts: {given.ndim} dimensions, {dimensions} expected")
    if not (np.isfinite(given) & (given >= 0) & (given == np.floor(given))).all():
        raise ValueError("counts: whole numbers of 0 or more expected")
    return given.astype(np.int64)
