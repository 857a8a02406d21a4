"""Texts on a slide: paragraphs of runs with their look, in French for spelling checkers and screen readers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dashboard.charts import ACCENT, GREY, INK
from dashboard.report.pptx_measure import Box

LANGUAGE = "fr-FR"
Native = Any  # an object of python-pptx, whose stubs are partial
COLOURS = {"ink": INK, "grey": GREY, "accent": ACCENT, "white": "#ffffff"}


@dataclass(frozen=True)
class Run:
    """Words of one look."""

    text: str
    size: float
    colour: str = "ink"
    is_bold: bool = False
    is_italic: bool = False


Paragraph = tuple[Run, ...]


def write(frame: Native, paragraphs: Sequence[Paragraph], *, before: float = 0) -> None:
    """Write the paragraphs, `before` points between them."""
    from pptx.util import Pt

    for place, runs in enumerate(paragraphs):
        paragraph = frame.paragraphs[0] if place == 0 else frame.add_paragraph()
        paragraph.line_spacing = 1.0
        paragraph.space_after = Pt(0)
        paragraph.space_before = Pt(before if place else 0)
        for run in runs:
            style(paragraph.add_run(), run)


def style(made: Native, run: Run) -> None:
    """Give a run of python-pptx its words and its look."""
    from pptx.util import Pt

    made.text = run.text
    made.font.size, made.font.bold, made.font.italic = Pt(run.size), run.is_bold, run.is_italic
    paint(made.font.color, run.colour)


def paint(colour: Native, name: str) -> None:
    """Set a colour of python-pptx by our name for it, or by its code."""
    from pptx.dml.color import RGBColor

    colour.rgb = RGBColor.from_string(COLOURS.get(name, name).lstrip("#").upper())


def text_box(sheet: Native, box: Box, name: str) -> Native:
    """An empty text box without margins; texts wrap, and what is written is measured beforehand."""
    from pptx.enum.text import MSO_AUTO_SIZE

    shape = sheet.shapes.add_textbox(*emu(box))
    shape.name = name
    frame = shape.text_frame
    frame.word_wrap, frame.auto_size = True, MSO_AUTO_SIZE.NONE
    frame.margin_left = frame.margin_right = frame.margin_top = frame.margin_bottom = 0
    return shape


def emu(box: Box) -> tuple[Native, ...]:
    """Left, top, width and height as python-pptx takes them."""
    from pptx.util import Pt

    return Pt(box.x), Pt(box.y), Pt(box.width), Pt(box.height)


def describe(shape: Native, name: str, alternative: str) -> None:
    """Name a shape and say what a screen reader says of it."""
    properties = shape._element.xpath(".//p:cNvPr")[0]
    shape.name = name
    properties.set("descr", alternative)


def in_french(root: Native) -> None:
    """Mark every run and paragraph end under an element as French."""
    from pptx.oxml.ns import qn

    for run in root.iter(qn("a:r"), qn("a:fld")):
        if run.find(qn("a:rPr")) is None:
            run.insert(0, run.makeelement(qn("a:rPr"), {}))
    for properties in root.iter(qn("a:rPr"), qn("a:endParaRPr"), qn("a:defRPr")):
        properties.set("lang", LANGUAGE)
