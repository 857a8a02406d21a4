"""Outlines in degrees, grids in metres, pictures in Web Mercator: what lies between a density and a web map."""

from __future__ import annotations

import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import shapely
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from pyproj import CRS, Transformer
from shapely.geometry.base import BaseGeometry

from dashboard.indicators.grid import COLOURS, OPACITIES, Array, Bounds, Frame, classify, sampled, spread

WEB_MERCATOR = "EPSG:3857"
DEGREES = "EPSG:4326"
LATTICE = 65
PIXELS_A_CELL = 2
MAX_PIXELS = 500_000


@dataclass(frozen=True)
class Picture:
    """A PNG in Web Mercator and the corners Leaflet stretches it between: (south, west), (north, east) in degrees."""

    png: bytes
    bounds: tuple[tuple[float, float], tuple[float, float]]


def extent_of(outlines: Sequence[BaseGeometry], crs: str) -> Bounds:
    """Metric bounding box of outlines in degrees."""
    west, south, east, north = shapely.total_bounds(_several(outlines))
    return _transformer(DEGREES, crs).transform_bounds(west, south, east, north)


def to_degrees(x: Array, y: Array, crs: str) -> tuple[Array, Array]:
    """Longitudes and latitudes of metric points."""
    longitude, latitude = _transformer(crs, DEGREES).transform(x, y)
    return np.asarray(longitude), np.asarray(latitude)


def to_metres(longitude: Array, latitude: Array, crs: str) -> tuple[Array, Array]:
    """Metric coordinates of points in degrees."""
    x, y = _transformer(DEGREES, crs).transform(longitude, latitude)
    return np.asarray(x), np.asarray(y)


def zone_at(longitude: float, latitude: float, outlines: Mapping[str, BaseGeometry]) -> str | None:
    """Identifier of the outline that holds a point in degrees; None outside all of them."""
    point = shapely.Point(longitude, latitude)
    return next((name for name, outline in outlines.items() if outline.intersects(point)), None)


def picture(
    values: Array, at: Frame, crs: str, *, breaks: Sequence[float], outlines: Sequence[BaseGeometry] = ()
) -> Picture:
    """Colour classes of a metric grid (rows from south to north), drawn in Web Mercator.

    The picture is sampled, bilinearly, in the middle of each of its own pixels (two a cell, half a million at most), so
    its corners are exact in degrees whatever the turn of the metric grid. Outside `outlines` (degrees), if any are
    given, nothing is painted.
    """
    window = _Window.over(at, crs, outlines)
    classes = classify(_sampled(values, at, crs, window), breaks)
    if outlines:
        classes *= _mask(outlines, window)
    return Picture(_png(classes), window.corners())


@dataclass(frozen=True)
class _Window:
    """The picture's pixels in Web Mercator metres: its north-west corner, the side of a pixel, its size."""

    west: float
    north: float
    pixel: float
    columns: int
    rows: int

    @classmethod
    def over(cls, at: Frame, crs: str, outlines: Sequence[BaseGeometry]) -> _Window:
        """The frame, or what of it the outlines cover, with two pixels a cell as long as they aren't too many."""
        west, south, east, north = whole = _transformer(crs, WEB_MERCATOR).transform_bounds(*at.bounds)
        pixel = (whole[2] - whole[0]) / at.shape[1] / PIXELS_A_CELL
        if outlines:
            box = _transformer(DEGREES, WEB_MERCATOR).transform_bounds(*shapely.total_bounds(_several(outlines)))
            west, south = max(west, box[0]), max(south, box[1])
            east, north = max(west + pixel, min(east, box[2])), max(south + pixel, min(north, box[3]))
        pixel = max(pixel, math.sqrt((east - west) * (north - south) / MAX_PIXELS))
        return cls(west, north, pixel, math.ceil((east - west) / pixel), math.ceil((north - south) / pixel))

    def corners(self) -> tuple[tuple[float, float], tuple[float, float]]:
        back = _transformer(WEB_MERCATOR, DEGREES)
        west, north = back.transform(self.west, self.north)
        east, south = back.transform(self.west + self.columns * self.pixel, self.north - self.rows * self.pixel)
        return (south, west), (north, east)


def _sampled(values: Array, at: Frame, crs: str, window: _Window) -> Array:
    """Values in the middle of each pixel, rows from north to south; 0 outside the frame.

    Only the nodes of a lattice are projected, the pixels between them linearly: over a mesh of side h the error is
    about h² / (8 × 6,400 km), some millimetres for a town and less than a metre for a region.
    """
    across = window.west + np.linspace(0, window.columns, LATTICE) * window.pixel
    down = window.north - np.linspace(0, window.rows, LATTICE) * window.pixel
    x, y = _transformer(WEB_MERCATOR, crs).transform(*np.meshgrid(across, down))
    size = (window.rows, window.columns)
    return sampled(values, at, spread(np.asarray(x), *size), spread(np.asarray(y), *size))


def _mask(outlines: Sequence[BaseGeometry], window: _Window) -> NDArray[np.uint8]:
    """1 inside the outlines, 0 outside: filled as Leaflet draws them, with straight sides in Web Mercator."""
    image = Image.new("1", (window.columns, window.rows), 0)
    for polygon in shapely.get_parts(shapely.union_all(_several(outlines))):
        if not shapely.get_num_interior_rings(polygon):
            ImageDraw.Draw(image).polygon(_pixels(polygon, window), fill=1)
            continue
        sheet = Image.new("1", image.size, 0)
        ImageDraw.Draw(sheet).polygon(_pixels(shapely.get_exterior_ring(polygon), window), fill=1)
        for hole in polygon.interiors:
            ImageDraw.Draw(sheet).polygon(_pixels(hole, window), fill=0)
        image.paste(1, mask=sheet)
    return np.asarray(image).astype(np.uint8)


def _pixels(ring: BaseGeometry, window: _Window) -> list[tuple[float, float]]:
    """Corners of a ring in pixels, whole numbers being the pixels' middles."""
    x, y = _transformer(DEGREES, WEB_MERCATOR).transform(*shapely.get_coordinates(ring).T)
    return list(zip((x - window.west) / window.pixel - 0.5, (window.north - y) / window.pixel - 0.5, strict=True))


def _several(outlines: Sequence[BaseGeometry]) -> NDArray[np.object_]:
    return np.array(outlines, dtype=object)


def _png(classes: NDArray[np.uint8]) -> bytes:
    image = Image.fromarray(classes)
    image.putpalette([0, 0, 0, *(channel for colour in COLOURS for channel in bytes.fromhex(colour[1:]))])
    opacities = bytes([0, *(round(255 * opacity) for opacity in OPACITIES)])
    out = io.BytesIO()
    image.save(out, "PNG", transparency=opacities, compress_level=6)
    return out.getvalue()


@lru_cache(maxsize=32)
def _transformer(source: str, target: str) -> Transformer:
    return Transformer.from_crs(CRS.from_user_input(source), CRS.from_user_input(target), always_xy=True)
