"""The map of a deck as an image: outlines, circles of published places, names, scale, north. Pillow, no tiles.

Drawn in Web Mercator like the map of the screen, at three times its size and then reduced: lines are smooth. A place
whose figure is hidden is not in the rows given, so it has no point.
"""

from __future__ import annotations

import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import shapely
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from PIL.ImageFont import FreeTypeFont
from pyproj import Geod
from shapely.geometry.base import BaseGeometry

from dashboard import formats, map_picture
from dashboard.indicators.grid import COLOURS
from dashboard.report.slides import Picture

WIDTH, HEIGHT = 1600, 1100
OVER = 2  # drawn larger, then reduced
LEGEND = 170  # pixels under the map
MARGIN = 40
LARGEST = 54.0  # radius, in pixels of the image
LEAST_SPAN_M = 400.0
BACKGROUND, LAND, INK, GREY, AMBER = "#f4f6f7", "#ffffff", "#1b2a30", "#4a5a62", "#7a4200"
MOST_LABELS, LATTICE = 40, 36
STEPS = (1, 2, 5)
SCREEN_FONT, REGULAR, BOLD = "static/static/media/SourceSansVF-Upright.*.woff2", 450, 700


class Zone(Protocol):
    """What is drawn of a neighbourhood: its name, and its outline as GeoJSON in degrees, if it has one."""

    @property
    def name(self) -> str: ...

    @property
    def outline(self) -> str | None: ...


@dataclass(frozen=True)
class _Dot:
    """A circle, in pixels of the drawing."""

    x: float
    y: float
    radius: float
    n: float


@dataclass(frozen=True)
class _View:
    """Web Mercator metres to pixels of the drawing."""

    west: float
    north: float
    pixel: float

    def at(self, x: float, y: float) -> tuple[float, float]:
        return (x - self.west) / self.pixel, (self.north - y) / self.pixel


def territory_map(
    zones: Sequence[Zone], places: Sequence[Mapping[str, Any]], *, is_fictional: bool, period: str
) -> Picture | None:
    """The map of places (longitude, latitude, n, name); None when nothing has a position."""
    outlines = {zone.name: shapely.from_geojson(zone.outline) for zone in zones if zone.outline}
    dots = [row for row in places if row["longitude"] is not None and row["latitude"] is not None and row["n"]]
    view = _view(list(outlines.values()), dots)
    if view is None:
        return None
    image = Image.new("RGB", (WIDTH * OVER, HEIGHT * OVER), BACKGROUND)
    draw = ImageDraw.Draw(image, "RGBA")
    for outline in outlines.values():
        _outline(draw, view, outline)
    largest = max((float(row["n"]) for row in dots), default=0.0)
    drawn = [_Dot(*_point(view, row), _radius(float(row["n"]), largest) * OVER, float(row["n"])) for row in dots]
    for dot in sorted(drawn, key=lambda dot: -dot.n):
        _circle(draw, (dot.x, dot.y), dot.radius)
    _numbers(draw, drawn)
    for name, outline in list(outlines.items())[:MOST_LABELS]:
        _name(draw, view, name, outline, drawn)
    _furniture(draw, view, outlines, dots)
    _legend(draw, [dot.n for dot in drawn], is_fictional=is_fictional, period=period)
    content = io.BytesIO()
    image.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS).save(content, "PNG", optimize=False, compress_level=6)
    return Picture(content.getvalue(), WIDTH, HEIGHT, _alternative(list(outlines), dots, period))


def _view(outlines: Sequence[BaseGeometry], dots: Sequence[Mapping[str, Any]]) -> _View | None:
    bounds = [shapely.bounds(outline) for outline in outlines]
    bounds += [(row["longitude"], row["latitude"], row["longitude"], row["latitude"]) for row in dots]
    if not bounds:
        return None
    west, south = np.min([box[:2] for box in bounds], axis=0)
    east, north = np.max([box[2:] for box in bounds], axis=0)
    x, y = map_picture.to_metres(np.array([west, east]), np.array([south, north]), map_picture.WEB_MERCATOR)
    width, height = (max(float(ends[1] - ends[0]), LEAST_SPAN_M) for ends in (x, y))
    room = (WIDTH - 2 * MARGIN) * OVER, (HEIGHT - LEGEND - 2 * MARGIN) * OVER
    pixel = max(width / room[0], height / room[1])
    middle = float(x.mean()), float(y.mean())
    left, top = WIDTH * OVER / 2, (HEIGHT - LEGEND) * OVER / 2
    return _View(middle[0] - left * pixel, middle[1] + top * pixel, pixel)


def _projected(view: _View, ring: BaseGeometry) -> list[tuple[float, float]]:
    return _placed(view, shapely.get_coordinates(ring))


