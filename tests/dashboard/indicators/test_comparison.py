"""Funnels: exact limits, variation between units, and what is flagged among many."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.multitest import multipletests

from dashboard.indicators import comparison
from dashboard.indicators.comparison import ALARM, WARNING, funnel, limits
from dashboard.indicators.discoveries import benjamini_hochberg

COUNTS, HOURS = [12, 9, 15, 11, 8, 44], [10.0, 10.0, 12.0, 10.0, 8.0, 10.0]


def test_the_target_is_the_pooled_rate_and_every_unit_is_set_against_it():
    found = funnel([10, 30], [100, 100], per=100)
    assert found.target == 20
    assert [position.expected for position in found.positions] == [20, 20]
    assert [position.side for position in found.positions] == ["au-dessous", "au-dessus"]
    assert found.comparisons == 2


def test_without_extra_variation_p_values_are_those_of_the_poisson_law():
    found = funnel([3, 12, 5, 6], [10, 10, 10, 10])
    for position in found.positions:
        tails = stats.poisson.cdf(position.count, 6.5), stats.poisson.sf(position.count - 1, 6.5)
        assert position.p_value == pytest.approx(min(1, 2 * min(tails)), rel=1e-9)
    assert found.between == 0
    assert math.isnan(found.dispersion), "four units say nothing of the variation between units"


def test_with_extra_variation_p_values_are_those_of_the_negative_binomial_law():
    counts, over = [20, 60, 35, 90, 15, 45, 70, 30], [10.0] * 8
    found = funnel(counts, over)
    assert found.between > 0.05
    size = 1 / found.between
    for position in found.positions:
        law = stats.nbinom(size, size / (size + position.expected))
        tails = law.cdf(position.count), law.sf(position.count - 1)
        assert position.p_value == pytest.approx(min(1, 2 * min(tails)), rel=1e-8)


@pytest.mark.parametrize("between", [0.0, 0.2])
@pytest.mark.parametrize("level", [WARNING, ALARM])
def test_limits_have_the_chance_they_are_named_for(between: float, level: float):
    plot = comparison.Funnel((), target=10.0, per=1.0, between=between, dispersion=1.0, comparisons=0, alpha=0.05)
    low, high = (side[0] for side in limits(plot, [400.0], level))
    mean = 4000.0
    law = stats.poisson(mean) if between == 0 else stats.nbinom(1 / between, 1 / (1 + between * mean))
    tail = (1 - level) / 2
    assert law.cdf(low * 400) == pytest.approx(tail, rel=0.05)
    assert law.sf(high * 400) == pytest.approx(tail, rel=0.05)


def test_limits_are_interpolated_between_counts_and_widen_where_little_was_seen():
    plot = funnel(COUNTS[:4], HOURS[:4])
    exposures = np.linspace(0.5, 50, 200)
    low, high = limits(plot, exposures, WARNING)
    assert (np.diff(high) < 1e-9).all()
    assert (low >= 0).all()
    assert (low <= plot.target).all()
    # The normal approximation of Spiegelhalter's figure, far to the right.
    wide = 1.959964 * math.sqrt(plot.target / 5000)
    far = limits(plot, [5000.0], WARNING)
    assert far[1][0] - plot.target == pytest.approx(wide, rel=0.02)
    assert plot.target - far[0][0] == pytest.approx(wide, rel=0.02)


def test_a_planted_outlier_is_flagged_and_nothing_else_is():
    rng = np.random.default_rng(3)
    over = rng.uniform(50, 400, 30)
    counts = rng.poisson(0.3 * over)
    counts[7] = round(3 * 0.3 * over[7])
    found = funnel(counts, over)
    assert [number for number, position in enumerate(found.positions) if position.is_flagged] == [7]
    assert found.positions[7].side == "au-dessus"
    assert found.positions[7].beyond == ALARM


def test_territories_with_nothing_planted_are_rarely_flagged():
    rng = np.random.default_rng(11)
    flagged = 0
    for _ in range(200):
        over = rng.uniform(10, 200, 24)
        flagged += any(position.is_flagged for position in funnel(rng.poisson(0.2 * over), over).positions)
    assert flagged <= 16, "5 % of 200 and three standard errors"


def test_the_variation_between_units_is_found_again():
    rng = np.random.default_rng(5)
    over = rng.uniform(100, 300, 400)
    counts = rng.poisson(over * rng.gamma(1 / 0.09, 0.09, 400))
    found = funnel(counts, over)
    assert found.between == pytest.approx(0.09, rel=0.2)
    assert found.dispersion > 5
    assert np.mean([position.beyond > 0 for position in found.positions]) == pytest.approx(0.05, abs=0.03)


def test_chance_alone_has_a_dispersion_of_one():
    rng = np.random.default_rng(8)
    over = rng.uniform(100, 300, 100)
    found = [funnel(rng.poisson(over), over).dispersion for _ in range(100)]
    assert np.mean(found) == pytest.approx(1, abs=0.06)


def test_a_unit_without_exposure_is_not_observed_and_not_counted():
    found = funnel([3, 4, 2, 0], [10, 10, math.nan, 0])
    assert found.comparisons == 2
    for position in found.positions[2:]:
        assert math.isnan(position.p_value)
        assert math.isnan(position.estimate.value)
        assert not position.is_flagged


def test_nothing_anywhere_is_no_difference():
    assert funnel([], []).comparisons == 0
    assert [position.p_value for position in funnel([0, 0], [5, 5]).positions] == [1, 1]
    assert math.isnan(funnel([1], [0]).target)


@pytest.mark.parametrize(("counts", "over"), [([1.5], [1]), ([-1], [1]), ([1], [-2]), ([1, 2], [1])])
def test_what_is_no_count_or_no_exposure_is_refused(counts: list, over: list):
    with pytest.raises(ValueError, match=r"expected|length"):
        funnel(counts, over)


@given(st.lists(st.tuples(st.integers(0, 500), st.floats(0.01, 1e4)), min_size=1, max_size=40))
def test_a_flag_never_contradicts_its_p_value(units: list[tuple[int, float]]):
    counts, over = zip(*units, strict=True)
    found = funnel(counts, over)
    for position in found.positions:
        assert 0 <= position.p_value <= 1
        assert not position.is_flagged or position.p_value <= 0.05
        assert (position.beyond > 0) == (position.p_value < 0.05) == bool(position.side)
        assert position.side != "au-dessus" or position.count > position.expected
        assert position.side != "au-dessous" or position.count < position.expected


@given(st.lists(st.floats(0, 1), min_size=1, max_size=60))
def test_discoveries_are_those_of_statsmodels(p_values: list[float]):
    assert benjamini_hochberg(p_values).tolist() == multipletests(p_values, alpha=0.05, method="fdr_bh")[0].tolist()


def test_a_missing_p_value_is_no_discovery_and_no_comparison():
    assert benjamini_hochberg([math.nan, 0.04, math.nan]).tolist() == [False, True, False]
    assert benjamini_hochberg([math.nan]).tolist() == [False]
    assert benjamini_hochberg([0.04, 0.9]).tolist() == [False, False]
