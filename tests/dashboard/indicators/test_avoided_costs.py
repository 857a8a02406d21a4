"""Layer A's effect: known vectors, agreement with statsmodels and with errors computed apart, planted truths."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from dashboard.indicators.avoided_costs import analyse, difference_in_differences, wdd
from dashboard.indicators.cluster import ScoreBootstrap
from dashboard.indicators.did import Effect, cluster_fit
from dashboard.indicators.ledger_table import Columns
from dashboard.indicators.panel import repairs_panel
from pipelines.demo.repairs import fall_starts, repairs
from pipelines.demo.truth import load_truth
from tests.dashboard.indicators.ledgers import ledger, rows

COUNTS = st.integers(0, 10_000)
PAIRS = st.tuples(COUNTS, COUNTS)


def numbers(effect: Effect) -> tuple[float, ...]:
    """What an effect says, to be compared."""
    return effect.rate_ratio, effect.low, effect.high, effect.p_value, effect.dispersion, effect.standard_error


def formula(frame: pd.DataFrame, kind: str, alpha: float = 1.0, **fit_options: Any):
    """The regression as statsmodels writes it, dummies and all."""
    import statsmodels.api as sm
    import statsmodels.formula.api as smf

    family = sm.families.Poisson() if kind == "poisson" else sm.families.NegativeBinomial(alpha=alpha)
    table = frame.assign(effect=(frame["treated"] & frame["after"]).astype(int))
    model = smf.glm("count ~ C(residence) + C(month) + effect", table, family=family, offset=np.log(table["dwellings"]))
    return model.fit(tol=1e-12, maxiter=200, **fit_options)


# The weighted displacement difference.


def test_wdd_known_vectors():
    small = wdd((20, 20), (20, 10))
    assert small.difference == -10
    assert small.standard_error == pytest.approx(8.3666, abs=5e-5)
    assert small.z == pytest.approx(-1.1952, abs=5e-5)
    assert (small.low, small.high) == pytest.approx((-23.76, 3.76), abs=5e-3)
    whole = wdd((308, 318), (207, 110), (150, 140), (178, 157))
    assert whole.difference == -118
    assert whole.standard_error == pytest.approx(39.598, abs=5e-4)
    assert whole.z == pytest.approx(-2.98, abs=5e-3)


@given(PAIRS, PAIRS, PAIRS, PAIRS)
def test_wdd_is_a_difference_and_its_error_never_forgets_a_count(control, treated, apart, near):
    found, other_way = wdd(control, treated, apart, near), wdd(treated, control, near, apart)
    assert found.difference == pytest.approx(-other_way.difference)
    assert found.standard_error**2 == pytest.approx(sum(control + treated + apart + near))
    assert found.low <= found.difference <= found.high


def test_wdd_reads_any_pair_and_the_level_asked():
    found = wdd([20, 20], np.array([20, 10]).tolist(), (0, 0), [0, 0], level=0.95)
    assert found.high - found.low == pytest.approx(2 * 1.959964 * found.standard_error, rel=1e-6)
    assert math.isnan(wdd((0, 0), (0, 0)).z)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (((1, 2, 3), (1, 2)), "control"),
        (((1, 2), (-1, 2)), "treated"),
        (((1, 2), (1, math.nan)), "treated"),
        (((1, 2), (1, 2), (1, 2)), "go together"),
        (((1, 2), (1, 2), (1, 2), (1, 2), 90), "level"),
    ],
)
def test_wdd_refuses(arguments, says: str):
    with pytest.raises(ValueError, match=says):
        wdd(*arguments)


# The regression, against statsmodels.


@pytest.fixture(scope="module")
def gappy() -> pd.DataFrame:
    return ledger(treated=10, comparison=11, months=20, after=9, missing=0.12, seed=4)


@pytest.fixture(scope="module")
def theirs(gappy: pd.DataFrame):
    groups = pd.factorize(gappy["residence"])[0]
    return formula(gappy, "poisson", cov_type="cluster", cov_kwds={"groups": groups})


def test_ratio_and_clustered_errors_agree_with_statsmodels(gappy: pd.DataFrame, theirs):
    ours = difference_in_differences(gappy)
    assert ours.inference == "cluster-robust t"
    assert math.log(ours.rate_ratio) == pytest.approx(theirs.params["effect"], abs=1e-8)
    assert ours.standard_error == pytest.approx(theirs.bse["effect"], rel=1e-6)
    assert ours.dispersion == pytest.approx(theirs.pearson_chi2 / theirs.df_resid, rel=1e-6)
    reach = stats.t.ppf(0.975, 20) * theirs.bse["effect"]
    assert math.log(ours.high) - math.log(ours.rate_ratio) == pytest.approx(reach, rel=1e-6)
    assert ours.p_value == pytest.approx(2 * stats.t.sf(abs(theirs.params["effect"]) / theirs.bse["effect"], 20))


def test_clustered_error_is_the_sandwich_written_out(gappy: pd.DataFrame, theirs):
    """Every dummy in a matrix, the meat added up residence by residence: none of the module's own projections."""
    table = gappy.assign(effect=(gappy["treated"] & gappy["after"]).astype(float))
    dummies = pd.get_dummies(table[["residence", "month"]].astype(str), drop_first=True, dtype=float)
    design = np.column_stack([table["effect"], np.ones(len(table)), dummies])
    mean = np.asarray(theirs.fittedvalues)
    bread = np.linalg.inv(design.T @ (design * mean[:, None]))
    score = design * (table["count"].to_numpy() - mean)[:, None]
    meat = sum(np.outer(total, total) for total in (score[rows].sum(axis=0) for rows in _rows(table)))
    clusters, (cells, terms) = table["residence"].nunique(), design.shape
    variance = bread @ meat @ bread * clusters / (clusters - 1) * (cells - 1) / (cells - terms)
    assert difference_in_differences(gappy).standard_error == pytest.approx(math.sqrt(variance[0, 0]), rel=1e-6)


