"""The figures behind the map: what is counted, over which patrol hours, as which density. No Streamlit.

A `Panel` is one map: a choice of dates, filters, season and hours. Everything computed from it is kept for as long as
the warehouse stays the same.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from dashboard import formats, map_picture, warehouse
from dashboard.filters import Filters
from dashboard.indicators import grid
from dashboard.indicators.density import kernel_density
from dashboard.indicators.zones import DAYS_A_YEAR, PER_HOURS, Zone, together, zones
from dashboard.map_geography import NotDrawn, data_extent, geography
from dashboard.warehouse import Identity, query

# Points of outlines simplified by the pipeline may lie this far outside them.
OUTLINE_M = 60.0
# A Gaussian is below 1.2 % of its summit at three bandwidths.
BANDWIDTHS_SHOWN = 3.0
# Interventions are gathered in squares of this side, far under the smallest bandwidth.
CELL_M = 10.0
# Cells of a drawn density: an eighth of the bandwidth or so; over half of it, its kernel would no longer show.
FINE, COARSE, STEP_M = 8, 2, 5.0
# A territory without any neighbourhood is one.
EVERYWHERE: dict[Hashable, Any] = {
    "neighbourhood_id": "hors_perimetre",
    "name": "Tout le territoire",
    "population": None,
}
PEAKS = 5
MINUTE = 1 / 60
# A peak under a fifth of the highest says little of where to go.
PEAK_SHARE = 0.2


@dataclass(frozen=True)
class Panel:
    """One map: shared filters, a season (None: both), hours of the service day (empty: all, known or not)."""

    name: str
    title: str
    filters: Filters
    season: str | None = None
    hours: tuple[int, ...] = ()

    def params(self) -> dict[str, object]:
        """Parameters of the queries."""
        return self.filters.params() | {"season": self.season, "hours": list(self.hours)}


@dataclass(frozen=True)
class Figures:
    """A panel's figures, and what its map leaves out or shows coarsely.

    `timetable_hours` are those of `whole.hours` that come from the timetable.
    """

    zones: tuple[Zone, ...]
    whole: Zone
    outside: int
    hour_unknown: int
    coarse: int
    days: int
    observed_days: int
    timetable_hours: float


@dataclass(frozen=True)
class Peak:
    """A local maximum of a drawn density: value in the map's unit, interventions within one bandwidth of it."""

    value: float
    longitude: float
    latitude: float
    near: int
    zone: str | None
    place: str | None


@dataclass(frozen=True, eq=False)
class Heat:
    """A density to draw: events per hectare times `factor` are in the map's unit. `n` interventions made it."""

    values: NDArray[np.float64]
    frame: grid.Frame
    factor: float
    n: int

    @property
    def maximum(self) -> float:
        """Highest value, in the map's unit."""
        return float(self.values.max()) * self.factor


def figures(panel: Panel) -> Figures:
    """Counts, patrol hours and rates of a panel."""
    return _figures(warehouse.identity(), panel)


@lru_cache(maxsize=64)
def _figures(_identity: Identity, panel: Panel) -> Figures:
    counts, presence = query("map_counts", **panel.params()), query("map_presence", **panel.params())
    covered = _row(query("map_days", **panel.params()))
    days, chosen = int(covered["days"]), panel.filters.neighbourhoods
    known = query("map_neighbourhoods").to_dict("records") or [EVERYWHERE]
    kept = [row for row in known if not chosen or row["neighbourhood_id"] in chosen]
    found = zones(kept, counts, presence, days=days, is_presence_known=per_hours())
    all_together = next(row for row in presence.to_dict("records") if pd.isna(row["neighbourhood_id"]))
    names = {zone.id for zone in found}
    rows = counts.to_dict("records")
    return Figures(
        zones=tuple(found),
        whole=together("Ensemble", found, all_together["hours"], days=days, is_presence_known=per_hours()),
        outside=sum(row["interventions"] for row in rows if row["neighbourhood_id"] not in names),
        hour_unknown=sum(row["hour_unknown"] for row in rows),
        coarse=sum(row["coarse"] for row in rows),
        days=days,
        observed_days=int(covered["observed_days"]),
        timetable_hours=float(all_together["timetable_hours"]),
    )


