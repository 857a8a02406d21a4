"""Published slides on a page, with Streamlit: sections, the map, the choices of the committee's page, its files."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import streamlit as st
from streamlit.components.v2 import component

from dashboard import audit, components, filters, maps, markup, publication, warehouse
from dashboard.access import Viewer
from dashboard.report import content, content_map, content_quarters, documents, periods, plots, screen
from dashboard.report.slides import Comments, Deck, KeyFigure, Picture, Slide
from dashboard.warehouse import build_info

HERE = Path(__file__).parent
NOTHING = "Aucun trimestre ni aucune année n’est encore entier\u00a0: rien n’est publié pour l’instant."
MAP_PX, MAP_KEY = 520, "publie_carte"
COMMENTS, READY = "comite_commentaires", "comite_prets"
LONGEST_COMMENT = 1200
STEPS = {documents.PPTX: "Diaporama en cours d’écriture…", documents.PDF: "Livret en cours d’écriture…"}
MIME = {
    documents.PPTX: "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    documents.PDF: "application/pdf",
}


def sections(*keys: str) -> None:
    """Slides of the period chosen, one section each; those that the viewer may not see are absent."""
    period = filters.published_period()
    if not period:
        components.say(NOTHING)
        return
    shown = content.slides(period, keys)
    for slide in shown:
        section(slide, period, titled=len(shown) > 1)


def section(slide: Slide, code: str, *, titled: bool = True) -> None:
    """A slide of a period as a section: what it says, its figures, what shows it, its note, how it is computed."""
    if titled:
        st.header(slide.title, anchor=re.sub(r"\W+|_", "-", slide.key))
    st.html(markup.element("p", markup.text(slide.message, 600), "opt-statement"))
    if slide.figures:
        st.html(cards(slide.figures))
    if slide.points:
        items = "".join(markup.element("li", markup.text(point, 900)) for point in slide.points)
        st.html(markup.element("ul", items, "opt-sentences"))
    if slide.picture:
        territory_map(slide.picture, code)
    _charts(slide)
    for table in slide.tables:
        components.long_table(table.columns, table.rows, table.caption, name=table.name)
    st.html(markup.element("p", markup.text(slide.note, 900), "opt-caption"))
    explain(slide)


def _charts(slide: Slide) -> None:
    fictional = build_info().fictional
    drawn = [chart for chart in slide.charts if chart.categories]
    if not drawn:
        return
    for place, (column, chart) in enumerate(zip(st.columns(len(drawn)), drawn, strict=False)):
        with column:
            st.subheader(chart.title, anchor=False)
            columns, rows = plots.rows(chart)
            behind = (columns, rows, chart.title, f"publie_{slide.key}_{place + 1}")
            figure = plots.plot(chart, fictional=fictional)
            components.chart(figure, chart.alternative, key=plots.legend(chart), figures=behind)


def cards(figures: Sequence[KeyFigure]) -> str:
    """Key figures in a grid, in the look of the summary's cards. HTML."""
    return markup.element("div", "".join(_card(figure) for figure in figures), "opt-grid")


def _card(figure: KeyFigure) -> str:
    value = markup.element("span", markup.text(figure.value), "opt-value")
    unit = markup.element("span", markup.text(figure.unit), "opt-unit") if figure.unit else ""
    parts = [
        markup.element("h3", markup.text(figure.title), "opt-card-title"),
        markup.element("p", value + unit, "opt-figure"),
        *([markup.element("p", markup.text(figure.uncertainty), "opt-uncertainty")] if figure.uncertainty else []),
        *([markup.element("p", markup.text(figure.made_of), "opt-n")] if figure.made_of else []),
        *(
            [markup.element("div", markup.element("p", markup.text(figure.comparison)), "opt-compare is-none")]
            if figure.comparison
            else []
        ),
    ]
    return markup.element("div", "".join(parts), "opt-card")


def explain(slide: Slide) -> None:
    """How the figures of a slide are computed, and where they come from."""
    with st.popover(components.EXPLAIN, type="tertiary", icon=":material/help:"):
        for text in (slide.method, slide.source):
            st.html(markup.element("p", markup.text(text, 1500)))


def territory_map(picture: Picture, code: str) -> None:
    """The map of published places, and what a screen reader says of it."""
    found = content_map.drawn(code)
    if found is None:
        return
    corners, layers, legend = found
    st.html(HERE / "maps.css")
    with st.container(key=MAP_KEY):
        maps.leaflet("publie", corners, layers, height=MAP_PX)
    st.html(legend)
    st.html(markup.element("p", markup.text(picture.alternative, 900), "opt-hidden"))


def neighbourhood() -> None:
    """The sheet of one neighbourhood, chosen, against the rest of the territory."""
    period = filters.published_period()
    known = content_quarters.areas(period) if period else {}
    if not known:
        components.say("Aucun quartier n’est publié.", "Pas de fiche à montrer")
        return
    first = next(iter(known))
    area = filters.listed("Fiche du quartier", known, "fiche", first) or first
    for slide in content_quarters.neighbourhood(period, area):
        section(slide, period)


