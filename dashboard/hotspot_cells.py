"""Squares of the map that stand out with their neighbours, and how last quarter's map of them did. No Streamlit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy import ndimage

from dashboard import map_geography, map_picture, warehouse
from dashboard.filters import Filters, bounds
from dashboard.hotspot_places import ALPHA
from dashboard.hotspot_zones import ONE_SLICE, basis, presence, recorded, sums
from dashboard.indicators import grid, hotspots, validation
from dashboard.indicators.ages import SLICE_DAYS
from dashboard.indicators.hotspots import Basis
from dashboard.map_geography import NotDrawn
from dashboard.warehouse import Identity, query

Floats = NDArray[np.float64]
CELL_M = hotspots.CELL_M
MOST_CELLS = 250_000
# Presence that rounds to nothing: a tenth of a second of patrol.
TINY_HOURS = 1e-6


@dataclass(frozen=True, eq=False)
class Lattice:
    """The grid: its frame, the cells that count, and the neighbourhood of each (an index into `areas`)."""

    frame: grid.Frame
    mask: NDArray[np.bool_]
    area: NDArray[np.int64]
    areas: tuple[str, ...]


@dataclass(frozen=True)
class HotCell:
    """A significant cell: its name (« column:row »), its centre in metres, cases there and with its neighbours.

    `group` numbers the sets of significant cells that touch each other, the one of the strongest cell first.
    """

    zone: str
    group: int
    x: float
    y: float
    neighbourhood_id: str
    cases: int
    observed: int
    expected: float
    z: float
    p: float


@dataclass(frozen=True, eq=False)
class CellMap:
    """Significant cells of a choice, strongest first; `compared` cells of `cell_m` metres, `n` cases."""

    cells: tuple[HotCell, ...]
    cell_m: float
    basis: Basis
    n: int
    compared: int


@dataclass(frozen=True)
class Tested:
    """The map of one quarter on the next: first and last day of the quarter it is tested on, and the figures.

    `is_rate`: extents are patrol hours, not areas.
    """

    start: date
    end: date
    quarter: validation.Quarter
    is_rate: bool


def lattice(neighbourhoods: tuple[str, ...]) -> Lattice | None:
    """The grid of some neighbourhoods, all if none is named; None when nothing has a position."""
    return _lattice(warehouse.identity(), neighbourhoods)


@lru_cache(maxsize=8)
def _lattice(_identity: Identity, neighbourhoods: tuple[str, ...]) -> Lattice | None:
    known = bounds()
    outlines = {
        zone: outline
        for zone, outline in map_geography.geography().outlines.items()
        if not neighbourhoods or zone in neighbourhoods
    }
    try:
        extent = (
            map_picture.extent_of(list(outlines.values()), warehouse.build_info().metric_crs)
            if outlines
            else map_geography.data_extent(neighbourhoods)
        )
    except NotDrawn:
        return None
    if known is None:
        return None
    frame = grid.frame(extent, cell_m=CELL_M, max_cells=MOST_CELLS)
    whole = {"start": known.first, "end": known.last, "slice_days": ONE_SLICE, "registers": [], "motifs": []}
    held = _placed(query("hotspot_cells", **whole | _where(frame, neighbourhoods), is_request=None), frame)
    areas = tuple(sorted({*outlines, *held["neighbourhood_id"].dropna()}))
    area = np.full(frame.shape, -1)
    area[held["row"], held["column"]] = [areas.index(code) for code in held["neighbourhood_id"]]
    if outlines:
        centre = _centres_inside(frame, outlines, areas)
        area = np.where(centre >= 0, centre, area)
        return Lattice(frame, area >= 0, area, areas)
    mask: Any = ndimage.binary_dilation(area >= 0, np.ones((3, 3)))
    nearest: Any = ndimage.distance_transform_edt(area < 0, return_distances=False, return_indices=True)
    return Lattice(frame, mask, area[tuple(nearest)], areas)


def _where(frame: grid.Frame, neighbourhoods: tuple[str, ...]) -> dict[str, Any]:
    west, south, east, north = frame.bounds
    return {
        "cell_m": frame.cell_m,
        "west": west,
        "south": south,
        "east": east - 1e-6,
        "north": north - 1e-6,
        "inside_only": bool(map_geography.geography().names),
        "neighbourhoods": list(neighbourhoods),
    }


def _placed(cells: pd.DataFrame, frame: grid.Frame) -> pd.DataFrame:
    """Cells with their row and column in the frame."""
    west, south = (round(low / frame.cell_m) for low in frame.bounds[:2])
    return cells.assign(
        column=cells["column_number"].to_numpy(dtype=int) - west, row=cells["row_number"].to_numpy(dtype=int) - south
    )


def _centres_inside(frame: grid.Frame, outlines: dict[str, Any], areas: tuple[str, ...]) -> NDArray[np.int64]:
    """Index in `areas` of the outline that holds each cell's centre, -1 for none."""
    rows, columns = frame.shape
    x = frame.bounds[0] + (np.arange(columns) + 0.5) * frame.cell_m
    y = frame.bounds[1] + (np.arange(rows) + 0.5) * frame.cell_m
    east, north = (axis.astype(np.float64).ravel() for axis in np.meshgrid(x, y))
    longitude, latitude = map_picture.to_degrees(east, north, warehouse.build_info().metric_crs)
    found = np.full(east.size, -1)
    for zone, outline in outlines.items():
        found[(found < 0) & shapely.contains_xy(outline, longitude, latitude)] = areas.index(zone)
    return found.reshape(rows, columns)


