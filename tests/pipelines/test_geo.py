"""Outlines of any format and CRS, and the zone of every point."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import combinations
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from pyproj import Geod

from pipelines import geo as module
from pipelines.errors import SettingsError
from pipelines.geo import OUTSIDE, Frame, Zones, load_zones, outlines, place_points
from pipelines.settings import ROOT, Neighbourhoods, load_territory
from tests.pipelines.demo_exports import OUTLINES, polygon
from tests.pipelines.exports import SHORT, SHORT_HEADER, TERRITORY, World, collection, csv_text, feature, square, write

LAMBERT = "EPSG:2154"
ORVAULT = load_territory(ROOT / "config" / "orvault").neighbourhoods
DRAWN = {name: polygon(text) for name, text in OUTLINES.items()}
KNOWN = [
    (-1.5894, 47.2397, "plaisance_ferriere"),
    (-1.5850, 47.2480, "plaisance_ferriere"),
    (-1.5790, 47.2470, "plaisance_ferriere"),
    (-1.6400, 47.2640, "bugalliere"),
    (-1.6225, 47.2650, "bugalliere"),
    (-1.6530, 47.2600, "bugalliere"),
    (-1.6100, 47.2550, "choliere"),
    (-1.5980, 47.2630, "choliere"),
    (-1.6030, 47.2475, "choliere"),
    (-1.5894, 47.2394, OUTSIDE),
    (-1.5960, 47.2455, OUTSIDE),
    (-1.6200, 47.2655, OUTSIDE),
    (-1.5534, 47.2173, OUTSIDE),
    (2.3522, 48.8566, OUTSIDE),
]


@pytest.fixture(scope="module")
def zones() -> Zones:
    """The outlines that ship."""
    found = load_zones(ORVAULT, LAMBERT)
    assert found is not None
    return found


def place(x: Any, y: Any, crs: str, frame: Frame) -> Any:
    """`place_points`; pandas without stubs can't be followed by the type checker."""
    return place_points(x, y, crs, frame)


def drawn(zones: Zones) -> Any:
    """`outlines`, likewise."""
    return outlines(zones)


def named(zones: Zones | None, x: object, y: object, crs: str = "EPSG:4326") -> list[object]:
    """Zone of each point."""
    frame = Frame(zones, LAMBERT, zones.bounds if zones else None)
    return list(place(np.asarray(x, float), np.asarray(y, float), crs, frame)["zone"])


def outline_file(folder: Path, features: list[dict[str, object]], **members: object) -> Neighbourhoods:
    """Outlines in a GeoJSON."""
    return Neighbourhoods(write(folder / "q.geojson", collection(features, **members)), population="habitants")


def zone(geometry: Any, label: object, **properties: object) -> dict[str, object]:
    """One outline."""
    return feature(geometry, **({"neighbourhood_id": str(label).lower(), "name": label} | properties))


def test_known_points_are_in_known_neighbourhoods(zones: Zones):
    lon, lat, expected = zip(*KNOWN, strict=True)
    assert named(zones, lon, lat) == list(expected)


def test_every_point_away_from_the_borders_is_where_the_drawing_says(zones: Zones):
    chance = np.random.default_rng(2026)
    lon, lat = chance.uniform(-1.66, -1.57, 20_000), chance.uniform(47.235, 47.275, 20_000)
    points: Any = shapely.points(lon, lat)
    far = np.all([shapely.distance(points, shape.exterior) > 3e-5 for shape in DRAWN.values()], axis=0)
    expected = np.full(len(points), OUTSIDE, dtype=object)
    for name, shape in DRAWN.items():
        expected[shapely.contains(shape, points)] = name
    found = np.array(named(zones, lon, lat), dtype=object)
    assert (found[far] == expected[far]).all()
    assert far.mean() > 0.98
    assert set(found) == {*DRAWN, OUTSIDE}


@pytest.mark.parametrize("crs", ["EPSG:2154", "EPSG:3857", "EPSG:4326", "EPSG:27572"])
def test_points_in_any_crs_are_the_same_points(zones: Zones, crs: str):
    lon, lat, expected = zip(*KNOWN, strict=True)
    moved = gpd.GeoSeries(gpd.points_from_xy(lon, lat), crs="EPSG:4326").to_crs(crs)
    placed = place(moved.x, moved.y, crs, Frame(zones, LAMBERT, zones.bounds))
    assert list(placed["zone"]) == list(expected)
    metres = gpd.GeoSeries(gpd.points_from_xy(lon, lat), crs="EPSG:4326").to_crs(LAMBERT)
    assert np.abs(placed["x_m"] - np.asarray(metres.x)).max() < 0.01
    assert np.abs(placed["y_m"] - np.asarray(metres.y)).max() < 0.01


