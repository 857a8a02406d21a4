"""Intervals and verdicts: published figures, independent implementations, and the levels that they promise."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats import rates as sm_rates

from dashboard.indicators.rates import RateRatio, rate, rate_ratio, share, share_comparison, verdict

COUNTS = st.integers(0, 400)
EXPOSURES = st.floats(0.01, 1e5)
relaxed = settings(deadline=None)  # no test measures time
LEVELS = st.sampled_from([0.5, 0.8, 0.9, 0.9375, 0.95, 0.99])


@st.composite
def shares(draw: st.DrawFn) -> tuple[int, int]:
    total = draw(st.integers(1, 300))
    return draw(st.integers(0, total)), total


# ---- rate


@pytest.mark.parametrize(
    ("count", "low", "high"),
    [
        (0, 0, 3.689),
        (1, 0.02532, 5.572),
        (5, 1.623, 11.668),
        (10, 4.795, 18.390),
        (20, 12.217, 30.888),
        (100, 81.36, 121.63),
    ],
)
def test_published_poisson_limits(count: int, low: float, high: float):
    found = rate(count, 1)
    assert found.value == count
    assert (found.low, found.high) == pytest.approx((low, high), rel=5e-4, abs=1e-9)


@relaxed
@given(count=st.integers(0, 10**6), level=LEVELS)
def test_rate_agrees_with_statsmodels(count: int, level: float):
    low, high = sm_rates.confint_poisson(count, 1, method="exact-c", alpha=1 - level)
    found = rate(count, 1, level=level)
    assert found.high == pytest.approx(high, rel=1e-9)
    assert found.low == pytest.approx(low if count else 0, rel=1e-9)


def test_rate_is_scaled_by_exposure():
    once, scaled = rate(34, 1), rate(34, 680, per=100)
    assert (scaled.value, scaled.low, scaled.high) == pytest.approx((5, once.low / 6.8, once.high / 6.8))


def test_rate_covers_at_least_its_level_whatever_the_truth():
    found = [rate(count, 1) for count in range(120)]
    low, high = np.array([r.low for r in found]), np.array([r.high for r in found])
    for truth in np.linspace(0.05, 40, 400):
        covered = (low <= truth) & (truth <= high)
        assert stats.poisson.pmf(np.arange(120)[covered], truth).sum() >= 0.95


@pytest.mark.parametrize("count", [10**6, 10**9, 10**12])
def test_large_counts_keep_their_digits(count: int):
    found = rate(count, 1)
    # Wilson-Hilferty (1931), whose relative error falls as count ** -1.5
    z = stats.norm.ppf(0.975)
    n = count + 1
    assert found.low == pytest.approx(count * (1 - 1 / (9 * count) - z / (3 * math.sqrt(count))) ** 3, rel=1e-8)
    assert found.high == pytest.approx(n * (1 - 1 / (9 * n) + z / (3 * math.sqrt(n))) ** 3, rel=1e-8)


@pytest.mark.parametrize("exposure", [0, 0.0, None])
def test_rate_without_exposure_is_not_a_rate(exposure: float | None):
    for count in (0, 7):
        found = rate(count, exposure)
        assert math.isnan(found.value)
        assert (found.low, found.high) == (0, math.inf)


@pytest.mark.parametrize(
    "wrong",
    [
        {"count": -1},
        {"count": 2.5},
        {"count": math.nan},
        {"count": math.inf},
        {"exposure": -1},
        {"exposure": math.nan},
        {"exposure": math.inf},
        {"per": 0},
        {"per": math.nan},
        {"level": 0},
        {"level": 1},
        {"level": 95},
    ],
)
def test_rate_refuses_what_it_cannot_read(wrong: dict[str, float]):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        rate(**({"count": 3, "exposure": 10.0} | wrong))


def test_numpy_and_whole_floats_are_counts():
    counts: list[Any] = [np.int64(3), np.float32(3), 3.0]
    assert [rate(count, 2) for count in counts] == [rate(3, 2)] * 3


# ---- rate ratio


def test_published_rate_ratio():
    """R's `poisson.test(c(11, 6 + 8 + 7), c(800, 1083 + 1050 + 878))`, the example of its manual."""
    found = rate_ratio(11, 800, 21, 3011)
    assert (found.ratio, found.low, found.high) == pytest.approx((1.971488, 0.8584264, 4.2772659), rel=1e-6)


