"""Where the parts of a topic go on slides, and how large texts are, before any file is written."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, product
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import ImageFont

from dashboard.report import pptx_layout
from dashboard.report import pptx_measure as measure
from dashboard.report.pptx_cards import Card
from dashboard.report.pptx_layout import Points, Room
from dashboard.report.pptx_measure import Box
from dashboard.report.pptx_tables import Grid
from dashboard.report.slides import Chart, Slide
from tests.dashboard import decks

LIBERATION = Path("/usr/share/fonts/truetype/liberation")


def test_widths_are_those_of_the_font():
    if not LIBERATION.is_dir():
        pytest.skip("no font of Arial's widths on this machine")
    text = "Les demandes ont augmenté de 12\u00a0% : 1 234,5 pour 100 h (« de 10,1 à 14,8 ») — l’été à Œuvre, 300 €"
    for is_bold in (False, True):
        font = ImageFont.truetype(str(LIBERATION / f"LiberationSans-{'Bold' if is_bold else 'Regular'}.ttf"), 1000)
        ours, real = measure.width(text, 1000, is_bold=is_bold), font.getlength(text)
        assert real <= ours <= 1.06 * real


def combinations_of_parts() -> Iterator[Slide]:
    """Every mixture of what a slide may hold."""
    figures = tuple(decks.figure(place) for place in range(8))
    charts = (decks.motif_chart(), decks.month_chart())
    tables = (decks.zone_table(), decks.wide_table(6))
    counts = product((0, 2, 4, 8), (0, 1, 2), (0, 1, 2), (0, 3, 12), (False, True), (False, True))
    for some, drawn, listed, said, has_picture, is_written in counts:
        yield decks.slide(
            "a",
            "Titre",
            "Un message.",
            figures=figures[:some],
            charts=charts[:drawn],
            tables=tables[:listed],
            points=(decks.POINTS * 4)[:said],
            picture=decks.picture(9, 6) if has_picture else None,
            to_write=is_written,
        )


def test_no_mixture_overlaps_or_loses_anything():
    for slide in combinations_of_parts():
        body = pptx_layout.frame(slide).body
        placed = [page for page in pptx_layout.pages(slide) if page]
        for page in placed:
            for box, part in page:
                assert box.x >= body.x - 0.1 and box.y >= body.y - 0.1, part
                assert box.x + box.width <= body.x + body.width + 0.1 and box.bottom <= body.bottom + 0.1, part
            for (a, one), (b, other) in combinations(page, 2):
                wide = min(a.x + a.width, b.x + b.width) - max(a.x, b.x)
                assert wide <= 0.1 or min(a.bottom, b.bottom) - max(a.y, b.y) <= 0.1, (one, other)
        parts = [part for page in placed for _, part in page]
        assert [part.figure for part in parts if isinstance(part, Card)] == list(slide.figures)
        assert [part for part in parts if isinstance(part, Chart)] == list(slide.charts)
        rows = sum(len(part.rows) for part in parts if isinstance(part, Grid))
        assert rows == sum(len(table.rows) for table in slide.tables)
        assert tuple(text for part in parts if isinstance(part, Points) for text in part.texts) == slide.points
        assert any(isinstance(part, Room) for part in parts) == slide.to_write
        assert all(part.size >= 14 for part in parts if isinstance(part, Grid))
        assert all(part.size >= 18 for part in parts if isinstance(part, Points))


def test_tables_side_by_side_break_no_word_and_are_of_one_size():
    page = pptx_layout.pages(decks.slide("a", "A", "", tables=(decks.zone_table(), decks.zone_table())))[0]
    grids = [part for _, part in page if isinstance(part, Grid)]
    assert len(grids) == 2
    assert grids[0].size == grids[1].size
    for grid in grids:
        for place, column in enumerate(grid.table.columns):
            texts = [column.header, *(row[place][0] for row in grid.rows)]
            assert max(measure.longest_word(text, grid.size) for text in texts) <= grid.widths[place] - 15.9


def test_points_too_long_to_stand_beside_a_short_table_go_under_it():
    long = tuple(" ".join([point] * 3) for point in decks.POINTS)
    [page] = pptx_layout.pages(decks.slide("a", "A", "Un message.", tables=(decks.zone_table(),), points=long))
    grid, points = (next(box for box, part in page if isinstance(part, kind)) for kind in (Grid, Points))
    assert points.y > grid.bottom


WORDS = st.text(st.sampled_from("abcMWil’-é \u00a0«€"), max_size=300)


@given(text=WORDS, width=st.floats(60, 800), height=st.floats(25, 300))
@settings(max_examples=60)
def test_a_fitted_text_never_needs_more_than_its_room(text: str, width: float, height: float):
    fitted = measure.fit(text, Box(0, 0, width, height), (20, 18))
    assert fitted.height <= height + 0.01
    assert measure.height(fitted.text, fitted.size, width) <= height + 0.01
    assert fitted.is_whole == (fitted.text == text) or text == ""
