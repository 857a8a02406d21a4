"""The truth planted in the fictional exports, as `docs/demo.md` says it, found again in the warehouse."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipelines.demo import PlantedDirt
from pipelines.demo.repairs import fall_starts
from pipelines.demo.truth import load_truth, months_before
from tests.demo import DEMO_TODAY
from tests.pipelines.test_demo_truth import differences

Frame = Any  # pandas-stubs know less than pandas
Query = Callable[[str], Frame]


def test_every_line_became_what_was_planted(query: Query, dirt: PlantedDirt):
    found = query("select * from import_files where table_name = 'interventions' order by file_id").set_index("name")
    assert found["rows_read"].to_dict() == dirt.lines
    assert list(found.index) == list(dirt.lines)
    for name, kinds in dirt.files.items():
        assert found.loc[name, "duplicates"] == kinds["repetition"] + kinds["correction"], name
        assert found.loc[name, "rejected"] == sum(
            kinds[k] for k in ("date_illisible", "date_hors_limites", "sans_lieu")
        )
    assert found["loaded"].sum() == dirt.loaded
    assert query("select count(*) as n from interventions")["n"][0] == dirt.loaded


def test_rejections_have_the_planted_reasons_file_by_file(query: Query, dirt: PlantedDirt):
    reasons = {
        "date illisible": "date_illisible",
        "date hors de la plage": "date_hors_limites",
        "localisation inconnue": "sans_lieu",
    }
    found = query(
        "select name, reason, count(*) as n from rejected_rows join import_files using (file_id) group by all"
    )
    counted = {(row.name, reasons[str(row.reason)]): row.n for row in found.itertuples(index=False, name="Row")}
    planted = {
        (f, kind): n for f, kinds in dirt.files.items() for kind, n in kinds.items() if kind in reasons.values() and n
    }
    assert counted == planted


def test_what_was_put_right_or_unknown_is_counted(query: Query, dirt: PlantedDirt):
    found = query("select kind, column_name, sum(count)::bigint as n from import_warnings group by all")
    counted = {(row.kind, row.column_name): row.n for row in found.itertuples()}
    assert counted[("coordonnees_permutees", "longitude, latitude")] == dirt.kinds["coordonnees_permutees"]
    assert counted[("hors_perimetre", "longitude, latitude")] == dirt.kinds["hors_zones"]
    assert counted[("valeur_inconnue", "motif")] == dirt.kinds["motif_inconnu"]
    assert counted[("colonne_non_declaree", "commentaire")] == len(dirt.lines)
    assert not {kind for kind, _ in counted} & {
        "quartier_inconnu",
        "lieu_inconnu",
        "valeur_illisible",
        "colonne_absente",
    }


def test_everything_made_from_them_says_that_it_is_fictional(query: Query):
    assert query("select fictional from build")["fictional"].tolist() == [True]
    assert query("select distinct fictional from import_files")["fictional"].tolist() == [True]


def test_comments_never_enter_the_warehouse(demo_raw: Path, query: Query):
    planted = [text for text in load_truth().raw["comments"]["texts"] if len(text) > 10]
    exported = "".join(file.read_text(encoding="utf-8-sig") for file in demo_raw.glob("fictif_interventions_*.csv"))
    tables = query("select table_name from duckdb_tables()")["table_name"]
    dump = "\n".join(query(f"select * from {table}").to_csv() for table in tables)
    assert "FICTIF-2024-" in dump
    for text in planted:
        part = text.split("\n")[0].split('"')[0][:30]
        assert part in exported, "the exports hold it"
        assert part not in dump


def rates(query: Query) -> Frame:
    """Interventions, patrol hours and planted expectation by day, neighbourhood and clock hour, hotspots left out."""
    table = query(
        "with counted as (select service_date, neighbourhood_id, hour, count(*) as n from interventions "
        "where place_id is distinct from 'LIEU-003' and place_id is distinct from 'LIEU-051' group by all) "
        "select p.*, coalesce(n, 0) as n from presence as p "
        "left join counted using (service_date, neighbourhood_id, hour) "
        "where p.source = 'presence' and neighbourhood_id <> 'hors_perimetre'"
    )
    broken = breakdown(query)
    table = table[~table["service_date"].between(*broken)]
    zones = {zone.id: zone for zone in load_truth().zones}
    table["weekday"] = table["service_date"].dt.day_of_week + 1
    table["season"] = table["service_date"].dt.month.between(4, 9)
    table["expected"] = [
        row.hours * zones[row.neighbourhood_id].per_patrol_hour(row.hour, row.weekday, row.season)
        for row in table.itertuples()
    ]
    return table


def breakdown(query: Query) -> tuple[pd.Timestamp, pd.Timestamp]:
    """First and last day on which nothing was written down."""
    row = query("select * from events where label like 'Panne%'").iloc[0]
    return row["starts_on"], row["ends_on"]


@pytest.mark.parametrize("by", ["hour", "weekday", "season"])
def test_the_profile_of_each_neighbourhood_comes_back_by_dividing(query: Query, by: str):
    table = rates(query)
    cells = table.groupby(["neighbourhood_id", by])[["n", "expected", "hours"]].sum()
    scale = cells["n"].groupby(level=0).sum() / cells["expected"].groupby(level=0).sum()
    expected = cells["expected"] * scale.reindex(cells.index, level=0)
    assert ((cells["n"] - expected) / np.sqrt(expected)).abs().max() < 4.5, cells
    flat = cells["hours"] * cells["n"].groupby(level=0).sum() / cells["hours"].groupby(level=0).sum()
    spread = ((cells["n"] - flat) / np.sqrt(flat)).abs().groupby(level=0).max()
    assert spread.max() > 4.5, "a flat profile would be seen"


def test_the_peaks_are_where_they_were_planted(query: Query):
    table = rates(query)
    by_hour = table[table["hour"] != 14].groupby(["neighbourhood_id", "hour"])[["n", "hours"]].sum()
    peak = (by_hour["n"] / by_hour["hours"]).groupby(level=0).idxmax().to_dict()
    assert peak["plaisance_ferriere"][1] in (21, 22, 23)
    assert peak["bugalliere"][1] in (16, 17)


def test_requests_have_the_planted_share(query: Query):
    found = query(
        "select neighbourhood_id, avg(is_request::int) as share, count(is_request) as n from interventions group by 1"
    )
    shares = found.set_index("neighbourhood_id")
    for zone in load_truth().zones:
        error = np.sqrt(zone.request_share * (1 - zone.request_share) / shares.loc[zone.id, "n"])
        assert abs(shares.loc[zone.id, "share"] - zone.request_share) < 4.5 * error + 0.01, zone.id


def place_counts(query: Query, place: str, hours: list[int]) -> Frame:
    """Interventions a day at a place within some hours."""
    found = query(f"select service_date, hour from interventions where place_id = '{place}'")
    return found[found["hour"].isin(hours)].groupby("service_date").size()


def exposure(query: Query, zone: str, hours: list[int]) -> Frame:
    """Patrol hours a day in a neighbourhood within some hours."""
    found = query(f"select service_date, hour, hours from presence where neighbourhood_id = '{zone}'")
    return found[found["hour"].isin(hours)].groupby("service_date")["hours"].sum()


def log_ratio(
    query: Query, place: str, zone: str, hours: list[int], periods: tuple[slice, slice]
) -> tuple[float, float]:
    """Logarithm of the rate ratio of the second period over the first, and its standard error."""
    counts, hours_there = place_counts(query, place, hours).sort_index(), exposure(query, zone, hours).sort_index()
    n = [counts.loc[period].sum() for period in periods]
    h = [hours_there.loc[period].sum() for period in periods]
    return float(np.log(n[1] / h[1] * h[0] / n[0])), float(np.sqrt(1 / n[0] + 1 / n[1]))


def test_one_hotspot_appears_in_the_last_six_months(query: Query):
    starts = pd.Timestamp(months_before(DEMO_TODAY, 6)) + pd.Timedelta(days=1)
    periods = (slice(None, starts - pd.Timedelta(days=1)), slice(starts, None))
    found, error = log_ratio(query, "LIEU-003", "plaisance_ferriere", [21, 22, 23, 0], periods)
    assert abs(found - np.log(6)) < 3.5 * error + 0.15, "seasons differ a little between the two periods"
    assert found > 4 * error
    elsewhere, error = log_ratio(query, "LIEU-003", "plaisance_ferriere", [15, 16, 17, 18, 19, 20], periods)
    assert abs(elsewhere) < 3.5 * error


def test_one_hotspot_fades(query: Query):
    first, last = (pd.Timestamp(months_before(DEMO_TODAY, months)) for months in (14, 5))
    found, error = log_ratio(
        query, "LIEU-051", "choliere", [16, 17, 18, 19, 20], (slice(None, first), slice(last, None))
    )
    assert abs(found + np.log(6)) < 3.5 * error
    assert found < -3 * error


def test_more_staff_means_more_hours_and_as_many_interventions_an_hour(query: Query):
    (starts,) = query("select starts_on from events where label like 'Renfort%'")["starts_on"]
    table = rates(query)
    after = table["service_date"] >= starts
    per_day = table.groupby(after)["hours"].sum() / table.groupby(after)["service_date"].nunique()
    assert 1.15 < per_day[True] / per_day[False] < 1.5
    sums = table.groupby(after)[["n", "expected"]].sum()
    ratio = np.log(sums["n"] / sums["expected"])
    assert abs(ratio[True] - ratio[False]) < 4 * np.sqrt((1 / sums["n"]).sum())


def test_one_landlord_s_repairs_fall_and_the_other_s_do_not(query: Query):
    found = query("select landlord_code, residence, month, repairs, comparison_group from landlord_repairs")
    table = found.set_axis(["bailleur_code", "residence", "mois", "nb", "groupe"], axis=1)
    assert table["mois"].nunique() == 36
    intervals = differences(table, fall_starts(DEMO_TODAY, load_truth()))
    assert intervals["BAIL-A"][0] < 0.8 < intervals["BAIL-A"][1] < 1.05
    assert intervals["BAIL-B"][0] < 1 < intervals["BAIL-B"][1]
    assert set(intervals) == {"BAIL-A", "BAIL-B"}


def test_days_of_service_without_a_record_are_seen(query: Query):
    first, last = breakdown(query)
    days = query("select * from service_days").set_index("service_date")
    broken = days.loc[first:last]
    assert (broken["interventions"] == 0).all()
    assert (broken.loc[broken["planned_hours"] > 0, "done_hours"] > 0).all()
    planned = days[(days["planned_hours"] > 0) & ~days.index.strftime("%m-%d").isin(["01-01", "05-01", "12-25"])]
    lost = planned[planned["presence_source"] == "horaires"]
    assert len(lost) == 3 * load_truth().raw["patrols"]["presence_lost_days_per_year"]
    assert (lost["interventions"] > 0).all()
    assert lost["done_hours"].isna().all()


def test_planned_and_done_hours_are_the_leaflet_s(query: Query):
    days = query("select * from service_days where presence_source = 'presence'")
    assert days["planned_hours"].isin([0, 9.25, 10.25]).all()
    assert (days["done_hours"] <= days["planned_hours"] + 1e-9).all()
    whole = days[days["planned_hours"] > 0]
    assert (whole["planned_hours"] - whole["done_hours"]).round(6).isin([0, 0.5]).all(), "a break of half an hour"