@relaxed
@given(k=COUNTS, m=COUNTS, e1=EXPOSURES, e2=EXPOSURES, level=LEVELS)
def test_ratio_limits_agree_with_scipy(k: int, m: int, e1: float, e2: float, level: float):
    assume(k + m > 0)
    ci = stats.binomtest(k, k + m).proportion_ci(level, method="exact")
    found = rate_ratio(k, e1, m, e2, level)
    high = math.inf if m == 0 else ci.high / (1 - ci.high) * e2 / e1
    assert found.low == pytest.approx(ci.low / (1 - ci.low) * e2 / e1, rel=1e-6)
    assert found.high == pytest.approx(high, rel=1e-6)


@relaxed
@given(k=COUNTS, m=COUNTS, e1=EXPOSURES, e2=EXPOSURES)
def test_ratio_p_is_twice_the_smaller_tail_of_scipy(k: int, m: int, e1: float, e2: float):
    assume(k + m > 0)
    tails = [stats.binomtest(k, k + m, e1 / (e1 + e2), alternative=side).pvalue for side in ("greater", "less")]
    assert rate_ratio(k, e1, m, e2).p_value == pytest.approx(min(1, 2 * min(tails)), rel=1e-7, abs=1e-300)


@relaxed
@given(k=st.integers(1, 400), m=st.integers(1, 400), e1=EXPOSURES, e2=EXPOSURES)
def test_ratio_p_is_twice_the_smaller_tail_of_statsmodels(k: int, m: int, e1: float, e2: float):
    tails = [
        sm_rates.test_poisson_2indep(k, e1, m, e2, method="exact-cond", alternative=side).pvalue
        for side in ("larger", "smaller")
    ]
    assert rate_ratio(k, e1, m, e2).p_value == pytest.approx(min(1, 2 * min(tails)), rel=1e-7, abs=1e-300)


@relaxed
@given(k=COUNTS, m=COUNTS, e1=EXPOSURES, e2=EXPOSURES, level=LEVELS)
def test_ratio_interval_and_verdict_never_disagree(k: int, m: int, e1: float, e2: float, level: float):
    found = rate_ratio(k, e1, m, e2, level)
    said = verdict(found, level)
    assert (found.low > 1) == (said == "hausse")
    assert (found.high < 1) == (said == "baisse")
    if k + m:
        assert found.low <= found.ratio <= found.high


@pytest.mark.parametrize("total", [6, 9, 14, 20, 33])
def test_at_the_level_of_the_p_value_itself_rounding_decides_nothing(total: int):
    """There the limit is the neutral value: one rounding error away, it would contradict the verdict."""
    for k in range(total + 1):
        counts = rate_ratio(k, 1, total - k, 1)
        parts = share_comparison(k, total, total - k, total)
        for p_value in {counts.p_value, parts.p_value} - {1.0}:
            level = min(1 - p_value, 1 - 1e-12)
            ratio, difference = (
                rate_ratio(k, 1, total - k, 1, level),
                share_comparison(k, total, total - k, total, level),
            )
            assert (verdict(ratio, level) == "pas de différence établie") == (ratio.low <= 1 <= ratio.high)
            assert (verdict(difference, level) == "pas de différence établie") == (
                difference.low <= 0 <= difference.high
            )


@relaxed
@given(k=COUNTS, m=COUNTS, e1=EXPOSURES, e2=EXPOSURES)
def test_swapping_the_sides_inverts_the_ratio(k: int, m: int, e1: float, e2: float):
    assume(k > 0 and m > 0)
    there, back = rate_ratio(k, e1, m, e2), rate_ratio(m, e2, k, e1)
    assert (1 / there.ratio, 1 / there.high, 1 / there.low, there.p_value) == pytest.approx(
        (back.ratio, back.low, back.high, back.p_value), rel=1e-9
    )


