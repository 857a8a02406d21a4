"""The declared avoided cost against its closed-form mean, an independent sampler, and what it must never do."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from dashboard.indicators.declared_costs import (
    BreakEven,
    Category,
    Pert,
    Spread,
    break_even,
    product,
    simulate,
    tornado,
)

P, A, D, R = Pert(0.02, 0.10, 0.30), Pert(0.05, 0.25, 0.60), Pert(0, 0.15, 0.40), Pert(0, 0, 0.45)
SHARED: dict[str, Any] = {"attribution": A, "displacement": D, "reimbursed": R}
DOOR = Category("porte", 120, P, Pert(150, 400, 900), "bailleur")
LIFT = Category("ascenseur", 15, P, Pert(6000, 8000, 10000), "bailleur")
TAG = Category("tag", 300, Pert(0.1, 0.2, 0.4), Pert(40, 57, 150), "ville")
FIRE = Category("sortie", 20, P, Pert(376, 600, 1500), "SDIS")
ALL = (DOOR, LIFT, TAG, FIRE)


def constant(value: float) -> Pert:
    return Pert(value, value, value)


def closed_form(category: Category) -> float:
    """n times the product of the means, every hypothesis being independent of the others."""
    means = category.probability.mean * A.mean * (1 - D.mean) * (1 - R.mean) * category.unit_cost.mean
    return category.n * means


def test_every_mean_agrees_with_the_closed_form():
    made = simulate(ALL, **SHARED, draws=200_000)
    for category in ALL:
        assert made.by_category[category.name].mean == pytest.approx(closed_form(category), rel=0.01)
    assert made.total.mean == pytest.approx(sum(map(closed_form, ALL)), rel=0.01)
    assert made.by_payer["bailleur"].mean == pytest.approx(closed_form(DOOR) + closed_form(LIFT), rel=0.01)
    gross = sum(map(closed_form, ALL)) / (1 - R.mean)
    assert made.reimbursed.mean == pytest.approx(gross * R.mean, rel=0.02)


def beta(pert: Pert, size: int, generator: np.random.Generator) -> np.ndarray:
    """PERT as the literature has it, from scipy: a beta distribution moved and stretched."""
    width = pert.high - pert.low
    first, second = 1 + 4 * (pert.mode - pert.low) / width, 1 + 4 * (pert.high - pert.mode) / width
    return stats.beta(first, second, loc=pert.low, scale=width).rvs(size, random_state=generator)


@pytest.mark.parametrize("common", [False, True])
def test_quantiles_agree_with_an_independent_simulation(common: bool):
    generator, size = np.random.default_rng(7), 200_000
    a, d, r = (beta(pert, size, generator) for pert in (A, D, R))
    quantiles = generator.uniform(size=size)
    total = np.zeros(size)
    for category in ALL:
        p = category.probability
        width = p.high - p.low
        law = stats.beta(1 + 4 * (p.mode - p.low) / width, 1 + 4 * (p.high - p.mode) / width, loc=p.low, scale=width)
        grid = np.linspace(0.00005, 0.99995, 10_000)
        chance = np.interp(quantiles, grid, law.ppf(grid)) if common else law.rvs(size, random_state=generator)
        total += category.n * chance * a * (1 - d) * (1 - r) * beta(category.unit_cost, size, generator)
    made = simulate(ALL, **SHARED, draws=200_000, common_probability=common).total
    expected = np.quantile(total, (0.05, 0.5, 0.95))
    assert [made.p5, made.p50, made.p95] == pytest.approx(list(expected), rel=0.02)


def test_shared_hypotheses_are_drawn_once_for_all_categories():
    """With everything but a share constant, every category is the same draw: their spreads add up exactly."""
    many = [Category(str(number), 10, constant(0.5), constant(100), "bailleur") for number in range(13)]
    for moved in ("attribution", "displacement", "reimbursed"):
        shared: dict[str, Any] = {name: constant(0.5) for name in SHARED} | {moved: Pert(0.05, 0.25, 0.6)}
        made = simulate(many, **shared)
        ends = made.total.p95 - made.total.p5
        assert ends == pytest.approx(sum(each.p95 - each.p5 for each in made.by_category.values()))


def test_a_common_chance_spreads_more_than_independent_ones_and_means_the_same():
    many = [Category(str(number), 10, P, constant(100), "bailleur") for number in range(13)]
    apart, together = (simulate(many, **SHARED, draws=50_000, common_probability=common) for common in (False, True))
    assert together.total.p95 - together.total.p5 > 1.15 * (apart.total.p95 - apart.total.p5)
    assert together.total.mean == pytest.approx(apart.total.mean, rel=0.01)


def test_constants_give_the_formula_itself():
    one = Category("porte", 100, constant(0.1), constant(400), "bailleur")
    made = simulate([one], attribution=constant(0.25), displacement=constant(0.15), reimbursed=constant(0.2), draws=100)
    assert made.total == Spread(680.0, 680.0, 680.0, 680.0)
    assert made.by_payer["assureur"].mean == pytest.approx(170.0)
    assert made.avoided.mean == pytest.approx(100 * 0.1 * 0.25 * 0.85)


def test_what_an_insurer_pays_back_is_its_own_and_never_in_the_total():
    insured = Category("vitrage", 50, P, Pert(100, 200, 300), "assureur")
    made = simulate((*ALL, insured), **SHARED)
    payers = sum(spread.mean for spread in made.by_payer.values())
    assert made.total.mean + made.reimbursed.mean == pytest.approx(payers)
    assert made.by_payer["assureur"].mean > made.reimbursed.mean, "its own damages are in it too"
    own = sum(spread.mean for name, spread in made.by_payer.items() if name != "assureur")
    assert made.total.mean == pytest.approx(own + made.by_category["vitrage"].mean)


def test_the_same_seed_gives_the_same_answer_and_another_a_near_one():
    first, again, other = (simulate(ALL, **SHARED, seed=seed) for seed in (1, 1, 2))
    assert first == again
    assert first != other
    assert first.total.p50 == pytest.approx(other.total.p50, rel=0.05)


def test_nothing_at_risk_is_zero_and_no_payer_is_made_up():
    empty = simulate([], **SHARED, draws=10)
    assert empty.total == Spread(0, 0, 0, 0)
    assert set(empty.by_payer) == {"assureur"}
    assert math.isnan(break_even(empty, 1000, "bailleur").needed)
    assert simulate([Category("porte", 0, P, constant(1), "ville")], **SHARED).total.p95 == 0


@pytest.mark.parametrize("values", [(2, 1, 3), (1, 3, 2), (3, 2, 1), (0, 0, -1), (0, math.nan, 1), (0, 1, math.inf)])
def test_values_out_of_order_are_refused(values: tuple[float, float, float]):
    with pytest.raises(ValueError, match="low <= mode <= high"):
        Pert(*values)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"attribution": Pert(0.5, 1, 1.2)}, "attribution"),
        ({"displacement": Pert(-0.1, 0, 0.1)}, "displacement"),
        ({"draws": 0}, "draws"),
        ({"categories": [DOOR, DOOR]}, "same name"),
        ({"categories": [Category("x", -1, P, P, "ville")]}, "n = -1"),
        ({"categories": [Category("x", 1, Pert(0, 1, 2), P, "ville")]}, "probability"),
        ({"categories": [Category("x", 1, P, Pert(-1, 1, 2), "ville")]}, "unit cost"),
    ],
)
def test_hypotheses_that_mean_nothing_are_refused(change: dict, words: str):
    given: dict[str, Any] = {"categories": [DOOR], **SHARED} | change
    with pytest.raises(ValueError, match=words):
        simulate(given.pop("categories"), **given)


def test_the_tornado_ranks_what_decides_and_prices_come_last():
    made = simulate(ALL, **SHARED, common_probability=True)
    found = tornado(made, ALL, **SHARED)
    assert {each.parameter for each in found[:2]} == {"p", "a"}
    assert [each.swing for each in found] == sorted((each.swing for each in found), reverse=True)
    by_name = {(each.parameter, each.category): each for each in found}
    assert len(by_name) == 3 + 1 + len(ALL)
    assert by_name["a", ""].correlation > 0.5
    assert by_name["d", ""].correlation < 0
    assert by_name["r", ""].high < by_name["r", ""].low, "the more is paid back, the less is lost"


def test_a_swing_is_the_formula_with_one_hypothesis_moved():
    made = simulate([DOOR], **SHARED)
    found = {(each.parameter, each.category): each for each in tornado(made, [DOOR], **SHARED)}
    law = stats.beta(1 + 4 * 0.2 / 0.55, 1 + 4 * 0.35 / 0.55, loc=0.05, scale=0.55)
    rest = closed_form(DOOR) / A.mean
    assert found["a", ""].low == pytest.approx(rest * law.ppf(0.05))
    assert found["a", ""].high == pytest.approx(rest * law.ppf(0.95))
    ranks = stats.spearmanr(made.parameter_draws["a", ""], made.total_draws)[0]
    assert found["a", ""].correlation == pytest.approx(ranks, abs=1e-9)


def test_constants_and_empty_categories_are_no_drivers():
    empty = Category("vide", 0, P, Pert(1, 2, 3), "ville")
    shared: dict[str, Any] = {**SHARED, "reimbursed": constant(0)}
    made = simulate([DOOR, empty], **shared)
    found = {(each.parameter, each.category) for each in tornado(made, [DOOR, empty], **shared)}
    assert found == {("p", ""), ("a", ""), ("d", ""), ("u", "porte")}


def test_break_even_is_what_the_contribution_is_worth_and_how_often_it_is_reached():
    certain = Category("porte", 100, constant(0.1), constant(400), "bailleur")
    shared: dict[str, Any] = {"attribution": Pert(0, 0.5, 1), "displacement": constant(0), "reimbursed": constant(0.5)}
    made = simulate([certain, FIRE], **shared, draws=100_000)
    found = break_even(made, 1000, "bailleur")
    assert isinstance(found, BreakEven)
    assert found.incident_cost == pytest.approx(200)
    assert found.needed == pytest.approx(5)
    # 100 × 0.1 × a × 200 € reaches 1 000 € when a is over a half: once in two.
    assert found.probability == pytest.approx(0.5, abs=0.01)
    assert found.avoided.p50 == pytest.approx(5, rel=0.02)
    assert break_even(made, 1e9, "bailleur").probability == 0
    with pytest.raises(ValueError, match="contribution"):
        break_even(made, 0, "bailleur")


def test_a_product_of_ranges():
    assert product(100, (constant(2), constant(3))) == Spread(600, 600, 600, 600)
    assert product(10, (Pert(0.5, 1, 2), Pert(22, 27, 35)), draws=100_000).mean == pytest.approx(
        10 * Pert(0.5, 1, 2).mean * 27.5, rel=0.01
    )


ORDERED = st.tuples(*[st.floats(0, 1, allow_subnormal=False)] * 3).map(sorted).map(lambda values: Pert(*values))
CATEGORIES = st.lists(
    st.builds(
        Category,
        name=st.integers(0, 10**6).map(str),
        n=st.floats(0, 1e4),
        probability=ORDERED,
        unit_cost=ORDERED,
        payer=st.sampled_from(["bailleur", "ville", "SDIS", "assureur"]),
    ),
    max_size=4,
    unique_by=lambda category: category.name,
)


@settings(max_examples=40, deadline=None)
@given(categories=CATEGORIES, shares=st.tuples(ORDERED, ORDERED, ORDERED), common=st.booleans())
def test_whatever_the_hypotheses_nothing_is_lost_or_counted_twice(categories, shares, common):
    a, d, r = shares
    made = simulate(categories, attribution=a, displacement=d, reimbursed=r, draws=200, common_probability=common)
    each = made.by_category.values()
    assert made.total.mean == pytest.approx(sum(spread.mean for spread in each), rel=1e-6, abs=1e-9)
    for spread in itertools.chain(each, made.by_payer.values(), [made.total, made.reimbursed]):
        assert 0 <= spread.p5 <= spread.p50 <= spread.p95 or spread.p95 == pytest.approx(spread.p5)
    most = sum(c.n * c.probability.high * c.unit_cost.high for c in categories)
    assert made.total.p95 <= most * (1 + 1e-9)
