"""The entry point of every page: style, page list, shared filters, what the data are and how old, then the page."""

from __future__ import annotations

import importlib
import logging
import threading
from functools import cache
from pathlib import Path

import streamlit as st

from dashboard import assets, clock, filters, formats, hotspots, markup
from dashboard.warehouse import Build, WarehouseError, build_info
from pipelines.settings import SettingsError

logger = logging.getLogger(__name__)

HERE = Path(__file__).parent
PAGES = (
    ("synthese", "Synthèse", ":material/monitoring:"),
    ("points_chauds", "Points chauds", ":material/local_fire_department:"),
    ("carte", "Carte de chaleur", ":material/map:"),
    ("tendances", "Tendances", ":material/show_chart:"),
    ("quartiers", "Quartiers", ":material/location_city:"),
    ("dispositif", "Dispositif", ":material/verified:"),
    ("couts_evites", "Coûts évités", ":material/savings:"),
    ("qualite", "Qualité des données", ":material/fact_check:"),
    ("methodes", "Méthodes", ":material/menu_book:"),
)
HEAVY = ("plotly.graph_objects", "folium", "shapely", "scipy.fft", "scipy.optimize", "numba")


def main() -> None:
    """Run the page that the address asks for."""
    st.set_page_config(layout="wide", page_icon=str(HERE / "favicon.svg"))
    st.html(HERE / "style.css")
    st.html(f"<script>{_french()}</script>", unsafe_allow_javascript=True)
    _prepare()
    page = st.navigation(
        [
            st.Page(HERE / "pages" / f"{name}.py", title=title, url_path=name, icon=icon, default=name == PAGES[0][0])
            for name, title, icon in PAGES
        ]
    )
    try:
        _banner(build_info(), filters.draw())
    except (WarehouseError, SettingsError) as error:
        _no_warehouse(error)
        return
    page.run()


@cache
def _french() -> str:
    return (HERE / "french.js").read_text(encoding="utf-8")


def _banner(build: Build, chosen: filters.Filters) -> None:
    """Whose data these are, how fresh, and whether they are fictional: on every page."""
    built = clock.local(build.built_at)
    known = filters.bounds()
    until = f"Données jusqu’au {formats.day(known.last)}" if known else "Aucune donnée"
    title = markup.element("strong", markup.text(build.title))
    fresh = markup.element("span", f"{until}, entrepôt construit le {formats.day(built)} à {built:%H:%M}")
    badge = markup.element("span", "Données fictives", "opt-fictional", role="note") if build.fictional else ""
    choice = markup.element("p", markup.text(filters.description(chosen), 600), "opt-choice")
    st.html(markup.element("div", title + fresh + badge, "opt-banner") + choice)


def _no_warehouse(error: Exception) -> None:
    steps = (
        "Déposez vos exports dans le dossier data/raw, puis lancez « make run », "
        "ou « python -m pipelines build » pour construire l’entrepôt seul. Cette page s’affichera dès qu’il sera prêt."
    )
    heading = markup.element("h1", "Pas encore de données à montrer")
    texts = markup.element("p", markup.text(error, 600)) + markup.element("p", steps)
    st.html(markup.element("div", heading + texts, "opt-say", role="alert"))
    st.button("Réessayer", type="primary")


@st.cache_resource(show_spinner=False)
def _prepare() -> None:
    """Once per process: publish the scripts of the maps, and import what the other pages need in the background."""
    try:
        assets.publish()
    except OSError:
        logger.exception("Leaflet could not be published: maps won't draw")
    threading.Thread(target=_warm, name="warm-imports", daemon=True).start()


def _warm() -> None:
    for module in HEAVY:
        importlib.import_module(module)
    hotspots.warm()
