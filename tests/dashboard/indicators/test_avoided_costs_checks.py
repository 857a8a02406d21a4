"""Layer A's checks, verdict, avoided repairs and euros, power, and the series without comparison."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest

from dashboard.indicators.avoided import avoided, power
from dashboard.indicators.avoided_costs import analyse, assess, interrupted_series, verdict
from dashboard.indicators.did import Effect, estimate
from dashboard.indicators.interrupted import Interrupted, model_of
from dashboard.indicators.ledger_table import Columns
from dashboard.indicators.panel import Panel, repairs_panel
from dashboard.indicators.parallel_trends import (
    LeaveOneOut,
    ParallelTrends,
    Placebo,
    leave_one_out,
    parallel_trends,
    placebo_date,
    placebo_group,
)
from tests.dashboard.indicators.ledgers import ledger, rows


def panel(**drawn: Any) -> Panel:
    """A drawn ledger, read."""
    return repairs_panel(ledger(**drawn), Columns())


# Trends and placebos.


def test_groups_that_drift_apart_before_the_start_are_seen():
    drifting = panel(effect=1.0, drift=0.6, seed=3)
    found, date_ = parallel_trends(drifting), placebo_date(drifting)
    assert found is not None
    assert date_ is not None
    assert found.differ
    assert found.drift_low < 0.6 < found.drift_high < 1
    assert date_.flagged
    assert date_.start == date(2024, 8, 1)
    assert date_.rate_ratio == pytest.approx(0.6**0.75, abs=0.15)  # nine months between the middles of its halves


def test_what_happens_at_the_start_is_not_a_trend_before_it():
    """The checks read nothing of the months after: whatever happens there, they say the same."""
    frame = ledger(seed=5)
    tripled = frame["count"].where(~(frame["treated"] & frame["after"]), frame["count"] * 3)
    fell, rose = (repairs_panel(one, Columns()) for one in (frame, frame.assign(count=tripled)))
    assert placebo_date(fell) == placebo_date(rose)
    before, after = parallel_trends(fell), parallel_trends(rose)
    assert before is not None
    assert after is not None
    assert replace(before, quarters=()) == replace(after, quarters=())
    assert before.quarters[-1].rate_ratio < after.quarters[-1].rate_ratio / 2
    assert not before.differ


def test_quarters_are_the_event_study_of_the_formula():
    import statsmodels.api as sm
    import statsmodels.formula.api as smf

    frame = ledger(treated=5, comparison=5, months=15, after=6, seed=7)
    start = frame.loc[frame["after"], "month"].min()
    months = (frame["month"].dt.year - start.year) * 12 + frame["month"].dt.month - start.month
    quarter = np.where(frame["treated"] & (months // 3 != -1), months // 3 + 10, 0)
    theirs = smf.glm(
        "count ~ C(residence) + C(month) + C(quarter)",
        frame.assign(quarter=quarter),
        family=sm.families.Poisson(),
        offset=np.log(frame["dwellings"]),
    ).fit(tol=1e-12)
    found = analyse(frame).trends
    assert found is not None
    assert [one.index for one in found.quarters] == [-3, -2, -1, 0, 1]
    assert (found.quarters[2].rate_ratio, found.quarters[2].low, found.quarters[2].high) == (1, 1, 1)
    assert (found.quarters[0].first_month, found.quarters[4].last_month) == (date(2023, 11, 1), date(2025, 1, 1))
    for one in found.quarters:
        if one.index != -1:
            assert math.log(one.rate_ratio) == pytest.approx(theirs.params[f"C(quarter)[T.{one.index + 10}]"], abs=1e-7)
            assert one.low < one.rate_ratio < one.high


def test_the_false_group_is_half_of_the_comparison_of_like_size_and_always_the_same():
    whole = panel(effect=0.5, seed=2)
    found = placebo_group(whole)
    assert found is not None
    assert found == placebo_group(whole)
    assert not found.flagged
    assert found.n_residences == 8
    comparison = {name for name, treated in zip(whole.residences, whole.treated, strict=True) if not treated}
    assert len(found.residences) == 4
    assert set(found.residences) < comparison
    others = {placebo.residences for seed in range(6) if (placebo := placebo_group(whole, seed=seed))}
    assert len(others) > 1
    assert placebo_group(panel(comparison=5)) is None


def test_one_residence_that_makes_the_result_is_named():
    frame = ledger(effect=1.0, seed=9)
    name = frame.loc[frame["treated"], "residence"].min()
    odd = (frame["residence"] == name) & frame["after"]
    found = leave_one_out(repairs_panel(frame.assign(count=frame["count"].where(~odd, frame["count"] // 8)), Columns()))
    assert found is not None
    assert found.highest_without == name
    without = estimate(repairs_panel(rows(frame, frame["residence"] != name), Columns()))
    assert found.highest == pytest.approx(without.rate_ratio)
    assert found.low < found.lowest <= found.highest < found.high


def test_little_before_the_start_leaves_the_checks_untested():
    short = ledger(months=24, after=18)
    found = analyse(rows(short, short["month"] >= "2024-01-01"))
    assert found.trends is None
    assert found.placebo_date is None
    assert {"trends_untested", "placebo_date_untested", "few_months"} <= set(found.assessment.reasons)


# The verdict.

EFFECT = Effect(
    rate_ratio=0.8,
    low=0.7,
    high=0.9,
    p_value=0.001,
    dispersion=1.2,
    n_residences=24,
    n_months=36,
    level=0.95,
    low_90=0.72,
    high_90=0.88,
    standard_error=0.06,
    degrees=23,
    effective=20.0,
    inference="cluster-robust t",
    family="poisson",
    n_treated=12,
    n_before=18,
    n_after=18,
    n_landlords=1,
    repairs=5000.0,
    repairs_after=900.0,
    missing=0,
    cut=0,
    dropped=(),
)
SILENT = Placebo(1.0, 0.9, 1.1, 0.9, False, 24, 18)
GOOD: dict[str, Any] = {
    "trends": ParallelTrends(1.0, 0.9, 1.1, 0.9, 0.8, False, 18, ()),
    "placebo_date": SILENT,
    "placebo_group": SILENT,
    "leave_one_out": LeaveOneOut(0.78, "A", 0.83, "B", 0.7, 0.92, 0.95),
}
DIFFER = {"trends": replace(GOOD["trends"], differ=True)}
FLAGGED = {"placebo_date": replace(SILENT, flagged=True)}
CARRIED = {"leave_one_out": replace(GOOD["leave_one_out"], high=1.01)}


@pytest.mark.parametrize(
    ("effect", "checks", "expected"),
    [
        ({}, {}, "baisse établie"),
        ({}, DIFFER, "baisse probable"),
        ({}, FLAGGED, "baisse probable"),
        ({}, {"placebo_group": replace(SILENT, flagged=True)}, "baisse probable"),
        ({}, CARRIED, "baisse probable"),
        ({}, {"leave_one_out": replace(GOOD["leave_one_out"], worst_high=1.01)}, "baisse probable"),
        ({}, {"leave_one_out": replace(GOOD["leave_one_out"], high=math.nan)}, "baisse probable"),
        ({}, {"leave_one_out": None}, "baisse probable"),
        ({}, {"trends": None}, "baisse probable"),
        ({"p_value": 0.025}, {}, "baisse probable"),
        ({"p_value": 0.03}, FLAGGED, "baisse probable"),
        ({}, DIFFER | FLAGGED, "non concluant"),
        ({"n_treated": 4}, {}, "baisse probable"),
        ({"n_treated": 20}, {}, "baisse probable"),
        ({"n_before": 11}, {}, "baisse probable"),
        ({"n_after": 11}, {}, "baisse probable"),
        ({"inference": "profile likelihood"}, {}, "baisse probable"),
        ({"high": 1.02}, {}, "baisse probable"),
        ({"high": 1.02}, DIFFER, "non concluant"),
        ({"high": 1.02, "high_90": 1.0}, {}, "non concluant"),
        ({"low": 1.01, "high": 1.3, "low_90": 1.02, "high_90": 1.2, "rate_ratio": 1.1}, {}, "hausse"),
        ({"low": 0.9, "high": 1.3, "high_90": 1.2, "rate_ratio": 1.1}, {}, "non concluant"),
        ({"rate_ratio": math.nan, "low": 0.0, "high": math.inf, "p_value": math.nan}, {}, "non observé"),
    ],
)
def test_the_verdict_follows_the_rules(effect: dict[str, Any], checks: dict[str, Any], expected: str):
    assert verdict(replace(EFFECT, **effect), **(GOOD | checks)) == expected


def test_the_verdict_says_what_it_rests_on():
    checks: dict[str, Any] = GOOD | DIFFER | {"placebo_group": None}
    found = assess(replace(EFFECT, n_treated=3), **checks)
    assert found.reasons == (
        "interval_below_one",
        "few_residences",
        "trends_differ",
        "placebo_date_silent",
        "placebo_group_untested",
        "no_residence_carries",
    )
    with pytest.raises(ValueError, match=r"0\.95"):
        verdict(replace(EFFECT, level=0.9), **GOOD)


# Repairs, euros, power.


def test_avoided_repairs_say_what_the_ratio_says():
    frame = ledger(effect=0.7, seed=11)
    read = repairs_panel(frame.assign(cost=frame["count"] * 250.0), Columns())
    effect = estimate(read)
    found = avoided(read, effect)
    assert found is not None
    observed = frame.loc[frame["treated"] & frame["after"], "count"].sum()
    assert found.observed == observed
    assert found.expected == pytest.approx(observed / effect.rate_ratio)
    assert found.repairs == pytest.approx(found.expected - observed)
    assert (found.repairs_low > 0) == (effect.high < 1)
    assert found.repairs_low == pytest.approx(observed / effect.high - observed)
    # With one price for all, euros are repairs at that price, limits included.
    assert found.unit_cost == 250
    assert found.euros == pytest.approx(250 * found.repairs)
    assert found.euros_low == pytest.approx(250 * found.repairs_low, rel=1e-3)
    assert found.euros_high == pytest.approx(250 * found.repairs_high, rel=1e-3)


def test_unknown_prices_widen_euros_and_leave_repairs_alone():
    frame = ledger(effect=0.7, seed=11)
    prices = 40.0 * (frame["residence"].str[-2:].astype(int) + 1)
    read = repairs_panel(frame.assign(cost=(frame["count"] * prices).where(frame.index % 7 > 0)), Columns())
    effect = estimate(read)
    found = avoided(read, effect)
    assert found is not None
    assert found.euros_low is not None
    assert found.euros_high is not None
    assert found.unit_cost is not None
    assert found.unit_cost_repairs < frame.loc[frame["treated"], "count"].sum()
    assert found.euros_high / found.unit_cost > found.repairs_high
    assert 0 < found.euros_low / found.unit_cost < found.repairs_low
    assert avoided(replace(read, cost=None), effect) == replace(
        found, euros=None, euros_low=None, euros_high=None, unit_cost=None, unit_cost_repairs=0.0
    )


def test_no_limit_on_the_ratio_is_no_limit_on_repairs():
    one = panel(treated=1, comparison=4, seed=3)
    effect = estimate(one)
    found = avoided(one, effect)
    assert found is not None
    assert found.repairs_high == math.inf
    assert found.repairs_low == -found.observed
    assert math.isnan(power(effect).fall)


def test_power_is_the_fall_that_eight_such_ledgers_in_ten_would_show():
    found = power(EFFECT)
    # t quantiles on 23 degrees of freedom: 2.0687 (97.5 %) and 0.8583 (80 %); the half-width is log(0.9 / 0.7) / 2.
    half = math.log(0.9 / 0.7) / 2
    assert found.rate_ratio == pytest.approx(math.exp(-half * (2.0687 + 0.8583) / 2.0687), abs=1e-4)
    assert found.fall == pytest.approx(1 - found.rate_ratio)
    small, large = (power(estimate(panel(treated=n, comparison=n, effect=1.0))) for n in (6, 30))
    assert 0 < large.fall < small.fall < 1


def test_events_are_named_and_cut_when_asked():
    frame = ledger(seed=1)
    events = [
        (date(2024, 12, 5), date(2025, 1, 20), "Travaux"),
        (date(2025, 4, 1), None, "Renfort"),
        (date(2019, 1, 1), date(2019, 2, 1), "Avant le registre"),
    ]
    found = analyse(frame, events=events)
    assert [(one.label, one.before, one.after, one.cut) for one in found.events] == [
        ("Travaux", 2, 0, False),
        ("Renfort", 1, 18, False),
    ]
    assert found.assessment.reasons[-1] == "confounding_events"
    cut = analyse(frame, events=events[:1], cut=[(date(2024, 12, 1), date(2025, 1, 31))])
    assert cut.events[0].cut
    assert "confounding_events" not in cut.assessment.reasons
    assert cut.effect.n_months == 34


# Without comparison.


def test_the_series_alone_finds_a_large_fall_and_never_calls_it_established():
    frame = ledger(effect=0.4, treated=12, comparison=2, months=60, after=24, size=12, seed=4)
    found = interrupted_series(frame)
    assert found.strength == "faible"
    assert found.low < 0.4 < found.high < 1
    assert (found.n_residences, found.n_months, found.n_before, found.n_after) == (12, 60, 36, 24)
    assert assess(found).verdict == "baisse probable"
    assert found == interrupted_series(rows(frame, frame["treated"]).drop(columns="treated"))
    after = [month for month in found.months if month.after]
    fitted, expected = (sum(getattr(month, name) for month in after) for name in ("fitted", "expected"))
    assert found.rate_ratio == pytest.approx(fitted / expected)
    assert all(month.fitted == month.expected for month in found.months if not month.after)


def test_errors_of_the_series_are_newey_and_wests_of_statsmodels():
    import statsmodels.api as sm

    frame = ledger(treated=1, comparison=1, months=48, after=20, size=20, seed=6)
    frame = rows(frame, frame["treated"]).sort_values("month", ignore_index=True)
    ours = model_of(repairs_panel(frame, Columns(everyone=True)), ())
    step = frame["after"].to_numpy(dtype=float)
    years = (np.arange(48) - 28) / 12
    angle = 2 * np.pi * (frame["month"].dt.month - 1).to_numpy() / 12
    waves = [wave(pair * angle) for pair in (1, 2) for wave in (np.cos, np.sin)]
    design = np.column_stack([step, step * years, years, *waves, np.ones(48)])
    theirs = sm.GLM(frame["count"], design, family=sm.families.Poisson(), offset=np.log(frame["dwellings"])).fit(
        cov_type="HAC", cov_kwds={"maxlags": ours.lags, "use_correction": True}
    )
    assert ours.coefficients == pytest.approx(theirs.params[:-1], abs=1e-6)
    assert np.sqrt(np.diag(ours.covariance)) == pytest.approx(theirs.bse[:-1], rel=1e-4)


def test_known_events_are_taken_out_unless_they_are_the_start_itself():
    frame = ledger(effect=1.0, treated=10, comparison=1, months=60, after=24, size=12, seed=3)
    strike = frame["month"].between("2025-02-01", "2025-09-30")
    frame = frame.assign(count=frame["count"].where(~strike, frame["count"] * 3))
    events = [(date(2025, 2, 1), date(2025, 9, 15), "Chantier"), (date(2026, 12, 1), None, "Nouvelle équipe")]
    found = interrupted_series(frame, events=events)
    assert found.events == ("Chantier",)
    assert found.confounded == ("Nouvelle équipe",)
    assert found.low < 1 < found.high
    assert interrupted_series(frame).dispersion > 1.5 * found.dispersion


@pytest.mark.parametrize("side", [True, False])
def test_a_series_without_any_repair_on_one_side_is_not_observed(side: bool):
    frame = ledger(months=36, after=18)
    found = interrupted_series(frame.assign(count=frame["count"].where(frame["after"] != side, 0)))
    assert (math.isnan(found.rate_ratio), found.low, found.high) == (True, 0, math.inf)


def test_too_few_months_are_not_observed():
    found = interrupted_series(ledger(months=24, after=13))
    assert isinstance(found, Interrupted)
    assert math.isnan(found.rate_ratio)
    assert verdict(found) == "non observé"
    with pytest.raises(ValueError, match="level"):
        interrupted_series(ledger(), level=0)
    with pytest.raises(ValueError, match="'count'"):
        interrupted_series(pd.DataFrame({"residence": ["A"], "month": ["2025-01"], "dwellings": [1], "after": [0]}))
