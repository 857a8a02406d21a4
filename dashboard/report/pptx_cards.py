"""Key figures of a slide: cards of one size, as large as their texts allow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from dashboard.report import pptx_measure as measure
from dashboard.report.pptx_measure import LINE, Box
from dashboard.report.pptx_template import CARD
from dashboard.report.pptx_text import Native, Paragraph, Run, paint, text_box, write
from dashboard.report.slides import KeyFigure

MOST = 8
HALF = 4
PADDING, GAP, BETWEEN = 8.0, 10.0, 1.0
_COLUMNS = {1: 1, 2: 2, 3: 3, 4: 2, 5: 3, 6: 3, 7: 4, 8: 4}
_TALLEST = 1.3  # a card is not stretched further than this over what it needs


@dataclass(frozen=True)
class Scale:
    """Sizes of the texts of a card, in points."""

    title: float
    value: float
    unit: float
    small: float


SCALES = (
    Scale(24, 48, 22, 18),
    Scale(22, 44, 20, 18),
    Scale(20, 38, 18, 16),
    Scale(18, 34, 16, 16),
    Scale(18, 32, 16, 14),
    Scale(16, 28, 14, 14),
    Scale(16, 26, 14, 14),
    Scale(16, 28, 14, 12),
)


_LEAST = Scale(14, 24, 12, 12)


@dataclass(frozen=True)
class Card:
    """A figure and the sizes of its texts."""

    figure: KeyFigure
    scale: Scale


def arrange(figures: Sequence[KeyFigure], room: Box, columns: int) -> list[tuple[Box, Card]] | None:
    """The figures in rows of `columns` cards, at the largest scale at which every text fits; None when none does."""
    boxes = _boxes(len(figures), room, columns)
    for scale in SCALES:
        needed = max(_height(figure, scale, box.width) for figure, box in zip(figures, boxes, strict=True))
        if needed <= boxes[0].height:
            tall = _rows(len(figures), columns) * (needed * _TALLEST + GAP) - GAP
            boxes = _boxes(len(figures), replace(room, height=min(room.height, tall)), columns)
            return [(box, Card(figure, scale)) for box, figure in zip(boxes, figures, strict=True)]
    return None


def pages(figures: Sequence[KeyFigure], room: Box) -> list[list[tuple[Box, Card]]]:
    """Figures that have slides of their own: eight on one, four on one where their texts are long."""
    found: list[list[tuple[Box, Card]]] = []
    for start in range(0, len(figures), MOST):
        some = figures[start : start + MOST]
        whole = arrange(some, room, _COLUMNS[len(some)])
        if whole is not None:
            found.append(whole)
            continue
        for half in (some[:HALF], some[HALF:]):
            if half:
                fitted = arrange(half, room, _COLUMNS[len(half)])
                cut = [Card(_shortened(figure, room), _LEAST) for figure in half]
                found.append(fitted or list(zip(_boxes(len(half), room, 2), cut, strict=True)))
    return found


def draw(page: Native, box: Box, card: Card) -> None:
    """One card: a single text, so that it is read in one go."""
    from pptx.util import Pt

    shape = text_box(page, box, f"Chiffre : {card.figure.title}"[:120])
    frame = shape.text_frame
    frame.margin_left = frame.margin_right = Pt(PADDING)
    frame.margin_top = frame.margin_bottom = Pt(PADDING)
    shape.fill.solid()
    paint(shape.fill.fore_color, CARD)
    write(frame, _paragraphs(card.figure, card.scale, box.width - 2 * PADDING), before=BETWEEN)


def _rows(count: int, columns: int) -> int:
    return -(-count // columns)


def _boxes(count: int, room: Box, columns: int) -> list[Box]:
    rows = _rows(count, columns)
    width = (room.width - GAP * (columns - 1)) / columns
    height = (room.height - GAP * (rows - 1)) / rows
    return [
        Box(room.x + (place % columns) * (width + GAP), room.y + (place // columns) * (height + GAP), width, height)
        for place in range(count)
    ]


def _paragraphs(figure: KeyFigure, scale: Scale, room: float) -> list[Paragraph]:
    value, unit = Run(figure.value, scale.value, "accent", is_bold=True), Run(figure.unit, scale.unit)
    together = measure.width(value.text, value.size, is_bold=True) + measure.width(f"\u00a0{unit.text}", unit.size)
    beside = (value, replace(unit, text=f"\u00a0{unit.text}"))
    lines: list[Paragraph] = [(Run(figure.title, scale.title, is_bold=True),)]
    lines += [beside] if unit.text and together <= room else [(value,), (unit,)] if unit.text else [(value,)]
    small = (
        Run(figure.uncertainty, scale.small),
        Run(figure.comparison, scale.small),
        Run(figure.made_of, scale.small, "grey"),
    )
    return [*lines, *((run,) for run in small if run.text)]


def _height(figure: KeyFigure, scale: Scale, width: float) -> float:
    room = width - 2 * PADDING
    lines = _paragraphs(figure, scale, room)
    heights = (
        measure.height(runs[0].text, runs[0].size, room, is_bold=runs[0].is_bold)
        if len(runs) == 1
        else scale.value * LINE
        for runs in lines
    )
    return sum(heights) + BETWEEN * (len(lines) - 1) + 2 * PADDING


def _shortened(figure: KeyFigure, room: Box) -> KeyFigure:
    """The figure with every text on one line: what is cut is whole in the notes and in the booklet."""
    scale, width = _LEAST, (room.width - GAP) / 2 - 2 * PADDING

    def line(text: str, size: float, *, is_bold: bool = False) -> str:
        return measure.fit(text, Box(0, 0, width, size * LINE), (size,), is_bold=is_bold).text

    return KeyFigure(
        line(figure.title, scale.title, is_bold=True),
        line(figure.value, scale.value, is_bold=True),
        line(figure.unit, scale.unit),
        line(figure.uncertainty, scale.small),
        line(figure.made_of, scale.small),
        line(figure.comparison, scale.small),
    )