def _row(frame: pd.DataFrame) -> dict[Hashable, Any]:
    """The only row of a frame."""
    return frame.to_dict("records")[0]


def sources(known: Figures) -> frozenset[str]:
    """Where the patrol hours come from: « presence », « horaires », both or nothing."""
    recorded = known.whole.hours - known.timetable_hours
    kinds = {"presence": recorded, "horaires": known.timetable_hours}
    return frozenset(kind for kind, hours in kinds.items() if hours > MINUTE)


def per_hours() -> bool:
    """Whether densities are per 100 patrol hours: some presence is known in this build."""
    return warehouse.build_info().presence_source != "aucune"


def heat(panel: Panel, bandwidth_m: float, threshold: int) -> Heat:
    """The density of a panel; raises NotDrawn where there is too little to draw one."""
    return _heat(warehouse.identity(), panel, bandwidth_m, threshold)


@lru_cache(maxsize=24)
def _heat(_identity: Identity, panel: Panel, bandwidth_m: float, threshold: int) -> Heat:
    known = figures(panel)
    frame = _frame(panel, bandwidth_m)
    cells = _cells(panel)
    n = int(cells.weights.sum())
    if per_hours() and not known.whole.hours:
        raise NotDrawn("Non observé\u00a0: aucune heure de présence n’est connue pour ces choix.")
    if n < max(threshold, 1):
        counted = formats.plural(n, "intervention localisée", "interventions localisées")
        raise NotDrawn(
            f"Densité non dessinée\u00a0: {counted} pour ces choix, il en faut au moins {threshold}. "
            "Choisissez une période plus longue ou moins de filtres."
        )
    found = kernel_density(
        cells.x,
        cells.y,
        bandwidth_m=bandwidth_m,
        bounds=frame.bounds,
        cell_m=frame.cell_m,
        weights=cells.weights,
    )
    factor = PER_HOURS / known.whole.hours if per_hours() else DAYS_A_YEAR / known.days
    return Heat(found.values, frame, factor, n)


def _extent(panel: Panel) -> grid.Bounds:
    """Metric rectangle of the outlines that a panel shows; without any, of its data."""
    outlines = list(shown_outlines(panel).values())
    if not outlines:
        return data_extent(panel.filters.neighbourhoods)
    west, south, east, north = map_picture.extent_of(outlines, warehouse.build_info().metric_crs)
    return (west - OUTLINE_M, south - OUTLINE_M, east + OUTLINE_M, north + OUTLINE_M)