def audience() -> Viewer:
    """Whose deck is shown, among the audiences that whoever is looking may read."""
    viewer = warehouse.viewer()
    offered = {one.code: one for one in audiences(viewer)}
    if len(offered) == 1:
        return next(iter(offered.values()))
    labels = {code: content.audience_label(one) for code, one in offered.items()}
    first = next(iter(offered))
    return offered[filters.listed("Destinataire", labels, "destinataire", first) or first]


def audiences(viewer: Viewer) -> list[Viewer]:
    """Audiences whose published figures a viewer may be handed, its own first."""
    if viewer.is_partner:
        found = [viewer, Viewer("comite", name=viewer.name)]
    else:
        landlords = (Viewer("bailleur", code) for code in publication.landlords())
        found = [Viewer("comite"), Viewer("ville"), *landlords]
    return [one for one in dict.fromkeys(found) if viewer.may_read(one)]


def period(reader: Viewer) -> str:
    """The period of the deck: a partner's is in the sidebar, the supervisor chooses it here. Empty: there is none."""
    if warehouse.viewer().is_partner:
        return filters.published_period()
    with warehouse.acting(reader):
        known = {one.code: one.label for one in periods.newest_first()}
    if not known:
        return ""
    first = next(iter(known))
    chosen = filters.listed("Période du comité", known, "comite_periode", first) or first
    filters.keep(chosen)
    return chosen


def comments(deck: Deck) -> Comments:
    """What is written under the slides of this deck, in this session: the session's own, to be written in."""
    return st.session_state.setdefault(COMMENTS, {}).setdefault((deck.audience.code, deck.period.code), {})


def comment(deck: Deck, slide: Slide) -> None:
    """Room for a comment under a slide, kept in the session for this audience and this period."""
    kept = comments(deck)
    label = "Propositions du comité" if slide.to_write else f"Commentaire\u00a0: {slide.title}"
    kept[slide.key] = st.text_area(
        label,
        kept.get(slide.key, ""),
        height=80,
        max_chars=LONGEST_COMMENT,
        key=f"commentaire|{deck.audience.code}|{deck.period.code}|{slide.key}",
        help="Écrit dans les notes du diaporama et dans le livret, puis oublié à la fin de la session.",
    )


def present(deck: Deck, said: Comments) -> None:
    """The button of the presentation, and the slides it opens."""
    mount = component(
        "optimedia_presentation",
        html=screen.asset("screen.html"),
        css=screen.asset("screen.css"),
        js=screen.asset("screen.js"),
    )
    mount(key="presentation", data=screen.slides(deck, said))


def files(deck: Deck, said: Comments, reader: Viewer) -> None:
    """« Préparer les fichiers », its progress, then the two downloads, each in the audit trail."""
    choice = (warehouse.identity(), deck.audience, deck.period.code, documents.kept(said))
    if st.button("Préparer les fichiers", icon=":material/draft:", help="Diaporama PowerPoint et livret PDF"):
        _prepare(deck, said)
        st.session_state[READY] = choice
    if st.session_state.get(READY) != choice:
        return
    with st.container(horizontal=True):
        for kind, name in documents.NAMES.items():
            st.download_button(
                name,
                partial(_handed, deck, kind, said, reader),
                file_name=deck.file_name(kind),
                mime=MIME[kind],
                key=f"comite_{kind}",
                on_click="ignore",
                icon=":material/download:",
            )


def _prepare(deck: Deck, said: Comments) -> None:
    bar = st.progress(0.0)
    for place, (kind, words) in enumerate(STEPS.items()):
        bar.progress(place / len(STEPS), words)
        with warehouse.acting(deck.audience):
            documents.made(deck, kind, said)
    bar.empty()


def _handed(deck: Deck, kind: str, said: Comments, reader: Viewer) -> bytes:
    """The file, once the audit trail has it. Raises AuditError when it can't."""
    name = deck.file_name(kind)
    audit.record("export", name, f"{deck.period.label}, {deck.audience_label}", reader, fictional=deck.fictional)
    with warehouse.acting(deck.audience):
        return documents.made(deck, kind, said)


def committee() -> None:
    """The whole page: choices, presentation, files, then every slide with room for a comment."""
    viewer = warehouse.viewer()
    left, right = st.columns(2)
    with left:
        reader = audience()
    with right:
        code = period(reader)
    if not code:
        components.say(NOTHING)
        return
    with warehouse.acting(reader):
        deck = content.deck(code)
    tools = st.container()
    for slide in deck.slides:
        with st.container(border=True), warehouse.acting(reader):
            section(slide, code)
            comment(deck, slide)
    said = comments(deck)
    with tools:
        present(deck, said)
        files(deck, said, viewer)