def cell_map(chosen: Filters) -> CellMap | None:
    """Significant cells of a choice; None when nothing has a position."""
    return _cell_map(warehouse.identity(), chosen)


@lru_cache(maxsize=16)
def _cell_map(_identity: Identity, chosen: Filters) -> CellMap | None:
    at = lattice(chosen.neighbourhoods)
    if at is None:
        return None
    found = basis(presence(chosen), [at.areas[index] for index in np.unique(at.area[at.mask])])
    counts = _counts(chosen, at, found, start=chosen.start)[0]
    hours = sums(recorded(presence(chosen)), "neighbourhood_id", "hours") if found == "taux" else {}
    exposure = _exposure(at, hours) if found == "taux" else None
    gi, local, flagged = _significant(at, counts, exposure)
    return CellMap(
        _hot(at, counts, gi, local, flagged), at.frame.cell_m, found, int(counts.sum()), int((~np.isnan(local.p)).sum())
    )


def _hot(
    at: Lattice, counts: Floats, gi: hotspots.GiStar, local: hotspots.LocalExcess, flagged: NDArray[np.bool_]
) -> tuple[HotCell, ...]:
    """The flagged cells, strongest first, and which of them touch."""
    labelled: Any = ndimage.label(flagged, np.ones((3, 3)))
    labels = labelled[0]
    rows, columns = np.nonzero(flagged)
    order = np.argsort(-gi.z[rows, columns], kind="stable")
    west, south = (round(low / at.frame.cell_m) for low in at.frame.bounds[:2])
    ranks: dict[int, int] = {}
    return tuple(
        HotCell(
            zone=f"{column + west}:{row + south}",
            group=ranks.setdefault(int(labels[row, column]), len(ranks)),
            x=(column + west + 0.5) * at.frame.cell_m,
            y=(row + south + 0.5) * at.frame.cell_m,
            neighbourhood_id=at.areas[at.area[row, column]],
            cases=int(counts[row, column]),
            observed=int(local.observed[row, column]),
            expected=float(local.expected[row, column]),
            z=float(gi.z[row, column]),
            p=float(local.p[row, column]),
        )
        for row, column in zip(rows[order].tolist(), columns[order].tolist(), strict=True)
    )


