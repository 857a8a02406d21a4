"""Last quarter's map on this quarter's events: cases counted by hand, brute force, an independent test, properties."""

from __future__ import annotations

import math
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.proportion import proportion_confint

from dashboard.indicators import validation


def test_the_figures_of_a_map_counted_by_hand():
    # 10 cells, 2 flagged (20 % of the area); 12 of 40 events fall in them; the 2 best cells hold 10 + 9 = 19.
    events = [8, 4, 10, 9, 3, 2, 2, 1, 1, 0]
    found = validation.score([True, True] + [False] * 8, events)
    assert (found.events, found.hits, found.extent_share) == (40, 12, 0.2)
    assert found.hit_rate.value == pytest.approx(0.30)
    assert found.pai.value == pytest.approx(1.5)
    assert found.best == pytest.approx(19 / 40)
    assert found.pei.value == pytest.approx(12 / 19)


def test_the_intervals_are_clopper_and_pearsons_scaled():
    found = validation.score([True, True] + [False] * 8, [8, 4, 10, 9, 3, 2, 2, 1, 1, 0])
    low, high = proportion_confint(12, 40, method="beta")
    assert (found.hit_rate.low, found.hit_rate.high) == pytest.approx((low, high))
    assert (found.pai.low, found.pai.high) == pytest.approx((low / 0.2, high / 0.2))
    assert (found.pei.low, found.pei.high) == pytest.approx((low / (19 / 40), high / (19 / 40)))


def test_patrol_hours_can_stand_for_the_area():
    # The flagged cell had half of the hours: half of the events there is what presence alone gives.
    found = validation.score([True, False, False], [10, 6, 4], [50, 25, 25])
    assert found.pai.value == pytest.approx(1.0)
    assert found.best == pytest.approx(0.55), "the second cell, richest for its hours, and half of the first"


counts = st.lists(st.integers(0, 30), min_size=2, max_size=9)


@settings(max_examples=60, deadline=None)
@given(st.data(), counts)
def test_the_best_map_is_the_best_of_all_maps_of_its_size(data: st.DataObject, events: list[int]):
    flagged = data.draw(st.lists(st.booleans(), min_size=len(events), max_size=len(events)))
    found = validation.score(flagged, events)
    size = sum(flagged)
    best = max(sum(events[cell] for cell in cells) for cells in combinations(range(len(events)), size))
    if sum(events) == 0:
        assert math.isnan(found.pei.value)
        return
    assert found.best * sum(events) == pytest.approx(best)
    if best:
        assert found.pei.value == pytest.approx(found.hits / best)
        assert found.pei.value <= 1 + 1e-12


@settings(max_examples=60, deadline=None)
@given(st.data(), counts)
def test_no_map_of_that_extent_beats_the_best_one_when_cells_differ(data: st.DataObject, events: list[int]):
    sizes = data.draw(st.lists(st.floats(0.5, 20), min_size=len(events), max_size=len(events)))
    flagged = data.draw(st.lists(st.booleans(), min_size=len(events), max_size=len(events)))
    found = validation.score(flagged, events, sizes)
    if sum(events):
        assert found.hits / sum(events) <= found.best + 1e-9


@pytest.mark.parametrize(("only_mine", "only_theirs"), [(0, 0), (3, 1), (12, 2), (2, 12), (40, 40), (1, 0)])
def test_the_paired_test_is_mcnemars(only_mine: int, only_theirs: int):
    # Cells: both maps, the map alone, the naive one alone, neither.
    p_value = validation.paired_p([1, 1, 0, 0], [1, 0, 1, 0], [7, only_mine, only_theirs, 11])
    independent: Any = mcnemar([[7, only_mine], [only_theirs, 11]], exact=True)
    assert p_value == pytest.approx(independent.pvalue)


def quarters(columns: int, *, moved: bool) -> np.ndarray:
    """100 cells: 200 events a quarter in the first 5 cells, or in other ones each quarter, and 1 elsewhere."""
    made = np.ones((100, columns), dtype=int)
    for column in range(columns):
        start = 5 * column if moved else 0
        made[start : start + 5, column] = 40
    return made


def best_cells(made: np.ndarray) -> np.ndarray:
    return np.column_stack([validation.top_cells(column, 5) for column in made.T])


def test_a_lasting_hotspot_is_predicted_and_not_better_than_a_year_of_counts():
    made = quarters(6, moved=False)
    found = validation.rolling(made, best_cells(made))
    assert [one.index for one in found] == [1, 2, 3, 4, 5]
    assert all(one.score and one.score.pei.value == pytest.approx(1) for one in found)
    assert {one.uniform.outcome for one in found} == {"mieux"}
    assert [one.last_year.outcome for one in found] == ["non observé"] * 3 + ["non concluant"] * 2


def test_a_hotspot_that_moves_is_missed_and_the_map_is_said_worse_than_chance():
    made = quarters(6, moved=True)
    found = validation.rolling(made, best_cells(made))
    assert all(one.score and one.score.hits == 5 for one in found)
    assert {one.uniform.outcome for one in found} == {"moins bien"}


def test_a_sudden_change_makes_last_quarter_better_than_last_year():
    made = quarters(6, moved=False)
    made[:, 4:] = made[::-1, 4:]
    found = validation.rolling(made, best_cells(made))
    assert found[-1].last_year.outcome == "mieux"
    assert found[-1].last_year.naive == pytest.approx(5 / made[:, 5].sum())


def test_few_events_conclude_nothing():
    made = np.zeros((10, 6), dtype=int)
    made[0] = 20
    found = validation.rolling(made, best_cells(made) & (made > 0))
    assert found[0].uniform.p_value < 1e-6
    assert {one.uniform.outcome for one in found} == {"non concluant"}


def test_a_map_without_hotspot_and_a_quarter_without_event_are_told_apart():
    made = quarters(3, moved=False)
    made[:, 2] = 0
    flagged = best_cells(made)
    flagged[:, 0] = False
    nothing_flagged, nothing_happened = validation.rolling(made, flagged)
    assert nothing_flagged.score is None
    assert nothing_happened.score is not None
    assert math.isnan(nothing_happened.score.pai.value)
    assert nothing_happened.uniform.outcome == "non observé"


def test_maps_that_know_nothing_are_seldom_said_better():
    draws = np.random.default_rng(7)
    told = 0
    for _ in range(100):
        made = draws.poisson(1.0, (80, 6))
        flagged = np.column_stack([validation.top_cells(column, 8) for column in made.T])
        told += any(
            compared.outcome in ("mieux", "moins bien")
            for one in validation.rolling(made, flagged)
            for compared in (one.uniform, one.last_year)
        )
    assert told <= stats.binom.ppf(0.999, 100, 0.05)


@pytest.mark.parametrize(
    "arguments",
    [([True], [1, 2]), ([True, False], [1, -1]), ([True, False], [1, 0.5]), ([True, False], [1, 1], [1, 0])],
)
def test_what_cannot_be_scored_is_refused(arguments: tuple):
    with pytest.raises(ValueError, match=r"shapes|whole|extent"):
        validation.score(*arguments)
    with pytest.raises(ValueError, match=r"dimensions|shapes"):
        validation.rolling([[1, 2], [3, 4]], [[True], [False]])
