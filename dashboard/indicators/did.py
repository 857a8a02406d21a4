"""Difference-in-differences of repair counts: followed against comparison residences, after against before.

The ratio is that of a Poisson regression with residence and month effects and dwellings as exposure. Its uncertainty
comes from residences, never from the model: counts vary more than Poisson's and months of a residence resemble each
other. `docs/methods.md` says why, and what was measured.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import pandas as pd
from scipy import optimize

from dashboard.indicators.cluster import Clustered, Inference, ProfileLikelihood, ScoreBootstrap
from dashboard.indicators.ledger_table import Columns, Start
from dashboard.indicators.panel import Floats, Panel, Periods, WhyDropped, repairs_panel
from dashboard.indicators.ppml import Projection, fit

Family = Literal["poisson", "negative binomial"]

ASKED: tuple[Inference, ...] = ("cluster-robust t", "wild score bootstrap")
RESIDENCES_FOR_T = 20  # below, the wild bootstrap
EFFECTIVE_FOR_T = 12.0  # the same, of residences that weigh alike
LEAST_DRAWS = 199
_LEVEL_90, _LARGEST_LOG = 0.90, 700.0
_IDENTIFIED = 1e-7  # what must be left of the effect, 0 or 1, once months and residences are taken out
_MOMENT_ROUNDS, _MOST_ALPHA = 3, 1e6


@dataclass(frozen=True)
class Effect:
    """After over before in followed residences, divided by the same in comparison residences: 0.80 is a fall of 20 %.

    `low`, `high` at `level`, `low_90`, `high_90` at 90 %; 0 and infinity: these data set no limit on that side.
    `rate_ratio` and `p_value` are NaN when nothing can be compared. `dispersion` is Pearson's: 1 for Poisson counts,
    more when they vary more. `standard_error` is of the log ratio, clustered, `degrees` of its t distribution.

    `n_residences` and `n_months` (distinct) are those used, `n_treated` the followed residences among them, `n_before`
    and `n_after` the months on each side of the start, `effective` the residences that carry the information as if
    they weighed alike. `repairs` counted in all, `repairs_after` in followed residences after the start. `missing`
    residence-months without a count, `cut` those taken out on purpose, `dropped` residences that tell nothing.
    """

    rate_ratio: float
    low: float
    high: float
    p_value: float
    dispersion: float
    n_residences: int
    n_months: int
    level: float
    low_90: float
    high_90: float
    standard_error: float
    degrees: int
    effective: float
    inference: Inference
    family: Family
    n_treated: int
    n_before: int
    n_after: int
    n_landlords: int
    repairs: float
    repairs_after: float
    missing: int
    cut: int
    dropped: tuple[tuple[str, WhyDropped], ...]


def difference_in_differences(
    frame: pd.DataFrame,
    *,
    residence: str = "residence",
    month: str = "month",
    count: str | None = None,
    dwellings: str | None = "dwellings",
    treated: str | None = None,
    after: str = "after",
    start: Start = None,
    landlord: str | None = None,
    cut: Periods = (),
    level: float = 0.95,
    family: Family = "poisson",
    inference: Inference | None = None,
    draws: int = 1999,
    seed: int = 0,
) -> Effect:
    """Rate ratio of followed residences since the start, with what the comparison shows taken out.

    `frame` has a row a residence and month, or several (categories) that are added up; any order, any gaps. A month
    without a row, or with an empty count, is missing: never 0. Parameters name its columns: `residence`; `month`
    (dates, `YYYY-MM`, Periods, or whole numbers); `count` (None: `count`, else `repairs`); `dwellings` (None: nobody
    knows them); `treated` (None: `treated`, else `comparison_group`; booleans, 0 and 1, `suivi` and `comparaison`);
    `after` (booleans, 0 and 1), or the first month after as `start`. With the `landlord` column months are compared
    within a landlord, and landlords may start at different months. `cut`: periods (first, last) left out.

    `family`: the likelihood of the ratio, « negative binomial » with its moment estimate of the extra variance.
    `inference` None: a t distribution on G - 1 degrees of freedom with errors clustered by residence, or, below 20
    residences or 12 effective ones, the wild score bootstrap (`draws`, `seed`). Nothing to compare (a group or a side
    of the start is absent): NaN, between 0 and infinity.

    Raises ValueError as `repairs_panel` does, and when `level` isn't between 0 and 1 or a choice isn't known.
    """
    columns = Columns(residence, month, count, dwellings, treated, None, after, landlord)
    panel = repairs_panel(frame, columns, start=start, cut=cut)
    return estimate(panel, level=level, family=family, inference=inference, draws=draws, seed=seed)


def estimate(
    panel: Panel,
    *,
    level: float = 0.95,
    family: Family = "poisson",
    inference: Inference | None = None,
    draws: int = 1999,
    seed: int = 0,
) -> Effect:
    """`difference_in_differences` of a panel already read."""
    _check(level, family, inference, draws)
    kept = panel.informative()
    clustered = cluster_fit(kept, family)
    if clustered is None:
        return _effect(kept, None, family, level, Inferred(inference or "cluster-robust t"))
    return _effect(kept, clustered, family, level, inferred(clustered, inference, level=level, draws=draws, seed=seed))


def cluster_fit(panel: Panel, family: Family = "poisson", regressor: Floats | None = None) -> Clustered | None:
    """The effect in an informative panel (or another regressor), with its residences' scores; None: not identified."""
    wanted = panel.effect if regressor is None else regressor
    if not panel.residences:
        return None
    projection = Projection(panel.seen)
    left = projection.residual(panel.seen.astype(float), wanted[None])[0][panel.seen]
    if float(np.abs(left).max()) < _IDENTIFIED:
        return None
    fitted = fit(panel.count, panel.exposure, panel.seen, wanted[None], projection=projection)
    if family == "poisson":
        return Clustered(panel, fitted, projection, wanted)
    alpha = 0.0
    for _ in range(_MOMENT_ROUNDS):
        alpha = _extra_variance(panel, fitted.mu, projection)
        fitted = fit(panel.count, panel.exposure, panel.seen, wanted[None], alpha=alpha, projection=projection)
    return Clustered(panel, fitted, projection, wanted, alpha)


