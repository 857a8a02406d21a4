"""Zones with more cases than their patrol hours lead to expect, for any hours of the service. No Streamlit."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd

from dashboard import warehouse
from dashboard.filters import Filters
from dashboard.hotspot_zones import Hours, basis, matrix, neighbourhood_name, presence, recorded, sums, zones
from dashboard.indicators.excess import Excess, Floats, excess
from dashboard.indicators.hotspots import Basis, benjamini_hochberg
from dashboard.indicators.rates import Rate, rate
from dashboard.warehouse import Identity, query

ALPHA = 0.05


@dataclass(frozen=True)
class Spot:
    """One zone: cases seen (`observed`), those expected, patrol hours of its neighbourhood, rates with intervals.

    `per_hour` is NaN where no presence is known; `ratio` is observed over expected; `p` is one-sided, before any
    account of how many zones were looked at; `is_established` takes it.
    """

    zone: str
    name: str
    neighbourhood_id: str
    longitude: float
    latitude: float
    observed: int
    expected: float
    hours: float
    per_hour: Rate
    ratio: Rate
    p: float
    is_established: bool = False

    @property
    def neighbourhood(self) -> str:
        """Name of its neighbourhood."""
        return neighbourhood_name(self.neighbourhood_id)

    @property
    def is_located(self) -> bool:
        """Whether it can be drawn on a map."""
        return not np.isnan(self.longitude)


@dataclass(frozen=True)
class Ranking:
    """Zones of a choice, those established first, then by ratio; what they rest on.

    `n` cases counted, of which the map's rates are made; `compared` zones were tested.
    """

    spots: tuple[Spot, ...]
    basis: Basis
    n: int
    compared: int

    @property
    def established(self) -> tuple[Spot, ...]:
        """Zones whose excess is established."""
        return tuple(spot for spot in self.spots if spot.is_established)


def ranking(chosen: Filters, when: Hours | None = None) -> Ranking:
    """Every zone of a choice against what its neighbourhood's patrol hours would give in an average zone."""
    return _ranking(warehouse.identity(), chosen, when or Hours())


@lru_cache(maxsize=64)
def _ranking(_identity: Identity, chosen: Filters, when: Hours) -> Ranking:
    table = zones().within(chosen.neighbourhoods)
    cases = when.of(query("hotspot_profile", **chosen.params(), cell_m=zones().cell_m))
    hours = presence(chosen)
    found, known = basis(hours, table["neighbourhood_id"]), when.of(hours)
    # Timetable hours are given to every neighbourhood at once: rates leave those days out, numbers do not need to.
    known = recorded(known) if found == "taux" else known
    patrolled = sums(known, "neighbourhood_id", "hours")
    counted = "recorded" if found == "taux" else "observed" if sum(patrolled.values()) > 0 else "interventions"
    compared = excess(*_by_hour(table, cases, counted, known if found == "taux" else None))
    flagged = benjamini_hochberg(compared.p, ALPHA)
    spots = [
        _spot(row, compared, at, patrolled.get(row["neighbourhood_id"], 0.0))
        for at, row in enumerate(table.to_dict("records"))
    ]
    spots = [replace(spot, is_established=bool(flag)) for spot, flag in zip(spots, flagged, strict=True)]
    spots.sort(key=lambda spot: (not spot.is_established, -_sortable(spot.ratio.low), -spot.observed))
    return Ranking(tuple(spots), found, int(compared.observed.sum()), int(np.sum(~np.isnan(compared.p))))


def _by_hour(
    table: pd.DataFrame, cases: pd.DataFrame, counted: str, hours: pd.DataFrame | None
) -> tuple[Floats, Floats | None]:
    """Cases and patrol hours of each zone, hour by hour; only its cases, all hours together, without patrol hours."""
    index = pd.Index(table["zone"], name="zone")
    if hours is None:
        return matrix(cases.assign(all=0), counted, index, "all", [0]), None
    strata = sorted({*hours["hour"].dropna(), *cases["hour"].dropna()})
    areas = pd.Index(table["neighbourhood_id"], name="neighbourhood_id")
    behind = matrix(hours, "hours", areas.unique(), "hour", strata)
    return matrix(cases, counted, index, "hour", strata), behind[areas.unique().get_indexer(areas)]


def _spot(row: dict[Hashable, Any], compared: Excess, at: int, hours: float) -> Spot:
    count, expected, p = int(compared.observed[at]), float(compared.expected[at]), float(compared.p[at])
    return Spot(
        zone=row["zone"],
        name=row["name"],
        neighbourhood_id=row["neighbourhood_id"],
        longitude=float(row["longitude"]),
        latitude=float(row["latitude"]),
        observed=count,
        expected=expected,
        hours=hours,
        per_hour=rate(count, hours),
        ratio=rate(count, 0.0 if np.isnan(p) else expected),
        p=p,
    )


def _sortable(value: float) -> float:
    return 0.0 if np.isnan(value) else value