def _placed(view: _View, corners: NDArray[np.float64]) -> list[tuple[float, float]]:
    """Points in degrees, one a row, as pixels."""
    x, y = map_picture.to_metres(corners[:, 0], corners[:, 1], map_picture.WEB_MERCATOR)
    return [view.at(float(east), float(north)) for east, north in zip(x, y, strict=True)]


def _outline(draw: ImageDraw.ImageDraw, view: _View, outline: BaseGeometry) -> None:
    for polygon in shapely.get_parts(outline):
        if polygon.geom_type != "Polygon":
            continue
        draw.polygon(_projected(view, shapely.get_exterior_ring(polygon)), fill=LAND)
        for hole in polygon.interiors:
            draw.polygon(_projected(view, hole), fill=BACKGROUND)
        for ring in (shapely.get_exterior_ring(polygon), *polygon.interiors):
            draw.line(_projected(view, ring), fill=INK, width=3 * OVER, joint="curve")


def _point(view: _View, row: Mapping[str, Any]) -> tuple[float, float]:
    x, y = map_picture.to_metres(np.array([row["longitude"]]), np.array([row["latitude"]]), map_picture.WEB_MERCATOR)
    return view.at(float(x[0]), float(y[0]))


def _numbers(draw: ImageDraw.ImageDraw, dots: Sequence[_Dot]) -> None:
    """Counts on their circles, the largest first; one that would cover another is left to the table."""
    font, written = _font(22), []
    for dot in sorted(dots, key=lambda dot: -dot.n):
        text = formats.number(dot.n)
        half = draw.textlength(text, font=font) / 2 + 2 * OVER
        is_free = all(abs(dot.x - x) > half + other or abs(dot.y - y) > 26 * OVER for x, y, other in written)
        if half < dot.radius and is_free:
            written.append((dot.x, dot.y, half))
            ink = {"fill": "#ffffff", "stroke_width": 2 * OVER, "stroke_fill": COLOURS[-1]}
            draw.text((dot.x, dot.y), text, font=font, anchor="mm", **ink)


def _circle(draw: ImageDraw.ImageDraw, at: tuple[float, float], radius: float) -> None:
    box = (at[0] - radius, at[1] - radius, at[0] + radius, at[1] + radius)
    draw.ellipse(box, fill=f"{COLOURS[-2]}9c", outline=COLOURS[-1], width=2 * OVER)


def _radius(n: float, largest: float) -> float:
    """Radius of a circle whose area is proportional to the count, as on the map of the screen."""
    return max(LARGEST * math.sqrt(n / largest), 5.0) if largest else 0.0


def _name(draw: ImageDraw.ImageDraw, view: _View, name: str, outline: BaseGeometry, dots: Sequence[_Dot]) -> None:
    """A name inside its outline, as far as can be from its border and from the circles, and inside the image."""
    font = _font(32, is_bold=True)
    shown = _cut(draw, name, font, 620 * OVER)
    half = draw.textlength(shown, font=font) / 2
    shape = shapely.transform(outline, lambda corners: np.array(_placed(view, corners)))
    x, y = _freest(shape, dots, half)
    at = min(max(x, half + 8 * OVER), WIDTH * OVER - half - 8 * OVER), y
    draw.text(at, shown, fill=INK, font=font, anchor="mm", stroke_width=4 * OVER, stroke_fill="#ffffff")


def _freest(shape: BaseGeometry, dots: Sequence[_Dot], half: float) -> tuple[float, float]:
    """The point of a lattice inside a shape where a text of that half width is farthest from borders and circles."""
    west, north, east, south = shapely.bounds(shape)
    across, down = np.meshgrid(np.linspace(west, east, LATTICE), np.linspace(north, south, LATTICE))
    points = shapely.points(across.ravel(), down.ravel())
    inside = points[shapely.contains(shape, points)]
    if not len(inside):
        middle = shapely.point_on_surface(shape)
        return float(shapely.get_x(middle)), float(shapely.get_y(middle))
    x, y = shapely.get_x(inside), shapely.get_y(inside)
    texts = shapely.linestrings(np.stack([np.stack([x - half, y], axis=1), np.stack([x + half, y], axis=1)], axis=1))
    free = shapely.distance(inside, shapely.boundary(shape))
    free = np.minimum(free, np.where(shapely.contains(shape, texts), np.inf, free / 2))
    for dot in dots:
        free = np.minimum(free, shapely.distance(texts, shapely.Point(dot.x, dot.y)) - dot.radius)
    best = int(np.argmax(free))
    return float(x[best]), float(y[best])


def _cut(draw: ImageDraw.ImageDraw, text: str, font: FreeTypeFont, room: float) -> str:
    kept = text
    while kept and draw.textlength(kept, font=font) > room:
        kept = kept[:-2].rstrip() + "…" if len(kept) > 2 else ""  # noqa: PLR2004 - a letter and the ellipsis
    return kept


