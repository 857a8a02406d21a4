"""Small pieces of page, with Streamlit: style, explanations, tables and downloads."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TypeVar

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from dashboard import charts, claim_cards, filters, formats, markup
from dashboard.cards import Card
from dashboard.cards import html as cards_html
from dashboard.claim_cards import Claim
from dashboard.hotspots import Picture, Table
from dashboard.markup import Column
from dashboard.methods import Section, contents
from dashboard.warehouse import build_info

HERE = Path(__file__).parent
CARDS_A_ROW = 3
SHOWN_ROWS, MOST_ROWS = 13, 200
Key = TypeVar("Key", bound=str)
EXPLAIN = "Comment ce chiffre est calculé"


def explain(name: str, formula: str = "", label: str = EXPLAIN) -> None:
    """A button that opens the text `texts/<name>.md`, after the arithmetic of the figure at hand."""
    with st.popover(label, type="tertiary", icon=":material/help:"):
        st.markdown("\n\n".join(part for part in (formula and f"**Ici.** {formula}", _text(name)) if part))


def cards(shown: Sequence[Card]) -> None:
    """Cards, three side by side where there is room, each with its explanation."""
    for start in range(0, len(shown), CARDS_A_ROW):
        row = shown[start : start + CARDS_A_ROW]
        for column, card in zip(st.columns(CARDS_A_ROW), row, strict=False):
            with column, st.container(border=True, height="stretch", gap="small"):
                st.html(cards_html(card))
                explain(card.help, card.formula)


def claim(shown: Claim) -> None:
    """A claim of the service: its words, its figures, what they may say and can't prove, and how they were computed."""
    st.header(shown.words.title, anchor=shown.words.anchor)
    st.html(claim_cards.statement(shown) + claim_cards.grid(shown.cards) + claim_cards.notes(shown))
    explain(shown.help, claim_cards.formulas(shown), "Comment ces chiffres sont calculés")
    for picture in shown.pictures:
        st.subheader(picture.title, anchor=False)
        chart(picture.figure, picture.alternative)
        st.html(picture.key)
        figures(picture.figures.columns, picture.figures.rows, picture.figures.caption, picture.figures.name)
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
            chart(picture.figure, picture.alternative)
            st.html(picture.legend)


def report(shown: Sequence[Table]) -> None:
    """Tables one under the other, each with what it rests on and its download."""
    for table in shown:
        st.subheader(table.title, anchor=False)
        cells = [[cell[0] if isinstance(cell, tuple) else cell for cell in row] for row in table.rows]
        long_table(table.columns, cells, table.caption, table.empty)
        st.caption(table.note)
        if table.rows:
            values = [[cell[1] if isinstance(cell, tuple) else cell for cell in row] for row in table.rows]
            headers = [column.header for column in table.columns]
            download(lambda values=values, headers=headers: pd.DataFrame(values, columns=headers), table.name)


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


def table(columns: Sequence[Column], rows: Sequence[Sequence[object]], caption: str) -> None:
    """A table that stays readable on a telephone."""
    st.html(markup.table(columns, rows, caption))


def chart(figure: go.Figure, alternative: str, note: str = "") -> None:
    """A chart and what is noted under it; `alternative` is what a screen reader says of it."""
    st.plotly_chart(figure, width="stretch", theme=None, config=charts.CONFIG, alt=alternative)
    if note:
        st.html(markup.element("p", markup.text(note, 900), "opt-caption"))


def tiles(shown: Iterable[tuple[str, str, str]]) -> None:
    """Small figures side by side: name, value, what it is made of."""
    st.html(markup.tiles(shown))


def long_table(columns: Sequence[Column], rows: Sequence[Sequence[object]], caption: str, empty: str = "") -> None:
    """A table whose rows after the first ones are folded; a sentence when there is no row."""
    if not rows:
        st.caption(empty)
        return
    table(columns, rows[:SHOWN_ROWS], caption)
    folded = rows[SHOWN_ROWS:MOST_ROWS]
    if folded:
        with st.expander(f"Voir la suite ({formats.number(len(rows) - SHOWN_ROWS)})"):
            table(columns, folded, f"{caption}, suite")
            if len(rows) > MOST_ROWS:
                st.caption(f"Seules les {formats.number(MOST_ROWS)} premières lignes sont affichées.")


def figures(
    columns: Sequence[Column],
    rows: Sequence[Sequence[object]],
    caption: str,
    name: str,
    label: str = "Voir les chiffres",
) -> None:
    """Figures as a table, folded, with their download; cells may be (shown, value) pairs. Nothing without rows."""
    if not rows:
        return
    shown = [[cell[0] if isinstance(cell, tuple) else cell for cell in row] for row in rows]
    values = [[cell[1] if isinstance(cell, tuple) else cell for cell in row] for row in rows]
    with st.expander(label):
        table(columns, shown[:MOST_ROWS], caption)
        download(lambda: pd.DataFrame(values, columns=[column.header for column in columns]), name)


def download(frame: Callable[[], pd.DataFrame], name: str) -> None:
    """A button that downloads a frame, made when asked for, as a CSV that a French spreadsheet opens."""
    fictional = "_donnees_fictives" if build_info().fictional else ""
    st.download_button(
        "Télécharger (CSV)",
        lambda: formats.table_csv(frame()),
        file_name=f"{name}{fictional}.csv",
        mime="text/csv",
        key=f"download_{name}",
        on_click="ignore",
        icon=":material/download:",
    )


def document(label: str, content: Callable[[], bytes], name: str) -> None:
    """A button that downloads a document, made when asked for."""
    key, icon = f"download_{name}", ":material/download:"
    st.download_button(label, content, file_name=name, key=key, on_click="ignore", icon=icon)


@cache
def _text(name: str) -> str:
    return (HERE / "texts" / f"{name}.md").read_text(encoding="utf-8")
