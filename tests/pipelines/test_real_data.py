"""Real exports that nobody made for this product, through the records that ship as examples."""

from __future__ import annotations

import ast
import json
import re
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from pipelines.geo import Frame, load_zones, place_points
from pipelines.records import load_record
from pipelines.schema import slug
from pipelines.settings import ROOT, Neighbourhoods, Settings
from tests.pipelines.exports import World

pytestmark = pytest.mark.real_data
PARIS = ROOT / "config" / "paris"
TODAY = date(2026, 11, 24)


def example(folder: Path, territory: str, files: list[Path]) -> World:
    """A build of real files under a territory that ships."""
    world = World(folder)
    for file in files:
        world.export(file.name, file.read_bytes())
    world.where = Settings(ROOT / "config" / territory, world.where.raw, world.where.warehouse)
    world.build(TODAY)
    return world


@pytest.fixture(scope="module")
def paris(tmp_path_factory: pytest.TempPathFactory, real_data: Path) -> World:
    """Both files of Paris."""
    return example(tmp_path_factory.mktemp("paris"), "paris", sorted((real_data / "paris").glob("*.csv")))


@pytest.fixture(scope="module")
def paris_rows(real_data: Path) -> Any:
    """What pandas reads in them, the last version of each report."""
    files = [pd.read_csv(f, dtype=str) for f in sorted((real_data / "paris").glob("*.csv"))]
    return pd.concat(files, ignore_index=True)


def test_paris_holds_every_distinct_report_once(paris: World, paris_rows: Any):
    assert len(paris_rows) == 20_000
    assert paris_rows["id_dmr"].nunique() == 16_988
    ledger = paris.query("select sum(rows_read), sum(loaded), sum(duplicates), sum(rejected) from import_files")
    assert ledger == [(20_000, 16_988, 3_012, 0)]
    found = {row[0] for row in paris.query("select intervention_id from interventions")}
    assert found == set(paris_rows["id_dmr"])


def test_paris_has_the_dates_zones_and_points_of_the_files(paris: World, paris_rows: Any):
    rows = paris_rows.drop_duplicates("id_dmr", keep="last").set_index("id_dmr")
    found = paris.query(
        "select intervention_id, service_date, name, longitude, latitude, hour, generalised, location_method "
        "from interventions join neighbourhoods using (neighbourhood_id)"
    )
    assert len(found) == len(rows)
    for i, day, zone, lon, lat, hour, old, method in found:
        row = rows.loc[i]
        assert (str(day), zone, hour, method) == (row["datedecl"], row["ville"], None, "point")
        point = ast.literal_eval(row["geo_point_2d"])
        near = 1e-12 if not old else 0.001
        assert abs(lon - point["lon"]) < near
        assert abs(lat - point["lat"]) < near


def test_paris_says_what_its_categories_became(paris: World, paris_rows: Any):
    rows = paris_rows.drop_duplicates("id_dmr", keep="last")
    found = dict(paris.query("select motif, count(*) from interventions group by 1"))
    types = rows["type"].value_counts()
    assert found["tag"] == types["Graffitis, tags, affiches et autocollants"]
    assert found["depot_encombrants"] == types["Objets abandonnés"]
    understood = set(load_record(PARIS / "exports" / "dans_ma_rue.toml").values["motif"])
    lost = paris_rows["type"].dropna().map(slug)
    unknown = "select sum(count)::bigint from import_warnings where kind = 'valeur_inconnue' and column_name = 'type'"
    assert paris.query(unknown) == [((~lost.isin(understood)).sum(),)]
    assert 0 < found[None] < 16_988
    assert paris.query("select hour_known, presence_source, fictional from build") == [(False, "aucune", False)]


def test_paris_keeps_no_address(paris: World, paris_rows: Any):
    tables = [row[0] for row in paris.query("select table_name from duckdb_tables()")]
    content = "\n".join(str(row) for table in tables for row in paris.query(f"select * from {table}"))
    assert paris_rows["id_dmr"][0] in content
    assert not any(address in content for address in paris_rows["adresse"].dropna().unique()[::50])


@pytest.fixture(scope="module")
def routes(tmp_path_factory: pytest.TempPathFactory, real_data: Path) -> World:
    """The road reports of western France."""
    return example(tmp_path_factory.mktemp("routes"), "routes_ouest", [real_data / "signalements_routes_ouest.geojson"])