def _rows(table: pd.DataFrame) -> list[np.ndarray]:
    return [np.flatnonzero(table["residence"] == name) for name in table["residence"].unique()]


def test_negative_binomial_agrees_with_statsmodels_at_the_variance_it_finds():
    frame = ledger(treated=5, comparison=6, months=16, after=8, missing=0.1, size=30, seed=6)
    clustered = cluster_fit(repairs_panel(frame, Columns()).informative(), "negative binomial")
    assert clustered is not None
    theirs = formula(frame, "negative binomial", alpha=clustered.alpha)
    assert theirs.pearson_chi2 / theirs.df_resid == pytest.approx(1, abs=0.01)
    found = difference_in_differences(frame, family="negative binomial")
    assert math.log(found.rate_ratio) == pytest.approx(theirs.params["effect"], abs=1e-6)
    assert found.rate_ratio != difference_in_differences(frame).rate_ratio


def test_score_bootstrap_is_every_sign_of_the_scores_written_out():
    frame = ledger(treated=3, comparison=3, months=12, after=6, seed=2)
    import statsmodels.api as sm
    import statsmodels.formula.api as smf

    offset, tried = np.log(frame["dwellings"]), math.log(0.9)
    effect = (frame["treated"] & frame["after"]).astype(float)
    null = smf.glm(
        "count ~ C(residence) + C(month)", frame, family=sm.families.Poisson(), offset=offset + tried * effect
    ).fit(tol=1e-12)
    mean = np.asarray(null.fittedvalues)
    design, root = null.model.exog, np.sqrt(mean)
    left = effect - design @ np.linalg.lstsq(design * root[:, None], effect * root, rcond=None)[0]
    score = np.array([(left * (frame["count"] - mean)).to_numpy()[rows].sum() for rows in _rows(frame)])
    drawn = [abs(np.dot(signs, score)) for signs in itertools.product((-1, 1), repeat=6)]
    by_hand = np.mean(np.array(drawn) * math.sqrt(6 / 5) >= abs(score.sum()) - 1e-9)
    clustered = cluster_fit(repairs_panel(frame, Columns()).informative())
    assert clustered is not None
    assert ScoreBootstrap(clustered, draws=999, seed=0).p_value(tried) == pytest.approx(by_hand)


@pytest.mark.parametrize("effect", [1.0, 0.87, 0.8])
def test_interval_and_p_value_never_contradict_each_other(effect: float):
    found = difference_in_differences(ledger(effect=effect, treated=5, comparison=6, seed=8))
    assert found.inference == "wild score bootstrap"
    assert found.low < found.rate_ratio < found.high
    assert (found.p_value < 0.05) == (found.high < 1 or found.low > 1)
    assert (found.p_value < 0.10) == (found.high_90 < 1 or found.low_90 > 1)
    assert found.low <= found.low_90 <= found.high_90 <= found.high


# What a frame may look like.


