"""What goes where on the slides of one topic: nothing overlaps, nothing overflows, and what does not fit goes on.

A topic fills one slide; it goes on over a second one (« suite ») rather than being cut or becoming unreadable from the
back of a room. Pure: boxes in points, no python-pptx.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from dashboard import formats
from dashboard.report import pptx_cards, pptx_tables
from dashboard.report import pptx_measure as measure
from dashboard.report.pptx_cards import Card
from dashboard.report.pptx_measure import LINE, Box
from dashboard.report.pptx_tables import Grid
from dashboard.report.pptx_template import MESSAGE_BOX, NOTE_BOX
from dashboard.report.slides import Chart, Picture, Slide, Table

MESSAGE_SIZES = POINT_SIZES = (22.0, 20.0, 18.0)
IN_NOTES = "… (suite dans les notes)"
POINT_GAP, INDENT = 9.0, 20.0
GAP, COLUMN_GAP = 10.0, 26.0
HEAD_SIZES, UNDER_SIZES = (18.0, 16.0), (14.0, 12.0)
_STRIP_LEAST = 215.0  # what must be left under a strip of key figures
_BAND_MOST, _TABLE_MOST, _PICTURE_MOST, _PICTURE_LEAST = (
    0.34,
    0.55,
    0.55,
    0.42,
)  # shares of the height, of the width, of the width
_POINTS_SHARE, _SIDE_SHARE = 0.38, 0.3
_NARROW_CATEGORIES, _LONG_BARS = 16, 7  # of a chart on half a slide; from which bars want the whole height


@dataclass(frozen=True)
class Words:
    """A line of text: the title of a chart or a table (« head »), or what is said under it (« under »)."""

    text: str
    size: float
    kind: str


@dataclass(frozen=True)
class Points:
    """Points of the topic, with their size."""

    texts: tuple[str, ...]
    size: float = POINT_SIZES[0]


@dataclass(frozen=True)
class Room:
    """Room left for the committee's words."""


Part = Card | Chart | Grid | Picture | Points | Room | Words
Item = Chart | Table | Picture | Points | Room
Placed = tuple[Box, Part]


@dataclass(frozen=True)
class Frame:
    """What surrounds the parts of a topic: its message over them, its note under them, and the room between."""

    message: measure.Fit
    note: measure.Fit
    body: Box


def frame(slide: Slide) -> Frame:
    """Message and note as they fit, and what they leave."""
    message = measure.fit(slide.message, replace(MESSAGE_BOX, height=66), MESSAGE_SIZES, ending=IN_NOTES)
    note = measure.fit(slide.note, replace(NOTE_BOX, height=44), UNDER_SIZES, ending=IN_NOTES)
    top = MESSAGE_BOX.y + (message.height + 14 if slide.message else 0)
    bottom = NOTE_BOX.bottom - (note.height + 10 if slide.note else 0)
    return Frame(message, note, Box(MESSAGE_BOX.x, top, MESSAGE_BOX.width, bottom - top))


def pages(slide: Slide, body: Box | None = None) -> list[list[Placed]]:
    """The parts of a topic, slide by slide, in the room that its message and its note leave, or in another."""
    body = body or frame(slide).body
    visuals = _visuals(slide)
    strip, beside = _strip(slide, body) if visuals or slide.points else (None, body)
    if strip:
        first, *others = _groups(slide, visuals, body, beside)
        shown, rest = _place(first, beside, slide.title)
        if not rest:
            return [[*strip, *shown], *_following(others, body, slide.title)]
    figures = [list[Placed](page) for page in pptx_cards.pages(slide.figures, body)]
    return [*figures, *_following(_groups(slide, visuals, body, body), body, slide.title)] or [[]]


def _following(groups: Sequence[Sequence[Item]], body: Box, title: str) -> list[list[Placed]]:
    """Slides of groups that have the whole room."""
    found: list[list[Placed]] = []
    for group in groups:
        shown, rest = _place(group, body, title)
        found += [shown, *rest]
    return found


def _visuals(slide: Slide) -> list[Item]:
    picture: list[Item] = [slide.picture] if slide.picture else []
    return [*picture, *slide.charts, *slide.tables, *([Room()] if slide.to_write else [])]


def _strip(slide: Slide, body: Box) -> tuple[Sequence[Placed] | None, Box]:
    """Up to four key figures with the rest of the topic, and what they leave: beside long bars, else over the rest."""
    count = len(slide.figures)
    if not 0 < count <= pptx_cards.HALF:
        return None, body
    chart = slide.charts[0] if len(slide.charts) == 1 and not slide.tables and not slide.picture else None
    if chart and chart.kind == "bars" and len(chart.categories) * len(chart.series) >= _LONG_BARS:
        left, right = body.columns([_SIDE_SHARE, 1 - _SIDE_SHARE], COLUMN_GAP)
        column = pptx_cards.arrange(slide.figures, left, 1)
        if column:
            return column, right
    strip = pptx_cards.arrange(slide.figures, replace(body, height=body.height - _STRIP_LEAST), count)
    if strip is None:
        return None, body
    return strip, body.below(max(box.bottom for box, _ in strip) - body.y, 16)


