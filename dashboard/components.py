"""Small pieces of page, with Streamlit: style, explanations, tables and downloads."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache, lru_cache
from itertools import count
from pathlib import Path
from typing import TypeVar

import pandas as pd
import plotly.graph_objects as go
import streamlit as st
from streamlit.errors import StreamlitDuplicateElementKey

from dashboard import audit, charts, claim_cards, exports, filters, formats, markup, warehouse
from dashboard.cards import Card
from dashboard.cards import html as cards_html
from dashboard.claim_cards import Claim
from dashboard.exports import Value
from dashboard.hotspots import Picture, Table
from dashboard.markup import Column
from dashboard.methods import Section, contents
from dashboard.warehouse import build_info

HERE = Path(__file__).parent
CARDS_A_ROW = 3
SHOWN_ROWS, MOST_ROWS = 13, 200
Key = TypeVar("Key", bound=str)
# Columns, rows (cells may be pairs: shown, value), what they are, and the name of their files.
Figures = tuple[Sequence[Column], Sequence[Sequence[object]], str, str]
Sheet = tuple[Sequence[Column], Sequence[Sequence[Value]]]
EXPLAIN, FIGURES = "Comment ce chiffre est calculé", "Voir les chiffres"


def explain(name: str, formula: str = "", label: str = EXPLAIN) -> None:
    """A button that opens the text `texts/<name>.md`, after the arithmetic of the figure at hand."""
    with st.popover(label, type="tertiary", icon=":material/help:"):
        st.markdown("\n\n".join(part for part in (formula and f"**Ici.** {formula}", _text(name)) if part))


def cards(shown: Sequence[Card]) -> None:
    """Cards at the top of a page, three side by side where there is room, each with its explanation."""
    for start in range(0, len(shown), CARDS_A_ROW):
        row = shown[start : start + CARDS_A_ROW]
        for column, card in zip(st.columns(CARDS_A_ROW), row, strict=False):
            with column, st.container(border=True, height="stretch", gap="small"):
                st.html(cards_html(card, level=2))
                explain(card.help, card.formula)


def claim(shown: Claim) -> None:
    """A claim of the service: its words, its figures, what they may say and can't prove, and how they were computed."""
    st.header(shown.words.title, anchor=shown.words.anchor)
    st.html(claim_cards.statement(shown) + claim_cards.grid(shown.cards) + claim_cards.notes(shown))
    explain(shown.help, claim_cards.formulas(shown), "Comment ces chiffres sont calculés")
    for picture in shown.pictures:
        st.subheader(picture.title, anchor=False)
        own = picture.figures
        behind = (own.columns, own.rows, own.caption, own.name)
        chart(picture.figure, picture.alternative, key=picture.key, figures=behind)
    for kept in shown.tables:
        if kept.rows:
            figures(kept.columns, kept.rows, kept.caption, kept.name, kept.caption)
        elif kept.empty:
            st.caption(kept.empty)
    st.html(claim_cards.limits(shown))


def methods(shown: Sequence[Section]) -> None:
    """Sections of methods after their list of links."""
    st.markdown(contents(shown))
    for section in shown:
        st.header(section.title, anchor=section.anchor)
        st.markdown(section.text)


def choice(label: str, options: Mapping[Key, str], key: str) -> Key:
    """One of a few options, kept in the address; the first one unless the reader chose."""
    first = next(iter(options))
    if len(options) == 1:
        return first
    picked = st.segmented_control(
        label,
        list(options),
        format_func=lambda code: options[code],
        default=first,
        required=True,
        key=key,
        bind="query-params",
        persist_state="session",
    )
    return picked or first


def pictures(shown: Sequence[Picture]) -> None:
    """Charts side by side where there is room, each with its title and its legend."""
    for column, picture in zip(st.columns(max(1, len(shown))), shown, strict=False):
        with column:
            st.markdown(f"**{picture.title}**")
            chart(picture.figure, picture.alternative, key=picture.legend, figures=picture.figures)


def report(shown: Sequence[Table]) -> None:
    """Tables one under the other, each with what it rests on and its download."""
    for table in shown:
        st.subheader(table.title, anchor=False)
        long_table(table.columns, table.rows, table.caption, table.empty, name=table.name)
        st.caption(table.note)


def progress(fraction: Callable[[], float | None], words: str) -> None:
    """A bar that follows work done elsewhere, twice a second, until `fraction` says None; then the page runs again."""

    @st.fragment(run_every=0.5)
    def follow() -> None:
        done = fraction()
        if done is None:
            st.rerun()
        st.progress(done, f"{words} {formats.percent(done)}")

    follow()


def nothing_chosen() -> None:
    """What to do when no record answers the filters."""
    say(
        "Aucune intervention ne répond à ce choix. Élargissez la période ou retirez un filtre : "
        "un zéro peut aussi vouloir dire que personne n’était là pour l’observer.",
        "Rien à compter ici",
    )
    filters.clear_button("clear_page")


def say(message: str, title: str = "") -> None:
    """A calm notice: an empty choice, a limit of the data."""
    heading = markup.element("strong", markup.text(title)) if title else ""
    st.html(markup.element("div", heading + markup.element("p", markup.text(message, 600)), "opt-say", role="note"))


def table(
    columns: Sequence[Column],
    rows: Sequence[Sequence[object]],
    caption: str,
    name: str = "",
    *,
    download: bool = True,
) -> None:
    """A table that stays readable on a telephone, and its files; cells may be pairs: shown, value."""
    st.html(markup.table(columns, [[_shown(cell) for cell in row] for row in rows], caption))
    if download and rows:
        _files((columns, rows, caption, name or exports.slug(caption)))


