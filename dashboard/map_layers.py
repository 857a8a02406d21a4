"""What is drawn on a map and written beside it: base map, layers, legends, tables. folium and HTML; no Streamlit.

The base map is the same whatever the filters: streamlit-folium reloads a map whose script changes, and only redraws
what is given apart (`feature_group_to_add`). Names and figures reach the browser as JSON and are written as text.
"""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from html import escape
from itertools import pairwise
from pathlib import Path
from typing import Any

import folium
import pandas as pd
from folium.map import Layer
from folium.raster_layers import ImageOverlay
from folium.template import Template
from folium.utilities import JsCode

from dashboard import assets, formats
from dashboard.indicators.grid import COLOURS, OPACITIES, colour_of
from dashboard.map_picture import Picture
from dashboard.markup import element
from dashboard.markup import text as markup_text

INK = "#1a1a1a"
FILL_OPACITY = 0.75
UNOBSERVED = "url(#opt-map-unobserved)"
LARGEST_RADIUS_PX = 22.0
SPOT_RADIUS_PX = 12
_FILES = Path(__file__).parent
_HATCHES = """<svg width="0" height="0" aria-hidden="true"><defs>
<pattern id="opt-map-unobserved" width="8" height="8" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
<rect width="8" height="8" fill="#d9d9d9"/><rect width="2" height="8" fill="#7a7a7a"/></pattern></defs></svg>"""


@dataclass(frozen=True)
class Label:
    """Text on the map at a point in degrees: a name, then figures.

    A low `rank` is kept when labels would overlap. With an offset the label stands beside its point, on the side that
    is free; `mark` draws a ring on the point.
    """

    longitude: float
    latitude: float
    lines: tuple[str, ...]
    rank: int = 0
    offset_px: int = 0
    mark: bool = False


class _Script(folium.MacroElement):
    """A script that runs once the map it is added to exists."""

    _template = Template("{% macro script(this, kwargs) %}{{ this.code }}\n{{ this.call }}{% endmacro %}")

    def __init__(self, code: str, call: str) -> None:
        super().__init__()
        self._name = "Script"
        self.code, self.call = code, call


def base_map(
    bounds: Sequence[Sequence[float]], *, tiles: str | None, attribution: str, base_url: str = ""
) -> folium.Map:
    """The map without data, fitted to ((south, west), (north, east)): background, scale bar, French controls."""
    drawn = folium.Map(tiles=None, zoom_control=False, control_scale=False, zoom_snap=0.25, max_zoom=19)
    drawn.default_js = assets.default_js(base_url)
    drawn.default_css = assets.default_css(base_url)
    style = (_FILES / "maps.css").read_text(encoding="utf-8")
    root: Any = drawn.get_root()
    root.header.add_child(folium.Element(f"<style>{style}</style>"), name="optimedia_style")
    root.html.add_child(folium.Element(_HATCHES), name="optimedia_hatches")
    corners = json.dumps([list(corner) for corner in bounds])
    drawn.add_child(_Script((_FILES / "maps.js").read_text(encoding="utf-8"), f"optimedia.start(map_div, {corners});"))
    if tiles:  # after the view is set: no tile of elsewhere is asked for
        folium.TileLayer(tiles, attr=escape(attribution), max_zoom=19).add_to(drawn)
    return drawn


def density_layer(picture: Picture, alternative: str) -> ImageOverlay:
    """The density's picture; `alternative` is read to those who can't see it."""
    url = "data:image/png;base64," + base64.b64encode(picture.png).decode("ascii")
    return ImageOverlay(url, [list(corner) for corner in picture.bounds], pixelated=False, alt=alternative)


def outlines_layer(
    outlines: Mapping[str, str],
    fills: Mapping[str, str | None],
    tips: Mapping[str, Sequence[str]],
    selected: str | None,
) -> folium.GeoJson:
    """Outlines (GeoJSON geometries), filled with a colour, hatched (`UNOBSERVED`) or empty (None)."""
    return geojson(
        {
            "type": "Feature",
            "geometry": json.loads(outline),
            "properties": {"style": _outline_style(fills.get(zone), zone == selected), "tip": list(tips.get(zone, ()))},
        }
        for zone, outline in sorted(outlines.items(), key=lambda pair: pair[0] == selected)
    )


def _outline_style(fill: str | None, selected: bool) -> dict[str, object]:
    hatched = fill == UNOBSERVED
    return {
        "color": INK,
        "weight": 4 if selected else 1.6,
        "dashArray": "6 5" if hatched and not selected else None,
        "fillColor": fill or "#ffffff",
        "fillOpacity": FILL_OPACITY if fill else 0.0,
    }


