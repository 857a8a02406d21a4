"""Two-way tables: nothing under the threshold can be read or deduced, and no more is hidden than that takes."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from scipy.optimize import linprog

from dashboard.indicators.disclosure import Protected, protect

HIDDEN = np.nan
COUNTS = st.one_of(st.integers(0, 14), st.sampled_from([0, 0, 20, 35, 60]))
TABLES = st.tuples(st.integers(1, 4), st.integers(1, 4)).flatmap(lambda shape: arrays(np.int64, shape, elements=COUNTS))


def sums(rows: int, columns: int) -> NDArray[np.float64]:
    """Every figure of a table as a sum of its cells, shape (figures, cells): cells, rows, columns, total."""
    cells = np.eye(rows * columns).reshape(rows, columns, -1)
    return np.vstack([cells.reshape(rows * columns, -1), cells.sum(1), cells.sum(0), cells.sum((0, 1))[None]])


def figures(table: Protected) -> NDArray[np.float64]:
    """Cells, rows, columns, total in one row."""
    return np.concatenate([table.cells.ravel(), table.row_totals, table.column_totals, [table.total]])


def widths(published: NDArray[np.float64], shape: tuple[int, int]) -> NDArray[np.float64]:
    """Width of the interval of each hidden figure, the cells alone being unknown; NaN for the others."""
    known, every = ~np.isnan(published), sums(*shape)
    result = np.full(published.size, np.nan)
    for place in np.flatnonzero(~known):
        ends = []
        for sign in (1, -1):
            found = linprog(sign * every[place], A_eq=every[known], b_eq=published[known], method="highs-ipm")
            ends.append(sign * found.fun if found.status == 0 else -sign * np.inf)
        result[place] = ends[1] - ends[0]
    return result


def is_safe(published: NDArray[np.float64], shape: tuple[int, int], threshold: int) -> bool:
    """Whether every hidden figure keeps an interval as wide as the threshold."""
    found = widths(published, shape)
    return bool((found[np.isnan(published)] >= threshold - 1e-6).all())


def cost(hidden: NDArray[np.bool_], values: NDArray[np.float64], cells: int) -> tuple[int, int, int, int]:
    """What is kept least, in order: the grand total, other totals, cells, the counts."""
    return int(hidden[-1]), int(hidden[cells:-1].sum()), int(hidden[:cells].sum()), int(values[hidden].sum())


@pytest.mark.parametrize(
    ("counts", "hidden"),
    [
        ([[3]], 4),  # the cell, its row, its column and the whole are the same figure
        ([[20]], 0),
        ([[0, 0], [0, 0]], 0),
        ([[3, 20, 30]], 4),  # 3 and the cheapest other, with the columns that repeat them
        ([[1, 1, 1]], 8),  # everything: the total is under the threshold too
        ([[3, 5, 6]], 6),  # 14 in all: each may be anything from 0 to 14
        ([[1, 1, 1], [40, 50, 60]], 8),
        ([[3, 20, 30], [40, 50, 60], [20, 20, 20]], 4),  # the cheapest rectangle
        ([[5, 50, 50], [50, 5, 50], [50, 50, 5]], 6),  # one circuit of six rather than three rectangles
    ],
)
def test_known_patterns(counts, hidden):
    published = figures(protect(counts))
    assert int(np.isnan(published).sum()) == hidden


def test_the_cheapest_rectangle_is_hidden_and_nothing_else():
    found = protect([[3, 20, 30], [40, 50, 60], [20, 20, 20]])
    assert found.row_totals.tolist() == [53, 150, 60]
    assert found.column_totals.tolist() == [63, 90, 110]
    assert found.total == 263
    np.testing.assert_array_equal(found.cells, [[HIDDEN, HIDDEN, 30], [40, 50, 60], [HIDDEN, HIDDEN, 20]])


def test_a_published_zero_may_be_hidden_to_protect():
    found = protect([[5, 0, 60], [0, 70, 80], [30, 40, 50]])
    assert np.isnan(found.cells[0, 0])
    assert is_safe(figures(found), (3, 3), 11)


@pytest.mark.parametrize("shape", [(0, 0), (0, 3), (3, 0)])
def test_empty_tables(shape):
    found = protect(np.zeros(shape))
    assert found.cells.shape == shape
    assert found.row_totals.tolist() == [0] * shape[0]
    assert found.column_totals.tolist() == [0] * shape[1]
    assert found.total == 0


def test_lists_are_tables_and_no_list_an_empty_one():
    assert protect([]).cells.shape == (0, 0)
    assert protect([[12, 13]]).cells.tolist() == [[12, 13]]


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        ([[1, -2]], "negative"),
        ([[1, 2.5]], "whole"),
        ([[1, np.nan]], "NaN"),
        ([[1, np.inf]], "infinite"),
        ([[1, None]], "NaN"),
        ([1, 2], "two dimensions"),
        (np.zeros((2, 2, 2)), "two dimensions"),
        ([[1], [2, 3]], "two dimensions"),
        ([["a"]], "numbers"),
    ],
)
def test_what_is_no_table_of_counts_is_refused(counts, words):
    with pytest.raises(ValueError, match=words):
        protect(counts)


@pytest.mark.parametrize("threshold", [-1, 2.5])
def test_a_threshold_is_a_whole_number(threshold):
    with pytest.raises(ValueError, match="threshold"):
        protect([[1]], threshold)


@pytest.mark.parametrize("threshold", [0, 1])
def test_nothing_is_sensitive_under_one(threshold):
    assert not np.isnan(figures(protect([[1, 2], [0, 3]], threshold))).any()


def test_a_threshold_above_everything_hides_everything_but_zeros_that_say_nothing():
    found = protect([[1, 2], [3, 4]], 1000)
    assert np.isnan(figures(found)).all()


@settings(max_examples=40, deadline=None)
@given(TABLES, st.sampled_from([2, 5, 11, 15]))
def test_published_figures_are_exact_and_hidden_ones_stay_wide(counts, threshold):
    shape = counts.shape
    truth = sums(*shape) @ counts.ravel()
    published = figures(protect(counts, threshold))
    hidden = np.isnan(published)
    np.testing.assert_array_equal(published[~hidden], truth[~hidden])
    assert hidden[(truth >= 1) & (truth < threshold)].all()
    assert is_safe(published, shape, threshold)
    if not ((truth >= 1) & (truth < threshold)).any():
        assert not hidden.any()


@settings(max_examples=12, deadline=None)
@given(TABLES, st.sampled_from([5, 11]))
def test_nothing_cheaper_is_safe(counts, threshold):
    """Every cheaper set of figures of tables with few of them, every cheaper set of cells of the others."""
    shape, cells = counts.shape, counts.size
    truth = sums(*shape) @ counts.ravel()
    primary = (truth >= 1) & (truth < threshold)
    found = cost(np.isnan(figures(protect(counts, threshold))), truth, cells)
    others = np.flatnonzero(~primary)
    others = others if others.size <= 13 else others[others < cells]
    for hidden in cheaper(primary, others, truth, shape, found=found, threshold=threshold):
        assert not is_safe(np.where(hidden, np.nan, truth), shape, threshold), hidden


def cheaper(primary, others, truth, shape, *, found, threshold):
    """Sets that cost less than `found`, without those where a line's total is known and too little is hidden in it."""
    rows, columns = shape
    choices = (np.arange(2**others.size)[:, None] >> np.arange(others.size)) % 2 == 1
    sets = np.tile(primary, (len(choices), 1))
    sets[:, others] |= choices
    cells = rows * columns
    sets = sets[[cost(one, truth, cells) < found for one in sets]]
    grid, held = sets[:, :cells].reshape(-1, rows, columns), truth[:cells].reshape(shape)
    kept = np.ones(len(sets), dtype=bool)
    for axis, totals in ((2, sets[:, cells : cells + rows]), (1, sets[:, cells + rows : -1])):
        enough = (grid.sum(axis) >= 2) & ((grid * held).sum(axis) >= threshold)
        kept &= np.where(totals, grid.any(axis), ~grid.any(axis) | enough).all(axis=1)
    return sets[kept]


