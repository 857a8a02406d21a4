"""Figures of neighbourhoods on counts anyone can check by hand, and the hours of a service day across midnight."""

from __future__ import annotations

import math

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.indicators.rates import rate
from dashboard.indicators.zones import band, service_order, together, zones

NORTH = {"neighbourhood_id": "nord", "name": "Nord", "population": 1000, "population_source": "INSEE"}
SOUTH = {"neighbourhood_id": "sud", "name": None, "population": math.nan, "population_source": None}
KNOWN = [row | {"population_date": None} for row in (NORTH, SOUTH)]


def counts(**observed: tuple[int, int]) -> pd.DataFrame:
    """Counts of neighbourhoods: interventions, and those of days whose presence is known."""
    return pd.DataFrame(
        [
            {"neighbourhood_id": zone, "interventions": n, "requests": 1, "located": n - 1, "observed": seen}
            for zone, (n, seen) in observed.items()
        ],
        columns=["neighbourhood_id", "interventions", "requests", "located", "observed"],
    )


def presence(**hours: float) -> pd.DataFrame:
    """Patrol hours of neighbourhoods."""
    return pd.DataFrame(list(hours.items()), columns=["neighbourhood_id", "hours"])


def test_rates_by_hand():
    north, south = zones(
        KNOWN, counts(nord=(12, 10), sud=(4, 4)), presence(nord=50.0, sud=20.0), days=1461, is_presence_known=True
    )
    assert north.per_hours == rate(10, 50, per=100)
    assert north.per_hours.value == 20.0
    assert north.per_inhabitants.value == pytest.approx(3.0)  # 12 in four years among 1,000
    assert north.per_year.value == pytest.approx(3.0)
    assert (north.interventions, north.requests, north.located, north.observed) == (12, 1, 11, 10)
    assert south.name == "sud"
    assert south.per_hours.value == 20.0
    assert math.isnan(south.per_inhabitants.value)


@pytest.mark.parametrize("hours", [{}, {"nord": 0.0}, {"nord": math.nan}, {"nord": None}])
def test_without_presence_a_rate_is_unknown_and_not_nought(hours: dict):
    north = zones(KNOWN[:1], counts(nord=(12, 0)), presence(**hours), days=365, is_presence_known=True)[0]
    assert north.hours == 0
    assert math.isnan(north.per_hours.value)
    assert (north.per_hours.low, north.per_hours.high) == (0, math.inf)
    assert not north.is_observed
    assert math.isnan(north.per_inhabitants.value), "nobody was there to record anything"
    assert math.isnan(north.per_year.value)


def test_where_no_presence_is_known_at_all_counts_are_per_year_and_per_inhabitant():
    north = zones(KNOWN[:1], counts(nord=(12, 0)), presence(), days=1461, is_presence_known=False)[0]
    assert north.is_observed
    assert math.isnan(north.per_hours.value)
    assert north.per_inhabitants.value == pytest.approx(3)
    assert north.per_year.value == pytest.approx(3)


def test_a_neighbourhood_where_nothing_happened_has_a_rate_of_nought_with_its_upper_end():
    north = zones(KNOWN[:1], counts(), presence(nord=50.0), days=365, is_presence_known=True)[0]
    assert north.interventions == 0
    assert north.per_hours == rate(0, 50, per=100)
    assert north.per_hours.high > 7


def test_together_takes_the_hours_it_is_given_and_no_population_when_one_is_missing():
    both = zones(
        KNOWN, counts(nord=(12, 10), sud=(4, 4)), presence(nord=50.0, sud=50.0), days=365, is_presence_known=True
    )
    whole = together("Ensemble", both, 50.0, days=365, is_presence_known=True)
    assert (whole.interventions, whole.observed, whole.hours) == (16, 14, 50.0)
    assert whole.per_hours.value == pytest.approx(28)
    assert whole.population is None
    assert together("Ensemble", both[:1], None, days=365, is_presence_known=True).population == 1000


def test_the_service_day_goes_past_midnight():
    assert service_order([23, 0, 14, 20], 6) == (14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 0)
    assert service_order([19, 1], 6) == (19, 20, 21, 22, 23, 0, 1)
    assert service_order([8, 17], 0) == tuple(range(8, 18))
    assert service_order([], 6) == ()


def test_a_band_may_cross_midnight():
    order = service_order([14, 1], 6)
    assert band(order, 22, 1) == (22, 23, 0, 1)
    assert band(order, 14, 14) == (14,)
    assert band(order, 14, 1) == (), "all the hours: no restriction, unknown hours included"


@given(st.sets(st.integers(0, 23), min_size=1), st.integers(0, 23), st.data())
def test_order_and_band_keep_every_hour_once(hours: set[int], starts: int, data: st.DataObject):
    order = service_order(hours, starts)
    assert hours <= set(order)
    assert len(set(order)) == len(order)
    first, last = data.draw(st.sampled_from(order)), data.draw(st.sampled_from(order))
    chosen = band(order, first, last)
    assert chosen == () or {first, last} <= set(chosen)
    assert "".join(map(chr, chosen)) in "".join(map(chr, order))
