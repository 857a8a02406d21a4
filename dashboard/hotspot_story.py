"""One hotspot in detail: what can be chosen, then its months, its hours and its motifs. No Streamlit."""

from __future__ import annotations

import calendar
import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from dashboard import formats, map_picture, warehouse
from dashboard.filters import Filters, bounds
from dashboard.hotspot_cells import CellMap, HotCell
from dashboard.hotspot_places import ALPHA, Ranking
from dashboard.hotspot_scan import Found, Scanned
from dashboard.hotspot_zones import basis, neighbourhood_name, presence, zones
from dashboard.indicators import activity
from dashboard.indicators.activity import Month, Motifs
from dashboard.indicators.discoveries import benjamini_hochberg
from dashboard.indicators.rates import Rate, rate
from dashboard.warehouse import Identity, query

PER_HOURS = 100.0
SECTORS, MOTIFS_SHOWN = 12, 5
NEAR_M = 200.0
MONTHS_SHOWN = 36


@dataclass(frozen=True)
class Target:
    """A hotspot that can be looked at: its zones (in squares of `cell_m`, or places), where it is, its dates if any."""

    key: str
    name: str
    zones: tuple[str, ...]
    cell_m: float | None
    areas: tuple[str, ...]
    longitude: float
    latitude: float
    dates: tuple[date, date] | None = None


@dataclass(frozen=True)
class Hour:
    """Cases of a hotspot at a clock hour, what the rest of its neighbourhood leads to expect, whether it is more."""

    hour: int
    observed: int
    expected: float
    is_more: bool


def place_targets(found: Ranking) -> list[Target]:
    """The zones whose excess is established."""
    return [
        Target(
            f"zone {spot.zone}",
            f"{spot.name} ({spot.neighbourhood})",
            (spot.zone,),
            zones().cell_m,
            (spot.neighbourhood_id,),
            spot.longitude,
            spot.latitude,
        )
        for spot in found.established
    ]


def sector_targets(found: CellMap | None) -> list[Target]:
    """Groups of significant squares that touch, the one of the strongest square first."""
    groups: dict[int, list[HotCell]] = {}
    for cell in found.cells if found else ():
        groups.setdefault(cell.group, []).append(cell)
    targets = []
    for number, cells in list(groups.items())[:SECTORS]:
        if not any(cell.cases for cell in cells):
            continue
        longitude, latitude = to_degrees(cells[0].x, cells[0].y)
        areas = tuple(dict.fromkeys(cell.neighbourhood_id for cell in cells))
        name = f"Secteur {len(targets) + 1}{_near(cells[0])} ({neighbourhood_name(areas[0])})"
        assert found is not None
        members = tuple(cell.zone for cell in cells)
        targets.append(Target(f"secteur {number}", name, members, found.cell_m, areas, longitude, latitude))
    return targets


def _near(cell: HotCell) -> str:
    """« , près de … »: the nearest place, where zones are places."""
    known = zones().table.dropna(subset=["x_m", "y_m"])
    if zones().kind != "lieux" or known.empty:
        return ""
    away = np.hypot(known["x_m"].to_numpy(dtype=float) - cell.x, known["y_m"].to_numpy(dtype=float) - cell.y)
    nearest = int(np.argmin(away))
    return f", près de {known['name'].iloc[nearest]}" if away[nearest] <= NEAR_M else ""


def cluster_targets(found: Scanned | None) -> list[Target]:
    """Significant clusters, the strongest first."""
    table = zones().table.set_index("zone")
    return [
        Target(
            f"foyer {number}",
            f"Foyer {number} ({cluster_name(cluster)}, {formats.day_range(cluster.start, cluster.end)})",
            cluster.zones,
            zones().cell_m,
            tuple(dict.fromkeys(table.loc[list(cluster.zones), "neighbourhood_id"])),
            float(table.loc[cluster.zones[0], "longitude"]),
            float(table.loc[cluster.zones[0], "latitude"]),
            (cluster.start, cluster.end),
        )
        for number, cluster in enumerate(found.clusters if found else (), 1)
    ]


def cluster_name(cluster: Found) -> str:
    """Name of its first zone, and how many others there are."""
    name = str(zones().table.set_index("zone").loc[cluster.zones[0], "name"])
    others = len(cluster.zones) - 1
    return f"{name} et {formats.plural(others, 'autre')}" if others else name


def to_degrees(x: float, y: float) -> tuple[float, float]:
    """Longitude and latitude of a metric point."""
    crs = warehouse.build_info().metric_crs
    longitude, latitude = map_picture.to_degrees(np.array([x]), np.array([y]), crs)
    return float(longitude[0]), float(latitude[0])


def within(chosen: Filters, target: Target) -> Filters:
    """The choice, over the target's own dates if it has some."""
    if target.dates is None:
        return chosen
    return replace(chosen, start=target.dates[0], end=target.dates[1])


def hours(chosen: Filters, target: Target) -> tuple[Hour, ...]:
    """Its cases by hour against those of the other zones of its neighbourhoods, brought to its total.

    Presence is in both: the same patrols were in the neighbourhood. Each hour is tested exactly (the hotspot's part of
    the cases of that hour against its part of all cases), all hours looked at together.
    """
    return _hours(warehouse.identity(), within(chosen, target), target)