def spots_layer(
    middles: Mapping[str, tuple[float, float]],
    fills: Mapping[str, str | None],
    tips: Mapping[str, Sequence[str]],
    selected: str | None,
) -> folium.GeoJson:
    """Neighbourhoods without an outline, as discs where they are (longitude, latitude), filled like outlines."""
    return geojson(
        point(
            *middle,
            style=_outline_style(fills.get(zone), zone == selected) | {"radius": SPOT_RADIUS_PX},
            tip=list(tips.get(zone, ())),
        )
        for zone, middle in middles.items()
    )


def circles_layer(places: pd.DataFrame, largest: float) -> folium.GeoJson:
    """Places (longitude, latitude, name, interventions) as circles of area proportional to the count."""
    return geojson(
        point(
            place["longitude"],
            place["latitude"],
            style={
                "radius": radius_px(place["interventions"], largest),
                "color": COLOURS[-1],
                "weight": 1.2,
                "fillColor": COLOURS[-2],
                "fillOpacity": 0.35,
            },
            tip=[place["name"], formats.plural(place["interventions"], "intervention")],
        )
        for place in places.to_dict("records")
    )


def labels_layer(labels: Iterable[Label]) -> folium.GeoJson:
    """Text on the map."""
    return geojson(
        point(
            label.longitude,
            label.latitude,
            label=list(label.lines),
            rank=label.rank,
            offset=label.offset_px,
            mark=label.mark,
        )
        for label in labels
    )


def radius_px(count: float, largest: float) -> float:
    """Radius of a circle whose area is proportional to the count."""
    return round(LARGEST_RADIUS_PX * math.sqrt(count / largest), 2) if largest > 0 else 0.0


def point(longitude: float, latitude: float, **properties: object) -> dict[str, Any]:
    """A GeoJSON point with the properties that `maps.js` reads."""
    geometry = {"type": "Point", "coordinates": [float(longitude), float(latitude)]}
    return {"type": "Feature", "geometry": geometry, "properties": properties}


def geojson(features: Iterable[dict[str, object]]) -> folium.GeoJson:
    """Features drawn as `maps.js` says: style, tip and label are properties of each."""
    return folium.GeoJson(
        {"type": "FeatureCollection", "features": list(features)},
        on_each_feature=JsCode("optimedia.each"),
        pointToLayer=JsCode("optimedia.point"),
    )


def group(*layers: Layer) -> folium.FeatureGroup:
    """Layers as the one group that changes with the filters."""
    together = folium.FeatureGroup(name="carte")
    for layer in layers:
        layer.add_to(together)
    return together


def classes_legend(unit: str, breaks: Sequence[float], *, is_opaque: bool = False, unknown: str | None = None) -> str:
    """Legend of a scale of classes: its unit, each colour with its numbers, and what hatches stand for."""
    entries = []
    if breaks and breaks[0] > 0:
        entries.append(_entry("is-none", f"moins de {shown(breaks[0])}"))
    for index, (low, high) in enumerate(pairwise(breaks)):
        opacity = FILL_OPACITY if is_opaque else OPACITIES[index]
        colour = f"background:{COLOURS[index]}{round(255 * opacity):02x}"
        entries.append(_entry("", f"{shown(low)} à {shown(high)}", colour))
    if unknown:
        entries.append(_entry("is-unobserved", unknown))
    return _legend(unit, entries)


def circles_legend(unit: str, largest: float, smallest: float = 0) -> str:
    """Legend of circles: three sizes with their counts, none under `smallest`, which no circle stands for."""
    found = (max(round(largest * share), round(smallest)) for share in (0.1, 0.4, 1.0))
    counts = sorted({count for count in found if count})
    sizes = [(count, f"{2 * radius_px(count, largest):.0f}px") for count in counts]
    return _legend(
        unit, [_entry("is-circle", formats.number(count), f"width:{size};height:{size}") for count, size in sizes]
    )


def _entry(css: str, text: str, style: str = "") -> str:
    return element("span", element("i", "", css, style=style) + markup_text(text))


def _legend(unit: str, entries: Iterable[str]) -> str:
    return element("div", element("strong", markup_text(unit)) + "".join(entries), "opt-map-legend")


def shown(value: float) -> str:
    """A bound of a scale with the decimals it has and no more."""
    return formats.number(value, max(0, -int(Decimal(repr(value)).normalize().as_tuple().exponent)))


def fill_of(value: float, breaks: Sequence[float]) -> str | None:
    """Fill of a rate on a map: its class, empty below the first bound, hatched when it is unknown."""
    return UNOBSERVED if math.isnan(value) else colour_of(value, breaks)
