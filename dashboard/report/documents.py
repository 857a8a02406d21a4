"""The files of a deck, made once for a build, an audience, a period and its comments."""

from __future__ import annotations

from functools import lru_cache

from dashboard import warehouse
from dashboard.report import content
from dashboard.report.slides import Comments, Deck
from dashboard.warehouse import Identity

PPTX, PDF = "pptx", "pdf"
NAMES = {PPTX: "Diaporama (PowerPoint)", PDF: "Livret (PDF)"}
Kept = tuple[tuple[str, str], ...]


def kept(comments: Comments) -> Kept:
    """Comments that say something, in one order: the same ones make the same files."""
    return tuple(sorted((key, text.strip()) for key, text in comments.items() if text.strip()))


def made(deck: Deck, kind: str, comments: Comments) -> bytes:
    """One file of the deck of the current viewer; from memory when it was already made."""
    return _made(warehouse.identity(), deck.period.code, kind, kept(comments))


@lru_cache(maxsize=24)
def _made(_identity: Identity, period: str, kind: str, comments: Kept) -> bytes:
    # Both renderers load heavy libraries: only who asks for a file pays for them.
    from dashboard.report.booklet import booklet
    from dashboard.report.content_fit import fitted
    from dashboard.report.pptx_deck import pptx

    deck = content.deck(period)
    return pptx(fitted(deck), dict(comments)) if kind == PPTX else booklet(deck, dict(comments))