@pytest.mark.parametrize("crs", ["EPSG:2154", "EPSG:3857", "EPSG:4326"])
@pytest.mark.parametrize("suffix", ["gpkg", "shp", "geojson"])
@pytest.mark.filterwarnings("ignore:.*field names longer than 10 characters:UserWarning")
@pytest.mark.filterwarnings("ignore:.*Normalized/laundered field name:RuntimeWarning")
def test_outlines_of_any_format_and_crs_give_the_same_neighbourhoods(tmp_path: Path, suffix: str, crs: str):
    assert ORVAULT.file is not None
    frame = gpd.read_file(ORVAULT.file)[["neighbourhood_id", "name", "population", "geometry"]]
    frame.columns = ["code", "nom", "habitants", "geometry"]
    frame.to_crs(crs).to_file(tmp_path / f"q.{suffix}")
    found = load_zones(Neighbourhoods(tmp_path / f"q.{suffix}", id="code", name="nom", population="habitants"), LAMBERT)
    lon, lat, expected = zip(*KNOWN, strict=True)
    assert named(found, lon, lat) == list(expected)
    assert found is not None
    known = drawn(found).set_index("neighbourhood_id")
    assert known["population"].to_dict() == {"plaisance_ferriere": 4695, "bugalliere": 3000, "choliere": 3300}
    assert known["name"].to_dict()["plaisance_ferriere"] == "Plaisance - Ferrière"


def test_a_shapefile_without_its_projection_is_refused(tmp_path: Path):
    frame = gpd.GeoDataFrame({"code": ["a"], "name": ["A"]}, geometry=[DRAWN["choliere"]], crs="EPSG:4326")
    frame.to_file(tmp_path / "q.shp")
    (tmp_path / "q.prj").unlink()
    with pytest.raises(SettingsError, match=r"q\.shp : système de coordonnées absent.*\.prj"):
        load_zones(Neighbourhoods(tmp_path / "q.shp", id="code"), LAMBERT)


def test_areas_agree_with_the_ellipsoid(zones: Zones):
    geod = Geod(ellps="GRS80")
    for row in drawn(zones).itertuples():
        area = abs(geod.geometry_area_perimeter(DRAWN[str(row.neighbourhood_id)])[0]) / 1e6
        assert row.area_km2 == pytest.approx(area, rel=0.002)


def test_simplified_outlines_stay_near_and_neighbours_keep_one_border(zones: Zones):
    shapes = {str(row.neighbourhood_id): shapely.from_geojson(str(row.outline)) for row in drawn(zones).itertuples()}
    for name, shape in shapes.items():
        assert shape.is_valid
        near = gpd.GeoSeries([shape, DRAWN[name]], crs="EPSG:4326").to_crs(LAMBERT)
        assert near.iloc[0].hausdorff_distance(near.iloc[1]) < 6
    for first, second in combinations(shapes.values(), 2):
        assert first.intersection(second).area < 1e-12


def test_what_ships_says_that_it_is_indicative():
    assert ORVAULT.file is not None
    for each in json.loads(ORVAULT.file.read_text(encoding="utf-8"))["features"]:
        assert "indicatif" in each["properties"]["note"]
        assert "INSEE" in each["properties"]["population_source"]
        ring = each["geometry"]["coordinates"][0]
        assert shapely.Polygon(ring).equals(DRAWN[each["properties"]["neighbourhood_id"]])


def test_swapped_coordinates_are_put_right_only_when_they_fall_in_the_territory(zones: Zones):
    frame = Frame(zones, LAMBERT, zones.bounds)
    placed = place([47.25, 48.85, -1.585], [-1.585, 2.35, 47.25], "EPSG:4326", frame)
    assert placed["swapped"].tolist() == [True, False, False]
    assert placed["zone"].tolist() == ["plaisance_ferriere", OUTSIDE, "plaisance_ferriere"]
    assert placed["longitude"].tolist()[0] == -1.585
    assert placed["latitude"].tolist()[0] == 47.25


def test_without_outlines_the_stated_bounds_tell_what_is_swapped():
    frame = Frame(None, LAMBERT, (2.2, 48.8, 2.48, 48.92))
    placed = place([48.85, 2.35, 47.2], [2.35, 48.85, -1.5], "EPSG:4326", frame)
    assert placed["swapped"].tolist() == [True, False, False]
    assert placed["zone"].tolist() == [None, None, None]
    unknown = place([48.85], [2.35], "EPSG:4326", Frame(None, LAMBERT, None))
    assert not unknown["swapped"].any()


