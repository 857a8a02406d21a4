"""Published figures of a period and of those it is compared with, as numbers: None is hidden, absent is not published.

Nothing here knows a row of the warehouse: what an audience may not see has no relation to be asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import pandas as pd

from dashboard import formats, map_geography, warehouse
from dashboard.access import Viewer
from dashboard.indicators.activity import Totals
from dashboard.markup import plain
from dashboard.report import periods
from dashboard.report.slides import Period
from dashboard.warehouse import Build, Identity, build_info, query

TERRITORY, PROPERTY, OUTSIDE = "territoire", "patrimoine", "hors_perimetre"
TOTAL = "total"
UNKNOWN = ("inconnu", "inconnue")
REQUESTS, INITIATIVES, KNOWN, APPEASED = "demandes", "initiatives", "connue", "apaise"
BY_PRESENCE, OBSERVED = "demande_observee", "observee"
AGGREGATES = (TOTAL, REQUESTS, INITIATIVES, KNOWN)
EACH_QUERY = (
    "published_counts",
    "published_hours",
    "published_places",
    "published_schools",
    "published_delays",
    "published_declared",
    "published_quality",
    "published_notes",
)


@dataclass(frozen=True)
class Zone:
    """A neighbourhood as it is published; `population` None when unknown."""

    code: str
    name: str
    population: int | None
    population_source: str
    population_date: str
    outline: str | None


@dataclass(frozen=True, eq=False)
class Published:
    """What is published of `period`, of the same one a year before and of the one just before, where they are."""

    build: Build
    viewer: Viewer
    period: Period
    before: Period | None
    earlier: Period | None
    zones: tuple[Zone, ...]
    counts: Mapping[tuple[str, str, str], Mapping[str, float | None]]
    frames: Mapping[str, pd.DataFrame]

    @property
    def is_landlord(self) -> bool:
        """Whether a landlord is the audience: no profile, no school."""
        return self.viewer.role == "bailleur"

    def family(self, family: str, area: str = TERRITORY, period: Period | None = None) -> Mapping[str, float | None]:
        """Counts of a family by category, its total among them; empty when it is not published there."""
        return self.counts.get(((period or self.period).code, family, area), {})

    def count(
        self, category: str = TOTAL, family: str = "motif", area: str = TERRITORY, period: Period | None = None
    ) -> float | None:
        """A count: None when it is hidden, 0 when its family is published without it."""
        return self.family(family, area, period).get(category, 0.0)

    def parts(self, family: str, area: str = TERRITORY, period: Period | None = None) -> dict[str, float | None]:
        """Counts of the plain categories of a family, without totals and aggregates."""
        known = self.family(family, area, period)
        return {code: n for code, n in known.items() if code not in AGGREGATES}

    def hours(self, area: str = TERRITORY, period: Period | None = None) -> dict[str, float]:
        """Hours and days of service of an area; empty when none is published."""
        found = [row for row in self.rows("published_hours", period) if row["area"] == area]
        return {name: _number(value) for name, value in found[0].items() if name != "area"} if found else {}

    def rows(self, query_name: str, period: Period | None = None) -> list[dict[str, Any]]:
        """Rows of a published table for a period; NaN is None."""
        code = (period or self.period).code
        return [
            {str(name): None if _is_missing(value) else value for name, value in row.items() if name != "period"}
            for row in self.frames[query_name].to_dict("records")
            if row["period"] == code
        ]

    def observed_requests(self, area: str = TERRITORY, period: Period | None = None) -> float | None:
        """Requests of the days whose presence is known, the only ones that patrol hours can be set against."""
        return self.count(OBSERVED, BY_PRESENCE, area, period)

    def patrol_hours(self, area: str = TERRITORY, period: Period | None = None) -> float:
        """Patrol hours; 0 when nobody knows them."""
        return self.hours(area, period).get("patrol_hours", 0.0)

    def days(self, period: Period | None = None) -> int:
        """Days of the calendar in a period."""
        chosen = period or self.period
        return (chosen.end - chosen.start).days + 1

    def zone_name(self, code: str | None) -> str:
        """Name of an area, harmless in any text."""
        named = {zone.code: zone.name for zone in self.zones}
        return named.get(code or "") or plain(formats.label("quartier", code), 60)

    def totals(self, period: Period) -> Totals:
        """What the pages compute their figures from; a hidden count is 0 here, and `hidden` says which are."""
        hours = self.hours(period=period)
        n, requests, initiatives = (
            int(self.count(code, family, period=period) or 0)
            for code, family in ((TOTAL, "motif"), (REQUESTS, "origine"), (INITIATIVES, "origine"))
        )
        planned, documented = (int(hours.get(name, 0)) for name in ("planned_days", "documented_days"))
        return Totals(
            interventions=n,
            appeased=int(self.count(APPEASED, "issue", period=period) or 0),
            outcome_known=int(self.count(KNOWN, "issue", period=period) or 0),
            requests=requests,
            origin_known=requests + initiatives,
            any_origin=n,
            requests_observed=int(self.observed_requests(period=period) or 0),
            patrol_hours=hours.get("patrol_hours", 0.0),
            timetable_hours=hours.get("timetable_hours", 0.0),
            days=self.days(period),
            observed_days=int(hours.get("observed_days", 0)),
            planned_days=planned,
            planned_hours=hours.get("planned_hours", 0.0),
            documented_days=documented,
            done_hours=hours.get("done_hours", 0.0),
            planned_documented_hours=hours.get("planned_documented_hours", 0.0),
            undocumented_days=max(planned - documented, 0),
            is_timetable_unknown=not hours.get("planned_hours", 0.0),
        )

    def is_hidden(self, keys: Iterable[tuple[str, str]], period: Period | None = None, area: str = TERRITORY) -> bool:
        """Whether one of the (family, category) counts is hidden."""
        return any(self.count(category, family, area, period) is None for family, category in keys)


def load(code: str) -> Published:
    """Figures published for the current viewer. Raises UnknownPeriod."""
    return _load(warehouse.identity(), code)


@lru_cache(maxsize=32)
def _load(_identity: Identity, code: str) -> Published:
    known = {period.code: period for period in periods.published()}
    period = periods.find(code)
    before, earlier = known.get(period.before), known.get(periods.earlier(period))
    codes = sorted({one.code for one in (period, before, earlier) if one})
    frames = {name: query(name, periods=codes) for name in EACH_QUERY}
    counts: dict[tuple[str, str, str], dict[str, float | None]] = {}
    for row in frames["published_counts"].to_dict("records"):
        held = counts.setdefault((row["period"], row["family"], row["area"]), {})
        held[row["category"]] = None if row["is_masked"] or pd.isna(row["n"]) else float(row["n"])
    return Published(build_info(), warehouse.viewer(), period, before, earlier, _zones(), counts, frames)


def _zones() -> tuple[Zone, ...]:
    rows = query("published_zones").to_dict("records")
    names = map_geography.distinct_names({row["neighbourhood_id"]: row["name"] for row in rows})
    return tuple(
        Zone(
            code=row["neighbourhood_id"],
            name=plain(names[row["neighbourhood_id"]], 60),
            population=None if pd.isna(row["population"]) else int(row["population"]),
            population_source=plain(row["population_source"] or ""),
            population_date=plain(row["population_date"] or ""),
            outline=row["outline"] if isinstance(row["outline"], str) else None,
        )
        for row in rows
    )


def _number(value: object) -> float:
    return 0.0 if _is_missing(value) else float(str(value))


def _is_missing(value: object) -> bool:
    return value is None or value is pd.NA or value is pd.NaT or value != value  # noqa: PLR0124 - NaN differs from itself
