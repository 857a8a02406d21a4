"""The truth planted in the fictional exports, found again from the files alone."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
import statsmodels.formula.api as smf

from pipelines.demo.repairs import fall_starts, repairs
from pipelines.demo.truth import load_truth
from tests.pipelines.demo_exports import END, LARGE, ZONES, Exports, Frame, code, read


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Exports:
    """The exports as shipped by default."""
    return Exports(tmp_path_factory.mktemp("small"), None)


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Exports:
    """The same scaled up, so that planted rates show through the noise."""
    return Exports(tmp_path_factory.mktemp("large"), LARGE)


def both() -> pytest.MarkDecorator:
    """Run a test on both sizes."""
    return pytest.mark.parametrize("name", ["small", "large"])


def observed_and_expected(exports: Exports) -> Frame:
    """Rows and planted expectation (up to one factor) by day, zone and clock hour, where presence is known."""
    hours = exports.patrol_hours.groupby(["day", "zone", "hour"], as_index=False)["hours"].sum()
    factors = {zone.id: zone for zone in load_truth().zones}
    hours["expected"] = [
        hour_count * factors[zone].per_patrol_hour(hour, day.day_of_week + 1, 4 <= day.month <= 9)
        for day, zone, hour, hour_count in hours.itertuples(index=False)
    ]
    rows = exports.kept.dropna(subset="zone")
    counts = rows.groupby(["day", "zone", "hour"]).size().rename("rows").reset_index()
    counts["hour"] = counts["hour"].astype(int)
    table = hours.merge(counts, on=["day", "zone", "hour"], how="left").fillna({"rows": 0})
    breakdown = exports.events[exports.events["libelle"].str.startswith("Panne")].iloc[0]
    return table[~table["day"].between(breakdown["date_debut"], breakdown["date_fin"])]


def without_hotspots(table: Frame) -> Frame:
    """The same without the hours and days that a hotspot adds to."""
    appears = (table["zone"] == "plaisance_ferriere") & table["hour"].isin([21, 22, 23, 0])
    appears &= table["day"] >= pd.Timestamp(2026, 5, 25)
    fades = (table["zone"] == "choliere") & table["hour"].between(16, 20) & (table["day"] < pd.Timestamp(2026, 6, 24))
    return table[~appears & ~fades]


@pytest.mark.parametrize("by", ["hour", "weekday", "season", "zone"])
def test_the_profile_of_each_neighbourhood_is_found_by_dividing(by: str, large: Exports):
    table = without_hotspots(observed_and_expected(large))
    table = table.assign(weekday=table["day"].dt.day_of_week, season=table["day"].dt.month.between(4, 9))
    scale = table["rows"].sum() / table["expected"].sum()
    cells = table.groupby(["zone", by] if by != "zone" else ["zone"])[["rows", "expected"]].sum()
    deviation = (cells["rows"] - scale * cells["expected"]) / np.sqrt(scale * cells["expected"])
    assert len(cells) == {"hour": 33, "weekday": 15, "season": 6, "zone": 3}[by]
    assert deviation.abs().max() < 5, cells.assign(deviation=deviation)


def test_a_flat_profile_would_be_seen(large: Exports):
    """The test above can fail: the same division without the profile is far off."""
    table = without_hotspots(observed_and_expected(large))
    cells = table.groupby(["zone", "hour"])[["rows", "hours"]].sum()
    flat = cells["hours"] * table["rows"].sum() / table["hours"].sum()
    assert ((cells["rows"] - flat) / np.sqrt(flat)).abs().max() > 20


def test_the_default_exports_hold_about_4000_interventions_a_year_at_the_planted_rate(small: Exports):
    assert 11_000 < len(small.lines) < 13_000
    table = without_hotspots(observed_and_expected(small))
    named = small.kept["zone"].notna().mean()
    deviation = table["rows"].sum() - named * table["expected"].sum()
    assert abs(deviation) < 4 * np.sqrt(table["rows"].sum())


def test_staffing_raises_presence_and_interventions_but_not_the_rate(small: Exports):
    staffed = pd.Timestamp(small.events.set_index("libelle")["date_debut"].filter(like="Renfort").iloc[0])
    table = without_hotspots(observed_and_expected(small))
    after = table["day"] >= staffed
    assert staffed == pd.Timestamp(2025, 3, 1)
    days = table.groupby(after)["day"].nunique()
    sums = table.groupby(after)[["rows", "hours", "expected"]].sum()
    per_day = sums.div(days, axis=0)
    assert 1.2 < per_day["hours"][True] / per_day["hours"][False] < 1.4
    assert 1.15 < per_day["rows"][True] / per_day["rows"][False] < 1.5
    spread = np.sqrt(1 / sums["rows"]).pow(2).sum() ** 0.5
    assert abs(np.log(sums["rows"] / sums["expected"]).diff().iloc[-1]) < 4 * spread
    assert abs(np.log(sums["rows"] / sums["hours"]).diff().iloc[-1]) < 4 * spread


def place_ratio(exports: Exports, place: str, hours: list[int], first: slice, second: slice) -> tuple[float, float]:
    """Logarithm of a place's rate in the second period over the first, per unit of planted rate, and its error."""
    table = observed_and_expected(exports).set_index("day").sort_index()
    zone = next(p.zone for p in load_truth().places if p.id == place)
    there = table[(table["zone"] == zone) & table["hour"].isin(hours)]
    rows = exports.kept
    rows = rows[(rows["lieu_id"] == place) & rows["hour"].isin(hours) & rows["day"].isin(there.index)]
    rows = rows.set_index("day").sort_index()
    counts = [len(rows.loc[period]) for period in (first, second)]
    exposures = [there.loc[period, "expected"].sum() for period in (first, second)]
    ratio = np.log(counts[1] / counts[0] * exposures[0] / exposures[1])
    return float(ratio), float(np.sqrt(1 / counts[0] + 1 / counts[1]))


