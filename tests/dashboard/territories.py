"""A small territory for the map's tests: three neighbourhoods, ten days, figures that can be counted by hand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import shapely
from pyproj import Transformer

from dashboard.filters import Filters
from dashboard.map_content import View
from dashboard.map_figures import Panel
from tests.dashboard.warehouses import BUILD, write

MONDAY = date(2025, 3, 31)  # one day of winter, then nine of summer
DAYS = [MONDAY + timedelta(days=number) for number in range(10)]
UNKNOWN_DAY = DAYS[-1]
NORTH, SOUTH = (-1.60, 47.26), (-1.60, 47.24)
ZONES = (("nord", 1000, NORTH), ("sud", None, SOUTH), ("est", 500, (-1.57, 47.24)))
HOURS = (22, 23, 0)
WEEK = Filters("tout", DAYS[0], DAYS[-1], None, None)
SIGMA = 120.0


def panel(**given: Any) -> Panel:
    """A panel of the whole week unless said otherwise."""
    chosen: dict[str, Any] = {"filters": WEEK} | given
    return Panel("Période choisie", "Semaine", **chosen)


def view(*panels: Panel, **given: Any) -> View:
    """A view of the density unless said otherwise."""
    return View(
        **({"layer": "densite", "measure": "heures", "bandwidth_m": 120, "zone": None, "note": ""} | given),
        panels=panels,
    )


def outline(longitude: float, latitude: float) -> str:
    """A square of about 1.5 km."""
    return shapely.to_geojson(shapely.box(longitude - 0.01, latitude - 0.008, longitude + 0.01, latitude + 0.008))


def happened(number: int, day: date, zone: str = "nord", at: tuple[float, float] | None = NORTH, **given: Any) -> dict:
    """An intervention."""
    located = {}
    if at:
        x, y = Transformer.from_crs("EPSG:4326", "EPSG:2154", always_xy=True).transform(*at)
        located = {"longitude": at[0], "latitude": at[1], "x_m": x, "y_m": y}
    season = "hiver" if day < date(2025, 4, 1) else "ete"
    row = {"intervention_id": str(number), "service_date": day, "neighbourhood_id": zone, "season": season, "hour": 22}
    return row | located | {"is_request": number % 2 == 0, "motif": "tag", "register": "veille_technique"} | given


def interventions() -> list[dict]:
    """40 in the north at one place (4 a day, one of each hour then one more at 22 h), and one of each kind of gap."""
    rows = [
        happened(4 * position + rank, day, hour=(*HOURS, 22)[rank], place_id="square")
        for position, day in enumerate(DAYS)
        for rank in range(4)
    ]
    return [
        *rows,
        happened(100, DAYS[0], at=None),
        happened(101, DAYS[0], at=None, hour=None),
        happened(102, DAYS[0], zone="hors_perimetre", at=(-1.5, 47.4)),
        happened(103, DAYS[1], zone="sud", at=SOUTH, hour=23),
        happened(104, DAYS[1], zone="sud", at=SOUTH, hour=23),
        happened(105, DAYS[1], hour=None),
    ]


def presence(source: str = "presence") -> list[dict]:
    """Two hours of a patrol each clock hour in the north, none known on the last day; with a timetable, everywhere."""
    zones = ("nord",) if source == "presence" else ("nord", "sud", "est")
    return [
        {"service_date": day, "neighbourhood_id": zone, "hour": hour, "hours": 2.0, "source": source}
        for day in DAYS
        if day != UNKNOWN_DAY
        for hour in HOURS
        for zone in zones
    ]


def small(
    path: Path,
    *,
    source: str = "presence",
    name: str = "Nord",
    rows: list[dict] | None = None,
    patrols: list[dict] | None = None,
    has_outlines: bool = True,
    zones: Sequence[tuple[str, float | None, tuple[float, float]]] = ZONES,
    **given: Any,
) -> Path:
    """The territory: nord (patrolled), sud and est (never), one place."""
    happenings = interventions() if rows is None else rows
    return write(
        path,
        build=[BUILD | {"presence_source": source, "today": DAYS[-1]} | given],
        neighbourhoods=[_neighbourhood(name, *zone, has_outline=has_outlines) for zone in zones],
        interventions=happenings,
        activity_daily=[_activity(row) for row in happenings],
        presence=[] if source == "aucune" else patrols or presence(source),
        places=[{"place_id": "square", "name": name, "longitude": NORTH[0], "latitude": NORTH[1], **metres(NORTH)}],
        service_days=[_service_day(day, source) for day in DAYS],
    )


def _neighbourhood(
    name: str, zone: str, population: float | None, at: tuple[float, float], *, has_outline: bool
) -> dict[str, Any]:
    return {
        "neighbourhood_id": zone,
        "name": name if zone == "nord" else zone.title(),
        "population": population,
        "population_source": "INSEE" if population else None,
        "population_date": "2021-01-01" if population else None,
        "outline": outline(*at) if has_outline else None,
    }


def _activity(row: dict[str, Any]) -> dict[str, Any]:
    names = ("service_date", "neighbourhood_id", "register", "motif", "is_request")
    return {name: row[name] for name in names} | {"interventions": 1, "appeased": 0, "outcome_known": 0}


def _service_day(day: date, source: str) -> dict[str, Any]:
    return {
        "service_date": day,
        "weekday": day.isoweekday(),
        "season": "hiver" if day < date(2025, 4, 1) else "ete",
        "presence_source": None if source == "aucune" or day == UNKNOWN_DAY else source,
        "patrol_hours": 6.0,
        "interventions": 4,
    }


def metres(at: tuple[float, float]) -> dict[str, float]:
    """Metric coordinates as columns."""
    x, y = Transformer.from_crs("EPSG:4326", "EPSG:2154", always_xy=True).transform(*at)
    return {"x_m": x, "y_m": y}
