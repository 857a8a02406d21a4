"""The regression against statsmodels, and what it does with cells that say nothing."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import stats
from statsmodels.discrete.discrete_model import NegativeBinomial

from dashboard.indicators.regression import Factor, Regression, over_dispersion, regression

HOURS = (20, 21, 22, 23)
FACTORS = [Factor("zone"), Factor("hour"), Factor("season", "hiver")]
TRUTH = {("hour", 22): 1.5, ("season", "ete"): 1.25}


def planted(seed: int, alpha: float = 0.0, common: bool = True) -> pd.DataFrame:
    """Cells of three zones, four hours, two seasons and five days; 23:00 has no winter unless `common`."""
    rng = np.random.default_rng(seed)
    rows = list(itertools.product("abc", HOURS, ("hiver", "ete"), range(5)))
    frame = pd.DataFrame(rows, columns=["zone", "hour", "season", "day"])
    frame["exposure"] = rng.uniform(5, 40, len(frame))
    if not common:
        frame.loc[(frame["hour"] == 23) & (frame["season"] == "hiver"), "exposure"] = 0.0
    means = frame["exposure"] * 0.6
    for (column, level), effect in TRUTH.items():
        means = means * np.where(frame[column] == level, effect, 1.0)
    noise = rng.gamma(1 / alpha, alpha, len(frame)) if alpha else 1.0
    frame["count"] = rng.poisson(means * noise)
    return frame


def of(found: Regression, factor: str, level: object):
    return next(effect for effect in found.effects if (effect.factor, effect.level) == (factor, level))


def fitted(frame: pd.DataFrame, factors: list[Factor] = FACTORS, **more) -> Regression:
    found = regression(frame, factors, **more)
    assert found is not None
    return found


def dummies(frame: pd.DataFrame) -> pd.DataFrame:
    """The same design for statsmodels: treatment coding, winter as the reference."""
    columns = {"const": np.ones(len(frame)), "season": frame["season"].eq("ete").to_numpy(float)}
    columns |= {f"zone_{zone}": frame["zone"].eq(zone).to_numpy(float) for zone in "bc"}
    columns |= {f"hour_{hour}": frame["hour"].eq(hour).to_numpy(float) for hour in HOURS[1:]}
    return pd.DataFrame(columns)


def test_poisson_agrees_with_statsmodels():
    frame = planted(1)
    # Sums over days are sufficient for a Poisson regression: coefficients and errors are those of the raw cells.
    fit = sm.GLM(frame["count"], dummies(frame), family=sm.families.Poisson(), offset=np.log(frame["exposure"])).fit()
    found = fitted(frame)
    assert found.model == "Poisson"
    summer = of(found, "season", "ete")
    assert math.log(summer.ratio) == pytest.approx(fit.params["season"], abs=1e-8)
    assert math.log(summer.high / summer.low) == pytest.approx(2 * stats.norm.ppf(0.975) * fit.bse["season"], rel=1e-5)
    assert summer.p_value == pytest.approx(fit.pvalues["season"], rel=1e-3)
    hours = [0.0, *(fit.params[f"hour_{hour}"] for hour in HOURS[1:])]
    contrast = [value - np.mean(hours) for value in hours]
    assert [math.log(of(found, "hour", hour).ratio) for hour in HOURS] == pytest.approx(contrast, abs=1e-8)
    test = fit.t_test("hour_22 - (hour_21 + hour_22 + hour_23) / 4 = 0")
    at_22 = of(found, "hour", 22)
    assert math.log(at_22.high / at_22.ratio) == pytest.approx(stats.norm.ppf(0.975) * test.sd.item(), rel=1e-6)


def test_negative_binomial_agrees_with_maximum_likelihood_of_statsmodels():
    frame = planted(2, alpha=0.4)
    factors = [*FACTORS, Factor("day")]
    found = fitted(frame, factors)
    assert found.model == "binomiale négative"
    days = pd.get_dummies(frame["day"], prefix="day", drop_first=True).astype(float)
    matrix = dummies(frame).join(days)
    fit = NegativeBinomial(frame["count"], matrix, offset=np.log(frame["exposure"])).fit(disp=0, maxiter=300)
    assert found.dispersion.alpha == pytest.approx(fit.params["alpha"], rel=1e-3)
    assert math.log(of(found, "season", "ete").ratio) == pytest.approx(fit.params["season"], abs=1e-3)


def test_over_dispersion_is_the_t_of_an_auxiliary_regression():
    rng = np.random.default_rng(3)
    y, means = rng.poisson(5, 200).astype(float), rng.uniform(3, 7, 200)
    auxiliary = sm.OLS(((y - means) ** 2 - y) / means, means).fit()
    assert over_dispersion(y, means) == pytest.approx(auxiliary.tvalues.item())


def test_the_test_of_dispersion_keeps_its_level_and_has_power():
    plain = [fitted(planted(seed)).model for seed in range(60)]
    assert plain.count("binomiale négative") <= 9
    varied = [fitted(planted(seed, alpha=0.5), [*FACTORS, Factor("day")]).model for seed in range(20)]
    assert varied.count("binomiale négative") >= 18


def test_intervals_hold_the_truth():
    found = [fitted(planted(seed)) for seed in range(60)]
    held = sum(of(one, "season", "ete").low <= 1.25 <= of(one, "season", "ete").high for one in found)
    assert held >= 52


def test_the_season_comes_from_the_hours_that_both_have():
    frame = planted(4, common=False)
    only_common = fitted(frame.query("hour != 23"))
    with_all = fitted(frame)
    assert of(with_all, "season", "ete").ratio == pytest.approx(of(only_common, "season", "ete").ratio, rel=1e-2)
    frame.loc[frame["hour"] == 23, "count"] *= 5
    louder = fitted(frame)
    assert of(louder, "season", "ete").ratio == pytest.approx(of(with_all, "season", "ete").ratio, rel=5e-2)


def test_cells_that_nobody_observed_do_not_count():
    frame = planted(5)
    hidden = pd.concat([frame, frame.assign(exposure=0.0, count=1000, hour=3)])
    assert fitted(hidden) == fitted(frame)


def test_what_other_factors_determine_is_left_out():
    frame = planted(6).assign(twin=lambda cells: cells["zone"].str.upper(), same="x")
    found = fitted(frame, [*FACTORS, Factor("twin"), Factor("same")])
    assert found.left_out == ("twin", "same")
    assert found.effects == fitted(frame).effects


def test_a_level_without_any_event_is_told_apart():
    frame = planted(7)
    frame.loc[frame["hour"] == 20, "count"] = 0
    found = fitted(frame)
    assert found.empty_levels == (("hour", 20),)
    assert {effect.level for effect in found.effects if effect.factor == "hour"} == {21, 22, 23}


def test_an_interaction_is_seen_where_there_is_one():
    rare = [fitted(planted(seed, common=False), interaction=("hour", "season")).interaction_p for seed in range(20)]
    assert sum(p_value < 0.05 for p_value in rare) <= 4
    frame = planted(8)
    turned = (frame["hour"] == 21) & (frame["season"] == "ete")
    frame.loc[turned, "count"] *= 4
    assert fitted(frame, interaction=("hour", "season")).interaction_p < 0.001


@pytest.mark.parametrize("frame", [planted(9).iloc[:0], planted(9).assign(count=0), planted(9).assign(exposure=0.0)])
def test_too_little_says_nothing(frame: pd.DataFrame):
    assert regression(frame, FACTORS) is None
