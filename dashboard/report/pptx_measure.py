"""How much room a text takes, in points, so that nothing overflows a slide. Pure.

Arial's advance widths (Monotype's metrics, which Liberation Sans and Helvetica share), in thousandths of the size:
measuring needs no font on the server, and the same deck is laid out alike everywhere.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

LINE = 1.2  # height of a line over the size of its text
_SLACK = 1.03  # rounding of widths and kerning differ a little between programs
_ROUNDING = 0.01  # points: sums of widths are no exact numbers
_UNKNOWN = 1000  # as wide as high: ideograms, symbols
_REGULAR = {
    0: "\u00ad\u200b\u2060",
    191: "'",
    222: "ijl‘’‚",
    260: "|¦",
    278: " !,./:;I[\\]ft\u00a0\u202f·ìíîïÌÍÎÏ",
    333: "()-`r¡¨²³´¸¹“”„‹›\u2011",
    350: "•",
    370: '"{}ªº',
    400: "*°",
    500: "Jcksvxyz^↑↓",
    556: "#$0123456789?L_abdeghnopqu¢£¤¥§«»–€¯¶",
    611: "+<=>~FTZ¬×−÷±≤≥≠≈¿ßøµ",
    667: "&ABEKPSVXYÞ",
    722: "CDHNRUwÐΔ",
    778: "GOQØ©®",
    833: "Mm¼½¾",
    944: "%æWœ",
    1015: "@ÆŒ—…‰™→←",
}
_BOLD = {
    0: "\u00ad\u200b\u2060",
    278: " ',./I\\ijl\u00a0\u202f·‘’‚|¦",
    333: "!()-:;[]`ft¡¨²³´¸¹‹›\u2011",
    389: "*r{}ªº•°",
    500: '"z“”„↑↓',
    556: "#$0123456789J_aceksvxy¢£¤¥§«»–€¯¶",
    611: "+<=>^~¬×−÷±≤≥≠≈?FLTZbdghnopqu¿ßðøþµ",
    667: "EPSVXYÞ",
    722: "&ABCDHKNRUÐΔ",
    778: "GOQwØ©®",
    833: "M¼½¾",
    889: "%mæ",
    944: "Wœ",
    1000: "@ÆŒ—…‰™→←",
}
_ARIAL = {
    is_bold: {char: width for width, chars in table.items() for char in chars}
    for is_bold, table in ((False, _REGULAR), (True, _BOLD))
}
# Where a line may break: after a plain space, a hyphen or a slash. No-break spaces hold.
_BREAK = re.compile(r"[^ \-/\u200b]*[ \-/\u200b]+|[^ \-/\u200b]+")


@dataclass(frozen=True)
class Box:
    """A rectangle of the slide, in points from its top left corner."""

    x: float
    y: float
    width: float
    height: float

    @property
    def bottom(self) -> float:
        """Its lower edge."""
        return self.y + self.height

    def below(self, used: float, gap: float = 0) -> Box:
        """What is left under `used` points."""
        return Box(self.x, self.y + used + gap, self.width, max(self.height - used - gap, 0))

    def columns(self, shares: Sequence[float], gap: float) -> list[Box]:
        """The rectangle cut in columns, a gap between them."""
        room, x, cut = self.width - gap * (len(shares) - 1), self.x, []
        for share in shares:
            cut.append(Box(x, self.y, room * share / sum(shares), self.height))
            x += cut[-1].width + gap
        return cut


@dataclass(frozen=True)
class Fit:
    """A text as it fits: its size, its height, and the text, shortened only where the smallest size is not enough."""

    text: str
    size: float
    height: float
    is_whole: bool


@lru_cache(maxsize=4096)
def _advance(char: str, is_bold: bool) -> int:
    known = _ARIAL[is_bold]
    return known.get(char) or known.get(unicodedata.normalize("NFD", char)[0], known.get(char, _UNKNOWN))


def width(text: str, size: float, *, is_bold: bool = False) -> float:
    """Width of a text on one line."""
    return sum(_advance(char, is_bold) for char in text) * size * _SLACK / 1000


def longest_word(text: str, size: float, *, is_bold: bool = False) -> float:
    """Width of the widest piece that no line breaks."""
    return max((width(piece.rstrip(" "), size, is_bold=is_bold) for piece in _BREAK.findall(text)), default=0.0)


def line_count(text: str, size: float, room: float, *, is_bold: bool = False) -> int:
    """Lines that a text takes in a width; a piece wider than the line is broken anywhere, as office programs do."""
    count, used = 1, 0.0
    for piece in _BREAK.findall(text):
        inked = width(piece.rstrip(" "), size, is_bold=is_bold)
        if used and used + inked > room + _ROUNDING:
            count, used = count + 1, 0.0
        while inked > room + _ROUNDING:
            count, inked = count + 1, inked - max(room - size, size)
            piece = ""  # noqa: PLW2901 - what is left of it is measured by `inked`
        used += width(piece, size, is_bold=is_bold) if piece else inked
    return count


def height(text: str, size: float, room: float, *, is_bold: bool = False) -> float:
    """Height of a wrapped text."""
    return line_count(text, size, room, is_bold=is_bold) * size * LINE


def fit(text: str, room: Box, sizes: Sequence[float], *, is_bold: bool = False, ending: str = "…") -> Fit:
    """The text at the largest of the sizes (largest first) that the room holds.

    Where even the smallest does not, whole words are dropped from the end and `ending` says so.
    """
    for size in sizes:
        needed = height(text, size, room.width, is_bold=is_bold)
        if needed <= room.height + _ROUNDING:
            return Fit(text, size, needed, is_whole=True)
    return _shortened(text, room, sizes[-1], is_bold, ending)


def _shortened(text: str, room: Box, size: float, is_bold: bool, ending: str) -> Fit:
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        is_held = height(_cut(text, middle, ending), size, room.width, is_bold=is_bold) <= room.height + _ROUNDING
        low, high = (middle, high) if is_held else (low, middle - 1)
    shown = _cut(text, low, ending)
    return Fit(shown, size, height(shown, size, room.width, is_bold=is_bold), is_whole=False)


def _cut(text: str, length: int, ending: str) -> str:
    kept = text[:length]
    if length < len(text) and " " in kept:
        kept = kept[: kept.rindex(" ")]
    return kept.rstrip(" ,;:") + ending
