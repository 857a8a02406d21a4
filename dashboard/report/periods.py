"""The periods that are published: whole quarters and whole years, and what each is compared with."""

from __future__ import annotations

from dashboard import formats
from dashboard.report.slides import Period
from dashboard.warehouse import query


class UnknownPeriod(ValueError):  # noqa: N818 - what was asked for, not a failure of the program
    """A period that is not published; the message is French and lists those that are."""

    def __init__(self, code: str, known: tuple[Period, ...]) -> None:
        listed = ", ".join(f"{period.code} ({period.label})" for period in known)
        there = f"Périodes publiées\u00a0: {listed}." if listed else "Aucune période entière n’est publiée."
        super().__init__(f"La période «\u00a0{code}\u00a0» n’est pas publiée. {there}")


def published() -> tuple[Period, ...]:
    """Periods that the current viewer may read, oldest first."""
    rows = query("published_periods").to_dict("records")
    return tuple(Period(str(row["period"]), row["starts_on"].date(), row["ends_on"].date()) for row in rows)


def newest_first() -> tuple[Period, ...]:
    """The same, the last quarter first, each year before its quarters."""
    return tuple(sorted(published(), key=lambda one: (one.code[:4], "-" in one.code, one.code), reverse=True))


def find(code: str) -> Period:
    """The published period of that code. Raises UnknownPeriod."""
    known = published()
    found = next((period for period in known if period.code == code), None)
    if found is None:
        raise UnknownPeriod(code, known)
    return found


def earlier(period: Period) -> str:
    """Code of the period just before: the quarter before a quarter, the year before a year."""
    if period.is_year:
        return period.before
    year, quarter = int(period.code[:4]), int(period.code[-1])
    return f"{year - 1}-T4" if quarter == 1 else f"{year}-T{quarter - 1}"


def dates(period: Period) -> str:
    """« 3e trimestre 2026, du 01/07/2026 au 30/09/2026 »."""
    return f"{period.label}, {formats.day_range(period.start, period.end)}"
