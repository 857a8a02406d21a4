"""What a rate ratio means in repairs and in euros, and what these data could have seen at all."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy import stats

from dashboard.indicators.did import Effect
from dashboard.indicators.ledger_table import Floats
from dashboard.indicators.panel import Panel

POWER = 0.80
DRAWS = 20_000


@dataclass(frozen=True)
class Power:
    """The smallest fall that ledgers like this one would show as established `power` of the time.

    `rate_ratio` 0.82 is a `fall` of 0.18 (18 %). Both NaN when no fall at all would.
    """

    rate_ratio: float
    fall: float
    power: float = POWER


@dataclass(frozen=True)
class Avoided:
    """Repairs avoided in followed residences since the start (below 0: added), and euros where costs are known.

    `observed` repairs, `expected` without the effect, `repairs` their difference, with its interval at `level`: it
    leaves out 0 exactly when the interval of the ratio leaves out 1. Euros are those repairs at `unit_cost`, the mean
    cost of a repair in followed residences, known from `unit_cost_repairs` of them; None without costs. Infinite
    limits: these data set none.
    """

    observed: float
    expected: float
    repairs: float
    repairs_low: float
    repairs_high: float
    euros: float | None
    euros_low: float | None
    euros_high: float | None
    unit_cost: float | None
    unit_cost_repairs: float
    level: float


def power(effect: Effect) -> Power:
    """Smallest detectable fall at 80 % (Bloom, 1995): log ratio = -(t of the interval + t of the power) × error.

    The error is that of the log ratio, or, with a bootstrap, the interval's half-width over its t.
    """
    reach = float(stats.t.ppf((1 + effect.level) / 2, max(effect.degrees, 1)))
    half = _half_width(effect)
    if not math.isfinite(half):
        return Power(math.nan, math.nan)
    ratio = math.exp(-half * (1 + float(stats.t.ppf(POWER, max(effect.degrees, 1))) / reach))
    return Power(ratio, 1 - ratio)


def avoided(panel: Panel, effect: Effect, *, draws: int = DRAWS, seed: int = 0) -> Avoided | None:
    """Repairs and euros that followed residences were spared since the start, by the ratio of `effect`.

    Followed residences had `observed` repairs; at the comparison's pace they would have had `observed` / ratio, for a
    Poisson fit makes fitted and observed totals equal there. The interval is the ratio's, carried over. Euros: draws of
    the ratio (a t distribution stretched to the interval on each side) times draws of the mean cost (residences
    resampled). None when there is no ratio.
    """
    if not 0 < effect.rate_ratio < math.inf:
        return None
    observed = effect.repairs_after
    low, high = (observed * (1 / limit - 1) if limit else math.inf for limit in (effect.high, effect.low))
    known = _costs(panel.informative())
    unit = euros = euros_low = euros_high = None
    if known is not None:
        cost, repairs = known
        unit = float(cost.sum() / repairs.sum())
        euros = observed * (1 / effect.rate_ratio - 1) * unit
        drawn = observed * np.expm1(-_log_ratios(effect, draws)) * _unit_costs(cost, repairs, draws, seed)
        tails = (1 - effect.level) / 2, (1 + effect.level) / 2
        euros_low, euros_high = (float(limit) for limit in np.quantile(drawn, tails))
        if not math.isfinite(_half_width(effect)):
            euros_low, euros_high = low * unit if math.isfinite(low) else -math.inf, math.inf
    return Avoided(
        observed=observed,
        expected=observed / effect.rate_ratio,
        repairs=observed * (1 / effect.rate_ratio - 1),
        repairs_low=low,
        repairs_high=high,
        euros=euros,
        euros_low=euros_low,
        euros_high=euros_high,
        unit_cost=unit,
        unit_cost_repairs=0.0 if known is None else float(known[1].sum()),
        level=effect.level,
    )


def _half_width(effect: Effect) -> float:
    if not 0 < effect.low <= effect.high < math.inf:
        return math.inf
    return math.log(effect.high / effect.low) / 2


def _log_ratios(effect: Effect, draws: int) -> Floats:
    """Evenly spread draws of the log ratio, in order: t on each side of the estimate, scaled to that limit."""
    t = np.asarray(stats.t.ppf((np.arange(draws) + 0.5) / draws, max(effect.degrees, 1)), dtype=np.float64)
    reach = float(stats.t.ppf((1 + effect.level) / 2, max(effect.degrees, 1)))
    centre = math.log(effect.rate_ratio)
    below = (centre - math.log(effect.low)) / reach if effect.low > 0 else math.nan
    above = (math.log(effect.high) - centre) / reach if effect.high < math.inf else math.nan
    return centre + t * np.where(t < 0, below, above)


def _costs(panel: Panel) -> tuple[Floats, Floats] | None:
    """Euros and repairs of each followed residence, over months where both are known; None without any repair."""
    if panel.cost is None:
        return None
    known = panel.seen & np.isfinite(panel.cost) & panel.treated[:, None]
    cost, repairs = (np.where(known, values, 0.0).sum(axis=1) for values in (panel.cost, panel.count))
    cost, repairs = cost[repairs > 0], repairs[repairs > 0]
    return (cost, repairs) if repairs.sum() > 0 and cost.sum() > 0 else None


def _unit_costs(cost: Floats, repairs: Floats, draws: int, seed: int) -> Floats:
    """Mean cost of a repair, residences drawn with replacement."""
    weights = np.random.default_rng(seed).multinomial(len(cost), np.full(len(cost), 1 / len(cost)), draws)
    return np.maximum(weights @ cost, 0.0) / (weights @ repairs)
