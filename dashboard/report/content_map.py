"""What the interactive map of a partner draws: outlines and circles of published places. folium; no Streamlit."""

from __future__ import annotations

from typing import Any

import pandas as pd
import shapely

from dashboard import formats, map_layers
from dashboard.map_geography import Corners
from dashboard.map_layers import Label
from dashboard.report import content_figures

UNIT = "Interventions par lieu publié"
PAD = 0.002  # degrees around places where there is no outline


def drawn(period: str) -> tuple[Corners, list[Any], str] | None:
    """(corners, layers, legend) of the map of a period; None where nothing has a position."""
    of = content_figures.load(period)
    places = [row for row in of.rows("published_places") if row["n"] and not row["is_masked"]]
    located = [row for row in places if row["longitude"] is not None and row["latitude"] is not None]
    outlines = {zone.code: zone.outline for zone in of.zones if zone.outline}
    corners = _corners(list(outlines.values()), located)
    if corners is None:
        return None
    frame = pd.DataFrame(
        [
            {
                "longitude": row["longitude"],
                "latitude": row["latitude"],
                "name": str(row["name"]),
                "interventions": row["n"],
            }
            for row in located
        ],
        columns=["longitude", "latitude", "name", "interventions"],
    )
    shown = [row["n"] for row in located]
    largest, smallest = max(shown, default=0.0), min(shown, default=0.0)
    tips = {zone.code: [zone.name, _tip(of.count(area=zone.code))] for zone in of.zones}
    layers = [
        map_layers.outlines_layer(outlines, {}, tips, None),
        map_layers.circles_layer(frame, largest),
        map_layers.labels_layer(_labels(outlines, {zone.code: zone.name for zone in of.zones})),
    ]
    return corners, layers, map_layers.circles_legend(UNIT, largest, smallest)


def _tip(n: float | None) -> str:
    return "nombre masqué" if n is None else formats.plural(n, "intervention")


def _labels(outlines: dict[str, str], names: dict[str, str]) -> list[Label]:
    places = {code: shapely.point_on_surface(shapely.from_geojson(outline)) for code, outline in outlines.items()}
    return [Label(float(shapely.get_x(at)), float(shapely.get_y(at)), (names[code],)) for code, at in places.items()]


def _corners(outlines: list[str], places: list[dict[str, Any]]) -> Corners | None:
    boxes = [shapely.bounds(shapely.from_geojson(outline)) for outline in outlines]
    boxes += [
        (row["longitude"] - PAD, row["latitude"] - PAD, row["longitude"] + PAD, row["latitude"] + PAD) for row in places
    ]
    if not boxes:
        return None
    west, south, east, north = (
        choose(float(box[side]) for box in boxes) for side, choose in enumerate((min, min, max, max))
    )
    return (south, west), (north, east)