def _counts(
    chosen: Filters, at: Lattice, found: Basis, *, start: date, days: int = ONE_SLICE, slices: int = 1
) -> Floats:
    """Cases by slice (0 the last), row and column."""
    cells = query(
        "hotspot_cells",
        **chosen.params() | _where(at.frame, chosen.neighbourhoods) | {"start": start, "slice_days": days},
    )
    kept = _placed(cells.loc[cells["slice"] < slices], at.frame)
    counts = np.zeros((slices, *at.frame.shape))
    where = (kept["slice"].to_numpy(dtype=int), kept["row"].to_numpy(), kept["column"].to_numpy())
    np.add.at(counts, where, kept["recorded" if found == "taux" else "interventions"].to_numpy(dtype=float))
    return counts * at.mask


def _exposure(at: Lattice, hours: dict[str, float]) -> Floats:
    by_area = np.array([hours.get(code, 0.0) for code in at.areas] or [0.0])
    return np.where(at.mask, by_area[at.area], 0.0)


def _significant(
    at: Lattice, counts: Floats, exposure: Floats | None
) -> tuple[hotspots.GiStar, hotspots.LocalExcess, NDArray[np.bool_]]:
    """Gi*, the exact test of the same neighbourhoods, and cells that both flag, all cells looked at together."""
    values = counts
    if exposure is not None:
        values = np.divide(counts, exposure, out=np.full_like(counts, np.nan), where=exposure > 0)
    gi = hotspots.gi_star(values, at.mask)
    local = hotspots.local_excess(counts, exposure, at.mask)
    flagged = hotspots.benjamini_hochberg(gi.p, ALPHA) & hotspots.benjamini_hochberg(local.p, ALPHA)
    return gi, local, flagged & (np.nan_to_num(gi.z) > 0) & (local.observed > local.expected)


def tested(chosen: Filters) -> tuple[Tested, ...]:
    """The map of every quarter on the events of the next, oldest first, over all the data up to the period's end."""
    return _tested(warehouse.identity(), chosen)


@lru_cache(maxsize=16)
def _tested(_identity: Identity, chosen: Filters) -> tuple[Tested, ...]:
    at, known = lattice(chosen.neighbourhoods), bounds()
    slices = 0 if known is None else ((chosen.end - known.first).days + 1) // SLICE_DAYS
    if at is None or slices < 2:  # noqa: PLR2004 - a quarter for the map, a quarter for the test
        return ()
    start = chosen.end - timedelta(days=slices * SLICE_DAYS - 1)
    found = basis(presence(chosen), [at.areas[index] for index in np.unique(at.area[at.mask])])
    counts = _counts(chosen, at, found, start=start, days=SLICE_DAYS, slices=slices)
    exposures = _slice_exposures(chosen, at, start, slices) if found == "taux" else [None] * slices
    maps = [_significant(at, counts[slice_], exposures[slice_])[2] for slice_ in range(slices)]
    newest_last = slice(None, None, -1)
    cells = [counts[:, at.mask].T[:, newest_last], np.array(maps)[:, at.mask].T[:, newest_last]]
    sizes = None
    if found == "taux":
        sizes = np.maximum(np.array(exposures)[:, at.mask].T[:, newest_last], TINY_HOURS)
    quarters = validation.rolling(cells[0], cells[1], sizes)
    return tuple(Tested(*_dates(start, one.index), one, found == "taux") for one in quarters)


def _dates(start: date, index: int) -> tuple[date, date]:
    first = start + timedelta(days=index * SLICE_DAYS)
    return first, first + timedelta(days=SLICE_DAYS - 1)


def _slice_exposures(chosen: Filters, at: Lattice, start: date, slices: int) -> list[Floats]:
    hours = query("hotspot_slice_hours", **chosen.params() | {"start": start, "slice_days": SLICE_DAYS})
    return [
        _exposure(at, sums(hours.loc[hours["slice"] == slice_], "neighbourhood_id", "hours"))
        for slice_ in range(slices)
    ]
