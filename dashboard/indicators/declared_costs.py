"""Declared avoided cost: hypotheses as PERT distributions, carried through by simulation. Pure numpy and scipy.

    E = n · p · a · (1 - d) · (1 - r) · u

n situations with a risk of damage, p the chance that damage would have followed, a the share due to the team, d what is
displaced elsewhere, r what an insurer reimburses, u the unit cost. Nothing here is measured: the result is as good as
its hypotheses, and is never added to what a landlord's ledger shows.

Sources: Malcolm, Roseboom, Clark and Fazar (1959) and Clark (1962) for PERT; Vose (2008), *Risk analysis*, for its use
with a shape of 4 and for tornado charts.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Draws = NDArray[np.float64]

PERT_LAMBDA = 4.0
INSURER = "assureur"
PROBABILITY, ATTRIBUTION, DISPLACEMENT, REIMBURSED, UNIT_COST = "p", "a", "d", "r", "u"
LOW_TAIL, HIGH_TAIL = 0.05, 0.95


@dataclass(frozen=True)
class Pert:
    """A hypothesis by its lowest, most likely and highest value; the three equal are a constant.

    Raises ValueError unless low <= mode <= high, all finite.
    """

    low: float
    mode: float
    high: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.low) and math.isfinite(self.high) and self.low <= self.mode <= self.high):
            raise ValueError(f"Pert({self.low}, {self.mode}, {self.high}): expected finite low <= mode <= high")

    @property
    def is_constant(self) -> bool:
        """Whether the three values are one."""
        return self.low == self.high

    @property
    def mean(self) -> float:
        """(low + 4 mode + high) / 6."""
        return (self.low + PERT_LAMBDA * self.mode + self.high) / (PERT_LAMBDA + 2)

    @property
    def shape(self) -> tuple[float, float]:
        """Both parameters of the beta distribution on low to high; 1, 1 for a constant."""
        if self.is_constant:
            return 1.0, 1.0
        place = (self.mode - self.low) / (self.high - self.low)
        return 1 + PERT_LAMBDA * place, 1 + PERT_LAMBDA * (1 - place)

    def sample(self, generator: np.random.Generator, draws: int) -> Draws:
        """`draws` values, drawn independently."""
        if self.is_constant:
            return np.full(draws, float(self.low))
        return self.low + (self.high - self.low) * generator.beta(*self.shape, size=draws)

    def quantile(self, probability: float) -> float:
        """The value under which the distribution has this probability."""
        from scipy.special import betaincinv

        if self.is_constant:
            return float(self.low)
        return float(self.low + (self.high - self.low) * betaincinv(*self.shape, probability))


@dataclass(frozen=True)
class Category:
    """A kind of damage that one payer pays: `n` situations at risk (n >= 0, may be shared out), p, and euros each."""

    name: str
    n: float
    probability: Pert
    unit_cost: Pert
    payer: str


@dataclass(frozen=True)
class Spread:
    """What the draws of one quantity look like: 5th, 50th, 95th percentiles and mean."""

    p5: float
    p50: float
    p95: float
    mean: float

    @classmethod
    def of(cls, values: Draws) -> Spread:
        """Spread of draws."""
        low, middle, high = np.quantile(values, (LOW_TAIL, 0.5, HIGH_TAIL))
        return cls(float(low), float(middle), float(high), float(values.mean()))


@dataclass(frozen=True)
class Simulation:
    """Avoided euros, net of what insurers pay back.

    `total` and `by_category`: E as above. `by_payer`: each payer's own part of E and, for « assureur », what insurers
    would have paid back (`reimbursed`), which is outside `total`: total + reimbursed = the sum over payers.
    `avoided`: incidents avoided, all categories together. The draws themselves are kept for `tornado`, `break_even`.
    """

    total: Spread
    by_category: Mapping[str, Spread]
    by_payer: Mapping[str, Spread]
    reimbursed: Spread
    avoided: Spread
    total_draws: Draws = field(repr=False, compare=False)
    payer_draws: Mapping[str, Draws] = field(repr=False, compare=False)
    avoided_draws: Mapping[str, Draws] = field(repr=False, compare=False)  # by payer of the category
    parameter_draws: Mapping[tuple[str, str], Draws] = field(repr=False, compare=False)  # (letter, category or "")


@dataclass(frozen=True)
class Influence:
    """How one hypothesis moves the total: `category` is "" for those that all categories share.

    `correlation`: Spearman's between the hypothesis and the total over the draws. `low`, `high`: the total when this
    hypothesis alone is at its 5th and 95th percentile, the others at their means.
    """

    parameter: str
    category: str
    correlation: float
    low: float
    high: float

    @property
    def swing(self) -> float:
        """Width of the bar, euros."""
        return abs(self.high - self.low)


@dataclass(frozen=True)
class BreakEven:
    """What paying a contribution would take. `needed`: avoided incidents; NaN where an incident is worth nothing."""

    contribution: float
    incident_cost: float
    needed: float
    avoided: Spread
    probability: float


def simulate(
    categories: Sequence[Category],
    *,
    attribution: Pert,
    displacement: Pert,
    reimbursed: Pert,
    draws: int = 20_000,
    seed: int = 0,
    common_probability: bool = False,
) -> Simulation:
    """Avoided cost of every category, payer and of all, over `draws` draws of the hypotheses.

    Attribution, displacement and reimbursed are drawn once per draw and shared by all categories: drawing them anew
    for each would let errors cancel out, and understate the spread. Probabilities and unit costs are drawn for each
    category; with `common_probability`, those of a draw sit at the same quantile in every category, as befits one
    hypothesis stated for all. Means are the same either way.

    Raises ValueError for no draw, a negative n, two categories of one name, or a hypothesis outside its range.
    """
    _check(categories, attribution, displacement, reimbursed, draws)
    generator = np.random.default_rng(seed)
    a, d, r = (pert.sample(generator, draws) for pert in (attribution, displacement, reimbursed))
    parameters = {(ATTRIBUTION, ""): a, (DISPLACEMENT, ""): d, (REIMBURSED, ""): r}
    kept, due = 1 - r, a * (1 - d)
    chances = _probabilities(categories, generator, draws, common=common_probability)
    net: dict[str, Spread] = {}
    by_payer = {INSURER: np.zeros(draws)}
    avoided: dict[str, Draws] = {}
    for category, chance in zip(categories, chances, strict=True):
        cost = category.unit_cost.sample(generator, draws)
        parameters |= {(PROBABILITY, category.name): chance, (UNIT_COST, category.name): cost}
        incidents = category.n * chance * due
        gross = incidents * cost
        own = gross * kept
        net[category.name] = Spread.of(own)
        by_payer[category.payer] = by_payer.get(category.payer, 0.0) + own
        avoided[category.payer] = avoided.get(category.payer, 0.0) + incidents
        by_payer[INSURER] = by_payer[INSURER] + gross - own
    return _summary(net, by_payer, avoided, parameters, categories)


def tornado(
    simulation: Simulation,
    categories: Sequence[Category],
    *,
    attribution: Pert,
    displacement: Pert,
    reimbursed: Pert,
) -> tuple[Influence, ...]:
    """What drives the total, the widest swing first; constants and categories without a situation are left out.

    The probabilities of all categories move together, as one hypothesis: `category` is "".
    """
    shared = {ATTRIBUTION: attribution, DISPLACEMENT: displacement, REIMBURSED: reimbursed}
    means = {letter: pert.mean for letter, pert in shared.items()}
    active = [category for category in categories if category.n > 0]
    total_ranks = _ranks(simulation.total_draws)
    is_moving = bool(np.ptp(simulation.total_draws) > 0)

    def total(moved: str, end: float, only: str = "") -> float:
        a, d, r = (
            shared[letter].quantile(end) if letter == moved else means[letter]
            for letter in (ATTRIBUTION, DISPLACEMENT, REIMBURSED)
        )
        each = (_value(category, moved, end, only) for category in active)
        return a * (1 - d) * (1 - r) * sum(each)

    def influence(letter: str, name: str, draws: Draws) -> Influence:
        ends = total(letter, LOW_TAIL, name), total(letter, HIGH_TAIL, name)
        correlation = _correlation(_ranks(draws), total_ranks) if is_moving else math.nan
        return Influence(letter, name, correlation, *ends)

    moving = [(letter, "", simulation.parameter_draws[letter, ""]) for letter, p in shared.items() if not p.is_constant]
    if any(not category.probability.is_constant for category in active):
        moving.append((PROBABILITY, "", _mean_probability(simulation, active)))
    moving += [
        (UNIT_COST, category.name, simulation.parameter_draws[UNIT_COST, category.name])
        for category in active
        if not category.unit_cost.is_constant
    ]
    return tuple(sorted((influence(*each) for each in moving), key=lambda each: each.swing, reverse=True))


def break_even(simulation: Simulation, contribution: float, payer: str) -> BreakEven:
    """Avoided incidents that would pay `payer`'s contribution, at its mean net cost, and how likely the draws reach it.

    Raises ValueError for a contribution that is not positive.
    """
    if not contribution > 0:
        raise ValueError(f"contribution = {contribution}; expected more than 0")
    nothing = np.zeros(len(simulation.total_draws))
    saved, avoided = simulation.payer_draws.get(payer, nothing), simulation.avoided_draws.get(payer, nothing)
    incidents = float(avoided.mean())
    cost = float(saved.mean()) / incidents if incidents > 0 else math.nan
    return BreakEven(
        contribution=contribution,
        incident_cost=cost,
        needed=contribution / cost if cost > 0 else math.nan,
        avoided=Spread.of(avoided),
        probability=float((saved >= contribution).mean()),
    )


def product(n: float, factors: Sequence[Pert], *, draws: int = 20_000, seed: int = 0) -> Spread:
    """Spread of n times factors drawn independently."""
    generator = np.random.default_rng(seed)
    values = np.full(draws, float(n))
    for factor in factors:
        values = values * factor.sample(generator, draws)
    return Spread.of(values)


def _check(categories: Sequence[Category], a: Pert, d: Pert, r: Pert, draws: int) -> None:
    if draws < 1:
        raise ValueError(f"draws = {draws}; expected at least 1")
    names = [category.name for category in categories]
    if len(set(names)) != len(names):
        raise ValueError(f"two categories have the same name: {sorted(names)}")
    shares = [("attribution", a), ("displacement", d), ("reimbursed", r)]
    for category in categories:
        if not (math.isfinite(category.n) and category.n >= 0):
            raise ValueError(f"{category.name}: n = {category.n}; expected a number from 0")
        if category.unit_cost.low < 0:
            raise ValueError(f"{category.name}: unit cost from {category.unit_cost.low}; expected 0 or more")
        shares.append((f"{category.name}: probability", category.probability))
    for name, pert in shares:
        if pert.low < 0 or pert.high > 1:
            raise ValueError(f"{name} = {pert}; expected shares from 0 to 1")


def _probabilities(
    categories: Sequence[Category], generator: np.random.Generator, draws: int, *, common: bool
) -> list[Draws]:
    if not common:
        return [category.probability.sample(generator, draws) for category in categories]
    # Sorted draws put in one common order are at the same quantile; each distinct hypothesis is drawn once.
    order = generator.permutation(draws)
    drawn = {pert: np.sort(pert.sample(generator, draws))[order] for pert in {c.probability: 0 for c in categories}}
    return [drawn[category.probability] for category in categories]


def _summary(
    net: dict[str, Spread],
    by_payer: dict[str, Draws],
    avoided: dict[str, Draws],
    parameters: dict[tuple[str, str], Draws],
    categories: Sequence[Category],
) -> Simulation:
    a, d, r = (parameters[letter, ""] for letter in (ATTRIBUTION, DISPLACEMENT, REIMBURSED))
    # The total without the shared factors, so that no payer is counted twice where one is an insurer itself.
    at_stake = np.zeros(len(a))
    for category in categories:
        at_stake += category.n * parameters[PROBABILITY, category.name] * parameters[UNIT_COST, category.name]
    gross = at_stake * a * (1 - d)
    everyone = np.zeros(len(a)) + sum(avoided.values())
    return Simulation(
        total=Spread.of(gross * (1 - r)),
        by_category=net,
        by_payer={payer: Spread.of(values) for payer, values in by_payer.items()},
        reimbursed=Spread.of(gross * r),
        avoided=Spread.of(everyone),
        total_draws=gross * (1 - r),
        payer_draws=by_payer,
        avoided_draws=avoided,
        parameter_draws=parameters,
    )


def _value(category: Category, moved: str, end: float, only: str) -> float:
    """n · p · u of a category with one hypothesis at a quantile, the others at their means."""
    chance, cost = category.probability, category.unit_cost
    is_price = moved == UNIT_COST and only == category.name
    return (
        category.n
        * (chance.quantile(end) if moved == PROBABILITY else chance.mean)
        * (cost.quantile(end) if is_price else cost.mean)
    )


def _mean_probability(simulation: Simulation, categories: Sequence[Category]) -> Draws:
    """Mean chance of damage of a draw, each category weighted by what is at stake in it."""
    stakes = {category.name: category.n * category.unit_cost.mean for category in categories}
    weight = sum(stakes.values()) or 1.0
    parts = (stake / weight * simulation.parameter_draws[PROBABILITY, name] for name, stake in stakes.items())
    return sum(parts, np.zeros(len(simulation.total_draws)))


def _ranks(values: Draws) -> Draws:
    """Ranks centred on 0; equal values are too rare in continuous draws to matter."""
    ranks = np.empty(len(values))
    ranks[np.argsort(values)] = np.arange(len(values)) - (len(values) - 1) / 2
    return ranks


def _correlation(first: Draws, second: Draws) -> float:
    """Correlation of two rankings without ties, written out: BLAS waits for its threads on a busy machine."""
    scale = float((first * first).sum())
    return float((first * second).sum()) / scale if scale > 0 else math.nan