@both()
def test_one_hotspot_appears_in_the_last_six_months(name: str, request: pytest.FixtureRequest):
    exports: Exports = request.getfixturevalue(name)
    before, after = slice(None, pd.Timestamp(2026, 5, 24)), slice(pd.Timestamp(2026, 5, 25), None)
    ratio, error = place_ratio(exports, "LIEU-003", [21, 22, 23, 0], before, after)
    assert abs(ratio - np.log(6)) < 3.5 * error
    assert ratio > 4 * error, "and it is visible"
    elsewhere, error = place_ratio(exports, "LIEU-003", [15, 16, 17, 18, 19, 20], before, after)
    assert abs(elsewhere) < 3.5 * error


@both()
def test_one_hotspot_fades(name: str, request: pytest.FixtureRequest):
    exports: Exports = request.getfixturevalue(name)
    before, after = slice(None, pd.Timestamp(2025, 9, 23)), slice(pd.Timestamp(2026, 6, 24), None)
    ratio, error = place_ratio(exports, "LIEU-051", [16, 17, 18, 19, 20], before, after)
    assert abs(ratio + np.log(6)) < 3.5 * error
    middle = slice(pd.Timestamp(2025, 12, 24), pd.Timestamp(2026, 3, 24))
    halfway, error = place_ratio(exports, "LIEU-051", [16, 17, 18, 19, 20], before, middle)
    assert ratio < halfway < 0 or error > 0.3


def test_requests_have_the_planted_share(large: Exports):
    rows = large.kept.dropna(subset=["zone", "origine"])
    asked = rows["origine"].map(code) != "initiative_equipe"
    for zone in load_truth().zones:
        here = asked[rows["zone"] == zone.id]
        error = np.sqrt(zone.request_share * (1 - zone.request_share) / len(here))
        named = here.mean()
        # Telephone requests always name their neighbourhood, other rows in 92 % + 6 % of cases only.
        assert abs(named - zone.request_share) < 5 * error + 0.02


def differences(table: Frame, start: date) -> dict[str, tuple[float, float]]:
    """Followed against comparison residences, before and after: 95 % interval of the rate ratio, by landlord.

    Quasi-Poisson difference-in-differences on monthly totals, with a level for each group and each month.
    """
    panel = table.groupby(["bailleur_code", "groupe", "mois"], as_index=False)["nb"].sum()
    panel["treated"] = (panel["groupe"] == "suivi") & (pd.to_datetime(panel["mois"]) >= pd.Timestamp(start))
    panel["treated"] = panel["treated"].astype(int)
    found = {}
    for landlord, rows in panel.groupby("bailleur_code"):
        model = smf.glm("nb ~ groupe + mois + treated", rows, family=sm.families.Poisson()).fit(scale="X2")
        low, high = np.exp(model.conf_int().loc["treated"])
        found[str(landlord)] = (float(low), float(high))
    return found


def test_one_landlord_s_repairs_fall_by_a_fifth_and_the_other_s_do_not_move(small: Exports):
    table = read(small.folder / "fictif_sinistres_bailleur.csv")
    table = table.astype({"nb": int, "nb_logements": int})
    panel = table.groupby(["bailleur_code", "groupe"])["residence"].nunique()
    assert panel.min() >= 8
    assert table["mois"].nunique() == 36
    assert table.groupby("residence")["mois"].count().nunique() == 1, "every residence has every month and category"
    assert table["cout_ht"].str.fullmatch(r"\d+,\d\d").all()
    assert ((table["nb"] == 0) == (table["cout_ht"] == "0,00")).all()
    found = differences(table, date(2025, 5, 1))
    low, high = found["BAIL-A"]
    assert low < 0.8 < high < 1, found
    low, high = found["BAIL-B"]
    assert low < 1 < high, found


def test_the_fall_is_a_fifth_on_average_and_the_noise_is_negative_binomial():
    truth, starts = load_truth(), fall_starts(END, load_truth())
    assert starts == date(2025, 5, 1)
    logs = {"BAIL-A": [], "BAIL-B": []}
    for seed in range(20):
        table = repairs(END, 3, seed, truth).to_pandas()
        after = pd.to_datetime(table["mois"]) >= pd.Timestamp(starts)
        sums = np.log(table.groupby(["bailleur_code", "groupe", after])["nb"].sum())
        for landlord, found in logs.items():
            by = sums[landlord].unstack()
            found.append(by.loc["suivi"].diff().iloc[-1] - by.loc["comparaison"].diff().iloc[-1])
    for landlord, effect in {"BAIL-A": 0.8, "BAIL-B": 1.0}.items():
        error = np.std(logs[landlord], ddof=1) / np.sqrt(20)
        assert abs(np.mean(logs[landlord]) - np.log(effect)) < 4 * error, landlord


def test_events_say_what_a_before_after_must_know(small: Exports):
    labels = " ".join(small.events["libelle"])
    for word in ("Travaux", "Renfort", "Convention", "Panne", "Vacances", "Fête"):
        assert word in labels
    works = small.events[small.events["libelle"].str.startswith("Travaux")].iloc[0]
    assert works["date_debut"] < works["date_fin"]
    assert works["quartier"] == "Plaisance - Ferrière"
    assert set(small.events["quartier"].dropna()) <= set(ZONES)
