"""Kaplan-Meier curves: published data, an independent implementation, clusters, and what can't be said."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.duration.survfunc import SurvfuncRight

from dashboard.indicators.comparison import (
    Survival,
    delays,
    incidence_at,
    incidence_difference,
    median_delay,
    recurrence,
    survival,
)
from dashboard.indicators.rates import share, verdict

# Freireich et al. (1963), weeks in remission under 6-MP and under placebo; 0: still in remission.
SIX_MP = [6, 6, 6, 7, 10, 13, 16, 22, 23, 6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35], [1] * 9 + [0] * 12
PLACEBO = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23], [1] * 21
# Miller (1997): acute myelogenous leukaemia, maintained group, R's `survival::aml`.
AML = [9, 13, 13, 18, 23, 28, 31, 34, 45, 48, 161], [1, 1, 0, 1, 1, 0, 1, 1, 0, 1, 0]
# summary(survfit(Surv(time, status) ~ 1, aml maintained, conf.type = "log-log")): time, survival, lower, upper.
R_AML = [
    (9, 0.909, 0.5081, 0.987),
    (13, 0.818, 0.4474, 0.951),
    (18, 0.716, 0.3502, 0.899),
    (23, 0.614, 0.2658, 0.835),
    (31, 0.491, 0.1673, 0.753),
    (34, 0.368, 0.0928, 0.657),
    (48, 0.184, 0.0117, 0.525),
]


def steps(curve: Survival) -> pd.DataFrame:
    """The curve where something happened."""
    rows = pd.DataFrame({"day": curve.days, "waiting": curve.waiting, "variance": curve.variance, "d": curve.ended})
    return rows.loc[rows["d"] > 0]


def test_the_remissions_of_freireich_are_the_published_ones():
    curve = survival(*SIX_MP)
    found = steps(curve)
    assert found["day"].tolist() == [6, 7, 10, 13, 16, 22, 23]
    expected = [0.8571, 0.8067, 0.7529, 0.6902, 0.6275, 0.5378, 0.4482]
    assert found["waiting"].tolist() == pytest.approx(expected, abs=5e-5)
    errors = [0.0764, 0.0869, 0.0963, 0.1068, 0.1141, 0.1282, 0.1346]
    assert (np.sqrt(found["variance"]) * found["waiting"]).tolist() == pytest.approx(errors, abs=5e-5)
    median = median_delay(curve)
    assert (median.median, median.low, median.high) == (23, 13, math.inf)
    assert median_delay(survival(*PLACEBO)).median == 8


def test_log_log_intervals_are_those_of_r():
    curve = survival(*AML)
    for day, waiting, low, high in R_AML:
        found = incidence_at(curve, day)
        assert 1 - found.value == pytest.approx(waiting, abs=5e-4)
        assert 1 - found.high == pytest.approx(low, abs=5e-4)
        assert 1 - found.low == pytest.approx(high, abs=5e-4)


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 40), st.booleans(), st.integers(1, 5)), min_size=3, max_size=40))
def test_curves_of_weighted_cases_are_those_of_statsmodels(rows: list[tuple[int, bool, int]]):
    days, events, weights = (np.array(column) for column in zip(*rows, strict=True))
    # statsmodels can't have an event on day 0: everything is a day later there.
    if not events.any():
        return
    other = SurvfuncRight(np.repeat(days + 1.0, weights), np.repeat(events.astype(int), weights))
    found = steps(survival(days, events, weights))
    assert found["waiting"].tolist() == pytest.approx(np.asarray(other.surv_prob).tolist(), abs=1e-12)
    inner = found["waiting"].to_numpy() > 0
    errors = (np.sqrt(found["variance"]) * found["waiting"])[inner]
    assert errors.tolist() == pytest.approx(np.asarray(other.surv_prob_se)[inner].tolist(), rel=1e-9)


def test_grouped_rows_are_the_rows_they_stand_for():
    plain = survival([3, 3, 5, 5, 5], [1, 1, 0, 0, 1], clusters=["a", "b", "a", "a", "b"])
    grouped = survival([5, 3, 5, 3, 9], [0, 1, 1, 1, 1], [2, 1, 1, 1, 0], ["a", "a", "b", "b", "c"])
    for name in ("days", "at_risk", "ended", "waiting", "variance"):
        assert getattr(plain, name) == pytest.approx(getattr(grouped, name)), name
    assert (plain.n, plain.events, plain.clusters) == (grouped.n, grouped.events, grouped.clusters) == (5, 3, 2)


def test_without_censoring_the_incidence_is_the_share():
    found = incidence_at(survival([1, 2, 40, 50], [1, 1, 1, 1]), 30)
    assert found.value == 0.5


def test_a_horizon_changes_nothing_before_it():
    curve, short = survival(*SIX_MP), survival(*SIX_MP, until=20)
    assert incidence_at(short, 20) == incidence_at(curve, 20)
    assert (short.events, short.followed) == (7, 20)


def test_each_case_its_own_cluster_is_greenwood():
    alone, own = survival(*SIX_MP), survival(*SIX_MP, clusters=range(21))
    assert own.variance == pytest.approx(alone.variance * 21 / 20, rel=1e-12)


def test_the_variance_of_clusters_is_that_of_a_bootstrap_of_places():
    rng = np.random.default_rng(2)
    chances = rng.beta(2, 3, 60)
    place = np.repeat(np.arange(60), 30)
    happened = rng.random(1800) < chances[place]
    days = np.where(happened, rng.integers(1, 31, 1800), rng.integers(5, 31, 1800))
    curve = survival(days, happened, clusters=place)
    again = []
    for _ in range(400):
        rows = (rng.integers(0, 60, 60)[:, None] * 30 + np.arange(30)).ravel()
        again.append(math.log(survival(days[rows], happened[rows]).waiting[-1]))
    assert math.sqrt(curve.variance[-1]) == pytest.approx(np.std(again), rel=0.15)
    assert curve.variance[-1] > 1.8 * survival(days, happened).variance[-1], "independent cases would promise too much"


def test_intervals_of_clustered_cases_hold_their_level():
    rng = np.random.default_rng(4)
    held = 0
    for _ in range(300):
        chances = rng.beta(2, 3, 25)
        happened = rng.random((25, 20)) < chances[:, None]
        curve = survival(np.full(500, 10), happened.ravel(), clusters=np.repeat(np.arange(25), 20))
        found = incidence_at(curve, 10)
        held += found.low <= 0.4 <= found.high
    assert held >= 276, "95 % of 300 less three standard errors"


@pytest.mark.parametrize(
    ("days", "events", "clusters", "expected"),
    [
        ([], [], None, (math.nan, 0, 1)),
        ([10, 20], [0, 0], None, (math.nan, 0, 1)),
        ([10, 40, 40, 40], [0, 0, 0, 0], None, (0, 0, share(0, 3).high)),
        ([2, 3, 4], [1, 1, 1], None, (1, share(3, 3).low, 1)),
        ([40] * 6, [0] * 6, [1, 1, 2, 2, 3, 3], (0, 0, share(0, 3).high)),
        ([2, 40, 3], [1, 0, 1], ["a", "a", "a"], (2 / 3, 0, 1)),
    ],
    ids=["nothing", "not followed", "none", "all", "none in three places", "one place"],
)
def test_what_can_not_be_known_is_not_said(days, events, clusters, expected):
    found = incidence_at(survival(days, events, clusters=clusters), 30)
    assert (found.value, found.low, found.high) == pytest.approx(expected, nan_ok=True)


def test_a_median_that_is_not_reached_is_infinite():
    assert median_delay(survival([5, 9, 9, 9], [1, 0, 0, 0])).median == math.inf
    assert math.isnan(median_delay(survival([], [])).median)
    assert median_delay(survival([0, 0, 0, 4], [1, 1, 1, 0])).median == 0


def test_the_difference_of_two_groups_and_its_verdict():
    treated, placebo = survival(*SIX_MP), survival(*PLACEBO)
    found = incidence_difference(treated, placebo, 10)
    assert found.difference == pytest.approx(0.24706 - 0.61905, abs=1e-4)
    assert verdict(found) == "baisse"
    other = incidence_difference(placebo, treated, 10)
    assert (other.difference, other.low, other.high) == pytest.approx((-found.difference, -found.high, -found.low))
    assert other.p_value == pytest.approx(found.p_value)
    assert verdict(incidence_difference(treated, treated, 10)) == "pas de différence établie"
    assert verdict(incidence_difference(treated, survival([], []), 10)) == "non observé"


def test_on_large_numbers_the_difference_is_the_ordinary_one():
    first, second = survival([5, 30], [1, 0], [4000, 6000]), survival([5, 30], [1, 0], [4200, 5800])
    found = incidence_difference(first, second, 30)
    error = math.sqrt((0.4 * 0.6 + 0.42 * 0.58) / 10_000)
    assert found.high - found.low == pytest.approx(2 * 1.959964 * error, rel=0.01)
    assert found.p_value == pytest.approx(math.erfc(0.02 / error / math.sqrt(2)), rel=0.05)


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 40), st.booleans()), min_size=2, max_size=30), st.integers(1, 29))
def test_a_p_value_never_contradicts_its_interval(rows: list[tuple[int, bool]], cut: int):
    first, second = rows[: cut % len(rows) or 1], rows[cut % len(rows) or 1 :]
    one, two = (survival([day for day, _ in side], [event for _, event in side]) for side in (first, second))
    found = incidence_difference(one, two, 20)
    if not math.isnan(found.p_value):
        assert (found.p_value < 0.05) == (found.low > 1e-9 or found.high < -1e-9)


def test_recurrence_is_counted_by_place():
    rows = pd.DataFrame(
        {
            "place_id": ["a", "a", "b", "b"],
            "days": [3, 30, 12, 5],
            "happened": [True, False, True, False],
            "n": [2, 4, 1, 1],
        }
    )
    found = recurrence(rows)
    assert (found.n, found.places, found.days, found.curve.events) == (8, 2, 30, 3)
    # Day 3: 2 of 8; day 12: 1 of the 5 still followed, one having been cut at day 5.
    assert found.incidence.value == pytest.approx(1 - 0.75 * 0.8)
    assert recurrence(rows.iloc[:0]).places == 0


def test_delays_count_those_who_still_wait():
    rows = pd.DataFrame({"days": [0, 3, 10, 50], "happened": [True, True, True, False], "n": [1, 2, 1, 4]})
    found = delays(rows, (7, 30))
    assert (found.n, found.done) == (8, 4)
    assert found.within[7].value == pytest.approx(3 / 8)
    assert found.within[30].value == pytest.approx(0.5)
    assert found.median.median == 10


@pytest.mark.parametrize(
    ("days", "events", "weights"),
    [([-1], [1], None), ([math.nan], [1], None), ([1, 2], [1], None), ([1], [1], [0.5]), ([1], [1], [-1])],
)
def test_what_is_no_delay_is_refused(days: list, events: list, weights: list | None):
    with pytest.raises(ValueError, match=r"delay|length|weight"):
        survival(days, events, weights)
