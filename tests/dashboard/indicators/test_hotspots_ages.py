"""Ages of hotspots: the trend test against every order written out and scipy, and planted stories told again."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from dashboard.indicators.ages import Age, Label, age, mann_kendall, slice_counts

relaxed = settings(deadline=None, max_examples=40)  # no test measures time


def s_of(values: tuple[float, ...]) -> int:
    return sum(int(np.sign(later - earlier)) for earlier, later in itertools.combinations(values, 2))


@relaxed
@given(st.lists(st.integers(0, 4), min_size=1, max_size=7))
def test_the_trend_test_is_that_of_every_order_written_out(values: list[int]):
    found = mann_kendall(values)
    orders = [abs(s_of(order)) for order in itertools.permutations(values)]
    assert found.s == s_of(tuple(values))
    assert found.p_value == pytest.approx(np.mean([other >= abs(found.s) for other in orders]))


@pytest.mark.parametrize("n", [2, 5, 9, 14, 24])
def test_the_trend_test_without_ties_is_that_of_scipy(n: int):
    rng = np.random.default_rng(n)
    for trend in (0.0, 0.15, -0.4):
        values = rng.normal(size=n) + trend * np.arange(n)
        tau, p_value = stats.kendalltau(np.arange(n), values, method="exact")
        found = mann_kendall(values)
        assert found.tau == pytest.approx(tau)
        assert found.p_value == pytest.approx(p_value)


def test_a_long_series_with_ties_is_close_to_the_normal_law_corrected_for_ties():
    rng = np.random.default_rng(1)
    values = rng.poisson(3, 40) + np.arange(40) // 12
    _, p_value = stats.kendalltau(np.arange(40), values, method="asymptotic")
    assert mann_kendall(values).p_value == pytest.approx(p_value, rel=0.15)


def test_no_pair_no_trend():
    for values in ([], [4.0], [2.0, 2.0, 2.0]):
        assert (mann_kendall(values).tau, mann_kendall(values).p_value) == (0.0, 1.0)


STORIES: dict[str, tuple[list[int], Label]] = {
    "appears in the last two quarters": ([2, 1, 3, 2, 1, 2, 14, 15], "nouveau"),
    "appears in the last quarter": ([2, 1, 3, 2, 1, 2, 3, 15], "nouveau"),
    "hot all along": ([12, 15, 13, 11, 16, 12, 15, 14], "persistant"),
    "since half of the time": ([2, 1, 3, 2, 13, 11, 14, 13], "persistant"),
    "now and once before": ([2, 14, 1, 3, 2, 2, 3, 15], "intermittent"),
    "fades to the ordinary": ([15, 14, 13, 13, 9, 6, 3, 2], "en recul"),
    "falls and is still above": ([40, 38, 35, 30, 24, 20, 16, 14], "en recul"),
    "was hot once": ([2, 3, 15, 2, 1, 2, 3, 2], "en recul"),
    "ordinary": ([2, 3, 1, 2, 4, 2, 1, 3], "non établi"),
    "quiet": ([0, 0, 0, 0, 0, 0, 0, 0], "non établi"),
}


@pytest.mark.parametrize("story", STORIES)
def test_stories_are_told(story: str):
    counts, label = STORIES[story]
    assert age(counts, expected=[3.0] * 8).label == label


def test_presence_explains_a_rise():
    counts, hours = [3, 3, 3, 3, 3, 3, 30, 30], [10, 10, 10, 10, 10, 10, 100, 100]
    assert age(counts).label == "nouveau"
    assert age(counts, exposures=hours).label == "non établi"


def test_a_slice_without_presence_says_nothing():
    found = age([2, 1, 9, 3, 2, 2, 1, 15], [1, 1, 0, 1, 1, 1, 1, 1], [3.0] * 8)
    assert found.observed == 7
    assert not found.hot[2]
    assert (found.label, found.since) == ("nouveau", 7)


def test_a_short_story_is_never_new():
    assert age([1, 20, 20], expected=[3.0] * 3).label == "persistant"
    assert age([20], expected=[3.0]).label == "persistant"


def test_ordinary_places_are_seldom_called_hot():
    rng = np.random.default_rng(11)
    found = [age(rng.poisson(4.0, 8), expected=[4.0] * 8) for _ in range(400)]
    assert sum(one.label != "non établi" for one in found) <= 400 * 0.05 + 3 * np.sqrt(400 * 0.05 * 0.95)


def test_nothing_to_tell():
    empty = age([])
    assert isinstance(empty, Age)
    assert (empty.label, empty.hot, empty.observed, empty.since) == ("non établi", (), 0, None)
    assert age([5, 5], exposures=[0, 0]).label == "non établi"


@pytest.mark.parametrize(
    "wrong",
    [
        {"counts": [1.5, 2]},
        {"counts": [-1]},
        {"counts": [[1]]},
        {"counts": [1], "exposures": [-2]},
        {"counts": [1], "exposures": [1, 2]},
        {"counts": [1], "expected": [float("nan")]},
    ],
)
def test_what_cannot_be_told_is_refused(wrong: dict):
    with pytest.raises(ValueError, match="0 or more"):
        age(**wrong)


def test_slices_are_of_thirteen_weeks_and_end_with_the_last_day():
    assert slice_counts([1000, 910, 909, 819, 818, 1001, 500], last_day=1000, slices=3).tolist() == [1, 2, 2]
    assert slice_counts([], last_day=0, slices=4).tolist() == [0, 0, 0, 0]
