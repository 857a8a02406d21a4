"""Zones against their expectation: counted by hand, agreement with scipy's tests, what presence explains."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from dashboard.indicators.excess import excess, standing
from dashboard.indicators.hotspots import benjamini_hochberg


def test_expectation_counted_by_hand():
    # Two hours. At the first, 12 cases in 4 zone-hours (3 each); at the second 6 in 3.
    found = excess([[8, 1], [4, 5]], [[3, 1], [1, 2]])
    assert found.expected.tolist() == [3 * 3 + 2 * 1, 3 * 1 + 2 * 2]
    assert found.observed.tolist() == [9, 9]
    assert found.p[1] == pytest.approx(1 - stats.poisson.cdf(8, 7))


def test_what_presence_explains_is_no_excess():
    counts = np.array([[60], [10]])
    assert excess(counts).p[0] < 0.001
    assert excess(counts, [[60], [10]]).p.tolist() == pytest.approx([stats.poisson.sf(59, 60), stats.poisson.sf(9, 10)])


def test_a_zone_never_patrolled_is_not_observed():
    found = excess([[5], [3], [2]], [[10], [0], [10]])
    assert np.isnan(found.p[1])
    assert found.observed.tolist() == [5, 0, 2]
    assert found.expected.tolist() == pytest.approx([3.5, 0, 3.5])


@settings(max_examples=50, deadline=None)
@given(st.data(), st.integers(1, 6), st.integers(1, 4))
def test_all_expected_cases_are_all_cases(data: st.DataObject, zones: int, hours: int):
    counts = np.array(data.draw(st.lists(st.integers(0, 20), min_size=zones * hours, max_size=zones * hours)))
    behind = data.draw(st.lists(st.floats(0.1, 50), min_size=zones * hours, max_size=zones * hours))
    found = excess(counts.reshape(zones, hours), np.array(behind).reshape(zones, hours))
    assert found.expected.sum() == pytest.approx(counts.sum())
    assert found.observed.sum() == counts.sum()


def test_zones_that_are_alike_are_seldom_flagged():
    draws = np.random.default_rng(3)
    flagged = sum(benjamini_hochberg(excess(draws.poisson(4.0, (60, 10))).p).any() for _ in range(300))
    assert flagged <= stats.binom.ppf(0.999, 300, 0.05)


def test_a_change_is_the_exact_test_of_two_poisson_counts():
    found = standing([[10, 12, 30, 28], [10, 10, 10, 10]], [[10, 10, 20, 20], [10, 10, 10, 10]], recent=2)
    assert found.before.tolist() == pytest.approx([1.1, 1.0])
    assert found.recent.tolist() == pytest.approx([58 / 40, 1.0])
    tail = stats.binomtest(58, 80, 40 / 60, alternative="greater").pvalue
    assert found.p.tolist() == pytest.approx([2 * tail, 1.0])
    assert found.p_before[0] == pytest.approx(stats.poisson.sf(21, 20))


def test_a_zone_without_a_past_has_no_change():
    assert np.isnan(standing([[0, 5]], [[0, 4]], recent=1).p[0])


@pytest.mark.parametrize(
    ("counts", "exposure"),
    [([[1.5]], None), ([[-1]], None), ([[1]], [[-1]]), ([[1]], [[1, 2]]), ([1, 2], None), ([[1]], [[np.inf]])],
)
def test_what_cannot_be_compared_is_refused(counts: list, exposure: list | None):
    with pytest.raises(ValueError, match=r"counts|expected"):
        excess(counts, exposure)
    with pytest.raises(ValueError, match="expected"):
        standing([[1, 2]], [[1]], recent=1)
