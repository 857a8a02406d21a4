"""Control chart, STL and change points: golden figures, calibration, planted changes."""

from __future__ import annotations

import math

import numpy as np
import pytest

from dashboard.indicators.change_points import change_points
from dashboard.indicators.control import decompose, dispersion, u_prime

HOURS = np.full(36, 230.0)
SEASONS = ["ete" if 3 <= month % 12 < 9 else "hiver" for month in range(36)]
LEVELS = np.where(np.array(SEASONS) == "ete", 1.25, 1.0)


def test_the_chart_on_the_fingers():
    counts = np.array([10, 12, 8, 14, 10, 6, 12, 10, 8, 10, 12, 8, 30])
    chart = u_prime(counts, np.full(13, 10.0))
    centre = 120 / 12 / 10
    z = (counts[:12] / 10 - centre) / math.sqrt(centre / 10)
    sigma_z = np.abs(np.diff(z)).mean() / 1.128
    assert chart.centre == pytest.approx(centre)
    assert chart.dispersion == pytest.approx(sigma_z)
    assert chart.points[12].high == pytest.approx(centre + 3 * math.sqrt(centre / 10) * max(sigma_z, 1))
    assert chart.points[12].is_out
    assert not any(point.is_out for point in chart.points[:12])
    assert (chart.baseline, chart.is_provisional) == (12, False)


def test_limits_never_move_once_they_are_locked():
    counts = np.random.default_rng(1).poisson(100, 30)
    early, late = u_prime(counts[:14], HOURS[:14]), u_prime(counts, HOURS[:30])
    assert late.points[:14] == early.points
    assert u_prime(counts[:9], HOURS[:9]).is_provisional


def test_limits_follow_the_exposure_and_dispersion():
    counts, hours = np.full(12, 50), np.full(12, 100.0)
    hours[5] = 25.0
    counts[5] = 12
    point = u_prime(counts, hours).points[5]
    whole = u_prime(counts, hours).points[4]
    assert point.high - point.value > whole.high - whole.value
    assert u_prime(counts, hours, per=100).centre == pytest.approx(100 * u_prime(counts, hours).centre)


def test_eight_in_a_row_on_one_side_are_a_signal_and_a_gap_is_passed_over():
    counts = [10, 12, 8, 11, 9, 10, 12, 8, 9, 11, 10, 10, *[13] * 4, 0, *[13] * 4]
    hours = [10.0] * 16 + [0.0] + [10.0] * 4
    points = u_prime(counts, hours).points
    assert [point.in_run for point in points] == [False] * 12 + [True] * 4 + [False] + [True] * 4
    assert math.isnan(points[16].value)
    assert not any(point.in_run for point in u_prime(counts[:19], hours[:19]).points)


def test_dispersion_is_one_for_poisson_counts_and_the_right_one_above():
    rng = np.random.default_rng(2)
    hours = rng.uniform(50, 150, 4000)
    assert dispersion(rng.poisson(hours), hours) == pytest.approx(1, abs=0.05)
    assert dispersion(rng.poisson(rng.gamma(hours / 3, 3)), hours) == pytest.approx(2, abs=0.1)
    level = np.where(np.arange(4000) < 2000, 1.0, 2.0)
    assert dispersion(rng.poisson(hours * level), hours) < 1.3, "a change of level is no dispersion"


def test_a_stable_series_is_rarely_out_of_limits():
    rng = np.random.default_rng(3)
    out = [any(point.is_out for point in u_prime(rng.poisson(90, 36), HOURS).points) for _ in range(400)]
    assert np.mean(out) < 0.11


@pytest.mark.parametrize("counts", [[], [0, 0, 0], [5]])
def test_a_short_or_empty_series_has_no_signal(counts: list[int]):
    chart = u_prime(counts, [10.0] * len(counts))
    assert chart.is_provisional
    assert not any(point.is_out or point.in_run for point in chart.points)


