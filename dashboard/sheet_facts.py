"""What every part of a neighbourhood's sheet starts from: who lives there, what was counted, how long it was seen."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from dashboard.filters import Filters
from dashboard.indicators.zones import DAYS_A_YEAR
from dashboard.warehouse import build_info, query


@dataclass(frozen=True)
class About:
    """What is known of a neighbourhood whatever the period; None when unknown."""

    id: str
    name: str
    population: int | None = None
    population_source: str = ""
    population_date: str = ""
    area_km2: float | None = None
    places: int = 0
    residences: int = 0
    dwellings: int | None = None


@dataclass(frozen=True)
class Totals:
    """Counts and patrol hours of a neighbourhood, or of several added up.

    `observed` and `requests_observed` are those of days whose presence is known. Hours of the timetable are given to
    every neighbourhood: added up here, they make the mean rate of one neighbourhood.
    """

    interventions: int = 0
    observed: int = 0
    requests: int = 0
    requests_observed: int = 0
    origin_known: int = 0
    motif_known: int = 0
    hours: float = 0.0
    timetable_hours: float = 0.0

    def __add__(self, other: Totals) -> Totals:
        return Totals(*(getattr(self, name) + getattr(other, name) for name in _FIELDS))


_FIELDS = tuple(Totals.__dataclass_fields__)


def neighbourhoods() -> tuple[About, ...]:
    """Every neighbourhood of the territory, by name."""
    return tuple(
        About(
            id=row["neighbourhood_id"],
            name=text(row["name"]) or row["neighbourhood_id"],
            population=whole(row["population"]),
            population_source=text(row["population_source"]),
            population_date=text(row["population_date"]),
            area_km2=None if pd.isna(row["area_km2"]) else float(row["area_km2"]),
            places=int(row["places"]),
            residences=int(row["residences"]),
            dwellings=whole(row["dwellings"]),
        )
        for row in query("sheet_neighbourhoods").to_dict("records")
    )


def totals(chosen: Filters) -> dict[str, Totals]:
    """Counts and patrol hours of each neighbourhood where there are any."""
    found: dict[str, Totals] = {}
    for row in query("sheet_motifs", **chosen.params()).to_dict("records"):
        counted = {name: int(row[name]) for name in _FIELDS[:5]}
        motif_known = counted["interventions"] if text(row["motif"]) else 0
        found[row["neighbourhood_id"]] = found.get(row["neighbourhood_id"], Totals()) + Totals(
            **counted, motif_known=motif_known
        )
    for row in query("sheet_patrols", **chosen.params()).to_dict("records"):
        patrolled = Totals(hours=float(row["hours"]), timetable_hours=float(row["timetable_hours"]))
        found[row["neighbourhood_id"]] = found.get(row["neighbourhood_id"], Totals()) + patrolled
    return found


def added(known: Mapping[str, Totals], zones: Iterable[str]) -> Totals:
    """Several neighbourhoods together."""
    return sum((known.get(zone, Totals()) for zone in zones), Totals())


def years(chosen: Filters) -> float:
    """Length of the period, in years."""
    return ((chosen.end - chosen.start).days + 1) / DAYS_A_YEAR


def is_presence_known() -> bool:
    """Whether any patrol hour is known in this build."""
    return build_info().presence_source != "aucune"


def rows_of(rows: pd.DataFrame, zones: Collection[str]) -> pd.DataFrame:
    """The rows of some neighbourhoods."""
    return rows.loc[rows["neighbourhood_id"].isin(list(zones))]


def counted(rows: Iterable[Mapping[Hashable, Any]], key: str, field: str, zones: Collection[str]) -> dict[Any, float]:
    """Sum of a field by key over the rows of some neighbourhoods; rows without a key are left out."""
    found: dict[Any, float] = {}
    for row in rows:
        if row["neighbourhood_id"] in zones and not pd.isna(row[key]):
            found[row[key]] = found.get(row[key], 0) + row[field]
    return found


def whole(value: Any) -> int | None:  # noqa: ANN401 - a cell of a frame
    """A whole number, or None where there is none."""
    return None if pd.isna(value) else int(value)


def text(value: object) -> str:
    """The text without spaces around; empty where there is none."""
    return value.strip() if isinstance(value, str) else ""