def _frame(panel: Panel, bandwidth_m: float) -> grid.Frame:
    margin = 0.0 if geography().outlines else BANDWIDTHS_SHOWN * bandwidth_m
    cell = max(CELL_M, STEP_M * (bandwidth_m / FINE // STEP_M))
    frame = grid.frame(_extent(panel), margin_m=margin, cell_m=cell)
    if frame.cell_m * COARSE > bandwidth_m:
        rows, columns = (size * frame.cell_m / 1000 for size in frame.shape)
        raise NotDrawn(
            f"Densité non dessinée\u00a0: {columns:.0f} km sur {rows:.0f} km, c’est trop vaste pour un lissage de "
            f"{bandwidth_m:.0f} m. Choisissez un quartier ou un lissage plus large."
        )
    return frame


def shown_outlines(panel: Panel) -> dict[str, BaseGeometry]:
    """Outlines that a panel's density is masked to: those chosen, else all of them."""
    chosen = panel.filters.neighbourhoods
    return {zone: outline for zone, outline in geography().outlines.items() if not chosen or zone in chosen}


@dataclass(frozen=True, eq=False)
class _Cells:
    """Interventions gathered in small squares: centres in metres, and how many count in a density."""

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    weights: NDArray[np.float64]


def _cells(panel: Panel) -> _Cells:
    """What a density is made of; where presence is known somewhere, only days whose presence is known count."""
    west, south, east, north = _extent(panel)
    found = query(
        "map_points",
        **panel.params(),
        cell_m=CELL_M,
        inside_only=bool(geography().names),
        west=west,
        south=south,
        east=east,
        north=north,
    )
    return _Cells(
        x=(found["column_number"].to_numpy(dtype=float) + 0.5) * CELL_M,
        y=(found["row_number"].to_numpy(dtype=float) + 0.5) * CELL_M,
        weights=found["observed" if per_hours() else "interventions"].to_numpy(dtype=float),
    )


def picture(panel: Panel, bandwidth_m: float, threshold: int, breaks: tuple[float, ...]) -> map_picture.Picture:
    """The density as a picture coloured by `breaks`, in the map's unit."""
    return _picture(warehouse.identity(), panel, bandwidth_m, threshold, breaks)


@lru_cache(maxsize=64)
def _picture(
    _identity: Identity, panel: Panel, bandwidth_m: float, threshold: int, breaks: tuple[float, ...]
) -> map_picture.Picture:
    drawn = heat(panel, bandwidth_m, threshold)
    raw = [bound / drawn.factor for bound in breaks]
    crs = warehouse.build_info().metric_crs
    return map_picture.picture(
        drawn.values, drawn.frame, crs, breaks=raw, outlines=list(shown_outlines(panel).values())
    )


def peaks(panel: Panel, bandwidth_m: float, threshold: int) -> tuple[Peak, ...]:
    """The highest local maxima of a panel's density, at least two bandwidths apart."""
    return _peaks(warehouse.identity(), panel, bandwidth_m, threshold)


@lru_cache(maxsize=64)
def _peaks(_identity: Identity, panel: Panel, bandwidth_m: float, threshold: int) -> tuple[Peak, ...]:
    drawn = heat(panel, bandwidth_m, threshold)
    crs = warehouse.build_info().metric_crs
    cells, known_places = _cells(panel), query("map_place_names")
    described: list[Peak] = []
    for peak in grid.peaks(drawn.values, drawn.frame, distance_m=2 * bandwidth_m):
        longitude, latitude = map_picture.to_degrees(np.array([peak.x]), np.array([peak.y]), crs)
        zone = map_picture.zone_at(longitude[0], latitude[0], shown_outlines(panel))
        value = peak.value * drawn.factor
        if (geography().outlines and zone is None) or (described and value < PEAK_SHARE * described[0].value):
            continue
        near = int(cells.weights[np.hypot(cells.x - peak.x, cells.y - peak.y) <= bandwidth_m].sum())
        place = _nearest(known_places, peak, bandwidth_m)
        described.append(Peak(value, float(longitude[0]), float(latitude[0]), near, zone, place))
        if len(described) == PEAKS:
            break
    return tuple(described)


def _nearest(places: pd.DataFrame, peak: grid.Peak, within_m: float) -> str | None:
    if places.empty:
        return None
    away = np.hypot(places["x_m"].to_numpy() - peak.x, places["y_m"].to_numpy() - peak.y)
    nearest = int(np.argmin(away))
    return str(places["name"].iloc[nearest]) if away[nearest] <= within_m else None


def places(panel: Panel) -> pd.DataFrame:
    """Places with a point, by number of interventions, most first."""
    return query("map_places", **panel.params())


def common_hours(seasons: tuple[str, ...], order: tuple[int, ...]) -> tuple[int, ...]:
    """Hours of the service day that every season has."""
    known = query("map_hours")
    by_season = [set(known.loc[known["season"] == season, "hour"]) for season in seasons]
    return tuple(hour for hour in order if all(hour in hours for hours in by_season))


def place_count(panel: Panel) -> int:
    """Interventions of the most cited place; 0 without any."""
    return max(places(panel)["interventions"].tolist(), default=0)


def scale_maximum(values: Iterable[float]) -> float:
    """Highest finite value; 0 for none."""
    finite = [value for value in values if math.isfinite(value)]
    return max(finite, default=0.0)