def test_order_categories_and_names_of_the_warehouse_change_nothing(gappy: pd.DataFrame):
    split = pd.concat([gappy.assign(category="a", count=gappy["count"] // 2)] * 2, ignore_index=True)
    split.loc[len(gappy) :, "count"] = gappy["count"].to_numpy() - gappy["count"].to_numpy() // 2
    renamed = split.assign(
        comparison_group=np.where(split["treated"], "suivi", "comparaison"),
        repairs=split["count"],
        month=split["month"].dt.date,
    ).drop(columns=["count", "treated", "after"])
    start = gappy.loc[gappy["after"], "month"].min()
    expected = numbers(difference_in_differences(gappy))
    assert numbers(difference_in_differences(renamed.sample(frac=1, random_state=3), start=start)) == pytest.approx(
        expected
    )
    whole = (gappy["month"].dt.year - 2023) * 12 + gappy["month"].dt.month
    assert numbers(difference_in_differences(gappy.assign(month=whole))) == pytest.approx(expected)


def test_a_missing_month_is_missing_and_never_nought(gappy: pd.DataFrame):
    empty = gappy.astype({"count": float})
    empty.loc[::9, "count"] = np.nan
    absent = gappy.drop(gappy.index[::9])
    found = difference_in_differences(empty)
    assert numbers(found) == pytest.approx(numbers(difference_in_differences(absent)))
    assert found.missing == 21 * 20 - len(absent)
    assert found.rate_ratio != pytest.approx(difference_in_differences(empty.fillna(0)).rate_ratio, abs=1e-3)


def test_residences_without_repairs_tell_nothing_and_are_named(gappy: pd.DataFrame):
    names = sorted(gappy["residence"].unique())
    silent = gappy.assign(count=gappy["count"].where(~gappy["residence"].isin([names[0], names[-1]]), 0))
    found = difference_in_differences(silent)
    assert found.dropped == ((names[0], "aucune réparation"), (names[-1], "aucune réparation"))
    assert found.n_residences == 19
    kept = difference_in_differences(rows(gappy, ~gappy["residence"].isin([names[0], names[-1]])))
    assert numbers(found) == pytest.approx(numbers(kept))


def test_unknown_dwellings_are_absorbed_and_changing_ones_count(gappy: pd.DataFrame):
    expected = difference_in_differences(gappy).rate_ratio
    assert difference_in_differences(gappy, dwellings=None).rate_ratio == pytest.approx(expected)
    assert difference_in_differences(gappy.assign(dwellings=np.nan)).rate_ratio == pytest.approx(expected)
    doubled = gappy["dwellings"] * np.where(gappy["treated"] & gappy["after"], 2, 1)
    assert difference_in_differences(gappy.assign(dwellings=doubled)).rate_ratio == pytest.approx(expected / 2)


def test_nothing_to_compare_is_not_observed(gappy: pd.DataFrame):
    for kept in (gappy["treated"], ~gappy["treated"], gappy["after"], ~gappy["after"]):
        found = difference_in_differences(rows(gappy, kept))
        assert math.isnan(found.rate_ratio)
        assert math.isnan(found.p_value)
        assert (found.low, found.high) == (0, math.inf)


def test_no_repair_at_all_after_the_start_still_has_an_upper_limit():
    frame = ledger(treated=4, comparison=5, months=12, after=6, size=0.6, seed=5)
    none_left = frame.assign(count=frame["count"].where(~(frame["treated"] & frame["after"]), 0))
    found = difference_in_differences(none_left)
    before = difference_in_differences(frame)
    assert (found.rate_ratio, found.low) == (0, 0)
    assert found.inference == "profile likelihood"
    expected = before.repairs_after / before.rate_ratio
    assert 2.9 / expected < found.high < 12 / expected  # exact Poisson limits of 0 events: 3.7 events at 95 %


def test_one_followed_residence_sets_no_limit():
    found = difference_in_differences(ledger(treated=1, comparison=4, seed=3))
    assert (found.low, found.high) == (0, math.inf)
    assert found.p_value > 0.4


def broken(**columns: object) -> Callable[[pd.DataFrame], pd.DataFrame]:
    """A frame with some columns replaced."""
    return lambda frame: frame.assign(**columns)


@pytest.mark.parametrize(
    ("spoil", "options", "says"),
    [
        (lambda frame: frame.drop(columns="count"), {}, "'count'"),
        (lambda frame: frame.drop(columns="after"), {}, "starts"),
        (lambda frame: frame.iloc[:0], {}, "no row"),
        (broken(count=-1), {}, "below 0"),
        (broken(count="beaucoup"), {}, "count"),
        (broken(month="bientôt"), {}, "month"),
        (broken(month=1.5), {}, "month"),
        (broken(), {"start": 7}, "months are dates"),
        (broken(month=7), {"start": "2024-07"}, "plain numbers"),
        (broken(dwellings=0), {}, "0 dwellings"),
        (broken(treated="peut-être"), {}, "peut-être"),
        (broken(residence="une seule"), {}, "both followed and comparison|two numbers of dwellings"),
        (broken(residence=None), {}, "empty"),
        (lambda frame: frame.assign(after=frame["after"] ^ (frame.index == 0)), {}, "different months"),
        (broken(), {"level": 95}, "level"),
        (broken(), {"family": "gaussian"}, "family"),
        (broken(), {"inference": "bayes"}, "inference"),
        (broken(), {"cut": [(date(2024, 5, 1), date(2024, 1, 1))]}, "ends before"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_reason(gappy: pd.DataFrame, spoil, options, says: str):
    frame = gappy.sort_values(["treated", "residence", "month"], ascending=False, ignore_index=True)
    with pytest.raises(ValueError, match=says):
        difference_in_differences(spoil(frame), **options)


MONTHS_WRITTEN: dict[str, Callable[[pd.Period], object]] = {
    "day first": lambda month: month.strftime("01/%m/%Y"),
    "month and year": lambda month: month.strftime("%m/%Y"),
    "a whole number of year and month": lambda month: month.year * 100 + month.month,
    "the same, as a merge leaves it": lambda month: float(month.year * 100 + month.month),
    "rank, as a float": lambda month: float(month.ordinal),
    "rank, among objects": lambda month: np.array([month.ordinal], dtype=object)[0],
}


@pytest.mark.parametrize("written", MONTHS_WRITTEN.values(), ids=MONTHS_WRITTEN)
def test_months_are_the_same_however_they_are_written(written: Callable[[pd.Period], object]):
    frame = ledger(months=24, after=12)
    months = pd.PeriodIndex(frame["month"], freq="M")
    other = frame.assign(month=pd.Series([written(month) for month in months], index=frame.index))
    assert analyse(other, draws=199).effect == analyse(frame, draws=199).effect


def test_two_residences_have_no_error_of_their_own():
    frame = ledger(treated=1, comparison=1, months=24, after=12)
    found = difference_in_differences(frame, inference="cluster-robust t")
    assert math.isnan(found.standard_error)
    assert (found.low, found.high, math.isnan(found.p_value)) == (0, math.inf, True)
    few = rows(frame, frame["month"].isin(sorted(frame["month"].unique())[11:13]))
    found = difference_in_differences(few)
    assert (found.low, found.high) == (0, math.inf)


def test_cut_periods_are_left_out(gappy: pd.DataFrame):
    cut = [(date(2024, 3, 10), date(2024, 5, 2))]
    found = difference_in_differences(gappy, cut=cut)
    left = rows(gappy, ~gappy["month"].between("2024-03-01", "2024-05-31"))
    assert numbers(found) == pytest.approx(numbers(difference_in_differences(left)))
    assert found.cut == len(gappy) - len(left)
    assert found.n_months == 17


# The fictional ledgers, whose truth is docs/demo.md's.


@pytest.fixture(scope="module")
def fictional() -> pd.DataFrame:
    truth, end = load_truth(), date(2026, 11, 24)
    frame = repairs(end, 3, 20261124, truth).to_pandas()
    frame["cout_ht"] = frame["cout_ht"].str.replace(",", ".").astype(float)
    return frame.assign(after=frame["mois"] >= f"{fall_starts(end, truth):%Y-%m}")


NAMES: dict[str, Any] = {
    "month": "mois",
    "count": "nb",
    "dwellings": "nb_logements",
    "treated": "groupe",
    "cost": "cout_ht",
}


def test_the_planted_fall_is_found_and_the_other_landlord_is_inconclusive(fictional: pd.DataFrame):
    mine = fictional["bailleur_code"] == "BAIL-A"
    fell = analyse(rows(fictional, mine), **NAMES)
    assert fell.effect.low < 0.80 < fell.effect.high < 1
    assert fell.assessment.verdict == "baisse établie"
    assert fell.avoided is not None
    assert fell.avoided.repairs_low > 0
    assert fell.avoided.repairs_low < fell.avoided.observed * (1 / 0.80 - 1) < fell.avoided.repairs_high
    still = analyse(rows(fictional, ~mine), **NAMES)
    assert still.effect.low < 1.0 < still.effect.high
    assert still.assessment.verdict == "non concluant"


def test_landlords_together_are_compared_each_with_its_own(fictional: pd.DataFrame):
    columns = {name: column for name, column in NAMES.items() if name != "cost"}
    found = difference_in_differences(fictional, landlord="bailleur_code", **columns)
    assert (found.n_landlords, found.n_residences, found.n_treated, found.n_months) == (2, 40, 20, 36)
    # The same, written as one landlord whose months never meet the other's.
    whole = fictional["mois"].str[:4].astype(int) * 12 + fictional["mois"].str[5:].astype(int)
    apart = fictional.assign(mois=whole + 10_000 * (fictional["bailleur_code"] == "BAIL-B"))
    assert found.rate_ratio == pytest.approx(difference_in_differences(apart, **columns).rate_ratio)
    alone = [difference_in_differences(part, **columns).rate_ratio for _, part in fictional.groupby("bailleur_code")]
    assert min(alone) < found.rate_ratio < max(alone)