@lru_cache(maxsize=256)
def _hours(_identity: Identity, chosen: Filters, target: Target) -> tuple[Hour, ...]:
    by_zone = _by_zone(_identity, chosen, target.cell_m, "hour")
    here = _together(by_zone, target.zones)
    others_of = {zone for area in target.areas for zone in _zones_of(_identity, chosen, target.cell_m).get(area, ())}
    around = _together(by_zone, others_of - set(target.zones))
    seen, others = sum(here.values()), sum(around.values())
    if not seen or not others:
        return ()
    clock = sorted({*here, *around})
    cases, rest = (np.array([some.get(hour, 0.0) for hour in clock]) for some in (here, around))
    more = benjamini_hochberg(stats.binom.sf(cases - 1, cases + rest, seen / (seen + others)), ALPHA)
    return tuple(
        Hour(int(hour), int(cases[at]), float(rest[at] / others * seen), bool(more[at]))
        for at, hour in enumerate(clock)
    )


def months(chosen: Filters, target: Target) -> tuple[Month, ...]:
    """Its last months up to the period's end: cases per 100 patrol hours of its neighbourhoods, else their number."""
    known = bounds()
    if known is None:
        return ()
    first = max(known.first, _months_before(chosen.end, MONTHS_SHOWN))
    params = chosen.params() | {"start": first, "hours": [], "zones": target.zones, "around": target.areas}
    rows = query("hotspot_months", **params, cell_m=target.cell_m)
    is_rate = basis(presence(chosen), zones().within(chosen.neighbourhoods)["neighbourhood_id"]) == "taux"
    by_month = {row["month"].date(): row for row in rows.to_dict("records")}
    return tuple(
        _month(month, by_month.get(month, {}), is_rate=is_rate, first=first, last=chosen.end)
        for month in _months(first, chosen.end)
    )


def _months_before(day: date, number: int) -> date:
    at = day.year * 12 + day.month - number
    return date(at // 12, at % 12 + 1, 1)


def _months(first: date, last: date) -> list[date]:
    numbers = range(first.year * 12 + first.month - 1, last.year * 12 + last.month)
    return [date(number // 12, number % 12 + 1, 1) for number in numbers]


def _month(month: date, row: dict, *, is_rate: bool, first: date, last: date) -> Month:
    ends = month.replace(day=calendar.monthrange(month.year, month.month)[1])
    is_cut = (first - month).days > activity.FORGIVEN_DAYS or (ends - last).days > activity.FORGIVEN_DAYS
    patrolled, state = float(row.get("hours", 0.0)), "incomplet" if is_cut else "complet"
    count = int(row.get("recorded" if is_rate else "interventions", 0))
    estimate = rate(count, patrolled if is_rate else 1.0, per=PER_HOURS if is_rate else 1.0)
    if math.isnan(estimate.value):
        return Month(month, count, patrolled, activity.UNOBSERVED, "non observé", 0, 0)
    return Month(month, count, patrolled if is_rate else None, estimate, state, 0, 0)


def motif_counts(chosen: Filters, target: Target) -> list[tuple[str, int]]:
    """Its motifs and their cases, most frequent first; those without a motif are left out."""
    known = _together(_by_zone(warehouse.identity(), within(chosen, target), target.cell_m, "motif"), target.zones)
    named = [(motif, int(cases)) for motif, cases in known.items() if motif]
    return sorted(named, key=lambda one: (-one[1], one[0]))


def motifs(chosen: Filters, target: Target) -> Motifs:
    """Its first motifs with their shares."""
    counts = motif_counts(chosen, target)
    unknown = int(total(chosen, target).value) - sum(count for _, count in counts)
    frame = pd.DataFrame([*counts, (None, unknown)], columns=["motif", "interventions"])
    return activity.motifs(frame, shown=MOTIFS_SHOWN)


def total(chosen: Filters, target: Target) -> Rate:
    """Its cases over the dates shown, with the interval of a Poisson count."""
    counts = _by_zone(warehouse.identity(), within(chosen, target), target.cell_m, "motif")
    return rate(sum(_together(counts, target.zones).values()), 1.0)


@lru_cache(maxsize=64)
def _by_zone(_identity: Identity, chosen: Filters, cell_m: float | None, over: str) -> dict[str, dict[Any, float]]:
    """Cases by zone, then by clock hour (those known) or by motif (« » for none)."""
    name = {"hour": "hotspot_profile", "motif": "hotspot_motifs"}[over]
    rows = query(name, **chosen.params(), cell_m=cell_m, hours=[])
    if over == "motif":
        rows = rows.assign(motif=rows["motif"].fillna(""))
    found: dict[str, dict[Any, float]] = {}
    for zone, key, cases in zip(rows["zone"], rows[over], rows["interventions"], strict=True):
        if pd.notna(key):
            some = found.setdefault(zone, {})
            some[key] = some.get(key, 0.0) + float(cases)
    return found


@lru_cache(maxsize=64)
def _zones_of(_identity: Identity, chosen: Filters, cell_m: float | None) -> dict[str, set[str]]:
    """Zones that hold a case, by neighbourhood."""
    rows = query("hotspot_profile", **chosen.params(), cell_m=cell_m)
    found: dict[str, set[str]] = {}
    for zone, area in zip(rows["zone"], rows["neighbourhood_id"], strict=True):
        found.setdefault(area, set()).add(zone)
    return found


def _together(by_zone: dict[str, dict[Any, float]], members: Iterable[str]) -> dict[Any, float]:
    found: dict[Any, float] = {}
    for zone in members:
        for key, cases in by_zone.get(zone, {}).items():
            found[key] = found.get(key, 0.0) + cases
    return found
