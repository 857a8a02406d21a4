"""The deck as a booklet to read and to print: A4, tagged for screen readers (PDF/UA-1), everything in full.

Typst lays it out offline with the fonts that it embeds (Libertinus Serif): the same deck gives the same bytes on every
machine. Texts reach it as data, never as markup; a character that its fonts lack, which PDF/UA forbids, is shown as □.
"""

from __future__ import annotations

import json
import math
import re
import shutil
import tempfile
import unicodedata
from datetime import UTC
from pathlib import Path
from typing import Any

from dashboard import formats
from dashboard.report import pptx_measure as measure
from dashboard.report.slides import MASKED, Chart, Comments, Deck, KeyFigure, Picture, Slide, Table, cleaned

PRODUCT = "Optimédia"
_TEMPLATE = Path(__file__).with_name("booklet.typ")
# What the embedded fonts draw: Latin, Greek, Cyrillic, punctuation, currencies, arrows, mathematics, boxes.
_UNDRAWN = re.compile(
    "[^\u0020-\u024f\u0370-\u04ff\u1e00-\u1eff\u2010-\u2027\u202f-\u2040\u20a0-\u20bf\u2190-\u22ff\u2500-\u25ff]"
)
_LONG_WORD, _PIECE = re.compile(r"\S{24,}"), 12
_PLOT, _NAME_SIZE = 425.0, 8.5  # points, as in the template
_PICTURE = (166.0, 150.0)  # millimetres
_MOST_LABELS, _MOST_LINE_LABELS, _TICKS, _HEADROOM = 26, 14, 5, 0.35


def booklet(deck: Deck, comments: Comments | None = None) -> bytes:
    """The deck as a PDF/UA-1 file; `comments` are by key of slide.

    Raises typst.TypstError when the document breaks a rule of PDF/UA, such as a figure without its description.
    """
    # The compiler weighs 30 MB: only who asks for a booklet loads it.
    import typst

    shown = cleaned(deck)
    built = deck.built_at.replace(tzinfo=UTC)
    # The compiler reads nothing outside its root: a folder with the template and the pictures of this deck.
    with tempfile.TemporaryDirectory(prefix="optimedia-") as name:
        folder = Path(name)
        shutil.copy(_TEMPLATE, folder)
        slides = [_slide(slide, (comments or {}).get(slide.key, ""), folder) for slide in shown.slides]
        return typst.compile(
            folder / _TEMPLATE.name,
            root=folder,
            ignore_system_fonts=True,
            format="pdf",
            pdf_standards=["ua-1"],
            timestamp=int(built.timestamp()),
            sys_inputs={"data": json.dumps(_deck(shown) | {"slides": slides})},
        )


def _deck(deck: Deck) -> dict[str, Any]:
    """What the cover, the heads and the feet say."""
    period = f"{deck.period.label[:1].upper()}{deck.period.label[1:]}"
    where = " · ".join((deck.territory, deck.period.label, deck.audience_label))
    day = deck.built_on
    return {
        "title": _words(deck.title),
        "full_title": _words(f"{deck.title} · {where}"),
        "running": _words(where),
        "product": PRODUCT,
        "date": [day.year, day.month, day.day],
        "fictional": deck.fictional,
        "cover": [
            _words(text)
            for text in (deck.territory, period, deck.audience_label, f"Établi le {formats.day(day)} avec {PRODUCT}")
        ],
    }


def _slide(slide: Slide, comment: str, folder: Path) -> dict[str, Any]:
    return {
        "title": _words(slide.title),
        "message": _words(slide.message),
        "note": _words(slide.note),
        "method": _words(slide.method),
        "source": _words(slide.source),
        "comment": [line for part in comment.splitlines() if (line := _words(cleaned(part)).strip())],
        "to_write": slide.to_write,
        "points": [_words(point) for point in slide.points],
        "figures": [_figure(figure) for figure in slide.figures],
        "charts": [_chart(chart) for chart in slide.charts],
        "tables": [_table(table) for table in slide.tables],
        "picture": None if slide.picture is None else _picture(slide.picture, folder),
    }


