"""Pieces of HTML. Every text is escaped here: names and labels come from other people's files."""

from __future__ import annotations

import html
import math
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

NUMBER_CLASS = "is-number"
# A table stays one on a telephone with 3 columns, or with 5 of which at most 2 are words.
SLIM = (3, 5, 2)


@dataclass(frozen=True)
class Column:
    """A column of a table: its French header, and whether its cells are numbers (aligned on the right)."""

    header: str
    is_number: bool = False


@dataclass(frozen=True)
class Cell:
    """A cell of HTML made here, drawn as it is, and the value that it shows when a file is to hold more than words."""

    html: str
    value: float | str | None = None


def plain(value: object, longest: int = 200) -> str:
    """The text without control and direction characters, cut at `longest`."""
    kept = "".join(char for char in str(value) if unicodedata.category(char) not in ("Cc", "Cf"))
    return kept if len(kept) <= longest else f"{kept[: longest - 1]}…"


def text(value: object, longest: int = 200) -> str:
    """The text, harmless in HTML and in the labels of a chart."""
    return html.escape(plain(value, longest))


def element(tag: str, content: str, css: str = "", **attributes: str) -> str:
    """One element around content that is HTML already; attribute values are escaped."""
    given = ({"class": css} if css else {}) | attributes
    inside = "".join(f' {name.replace("_", "-")}="{html.escape(value)}"' for name, value in given.items())
    return f"<{tag}{inside}>{content}</{tag}>"


def table(columns: Sequence[Column], rows: Iterable[Sequence[object]], caption: str) -> str:
    """A table; `caption` is its title. On a narrow screen, one of many columns becomes a list of small cards."""
    words = sum(not column.is_number for column in columns)
    is_slim = len(columns) <= SLIM[0] or (len(columns) <= SLIM[1] and words <= SLIM[2])
    header = "".join(
        element("th", text(column.header), NUMBER_CLASS if column.is_number else "", scope="col") for column in columns
    )
    body = "".join(element("tr", "".join(_cells(columns, row))) for row in rows)
    inside = element("caption", text(caption)) + element("thead", element("tr", header)) + element("tbody", body)
    return element("div", element("table", inside, f"opt-table {'is-slim' if is_slim else 'is-wide'}"), "opt-scroll")


def _cells(columns: Sequence[Column], row: Sequence[object]) -> Iterable[str]:
    for position, (column, value) in enumerate(zip(columns, row, strict=True)):
        css = NUMBER_CLASS if column.is_number else ""
        shown = element("span", value.html if isinstance(value, Cell) else text(value))
        if position == 0:
            yield element("th", shown, css, scope="row", data_label=column.header)
        else:
            yield element("td", shown, css, data_label=column.header)


def tiles(shown: Iterable[tuple[str, str, str]]) -> str:
    """Small figures side by side: name, value, what it is made of."""
    return element(
        "dl",
        "".join(
            element(
                "div",
                element("dt", text(name))
                + element("dd", text(value), "opt-tile-value")
                + element("dd", text(made_of), "opt-tile-note"),
            )
            for name, value, made_of in shown
        ),
        "opt-tiles",
    )


def key(entries: Iterable[tuple[str, str]]) -> str:
    """Legend of a chart: for each entry the class of its swatch, and its words."""
    shown = (element("li", element("i", "", swatch, aria_hidden="true") + text(words)) for swatch, words in entries)
    return element("ul", "".join(shown), "opt-key")


def numbered(entries: Iterable[tuple[str, str, str]], title: str) -> str:
    """A numbered list: for each entry when, what and where."""
    shown = (
        element("li", f"{text(when)}, {element('strong', text(what))}, {text(where)}") for when, what, where in entries
    )
    return element("div", element("strong", text(title)) + element("ol", "".join(shown)), "opt-numbered")


def bar(share: float, label: str) -> str:
    """A bar filled at `share` (0 to 1), its figure beside it."""
    width = 0.0 if math.isnan(share) else min(max(share, 0.0), 1.0)
    track = element("span", element("span", "", style=f"width:{width:.1%}"), "opt-bar", aria_hidden="true")
    return element("span", track + element("span", text(label)), "opt-bar-cell")


def image_button(title: str, file: str) -> str:
    """The button that makes an image of the chart before it (downloads.js), named for those who only hear it."""
    words = "Image" + element("span", f"\u00a0: {text(title) or 'graphique'}", "opt-hidden")
    return element("button", words, "opt-image", type="button", data_title=plain(title), data_file=plain(file))