@pytest.mark.parametrize(
    ("x", "y", "crs"),
    [
        (0.0, 0.0, "EPSG:4326"),
        (200.0, 47.0, "EPSG:4326"),
        (-1.5, 91.0, "EPSG:4326"),
        (np.nan, 47.0, "EPSG:4326"),
        (np.inf, 47.0, "EPSG:4326"),
        (0.0, 0.0, "EPSG:2154"),
    ],
)
def test_what_is_no_point_of_the_earth_is_unusable(zones: Zones, x: float, y: float, crs: str):
    placed = place([x], [y], crs, Frame(zones, LAMBERT, zones.bounds))
    assert placed["usable"].tolist() == [False]
    assert placed["zone"].isna().all()


def test_the_square_is_of_a_hundred_metres_around_its_centre(zones: Zones):
    chance = np.random.default_rng(1)
    lon, lat = chance.uniform(-1.66, -1.57, 2000), chance.uniform(47.235, 47.275, 2000)
    placed = place(lon, lat, "EPSG:4326", Frame(zones, LAMBERT, zones.bounds))
    for given, centre in (("x_m", "square_x_m"), ("y_m", "square_y_m")):
        assert ((placed[centre] - 50) % 100 == 0).all()
        assert (placed[given] - placed[centre]).abs().max() <= 50
    squares = gpd.GeoSeries(gpd.points_from_xy(placed["square_longitude"], placed["square_latitude"]), crs="EPSG:4326")
    assert np.abs(np.asarray(squares.to_crs(LAMBERT).x) - placed["square_x_m"]).max() < 0.01


def test_points_are_placed_alike_by_chunks_and_none_is_no_trouble(zones: Zones, monkeypatch: pytest.MonkeyPatch):
    lon, lat, expected = zip(*KNOWN, strict=True)
    assert named(zones, [], []) == []
    monkeypatch.setattr(module, "CHUNK", 3)
    assert named(zones, lon, lat) == list(expected)


CROSSED = {
    "type": "Polygon",
    "coordinates": [[[-1.6, 47.23], [-1.58, 47.25], [-1.58, 47.23], [-1.6, 47.25], [-1.6, 47.23]]],
}


def test_a_ring_that_crosses_itself_is_repaired_and_said(tmp_path: Path):
    found = load_zones(outline_file(tmp_path, [zone(CROSSED, "Nœud")]), LAMBERT)
    assert found is not None
    assert found.notes == ["contour de « Nœud » réparé"]
    assert named(found, [-1.599, -1.581, -1.59, -1.59], [47.24, 47.24, 47.249, 47.231]) == [
        "nœud",
        "nœud",
        OUTSIDE,
        OUTSIDE,
    ]


def test_where_outlines_overlap_the_smaller_wins_and_it_is_said(tmp_path: Path):
    large, small = square(-1.6, 47.23, -1.58, 47.25), square(-1.59, 47.23, -1.585, 47.25)
    apart = square(-1.58, 47.23, -1.57, 47.25)
    for order in ([zone(large, "Grand"), zone(small, "Petit")], [zone(small, "Petit"), zone(large, "Grand")]):
        found = load_zones(outline_file(tmp_path, [*order, zone(apart, "Voisin")]), LAMBERT)
        assert found is not None
        assert [note.split(" m²")[1] for note in found.notes] == [" : comptés pour « Petit »"]
        assert "« Petit » et « Grand » se recouvrent sur 84" in found.notes[0]
        assert named(found, [-1.587, -1.595, -1.575], [47.24] * 3) == ["petit", "grand", "voisin"]
        assert drawn(found)["outline"].notna().all()


def test_a_zone_of_several_parts_and_with_a_hole(tmp_path: Path):
    parts = {
        "type": "MultiPolygon",
        "coordinates": [square(0, 0, 1, 1)["coordinates"], square(2, 0, 3, 1)["coordinates"]],
    }
    rings = [square(-1.6, 47.23, -1.58, 47.25), square(-1.595, 47.235, -1.585, 47.245)]
    hole = {"type": "Polygon", "coordinates": [ring["coordinates"][0] for ring in rings]}
    found = load_zones(outline_file(tmp_path, [zone(parts, "Parts"), zone(hole, "Trou")]), "EPSG:3857")
    lon, lat = [0.5, 2.5, 1.5, -1.599, -1.59], [0.5, 0.5, 0.5, 47.231, 47.24]
    placed = place(lon, lat, "EPSG:4326", Frame(found, "EPSG:3857", None))
    assert placed["zone"].tolist() == ["parts", "parts", OUTSIDE, "trou", OUTSIDE]


