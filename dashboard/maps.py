"""The map page's widgets and drawing: what to show, one or two maps with one scale, legend, details, tables."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import pandas as pd
import streamlit as st
from streamlit_folium import st_folium

from dashboard import (
    components,
    formats,
    hotspot_layers,
    map_content,
    map_figures,
    map_geography,
    map_layers,
    map_tables,
    markup,
)
from dashboard.filters import Filters
from dashboard.hotspot_story import Target
from dashboard.indicators.zones import band, service_order
from dashboard.map_content import LAYERS, MEASURES, Layer, Measure, View
from dashboard.map_figures import Panel
from dashboard.map_geography import Corners
from dashboard.warehouse import build_info, query

Comparison = Literal["aucune", "an", "saisons"]
Season = Literal["toutes", "hiver", "ete"]
COMPARISONS: dict[Comparison, str] = {"aucune": "Non", "an": "Un an avant", "saisons": "Hiver et été"}
SEASONS: dict[Season, str] = {"toutes": "Toutes", "hiver": "Hiver", "ete": "Été"}
LOWEST_M, HIGHEST_M, DEFAULT_M, STEP_M = 50, 300, 120, 10
HEIGHT_PX, SPOTS_PX = 540, 520
LISTED_PLACES = 10
DETAILS_PX = 620
WIDGET_PX = 190
_KEPT: dict[str, Any] = {"bind": "query-params", "persist_state": "session"}
_ZONE, _SPOT = "carte_zone", "point_chaud"
_HERE = Path(__file__).parent


def view(filters: Filters) -> View:
    """Draw the page's own widgets and say what they ask for."""
    st.html(_HERE / "maps.css")
    hours, season, order = _band_and_season()
    with st.container(horizontal=True, gap="small"):
        layer = components.choice("Sur la carte", LAYERS, "carte_couche")
        comparison = components.choice("Comparer", COMPARISONS, "carte_comparer")
        measure, bandwidth = _setting(layer)
        zone = _zone_choice()
    panels, note = _panels(filters, comparison, hours, season, order)
    return View(layer, measure, bandwidth, panels, zone, note)


def _setting(layer: Layer) -> tuple[Measure, int]:
    """The layer's own setting: what its rates are for, or its bandwidth."""
    measures = map_content.measures()
    measure, bandwidth = measures[0], DEFAULT_M
    if layer == "taux":
        measure = st.selectbox(
            "Interventions",
            measures,
            format_func=MEASURES.__getitem__,
            key="carte_taux",
            filter_mode=None,
            width=WIDGET_PX,
            **_KEPT,
        )
    elif layer == "densite":
        bandwidth = st.slider(
            "Lissage",
            LOWEST_M,
            HIGHEST_M,
            DEFAULT_M,
            STEP_M,
            format="%d m",
            key="carte_lissage",
            help=_text("carte_lissage"),
            width=WIDGET_PX,
            **_KEPT,
        )
    return measure, bandwidth


def _zone_choice() -> str | None:
    """The neighbourhood in detail: what a click on the map chooses can be chosen from the keyboard."""
    names = map_geography.geography().names
    return st.selectbox(
        "Quartier à détailler",
        sorted(names, key=names.__getitem__),
        None,
        format_func=names.__getitem__,
        key=_ZONE,
        placeholder="Choisir ou cliquer",
        filter_mode=None,
        width=WIDGET_PX,
        **_KEPT,
    )


def _band_and_season() -> tuple[tuple[int, ...], Season, tuple[int, ...]]:
    """Hours of the service day (none: all of them), season, and the hours there are to choose from."""
    order = service_order(
        query("map_hours")["hour"].dropna().astype(int), map_content.territory().service_day_starts.hour
    )
    with st.sidebar:
        season = components.choice("Saison (carte)", SEASONS, "carte_saison")
        if not build_info().hour_known:
            st.caption("Pas de choix d’heures\u00a0: les exports ne donnent pas l’heure des interventions.")
            return (), season, ()
        if len(order) < 2:  # noqa: PLR2004 - a band needs two ends
            return (), season, order
        first, last = st.select_slider(
            "Heures du service (carte)",
            order,
            (order[0], order[-1]),
            format_func=lambda hour: f"{hour} h",
            key="carte_heures",
            help=_text("carte_heures"),
            **_KEPT,
        )
    return band(order, first, last), season, order


