"""Linked tables: a year of quarters, zones and categories protected together, then an owner's figures on top."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse
from scipy.optimize import linprog

from bench.bench_disclosure import Year, owned, year
from dashboard.indicators.disclosure import Linked, Unprotectable, bounds, exposed, protect_linked


def interval(linked: Linked, hidden, place: int) -> tuple[float, float]:
    """What every table in agreement with the published figures says of one of them, by levels rather than by moves."""
    known = linked.fixed | (linked.shown & ~hidden)
    ends = []
    for sign in (1.0, -1.0):
        cost = np.zeros(linked.values.size)
        cost[place] = sign
        limits = [
            (value, value) if is_known else (0, None) for value, is_known in zip(linked.values, known, strict=True)
        ]
        zeros = np.zeros(linked.relations.shape[0])
        found = linprog(cost, A_eq=linked.relations, b_eq=zeros, bounds=limits, method="highs-ipm")
        ends.append(sign * found.fun if found.status == 0 else -sign * np.inf)
    return ends[0], ends[1]


def small(relations, values, **given) -> Linked:
    """Figures all shown, threshold 11, weight 1, unless said otherwise."""
    values = np.asarray(values, dtype=float)
    never = np.zeros(values.size, dtype=bool)
    fields = {
        "thresholds": np.full(values.size, 11.0),
        "shown": ~never,
        "fixed": never,
        "hidden": never,
        "weights": np.ones(values.size),
    }
    return Linked(values, sparse.csr_array(np.atleast_2d(relations)), **fields | given)


def attacked(linked: Linked, hidden, sample: int) -> None:
    """An attack on some of the hidden figures, and on sensitive ones never shown, finds none narrow."""
    asked = np.flatnonzero(hidden | (linked.sensitive & ~linked.shown))
    rng = np.random.default_rng(0)
    for place in rng.permutation(asked)[:sample]:
        low, high = interval(linked, hidden, int(place))
        assert high - low >= linked.thresholds[place] - 1e-6, place
        assert low - 1e-6 <= linked.values[place] <= high + 1e-6


@pytest.fixture(scope="module")
def common() -> Year:
    return year(4, zones=4, families=(5, 3), mean=15)


@pytest.fixture(scope="module")
def mask(common: Year):
    return protect_linked(common.linked)


def test_a_year_is_safe_under_an_attack_on_every_hidden_figure(common: Year, mask):
    linked = common.linked
    assert linked.sensitive.sum() > 20
    assert mask[linked.sensitive].all()
    assert not exposed(linked, mask).size
    attacked(linked, mask, 60)
    assert mask.sum() < 2 * linked.sensitive.sum()


def test_the_same_year_gives_the_same_mask(common: Year, mask):
    np.testing.assert_array_equal(mask, protect_linked(common.linked))


def test_no_single_figure_could_be_published_after_all(common: Year, mask):
    linked = common.linked
    for place in np.flatnonzero(mask & ~linked.sensitive)[::3]:
        trial = mask.copy()
        trial[place] = False
        assert exposed(linked, trial).size, place


def test_sensitive_figures_alone_are_exposed_and_said_so(common: Year):
    linked = common.linked
    weak = exposed(linked, linked.sensitive)
    assert weak.size
    for place in weak[:5]:
        low, high = interval(linked, linked.sensitive, int(place))
        assert high - low < linked.thresholds[place] - 1e-6


def test_what_is_published_though_sensitive_is_exposed(common: Year, mask):
    place = int(np.flatnonzero(common.linked.sensitive)[0])
    trial = mask.copy()
    trial[place] = False
    assert place in exposed(common.linked, trial)


def test_bounds_are_those_of_the_attack(common: Year, mask):
    linked = common.linked
    asked = np.concatenate([np.flatnonzero(mask)[:8], np.flatnonzero(~mask)[:3]])
    low, high = bounds(linked, mask, asked)
    for place, one, other in zip(asked, low, high, strict=True):
        np.testing.assert_allclose((one, other), interval(linked, mask, int(place)), atol=1e-5)
    small_one = small([1, -1, -1], [14, 5, 9])
    low, high = bounds(small_one, np.array([False, True, True]))
    assert low.tolist() == [14, 0, 0]
    assert high.tolist() == [14, 14, 14]
    assert bounds(small_one, np.array([True, True, False]), [0])[1].tolist() == [np.inf]


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_an_owner_s_figures_come_on_top_of_what_is_published(common: Year, mask, seed: int):
    linked = owned(common, mask, seed, share=0.3)
    found = protect_linked(linked)
    assert found[linked.hidden].all()
    assert not found[linked.fixed].any()
    assert found[linked.sensitive & linked.shown].all()
    assert not exposed(linked, found).size
    attacked(linked, found, 25)


def test_a_figure_never_shown_is_not_deduced_either():
    """12 = a + b with b never shown and worth 3: a, worth 9 for a threshold of 5, must be hidden too."""
    linked = small([1, -1, -1], [12, 9, 3], shown=[True, True, False], thresholds=[11, 5, 11])
    assert exposed(linked, np.zeros(3, dtype=bool)).tolist() == [2]
    assert protect_linked(linked).tolist() == [False, True, False]


def test_thresholds_differ_from_one_figure_to_another():
    """A technical fact is safe with a width of 5; the same figures about people must be hidden with their total."""
    technical = small([1, -1, -1], [7, 4, 3], thresholds=[5, 5, 5])
    assert protect_linked(technical).tolist() == [False, True, True]
    people = small([1, -1, -1], [14, 4, 10], thresholds=[15, 15, 15])
    assert protect_linked(people).tolist() == [True, True, True]


def test_what_is_hidden_elsewhere_stays_hidden_and_is_protected():
    linked = small([1, -1, -1, -1], [90, 20, 30, 40], hidden=[False, True, False, False], weights=[9, 1, 1, 2])
    assert protect_linked(linked).tolist() == [False, True, True, False]


def test_what_costs_less_is_hidden_first():
    linked = small([1, -1, -1, -1], [75, 5, 30, 40], weights=[9, 1, 5, 2])
    assert protect_linked(linked).tolist() == [False, True, False, True]


def test_a_sensitive_figure_that_nothing_can_protect_is_an_error():
    linked = small([1, -1, -1], [9, 4, 5], thresholds=[0, 11, 11], fixed=[True, False, False])
    with pytest.raises(Unprotectable) as raised:
        protect_linked(linked)
    assert raised.value.indices == (1, 2)
    assert "[1, 2]" in str(raised.value)


def test_a_sensitive_figure_published_elsewhere_is_an_error():
    with pytest.raises(Unprotectable) as raised:
        protect_linked(small([1, -1, -1], [24, 4, 20], fixed=[False, True, False]))
    assert raised.value.indices == (1,)


def test_sensitive_figures_come_before_those_hidden_for_them():
    """a + b = 25 and a + c = 15 are published: b, worth 20 for a threshold of 20, can only be hidden from 10 to 25."""
    linked = small(
        [[1, -1, -1, 0, 0], [0, -1, 0, -1, 1]],
        [25, 5, 20, 10, 15],
        thresholds=[0, 11, 20, 11, 0],
        fixed=[True, False, False, False, True],
    )
    found = protect_linked(linked)
    assert found.tolist() == [False, True, True, True, False]
    assert exposed(linked, found).tolist() == [2]


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("values", [12.0, 9.0, 2.0], "relation"),
        ("values", [12.5, 9.5, 3.0], "whole"),
        ("values", [6.0, 9.0, -3.0], "whole"),
        ("weights", [1, 0, 1], "positive"),
        ("shown", [True, True], "entry"),
        ("hidden", [True, False, False], "both"),
    ],
)
def test_a_system_that_makes_no_sense_is_refused(field, value, words):
    linked = small([1, -1, -1], [12, 9, 3], fixed=[True, False, False])
    with pytest.raises(ValueError, match=words):
        replace(linked, **{field: np.asarray(value)})