@pytest.mark.parametrize(
    ("written", "expected"), [(4695, 4695), ("3 000", 3000), ("3\u202f300", 3300), (1833.5, 1834), (None, None)]
)
def test_populations_are_whole_numbers_or_unknown(tmp_path: Path, written: object, expected: int | None):
    found = load_zones(
        outline_file(tmp_path, [zone(square(-1.6, 47.23, -1.58, 47.25), "A", habitants=written)]), LAMBERT
    )
    assert found is not None
    (population,) = drawn(found)["population"].astype(object).where(lambda column: column.notna(), None)
    assert population == expected


BOX = square(-1.6, 47.23, -1.58, 47.25)


@pytest.mark.parametrize(
    ("features", "said"),
    [
        ([], "aucun contour dans ce fichier"),
        ([feature(BOX, name="A")], "colonne « neighbourhood_id » absente"),
        ([feature(BOX, neighbourhood_id="a")], "colonne « name » absente. Colonnes du fichier : neighbourhood_id"),
        ([zone({"type": "Point", "coordinates": [0, 0]}, "A")], "contour de « A » : aucune surface"),
        ([zone(BOX, "A"), zone(None, "B")], "contour de « B » : aucune surface"),
        ([zone(BOX, "A"), zone(BOX, "A")], "identifiant « a » porté par deux zones"),
        ([zone(BOX, "A"), zone(BOX, "B", neighbourhood_id=None)], "pas d'identifiant"),
        ([zone(BOX, "A", name=None)], "pas d'identifiant (neighbourhood_id) ou de nom (name)"),
        ([zone(BOX, "hors_perimetre")], "« hors_perimetre » est réservé"),
        ([zone(BOX, "A", habitants="beaucoup")], "population « beaucoup »"),
    ],
)
def test_outlines_that_can_t_be_used_are_refused(tmp_path: Path, features: list[dict[str, object]], said: str):
    with pytest.raises(SettingsError) as raised:
        load_zones(outline_file(tmp_path, features), LAMBERT)
    assert said in str(raised.value)


@pytest.mark.parametrize("content", ["", "rien", collection([zone(BOX, "A")])[:-40]])
def test_a_file_that_is_no_outline_is_refused(tmp_path: Path, content: str):
    with pytest.raises(SettingsError, match=r"q\.geojson : contours illisibles"):
        load_zones(Neighbourhoods(write(tmp_path / "q.geojson", content)), LAMBERT)
    with pytest.raises(SettingsError, match=r"absent\.gpkg : contours illisibles"):
        load_zones(Neighbourhoods(tmp_path / "absent.gpkg"), LAMBERT)


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:2263"])
def test_a_crs_that_is_not_in_metres_is_refused(crs: str):
    with pytest.raises(SettingsError, match=f'metric_crs = "{crs}" n\'est pas en mètres'):
        load_zones(Neighbourhoods(None), crs)
    with pytest.raises(SettingsError, match='metric_crs = "EPSG:0" inconnu'):
        load_zones(Neighbourhoods(None), "EPSG:0")


def test_whole_numbers_are_identifiers_without_decimals(tmp_path: Path):
    found = load_zones(outline_file(tmp_path, [zone(BOX, "A", neighbourhood_id=7)]), LAMBERT)
    assert named(found, [-1.59], [47.24]) == ["7"]


OUTLINED = TERRITORY + '[neighbourhoods]\nfile = "q.geojson"\n[neighbourhoods.aliases]\n"Le Bourg" = "{target}"\n'


@pytest.fixture
def bourg(tmp_path: Path) -> Callable[[str], World]:
    """A territory of one zone, whose alias leads to a target."""

    def made(target: str) -> World:
        world = World(tmp_path, OUTLINED.format(target=target), interventions=SHORT)
        write(world.where.territory / "q.geojson", collection([zone(BOX, "Centre")]))
        rows = [[n, "2026-01-05", "", name, ""] for n, name in enumerate(["le  bourg", "CENTRE", "centre", "Ailleurs"])]
        world.export("interventions.csv", csv_text(SHORT_HEADER, rows))
        return world

    return made


def test_names_aliases_and_identifiers_lead_to_the_zone(bourg: Callable[[str], World]):
    world = bourg("centre")
    world.build()
    assert world.query("select neighbourhood_id, location_method from interventions order by source_line") == [
        *[("centre", "quartier")] * 3,
        (OUTSIDE, "quartier"),
    ]
    assert world.query("select kind, column_name, count from import_warnings where kind = 'quartier_inconnu'") == [
        ("quartier_inconnu", "quartier", 1)
    ]


def test_an_alias_that_leads_nowhere_is_refused(bourg: Callable[[str], World]):
    with pytest.raises(SettingsError, match=r"aliases\] « bourg » ; attendu : centre"):
        bourg("bourg").build()
