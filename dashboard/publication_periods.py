"""The periods that are published: whole calendar quarters, and the years that have all four."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from itertools import groupby

from dashboard import filters
from dashboard.publication_system import Calendar
from dashboard.warehouse import Identity, build_info, identity

LAST_DAYS = 2  # a quarter may end on a Sunday and a Monday without service
QUARTERS = 4
MONTHS = 3


@dataclass(frozen=True)
class Span:
    """A published period and its dates, both included."""

    code: str
    start: date
    end: date

    @property
    def year(self) -> str:
        """The calendar year that it is in."""
        return self.code[:4]

    @property
    def is_year(self) -> bool:
        """Whether it is a whole year."""
        return len(self.code) == len("2025")


def spans() -> tuple[Span, ...]:
    """Whole quarters and whole years, oldest first, each year after its quarters."""
    return _spans(identity())


def calendars() -> dict[str, Calendar]:
    """The published quarters of each calendar year."""
    found = {}
    for year, group in groupby(spans(), key=lambda span: span.year):
        known = list(group)
        quarters = tuple(span.code for span in known if not span.is_year)
        found[year] = Calendar(quarters, year if any(span.is_year for span in known) else None)
    return found


@lru_cache(maxsize=4)
def _spans(_identity: Identity) -> tuple[Span, ...]:
    known, today = filters.bounds(), build_info().today
    if known is None:
        return ()
    return whole(known.first, known.last, today)


def whole(first: date, last: date, today: date) -> tuple[Span, ...]:
    """Periods that data from `first` to `last`, read on `today`, cover whole."""
    found: list[Span] = []
    for year in range(first.year, last.year + 1):
        quarters = [_quarter(year, number) for number in range(1, QUARTERS + 1)]
        kept = [span for span in quarters if _is_whole(span, first, last, today)]
        found += kept
        if len(kept) == QUARTERS:
            found.append(Span(str(year), kept[0].start, kept[-1].end))
    return tuple(found)


def _quarter(year: int, number: int) -> Span:
    start = date(year, MONTHS * (number - 1) + 1, 1)
    after = date(year + number // QUARTERS, MONTHS * (number % QUARTERS) + 1, 1)
    return Span(f"{year}-T{number}", start, after - timedelta(days=1))


def _is_whole(span: Span, first: date, last: date, today: date) -> bool:
    begins = first <= span.start + timedelta(days=filters.SLACK_DAYS)
    return begins and last >= span.end - timedelta(days=LAST_DAYS) and span.end < today