def _panels(
    filters: Filters, comparison: Comparison, hours: tuple[int, ...], season: Season, order: tuple[int, ...]
) -> tuple[tuple[Panel, ...], str]:
    """The maps to draw, and what to know about the choice: a comparison refused, hours or a season left out."""
    here = _panel(filters, hours, season, "Période choisie")
    if comparison == "saisons":
        return _seasons(here, season, order)
    before = filters.previous() if comparison == "an" else None
    if before:
        return (_panel(before, hours, season, "Un an avant"), here), ""
    is_missing = comparison == "an"
    note = "Les données ne remontent pas à un an avant\u00a0: une seule carte est dessinée."
    return (here,), note if is_missing else ""


def _seasons(here: Panel, season: Season, order: tuple[int, ...]) -> tuple[tuple[Panel, ...], str]:
    """Winter and summer on the hours of the choice that both have."""
    wanted = here.hours or order
    shared = set(map_figures.common_hours(("hiver", "ete"), order))
    kept = tuple(hour for hour in wanted if hour in shared)
    if wanted and not kept:
        return (here,), "Les deux saisons n’ont aucune de ces heures en commun\u00a0: une seule carte est dessinée."
    is_cut = len(kept) < len(wanted)
    hours = kept if here.hours or is_cut else ()
    notes = ["Seules les heures communes aux deux saisons sont comptées."] if is_cut else []
    notes += ["Les deux saisons sont montrées, quel que soit le choix de saison."] if season != "toutes" else []
    return tuple(_panel(here.filters, hours, one, SEASONS[one]) for one in ("hiver", "ete")), " ".join(notes)


def _panel(filters: Filters, hours: tuple[int, ...], season: Season, name: str) -> Panel:
    parts = [formats.day_range(filters.start, filters.end)]
    parts += [SEASONS[season].lower()] if season != "toutes" else []
    parts += [f"de {hours[0]} h à {hours[-1]} h 59"] if hours else []
    title = ", ".join(parts)
    return Panel(name, title[0].upper() + title[1:], filters, None if season == "toutes" else season, hours)


@lru_cache(maxsize=8)
def _text(name: str) -> str:
    return (_HERE / "texts" / f"{name}.md").read_text(encoding="utf-8")


def show(chosen: View) -> None:
    """One map, or two side by side with the same scale, then their legend."""
    corners = map_geography.geography().corners
    if corners is None:
        components.say("Aucune intervention n’a de position\u00a0: il n’y a pas de carte à dessiner.")
        return
    scale = map_content.scale(chosen)
    with st.container(key="carte_cartes"):
        for number, (column, panel) in enumerate(zip(st.columns(len(chosen.panels)), chosen.panels, strict=True)):
            with column:
                _draw(chosen, panel, scale, f"carte_{number}", corners)
    _write(map_content.legend(chosen, scale) + _said(chosen.note))


def _draw(chosen: View, panel: Panel, scale: tuple[float, ...], key: str, corners: Corners) -> None:
    """One map: its title (and why something is missing) above, in one block so that the map never moves; n below."""
    layers, said, missing = map_content.content(chosen, panel, scale)
    with st.container(gap="xsmall"):
        st.markdown(f"**{panel.title}**")
        if missing:
            components.say(missing)
    leaflet(key, corners, layers, height=HEIGHT_PX, clicked=_zone_clicked)
    _write(_said(said))


def _said(text: str) -> str:
    return markup.element("p", markup.text(text, 600), "opt-map-said") if text else ""


def _write(html: str) -> None:
    if html:
        st.html(html)


def _zone_clicked(longitude: float, latitude: float) -> None:
    st.session_state[_ZONE] = map_geography.zone_at(longitude, latitude)


def leaflet(
    key: str,
    corners: Corners,
    layers: Sequence[Any],
    *,
    height: int,
    clicked: Callable[[float, float], None] | None = None,
) -> None:
    """A map that is never reloaded when its layers change; `clicked` (None: nobody) is told longitude and latitude."""
    st_folium(
        map_layers.base_map(
            corners,
            tiles=map_content.territory().tiles,
            attribution=map_content.territory().attribution,
            base_url=st.get_option("server.baseUrlPath"),
        ),
        key=key,
        height=height,
        use_container_width=True,
        returned_objects=["last_clicked"] if clicked else [],
        feature_group_to_add=map_layers.group(*layers),
        on_change=_clicked(key, clicked) if clicked else None,
    )


def _clicked(key: str, clicked: Callable[[float, float], None]) -> Callable[[], None]:
    def choose() -> None:
        where = (st.session_state.get(key) or {}).get("last_clicked")
        if where:
            clicked(where["lng"], where["lat"])

    return choose


