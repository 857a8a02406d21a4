"""What the map of hotspots draws: significant squares, places, clusters, and where a click falls. No Streamlit."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from dashboard import formats, map_geography, map_layers, map_picture, warehouse
from dashboard.filters import Filters
from dashboard.hotspot_ages import history
from dashboard.hotspot_cells import CellMap, HotCell, cell_map
from dashboard.hotspot_places import Spot, ranking
from dashboard.hotspot_scan import Found, Scanned
from dashboard.hotspot_story import Target
from dashboard.hotspot_texts import MARKS, age_words
from dashboard.hotspot_zones import neighbourhood_name, zones
from dashboard.indicators.grid import Array, colour_of, even_breaks
from dashboard.map_layers import INK, Label
from dashboard.markup import element
from dashboard.warehouse import Identity

Feature = dict[str, Any]

LAYERS = {"tout": "Tout", "lieux": "Lieux", "carres": "Carrés", "foyers": "Foyers"}
LABELLED, MOST_CELLS = 8, 1500
# A circle round the zones of a cluster leaves them this much room.
ROOM_M = 180.0
CORNERS = 40
# A click this far from everything opens nothing.
NEAR_M = 150.0
PLACE_COLOUR, CLUSTER_COLOUR = "#b4460e", "#7a0f4e"
LARGEST_PX, SMALLEST_PX, SQUARES_SCALE = 14.0, 6.0, 0.6


def layers(chosen: Filters, layer: str, scanned: Scanned | None, selected: Target | None) -> list[Any]:
    """Outlines, then what the reader asked for, the one in detail again in bold, the names last."""
    place = map_geography.geography()
    features, labels = _drawn(warehouse.identity(), chosen, layer, scanned)
    bold = [_bold(feature) for feature in features if selected and _is_of(feature, selected)]
    return [
        map_layers.outlines_layer(place.texts, {}, {}, None),
        map_layers.geojson([*features, *bold]),
        map_layers.labels_layer(labels),
    ]


@lru_cache(maxsize=32)
def _drawn(
    _identity: Identity, chosen: Filters, layer: str, scanned: Scanned | None
) -> tuple[tuple[Feature, ...], tuple[Label, ...]]:
    place, cells = map_geography.geography(), cell_map(chosen)
    labels = [Label(*middle, (place.names[zone],), rank=LABELLED + 1) for zone, middle in place.middles.items()]
    features: list[Feature] = []
    if layer in ("tout", "carres") and cells is not None:
        features += _squares(cells)
    if layer in ("tout", "foyers") and scanned is not None:
        features += [_cluster(number, cluster) for number, cluster in enumerate(scanned.clusters, 1)]
    if layer in ("tout", "lieux"):
        located = [spot for spot in ranking(chosen).established if spot.is_located]
        largest = max((spot.observed for spot in located), default=1)
        features += [_place(chosen, spot, largest) for spot in reversed(located)]
        labels += [_rank(chosen, number, spot) for number, spot in enumerate(located[:LABELLED], 1)]
    return tuple(features), tuple(labels)


def _is_of(feature: Feature, selected: Target) -> bool:
    """Whether a feature is the hotspot in detail, or one of its squares."""
    name = feature["properties"]["name"]
    return name == selected.key or (selected.key.startswith("secteur") and name in selected.zones)


def _bold(feature: Feature) -> Feature:
    properties = feature["properties"]
    return feature | {"properties": properties | {"style": properties["style"] | {"color": INK, "weight": 4}}}


def z_breaks(cells: CellMap) -> tuple[float, ...]:
    """Classes of z for the colours of the squares."""
    return even_breaks(max((cell.z for cell in cells.cells), default=0.0))


def _squares(cells: CellMap) -> list[Feature]:
    """The strongest significant squares."""
    shown, half, breaks = cells.cells[:MOST_CELLS], cells.cell_m / 2, z_breaks(cells)
    x = np.array([cell.x for cell in shown]).reshape(-1, 1) + half * np.array([-1.0, 1, 1, -1, -1])
    y = np.array([cell.y for cell in shown]).reshape(-1, 1) + half * np.array([-1.0, -1, 1, 1, -1])
    longitude, latitude = map_picture.to_degrees(x, y, warehouse.build_info().metric_crs)
    return [
        _polygon(longitude[at], latitude[at], cell.zone, _square_style(colour_of(cell.z, breaks)), _square_tip(cell))
        for at, cell in enumerate(shown)
    ]


def _square_style(colour: str | None) -> dict[str, Any]:
    return {"color": INK, "weight": 0.6, "fillColor": colour, "fillOpacity": 0.6}


def _square_tip(cell: HotCell) -> list[str]:
    return [
        f"Carré significatif, {neighbourhood_name(cell.neighbourhood_id)}",
        f"{formats.plural(cell.cases, 'intervention')}\u00a0; avec les carrés voisins {formats.number(cell.observed)}, "
        f"pour {formats.number(cell.expected, 1)} attendues",
        f"z de Gi*\u00a0: {formats.number(cell.z, 1)}",
    ]


def _polygon(longitude: Array, latitude: Array, name: str, style: dict[str, Any], tip: list[str]) -> Feature:
    ring = np.column_stack([longitude, latitude]).round(7).tolist()
    geometry = {"type": "Polygon", "coordinates": [ring]}
    return {"type": "Feature", "geometry": geometry, "properties": {"name": name, "style": style, "tip": tip}}


def _cluster(number: int, cluster: Found) -> Feature:
    points = zones().table.set_index("zone").loc[list(cluster.zones), ["x_m", "y_m"]].to_numpy(dtype=float)
    room = max(ROOM_M, (zones().cell_m or 0.0) / 2)
    radius = float(np.hypot(*(points - points[0]).T).max()) + room
    turn = np.linspace(0, 2 * math.pi, CORNERS)
    x, y = points[0, 0] + radius * np.cos(turn), points[0, 1] + radius * np.sin(turn)
    style = {
        "color": CLUSTER_COLOUR,
        "weight": 2.5,
        "dashArray": "7 5",
        "fillColor": CLUSTER_COLOUR,
        "fillOpacity": 0.06,
    }
    tip = [
        f"Foyer {number}, {formats.day_range(cluster.start, cluster.end)}",
        f"{formats.plural(cluster.observed, 'intervention')} pour {formats.number(cluster.expected, 1)} attendues",
        f"p\u00a0=\u00a0{formats.number(cluster.p, 3)}",
    ]
    longitude, latitude = map_picture.to_degrees(x, y, warehouse.build_info().metric_crs)
    return _polygon(longitude, latitude, f"foyer {number}", style, tip)


def _place(chosen: Filters, spot: Spot, largest: int) -> Feature:
    scale = 1.0 if zones().kind == "lieux" else SQUARES_SCALE
    radius = scale * (SMALLEST_PX + (LARGEST_PX - SMALLEST_PX) * math.sqrt(spot.observed / largest))
    style = {
        "radius": round(radius, 1),
        "color": "#ffffff",
        "weight": 1.5,
        "fillColor": PLACE_COLOUR,
        "fillOpacity": 0.85,
    }
    tip = [
        spot.name,
        f"{formats.plural(spot.observed, 'intervention')} pour {formats.number(spot.expected, 1)} attendues",
        age_words(history(chosen, (spot.zone,))),
    ]
    return map_layers.point(spot.longitude, spot.latitude, name=f"zone {spot.zone}", style=style, tip=tip)


def _rank(chosen: Filters, number: int, spot: Spot) -> Label:
    age = history(chosen, (spot.zone,))
    mark = MARKS.get(age.label if age else "", "")
    return Label(spot.longitude, spot.latitude, (f"{number}\u00a0{mark}".strip(),), rank=number, offset_px=14)


def legend(chosen: Filters, layer: str) -> str:
    """HTML: what is drawn, each thing with its words."""
    cells, entries = cell_map(chosen), []
    if layer in ("tout", "lieux"):
        words = "établis, numérotés comme dans le tableau (▲ nouveau, ● persistant, ▼ en recul)"
        entries.append(_entry("is-place", f"{zones().nouns} {words}"))
    if layer in ("tout", "foyers"):
        entries.append(_entry("is-cluster", "foyers dans l’espace et le temps"))
    html = element("div", "".join(entries), "opt-map-legend") if entries else ""
    if layer in ("tout", "carres") and cells is not None and cells.cells:
        html += map_layers.classes_legend("Carrés significatifs\u00a0: z de Gi*", z_breaks(cells), is_opaque=True)
    return html


def _entry(css: str, words: str) -> str:
    return element("span", element("i", "", css, aria_hidden="true") + element("b", words))


def target_at(longitude: float, latitude: float, targets: Sequence[Target]) -> str | None:
    """Key of the hotspot at a click: the nearest of those whose zones are near enough; None for none."""
    crs = warehouse.build_info().metric_crs
    x, y = map_picture.to_metres(np.array([longitude]), np.array([latitude]), crs)
    best: tuple[float, str] | None = None
    for target in targets:
        away = _distance(target, float(x[0]), float(y[0]))
        if best is None or away < best[0]:
            best = (away, target.key)
    return best[1] if best is not None and best[0] <= NEAR_M else None


def _distance(target: Target, x: float, y: float) -> float:
    """Metres from the nearest zone of a hotspot; 0 inside one of its squares."""
    if target.cell_m is not None:
        corners = np.array([[float(part) for part in zone.split(":")] for zone in target.zones]) * target.cell_m
        beyond = np.abs(corners + target.cell_m / 2 - [x, y]) - target.cell_m / 2
        return float(np.hypot(*np.maximum(beyond, 0.0).T).min())
    points = zones().table.set_index("zone").loc[list(target.zones), ["x_m", "y_m"]].to_numpy(dtype=float)
    return float(np.nanmin(np.hypot(*(points - [x, y]).T), initial=math.inf))