def dispersion(panel: Panel, mu: Floats, free: int, alpha: float = 0.0) -> float:
    """Pearson's statistic over its `free` degrees of freedom, under variance mean + alpha × mean²; NaN without any."""
    seen = panel.seen & (mu > 0)
    means = mu[seen]
    gap = (panel.count[seen] - means) ** 2 / (means + alpha * means**2)
    return float(gap.sum() / free) if free > 0 else math.nan


def _extra_variance(panel: Panel, mu: Floats, projection: Projection) -> float:
    """Moment estimate of the negative binomial's alpha (Breslow, 1984): the one that makes the dispersion 1."""
    free = _free(panel, projection)
    if not dispersion(panel, mu, free) > 1:
        return 0.0
    high = 1.0
    while dispersion(panel, mu, free, high) > 1 and high < _MOST_ALPHA:
        high *= 4.0
    found = optimize.root_scalar(lambda alpha: dispersion(panel, mu, free, alpha) - 1, bracket=(0.0, high), xtol=1e-10)
    return float(found.root)


def _free(panel: Panel, projection: Projection) -> int:
    return int(panel.seen.sum()) - sum(panel.seen.shape) + projection.groups - 1


@dataclass(frozen=True)
class Inferred:
    """What one way of inferring says of a ratio: logs of its limits at the level asked and at 90 %."""

    inference: Inference
    limits: tuple[float, float] = (-math.inf, math.inf)
    limits_90: tuple[float, float] = (-math.inf, math.inf)
    p_value: float = math.nan


def inferred(clustered: Clustered, asked: Inference | None, *, level: float, draws: int, seed: int) -> Inferred:
    """Limits and p-value by the way asked, or the one that suits the number of residences."""
    chosen = asked or _inference(clustered)
    way: Clustered | ScoreBootstrap | ProfileLikelihood = clustered
    if not clustered.is_regular:
        chosen = "profile likelihood"
        way = ProfileLikelihood(clustered, _pearson(clustered))
    elif chosen == "wild score bootstrap":
        way = ScoreBootstrap(clustered, draws, seed)
    return Inferred(chosen, way.interval(level), way.interval(_LEVEL_90), way.p_value(0.0))


def _inference(clustered: Clustered) -> Inference:
    many = len(clustered.panel.residences) >= RESIDENCES_FOR_T and clustered.effective >= EFFECTIVE_FOR_T
    return "cluster-robust t" if many else "wild score bootstrap"


def _pearson(clustered: Clustered) -> float:
    return dispersion(clustered.panel, clustered.fitted.mu, _free(clustered.panel, clustered.projection))


def _effect(panel: Panel, clustered: Clustered | None, family: Family, level: float, found: Inferred) -> Effect:
    seen_in = panel.seen.any(axis=0)
    after = panel.after & seen_in
    effect = panel.effect * panel.seen
    ratio = math.nan if clustered is None else clustered.ratio
    limits, limits_90 = ((_exp(low), _exp(high)) for low, high in (found.limits, found.limits_90))
    return Effect(
        rate_ratio=ratio,
        low=limits[0],
        high=limits[1],
        p_value=found.p_value,
        dispersion=math.nan if clustered is None else _pearson(clustered),
        n_residences=len(panel.residences),
        n_months=len(np.unique(panel.month[seen_in])),
        level=level,
        low_90=limits_90[0],
        high_90=limits_90[1],
        standard_error=math.nan if clustered is None else clustered.standard_error,
        degrees=max(len(panel.residences) - 1, 0),
        effective=math.nan if clustered is None else clustered.effective,
        inference=found.inference,
        family=family,
        n_treated=int(panel.treated.sum()),
        n_before=len(np.unique(panel.month[seen_in & ~panel.after])),
        n_after=len(np.unique(panel.month[after])),
        n_landlords=len(set(panel.owner)),
        repairs=float(panel.count[panel.seen].sum()),
        repairs_after=float((panel.count * effect).sum()),
        missing=panel.missing,
        cut=panel.cut,
        dropped=panel.dropped,
    )


def _exp(log: float) -> float:
    return math.exp(log) if log < _LARGEST_LOG else math.inf


def _check(level: float, family: str, inference: str | None, draws: int) -> None:
    if not 0 < level < 1:
        raise ValueError(f"level = {level!r}; expected a number between 0 and 1")
    if family not in get_args(Family):
        raise ValueError(f"family = {family!r}; expected one of {get_args(Family)}")
    if inference not in (None, *ASKED):
        raise ValueError(f"inference = {inference!r}; expected one of {ASKED}, or None")
    if draws < LEAST_DRAWS:
        raise ValueError(f"draws = {draws!r}; expected {LEAST_DRAWS} at least")
