"""The summary's figures on known totals, against independent statistics; months and motifs; what isn't observed."""

from __future__ import annotations

import math
from dataclasses import replace

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from dashboard.indicators import activity
from dashboard.indicators.activity import Bounds, Comparison, Totals
from dashboard.indicators.rates import RateRatio, ShareComparison

NOW = Totals(
    interventions=418,
    appeased=200,
    outcome_known=250,
    requests=261,
    origin_known=418,
    any_origin=420,
    requests_observed=249,
    patrol_hours=2490.0,
    timetable_hours=0.0,
    days=365,
    observed_days=249,
    planned_days=261,
    planned_hours=2610.0,
    documented_days=249,
    done_hours=2400.0,
    planned_documented_hours=2490.0,
    undocumented_days=12,
    is_timetable_unknown=False,
)


def compared(figure: activity.Figure) -> Comparison:
    """The comparison of a figure that has one."""
    assert isinstance(figure.comparison, Comparison)
    return figure.comparison


def test_figures_of_a_period_without_a_year_before():
    figures = activity.summary(NOW, None)
    assert figures.request_rate.estimate.value == pytest.approx(10.0)
    low, high = stats.chi2.ppf([0.025, 0.975], [2 * 249, 2 * 250]) / 2 / 2490 * 100
    assert (figures.request_rate.estimate.low, figures.request_rate.estimate.high) == pytest.approx((low, high))
    exact = stats.binomtest(261, 418).proportion_ci(0.95, "exact")
    assert (figures.request_share.estimate.low, figures.request_share.estimate.high) == pytest.approx(tuple(exact))
    assert figures.appeased_share.estimate.value == pytest.approx(0.8)
    assert {figure.comparison for figure in vars(figures).values()} == {"sans période"}


def test_a_request_of_a_day_without_presence_is_not_set_against_hours():
    figures = activity.summary(replace(NOW, requests=300), None)
    assert figures.request_rate.count == 249


def test_hours_done_are_bounded_by_what_is_not_recorded():
    hours = activity.summary(NOW, None).hours.estimate
    assert hours.value == pytest.approx(2400 / 2490)
    assert (hours.low, hours.high) == pytest.approx((2400 / 2610, 2520 / 2610))


def test_hours_that_the_record_leaves_in_doubt_are_not_said_to_fall():
    before = replace(NOW, done_hours=2450.0)
    comparison = compared(activity.summary(NOW, before).hours)
    assert isinstance(comparison.change, Bounds)
    assert comparison.change.difference == pytest.approx(-50 / 2490)
    assert comparison.verdict == "pas de différence établie"

    sure = {"planned_documented_hours": 2610.0, "undocumented_days": 0}
    fallen = activity.summary(replace(NOW, **sure), replace(before, **sure)).hours
    assert compared(fallen).verdict == "baisse"
    assert compared(activity.summary(replace(before, **sure), replace(NOW, **sure)).hours).verdict == "hausse"
    assert compared(activity.summary(replace(NOW, **sure), replace(NOW, **sure)).hours).verdict == (
        "pas de différence établie"
    )


def test_a_rise_is_said_when_the_exact_test_says_it():
    figures = activity.summary(NOW, replace(NOW, interventions=300, requests_observed=180, days=366))
    change = compared(figures.interventions).change
    assert isinstance(change, RateRatio)
    assert change.ratio == pytest.approx(418 / 365 / (300 / 366))
    assert compared(figures.interventions).verdict == "hausse"
    rate = compared(figures.request_rate)
    assert rate.verdict == "hausse"
    assert rate.before.value == pytest.approx(180 / 2490 * 100)
    exact = stats.binomtest(249, 249 + 180, 0.5)
    assert isinstance(rate.change, RateRatio)
    assert rate.change.p_value == pytest.approx(exact.pvalue)


def test_three_against_two_is_nothing():
    few = replace(NOW, interventions=3, requests_observed=3, requests=3, origin_known=3, appeased=1, outcome_known=3)
    fewer = replace(few, interventions=2, requests_observed=2, requests=2, appeased=2, outcome_known=2)
    figures = activity.summary(few, fewer)
    for figure in (figures.interventions, figures.request_rate, figures.request_share, figures.appeased_share):
        assert compared(figure).verdict == "pas de différence établie"


def test_shares_are_compared_in_points():
    change = compared(activity.summary(NOW, replace(NOW, requests=150)).request_share).change
    assert isinstance(change, ShareComparison)
    assert change.difference == pytest.approx((261 - 150) / 418)


