"""The planted parameters, read from `pipelines/demo_truth.toml`."""

from __future__ import annotations

import tomllib
from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

FILE = Path(__file__).resolve().parent.parent / "demo_truth.toml"
RESIDENCE = "residence"
TELEPHONE = "telephone"  # the place type of what never had a place


@dataclass(frozen=True)
class Zone:
    """A neighbourhood and its profile; `rate` is in interventions per 100 patrol hours."""

    id: str
    name: str
    spellings: tuple[str, ...]
    rate: float
    hours: dict[int, float]
    weekdays: dict[int, float]
    summer: float
    request_share: float

    def per_patrol_hour(self, hour: int, weekday: int, summer: bool) -> float:
        """Interventions expected in one patrol hour (clock hour, 1 = Monday)."""
        return self.rate / 100 * self.hours[hour] * self.weekdays[weekday] * (self.summer if summer else 1.0)


@dataclass(frozen=True)
class Place:
    """A place of the fictional territory; `landlord` and `dwellings` for residences."""

    id: str
    kind: str
    zone: str
    label: str
    lon: float
    lat: float
    weight: float
    landlord: str | None
    dwellings: int | None


@dataclass(frozen=True)
class Truth:
    """Zones and places, and the other sections as the file gives them."""

    zones: tuple[Zone, ...]
    places: tuple[Place, ...]
    raw: dict[str, Any]

    @property
    def motifs(self) -> tuple[str, ...]:
        return tuple(self.raw["motifs"])

    @property
    def origins(self) -> tuple[str, ...]:
        """`initiative_equipe` first, then what residents and partners ask."""
        asked = self.raw["origins"]
        return ("initiative_equipe", *asked["residents"], *asked["partners"])

    @property
    def place_types(self) -> tuple[str, ...]:
        """Place types that a motif can have; `telephone`, which has no place, last."""
        used = {kind: None for motif in self.raw["motifs"].values() for kind in motif["place_types"]}
        return (*used, TELEPHONE)

    def zone_index(self, name: str) -> int:
        return [zone.id for zone in self.zones].index(name)

    def place_index(self, name: str) -> int:
        return [place.id for place in self.places].index(name)


@cache
def load_truth() -> Truth:
    """Read the planted parameters."""
    raw = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return Truth(
        zones=tuple(_zone(entry) for entry in raw["zones"]),
        places=tuple(_place(entry) for entry in raw["places"]["list"]),
        raw=raw,
    )


def _zone(entry: dict[str, Any]) -> Zone:
    return Zone(
        id=entry["id"],
        name=entry["name"],
        spellings=tuple(entry["spellings"]),
        rate=entry["rate"],
        hours={int(hour): factor for hour, factor in entry["hours"].items()},
        weekdays={int(day): factor for day, factor in entry["weekdays"].items()},
        summer=entry["summer"],
        request_share=entry["request_share"],
    )


def _place(entry: dict[str, Any]) -> Place:
    return Place(
        id=entry["id"],
        kind=entry["kind"],
        zone=entry["zone"],
        label=entry["label"],
        lon=entry["lon"],
        lat=entry["lat"],
        weight=entry["weight"],
        landlord=entry.get("landlord"),
        dwellings=entry.get("dwellings"),
    )


def months_before(day: date, months: int) -> date:
    """The same day of the month `months` earlier, or the last of that month when it is shorter."""
    index = day.year * 12 + day.month - 1 - months
    year, month = index // 12, index % 12 + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def first_of_month_before(day: date, months: int) -> date:
    """First day of the month `months` before the month of `day`."""
    return months_before(day, months).replace(day=1)