def _groups(slide: Slide, visuals: Sequence[Item], body: Box, first: Box) -> list[list[Item]]:
    """What shares a slide: two visuals side by side where both are narrow, and the points beside or under them.

    `first` is the room of the first group, which key figures may have made smaller.
    """
    groups: list[list[Item]] = []
    for visual in visuals:
        if groups and len(groups[-1]) == 1 and _go_together(groups[-1][0], visual, body):
            groups[-1].append(visual)
        else:
            groups.append([visual])
    if not slide.points:
        return groups
    points = Points(slide.points)
    for place, group in enumerate(groups):
        room = body if place else first
        beside = len(group) == 1 and _is_narrow(group[0], room)
        if beside or _points_height(points.texts, POINT_SIZES[-1], room.width) <= _BAND_MOST * room.height:
            group.append(points)
            return groups
    return [*groups, [points]]


def _go_together(one: Item, other: Item, body: Box) -> bool:
    if isinstance(one, Table) and isinstance(other, Table):
        width = pptx_tables.needed(one) + pptx_tables.needed(other) + COLUMN_GAP
        return width <= body.width and _is_narrow(one, body) and _is_narrow(other, body)
    return _is_narrow(one, body) and _is_narrow(other, body)


def _is_narrow(item: Item, body: Box) -> bool:
    """Whether half a slide is enough: for a table, when all of it fits there."""
    if isinstance(item, Chart):
        return item.kind == "bars" or len(item.categories) <= _NARROW_CATEGORIES
    if not isinstance(item, Table):
        return True
    half = replace(body, width=_TABLE_MOST * body.width, height=body.height - HEAD_SIZES[0] * LINE * 2 - GAP)
    return pptx_tables.whole(item, half) is not None


def _place(group: Sequence[Item], room: Box, title: str) -> tuple[list[Placed], list[list[Placed]]]:
    """The parts of one slide, and the slides that go on with what it could not hold."""
    visuals = [item for item in group if not isinstance(item, Points)]
    points = next((item for item in group if isinstance(item, Points)), None)
    if points is None:
        return _row(visuals, room, title)
    if not visuals:
        return _points(points, room, room)
    if len(visuals) == 1 and _is_narrow(visuals[0], room):
        if isinstance(visuals[0], Room):
            left, right = _columns([points, visuals[0]], room)
            beside, more = _points(points, left, room)
            return [*beside, (right, visuals[0])], more
        left, right = _columns([visuals[0], points], room)
        shown, rest = _row(visuals, left, title)
        beside, more = _points(points, right, room)
        under = _under(visuals[0], points, room, title) if more else None
        return (under, []) if under else (shown + beside, rest + more)
    size = POINT_SIZES[-1]
    used = _points_height(points.texts, size, room.width)
    band = Box(room.x, room.bottom - used, room.width, used)
    shown, rest = _row(visuals, replace(room, height=room.height - used - GAP), title)
    if rest:
        shown, rest = _row(visuals, room, title)
        said, more = _points(points, room, room)
        return shown, [*rest, said, *more]
    return [*shown, (band, Points(points.texts, size))], []


def _under(visual: Item, points: Points, room: Box, title: str) -> list[Placed] | None:
    """A short table over points that are too long to stand beside it; None when they are too long for that too."""
    if not isinstance(visual, Table):
        return None
    shown, rest = _row([visual], room, title)
    below = room.below(max(box.bottom for box, _ in shown) - room.y, 16)
    said, more = _points(points, below, below)
    return None if rest or more else shown + said


def _row(visuals: Sequence[Item], room: Box, title: str) -> tuple[list[Placed], list[list[Placed]]]:
    boxes = _columns(visuals, room) if len(visuals) > 1 else [room]
    heads = [_head(visual, box, title) for visual, box in zip(visuals, boxes, strict=True)]
    used = max((head.height for head in heads if head), default=0.0)
    most = _common_size(visuals, boxes, used)
    shown: list[Placed] = []
    rest: list[list[Placed]] = []
    for visual, box, head in zip(visuals, boxes, heads, strict=True):
        over: list[Placed] = [(replace(box, height=used), Words(head.text, head.size, "head"))] if head else []
        here, more = _visual(visual, box.below(used, 6 if used else 0), most)
        shown += over + here
        rest += [over + page for page in more]
    return shown, rest


def _common_size(visuals: Sequence[Item], boxes: Sequence[Box], used: float) -> float:
    """Tables side by side are of one size."""
    pairs = zip(visuals, boxes, strict=True)
    grids = [pptx_tables.whole(item, box.below(used, 6)) for item, box in pairs if isinstance(item, Table)]
    return min((grid.size for grid in grids if grid), default=pptx_tables.SIZES[0])


