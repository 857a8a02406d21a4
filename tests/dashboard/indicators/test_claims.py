"""Figures of the claims: golden cases, agreement with independent implementations, planted truth found again."""

from __future__ import annotations

import math
from datetime import date, datetime
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from dashboard.indicators import claims
from dashboard.indicators.activity import Bounds, Comparison
from dashboard.indicators.claims import BestCovered, Exposed, Kept
from dashboard.indicators.rates import Rate, rate, rate_ratio, share, share_comparison, verdict

NONE = Rate(math.nan, 0, math.inf)


def cells(*rows: tuple[int, int, float], name: str = "hours") -> list[dict[str, Any]]:
    """Rows of weekday, hour and a number."""
    return [{"weekday": weekday, "hour": hour, name: value} for weekday, hour, value in rows]


def test_a_rate_and_its_comparison_are_those_of_rates():
    figure = claims.rate_figure(Exposed(30, 600.0), Exposed(10, 500.0), 100)
    assert figure.estimate == rate(30, 600, 100)
    assert isinstance(figure.comparison, Comparison)
    assert figure.comparison.change == rate_ratio(30, 600, 10, 500)
    assert figure.comparison.before == rate(10, 500, 100)
    assert figure.comparison.verdict == "hausse"


@pytest.mark.parametrize(
    ("now", "before", "why"),
    [
        (Exposed(3, 10.0), None, "sans période"),
        (Exposed(3, 0.0), Exposed(3, 10.0), "non observé"),
        (Exposed(3, 10.0), Exposed(3, 0.0), "non observé"),
        (Exposed(3, 10.0, 2.0), Exposed(3, 10.0, 0.9), "autre source"),
    ],
)
def test_what_cannot_be_compared_says_why(now: Exposed, before: Exposed | None, why: str):
    assert claims.rate_figure(now, before, 1).comparison == why


def test_a_register_or_a_motif_is_enough_and_counts_once():
    rows = [
        {"register": "a", "motif": "x", "interventions": 1},
        {"register": "a", "motif": "y", "interventions": 2},
        {"register": "b", "motif": "x", "interventions": 4},
        {"register": None, "motif": None, "interventions": 8},
    ]
    assert claims.counted(rows, Kept(("a",), ("x",))) == 7
    assert claims.counted(rows, Kept(("a",))) == 3
    assert claims.counted(rows, Kept()) == 0


def test_the_best_covered_hours_are_the_first_half_of_the_patrol():
    found = claims.best_covered(cells((2, 14, 10), (2, 15, 40), (3, 14, 30), (3, 15, 20)))
    assert found == BestCovered(frozenset({(2, 15), (3, 14)}), 0.7)


def test_hours_equally_patrolled_enter_together_or_not_at_all():
    found = claims.best_covered(cells((2, 14, 10), (2, 15, 10), (3, 14, 10), (3, 15, 1)))
    assert found == BestCovered(frozenset({(2, 14), (2, 15), (3, 14)}), 30 / 31)
    assert claims.best_covered(cells((2, 14, 10), (3, 14, 10))) is None
    assert claims.best_covered(cells((2, 14, 0))) is None
    assert claims.best_covered([]) is None


@given(
    st.dictionaries(
        st.tuples(st.integers(1, 7), st.integers(0, 23)), st.floats(0.01, 500).map(lambda hours: round(hours, 2))
    )
)
def test_no_smaller_set_of_the_most_patrolled_hours_holds_half(hours: dict[tuple[int, int], float]):
    found = claims.best_covered(
        [{"weekday": day, "hour": hour, "hours": spent} for (day, hour), spent in hours.items()]
    )
    if found is None:
        return
    inside = [hours[cell] for cell in found.cells]
    outside = [spent for cell, spent in hours.items() if cell not in found.cells]
    assert min(inside) > max(outside)
    assert found.hours_share == pytest.approx(sum(inside) / sum(hours.values()))
    assert found.hours_share >= 0.5 - 1e-9
    assert sum(spent for spent in inside if spent > min(inside)) < sum(hours.values()) / 2 + 1e-6


def test_requests_without_an_hour_are_in_neither_number():
    asked = cells((2, 15, 5), (2, 14, 3), name="recorded")
    asked.append({"weekday": 2, "hour": None, "recorded": 100})
    assert claims.within(asked, BestCovered(frozenset({(2, 15)}), 0.6)) == (5, 8)


def test_requests_that_follow_the_patrol_give_the_reference_share_again():
    """Nothing is planted: 95 % of the intervals, at least, must hold the reference."""
    rng = np.random.default_rng(4)
    patrol = cells(*((day, hour, float(rng.integers(5, 60))) for day in range(2, 7) for hour in range(14, 24)))
    best = claims.best_covered(patrol)
    assert best is not None
    chances = np.array([row["hours"] for row in patrol]) / sum(row["hours"] for row in patrol)
    held = 0
    for counts in rng.multinomial(300, chances, size=400):
        asked = [row | {"recorded": int(count)} for row, count in zip(patrol, counts, strict=True)]
        found = share(*claims.within(asked, best))
        held += found.low <= best.hours_share <= found.high
    assert held / 400 >= 0.95


