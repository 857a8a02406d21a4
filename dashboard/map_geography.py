"""Where a build is: outlines, names and their places, what the map is fitted to. No Streamlit."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from dashboard import map_picture, warehouse
from dashboard.indicators import grid
from dashboard.warehouse import Identity, query

Corners = tuple[tuple[float, float], tuple[float, float]]


class NotDrawn(Exception):  # noqa: N818 - a reason told to the reader, not a failure
    """Why a density is not drawn; the message is French and says what to do."""


@dataclass(frozen=True)
class Geography:
    """Outlines by neighbourhood (GeoJSON and geometry, in degrees), where names go, and what the map is fitted to."""

    texts: dict[str, str]
    outlines: dict[str, BaseGeometry]
    names: dict[str, str]
    is_population_known: bool
    middles: dict[str, tuple[float, float]]
    corners: Corners | None


def geography() -> Geography:
    """Outlines and names of the neighbourhoods of this build."""
    return _geography(warehouse.identity())


@lru_cache(maxsize=2)
def _geography(_identity: Identity) -> Geography:
    rows = query("map_neighbourhoods").to_dict("records")
    texts = {row["neighbourhood_id"]: row["outline"] for row in rows if isinstance(row["outline"], str)}
    outlines = {zone: shapely.from_geojson(text) for zone, text in texts.items()}
    middles = {zone: _middle(outline) for zone, outline in outlines.items()} | {
        row["neighbourhood_id"]: (row["longitude"], row["latitude"])
        for row in rows
        if row["neighbourhood_id"] not in texts and pd.notna(row["longitude"])
    }
    names = distinct_names({row["neighbourhood_id"]: row["name"] for row in rows})
    is_population_known = any(pd.notna(row["population"]) for row in rows)
    return Geography(texts, outlines, names, is_population_known, middles, _corners(outlines))


def distinct_names(given: dict[str, object]) -> dict[str, str]:
    """A name for every neighbourhood, its identifier where it has none; homonyms are told apart."""
    names = {zone: name.strip() if isinstance(name, str) and name.strip() else zone for zone, name in given.items()}
    seen = Counter(names.values())
    return {zone: name if seen[name] == 1 else f"{name} ({zone})" for zone, name in names.items()}


def _middle(outline: BaseGeometry) -> tuple[float, float]:
    """Centre of the largest circle inside: the place for a name, within the outline whatever its shape."""
    centres = shapely.maximum_inscribed_circle(np.array([outline], dtype=object))
    longitude, latitude = shapely.get_coordinates(centres)[0]
    return float(longitude), float(latitude)


def _corners(outlines: dict[str, BaseGeometry]) -> Corners | None:
    """(south, west) and (north, east) of the outlines, else of the data; None when nothing has a position."""
    if outlines:
        west, south, east, north = shapely.total_bounds(np.array(list(outlines.values()), dtype=object))
        return (float(south), float(west)), (float(north), float(east))
    try:
        extent = data_extent()
    except NotDrawn:
        return None
    x, y = np.array([extent[0], extent[2]]), np.array([extent[1], extent[3]])
    longitude, latitude = map_picture.to_degrees(x, y, warehouse.build_info().metric_crs)
    return (float(latitude[0]), float(longitude[0])), (float(latitude[1]), float(longitude[1]))


def data_extent(neighbourhoods: tuple[str, ...] = ()) -> grid.Bounds:
    """Where the data are, in metres, without the few points that lie far from the others."""
    row = query("map_extent", neighbourhoods=list(neighbourhoods)).to_dict("records")[0]
    if not row["located"]:
        raise NotDrawn("Aucune intervention n’a de position\u00a0: il n’y a pas de carte à dessiner.")
    width, height = row["east_98"] - row["west_98"], row["north_98"] - row["south_98"]
    return (
        max(row["west"], row["west_98"] - width / 2),
        max(row["south"], row["south_98"] - height / 2),
        min(row["east"], row["east_98"] + width / 2),
        min(row["north"], row["north_98"] + height / 2),
    )


def zone_at(longitude: float, latitude: float) -> str | None:
    """Neighbourhood at a point: the outline that holds it; where no outline is known, the nearest middle."""
    place = geography()
    if place.outlines or not place.middles:
        return map_picture.zone_at(longitude, latitude, place.outlines)
    return min(place.middles, key=lambda zone: math.dist(place.middles[zone], (longitude, latitude)))