def _columns(items: Sequence[Item], room: Box) -> list[Box]:
    """Two columns: a picture, a table and points take what they need, the other what is left."""
    tables = [pptx_tables.needed(item) for item in items if isinstance(item, Table)]
    if len(tables) == len(items):
        return room.columns(tables, COLUMN_GAP)
    first, second = (_wish(item, room) for item in items)
    share = first if first is not None else 0.5 if second is None else 1 - second
    if first is not None and second is not None:
        is_picture = isinstance(items[0], Picture)
        share = max(min(first, 1 - second), _PICTURE_LEAST) if is_picture else first / (first + second)
    return room.columns([share, 1 - share], COLUMN_GAP)


def _wish(item: Item, room: Box) -> float | None:
    """Share of the width that an item asks for; None when it takes what is left."""
    wide = room.width - COLUMN_GAP
    if isinstance(item, Picture):
        return min(room.height * item.width / item.height / wide, _PICTURE_MOST)
    if isinstance(item, Table):
        narrow = replace(room, width=_TABLE_MOST * wide, height=room.height - 2 * HEAD_SIZES[0] * LINE - GAP)
        grid = pptx_tables.whole(item, narrow)
        return min(grid.width / wide + 0.005, _TABLE_MOST) if grid else _TABLE_MOST
    return _POINTS_SHARE if isinstance(item, Points) else None


def _head(item: Item, box: Box, title: str) -> measure.Fit | None:
    """The title of a chart or of a table, unless it is the slide's."""
    text = item.title if isinstance(item, Chart) else item.caption if isinstance(item, Table) else ""
    if not text or text == title:
        return None
    return measure.fit(text, replace(box, height=2 * HEAD_SIZES[0] * LINE), HEAD_SIZES, is_bold=True)


def held_points(texts: tuple[str, ...], room: Box) -> Points:
    """As many of the texts as the room holds, at the largest size that it allows; the last says when some are left."""
    [(_, shown)], _ = _points(Points(texts), room, room)
    assert isinstance(shown, Points)
    return shown if len(shown.texts) == len(texts) else replace(shown, texts=(*shown.texts[:-1], IN_NOTES))


def _visual(item: Item, box: Box, most: float) -> tuple[list[Placed], list[list[Placed]]]:
    if isinstance(item, Chart):
        return _chart(item, box), []
    if isinstance(item, Table):
        first, *others = [_table(grid, box) for grid in pptx_tables.parts(item, box, UNDER_SIZES[0] * LINE + 4, most)]
        return first, others
    if isinstance(item, Picture):
        scale = min(box.width / item.width, box.height / item.height)
        return [(Box(box.x, box.y, item.width * scale, item.height * scale), item)], []
    return [(box, Room())] if isinstance(item, Room) else [], []


def _chart(chart: Chart, box: Box) -> list[Placed]:
    if not chart.gaps:
        return [(box, chart)]
    under = measure.fit(_sentence(chart.gaps), replace(box, height=2 * UNDER_SIZES[0] * LINE), UNDER_SIZES)
    drawn = replace(box, height=box.height - under.height - 4)
    said = Box(box.x, drawn.bottom + 4, box.width, under.height)
    return [(drawn, chart), (said, Words(under.text, under.size, "under"))]


def _table(grid: Grid, box: Box) -> list[Placed]:
    place = Box(box.x, box.y, grid.width, grid.height)
    if not grid.left_out:
        return [(place, grid)]
    other = formats.plural(grid.left_out, "autre ligne", "autres lignes")
    said = Box(box.x, place.bottom + 4, box.width, UNDER_SIZES[0] * LINE)
    return [(place, grid), (said, Words(f"et {other}, voir le livret", UNDER_SIZES[0], "under"))]


def _points(points: Points, room: Box, after: Box) -> tuple[list[Placed], list[list[Placed]]]:
    """Points at the largest size that holds them all; else as many as the smallest holds, the rest in `after`."""
    for size in POINT_SIZES:
        if _points_height(points.texts, size, room.width) <= room.height:
            return [(room, Points(points.texts, size))], []
    size, held = POINT_SIZES[-1], len(points.texts)
    while held and _points_height(points.texts[:held], size, room.width) > room.height:
        held -= 1
    if not held:
        first = measure.fit(points.texts[0], replace(room, width=room.width - INDENT), (size,))
        points, held = Points((first.text, *points.texts[1:])), 1
    here: Placed = (room, Points(points.texts[:held], size))
    if held == len(points.texts):
        return [here], []
    following, more = _points(Points(points.texts[held:]), after, after)
    return [here], [following, *more]


def _points_height(texts: Sequence[str], size: float, room: float) -> float:
    return sum(measure.height(text, size, room - INDENT) for text in texts) + POINT_GAP * (len(texts) - 1)


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith(('.', '…')) else '.'}"