def test_stl_finds_a_planted_season_and_trend():
    months = np.arange(48)
    season = 10 * np.cos(2 * np.pi * months / 12)
    found = decompose(100 + 0.5 * months + season)
    assert found is not None
    assert np.corrcoef(found.season, season)[0, 1] > 0.99
    assert found.trend[-1] - found.trend[0] == pytest.approx(0.5 * 47, rel=0.1)
    assert found.trend + found.season + found.rest == pytest.approx(100 + 0.5 * months + season)


def test_stl_takes_the_last_unbroken_run_and_needs_two_years():
    values = np.full(40, 5.0) + np.random.default_rng(4).normal(0, 1, 40)
    values[10], values[39] = math.nan, math.nan
    found = decompose(values)
    assert found is not None
    assert (found.first, len(found.trend)) == (11, 28)
    values[20] = math.nan
    assert decompose(values) is None
    assert decompose([]) is None


def best_cut(counts: np.ndarray, exposures: np.ndarray) -> int:
    """The plain version: the likelihood of every cut, written out."""

    def log_likelihood(part: slice) -> float:
        count, exposure = counts[part].sum(), exposures[part].sum()
        return count * math.log(count / exposure) if count else 0.0

    cuts = range(3, len(counts) - 2)
    return max(cuts, key=lambda cut: log_likelihood(slice(cut)) + log_likelihood(slice(cut, None)))


def test_a_planted_change_is_found_where_it_is():
    counts = np.random.default_rng(5).poisson(HOURS * 0.4 * np.where(np.arange(36) < 20, 1, 1.4))
    (change,) = change_points(counts, HOURS).changes
    assert change.index == best_cut(counts, HOURS)
    assert change.earliest <= 20 <= change.latest
    assert change.low < 1.4 < change.high
    assert change.p_value <= 0.01


def test_two_changes_are_found_in_order():
    level = np.select([np.arange(36) < 12, np.arange(36) < 24], [1.0, 1.8], 0.9)
    counts = np.random.default_rng(6).poisson(HOURS * 0.4 * level)
    found = change_points(counts, HOURS).changes
    assert [change.index for change in found] == [12, 24]
    assert [change.ratio > 1 for change in found] == [True, False]


def test_a_season_is_no_change_and_a_change_is_found_under_it():
    rng = np.random.default_rng(7)
    assert not change_points(rng.poisson(HOURS * 0.5 * LEVELS), HOURS, SEASONS).changes
    step = np.where(np.arange(36) < 18, 1, 1.5)
    (change,) = change_points(rng.poisson(HOURS * 0.5 * LEVELS * step), HOURS, SEASONS).changes
    assert abs(change.index - 18) <= 1
    assert change.low < 1.5 < change.high


def test_more_patrols_are_no_change_of_rate():
    hours = np.where(np.arange(36) < 16, 180.0, 260.0)
    assert not change_points(np.random.default_rng(8).poisson(hours * 0.5), hours).changes


def test_over_dispersed_counts_cause_no_more_false_alarms_than_stated():
    rng = np.random.default_rng(9)
    means = HOURS * 0.5
    false = sum(
        bool(change_points(rng.poisson(rng.gamma(means / 3, 3)), HOURS, replicates=99, seed=seed).changes)
        for seed in range(60)
    )
    assert false <= 9


def test_months_without_presence_are_passed_over():
    counts = np.random.default_rng(10).poisson(HOURS * 0.4 * np.where(np.arange(36) < 20, 1, 1.5))
    hours = HOURS.copy()
    hours[[5, 6]], counts[[5, 6]] = 0.0, 0
    (change,) = change_points(counts, hours).changes
    assert change.index == 20


@pytest.mark.parametrize("length", [0, 1, 5])
def test_a_short_series_is_not_searched(length: int):
    found = change_points([3] * length, [1.0] * length)
    assert (found.changes, found.tests) == ((), 0)


def test_the_same_series_gives_the_same_answer():
    counts = np.random.default_rng(11).poisson(HOURS * 0.4)
    assert change_points(counts, HOURS) == change_points(counts, HOURS)
