"""Figures of each neighbourhood, with their exposure and their interval; hours in the order of the service day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from dashboard.indicators.rates import Rate, rate

PER_HOURS = 100.0
PER_INHABITANTS = 1000.0
DAYS_A_YEAR = 365.25


@dataclass(frozen=True)
class Zone:
    """What is known of one neighbourhood, or of all of them together, for one choice of filters.

    `observed` are the interventions of days whose presence is known: the numerator of `per_hours`. A rate's value is
    NaN where its exposure is unknown or nil: not observed, or no population. `is_observed` is False where presence is
    known elsewhere but no patrol was here: then nothing could be recorded, whatever the rate is per.
    """

    id: str
    name: str
    interventions: int
    requests: int
    located: int
    observed: int
    hours: float
    is_observed: bool
    population: int | None
    population_source: str | None
    population_date: str | None
    per_hours: Rate
    per_inhabitants: Rate
    per_year: Rate


def zones(
    neighbourhoods: Iterable[Mapping[Any, Any]],
    counts: pd.DataFrame,
    presence: pd.DataFrame,
    *,
    days: int,
    is_presence_known: bool,
) -> list[Zone]:
    """One `Zone` a neighbourhood, in the order given.

    `neighbourhoods`: rows with neighbourhood_id, name, population, population_source, population_date. `counts`:
    neighbourhood_id, interventions, requests, located, observed. `presence`: neighbourhood_id, hours. `days`: days
    that the choice covers, for rates per year. `is_presence_known`: whether any presence is known in these data.
    """
    counted = {row["neighbourhood_id"]: row for row in counts.to_dict("records")}
    hours = {row["neighbourhood_id"]: row["hours"] for row in presence.to_dict("records")}
    return [
        _zone(
            row,
            counted.get(row["neighbourhood_id"], {}),
            hours.get(row["neighbourhood_id"]),
            days=days,
            is_presence_known=is_presence_known,
        )
        for row in neighbourhoods
    ]


def together(name: str, several: Iterable[Zone], hours: float | None, *, days: int, is_presence_known: bool) -> Zone:
    """Several neighbourhoods as one; `hours` are given, since timetable hours are shared and don't add up."""
    kept = list(several)
    populations = [zone.population for zone in kept]
    row: dict[str, Any] = {
        "neighbourhood_id": "",
        "name": name,
        "population": None if None in populations else sum(filter(None, populations)),
    }
    total: dict[str, Any] = {
        field: sum(getattr(zone, field) for zone in kept)
        for field in ("interventions", "requests", "located", "observed")
    }
    return _zone(row, total, hours, days=days, is_presence_known=is_presence_known)


def _zone(
    row: Mapping[Any, Any], counted: Mapping[Any, Any], hours: float | None, *, days: int, is_presence_known: bool
) -> Zone:
    known = {field: int(counted.get(field, 0)) for field in ("interventions", "requests", "located", "observed")}
    population = _number(row["population"])
    patrolled = float(hours) if hours is not None and pd.notna(hours) else 0.0
    is_observed = patrolled > 0 or not is_presence_known
    years = days / DAYS_A_YEAR if is_observed else 0.0
    return Zone(
        id=row["neighbourhood_id"],
        name=_text(row["name"]) or row["neighbourhood_id"],
        **known,
        hours=patrolled,
        is_observed=is_observed,
        population=population,
        population_source=_text(row.get("population_source")),
        population_date=_text(row.get("population_date")),
        per_hours=rate(known["observed"], patrolled, per=PER_HOURS),
        per_inhabitants=rate(known["interventions"], (population or 0) * years, per=PER_INHABITANTS),
        per_year=rate(known["interventions"], years),
    )


def service_order(hours: Iterable[int], day_starts: int) -> tuple[int, ...]:
    """Every clock hour from the first to the last of `hours`, in the order of a service day from `day_starts`.

    >>> service_order([23, 0, 14], 6)
    (14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 0)
    """
    since = sorted((hour - day_starts) % 24 for hour in hours)
    return tuple((offset + day_starts) % 24 for offset in range(since[0], since[-1] + 1)) if since else ()


def band(order: tuple[int, ...], first: int, last: int) -> tuple[int, ...]:
    """Hours from `first` to `last` included, in the order of the service day; empty, no restriction, for all."""
    start, end = sorted((order.index(first), order.index(last)))
    return () if (start, end) == (0, len(order) - 1) else order[start : end + 1]


def _number(value: object) -> int | None:
    return None if value is None or pd.isna(value) else int(value)  # type: ignore[call-overload]


def _text(value: object) -> str | None:
    return value.strip() or None if isinstance(value, str) else None