def _furniture(
    draw: ImageDraw.ImageDraw,
    view: _View,
    outlines: Mapping[str, BaseGeometry],
    dots: Sequence[Mapping[str, Any]],
) -> None:
    """A scale bar of a round length on the ground, and the north."""
    latitudes = [shapely.bounds(outline)[[1, 3]].mean() for outline in outlines.values()]
    latitude = float(np.mean(latitudes or [row["latitude"] for row in dots]))
    _, _, ground = Geod(ellps="WGS84").inv(0, latitude, 360 / 40_075_016.7, latitude)  # a metre of Web Mercator
    metres = _round_length(view.pixel * ground * 300 * OVER)
    length = metres / (view.pixel * ground)
    right, bottom = (WIDTH - MARGIN) * OVER, (HEIGHT - LEGEND - 24) * OVER
    for x in (right - length, right):
        draw.line([(x, bottom - 8 * OVER), (x, bottom + 8 * OVER)], fill=INK, width=3 * OVER)
    draw.line([(right - length, bottom), (right, bottom)], fill=INK, width=3 * OVER)
    shown = f"{formats.number(metres)}\u00a0m" if metres < 1000 else f"{formats.number(metres / 1000)}\u00a0km"  # noqa: PLR2004
    draw.text((right - length / 2, bottom - 14 * OVER), shown, fill=INK, font=_font(24), anchor="mb")
    x, y = (WIDTH - MARGIN - 20) * OVER, 30 * OVER
    draw.polygon([(x, y), (x - 14 * OVER, y + 40 * OVER), (x, y + 30 * OVER), (x + 14 * OVER, y + 40 * OVER)], fill=INK)
    draw.text((x, y + 46 * OVER), "N", fill=INK, font=_font(26, is_bold=True), anchor="mt")


def _round_length(most: float) -> float:
    """The longest of 1, 2, 5, 10, 20, … metres within `most`."""
    power = 10 ** math.floor(math.log10(max(most, 1.0)))
    return float(max(step * power for step in STEPS if step * power <= max(most, 1.0)))


def _legend(draw: ImageDraw.ImageDraw, counted: Sequence[float], *, is_fictional: bool, period: str) -> None:
    top = (HEIGHT - LEGEND) * OVER
    draw.rectangle((0, top, WIDTH * OVER, HEIGHT * OVER), fill="#ffffff")
    draw.line([(0, top), (WIDTH * OVER, top)], fill="#cfd9dd", width=2 * OVER)
    x, middle = MARGIN * OVER, top + LEGEND * OVER / 2
    draw.text((x, middle - 26 * OVER), "Interventions par lieu", fill=INK, font=_font(28, is_bold=True), anchor="lm")
    draw.text((x, middle + 16 * OVER), period[:1].upper() + period[1:], fill=GREY, font=_font(24), anchor="lm")
    x += 380 * OVER
    low, largest = min(counted, default=0.0), max(counted, default=0.0)
    counts = sorted({round(count) for count in (low, (low + largest) / 2, largest) if count})
    for count in counts:
        radius = _radius(count, largest) * OVER
        _circle(draw, (x + radius, middle), radius)
        x += 2 * radius + 14 * OVER
        draw.text((x, middle), formats.number(count), fill=INK, font=_font(28), anchor="lm")
        x += draw.textlength(formats.number(count), font=_font(28)) + 44 * OVER
    if not counts:
        draw.text((x, middle), "Aucun nombre publié par lieu", fill=INK, font=_font(28), anchor="lm")
    if is_fictional:
        at = ((WIDTH - MARGIN) * OVER, middle)
        draw.text(at, "Données fictives", fill=AMBER, font=_font(30, is_bold=True), anchor="rm")


def _alternative(names: Sequence[str], dots: Sequence[Mapping[str, Any]], period: str) -> str:
    shown = f"Carte, {period}\u00a0: {formats.plural(len(dots), 'lieu publié', 'lieux publiés')}"
    inside = f" dans {', '.join(names[:8])}" if names else ""
    top = sorted(dots, key=lambda row: (-float(row["n"]), str(row["name"])))[:3]
    told = ", ".join(f"{row['name']} ({formats.number(row['n'])})" for row in top)
    most = f" Les plus cités\u00a0: {told}." if told else ""
    return f"{shown}{inside}.{most} Les chiffres sont dans le tableau à côté."


@lru_cache(maxsize=16)
def _font(size: int, *, is_bold: bool = False) -> FreeTypeFont:
    """The font of the screen, from Streamlit's package: the server needs none of its own, and every accent is there."""
    package = find_spec("streamlit")
    assert package is not None and package.origin is not None
    font = ImageFont.truetype(next(Path(package.origin).parent.glob(SCREEN_FONT)), size * OVER)
    font.set_variation_by_axes([BOLD if is_bold else REGULAR])
    return font
