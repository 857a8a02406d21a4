"""The entry point of every page: style, page list, shared filters, what the data are and how old, then the page."""

from __future__ import annotations

import importlib
import logging
import threading
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TypeVar

import streamlit as st

from dashboard import assets, audit, clock, entrance, filters, formats, hotspots, markup, menu, publication, warehouse
from dashboard.access import SUPERVISOR, AccessDenied, Viewer
from dashboard.warehouse import Build, WarehouseError, build_info, query
from pipelines.settings import SettingsError

logger = logging.getLogger(__name__)

Problem = TypeVar("Problem", bound=Exception)
HERE = Path(__file__).parent
ROOT_PAGE = "accueil"
UNFILTERED = {page.name for page in menu.PAGES if not page.filtered}
SCRIPTS = ("french.js", "downloads.js", "reach.js")
HEAVY = ("plotly.graph_objects", "folium", "shapely", "scipy.fft", "scipy.optimize", "numba")


def main() -> None:
    """Run the page that the address asks for, if whoever asks may see it."""
    st.set_page_config(layout="wide", page_icon=str(HERE / "favicon.svg"))
    st.html(HERE / "style.css")
    st.html(f"<script>{_scripts()}</script>", unsafe_allow_javascript=True)
    _prepare()
    try:
        entrance.demonstration()
        _run(warehouse.viewer())
    except AccessDenied as denied:
        _alone("Connexion", entrance.refused, denied)
    except (WarehouseError, SettingsError) as error:
        _alone("Optimédia", _no_warehouse, error)


def _run(viewer: Viewer) -> None:
    """The menu of a viewer, the filters, the banner, then the page."""
    refused = _refused(viewer)
    page = st.navigation([*_offered(viewer), *refused])
    choice = _published() if viewer.is_partner else _filters(page)
    entrance.who(viewer)
    _banner(build_info(), choice)
    if page not in refused:
        audit.opened(st.session_state, page.title, choice, viewer)
    page.run()


def _filters(page: st.Page) -> str:
    """The shared filters, where they bear on the page."""
    if page.url_path in UNFILTERED:
        filters.keep("")
        return ""
    return filters.description(filters.draw())


def _published() -> str:
    with st.spinner("Préparation des chiffres publiés…"):
        warehouse.identity()
    code = filters.draw_published()
    return f"{formats.period(code).capitalize()}, chiffres publiés" if code else "Aucune période entière à publier"


def _offered(viewer: Viewer) -> list[st.Page]:
    """What a viewer finds in the menu. The first page opens at the root, and at its own address as well."""
    first, *others = menu.pages(viewer)
    return [
        st.Page(first.file(viewer), title=first.title, url_path=ROOT_PAGE, icon=first.icon, default=True),
        *(st.Page(page.file(viewer), title=page.title, url_path=page.name, icon=page.icon) for page in others),
        st.Page(first.file(viewer), title=first.title, url_path=first.name, visibility="hidden"),
    ]


def _refused(viewer: Viewer) -> list[st.Page]:
    """The pages that a viewer is not offered: their addresses say so kindly."""
    offered = menu.pages(viewer)
    return [
        st.Page(entrance.closed(page, viewer), title=page.title, url_path=page.name, visibility="hidden")
        for page in menu.PAGES
        if page not in offered
    ]


def _alone(title: str, draw: Callable[[Problem], None], problem: Problem) -> None:
    """One page that tells a problem, and no menu, whatever the address."""

    def told() -> None:
        draw(problem)

    known = [st.Page(told, title=title, url_path=page.name, visibility="hidden") for page in menu.PAGES]
    st.navigation([st.Page(told, title=title, default=True), *known], position="hidden").run()


@cache
def _scripts() -> str:
    return "\n".join((HERE / name).read_text(encoding="utf-8") for name in SCRIPTS)


def _banner(build: Build, choice: str) -> None:
    """Whose data these are, how fresh, and whether they are fictional: on every page."""
    built = clock.local(build.built_at)
    until = _until()
    title = markup.element("strong", markup.text(build.title))
    fresh = markup.element("span", f"{until}, entrepôt construit le {formats.day(built)} à {built:%H:%M}")
    badge = markup.element("span", "Données fictives", "opt-fictional", role="note") if build.fictional else ""
    line = markup.element("p", markup.text(choice, 600), "opt-choice")
    st.html(markup.element("div", title + fresh + badge, "opt-banner") + line)


def _until() -> str:
    """How far the data reach: the last day for the supervisor, the last whole period for a partner."""
    if not warehouse.viewer().is_partner:
        known = filters.bounds()
        return f"Données jusqu’au {formats.day(known.last)}" if known else "Aucune donnée"
    ends = query("published_periods")["ends_on"]
    return f"Chiffres publiés jusqu’au {formats.day(ends.max().date())}" if len(ends) else "Aucun chiffre publié"


def _no_warehouse(error: Exception) -> None:
    steps = (
        "Déposez vos exports dans le dossier data/raw, puis lancez « make run », "
        "ou « python -m pipelines build » pour construire l’entrepôt seul. Cette page s’affichera dès qu’il sera prêt."
    )
    heading = markup.element("h1", "Pas encore de données à montrer")
    texts = markup.element("p", markup.text(error, 600)) + markup.element("p", steps)
    st.html(markup.element("div", heading + texts, "opt-say", role="alert"))
    st.button("Réessayer", type="primary")


@cache
def _prepare() -> None:
    """Once per process: publish the scripts of the maps, and import what the other pages need in the background."""
    try:
        assets.publish()
    except OSError:
        logger.exception("Leaflet could not be published: maps won't draw")
    warehouse.publish_with(publication.tables)
    threading.Thread(target=_warm, name="warm-imports", daemon=True).start()


def _warm() -> None:
    for module in HEAVY:
        importlib.import_module(module)
    with warehouse.acting(SUPERVISOR):
        hotspots.warm()
        publication.warm()
