"""Slides as HTML for a screen seen from the back of a room: the presentation of the committee's page.

Drawn from the same Slide objects as the files. Every text is escaped here (markup); charts are inline SVG, so that
nothing is asked of another server. Sizes follow the window (screen.css); keys and full screen are in screen.js.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from dashboard import formats
from dashboard.charts import ACCENT, GREY, INK, SOFT
from dashboard.markup import element, text
from dashboard.report.slides import MASKED, Chart, Comments, Deck, KeyFigure, Picture, Slide, Table

HERE = Path(__file__).parent
FICTION = "Données fictives"
LONGEST = 900
# Units of the drawings; the window scales them.
WIDTH, HEIGHT, LINE, LABEL = 800, 430, 52, 26
TALL = 4
HATCH = (
    '<defs><pattern id="{name}" width="9" height="9" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    f'<rect width="9" height="9" fill="{SOFT}"/><rect width="3" height="9" fill="#ffffff"/></pattern></defs>'
)


@cache
def asset(name: str) -> str:
    """`screen.css`, `screen.js` or `screen.html`."""
    return (HERE / name).read_text(encoding="utf-8")


def slides(deck: Deck, comments: Comments) -> str:
    """Every slide of a deck, the cover first. HTML."""
    shown = [_cover(deck), *(_slide(slide, comments.get(slide.key, "")) for slide in deck.slides)]
    return "".join(_framed(deck, body, title, place, len(shown)) for place, (title, body) in enumerate(shown, 1))


def _framed(deck: Deck, body: str, title: str, place: int, count: int) -> str:
    badge = element("span", FICTION, "fiction") if deck.fictional else ""
    whose = f"{deck.territory}, {deck.period.label}, {deck.audience_label}"
    foot = element(
        "footer",
        element("span", text(whose)) + badge + element("span", f"{place}\u202f/\u202f{count}", "counter"),
    )
    label = f"Diapositive {place} sur {count}\u00a0: {title}"
    return element("section", body + foot, "slide", role="group", aria_label=label, tabindex="-1")


def _cover(deck: Deck) -> tuple[str, str]:
    lines = (
        element("h2", text(deck.title), "cover-title")
        + element("p", text(f"{deck.period.label[:1].upper()}{deck.period.label[1:]}"), "cover-line")
        + element("p", text(deck.audience_label), "cover-line")
        + element("p", text(f"Service {formats.day_range(deck.period.start, deck.period.end)}"), "cover-line")
    )
    return deck.title, element("div", lines, "cover")


def _slide(slide: Slide, comment: str) -> tuple[str, str]:
    parts = [
        element("h2", text(slide.title)),
        element("p", text(slide.message, LONGEST), "message"),
        element("div", _body(slide, comment), _layout(slide)),
        element("p", text(slide.note, LONGEST), "note"),
    ]
    return slide.title, "".join(parts)


def _layout(slide: Slide) -> str:
    blocks = len(slide.charts) + len(slide.tables) + (slide.picture is not None)
    return "body is-wide" if blocks > 1 else "body"


def _body(slide: Slide, comment: str) -> str:
    parts = [_figures(slide.figures)] if slide.figures else []
    if slide.points:
        items = "".join(element("li", text(point, LONGEST)) for point in slide.points)
        parts.append(element("ul", items, "points"))
    parts += [_picture(slide.picture)] if slide.picture else []
    parts += [_chart(chart, f"{slide.key}-{place}") for place, chart in enumerate(slide.charts) if chart.categories]
    parts += [_table(table) for table in slide.tables]
    if slide.to_write:
        lines = [line for line in comment.splitlines() if line.strip()]
        written = "".join(element("li", text(line, LONGEST)) for line in lines)
        parts.append(element("ul", written, "points") if lines else element("div", "", "room", aria_hidden="true"))
    return "".join(parts)


def _figures(figures: Sequence[KeyFigure]) -> str:
    return element("div", "".join(_figure(figure) for figure in figures), "figures")


def _figure(figure: KeyFigure) -> str:
    value = element("strong", text(figure.value), "is-words" if len(figure.value) > 7 else "")  # noqa: PLR2004 - a number
    parts = [
        element("h3", text(figure.title)),
        element("p", f"{value} {text(figure.unit)}", "value"),
        *(element("p", text(line)) for line in (figure.uncertainty, figure.comparison, figure.made_of) if line),
    ]
    return element("div", "".join(parts), "figure")


def _picture(picture: Picture) -> str:
    source = "data:image/png;base64," + base64.b64encode(picture.png).decode("ascii")
    return element("div", f'<img src="{source}" alt="{text(picture.alternative, LONGEST)}">', "picture")


def _table(table: Table) -> str:
    header = "".join(
        element("th", text(column.header), "number" if column.is_number else "", scope="col")
        for column in table.columns
    )
    body = "".join(element("tr", _row(table, [cell[0] for cell in row])) for row in table.rows)
    inside = element("caption", text(table.caption)) + element("thead", element("tr", header)) + element("tbody", body)
    return element("div", element("table", inside), "table")


def _row(table: Table, cells: Sequence[str]) -> str:
    shown = [
        (text(cell), " ".join(["number"] * column.is_number + ["masked"] * (cell == MASKED)))
        for column, cell in zip(table.columns, cells, strict=True)
    ]
    first, *rest = shown
    return element("th", first[0], first[1], scope="row") + "".join(element("td", *cell) for cell in rest)


def _chart(chart: Chart, name: str) -> str:
    drawn = _bars(chart) if chart.kind == "bars" else _columns(chart, name)
    height = _bars_height(chart) if chart.kind == "bars" else HEIGHT
    svg = element(
        "svg", drawn, viewBox=f"0 0 {WIDTH} {height}", role="img", aria_label=text(chart.alternative, LONGEST)
    )
    caption = element("figcaption", text(f"{chart.title} ({chart.unit})"))
    gaps = element("p", text(chart.gaps), "gaps") if chart.gaps else ""
    return element("figure", caption + svg + gaps, "chart")


def _bars_height(chart: Chart) -> int:
    return LINE * max(len(chart.categories), TALL)


def _bars(chart: Chart) -> str:
    values = chart.series[0].values
    top = max((value or 0 for value in values), default=0) or 1
    parts = []
    for place, (label, value) in enumerate(zip(chart.categories, values, strict=True)):
        y = LINE * place
        shown = MASKED if value is None else formats.number(value, chart.decimals)
        words = f"{text(label, 60)}\u00a0: {element('tspan', shown, 'strong')}"
        parts.append(element("text", words, x="0", y=str(y + LABEL - 3)))
        parts.append(_rect(0, y + LABEL + 4, WIDTH * (value or 0) / top, LINE - LABEL - 12, ACCENT))
    return "".join(parts)


def _columns(chart: Chart, name: str) -> str:
    """Columns side by side, the last series plain and those before it hatched; a line is drawn as its points joined."""
    several = len(chart.series) > 1
    top = max((value or 0 for series in chart.series for value in series.values), default=0) or 1
    over, under = (44 if several else 8) + LABEL, 40
    room, slot = HEIGHT - over - under, WIDTH / max(len(chart.categories), 1)
    parts = [HATCH.format(name=text(name)), _names(chart, name) if several else ""]
    parts.append(f'<line x1="0" x2="{WIDTH}" y1="{HEIGHT - under}" y2="{HEIGHT - under}" stroke="{GREY}"/>')
    width = slot * 0.8 / max(len(chart.series), 1)
    for place, label in enumerate(chart.categories):
        middle = (place + 0.5) * slot
        parts.append(_label(middle, HEIGHT - 10, _short(label), slot))
        for number, series in enumerate(chart.series):
            left = middle + (number - len(chart.series) / 2) * width
            value, fill = series.values[place], _fill(number, len(chart.series), name)
            height = room * (value or 0) / top
            shown = MASKED if value is None else formats.number(value, chart.decimals)
            parts.append(_rect(left + width * 0.04, HEIGHT - under - height, width * 0.92, height, fill))
            parts.append(_label(left + width / 2, HEIGHT - under - height - 7, shown, width * 1.15))
    return "".join(parts)


def _names(chart: Chart, name: str) -> str:
    parts, x = [], 0.0
    for number, series in enumerate(chart.series):
        parts.append(_rect(x, 4, 30, 22, _fill(number, len(chart.series), name)))
        parts.append(element("text", text(series.name, 40), x=f"{x + 40:.0f}", y="24"))
        x += 70 + 13.5 * len(series.name)
    return "".join(parts)


def _fill(number: int, count: int, name: str) -> str:
    return ACCENT if number == count - 1 else f"url(#{text(name)})"


def _rect(x: float, y: float, width: float, height: float, fill: str) -> str:
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(width, 0):.1f}" height="{max(height, 0):.1f}" fill="{fill}"/>'


def _label(x: float, y: float, words: str, room: float) -> str:
    """A text centred on x, made smaller where its column is narrow."""
    size = max(11.0, min(24.0, room / max(len(words), 1) / 0.55))
    return element(
        "text", text(words, 40), x=f"{x:.1f}", y=f"{y:.1f}", text_anchor="middle", font_size=f"{size:.1f}", fill=INK
    )


def _short(label: str) -> str:
    return label.replace("\u00a0h à ", "–")
