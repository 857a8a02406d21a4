"""One slide a topic: what a projected slide can't hold is left to the booklet, and the slide says so.

Only the projected file is shortened: the booklet and the screen have every row. Measured with the layout of the file.
"""

from __future__ import annotations

from dataclasses import replace

from dashboard import formats
from dashboard.report import pptx_layout
from dashboard.report.slides import Deck, Slide, Table

LEAST_ROWS, LEAST_POINTS = 3, 1


def fitted(deck: Deck) -> Deck:
    """The deck with every topic on one slide, as far as leaving out rows and points allows."""
    return replace(deck, slides=tuple(fit(slide) for slide in deck.slides))


def fit(slide: Slide) -> Slide:
    """The slide, without the last rows of its longest table, then without its last points, until it holds."""
    shown = slide
    while len(pptx_layout.pages(shown)) > 1:
        shorter = _shorter(shown)
        if shorter is None:
            break
        shown = shorter
    left = _rows(slide) - _rows(shown)
    if not left:
        return shown
    said = formats.plural(left, "autre ligne est", "autres lignes sont")
    return replace(shown, note=f"{shown.note} {said} dans le livret.")


def _rows(slide: Slide) -> int:
    return sum(len(table.rows) for table in slide.tables)


def _shorter(slide: Slide) -> Slide | None:
    """The slide with a little less; None when nothing more can be left out."""
    longest = max(slide.tables, key=lambda table: len(table.rows), default=None)
    if longest is not None and len(longest.rows) > LEAST_ROWS:
        return replace(slide, tables=tuple(_cut(table) if table is longest else table for table in slide.tables))
    if len(slide.points) > LEAST_POINTS:
        return replace(slide, points=slide.points[:-1])
    return None


def _cut(table: Table) -> Table:
    return replace(table, rows=table.rows[:-1])
