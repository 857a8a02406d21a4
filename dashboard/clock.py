"""Today and the time, where the territory is."""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

from pipelines.settings import load_territory, settings


def today() -> date:
    """The date it is in the territory."""
    return datetime.now(_zone(settings().territory)).date()


def now() -> datetime:
    """The date and time it is in the territory, without a time zone."""
    return datetime.now(_zone(settings().territory)).replace(tzinfo=None)


def local(moment: datetime) -> datetime:
    """The territory's time of a moment in UTC that carries no time zone, as the warehouse keeps it."""
    return moment.replace(tzinfo=UTC).astimezone(_zone(settings().territory))


@lru_cache(maxsize=2)
def _zone(territory: Path) -> ZoneInfo:
    return ZoneInfo(load_territory(territory).timezone)