def test_each_hour_has_its_part_of_the_requests_and_of_the_patrol():
    asked = [
        {"weekday": 2, "hour": 23, "requests": 9, "recorded": 3},
        {"weekday": 3, "hour": 23, "requests": 1, "recorded": 1},
        {"weekday": 2, "hour": 0, "requests": 5, "recorded": 4},
        {"weekday": 2, "hour": None, "requests": 7, "recorded": 7},
    ]
    patrol = cells((2, 22, 5), (2, 23, 10), (3, 0, 5))
    found = claims.by_hour(asked, patrol, (21, 22, 23, 0))
    assert [(hour.hour, hour.requests, hour.hours_share) for hour in found] == [
        (22, 0, 0.25),
        (23, 4, 0.5),
        (0, 4, 0.25),
    ]
    assert found[1].share == share(4, 8)
    without = claims.by_hour(asked, [], (22, 23, 0))
    assert [(hour.hour, hour.requests, hour.hours_share) for hour in without] == [(23, 10, None), (0, 5, None)]
    assert claims.by_hour([], patrol, (22, 23, 0)) == ()
    with pytest.raises(ValueError, match=r"hours \[0\] are not in the order"):
        claims.by_hour(asked, patrol, (21, 22, 23))


def month(start: date, **given: Any) -> dict[str, Any]:
    """A full month of service unless said otherwise."""
    full = {"days": 30, "planned_days": 20, "observed_days": 20, "patrol_hours": 100.0, "all_interventions": 9}
    return {"month": datetime(start.year, start.month, 1)} | full | given


def test_quarters_are_rates_where_presence_is_known():
    origins = [
        {"quarter": datetime(2025, 1, 1), "origin": "habitant_telephone", "interventions": 9, "observed": 6},
        {"quarter": datetime(2025, 1, 1), "origin": "habitant_telephone", "interventions": 4, "observed": 3},
        {"quarter": datetime(2025, 1, 1), "origin": "gardien", "interventions": 50, "observed": 50},
        {"quarter": datetime(2025, 4, 1), "origin": "habitant_terrain", "interventions": 8, "observed": 8},
    ]
    service = [month(date(2025, number, 1)) for number in (1, 2, 3)] + [month(date(2025, 4, 1))]
    service += [month(date(2025, number, 1), patrol_hours=0.0, observed_days=0) for number in (7, 8, 9)]
    first, second, third = claims.quarters(origins, service, has_presence=True)
    assert (first.start, first.state, first.hours) == (date(2025, 1, 1), "complet", 300.0)
    assert first.estimates["habitant_telephone"] == rate(9, 300, 100)
    assert first.estimates["habitant_terrain"] == rate(0, 300, 100)
    assert (second.state, second.counts["habitant_terrain"]) == ("incomplet", 8)
    assert third.state == "non observé"
    assert math.isnan(third.estimates["habitant_telephone"].value)


def test_quarters_are_numbers_where_it_is_not():
    origins = [{"quarter": datetime(2025, 1, 1), "origin": "habitant_telephone", "interventions": 9, "observed": 0}]
    service = [month(date(2025, number, 1), patrol_hours=0.0, planned_days=0, observed_days=0) for number in (1, 2, 3)]
    (found,) = claims.quarters(origins, service, has_presence=False)
    assert (found.hours, found.state) == (None, "complet")
    assert found.estimates["habitant_telephone"] == rate(9, 1)


def test_a_quarter_with_thin_presence_is_incomplete():
    service = [month(date(2025, number, 1), observed_days=14) for number in (10, 11, 12)]
    assert claims.quarters([], service, has_presence=True)[0].state == "incomplet"


def compared(*pairs: tuple[int, int]) -> list[Comparison]:
    """Comparisons of counts over equal exposures."""
    changes = [rate_ratio(now, 100, before, 100) for now, before in pairs]
    return [
        Comparison(rate(before, 100), change, verdict(change))
        for (_, before), change in zip(pairs, changes, strict=True)
    ]


def test_verdicts_hold_among_all_comparisons_as_scipy_adjusts_them():
    given_ = compared((100, 40), (30, 14), (50, 50), (28, 14), (3, 2), (20, 20), (11, 10), (9, 9))
    kept, tested = claims.judged(given_)
    p_values = [comparison.change.p_value for comparison in given_]  # type: ignore[union-attr]
    passed = stats.false_discovery_control(p_values) <= 0.05
    assert tested == len(given_)
    assert [comparison.verdict in ("hausse", "baisse") for comparison in kept] == passed.tolist()
    alone = [comparison.verdict for comparison in given_]
    assert alone.count("hausse") == 3
    assert [comparison.verdict for comparison in kept].count("hausse") == 1
    assert [comparison.change for comparison in kept] == [comparison.change for comparison in given_]


def test_what_is_no_test_is_neither_counted_nor_changed():
    bounds = Comparison(NONE, Bounds(0.2, 0.1, 0.3), "hausse")
    unseen = Comparison(NONE, share_comparison(0, 0, 1, 2), "non observé")
    kept, tested = claims.judged([bounds, unseen, *compared((100, 40))])
    assert tested == 1
    assert [comparison.verdict for comparison in kept] == ["hausse", "non observé", "hausse"]
    assert claims.judged([]) == ((), 0)


def test_without_any_change_a_page_seldom_says_one():
    """200 pages of 20 comparisons of equal rates: at most one page in twenty, and a margin, may say a change."""
    rng, wrong = np.random.default_rng(12), 0
    for _ in range(200):
        pairs = [(int(now), int(before)) for now, before in rng.poisson(30, size=(20, 2))]
        wrong += any(comparison.verdict in ("hausse", "baisse") for comparison in claims.judged(compared(*pairs))[0])
    assert wrong / 200 <= 0.08