def test_nothing_observed_is_no_value_and_no_comparison():
    blind = replace(
        NOW,
        patrol_hours=0.0,
        requests_observed=0,
        documented_days=0,
        done_hours=0.0,
        planned_documented_hours=0.0,
        origin_known=0,
        requests=0,
        outcome_known=0,
        appeased=0,
    )
    for now, before in ((blind, NOW), (NOW, blind), (blind, blind)):
        figures = activity.summary(now, before)
        for figure in (figures.request_rate, figures.hours, figures.request_share, figures.appeased_share):
            assert figure.comparison == "non observé"
            assert math.isnan(figure.estimate.value) == (now is blind)


def test_hours_of_another_source_are_not_compared():
    timetable = replace(NOW, timetable_hours=NOW.patrol_hours)
    assert activity.summary(NOW, timetable).request_rate.comparison == "autre source"
    assert activity.summary(timetable, timetable).request_rate.comparison != "autre source"
    nearly = replace(NOW, timetable_hours=0.09 * NOW.patrol_hours)
    assert isinstance(activity.summary(nearly, NOW).request_rate.comparison, Comparison)


COUNTS = st.integers(0, 5000)
HOURS = st.just(0.0) | st.floats(0.25, 1e5)


@settings(deadline=None)
@given(interventions=COUNTS, requests=COUNTS, hours=HOURS, before=COUNTS, hours_before=HOURS)
def test_no_verdict_contradicts_the_interval_beside_it(interventions, requests, hours, before, hours_before):
    now = replace(NOW, interventions=interventions, requests_observed=requests, patrol_hours=hours)
    then = replace(NOW, interventions=before, requests_observed=before, patrol_hours=hours_before)
    figures = activity.summary(now, then)
    for figure in (figures.interventions, figures.request_rate, figures.hours):
        if not isinstance(figure.comparison, Comparison):
            continue
        neutral = 1 if isinstance(figure.comparison.change, RateRatio) else 0
        low, high = figure.comparison.change.low, figure.comparison.change.high
        said = "hausse" if low > neutral else "baisse" if high < neutral else "pas de différence établie"
        assert figure.comparison.verdict == said


def month(first: str, **given: float) -> dict[str, object]:
    """A row of `service_monthly`: a whole month of 22 days of service, all observed, 200 hours."""
    start = pd.Timestamp(first)
    whole: dict[str, object] = {"days": start.days_in_month, "planned_days": 22}
    whole |= {"observed_days": 22, "patrol_hours": 200.0}
    return {"month": start, "all_interventions": 10} | whole | given


SERVICE = pd.DataFrame(
    [
        month("2025-01-01", days=15),
        month("2025-02-01"),
        month("2025-03-01", observed_days=0, patrol_hours=0.0),
        month("2025-04-01", observed_days=17, patrol_hours=150.0),
        month("2025-05-01", observed_days=18, patrol_hours=160.0),
        month("2025-06-01", observed_days=0, patrol_hours=0.0, all_interventions=0),
        month("2025-07-01", days=29),
    ]
)
ACTIVITY = pd.DataFrame(
    {
        "month": pd.to_datetime(["2025-02-01", "2025-03-01", "2025-04-01"]),
        "interventions": [40, 5, 0],
        "requests_observed": [20, 0, 3],
    }
)


def test_months_of_requests_per_hundred_hours():
    months = activity.monthly(ACTIVITY, SERVICE, "demandes")
    states = ["incomplet", "complet", "non observé", "incomplet", "complet", "non observé", "complet"]
    assert [month.state for month in months] == states
    assert months[1].estimate.value == pytest.approx(10.0)
    assert months[3].estimate.value == pytest.approx(2.0)
    assert months[4].estimate.value == 0
    assert months[4].estimate.high > 0
    assert all(math.isnan(month.estimate.value) for month in months if month.state == "non observé")


def test_months_of_interventions_are_numbers_and_never_a_false_zero():
    months = activity.monthly(ACTIVITY, SERVICE, "interventions")
    assert [month.count for month in months] == [0, 40, 5, 0, 0, 0, 0]
    assert months[2].state == "incomplet"
    assert months[5].state == "non observé"
    assert months[1].estimate.low == pytest.approx(stats.chi2.ppf(0.025, 80) / 2)
    assert all(month.hours is None for month in months)


def test_motifs_are_shares_of_those_whose_motif_is_known():
    counts = pd.DataFrame({"motif": ["tag", "feu", None, "bruit"], "interventions": [60, 30, 15, 10]})
    found = activity.motifs(counts, shown=2)
    assert [(motif.code, motif.count) for motif in found.shown] == [("tag", 60), ("feu", 30)]
    assert (found.known, found.unknown, found.others) == (100, 15, 10)
    exact = stats.binomtest(60, 100).proportion_ci(0.95, "exact")
    assert (found.shown[0].share.low, found.shown[0].share.high) == pytest.approx(tuple(exact))


def test_no_motif_at_all():
    empty = pd.DataFrame({"motif": pd.Series([], dtype=str), "interventions": pd.Series([], dtype=int)})
    assert activity.motifs(empty) == activity.Motifs((), 0, 0, 0)
