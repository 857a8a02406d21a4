"""The zones that hotspots are looked for in: places, or squares where few records name a place. No Streamlit."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

import numpy as np
import pandas as pd

from dashboard import formats, map_geography, map_picture, warehouse
from dashboard.filters import Filters, bounds
from dashboard.indicators import hotspots
from dashboard.warehouse import Identity, query

Kind = Literal["lieux", "carrés"]

# Sides of squares tried in turn: the first that makes few enough zones.
SIDES_M = (100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000)
MOST_ZONES = 500
# Longer than any data: one slice of time for a whole period.
ONE_SLICE = 10**6
EVERYWHERE = {"west": -1e9, "south": -1e9, "east": 1e9, "north": 1e9, "inside_only": False}
NO_FILTER: dict[str, Any] = {"neighbourhoods": [], "registers": [], "motifs": [], "is_request": None}
COLUMNS = ("zone", "name", "neighbourhood_id", "x_m", "y_m", "longitude", "latitude")


@dataclass(frozen=True, eq=False)
class Zones:
    """What the records are counted in; `table` has one row a zone, in a constant order (see COLUMNS).

    `cell_m` is the side of the squares, None for places: the parameter of the queries.
    """

    kind: Kind
    cell_m: float | None
    table: pd.DataFrame

    @property
    def noun(self) -> str:
        """« lieu » or « carré de 500 m »."""
        return "lieu" if self.cell_m is None else f"carré de {formats.number(self.cell_m)}\u00a0m"

    @property
    def nouns(self) -> str:
        """The same in the plural."""
        return "lieux" if self.cell_m is None else f"carrés de {formats.number(self.cell_m)}\u00a0m"

    def within(self, neighbourhoods: tuple[str, ...]) -> pd.DataFrame:
        """Zones of some neighbourhoods, all of them if none is named, with a plain index."""
        kept = self.table["neighbourhood_id"].isin(neighbourhoods) if neighbourhoods else slice(None)
        return self.table.loc[kept].reset_index(drop=True)


def zones() -> Zones:
    """The zones of this build, whatever the filters: places when most of the located records name one."""
    return _zones(warehouse.identity())


@lru_cache(maxsize=2)
def _zones(_identity: Identity) -> Zones:
    known = bounds()
    if known is None:
        return Zones("lieux", None, pd.DataFrame(columns=list(COLUMNS)))
    whole: dict[str, Any] = {"start": known.first, "end": known.last} | NO_FILTER
    located = query("hotspot_located", **whole).iloc[0]
    if 2 * located["placed"] >= located["known"]:
        return Zones("lieux", None, _places())
    cells = query("hotspot_cells", **whole, **EVERYWHERE, cell_m=float(SIDES_M[0]), slice_days=ONE_SLICE)
    side = _side(cells)
    return Zones("carrés", float(side), _squares(cells, side))


def _places() -> pd.DataFrame:
    places = query("hotspot_places")
    named = map_geography.distinct_names(dict(zip(places["zone"], places["name"], strict=True)))
    places = places.assign(neighbourhood_id=places["neighbourhood_id"].fillna("hors_perimetre"))
    return places.assign(name=[named[zone] for zone in places["zone"]]).loc[:, list(COLUMNS)]


def _side(cells: pd.DataFrame) -> int:
    """Side of the smallest squares that make few enough zones."""
    for side in SIDES_M:
        step = side // SIDES_M[0]
        found = cells[["column_number", "row_number"]] // step
        if len(found.drop_duplicates()) <= MOST_ZONES:
            return side
    return SIDES_M[-1]


def _squares(cells: pd.DataFrame, side: int) -> pd.DataFrame:
    """Squares that hold a record, most records first: their names say their rank."""
    step = side // SIDES_M[0]
    found = cells.assign(column=cells["column_number"] // step, row=cells["row_number"] // step)
    ranked = found.sort_values("interventions", ascending=False)
    table = ranked.groupby(["column", "row"], sort=False).agg(
        neighbourhood_id=("neighbourhood_id", "first"), interventions=("interventions", "sum")
    )
    table = table.sort_values("interventions", ascending=False, kind="stable").reset_index()
    x, y = ((table[name].to_numpy(dtype=float) + 0.5) * side for name in ("column", "row"))
    longitude, latitude = map_picture.to_degrees(x, y, warehouse.build_info().metric_crs)
    shown = formats.number(side)
    return table.assign(
        zone=table["column"].astype(str) + ":" + table["row"].astype(str),
        name=[f"Carré de {shown}\u00a0m nº\u00a0{rank}" for rank in range(1, len(table) + 1)],
        x_m=x,
        y_m=y,
        longitude=longitude,
        latitude=latitude,
    ).loc[:, list(COLUMNS)]


def neighbourhood_name(code: object) -> str:
    """Name of a neighbourhood, as the map says it."""
    names = map_geography.geography().names
    return names.get(str(code), "hors périmètre" if code == "hors_perimetre" else formats.NOT_GIVEN)


@dataclass(frozen=True)
class Hours:
    """A choice of hours, weekdays and season within a period; empty or None: no restriction."""

    hours: tuple[int, ...] = ()
    weekdays: tuple[int, ...] = ()
    season: str | None = None

    def of(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Rows of a frame with columns hour, weekday, season."""
        kept = np.ones(len(frame), dtype=bool)
        if self.hours:
            kept &= frame["hour"].isin(self.hours).to_numpy()
        if self.weekdays:
            kept &= frame["weekday"].isin(self.weekdays).to_numpy()
        if self.season:
            kept &= (frame["season"] == self.season).to_numpy()
        return frame.loc[kept]


def presence(chosen: Filters) -> pd.DataFrame:
    """Patrol hours of the period by neighbourhood, hour, weekday and season."""
    return query("hotspot_hours", **chosen.params())


def basis(hours: pd.DataFrame, neighbourhoods: Iterable[str]) -> hotspots.Basis:
    """« taux » where recorded presence differs between these neighbourhoods, else « comptes »."""
    by_zone = sums(recorded(hours), "neighbourhood_id", "hours")
    return hotspots.map_basis([by_zone.get(code, 0.0) for code in sorted(set(neighbourhoods))])


def recorded(hours: pd.DataFrame) -> pd.DataFrame:
    """The hours without those of the timetable, which say nothing of where the team was."""
    return hours.assign(hours=hours["hours"] - hours["timetable_hours"])


def sums(rows: pd.DataFrame, by: str, value: str) -> dict[Any, float]:
    """Sum of a column for each value of another; what has none is left out."""
    grouped: Any = rows.groupby(by)
    return {key: float(total) for key, total in grouped[value].sum().items()}


def matrix(rows: pd.DataFrame, value: str, index: pd.Index, over: str, strata: Iterable[Any]) -> np.ndarray:
    """Sums of a column as an array: `index` (values of its own column name) × strata (values of `over`)."""
    name = str(index.name)
    kept = rows.dropna(subset=[name, over])
    table = kept.pivot_table(index=name, columns=over, values=value, aggfunc="sum", fill_value=0, observed=True)
    return table.reindex(index=index, columns=list(strata), fill_value=0).to_numpy(dtype=float)
