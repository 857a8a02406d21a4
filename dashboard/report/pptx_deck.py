"""The deck as a PowerPoint file: native charts and tables that stay editable, one slide per topic.

`pptx` writes what `pptx_layout` placed. Every run is French, every visual is described for screen readers, and what a
slide rests on (n, method, source, comment) is in its speaker's notes.
"""

from __future__ import annotations

import io
from dataclasses import replace

from dashboard import formats
from dashboard.report import pptx_cards, pptx_charts, pptx_layout, pptx_tables
from dashboard.report import pptx_measure as measure
from dashboard.report import pptx_template as template
from dashboard.report.pptx_cards import Card
from dashboard.report.pptx_layout import POINT_GAP, Part, Points, Room, Words
from dashboard.report.pptx_measure import LINE, Box
from dashboard.report.pptx_tables import Grid
from dashboard.report.pptx_text import LANGUAGE, Native, Run, describe, emu, in_french, text_box, write
from dashboard.report.slides import Chart, Comments, Deck, Picture, Slide, cleaned

PRODUCT = "Optimédia"
_CONTINUED = {0: "", 1: " (suite)"}
FICTIONAL = "Données fictives"
_TITLES, _COVER_TITLES, _MESSAGES, _NOTES = (
    (30.0, 27.0, 24.0, 20.0, 18.0),
    (44.0, 38.0, 32.0, 28.0),
    (22, 20, 18),
    (14, 12),
)


def pptx(deck: Deck, comments: Comments | None = None) -> bytes:
    """The deck as a PPTX file: a title slide, then each topic on one slide or more.

    `comments` are by key of slide; that of a slide to write is written in its room instead of the prompt.
    """
    shown = cleaned(deck)
    made = template.presentation()
    _properties(made, shown)
    _cover(made, shown)
    for slide in shown.slides:
        _topic(made, shown, slide, _lines((comments or {}).get(slide.key, "")))
    for page in made.slides:
        in_french(page._element)
        in_french(page.notes_slide._element)
    for holder in (made.slide_master, *made.slide_layouts, made.notes_master, made.part):
        in_french(holder._element)
    file = io.BytesIO()
    made.save(file)
    return file.getvalue()


def _properties(made: Native, deck: Deck) -> None:
    """What the file says of itself; no person is named."""
    known = made.core_properties
    known.title, known.language, known.category = deck.title, LANGUAGE, FICTIONAL if deck.fictional else ""
    known.subject = ", ".join((deck.territory, deck.period.label, deck.audience_label))
    known.author = known.last_modified_by = PRODUCT
    known.created = known.modified = known.last_printed = deck.built_at.replace(tzinfo=None)
    known.comments = known.keywords = ""


def _cover(made: Native, deck: Deck) -> None:
    page = _page(made, deck, template.COVER)
    title = measure.fit(deck.title, template.COVER_TITLE, _COVER_TITLES, is_bold=True)
    write(_hole(page, template.TITLE).text_frame, [(Run(title.text, title.size, "accent", is_bold=True),)])
    day = formats.day(deck.built_on)
    texts = (deck.territory, _sentence(deck.period.label), deck.audience_label, f"Établi le {day} avec {PRODUCT}")
    lines = [measure.fit(text, replace(template.COVER_TEXT, height=24 * LINE), (24, 20, 18)) for text in texts if text]
    runs = [(Run(line.text, line.size, is_bold=place == 0),) for place, line in enumerate(lines)]
    write(_hole(page, template.SUBTITLE).text_frame, runs, before=6)
    _finish(page, deck, [*([f"{FICTIONAL}."] if deck.fictional else []), deck.title, *texts], template.COVER_TITLE.x)


def _topic(made: Native, deck: Deck, slide: Slide, comment: list[str]) -> None:
    frame = pptx_layout.frame(slide)
    for place, parts in enumerate(pptx_layout.pages(slide, frame.body)):
        has_room = any(isinstance(part, Room) for _, part in parts)
        page = _page(made, deck, template.WRITING if has_room else template.CONTENT)
        _title(page, slide.title, _CONTINUED.get(place, f" (suite {place})"))
        high = replace(template.MESSAGE_BOX, height=frame.message.height)
        _text(page, template.MESSAGE, Run(frame.message.text, frame.message.size), high)
        for box, part in parts:
            _draw(page, box, part, comment)
        low = replace(template.NOTE_BOX, y=template.NOTE_BOX.bottom - frame.note.height, height=frame.note.height)
        _text(page, template.NOTE, Run(frame.note.text, frame.note.size, "grey"), low)
        _finish(page, deck, _notes(deck, slide, comment))


def _page(made: Native, deck: Deck, name: str) -> Native:
    """An empty slide of a layout; its placeholders are in reading order, and the badge says what data these are."""
    layout = template.layout(made, name)
    page = made.slides.add_slide(layout)
    names = {hole.placeholder_format.idx: hole.name for hole in layout.placeholders}
    for hole in page.placeholders:
        hole.name = names[hole.placeholder_format.idx]
    if deck.fictional:
        write(_hole(page, template.BADGE).text_frame, [(Run(FICTIONAL, 16, template.AMBER, is_bold=True),)])
    return page