def _words(text: str) -> str:
    """The text with characters that are drawn, and places where a very long word may break."""
    drawn = _UNDRAWN.sub("□", unicodedata.normalize("NFC", text))
    return _LONG_WORD.sub(lambda word: "\u200b".join(re.findall(f".{{1,{_PIECE}}}", word.group())), drawn)


def _figure(figure: KeyFigure) -> dict[str, str]:
    return {name: _words(text) for name, text in vars(figure).items()}


def _picture(picture: Picture, folder: Path) -> dict[str, Any]:
    file = folder / f"{len(list(folder.iterdir()))}.png"
    file.write_bytes(picture.png)
    width = min(_PICTURE[0], _PICTURE[1] * picture.width / picture.height)
    return {"file": file.name, "width": width, "alternative": _words(picture.alternative)}


def _table(table: Table) -> dict[str, Any]:
    return {
        "caption": _words(table.caption),
        "columns": [{"header": _words(column.header), "is_number": column.is_number} for column in table.columns],
        "rows": [[{"text": _words(shown), "is_hidden": shown == MASKED} for shown, _ in row] for row in table.rows],
    }


def _chart(chart: Chart) -> dict[str, Any]:
    """The chart with its axis and its labels computed here, where French numbers are."""
    values = [value for series in chart.series for value in series.values if value is not None]
    low, high, step = _axis(values)
    count, slot = sum(len(series.values) for series in chart.series), _PLOT / max(len(chart.categories), 1)
    stands = all(measure.longest_word(name, _NAME_SIZE) <= slot for name in chart.categories)
    kind = "bars" if chart.kind == "columns" and not stands else chart.kind
    widest = max((measure.width(name, _NAME_SIZE) for name in chart.categories), default=0.0)
    return {
        "kind": kind,
        "title": _words(chart.title),
        "unit": _words(chart.unit),
        "alternative": _words(chart.alternative) or _words(chart.title),
        "gaps": _words(_sentence(chart.gaps)),
        "is_empty": not values,
        "categories": _names(chart.categories, slot if kind != "bars" else math.inf),
        "series": [
            {
                "name": _words(series.name),
                "values": series.values,
                "labels": [_label(value, chart) for value in series.values],
                "look": look,
            }
            for look, series in zip(reversed(range(len(chart.series))), chart.series, strict=True)
        ],
        "low": low,
        "high": high,
        "ticks": [_tick(low + place * step, step) for place in range(round((high - low) / step) + 1)],
        "step": 1 if stands else math.ceil(widest * 1.1 / slot),
        "has_labels": count <= _MOST_LABELS
        if kind != "line"
        else len(chart.series) == 1 and count <= _MOST_LINE_LABELS,
    }


def _names(names: tuple[str, ...], slot: float) -> list[str]:
    """Names under an axis: « janv. 2026 » on two lines, all of them, where one would not stand on one."""
    is_tight = any(measure.width(name, _NAME_SIZE) > slot for name in names)
    are_pairs = all(name.count(" ") == 1 for name in names)
    return [_words(name).replace(" ", "\n") if is_tight and are_pairs else _words(name) for name in names]


def _axis(values: list[float]) -> tuple[float, float, float]:
    """Ends and step of an axis that holds 0 and the values, in round numbers."""
    low, high = min([0.0, *values]), max([0.0, *values])
    if low == high:
        return 0.0, 1.0, 1.0
    rough = (high - low) / _TICKS
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 5, 10) if rough <= power * factor * (1 + 1e-9))
    # A label stands over the highest value: it has its own room under the top of the axis.
    return math.floor(low / step) * step, math.ceil((high + _HEADROOM * step) / step) * step, step


def _tick(value: float, step: float) -> dict[str, Any]:
    decimals = max(-math.floor(math.log10(step)), 0)
    return {"value": value, "label": formats.number(round(value, decimals), decimals)}


def _label(value: float | None, chart: Chart) -> str:
    """What is written at a value; where there is none, the chart's own word for why."""
    if value is not None:
        return formats.number(value, chart.decimals)
    return next((word for word in (MASKED, formats.NOT_OBSERVED) if word in chart.gaps.lower()), "")


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith('.') else '.'}" if text else ""
