"""« Tendances »: the planted truth found again, figures counted on the fingers, what is said when data are missing."""

from __future__ import annotations

import math
import tomllib
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import duckdb
import numpy as np
import pytest

from dashboard import filters, trends_changes, trends_changes_text, trends_grid, trends_hours_text, trends_text
from dashboard.filters import Filters
from dashboard.indicators.rates import rate
from dashboard.trends import KINDS, Reading, Series, effects, kinds, series, weekday_rates
from dashboard.trends_hours import Hourly, hourly
from pipelines.settings import ROOT
from tests.dashboard.warehouses import two_years

YEAR = Filters("annee", date(2025, 1, 1), date(2025, 12, 31), date(2024, 1, 1), date(2024, 12, 31))
TRUTH = tomllib.loads((ROOT / "pipelines" / "demo_truth.toml").read_text(encoding="utf-8"))
ZONES = {zone["id"]: zone for zone in TRUTH["zones"]}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Two years of each source of presence."""
    folder = tmp_path_factory.mktemp("trends")
    return {source: two_years(folder / source, presence=source) for source in ("presence", "horaires", "aucune")}


@pytest.fixture
def source(made: dict[str, Path], monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> str:
    """Point the settings at the two years of a source of presence."""
    monkeypatch.setenv("OPTIMEDIA_WAREHOUSE", str(made[request.param]))
    return request.param


@pytest.fixture
def demo(demo_warehouse: Path, monkeypatch: pytest.MonkeyPatch) -> Filters:
    """The whole demonstration."""
    monkeypatch.setenv("OPTIMEDIA_WAREHOUSE", str(demo_warehouse))
    known = filters.bounds()
    assert known is not None
    return filters.choose("tout", known)


def hours_of(reading: Reading) -> Hourly:
    found = hourly(reading)
    assert found is not None
    return found


def months_of(reading: Reading) -> Series:
    found = series(reading)
    assert found is not None
    return found


def test_the_profile_of_a_neighbourhood_is_found_again(demo: Filters):
    """La Bugallière has no hotspot: its hours, weekdays and season are those of the truth, other things equal."""
    zone = ZONES["bugalliere"]
    found = effects(Reading(replace(demo, neighbourhoods=("bugalliere",)), "toutes"))
    assert found is not None
    planted: dict[tuple[str, object], float] = {("season", "ete"): zone["summer"], ("is_holiday", True): 1.0}
    for factor, table in (("hour", zone["hours"]), ("weekday", zone["weekdays"])):
        levels = {int(level): effect for level, effect in table.items()}
        mean = math.exp(np.mean([math.log(effect) for effect in levels.values()]))
        planted |= {(factor, level): effect / mean for level, effect in levels.items()}
    estimated = {(effect.factor, effect.level): effect for effect in found.effects}
    assert set(estimated) == set(planted)
    held = [estimated[key].low <= truth <= estimated[key].high for key, truth in planted.items()]
    assert sum(held) >= len(held) - 2
    assert max(planted, key=planted.__getitem__) in sorted(estimated, key=lambda key: -estimated[key].ratio)[:3]


def test_hour_curves_follow_the_truth_in_every_neighbourhood(demo: Filters):
    curves = dict(hours_of(Reading(demo, "toutes")).profiles.curves)
    for zone in ZONES.values():
        seen = curves[zone["name"]]
        planted = [zone["hours"][str(hour.hour)] for hour in seen]
        assert np.corrcoef([hour.estimate.value for hour in seen], planted)[0, 1] > 0.75, zone["name"]


def test_an_hour_that_winter_does_not_have_is_not_observed(demo: Filters):
    found = hours_of(Reading(demo, "toutes"))
    assert found.order[-1] == 0, "the service day ends after midnight"
    assert np.isnan(found.grids["hiver"].values[:, 0]).all()
    assert not np.isnan(found.grids["ete"].values[1:6, 0]).any()
    assert not found.comparison.common[:, 0].any()
    assert np.isnan(found.grids["ete"].values[0]).all(), "no service on Mondays"
    assert found.comparison.ratio.low < 1.15 < found.comparison.ratio.high


def test_more_patrols_are_no_change_of_rate_and_the_hotspots_move_no_monthly_limit(demo: Filters):
    for kind in KINDS:
        found = months_of(Reading(demo, kind))
        started = found.months.index(_staffing(demo.end))
        before, after = found.exposures[started - 6 : started].sum(), found.exposures[started : started + 4].sum() * 1.5
        assert after > 1.15 * before, "there were more patrols"
        assert not found.changes.changes
        assert found.is_seasonal
        assert found.stl is not None


def _staffing(end: date) -> date:
    months = end.year * 12 + end.month - 1 - TRUTH["patrols"]["second_starts_months_before_end"]
    return date(months // 12, months % 12 + 1, 1)


def test_renewal_works_are_no_change_either(demo: Filters):
    found = months_of(Reading(replace(demo, neighbourhoods=("plaisance_ferriere",)), "demandes"))
    works = TRUTH["events"]["works"]["starts_months_before_end"]
    starts = demo.end - timedelta(days=round(30.4 * works))
    assert all(abs((found.months[change.index] - starts).days) > 60 for change in found.changes.changes)


def test_months_agree_with_the_warehouse_counted_another_way(demo: Filters, demo_warehouse: Path):
    found = months_of(Reading(demo, "demandes"))
    with duckdb.connect(str(demo_warehouse), read_only=True) as connection:
        counts = dict(
            connection.execute(
                "select date_trunc('month', i.service_date)::date, count(*) from interventions i "
                "where i.is_request and i.service_date in (select service_date from presence) group by 1"
            ).fetchall()
        )
        hours = dict(
            connection.execute(
                "select date_trunc('month', service_date)::date, sum(patrol_hours) from service_days group by 1"
            ).fetchall()
        )
    assert {month: count for month, count in zip(found.months, found.counts, strict=True) if count} == counts
    assert dict(zip(found.months, found.exposures, strict=True)) == pytest.approx(hours)


def test_every_event_of_the_grid_is_counted_once(demo: Filters, demo_warehouse: Path):
    found = hours_of(Reading(demo, "toutes"))
    spread = sum(float(grid.counts.sum()) for grid in found.grids.values())
    with duckdb.connect(str(demo_warehouse), read_only=True) as connection:
        everything, intervals = connection.execute(
            "select count(*) filter (hour is not null), count(fact_from) from interventions "
            "where service_date in (select service_date from presence)"
        ).fetchall()[0]
    assert (found.count, found.spread_rows) == (everything, intervals)
    assert spread == pytest.approx(everything)
    assert 0 < found.outside < intervals


def test_the_hotspot_that_appears_raises_its_motif_at_its_hours(demo: Filters):
    """Six times the rate at one hall, in the evening, over the last months: the year before had none of it."""
    months = TRUTH["hotspots"]["appears"]["starts_months_before_end"]
    start = demo.end - timedelta(days=round(30.4 * months))
    before = filters.year_before(start), filters.year_before(demo.end)
    chosen = Filters("saison", start, demo.end, *before, motifs=("occupation_hall",))
    found = trends_changes.changed(Reading(chosen, "toutes"))
    assert not isinstance(found, str)
    by_code = {change.compared.code: change for change in found}
    assert by_code["nuit"].finding == "hausse"
    assert by_code["apres_midi"].finding != "hausse"


@pytest.mark.parametrize("source", ["presence"], indirect=True)
def test_the_year_on_the_fingers(source: str):
    found = trends_changes.changed(Reading(YEAR, "demandes"))
    assert not isinstance(found, str)
    requests = found[0]
    assert (requests.compared.code, requests.compared.now.count, requests.compared.now.exposure) == (
        "demandes",
        249,
        2490.0,
    )
    assert requests.now == rate(249, 2490, 100)
    assert found[1].compared.code == "initiatives"
    zones = {change.compared.code: change for change in found if change.compared.group == "quartier"}
    assert (zones["Nord"].compared.now.count, zones["Nord"].compared.now.exposure) == (249, 1245.0)
    assert {change.compared.group for change in found} == {"ensemble", "quartier", "motif"}, "no hour is known"
    html = trends_changes_text.html(found, "demandes", YEAR, per_hours=True)
    assert f"{len(found)}\u00a0comparaisons" in html
    assert "10,0 pour 100\u00a0h contre" in html
    assert "Non concluant" in html
    assert len(trends_changes_text.rows(found)) == len(found)


@pytest.mark.parametrize("source", ["presence"], indirect=True)
def test_hours_that_nobody_wrote_down_are_not_zeros(source: str):
    assert hourly(Reading(YEAR, "demandes")) is None, "the patrol's hours are known, the events' are not"
    found = effects(Reading(YEAR, "demandes"))
    assert found is None or "hour" not in {effect.factor for effect in found.effects}


@pytest.mark.parametrize("source", ["horaires"], indirect=True)
def test_hours_of_the_timetable_count_once(source: str):
    found = trends_changes.changed(Reading(YEAR, "demandes"))
    assert not isinstance(found, str)
    assert found[0].compared.now.exposure == 2610.0
    assert {change.compared.now.exposure for change in found} == {2610.0}
    known = months_of(Reading(YEAR, "demandes"))
    assert known.exposures.sum() == pytest.approx(2610 * 2)


@pytest.mark.parametrize("source", ["aucune"], indirect=True)
def test_without_presence_counts_are_per_day_and_no_hour_is_invented(source: str):
    reading = Reading(YEAR, "demandes")
    known = months_of(reading)
    assert not known.per_hours
    assert (known.counts[-1], known.exposures[-1]) == (22, 31)
    assert hourly(reading) is None
    days = weekday_rates(reading)
    assert [(day.weekday, day.count, day.days) for day in days][:2] == [(1, 0, 52), (2, 52, 52)]
    note = trends_hours_text.weekday_note(days, "demandes", YEAR)
    assert "Aucune heure n’est connue" in note
    assert "n\u00a0=\u00a0261\u00a0demandes" in note
    found = effects(reading)
    assert found is not None
    assert {effect.factor for effect in found.effects} == {"weekday", "season"}
    assert found.empty_levels
    assert "par jour du calendrier, faute de présence connue" in trends_text.effects_sentence(found, "demandes", YEAR)


@pytest.mark.parametrize("source", ["presence"], indirect=True)
def test_what_cannot_be_compared_says_why(source: str):
    whole = Filters("tout", date(2024, 1, 2), date(2025, 12, 31), None, None)
    assert "choisissez-en une plus courte" in str(trends_changes.changed(Reading(whole, "demandes")))
    early = Filters("annee", date(2024, 1, 2), date(2024, 12, 31), None, None)
    assert "ne remontent pas" in str(trends_changes.changed(Reading(early, "demandes")))
    assert "ne remontent pas" in trends_changes_text.html(
        "Les données ne remontent pas…", "demandes", early, per_hours=True
    )


def test_the_choice_of_the_sidebar_wins():
    assert list(kinds(YEAR)) == ["demandes", "initiatives", "toutes"]
    assert list(kinds(replace(YEAR, origin="initiatives"))) == ["initiatives"]


@pytest.mark.parametrize(
    ("hour", "band"), [(6, "matin"), (12, "apres_midi"), (18, "soiree"), (21, "nuit"), (0, "nuit")]
)
def test_times_of_day(hour: int, band: str):
    assert trends_changes.band_of(hour) == band


def test_the_grid_says_what_it_shows(demo: Filters):
    found = hours_of(Reading(demo, "demandes"))
    html = trends_grid.both(found, "demandes pour 100\u00a0h")
    assert html.count("<table") == 2
    winter = html.split("</table>")[0]
    assert winter.count("non observé") >= 5
    assert "Hiver" in winter
    assert "heure que les deux saisons ont" in html
    rows = trends_hours_text.grid_rows(found)
    assert len(rows) == 2 * len(found.weekdays) * len(found.order)
    note = trends_hours_text.note(found, "demandes", demo)
    assert "sur les seules heures communes" in note
    assert "réparties" in note


def test_sentences_hold_interval_n_and_unit(demo: Filters):
    reading = Reading(demo, "demandes")
    known, found = months_of(reading), effects(reading)
    sentences = " ".join(trends_text.series_sentences(known, "demandes"))
    assert "12\u00a0premiers mois observés" in sentences
    assert "Changement de niveau\u00a0: non concluant" in sentences
    assert len(trends_text.series_rows(known)) == len(known.months)
    assert found is not None
    words = trends_text.effects_sentence(found, "demandes", demo)
    assert "binomiale négative" in words or "de Poisson" in words
    assert "(de 1," in trends_text.strongest(found)
    hours = [row[1] for row in trends_text.effect_rows(found) if row[0] == "Heure"]
    assert (hours[0], hours[-1]) == ("14\u00a0h", "0\u00a0h")