def test_zero_counts_have_open_intervals():
    none_before, none_now = rate_ratio(9, 10, 0, 10), rate_ratio(0, 10, 9, 10)
    assert (none_before.ratio, none_before.high) == (math.inf, math.inf)
    assert none_before.low > 1
    assert (none_now.ratio, none_now.low) == (0, 0)
    assert none_now.high == pytest.approx(1 / none_before.low)
    assert (verdict(none_before), verdict(none_now)) == ("hausse", "baisse")


def test_nothing_against_nothing_is_no_difference():
    found = rate_ratio(0, 10, 0, 30)
    assert math.isnan(found.ratio)
    assert (found.low, found.high, found.p_value) == (0, math.inf, 1)
    assert verdict(found) == "pas de différence établie"


@pytest.mark.parametrize("exposures", [(0, 10), (10, 0), (None, 10), (10, None), (0, 0)])
def test_a_side_nobody_observed_is_said(exposures: tuple[float | None, float | None]):
    found = rate_ratio(3, exposures[0], 2, exposures[1])
    assert math.isnan(found.ratio)
    assert math.isnan(found.p_value)
    assert verdict(found) == "non observé"


def test_three_against_two_is_nothing():
    assert verdict(rate_ratio(3, 100, 2, 100)) == "pas de différence établie"


def test_ratio_refuses_what_it_cannot_read():
    with pytest.raises(ValueError, match="count"):
        rate_ratio(1, 1, -1, 1)
    with pytest.raises(ValueError, match="exposure"):
        rate_ratio(1, 1, 1, math.nan)
    with pytest.raises(ValueError, match="too far apart"):
        rate_ratio(0, 5e-324, 5, 1)


def test_large_counts_of_a_ratio_keep_their_digits():
    found = rate_ratio(2 * 10**9, 1, 10**9, 1)
    se = math.sqrt(1 / (2 * 10**9) + 1 / 10**9)
    assert math.log(found.high / 2) == pytest.approx(1.959964 * se, rel=1e-3)
    assert math.log(found.low / 2) == pytest.approx(-1.959964 * se, rel=1e-3)


def _false_alarms(mean_1: float, mean_2: float, exposure_1: float, exposure_2: float) -> float:
    first, second = (range(int(stats.poisson.ppf(1 - 1e-9, mean)) + 1) for mean in (mean_1, mean_2))
    said = [
        [verdict(rate_ratio(k, exposure_1, m, exposure_2)) != "pas de différence établie" for m in second]
        for k in first
    ]
    return float(stats.poisson.pmf(first, mean_1) @ np.array(said) @ stats.poisson.pmf(second, mean_2))


@pytest.mark.parametrize(("mean", "times"), [(1, 1), (4, 1), (15, 1), (2, 10)])
def test_equal_rates_are_said_different_at_most_once_in_twenty(mean: float, times: float):
    assert _false_alarms(mean, mean * times, 1, times) <= 0.05


def test_a_planted_rise_is_found():
    """100 events expected against 60 over the same hours: seen nine times in ten, with a ratio near 5/3."""
    rng = np.random.default_rng(7)
    drawn = [rate_ratio(int(rng.poisson(100)), 300, int(rng.poisson(60)), 300) for _ in range(400)]
    assert np.mean([verdict(found) == "hausse" for found in drawn]) > 0.8
    assert np.mean([found.low <= 100 / 60 <= found.high for found in drawn]) >= 0.95
    assert not any(verdict(found) == "baisse" for found in drawn)


# ---- shares


@relaxed
@given(given_share=shares(), level=LEVELS)
def test_share_agrees_with_scipy(given_share: tuple[int, int], level: float):
    k, n = given_share
    ci = stats.binomtest(k, n).proportion_ci(level, method="exact")
    found = share(k, n, level)
    assert (found.value, found.low, found.high) == pytest.approx((k / n, ci.low, ci.high), rel=1e-9)


def test_share_of_nothing_and_impossible_shares():
    found = share(0, 0)
    assert math.isnan(found.value)
    assert (found.low, found.high) == (0, 1)
    with pytest.raises(ValueError, match="4 successes out of 3"):
        share(4, 3)
    with pytest.raises(ValueError, match="count"):
        share_comparison(1, 2, 1.5, 3)


