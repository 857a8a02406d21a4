"""Pure geometry: read outlines, check their CRS, repair, reproject, assign points to a zone, simplify."""

from __future__ import annotations

import json
import warnings
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import ArrayLike, NDArray
from pyogrio.errors import DataSourceError
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError
from shapely.geometry.base import BaseGeometry

from pipelines.errors import SettingsError
from pipelines.settings import WHOLE_EARTH, Neighbourhoods

DEGREES = "EPSG:4326"
OUTSIDE = "hors_perimetre"
SQUARE_M = 100.0
TOLERANCE_M = 5.0
OVERLAP_M2 = 1.0
CHUNK = 500_000


@dataclass(frozen=True)
class Zones:
    """The outlines, smallest first.

    `attributes`: neighbourhood_id, name, population, population_source, population_date, a row a zone. `shapes`: their
    surfaces in metres (`crs`). `bounds`: west, south, east, north in degrees. `notes`: in French, what was repaired.
    """

    attributes: pd.DataFrame
    shapes: gpd.GeoSeries
    bounds: tuple[float, float, float, float]
    notes: list[str] = field(default_factory=list)


def load_zones(source: Neighbourhoods, metric_crs: str) -> Zones | None:
    """Read the outlines of a territory, of any format and CRS that GDAL knows; None where it has none.

    Rings that cross themselves are repaired. Where outlines overlap, the smaller zone wins: both are said.

    Raises SettingsError: a metric CRS that is not in metres, no such file, no CRS in it, a missing column or value, no
    surface, or two zones of the same identifier.
    """
    _refuse_other_units(metric_crs)
    if source.file is None:
        return None
    frame = _read(source.file)
    names = [str(column) for column in frame.columns]
    missing = [name for name in (source.id, source.name) if name not in names]
    if missing:
        raise SettingsError(
            f"{source.file} : colonne « {missing[0]} » absente. Colonnes du fichier : {', '.join(names)}."
        )
    west, south, east, north = (float(value) for value in frame.to_crs(DEGREES).total_bounds)
    attributes = _attributes(frame, source)
    surfaces, notes = _repair(frame.to_crs(metric_crs).geometry, list(attributes["name"]))
    order = np.argsort([surface.area for surface in surfaces], kind="stable")
    attributes = attributes.iloc[order].reset_index(drop=True)
    shapes = gpd.GeoSeries([surfaces[n] for n in order], crs=metric_crs)
    notes += _overlaps(list(attributes["name"]), list(shapes))
    return Zones(attributes, shapes, source.bounds or (west, south, east, north), notes)


def _refuse_other_units(metric_crs: str) -> None:
    try:
        crs = CRS.from_user_input(metric_crs)
    except CRSError:
        raise SettingsError(f'metric_crs = "{metric_crs}" inconnu. Attendu : un code comme EPSG:2154.') from None
    if not crs.is_projected or {axis.unit_name for axis in crs.axis_info} != {"metre"}:
        raise SettingsError(f'metric_crs = "{metric_crs}" n\'est pas en mètres. Attendu : un code comme EPSG:2154.')


def _attributes(frame: gpd.GeoDataFrame, source: Neighbourhoods) -> pd.DataFrame:
    if bool(frame[[source.id, source.name]].isna().to_numpy().any()):
        raise SettingsError(f"{source.file} : une zone n'a pas d'identifiant ({source.id}) ou de nom ({source.name}).")
    ids = [str(int(i)) if isinstance(i, float) and i.is_integer() else str(i) for i in frame[source.id]]
    if OUTSIDE in ids:
        raise SettingsError(f"{source.file} : l'identifiant « {OUTSIDE} » est réservé à ce qui n'est dans aucune zone.")
    twins = sorted({i for i in ids if ids.count(i) > 1})
    if twins:
        raise SettingsError(f"{source.file} : identifiant « {twins[0]} » porté par deux zones.")
    attributes = pd.DataFrame({"neighbourhood_id": ids, "name": [str(value) for value in frame[source.name]]})
    for name in ("population", "population_source", "population_date"):
        column = getattr(source, name)
        if column not in frame.columns:
            attributes[name] = None
            continue
        blank = frame[column].isna().to_list()
        known = [None if empty else value for value, empty in zip(frame[column].to_list(), blank, strict=True)]
        attributes[name] = pd.Series(known, dtype=object)
    people = [_population(value, source.file) for value in attributes["population"]]
    attributes["population"] = pd.Series(people, dtype="Int64")
    return attributes


