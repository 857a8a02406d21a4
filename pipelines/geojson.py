"""GeoJSON features as rows: their properties, and one point for each geometry."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import shapely
from pyproj import CRS
from pyproj.exceptions import CRSError
from shapely.geometry import shape

from pipelines.errors import UnreadableFileError

GEOMETRY = "geometry"


def features(path: Path) -> tuple[Iterator[tuple[int, list[str]]], str | None]:
    """A header row (line 0), then a row a feature, numbered from 1; and the CRS that the file states, if it does.

    The column `geometry` holds the point as `{"lon": …, "lat": …}`: a point as it is, the middle of a line's length,
    a point inside a surface.

    Raises UnreadableFileError when it is not a GeoJSON FeatureCollection, or states a CRS that nobody knows.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8-sig"))
        listed = document["features"]
        names = list(dict.fromkeys(name for feature in listed for name in (feature.get("properties") or {})))
    except (ValueError, RecursionError):
        raise UnreadableFileError("GeoJSON illisible : fichier tronqué ou d'un autre format.") from None
    except (KeyError, TypeError, AttributeError):
        raise UnreadableFileError("GeoJSON sans liste « features » : attendu une FeatureCollection.") from None
    return _rows(listed, names), _crs(document)


def _rows(listed: list[dict[str, Any]], names: list[str]) -> Iterator[tuple[int, list[str]]]:
    yield 0, [*names, GEOMETRY]
    for number, feature in enumerate(listed, start=1):
        properties = feature.get("properties") or {}
        yield number, [*(_text(properties.get(name)) for name in names), _point(feature.get("geometry"))]


def _crs(document: dict[str, Any]) -> str | None:
    stated = document.get("crs")
    properties = stated.get("properties") if isinstance(stated, dict) else None
    name = properties.get("name") if isinstance(properties, dict) else None
    if not name:
        return None
    try:
        CRS.from_user_input(str(name))
    except CRSError:
        raise UnreadableFileError(
            f"système de coordonnées « {name} » inconnu. Attendu : un code comme EPSG:2154."
        ) from None
    return str(name)


def _point(geometry: object) -> str:
    """An unusable geometry gives no point: the row is then placed by its other columns, or rejected."""
    try:
        geom = shape(geometry)  # type: ignore[arg-type]
        if geom.is_empty:
            return ""
        if geom.geom_type in ("LineString", "MultiLineString"):
            merged = shapely.line_merge(geom)
            longest = max(getattr(merged, "geoms", [merged]), key=lambda line: line.length)
            geom = longest.interpolate(0.5, normalized=True)
        point = geom if isinstance(geom, shapely.Point) else geom.representative_point()
    except (AttributeError, KeyError, TypeError, ValueError, IndexError, shapely.errors.ShapelyError):
        return ""
    return json.dumps({"lon": point.x, "lat": point.y})


def _text(value: object) -> str:
    match value:
        case None:
            return ""
        case str():
            return value
        case bool():
            return "vrai" if value else "faux"
        case dict() | list():
            return json.dumps(value, ensure_ascii=False)
        case _:
            return str(value)