def _hole(page: Native, index: int) -> Native:
    """The placeholder of that index."""
    return next(hole for hole in page.placeholders if hole.placeholder_format.idx == index)


def _title(page: Native, title: str, suffix: str) -> None:
    ending = f"…{suffix}"
    fitted = measure.fit(f"{title}{suffix}", template.TITLE_BOX, _TITLES, is_bold=True, ending=ending)
    write(_hole(page, template.TITLE).text_frame, [(Run(fitted.text, fitted.size, "accent", is_bold=True),)])


def _text(page: Native, index: int, run: Run, box: Box) -> None:
    """Fill a placeholder and give it the height of its text."""
    if run.text:
        hole = _hole(page, index)
        _move(hole, box)
        write(hole.text_frame, [(run,)])


def _move(shape: Native, box: Box) -> None:
    shape.left, shape.top, shape.width, shape.height = emu(box)


def _draw(page: Native, box: Box, part: Part, comment: list[str]) -> None:
    if isinstance(part, Card):
        pptx_cards.draw(page, box, part)
    elif isinstance(part, Chart):
        pptx_charts.draw(page, box, part)
    elif isinstance(part, Grid):
        pptx_tables.draw(page, box, part)
    elif isinstance(part, Picture):
        shape = page.shapes.add_picture(io.BytesIO(part.png), *emu(box))
        describe(shape, "Carte", part.alternative)
    elif isinstance(part, Words):
        is_head = part.kind == "head"
        run = Run(part.text, part.size, "ink" if is_head else "grey", is_bold=is_head, is_italic=not is_head)
        write(text_box(page, box, "Titre de figure" if is_head else "Précision").text_frame, [(run,)])
    elif isinstance(part, Points):
        _put_points(page, template.POINTS, box, part)
    else:
        _put_room(page, box, comment)


def _put_points(page: Native, index: int, box: Box, points: Points) -> None:
    hole = _hole(page, index)
    _move(hole, box)
    write(hole.text_frame, [(Run(text, points.size),) for text in points.texts], before=POINT_GAP)
    _to_the_end(hole)


def _put_room(page: Native, box: Box, comment: list[str]) -> None:
    """Room for the committee's words: left empty, with the layout's prompt, or filled with the comment given."""
    hole = _hole(page, template.ROOM)
    _move(hole, box)
    _to_the_end(hole)
    if comment:
        inside = replace(box, width=box.width - 16, height=box.height - 8)
        shown = pptx_layout.held_points(tuple(comment), inside)
        write(hole.text_frame, [(Run(text, shown.size),) for text in shown.texts], before=POINT_GAP)


def _to_the_end(shape: Native) -> None:
    """Read a shape after those drawn before it."""
    element = shape._element
    element.getparent().append(element)


def _finish(page: Native, deck: Deck, notes: list[str], left: float = template.MARGIN) -> None:
    """Foot, number and notes; placeholders that nothing filled go, the room to write in stays."""
    for hole in list(page.placeholders):
        index = hole.placeholder_format.idx
        if not hole.text_frame.text and index != template.ROOM:
            hole._element.getparent().remove(hole._element)
        elif index in (template.NOTE, template.BADGE):
            _to_the_end(hole)
    _foot(page, deck, left)
    page.notes_slide.notes_text_frame.text = "\n".join(notes)


def _foot(page: Native, deck: Deck, left: float) -> None:
    from pptx.oxml import parse_xml

    words = f"{deck.territory} · {deck.period.label} · {deck.audience_label}"
    fitted = measure.fit(words, replace(template.FOOT_BOX, width=template.FOOT_BOX.width - left), (12,))
    tree = page.shapes._spTree
    for shape in parse_xml(template.spread(template.foot(fitted.text, left))):
        shape.nvSpPr.cNvPr.set("id", str(page.shapes._next_shape_id))
        tree.append(shape)


def _notes(deck: Deck, slide: Slide, comment: list[str]) -> list[str]:
    """What a slide rests on, for who presents it: everything in full."""
    figures = [
        f"{figure.title} : {', '.join(part for part in (figure.value, figure.unit) if part)}"
        + "".join(f" ; {part}" for part in (figure.uncertainty, figure.comparison, figure.made_of) if part)
        for figure in slide.figures
    ]
    charts = [f"{chart.title} : {chart.alternative} {chart.gaps}".strip() for chart in slide.charts]
    said = (
        ("", FICTIONAL if deck.fictional else ""),
        ("", slide.message),
        ("Chiffres", " / ".join(figures)),
        ("Graphiques", " / ".join(charts)),
        ("Période et effectif", slide.note),
        ("Méthode", slide.method),
        ("Source", slide.source),
        ("Commentaire", " ".join(comment)),
    )
    return [f"{name}\u00a0: {text}" if name else text for name, text in said if text]


def _lines(text: str) -> list[str]:
    return [line for part in text.splitlines() if (line := cleaned(part).strip())]


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"