def _population(value: object, file: Path | None) -> int | None:
    if value is None:
        return None
    try:
        return round(float("".join(str(value).split())))
    except ValueError:
        raise SettingsError(f"{file} : population « {value} » ; attendu : un nombre d'habitants.") from None


def _read(file: Path) -> gpd.GeoDataFrame:
    try:
        frame = gpd.read_file(file)
    except DataSourceError:
        raise SettingsError(f"{file} : contours illisibles. Attendu : GeoJSON, GeoPackage ou shapefile.") from None
    if not isinstance(frame, gpd.GeoDataFrame) or frame.empty:
        raise SettingsError(f"{file} : aucun contour dans ce fichier.")
    if frame.crs is None:
        raise SettingsError(
            f"{file} : système de coordonnées absent. Ajoutez-le au fichier (pour un shapefile : le fichier .prj)."
        )
    return frame


def _repair(geometries: gpd.GeoSeries, names: list[str]) -> tuple[list[BaseGeometry], list[str]]:
    """Surfaces only, valid; what had to be repaired is said."""
    repaired: list[BaseGeometry] = []
    notes: list[str] = []
    for geometry, name in zip(geometries, names, strict=True):
        surface = geometry if geometry is not None else shapely.Polygon()
        if not surface.is_valid:
            surface = shapely.make_valid(surface)
            notes.append(f"contour de « {name} » réparé")
        parts = [part for part in shapely.get_parts(surface) if part.geom_type in ("Polygon", "MultiPolygon")]
        if not parts or surface.is_empty:
            raise SettingsError(f"contour de « {name} » : aucune surface. Attendu : un polygone.")
        repaired.append(shapely.union_all(parts))
    return repaired, notes


def _overlaps(names: list[str], shapes: list[BaseGeometry]) -> list[str]:
    found = []
    for (smaller, first), (larger, second) in combinations(zip(names, shapes, strict=True), 2):
        shared = first.intersection(second).area
        if shared > OVERLAP_M2:
            where = f"« {smaller} » et « {larger} » se recouvrent sur {shared:.0f} m²"
            found.append(f"{where} : comptés pour « {smaller} »")
    return found


def outlines(zones: Zones) -> pd.DataFrame:
    """Columns neighbourhood_id, name, population, population_source, population_date, area_km2, outline.

    Outlines are simplified (5 m), together when none overlaps so that neighbours keep one border, and written as
    GeoJSON in degrees.
    """
    shapes = np.asarray(zones.shapes)
    together = bool(shapely.coverage_is_valid(shapes))
    simple = shapely.coverage_simplify(shapes, TOLERANCE_M) if together else shapely.simplify(shapes, TOLERANCE_M)
    degrees = np.asarray(gpd.GeoSeries(list(simple), crs=zones.shapes.crs).to_crs(DEGREES))
    rounded = shapely.transform(degrees, lambda points: np.round(points, 6))
    known = zones.attributes.copy()
    known["population_date"] = [None if value is None else str(value)[:10] for value in known["population_date"]]
    known["area_km2"] = shapely.area(shapes) / 1e6
    known["outline"] = [json.dumps(shapely.geometry.mapping(shape)) for shape in rounded]
    return known


@dataclass(frozen=True)
class Frame:
    """What places points: zones (None: no outline), metric CRS, and the bounds of the territory when known."""

    zones: Zones | None
    metric_crs: str
    bounds: tuple[float, float, float, float] | None


