"""CSV row by row, for the files that a strict reader refuses: stray quotes, short rows, odd encodings."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

MAX_LINES_IN_A_VALUE = 200


class _Lines:
    """Physical lines with their number; lines can be put back."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self._back: list[tuple[int, str]] = []
        self._number = 0
        self.taken: list[tuple[int, str]] = []

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        if len(self.taken) >= MAX_LINES_IN_A_VALUE:
            raise StopIteration
        if self._back:
            entry = self._back.pop()
        else:
            line = next(self._lines)
            self._number += 1
            entry = (self._number, line)
        self.taken.append(entry)
        return entry[1]

    def put_back(self, entries: list[tuple[int, str]]) -> None:
        self._back.extend(reversed(entries))


def rows(path: Path, encoding: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Records with the physical line they start at; blank lines are passed over.

    A quote that is opened and not closed within 200 lines, or before the end of the file, is read as a character of
    its own line: it spoils one record, not the rest of the file.
    """
    with path.open(encoding="utf-8-sig" if encoding == "utf-8" else encoding, errors="replace", newline="") as stream:
        lines = _Lines(iter(stream))
        reader = csv.reader(lines, delimiter=delimiter)
        while True:
            lines.taken = []
            record = next(reader, None)
            if not lines.taken:
                return
            number, first = lines.taken[0]
            if len(lines.taken) > 1 and not _closed(lines.taken, delimiter):
                lines.put_back(lines.taken[1:])
                record = next(csv.reader([first], delimiter=delimiter, quoting=csv.QUOTE_NONE), [])
            if record and (len(record) > 1 or record[0].strip()):
                yield number, record


def _closed(taken: list[tuple[int, str]], delimiter: str) -> bool:
    """Whether the last line taken closes the quoted value: a strict reader says so."""
    try:
        next(csv.reader((line for _, line in taken), delimiter=delimiter, strict=True))
    except csv.Error:
        return False
    return True
