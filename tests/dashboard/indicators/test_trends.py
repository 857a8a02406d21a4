"""Aoristic weights and hour grids: golden cases, a plain slow version, exact intervals of another library."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from dashboard.indicators.trends import (
    aoristic_weights,
    cells,
    compare_seasons,
    profile,
    rate_grid,
    rate_of,
    service_week,
    spread,
)

MONDAY = datetime(2026, 11, 23)
moments = st.datetimes(datetime(2024, 1, 1), datetime(2026, 12, 31)).map(lambda moment: moment.replace(microsecond=0))
lengths = st.integers(0, 40 * 86_400)


def by_the_minute(start: datetime, end: datetime) -> np.ndarray:
    """The plain version: every minute of the interval counts for one, in the hour of the week it is in."""
    week = np.zeros(168)
    minutes = int((end - start).total_seconds()) // 60
    for minute in range(minutes):
        moment = start + timedelta(minutes=minute)
        week[moment.weekday() * 24 + moment.hour] += 1 / minutes
    return week


def test_half_an_hour_on_each_side_of_the_hour():
    week = aoristic_weights(datetime(2026, 11, 24, 14, 30), datetime(2026, 11, 24, 15, 30))
    assert week.shape == (168,)
    assert {int(place): value for place, value in enumerate(week) if value} == {24 + 14: 0.5, 24 + 15: 0.5}


def test_from_saturday_evening_to_sunday_morning():
    week = aoristic_weights(datetime(2026, 11, 28, 22, 45), datetime(2026, 11, 29, 0, 45))
    saturday, sunday = 5 * 24, 6 * 24
    assert week[saturday + 22] == pytest.approx(0.125)
    assert week[saturday + 23] == pytest.approx(0.5)
    assert week[sunday] == pytest.approx(0.375)


def test_from_sunday_night_to_monday():
    week = aoristic_weights(datetime(2026, 11, 29, 23), datetime(2026, 11, 30, 2))
    assert np.flatnonzero(week).tolist() == [0, 1, 167]
    assert week[[167, 0, 1]] == pytest.approx([1 / 3] * 3)


def test_a_whole_week_is_uniform_and_a_week_and_an_hour_is_not():
    assert aoristic_weights(MONDAY, MONDAY + timedelta(weeks=1)) == pytest.approx(np.full(168, 1 / 168))
    longer = aoristic_weights(MONDAY, MONDAY + timedelta(weeks=1, hours=1))
    assert longer[0] == pytest.approx(2 / 169)
    assert longer[1:] == pytest.approx(np.full(167, 1 / 169))


@pytest.mark.parametrize("end", [None, datetime(2026, 11, 29, 23, 59, 59)])
def test_without_an_end_all_the_weight_is_on_the_hour_of_the_start(end: datetime | None):
    week = aoristic_weights(datetime(2026, 11, 29, 23, 59, 59), end)
    assert week[167] == 1
    assert week.sum() == 1


def test_an_end_before_the_start_is_refused():
    with pytest.raises(ValueError, match="before it starts"):
        aoristic_weights(MONDAY, MONDAY - timedelta(seconds=1))


def test_an_end_missing_from_a_frame_is_no_end():
    row = pd.DataFrame({"start": [pd.Timestamp(MONDAY)], "end": [pd.NaT]}).iloc[0]
    assert aoristic_weights(row["start"], row["end"]).tolist() == aoristic_weights(MONDAY, None).tolist()


@pytest.mark.parametrize("kind", [datetime, pd.Timestamp])
def test_clock_changes_are_counted_on_the_clock(kind: type[datetime]):
    paris = ZoneInfo("Europe/Paris")
    for month, day in ((3, 29), (10, 25)):  # Sundays when the clock goes forward, then back
        start, end = (kind(2026, month, day, hour, tzinfo=paris) for hour in (1, 4))
        expected = np.zeros(168)
        expected[145:148] = 1 / 3
        assert aoristic_weights(start, end) == pytest.approx(expected)
        assert aoristic_weights(start, end.astimezone(UTC)) == pytest.approx(expected)


def test_an_end_that_the_clock_put_back_shows_earlier_is_at_the_start():
    paris = ZoneInfo("Europe/Paris")
    start, end = datetime(2026, 10, 25, 2, 30, tzinfo=paris), datetime(2026, 10, 25, 2, 15, tzinfo=paris, fold=1)
    assert np.flatnonzero(aoristic_weights(start, end)).tolist() == [146]
    with pytest.raises(ValueError, match="before it starts"):
        aoristic_weights(end, start)


@settings(max_examples=40, deadline=None)
@given(start=moments, minutes=st.integers(1, 20_000))
def test_agrees_with_counting_minutes(start: datetime, minutes: int):
    start = start.replace(second=0)
    end = start + timedelta(minutes=minutes)
    assert aoristic_weights(start, end) == pytest.approx(by_the_minute(start, end), abs=1e-12)


@given(start=moments, seconds=lengths)
def test_weights_sum_to_one_and_are_never_negative(start: datetime, seconds: int):
    week = aoristic_weights(start, start + timedelta(seconds=seconds))
    assert week.sum() == pytest.approx(1, abs=1e-12)
    assert week.min() >= 0


@given(several=st.lists(st.tuples(moments, lengths, st.integers(1, 5)), max_size=8))
def test_many_at_once_are_the_sum_of_each(several: list[tuple[datetime, int, int]]):
    starts = [(start - MONDAY).total_seconds() for start, _, _ in several]
    found = spread(starts, [length for _, length, _ in several], [weight for _, _, weight in several])
    each = [weight * aoristic_weights(start, start + timedelta(seconds=length)) for start, length, weight in several]
    assert found == pytest.approx(sum(each, np.zeros(168)), abs=1e-9)


@pytest.mark.parametrize(("start", "length"), [(0.0, -1.0), (math.nan, 1.0), (0.0, math.inf)])
def test_what_is_no_interval_is_refused(start: float, length: float):
    with pytest.raises(ValueError, match="seconds"):
        spread([start], [length])


def test_hours_before_the_service_day_belong_to_the_day_before():
    week = np.zeros(168)
    week[6 * 24] = 1.0  # Sunday 00:00 is Saturday's service
    week[0] = 2.0  # Monday 00:00 is Sunday's
    week[6] = 4.0  # Monday 06:00 is Monday's
    grid = service_week(week, 6)
    assert (grid[5, 0], grid[6, 0], grid[0, 6]) == (1.0, 2.0, 4.0)
    assert grid.sum() == week.sum()
    assert service_week(week, 0).tolist() == week.reshape(7, 24).tolist()


def test_cells_add_up_and_leave_out_unknown_hours():
    frame = pd.DataFrame({"weekday": [1, 1, 7, 2], "hour": [0, 0, 23, None], "n": [1, 2, 3, 4]})
    found = cells(frame, "n")
    assert (found[0, 0], found[6, 23], found.sum()) == (3, 3, 6)


def test_a_cell_without_presence_is_not_observed_and_an_empty_one_is_zero():
    counts, hours = np.zeros((7, 24)), np.zeros((7, 24))
    counts[0, 14], hours[0, 14] = 3, 10
    hours[0, 15] = 10
    counts[0, 16] = 5
    grid = rate_grid(counts, hours)
    assert grid.values[0, 14] == pytest.approx(30)
    assert grid.values[0, 15] == 0
    assert grid.high[0, 15] == pytest.approx(100 * -math.log(0.025) / 10)
    assert math.isnan(grid.values[0, 16])
    assert int(grid.observed.sum()) == 2


def test_intervals_are_garwood_s():
    rng = np.random.default_rng(1)
    counts, hours = rng.poisson(4, (7, 24)), rng.uniform(0.5, 20, (7, 24))
    grid = rate_grid(counts, hours)
    assert grid.low == pytest.approx(np.nan_to_num(stats.chi2.ppf(0.025, 2 * counts)) / 2 / hours * 100)
    assert grid.high == pytest.approx(stats.chi2.ppf(0.975, 2 * counts + 2) / 2 / hours * 100)


@given(count=st.floats(0.01, 50), hours=st.floats(0.5, 100))
def test_a_fraction_s_interval_holds_both_whole_numbers_around_it(count: float, hours: float):
    found = rate_of(count, hours)
    under, over = rate_of(math.floor(count), hours), rate_of(math.ceil(count), hours)
    assert found.low >= under.low - 1e-9
    assert found.high <= over.high + 1e-9
    assert found.low <= found.value <= found.high


def test_a_grid_of_another_shape_is_refused():
    with pytest.raises(ValueError, match="expected"):
        rate_grid(np.zeros((24, 7)), np.zeros((24, 7)))


def test_seasons_compare_on_the_hours_that_both_have():
    winter, summer = (rate_grid(np.zeros((7, 24)), np.zeros((7, 24))) for _ in range(2))
    for grid in (winter, summer):
        grid.hours[2, 20] = 50
    winter.counts[2, 20], summer.counts[2, 20] = 20, 40
    summer.hours[2, 0], summer.counts[2, 0] = 10, 1000
    found = compare_seasons(winter, summer)
    assert found.ratio.ratio == pytest.approx(2)
    assert (found.first.count, found.second.count, int(found.common.sum())) == (20, 40, 1)
    wider = compare_seasons(winter, summer, dispersion=4)
    assert wider.ratio.low < found.ratio.low
    assert wider.ratio.p_value > found.ratio.p_value


def test_seasons_without_a_common_hour_do_not_compare():
    winter, summer = rate_grid(np.zeros((7, 24)), np.eye(7, 24)), rate_grid(np.zeros((7, 24)), np.zeros((7, 24)))
    assert math.isnan(compare_seasons(winter, summer).ratio.p_value)


def test_a_profile_follows_the_service_day():
    counts, hours = np.zeros((7, 24)), np.zeros((7, 24))
    counts[[1, 2], 23], hours[[1, 2], 23] = 2, 5
    found = profile(counts, hours, (22, 23, 0))
    assert [hour.hour for hour in found] == [22, 23, 0]
    assert found[1].estimate.value == pytest.approx(40)
    assert math.isnan(found[0].estimate.value)