def spot_choice(targets: Sequence[Target]) -> Target | None:
    """The hotspot in detail, the first one at first: what a click chooses can be chosen from the keyboard."""
    by_key = {target.key: target for target in targets}
    if st.session_state.get(_SPOT) not in by_key:
        st.session_state.pop(_SPOT, None)
    picked = st.selectbox(
        "Point chaud à détailler",
        list(by_key),
        format_func=lambda key: by_key[key].name,
        key=_SPOT,
        placeholder="Aucun point chaud",
        **_KEPT,
    )
    return by_key.get(picked or "")


def spots(layers: Sequence[Any], targets: Sequence[Target], legend: str) -> None:
    """The map of hotspots and its legend; a click chooses the hotspot in detail."""

    def clicked(longitude: float, latitude: float) -> None:
        found = hotspot_layers.target_at(longitude, latitude, targets)
        if found is not None:
            st.session_state[_SPOT] = found

    corners = map_geography.geography().corners
    if corners is None:
        components.say("Aucune intervention n’a de position\u00a0: il n’y a pas de carte à dessiner.")
        return
    with st.container(key="points_carte"):
        leaflet("points", corners, layers, height=SPOTS_PX, clicked=clicked)
    _write(legend)


def details(chosen: View) -> None:
    """The figures of the neighbourhood clicked or chosen, on every map shown."""
    if chosen.zone is None:
        st.html(
            _said("Un clic sur un quartier, ou le choix «\u00a0Quartier à détailler\u00a0», ouvre ses chiffres ici.")
        )
        return
    is_single = len(chosen.panels) == 1
    with st.container(border=True, key="carte_details", width=DETAILS_PX if is_single else "stretch"):
        name = map_geography.geography().names[chosen.zone]
        _table(map_tables.details_table(chosen.zone, chosen.panels), name, "carte_detail")
        told = ["" if is_single else map_tables.comparison(chosen.zone, chosen.panels)]
        told.append(map_tables.details_sources(chosen.zone, chosen.panels))
        _write("".join(map(_said, told)))


def tables(chosen: View) -> None:
    """The map's figures for those who can't see it, and their download."""
    st.header("Les mêmes chiffres en tableau", anchor=False)
    if not any(map_figures.figures(panel).whole.interventions for panel in chosen.panels):
        components.nothing_chosen()
    for panel in chosen.panels:
        _table(map_tables.zones_table(map_figures.figures(panel)), panel.title)
    components.download(lambda: map_tables.zones_download(chosen.panels), "carte_quartiers", "Chiffres par quartier")
    names = map_geography.geography().names
    if chosen.layer == "densite":
        drawn = [panel for panel in chosen.panels if map_content.drawn_heat(chosen, panel)]
        _side_by_side(drawn, lambda panel: _peaks_table(chosen, panel, names))
    cited = [panel for panel in chosen.panels if map_figures.place_count(panel)]
    if chosen.layer == "lieux" and cited:
        _side_by_side(cited, lambda panel: _places_table(panel, names))
        components.download(lambda: map_tables.places_download(cited, names), "carte_lieux", "Tous les lieux")


def _side_by_side(panels: Sequence[Panel], write: Callable[[Panel], None]) -> None:
    for column, panel in zip(st.columns(max(1, len(panels))), panels, strict=False):
        with column:
            write(panel)


def _peaks_table(chosen: View, panel: Panel, names: dict[str, str]) -> None:
    peaks = map_figures.peaks(panel, chosen.bandwidth_m, map_content.threshold())
    caption = f"Sommets de la densité ({map_tables.unit()}). {panel.title}"
    _table(map_tables.peaks_table(peaks, names, chosen.bandwidth_m), caption, "carte_sommets")


def _places_table(panel: Panel, names: dict[str, str]) -> None:
    places = map_tables.places_table(map_figures.places(panel).head(LISTED_PLACES), names)
    _table(places, f"Les {LISTED_PLACES} premiers lieux. {panel.title}")


def _table(frame: pd.DataFrame, caption: str, name: str = "") -> None:
    """A table; without a name it has no files of its own: those of numbers are under it."""
    columns = [
        markup.Column(name, is_number=position > 0 and name not in map_tables.TEXTS)
        for position, name in enumerate(frame.columns)
    ]
    components.long_table(columns, list(frame.itertuples(index=False)), caption, name=name, download=bool(name))


def method() -> None:
    """How every figure of the page is computed."""
    components.explain("carte", label="Comment cette carte est calculée")