@pytest.mark.parametrize(
    ("counts", "low", "high"),
    [
        ((56, 70, 48, 80), 0.0428, 0.3422),
        ((9, 10, 3, 10), 0.1013, 0.8387),
        ((5, 56, 0, 29), -0.0667, 0.2037),
        ((0, 10, 0, 20), -0.2005, 0.3445),
    ],
)
def test_published_differences(counts: tuple[int, int, int, int], low: float, high: float):
    """Newcombe (1998), table II, method 11."""
    found = share_comparison(*counts)
    assert (found.low, found.high) == pytest.approx((low, high), abs=5e-5)


@relaxed
@given(first=shares(), second=shares(), level=LEVELS)
def test_difference_limits_are_newcombes_of_scipys_limits(
    first: tuple[int, int], second: tuple[int, int], level: float
):
    (k, n), (m, t) = first, second
    one, two = (stats.binomtest(*pair).proportion_ci(level, method="wilsoncc") for pair in (first, second))
    found = share_comparison(k, n, m, t, level)
    low = k / n - m / t - math.hypot(k / n - one.low, two.high - m / t)
    high = k / n - m / t + math.hypot(one.high - k / n, m / t - two.low)
    assert (found.low, found.high) == pytest.approx((max(low, -1), min(high, 1)), abs=1e-9)


@relaxed
@given(first=shares(), second=shares(), level=LEVELS)
def test_difference_interval_and_verdict_never_disagree(first: tuple[int, int], second: tuple[int, int], level: float):
    found = share_comparison(*first, *second, level)
    said = verdict(found, level)
    assert (found.low > 0) == (said == "hausse")
    assert (found.high < 0) == (said == "baisse")
    assert found.low <= found.difference <= found.high


@relaxed
@given(first=shares(), second=shares())
def test_the_p_value_is_the_level_at_which_the_interval_reaches_0(first: tuple[int, int], second: tuple[int, int]):
    p_value = share_comparison(*first, *second).p_value
    assume(1e-9 < p_value < 1)
    at_p = share_comparison(*first, *second, level=1 - p_value)
    assert min(abs(at_p.low), abs(at_p.high)) < 1e-6


@relaxed
@given(first=shares(), second=shares())
def test_swapping_the_sides_negates_the_difference(first: tuple[int, int], second: tuple[int, int]):
    there, back = share_comparison(*first, *second), share_comparison(*second, *first)
    assert (-there.difference, -there.high, -there.low) == pytest.approx(
        (back.difference, back.low, back.high), abs=1e-12
    )
    assert there.p_value == pytest.approx(back.p_value, rel=1e-9)


@pytest.mark.parametrize("totals", [(1, 40), (2, 25), (5, 5), (5, 30), (12, 12), (20, 35)])
def test_equal_shares_are_said_different_at_most_once_in_twenty(totals: tuple[int, int]):
    n, t = totals
    said = np.array(
        [[verdict(share_comparison(k, n, m, t)) in ("hausse", "baisse") for m in range(t + 1)] for k in range(n + 1)]
    )
    for truth in np.linspace(0.005, 0.995, 199):
        chance = stats.binom.pmf(np.arange(n + 1), n, truth) @ said @ stats.binom.pmf(np.arange(t + 1), t, truth)
        assert chance <= 0.05


def test_an_overwhelming_difference_has_no_p_left():
    found = share_comparison(10**6, 10**6, 0, 10**6)
    assert found.p_value == 0
    assert verdict(found) == "hausse"


@pytest.mark.parametrize("totals", [(0, 10), (10, 0), (0, 0)])
def test_a_share_of_nothing_is_not_compared(totals: tuple[int, int]):
    found = share_comparison(0, totals[0], 0, totals[1])
    assert math.isnan(found.difference)
    assert verdict(found) == "non observé"


def test_verdict_refuses_a_level_that_is_not_one():
    with pytest.raises(ValueError, match="level"):
        verdict(RateRatio(2.0, 1.5, 3.0, 0.01), level=95)
