"""Everything that a server hands to a browser, opened: messages, tables, charts, maps, files."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any

from google.protobuf.message import Message
from streamlit.proto.Element_pb2 import Element
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

MASKED = "masqué"
NUMBER = re.compile(r"-?\d{1,3}(?:[\u202f\u00a0 ]\d{3})+(?:,\d+)?|-?\d+(?:,\d+)?")


@dataclass(frozen=True)
class Table:
    """A table as it is read: caption, headers, rows of texts."""

    caption: str
    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def elements(messages: Iterable[ForwardMsg]) -> Iterator[Element]:
    """Elements of a page."""
    for message in messages:
        if message.WhichOneof("type") == "delta" and message.delta.WhichOneof("type") == "new_element":
            yield message.delta.new_element


def texts(message: Message) -> Iterator[str]:
    """Every text in a message, however deep; bytes as Latin-1."""
    for _, value in message.ListFields():
        values = value.values() if hasattr(value, "values") else value if isinstance(value, Iterable) else [value]
        for one in [value] if isinstance(value, (str, bytes, Message)) else values:
            if isinstance(one, Message):
                yield from texts(one)
            elif isinstance(one, str):
                yield one
            elif isinstance(one, bytes):
                yield one.decode("latin-1")


def tables(messages: Iterable[ForwardMsg]) -> list[Table]:
    """Tables of a page's HTML, those of a presentation too."""
    return [table for element in elements(messages) for text in texts(element) for table in in_html(text)]


def in_html(text: str) -> list[Table]:
    """Tables of a text in HTML, or in JSON that holds some."""
    if "<table" not in text:
        return []
    if text[:1] in '"{[':
        return [table for inside in _strings(json.loads(text)) for table in in_html(inside)]
    reader = _Reader()
    reader.feed(text)
    return reader.tables


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, (dict, list)):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _strings(one)


def plots(messages: Iterable[ForwardMsg]) -> list[dict[str, Any]]:
    """Specifications of a page's charts, with everything the browser is given to draw them."""
    return [
        json.loads(element.plotly_chart.spec)
        for element in elements(messages)
        if element.WhichOneof("type") == "plotly_chart"
    ]


def files(messages: Iterable[ForwardMsg]) -> dict[str, str]:
    """Deferred files of a page by label: what to ask for."""
    return {
        element.download_button.label: element.download_button.deferred_file_id
        for element in elements(messages)
        if element.WhichOneof("type") == "download_button"
    }


def options(messages: Iterable[ForwardMsg], label: str) -> list[str]:
    """What a list offers."""
    return next(
        (
            list(element.selectbox.options)
            for element in elements(messages)
            if element.WhichOneof("type") == "selectbox" and element.selectbox.label == label
        ),
        [],
    )


def sheet(content: bytes) -> list[list[str]]:
    """Rows of a CSV file as this product writes it."""
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig")), delimiter=";"))


def unpacked(content: bytes) -> list[bytes]:
    """A file, and its parts when it is an archive (xlsx, pptx: the workbooks behind charts too)."""
    if not content.startswith(b"PK"):
        return [content]
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return [part for name in archive.namelist() for part in unpacked(archive.read(name))]


def number(shown: str) -> float | None:
    """The first number of a cell; None when it is hidden or has none."""
    found = NUMBER.search(shown)
    return float(re.sub(r"[\u202f\u00a0 ]", "", found.group()).replace(",", ".")) if found else None


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tables: list[Table] = []
        self._caption, self._rows, self._texts = "", [], []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table":
            self._caption, self._rows = "", []
        elif tag == "tr":
            self._rows.append([])
        elif tag in ("caption", "td", "th"):
            self._texts = []

    def handle_data(self, data: str) -> None:
        self._texts.append(data)

    def handle_endtag(self, tag: str) -> None:
        words = "".join(self._texts).strip()
        if tag == "caption":
            self._caption = words.removesuffix(", suite")
        elif tag in ("td", "th"):
            self._rows[-1].append(words)
        elif tag == "table":
            headers, *rows = self._rows or [[]]
            self.tables.append(Table(self._caption, tuple(headers), tuple(tuple(row) for row in rows)))