def place_points(x: ArrayLike, y: ArrayLike, crs: str, frame: Frame) -> pd.DataFrame:
    """Where points are: x, y of shape (n,) in `crs`, longitude and latitude first for a geographic one.

    Returns n rows: px, py (as given); usable; swapped (latitude and longitude were exchanged, and the point falls in
    the territory once they are put right); longitude, latitude; x_m, y_m; zone (`hors_perimetre` outside every outline,
    null without outlines); square_x_m, square_y_m, square_longitude, square_latitude: centre of the 100 m square.
    """
    given_x, given_y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    parts = [
        _place(given_x[start : start + CHUNK], given_y[start : start + CHUNK], crs, frame)
        for start in range(0, max(len(given_x), 1), CHUNK)
    ]
    return pd.concat(parts, ignore_index=True)


def _place(x: NDArray[np.float64], y: NDArray[np.float64], crs: str, frame: Frame) -> pd.DataFrame:
    lon, lat = (x, y) if CRS.from_user_input(crs).equals(DEGREES) else _transform(crs, DEGREES, x, y)
    swapped = _inside(lat, lon, frame.bounds) & ~_inside(lon, lat, frame.bounds)
    lon, lat = np.where(swapped, lat, lon), np.where(swapped, lon, lat)
    at_origin = (x == 0) & (y == 0)
    in_range = (np.abs(lon) <= WHOLE_EARTH[0]) & (np.abs(lat) <= WHOLE_EARTH[1])
    x_m, y_m = _transform(DEGREES, frame.metric_crs, lon, lat)
    usable = in_range & ~at_origin & np.isfinite(x_m) & np.isfinite(y_m)
    square_x, square_y = (np.floor(v / SQUARE_M) * SQUARE_M + SQUARE_M / 2 for v in (x_m, y_m))
    square_lon, square_lat = _transform(frame.metric_crs, DEGREES, square_x, square_y)
    placed = pd.DataFrame(
        {
            "px": x,
            "py": y,
            "usable": usable,
            "swapped": swapped & usable,
            "longitude": lon,
            "latitude": lat,
            "x_m": x_m,
            "y_m": y_m,
            "square_x_m": square_x,
            "square_y_m": square_y,
            "square_longitude": square_lon,
            "square_latitude": square_lat,
        }
    )
    placed["zone"] = _zones(x_m, y_m, usable, frame.zones)
    return placed


def _zones(
    x_m: NDArray[np.float64], y_m: NDArray[np.float64], usable: NDArray[np.bool_], zones: Zones | None
) -> NDArray[np.object_]:
    """Identifier of the zone of each point; where zones overlap, the first in their order: the smallest."""
    names = np.full(len(x_m), None, dtype=object)
    if zones is None:
        return names
    at = np.flatnonzero(usable)
    point, zone = zones.shapes.sindex.query(shapely.points(x_m[at], y_m[at]), predicate="intersects")
    first = np.full(len(at), len(zones.attributes))
    np.minimum.at(first, point, zone)
    names[at] = np.array([*zones.attributes["neighbourhood_id"], OUTSIDE], dtype=object)[first]
    return names


def _inside(
    lon: NDArray[np.float64], lat: NDArray[np.float64], bounds: tuple[float, float, float, float] | None
) -> NDArray[np.bool_]:
    if bounds is None:
        return np.zeros(len(lon), dtype=bool)
    west, south, east, north = bounds
    return (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)


def _transform(
    source: str, target: str, x: NDArray[np.float64], y: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Points that the projection can't place come out as infinite."""
    transformer = Transformer.from_crs(source, target, always_xy=True)
    with warnings.catch_warnings(), np.errstate(invalid="ignore"):
        warnings.simplefilter("ignore", RuntimeWarning)
        new_x, new_y = transformer.transform(x, y)
    return np.asarray(new_x), np.asarray(new_y)