def chart(
    figure: go.Figure,
    alternative: str,
    note: str = "",
    *,
    key: str = "",
    title: str = "",
    figures: Figures | None = None,
    label: str = FIGURES,
) -> None:
    """A chart, its legend (`key`, HTML), its note, its figures folded under it, and its files.

    `alternative` is what a screen reader says of it. Its image is entitled `title`, else as its figures, else as the
    heading over it.
    """
    st.plotly_chart(figure, width="stretch", theme=None, config=charts.CONFIG, alt=alternative)
    words = markup.element("p", markup.text(note, 900), "opt-caption") if note else ""
    if key or words:
        st.html(key + words)
    shown = figures if figures and figures[1] else None
    if shown:
        with st.expander(label):
            table(shown[0], shown[1][:MOST_ROWS], shown[2], download=False)
    _files(shown, image=title or (shown[2] if shown else ""), is_chart=True)


def tiles(shown: Iterable[tuple[str, str, str]]) -> None:
    """Small figures side by side: name, value, what it is made of."""
    st.html(markup.tiles(shown))


def long_table(
    columns: Sequence[Column],
    rows: Sequence[Sequence[object]],
    caption: str,
    empty: str = "",
    name: str = "",
    *,
    download: bool = True,
) -> None:
    """A table whose rows after the first ones are folded; a sentence when there is no row."""
    if not rows:
        st.caption(empty)
        return
    table(columns, rows[:SHOWN_ROWS], caption, download=False)
    folded = rows[SHOWN_ROWS:MOST_ROWS]
    if folded:
        with st.expander(f"Voir la suite ({formats.number(len(rows) - SHOWN_ROWS)})"):
            table(columns, folded, f"{caption}, suite", download=False)
            if len(rows) > MOST_ROWS:
                st.caption(f"Seules les {formats.number(MOST_ROWS)} premières lignes sont affichées.")
    if download:
        _files((columns, rows, caption, name or exports.slug(caption)))


def figures(
    columns: Sequence[Column],
    rows: Sequence[Sequence[object]],
    caption: str,
    name: str,
    label: str = FIGURES,
) -> None:
    """Figures as a table, folded, with their files; cells may be pairs: shown, value. Nothing without rows."""
    if not rows:
        return
    with st.expander(label):
        table(columns, rows[:MOST_ROWS], caption, download=False)
        _files((columns, rows, caption, name))


def download(frame: Callable[[], pd.DataFrame], name: str, title: str = "") -> None:
    """The files of a frame that no table shows as it is, made when asked for; `title` says which."""
    _row(lambda: exports.frame_values(frame()), name, title, says=title)


def _files(shown: Figures | None, *, image: str = "", is_chart: bool = False) -> None:
    """The row of downloads of a table, of a chart, or of a chart and its figures."""
    if shown is None:
        _row(None, exports.slug(image), image, is_chart=is_chart)
        return
    columns, rows, caption, name = shown
    _row(lambda: (columns, exports.values(columns, rows)), name, caption, is_chart=is_chart)


def _row(sheet: Callable[[], Sheet] | None, name: str, title: str, *, is_chart: bool = False, says: str = "") -> None:
    """« Télécharger : CSV · Excel · Image »: everything is made when asked for; an image in the browser."""
    scope, choice = warehouse.identity(), _choice()
    build, viewer = _build(scope), scope[1]
    file = f"{name}_donnees_fictives" if build.fictional else name

    def made(suffix: str) -> bytes:
        assert sheet is not None
        with warehouse.acting(viewer):
            columns, cells = sheet()
            about = exports.about(title, exports.notes(name), choice(), build, (columns, cells))
            audit.record("export", f"{file}.{suffix}", about.period, viewer, fictional=build.fictional)
            return exports.FORMATS[suffix](columns, cells, about)

    with st.container(horizontal=True, gap=None):
        if says:
            st.html(markup.element("span", f"{markup.text(says)}\u00a0:", "opt-download"), width="content")
        if sheet is not None:
            _file("CSV", lambda: made("csv"), f"{file}.csv", title, f"telecharger_csv_{name}")
            _file("Excel", lambda: made("xlsx"), f"{file}.xlsx", title, f"telecharger_xlsx_{name}")
        if is_chart:
            st.html(markup.image_button(title, file), width="content")


def _file(label: str, content: Callable[[], bytes], file: str, title: str, key: str) -> None:
    """A button, named for those who only hear it; the same table twice on a page has its buttons twice."""
    words = f"{label} :small[\\: {_literal(title)}]" if title else label
    for number in count(1):
        own = key if number == 1 else f"{key}_{number}"
        try:
            st.download_button(words, content, file_name=file, key=own, on_click="ignore", type="tertiary")
        except StreamlitDuplicateElementKey:
            continue
        return


def _literal(words: str) -> str:
    """Words that Streamlit does not read as Markdown."""
    return re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", markup.plain(words))


@lru_cache(maxsize=8)
def _build(_scope: warehouse.Identity) -> warehouse.Build:
    return build_info()


def _choice() -> Callable[[], str]:
    """What tells the choice of this run, once asked: period and filters, or the period published."""
    chosen = filters.kept()
    if isinstance(chosen, str):
        return lambda: formats.period(chosen) if chosen else ""
    return lambda: filters.description(chosen) if chosen else ""


def _shown(cell: object) -> object:
    return cell[0] if isinstance(cell, tuple) else cell


def document(label: str, content: Callable[[], bytes], name: str) -> None:
    """A button that downloads a document, made when asked for."""
    key, icon = f"download_{name}", ":material/download:"
    st.download_button(label, content, file_name=name, key=key, on_click="ignore", icon=icon)


@cache
def _text(name: str) -> str:
    return (HERE / "texts" / f"{name}.md").read_text(encoding="utf-8")
