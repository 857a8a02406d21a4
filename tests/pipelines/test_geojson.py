"""GeoJSON exports: properties as columns, one point for each geometry."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
import shapely

from pipelines.errors import UnreadableFileError
from tests.pipelines.exports import TERRITORY, Staged, World, collection, feature, point, record, square, staged, write

RECORD = """
table = "interventions"
files = ["*.geojson"]
key = "row"
[columns]
date_service = "date"
quartier = "zone"
mode_action = "details"
[point]
column = "geometry"
format = "json"
"""
HERE = point(-1.58, 47.24)
CROSSED = {"type": "Polygon", "coordinates": [[[0, 0], [2, 2], [2, 0], [0, 2], [0, 0]]]}
LAMBERT = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::2154"}}
Read = Callable[[str | bytes], Staged]


@pytest.fixture
def read(tmp_path: Path, in_process: None) -> Read:
    """Read and map the text of a GeoJSON."""
    how = record(tmp_path, RECORD)
    return lambda content: staged(write(tmp_path / "signalements.geojson", content), how)


def row(geometry: object, **properties: object) -> dict[str, object]:
    """A feature that has what every row needs."""
    return feature(geometry, **({"date": "2026-01-05", "zone": "P"} | properties))


@pytest.mark.parametrize(
    ("geometry", "expected"),
    [
        (HERE, (-1.58, 47.24)),
        ({"type": "Point", "coordinates": [-1.58, 47.24, 12.5]}, (-1.58, 47.24)),
        ({"type": "LineString", "coordinates": [[0, 0], [1, 0], [10, 0]]}, (5, 0)),
        ({"type": "MultiLineString", "coordinates": [[[0, 0], [1, 0]], [[5, 5], [5, 9]]]}, (5, 7)),
        ({"type": "MultiLineString", "coordinates": [[[0, 0], [1, 0]], [[1, 0], [4, 0]]]}, (2, 0)),
        (square(0, 0, 2, 2), (1, 1)),
        ({"type": "GeometryCollection", "geometries": [HERE]}, (-1.58, 47.24)),
        (None, (None, None)),
        ("POINT(1 2)", (None, None)),
        ({"type": "Point", "coordinates": []}, (None, None)),
        ({"type": "Point", "coordinates": ["a", "b"]}, (None, None)),
        ({"type": "Cercle", "coordinates": [1, 2]}, (None, None)),
        ({"type": "MultiPolygon", "coordinates": []}, (None, None)),
        ({"type": "LineString", "coordinates": [[0, 0]]}, (None, None)),
    ],
)
def test_each_geometry_gives_one_point_or_none(read: Read, geometry: object, expected: tuple[float | None, ...]):
    found = read(collection([row(geometry)]))
    assert found.values("px", "py") == [expected]
    assert (found.lines, found.rejected) == ([1], [])


def test_a_point_of_a_surface_is_inside_it_even_when_its_ring_crosses_itself(read: Read):
    ((x, y),) = read(collection([row(CROSSED)])).values("px", "py")
    assert shapely.make_valid(shapely.geometry.shape(CROSSED)).contains(shapely.Point(x, y))


def test_properties_are_columns_whatever_they_hold(read: Read):
    found = read(
        collection(
            [
                row(HERE, details={"a": [1, "é"]}),
                row(HERE, details=True),
                row(HERE, details=3),
                row(HERE, details="deux\nlignes\0"),
                row(HERE, zone=None),
                row(HERE, autre="x"),
            ]
        )
    )
    assert [text for (text,) in found.values("mode_action")] == [
        '{"a": [1, "é"]}',
        "vrai",
        "3",
        "deux lignes",
        None,
        None,
    ]
    assert found.values("date_service") == [(date(2026, 1, 5),)] * 6
    assert found.warnings == {("colonne_non_declaree", "autre"): 1}


def test_features_are_counted_from_one_and_those_without_properties_are_rejected(read: Read):
    found = read(
        collection([row(HERE), {"type": "Feature", "properties": None, "geometry": HERE}, row(HERE, date="?")])
    )
    assert found.lines == [1]
    assert [(line, reason) for line, _, reason, _ in found.rejected] == [(2, "ligne vide"), (3, "date illisible")]


def test_two_features_are_the_same_when_properties_and_geometry_are(read: Read):
    same = [row(HERE), row(HERE), row(point(-1.58, 47.25)), row(HERE, details="x")]
    keys = [key for (key,) in read(collection(same)).values("key")]
    assert keys[0] == keys[1]
    assert len(set(keys)) == 3


@pytest.mark.parametrize(
    "content", ["\ufeff" + collection([row(HERE, zone="Cholière")]), collection([row(HERE, zone="Cholière")])]
)
def test_utf_8_is_read_with_its_mark_or_without(read: Read, content: str):
    assert read(content).values("quartier") == [("Cholière",)]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "le fichier est vide"),
        (collection([row(HERE)])[:-30].encode(), "GeoJSON illisible : fichier tronqué"),
        (collection([row(HERE, zone="é")]).encode("cp1252"), "GeoJSON illisible"),
        (b"<html></html>", "GeoJSON illisible"),
        (b"[" * 100_000, "GeoJSON illisible"),
        (json.dumps(row(HERE)).encode(), "attendu une FeatureCollection"),
        (json.dumps([row(HERE)]).encode(), "attendu une FeatureCollection"),
        (b'{"features": null}', "attendu une FeatureCollection"),
        (b'{"features": [null]}', "attendu une FeatureCollection"),
        (b'{"features": {"a": 1}}', "attendu une FeatureCollection"),
        (b"5", "attendu une FeatureCollection"),
        (collection([]).encode(), "en-tête introuvable"),
        (collection([feature(HERE, jour="2026-01-05")]).encode(), "Attendu : date. Colonnes reconnues : geometry"),
        (collection([row(HERE, **{f"c{n}": n for n in range(2000)})]).encode(), "colonnes ; attendu : 1000 au plus"),
        (
            collection([row(HERE)], crs={"properties": {"name": "local"}}).encode(),
            "système de coordonnées « local » inconnu",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_no_collection_gives_one_french_error(read: Read, content: bytes, said: str):
    with pytest.raises(UnreadableFileError) as raised:
        read(content)
    assert str(raised.value).startswith("signalements.geojson : ")
    assert said in str(raised.value)


@pytest.mark.parametrize(
    "content", [collection([row(HERE) | {"properties": [1]}]), collection([row(HERE) | {"properties": "x"}])]
)
def test_odd_properties_are_one_error_too(tmp_path: Path, content: str):
    with pytest.raises(UnreadableFileError, match=r"signalements\.geojson : "):
        staged(write(tmp_path / "signalements.geojson", content), record(tmp_path, RECORD))


def test_the_crs_that_a_file_states_wins_over_degrees(tmp_path: Path):
    world = World(tmp_path, TERRITORY, signalements=RECORD)
    world.export("1 degres.geojson", collection([row(HERE)]))
    world.export("2 lambert.geojson", collection([row(point(353722.295, 6692233.847), zone="Q")], crs=LAMBERT))
    world.export(
        "3 lettres.geojson",
        collection([row(HERE, zone="R")], crs={"properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}}),
    )
    world.build()
    found = world.query("select longitude, latitude, x_m, y_m from interventions order by file_id")
    for longitude, latitude, x, y in found:
        assert (longitude, latitude) == (pytest.approx(-1.58, abs=1e-7), pytest.approx(47.24, abs=1e-7))
        assert (x, y) == (pytest.approx(353722.295, abs=0.01), pytest.approx(6692233.847, abs=0.01))
    assert len(found) == 3
