"""What each layer draws, on one scale: what changes with the filters, the sentence below, the legend. No Streamlit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from dashboard import formats, map_figures, map_geography, map_layers, map_tables
from dashboard.indicators import grid
from dashboard.indicators.zones import Zone
from dashboard.map_figures import Figures, Heat, Panel
from dashboard.map_geography import NotDrawn
from dashboard.map_layers import Label
from pipelines.settings import Territory, load_territory, settings

Layer = Literal["densite", "taux", "lieux"]
Measure = Literal["heures", "habitants", "annee"]

LAYERS: dict[Layer, str] = {"densite": "Densité", "taux": "Quartiers", "lieux": "Lieux"}
MEASURES: dict[Measure, str] = {
    "heures": "pour 100\u00a0h de patrouille",
    "habitants": "pour 1\u202f000 habitants et par an",
    "annee": "par an",
}
SHOWN_PLACES, LABELLED_PLACES = 500, 8
# More labels than this would hide one another with their intervals: those are in the tables.
FEW_ZONES = 8
MARK_PX = 10

# The layers that change with the filters, the sentence under the map, and why a layer is missing.
Content = tuple[list[Any], str, str | None]


@dataclass(frozen=True)
class View:
    """What the reader wants to see: a layer and its setting, one map or two, a neighbourhood in detail."""

    layer: Layer
    measure: Measure
    bandwidth_m: int
    panels: tuple[Panel, ...]
    zone: str | None
    note: str


def territory() -> Territory:
    """The territory this process shows."""
    return _territory(settings().territory)


@lru_cache(maxsize=2)
def _territory(folder: Path) -> Territory:
    return load_territory(folder)


def measures() -> tuple[Measure, ...]:
    """Rates that this build can give: a bare number a year only where nobody knows the presence."""
    found: list[Measure] = ["heures"] if map_figures.per_hours() else []
    if map_geography.geography().is_population_known:
        found.append("habitants")
    return tuple(found) if map_figures.per_hours() else (*found, "annee")


def scale(chosen: View) -> tuple[float, ...]:
    """One scale for every map: bounds of classes, or the largest circle's count."""
    if chosen.layer == "densite":
        drawn = (drawn_heat(chosen, panel) for panel in chosen.panels)
        return grid.class_breaks(map_figures.scale_maximum(heat.maximum for heat in drawn if heat))
    if chosen.layer == "taux":
        found = (_value(chosen, zone) for panel in chosen.panels for zone in map_figures.figures(panel).zones)
        return grid.even_breaks(map_figures.scale_maximum(found))
    return (map_figures.scale_maximum(map_figures.place_count(panel) for panel in chosen.panels),)


def drawn_heat(chosen: View, panel: Panel) -> Heat | None:
    """The density of a panel, or None where it is not drawn."""
    try:
        return map_figures.heat(panel, chosen.bandwidth_m, threshold())
    except NotDrawn:
        return None


def threshold() -> int:
    """Located interventions under which no density is drawn."""
    return territory().thresholds["density_points"]


def _value(chosen: View, zone: Zone) -> float:
    return map_tables.rate_of(zone, chosen.measure).value


def _density(chosen: View, panel: Panel, breaks: tuple[float, ...]) -> Content:
    figures = map_figures.figures(panel)
    outlines = _outlines(chosen, figures, {})
    try:
        heat = map_figures.heat(panel, chosen.bandwidth_m, threshold())
    except NotDrawn as reason:
        return [outlines, map_layers.labels_layer(_names())], map_tables.left_out(figures), str(reason)
    picture = map_figures.picture(panel, chosen.bandwidth_m, threshold(), breaks)
    marks = [
        Label(
            peak.longitude,
            peak.latitude,
            (f"{rank}.", map_tables.density(peak.value)),
            rank=rank,
            offset_px=MARK_PX,
            mark=True,
        )
        for rank, peak in enumerate(map_figures.peaks(panel, chosen.bandwidth_m, threshold()), 1)
    ]
    image = map_layers.density_layer(picture, f"Densité des interventions {map_tables.unit()}")
    said = map_tables.density_statement(figures, heat.n, chosen.bandwidth_m)
    return [image, outlines, map_layers.labels_layer([*_names(), *marks])], said, None


