"""« Ce qui a changé »: the period against the same dates a year before, everything compared at once. No Streamlit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd

from dashboard import warehouse
from dashboard.indicators.activity import SAME_SOURCE
from dashboard.indicators.changes import Change, Compared, Side, changes
from dashboard.indicators.trends import PER_HOURS
from dashboard.trends import MOST_ZONES, Reading, dispersion, has_presence, kinds, source_of, zone_names
from dashboard.trends_frames import Mask, column, equal, is_value, total, totals, where
from dashboard.warehouse import Identity, query

# Times of day by their first clock hour; the hours before the first one belong to the night before.
BANDS = {"matin": 6, "apres_midi": 12, "soiree": 18, "nuit": 21}


def changed(reading: Reading) -> tuple[Change, ...] | str:
    """Every comparison with the year before, or why there is none."""
    return _changed(warehouse.identity(), reading)


@lru_cache(maxsize=64)
def _changed(_identity: Identity, reading: Reading) -> tuple[Change, ...] | str:
    before = reading.filters.previous()
    if before is None:
        is_whole = reading.filters.period == "tout"
        return (
            "Toute la période est affichée : choisissez-en une plus courte pour la comparer à l’année d’avant."
            if is_whole
            else "Les données ne remontent pas à un an avant : pas de comparaison."
        )
    sides = [_Period(replace(reading, filters=filters)) for filters in (reading.filters, before)]
    if sides[0].per_hours and (gap := _source_gap(sides)):
        return gap
    apart = [replace(reading, kind=kind) for kind in kinds(reading.filters) if kind != "toutes"]
    whole = [replace(_overall(sides, of_kind), dispersion=dispersion(of_kind)) for of_kind in apart]
    varying = dispersion(reading)
    parts = [replace(one, dispersion=varying) for one in (*_by_zone(sides), *_by_band(sides), *_by_motif(sides))]
    return changes([*whole, *parts], PER_HOURS if sides[0].per_hours else 1.0)


def band_of(hour: float) -> str:
    """Time of day of a clock hour; what comes before the first band is still the night."""
    known = [name for name, first in BANDS.items() if hour >= first]
    return known[-1] if known else "nuit"


class _Period:
    """Counts and exposures of one period; the events of days whose presence is known, where any is."""

    def __init__(self, reading: Reading) -> None:
        params = reading.filters.params()
        self.reading, self.per_hours = reading, has_presence()
        found = query("trend_cells", **params)
        self.any_kind = where(found, ~is_value(found, "source", None)) if self.per_hours else found
        self.cells = reading.of_kind(self.any_kind)
        self.presence = query("trend_presence", **params)
        self.whole = equal(self.presence, neighbourhood_id=None)
        self.hours = total(self.whole, "hours")
        self.days = total(query("trend_days", **params), "days")

    @property
    def exposure(self) -> float:
        return self.hours if self.per_hours else self.days

    def side(self, keep: Callable[[pd.DataFrame], Mask]) -> Side:
        """Events and exposure of the rows kept of the cells and, with presence, of the hours of all neighbourhoods."""
        count = int(total(where(self.cells, keep(self.cells)), "interventions"))
        return Side(count, total(where(self.whole, keep(self.whole)), "hours") if self.per_hours else self.days)

    def zone(self, zone: str, source: str) -> Side:
        """One neighbourhood, on the days whose presence comes from `source`."""
        if not self.per_hours:
            return Side(int(total(equal(self.cells, neighbourhood_id=zone), "interventions")), self.days)
        here = [equal(frame, neighbourhood_id=zone, source=source) for frame in (self.cells, self.presence)]
        return Side(int(total(here[0], "interventions")), total(here[1], "hours"))


def _source_gap(sides: Sequence[_Period]) -> str | None:
    if not all(side.hours for side in sides):
        return "Une des deux périodes n’est pas observée : aucune heure de présence n’y est connue."
    shares = [total(equal(side.whole, source="horaires"), "hours") / side.hours for side in sides]
    if abs(shares[0] - shares[1]) > SAME_SOURCE:
        return "Les heures des deux périodes ne viennent pas de la même source : pas de comparaison."
    return None


def _overall(sides: Sequence[_Period], reading: Reading) -> Compared:
    now, before = (Side(int(total(reading.of_kind(side.any_kind), "interventions")), side.exposure) for side in sides)
    return Compared("ensemble", reading.kind, now, before)


def _by_zone(sides: Sequence[_Period]) -> list[Compared]:
    """Neighbourhoods; where the export knows the place, days of the timetable are left out on both sides."""
    names = zone_names()
    events = [totals(side.cells, "neighbourhood_id", "interventions") for side in sides]
    present = [totals(side.presence, "neighbourhood_id", "hours") for side in sides]
    found = {zone for known in (*events, *present) for zone in known if zone in names}
    if len(found) < 2:  # noqa: PLR2004 - one neighbourhood is the whole
        return []
    source = "presence" if all(source_of(side.presence) == "presence" for side in sides) else "horaires"
    ranked = sorted(found, key=lambda zone: (-sum(known.get(zone, 0) for known in events), zone))
    now, before = sides
    return [
        Compared("quartier", names[zone], now.zone(zone, source), before.zone(zone, source))
        for zone in ranked[:MOST_ZONES]
    ]


def _by_band(sides: Sequence[_Period]) -> list[Compared]:
    """Times of day, by the hour that was written down."""

    def within(band: str) -> Callable[[pd.DataFrame], Mask]:
        return lambda frame: np.array([_is_in(hour, band) for hour in column(frame, "hour")], dtype=bool)

    now, before = sides
    compared = [Compared("heure", band, now.side(within(band)), before.side(within(band))) for band in BANDS]
    return [one for one in compared if one.now.count or one.before.count]


def _is_in(hour: Any, band: str) -> bool:  # noqa: ANN401 - a cell
    return hour is not None and band_of(hour) == band


def _by_motif(sides: Sequence[_Period]) -> list[Compared]:
    counted = "observed" if sides[0].per_hours else "interventions"
    now, before = (
        totals(side.reading.of_kind(query("trend_motifs", **side.reading.filters.params())), "motif", counted)
        for side in sides
    )
    both = {motif: now.get(motif, 0) + before.get(motif, 0) for motif in {*now, *before}}
    ranked = sorted((motif for motif in both if both[motif]), key=lambda motif: (-both[motif], motif))
    return [
        Compared(
            "motif",
            motif,
            Side(int(now.get(motif, 0)), sides[0].exposure),
            Side(int(before.get(motif, 0)), sides[1].exposure),
        )
        for motif in ranked
    ]
