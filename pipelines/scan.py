"""One pass over a file's bytes: fingerprint, encoding, and the physical line of every CSV record."""

from __future__ import annotations

import codecs
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal

import numpy as np
from numpy.typing import NDArray

CHUNK = 8 << 20
QUOTE, NEWLINE, RETURN = 34, 10, 13
OPENS = np.isin(np.arange(256), list(b'";,\t|\n\r\xbf'))  # what may stand before a value: the last byte of a BOM too
Encoding = Literal["utf-8", "cp1252", "utf-16"]
BOMS: dict[bytes, Encoding] = {codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}


@dataclass(frozen=True)
class Scan:
    """What one pass over the bytes tells.

    `gaps` has one entry for each physical line that starts no record (blank, or inside a quoted value): the index of
    the first record after it, ascending. Records are counted from 0, title rows and header included. `stray`: some
    quote opens in the middle of a value, and neither count can be relied on.
    """

    sha256: str
    size: int
    encoding: Encoding
    has_nul: bool
    records: int
    gaps: NDArray[np.int64]
    stray: bool

    def line(self, record: int) -> int:
        """Physical line, from 1, of a record."""
        return record + 1 + int(np.searchsorted(self.gaps, record, side="right"))

    def record_at(self, line: int) -> int:
        """Records that start before a physical line (from 1)."""
        gap_lines = self.gaps + np.arange(len(self.gaps))
        return line - 1 - int(np.searchsorted(gap_lines, line - 1, side="left"))


class _Structure:
    """Counts records and notes the lines that start none, chunk after chunk.

    A line ends a record when an even number of quotes stands before it (RFC 4180; a doubled quote keeps parity). A
    file whose quotes mean something else is told by one that opens elsewhere than at the start of a value.
    """

    def __init__(self) -> None:
        self.quotes = 0
        self.lines = 0
        self.in_quotes = False
        self.tail = 0  # bytes of the line that the previous chunk left open
        self.tail_last = NEWLINE
        self.stray = False
        self.gap_lines: list[NDArray[np.int64]] = []

    def feed(self, buffer: NDArray[np.uint8]) -> None:
        ends = np.flatnonzero(buffer == NEWLINE)
        quotes = np.flatnonzero(buffer == QUOTE)
        inside = ((np.searchsorted(quotes, ends) + self.quotes) & 1).astype(bool)
        opening = quotes[self.quotes & 1 :: 2]
        before = buffer[np.maximum(opening - 1, 0)]
        if len(opening) and opening[0] == 0:
            before[0] = self.tail_last
        self.stray = self.stray or not bool(OPENS[before].all())
        self.quotes += len(quotes)
        if len(ends):
            self._lines(buffer, ends, inside)
            self.tail, self.in_quotes = len(buffer) - int(ends[-1]) - 1, bool(inside[-1])
        else:
            self.tail += len(buffer)
        if len(buffer):
            self.tail_last = int(buffer[-1])

    def _lines(self, buffer: NDArray[np.uint8], ends: NDArray[np.int64], inside: NDArray[np.bool_]) -> None:
        lengths = np.diff(ends, prepend=-1) - 1
        lengths[0] += self.tail
        before_end = buffer[np.maximum(ends - 1, 0)]
        if ends[0] == 0:
            before_end[0] = self.tail_last
        continues = np.concatenate(([self.in_quotes], inside[:-1]))
        blank = (lengths == 0) | ((lengths == 1) & (before_end == RETURN))
        self.gap_lines.append(np.flatnonzero(continues | blank) + self.lines)
        self.lines += len(ends)

    def finish(self) -> tuple[int, NDArray[np.int64]]:
        if self.tail and not (self.tail == 1 and self.tail_last == RETURN):
            if self.in_quotes:
                self.gap_lines.append(np.array([self.lines]))
            self.lines += 1
        lines = np.concatenate(self.gap_lines) if self.gap_lines else np.empty(0, dtype=np.int64)
        return self.lines - len(lines), (lines - np.arange(len(lines))).astype(np.int64)


def scan(path: Path, *, structure: bool) -> Scan:
    """Read a file once; `structure` also counts its CSV records and finds their lines."""
    with path.open("rb") as stream:
        return _scan(stream, structure)


def _scan(stream: BinaryIO, structure: bool) -> Scan:
    digest, size, nul, shape = hashlib.sha256(), 0, False, _Structure()
    decoder = codecs.getincrementaldecoder("utf-8")()
    encoding: Encoding = "utf-8"
    while chunk := stream.read(CHUNK):
        if size == 0:
            encoding = BOMS.get(chunk[:2], "utf-8")
        size += len(chunk)
        digest.update(chunk)
        nul = nul or b"\0" in chunk
        if encoding == "utf-8" and not (chunk.isascii() and decoder.getstate()[0] == b""):
            encoding = "utf-8" if _decodes(decoder, chunk) else "cp1252"
        if structure:
            shape.feed(np.frombuffer(chunk, dtype=np.uint8))
    if encoding == "utf-8" and not _decodes(decoder, b"", final=True):
        encoding = "cp1252"
    records, gaps = shape.finish()
    return Scan(digest.hexdigest(), size, encoding, nul, records, gaps, shape.stray)


def _decodes(decoder: codecs.IncrementalDecoder, chunk: bytes, *, final: bool = False) -> bool:
    try:
        decoder.decode(chunk, final)
    except UnicodeDecodeError:
        return False
    return True
