"""The warehouse of the fictional exports made a second time, slowly and plainly, and compared row by row.

The second reading is pandas and shapely over the same files, with none of the pipelines' code.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely

from pipelines.demo import PlantedDirt
from pipelines.demo.truth import load_truth
from tests.demo import DEMO_TODAY
from tests.pipelines.demo_exports import OUTLINES, polygon

Frame = Any  # pandas-stubs know less than pandas
Query = Callable[[str], Frame]
WHOLE_FROM = date(DEMO_TODAY.year - 2, DEMO_TODAY.month, DEMO_TODAY.day)


def bare(text: object) -> str | None:
    """A code without accents, case or signs."""
    if not isinstance(text, str):
        return None
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9+]+", "_", plain).strip("_")


def lines_of(raw: Path) -> Frame:
    """Every line of the interventions files, in reading order, as text."""
    files = sorted(raw.glob("fictif_interventions_*.csv"), key=lambda file: ("corrections" in file.name, file.name))
    read = [
        pd.read_csv(f, sep=";", dtype=str, encoding="utf-8-sig", keep_default_na=False, na_values=[""]) for f in files
    ]
    return pd.concat(read, ignore_index=True)


def zone_of(lon: Frame, lat: Frame) -> Frame:
    """Neighbourhood of each point, missing where there is none."""
    points = shapely.points(lon.to_numpy(), lat.to_numpy())
    zone = lon.map({}, na_action="ignore").astype(object)
    zone[lon.notna()] = "hors_perimetre"
    for name, text in OUTLINES.items():
        zone[shapely.contains(polygon(text), points)] = name
    return zone


NAMED = {
    "plaisance_ferriere": ["plaisance_ferriere", "plaisance", "ferriere", "la_ferriere"],
    "bugalliere": ["bugalliere", "la_bugalliere", "bugaliere", "la_bugaliere"],
    "choliere": ["choliere", "la_choliere"],
}


@pytest.fixture(scope="module")
def remade(demo_raw: Path) -> Frame:
    """Interventions as a careful reader makes them, by identifier."""
    rows = lines_of(demo_raw)
    day = pd.to_datetime(rows["date_service"], format="%Y-%m-%d", errors="coerce")
    day = day.fillna(pd.to_datetime(rows["date_service"], format="%d/%m/%Y", errors="coerce"))
    rows["day"] = day.where(day.between(pd.Timestamp(2005, 1, 1), pd.Timestamp(DEMO_TODAY) + pd.Timedelta(days=1)))
    lon, lat = rows["longitude"].astype(float), rows["latitude"].astype(float)
    swapped = lon > 40
    rows["lon"], rows["lat"] = lon.where(~swapped, lat), lat.where(~swapped, lon)
    places = pd.read_csv(demo_raw / "fictif_lieux.csv", sep=";", encoding="utf-8-sig").set_index("lieu_id")
    by_name = {spelling: zone for zone, spellings in NAMED.items() for spelling in spellings}
    of_place = zone_of(places["longitude"], places["latitude"])
    zone = zone_of(rows["lon"], rows["lat"]).fillna(rows["lieu_id"].map(of_place))
    rows["zone"] = zone.fillna(rows["quartier"].map(bare).map(by_name))
    rows["method"] = np.select(
        [swapped, rows["lon"].notna(), rows["lieu_id"].notna()], ["point_permute", "point", "lieu"], "quartier"
    )
    rows["landlord"] = rows["bailleur_code"].fillna(rows["lieu_id"].map(places["bailleur_code"]))
    kept = rows[rows["day"].notna() & rows["zone"].notna()]
    return kept.drop_duplicates("id_intervention", keep="last").set_index("id_intervention").sort_index()


@pytest.fixture(scope="module")
def built(query: Query) -> Frame:
    """Interventions of the warehouse, by identifier."""
    return query("select * from interventions").set_index("intervention_id").sort_index()


def same(left: Frame, right: Frame) -> None:
    """Two columns of the same rows are equal, empty where the other is."""
    left, right = left.astype(object).where(left.notna(), None), right.astype(object).where(right.notna(), None)
    wrong = left.index[[a != b for a, b in zip(left, right, strict=True)]]
    assert not len(wrong), (wrong[:5].tolist(), left[wrong[:5]].tolist(), right[wrong[:5]].tolist())


def test_the_same_rows_are_kept(built: Frame, remade: Frame, dirt: PlantedDirt):
    assert built.index.tolist() == remade.index.tolist()
    assert len(remade) == dirt.loaded


def test_they_are_in_the_same_places(built: Frame, remade: Frame):
    same(built["neighbourhood_id"], remade["zone"])
    same(built["location_method"], remade["method"])
    same(built["place_id"], remade["lieu_id"])
    same(built["landlord_code"], remade["landlord"])
    young = built["service_date"] >= pd.Timestamp(WHOLE_FROM)
    pointed = young & remade["lon"].notna()
    assert np.allclose(built.loc[pointed, "longitude"], remade.loc[pointed, "lon"], atol=1e-12)
    assert np.allclose(built.loc[pointed, "latitude"], remade.loc[pointed, "lat"], atol=1e-12)


def test_they_are_at_the_same_times(built: Frame, remade: Frame):
    same(built["service_date"], remade["day"])
    clock = remade["heure_debut"].str.extract(r"^(\d\d?)[:h](\d\d)$").astype(float)
    same(built["hour"].astype(float), clock[0])
    minutes = clock[0] * 60 + clock[1] + 24 * 60 * (clock[0] < 6)
    old = built["service_date"] < pd.Timestamp(WHOLE_FROM)
    same(built["generalised"], old)
    start = remade["day"] + pd.to_timedelta(minutes.where(~old, minutes // 60 * 60), unit="min")
    same(built["started_at"], start)
    same(built["weekday"].astype(int), remade["day"].dt.isocalendar().day.astype(int))
    same(built["season"], remade["day"].dt.month.between(4, 9).map({True: "ete", False: "hiver"}))
    close = np.where(remade["day"].dt.month.between(4, 9), 24.5 * 60, 23.5 * 60)
    during = (minutes >= 14 * 60 + 15) & (minutes < close) & remade["day"].dt.day_of_week.isin([1, 2, 3, 4, 5])
    same(built["during_service"].astype(object), during.astype(object).where(minutes.notna(), None))


def test_they_have_the_same_codes(built: Frame, remade: Frame):
    motifs = set(load_truth().motifs)
    same(built["motif"], remade["motif"].map(bare).map(lambda code: code if code in motifs else None))
    pairs = {
        "origin": "origine",
        "outcome": "issue",
        "register": "registre",
        "damage": "degat_constate",
        "ownership": "domanialite",
    }
    for column, source in pairs.items():
        same(built[column], remade[source].map(bare))
    asked = remade["origine"].map(bare)
    same(built["is_request"].astype(object), (asked != "initiative_equipe").astype(object).where(asked.notna(), None))
    same(built["severity"].astype(float), pd.to_numeric(remade["gravite"]))
    young = built["service_date"] >= pd.Timestamp(WHOLE_FROM)
    same(built["public_type"], remade["public_type"].where(young))
    same(built["people_band"], remade["nb_personnes_tranche"].where(young))


def test_counts_by_neighbourhood_month_and_motif_are_the_same(built: Frame, remade: Frame, query: Query):
    month = remade["day"].dt.strftime("%Y-%m")
    motifs = set(load_truth().motifs)
    motif = remade["motif"].map(bare).map(lambda code: code if code in motifs else "?")
    expected = remade.groupby([remade["zone"], month, motif]).size()
    found = query(
        "select neighbourhood_id, strftime(service_date, '%Y-%m') as month, coalesce(motif, '?') as motif, "
        "sum(interventions)::bigint as n from activity_daily group by all"
    ).set_index(["neighbourhood_id", "month", "motif"])["n"]
    assert found.sort_index().to_dict() == expected.sort_index().to_dict()
    assert len(expected) > 1000


def test_patrol_hours_are_the_same_to_the_minute(query: Query, demo_raw: Path):
    rows = pd.read_csv(demo_raw / "fictif_presence.csv", sep=";", encoding="utf-8-sig")
    parts = [rows[name].str.extract(r"(\d+)[:h](\d+)").astype(int) for name in ("heure_debut", "heure_fin")]
    starts, ends = (part[0] * 60 + part[1] for part in parts)
    starts, ends = (clock + 24 * 60 * (clock < 6 * 60) for clock in (starts, ends))
    by_name = {spelling: zone for zone, spellings in NAMED.items() for spelling in spellings}
    zones = [by_name[bare(name) or ""] for name in rows["quartier"]]
    minutes: dict[tuple[str, str, int], int] = {}
    for day, zone, start, end in zip(rows["date_service"], zones, starts, ends, strict=True):
        for minute in range(start, end):
            cell = (day, zone, minute // 60 % 24)
            minutes[cell] = minutes.get(cell, 0) + 1
    found = query(
        "select strftime(service_date, '%Y-%m-%d') as day, neighbourhood_id, hour, hours from presence "
        "where source = 'presence'"
    )
    counted = {(day, zone, hour): round(hours * 60, 6) for day, zone, hour, hours in found.itertuples(index=False)}
    assert counted == minutes