def _rates(chosen: View, panel: Panel, breaks: tuple[float, ...]) -> Content:
    place, figures = map_geography.geography(), map_figures.figures(panel)
    fills = {zone.id: map_layers.fill_of(_value(chosen, zone), breaks) for zone in figures.zones}
    placed = [zone for zone in figures.zones if zone.id in place.middles]
    labels = [
        Label(
            *place.middles[zone.id],
            (zone.name, map_tables.measured(zone, chosen.measure, is_short=len(placed) > FEW_ZONES)),
            rank=rank,
            offset_px=0 if zone.id in place.texts else map_layers.SPOT_RADIUS_PX + 2,
        )
        for rank, zone in enumerate(sorted(placed, key=lambda zone: -zone.interventions))
    ]
    spots = {zone.id: place.middles[zone.id] for zone in placed if zone.id not in place.texts}
    layers = [
        _outlines(chosen, figures, fills),
        map_layers.spots_layer(spots, fills, _tips(figures), chosen.zone),
        map_layers.labels_layer(labels),
    ]
    return layers, map_tables.rates_statement(figures), None


def _places(chosen: View, panel: Panel, breaks: tuple[float, ...]) -> Content:
    figures, places = map_figures.figures(panel), map_figures.places(panel)
    counts = [
        Label(place["longitude"], place["latitude"], (formats.number(place["interventions"]),), rank=rank)
        for rank, place in enumerate(places.head(LABELLED_PLACES).to_dict("records"), 1)
    ]
    layers = [
        _outlines(chosen, figures, {}),
        map_layers.circles_layer(places.head(SHOWN_PLACES), breaks[0]),
        map_layers.labels_layer([*_names(), *counts]),
    ]
    missing = None if len(places) else "Aucun lieu connu pour ces choix\u00a0: il n’y a pas de cercle à dessiner."
    return layers, map_tables.places_statement(figures, places, SHOWN_PLACES), missing


_CONTENT: dict[Layer, Callable[[View, Panel, tuple[float, ...]], Content]] = {
    "densite": _density,
    "taux": _rates,
    "lieux": _places,
}


def content(chosen: View, panel: Panel, breaks: tuple[float, ...]) -> Content:
    """What one map shows, on the scale that `scale` gave."""
    return _CONTENT[chosen.layer](chosen, panel, breaks)


def _outlines(chosen: View, figures: Figures, fills: dict[str, str | None]) -> Any:  # noqa: ANN401 - a folium layer
    return map_layers.outlines_layer(map_geography.geography().texts, fills, _tips(figures), chosen.zone)


def _names() -> list[Label]:
    place = map_geography.geography()
    return [Label(*middle, (place.names[zone],)) for zone, middle in place.middles.items()]


def _tips(figures: Figures) -> dict[str, list[str]]:
    return {zone.id: map_tables.tip(zone) for zone in figures.zones}


def legend(chosen: View, breaks: tuple[float, ...]) -> str:
    """HTML of the scale: its unit, its colours or circles with their numbers."""
    shared = " (même échelle pour les deux cartes)" if len(chosen.panels) > 1 else ""
    if chosen.layer == "lieux":
        return map_layers.circles_legend(
            f"Interventions par lieu, surface proportionnelle au nombre{shared}", breaks[0]
        )
    if chosen.layer == "densite":
        return map_layers.classes_legend(f"Interventions {map_tables.unit()}{shared}", breaks) if breaks else ""
    zones = [zone for panel in chosen.panels for zone in map_figures.figures(panel).zones]
    unit = f"Interventions {MEASURES[chosen.measure]}, avec leur intervalle à 95\u202f%{shared}"
    unknown = map_tables.unknown(zones, chosen.measure)
    return map_layers.classes_legend(unit, breaks, is_opaque=True, unknown=unknown)