@pytest.fixture(scope="module")
def features(real_data: Path) -> list[dict]:
    """Their features."""
    return json.loads((real_data / "signalements_routes_ouest.geojson").read_text(encoding="utf-8"))["features"]


def moment(text: str) -> datetime:
    """A moment in one of the three forms of the file, on the clock of Paris."""
    zone = ZoneInfo("Europe/Paris")
    if re.fullmatch(r"\d{10}\.\d+", text):
        return datetime.fromtimestamp(float(text), zone).replace(tzinfo=None)
    if "T" in text:
        return datetime.fromisoformat(text).astimezone(zone).replace(tzinfo=None)
    if text[-5] in "+-":
        return datetime.strptime(text, "%d-%m-%Y %H:%M:%S %z").astimezone(zone).replace(tzinfo=None)
    return datetime.strptime(text, "%d-%m-%Y %H:%M:%S")


def test_every_road_report_is_accounted_for(routes: World, features: list[dict]):
    ((read, loaded, duplicates, rejected),) = routes.query(
        "select rows_read, loaded, duplicates, rejected from import_files"
    )
    same = {json.dumps([f["properties"], f["geometry"]], sort_keys=True) for f in features}
    assert read == len(features) == 574
    assert loaded + duplicates + rejected == read
    assert (duplicates, rejected) == (574 - len(same), 0)
    assert duplicates > 0


def test_three_forms_of_moments_are_one_clock(routes: World, features: list[dict]):
    found = routes.query("select source_line, started_at, hour, service_date, generalised from interventions")
    assert len(found) > 500
    assert 100 < sum(start is not None for _, start, *_ in found) < len(found)
    for line, start, hour, day, old in found:
        written = str(features[line - 1]["properties"]["date_heure"])
        if written.endswith("T00:00:00+00:00"):  # a day, whose hour nobody knows
            assert (start, hour, day.isoformat()) == (None, None, written[:10])
            continue
        expected = moment(written)
        if old:
            expected = expected.replace(minute=0, second=0, microsecond=0)
        assert abs(start - expected) < timedelta(milliseconds=1)
        assert day == expected.date()


def test_points_and_lines_are_where_they_were_drawn(routes: World, features: list[dict]):
    found = routes.query(
        "select source_line, longitude, latitude from interventions where not generalised and longitude is not null"
    )
    kinds = set()
    for line, lon, lat in found:
        drawn = shapely.geometry.shape(features[line - 1]["geometry"])
        kinds.add(drawn.geom_type)
        assert drawn.distance(shapely.Point(lon, lat)) < 1e-9
    assert kinds == {"Point", "LineString"}


def test_zones_are_named_by_the_file(routes: World, features: list[dict]):
    names = {str(f["properties"]["commune"]).casefold() for f in features if f["properties"].get("commune")}
    found = [row[0] for row in routes.query("select name from neighbourhoods")]
    assert {name.casefold() for name in found} <= names | {"commune non précisée"}
    assert len(found) > 20


def test_the_official_outlines_can_replace_those_that_ship(real_data: Path, tmp_path: Path):
    official = real_data / "orvault" / "quartiers_officiels.geojson"
    drawn = gpd.read_file(official)
    drawn.to_crs("EPSG:2154").to_file(tmp_path / "q.gpkg")
    streets = pd.read_csv(real_data / "orvault" / "voies_points_orvault.csv")
    lon, lat = (streets[streets.columns[streets.columns.str.contains(part)][0]] for part in ("lon", "lat"))
    points: Any = shapely.points(lon.to_numpy(), lat.to_numpy())
    expected = ["hors_perimetre"] * len(points)
    for i, shape in zip(drawn["idobj"], drawn.geometry, strict=True):
        for at in shapely.contains(shape, points).nonzero()[0]:
            expected[at] = str(i)
    for file in (official, tmp_path / "q.gpkg"):
        zones = load_zones(Neighbourhoods(file, id="idobj", name="nom"), "EPSG:2154")
        assert zones is not None
        assert list(place_points(lon, lat, "EPSG:4326", Frame(zones, "EPSG:2154", zones.bounds))["zone"]) == expected
    assert len(set(expected)) > 2