def tables(rows: int, columns: int, total: int):
    """Every table of whole numbers with a total of `total` at most."""
    return (
        np.array(cells).reshape(rows, columns)
        for cells in itertools.product(range(total + 1), repeat=rows * columns)
        if sum(cells) <= total
    )


@pytest.mark.parametrize("shape", [(1, 3), (2, 2), (3, 1), (2, 3)])
def test_every_table_that_agrees_is_listed(shape):
    """A reader who lists every table of a total of 7 or less finds a width of 3 or more for each hidden figure.

    Hidden totals may be larger than what is listed: the list gives a width at most as large as the true one.
    """
    every = sums(*shape)
    listed = np.array([every @ table.ravel() for table in tables(shape[0], shape[1], 7)])
    rng = np.random.default_rng(0)
    for truth in listed[(listed[:, -1] <= 4)][rng.permutation(int((listed[:, -1] <= 4).sum()))[:25]]:
        published = figures(protect(truth[: shape[0] * shape[1]].reshape(shape), 3))
        known = ~np.isnan(published)
        agreeing = listed[(listed[:, known] == published[known]).all(axis=1)]
        assert (np.ptp(agreeing, axis=0)[~known] >= 3).all(), truth


@settings(max_examples=12, deadline=None)
@given(TABLES, st.randoms(use_true_random=False))
def test_order_and_transposition_change_nothing_to_what_it_costs(counts, shuffle):
    rows, columns = list(range(counts.shape[0])), list(range(counts.shape[1]))
    shuffle.shuffle(rows)
    shuffle.shuffle(columns)
    asked = [counts, counts[np.ix_(rows, columns)], counts.T]
    costs = {
        cost(np.isnan(figures(protect(table))), sums(*table.shape) @ table.ravel(), counts.size) for table in asked
    }
    assert len(costs) == 1


@pytest.mark.parametrize("seed", [0, 1])
def test_large_tables_are_safe_and_the_same_twice(seed):
    rng = np.random.default_rng(seed)
    counts = rng.poisson(rng.gamma(0.8, 40, (9, 14)))
    found = figures(protect(counts))
    np.testing.assert_array_equal(found, figures(protect(counts)))
    assert is_safe(found, counts.shape, 11)
    assert not np.isnan(found[-1])
