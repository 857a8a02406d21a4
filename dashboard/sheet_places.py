"""Places of a neighbourhood, and the funnels of places, residences and neighbourhoods. No Streamlit."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from dashboard.filters import Filters
from dashboard.indicators import comparison
from dashboard.indicators.comparison import Funnel, Position
from dashboard.indicators.zones import PER_HOURS, PER_INHABITANTS
from dashboard.sheet_facts import About, Totals, is_presence_known, text, whole, years
from dashboard.warehouse import query

FunnelKind = Literal["residences", "lieux", "quartiers"]
Row = Mapping[Hashable, Any]
PER_DWELLINGS = 100.0


@dataclass(frozen=True)
class Place:
    """A place, its interventions, where the funnel of all places puts it, and its most frequent motif."""

    id: str
    name: str
    dwellings: int | None
    interventions: int
    position: Position
    motif: str
    motif_count: int


@dataclass(frozen=True)
class Unit:
    """A point of a funnel: its name, its neighbourhood, and whether it is the one of the sheet or in it."""

    name: str
    zone: str
    is_here: bool


@dataclass(frozen=True)
class Plot:
    """A funnel and what its points are."""

    kind: FunnelKind
    funnel: Funnel
    units: tuple[Unit, ...]


def places_and_plots(
    about: About, known: Sequence[About], totals: Mapping[str, Totals], chosen: Filters
) -> tuple[tuple[Place, ...], tuple[Plot, ...]]:
    """Places of a neighbourhood, most cited first, and the funnels that have enough units to say something.

    A place is watched for as long as its neighbourhood is patrolled; without presence, for the whole period.
    """
    rows = query("sheet_places", **chosen.params()).to_dict("records")
    is_rate = is_presence_known()
    watched = {one.id: totals.get(one.id, Totals()).hours if is_rate else years(chosen) for one in known}
    homes = [row for row in rows if (whole(row["dwellings"]) or 0) > 0]
    per = PER_HOURS if is_rate else 1.0
    hours = [watched.get(row["neighbourhood_id"], 0.0) for row in rows]
    homes_hours = [watched.get(row["neighbourhood_id"], 0.0) * row["dwellings"] for row in homes]
    every = comparison.funnel(_counts(rows), hours, per=per)
    residences = comparison.funnel(_counts(homes), homes_hours, per=per * PER_DWELLINGS)
    plots = (
        Plot("residences", residences, _units(homes, about, known)),
        Plot("lieux", every, _units(rows, about, known)),
        _zones(about, known, totals, chosen),
    )
    places = tuple(
        _place(row, position)
        for row, position in zip(rows, every.positions, strict=True)
        if row["neighbourhood_id"] == about.id
    )
    return places, tuple(plot for plot in plots if plot.funnel.comparisons >= comparison.LEAST_UNITS)


def _counts(rows: Sequence[Row]) -> list[int]:
    return [row["observed" if is_presence_known() else "interventions"] for row in rows]


def _units(rows: Sequence[Row], about: About, known: Sequence[About]) -> tuple[Unit, ...]:
    names = {one.id: one.name for one in known}
    return tuple(
        Unit(_name(row), names.get(row["neighbourhood_id"], ""), row["neighbourhood_id"] == about.id) for row in rows
    )


def _zones(about: About, known: Sequence[About], totals: Mapping[str, Totals], chosen: Filters) -> Plot:
    """Neighbourhoods against each other per patrol hour, else per inhabitant; not observed without either."""
    counted = [totals.get(one.id, Totals()) for one in known]
    if is_presence_known():
        counts, exposures, per = [one.observed for one in counted], [one.hours for one in counted], PER_HOURS
    else:
        counts = [one.interventions for one in counted]
        exposures, per = [(one.population or 0) * years(chosen) for one in known], PER_INHABITANTS
    units = tuple(Unit(one.name, one.name, one.id == about.id) for one in known)
    return Plot("quartiers", comparison.funnel(counts, exposures, per=per), units)


def _place(row: Row, position: Position) -> Place:
    return Place(
        id=str(row["place_id"]),
        name=_name(row),
        dwellings=whole(row["dwellings"]),
        interventions=int(row["interventions"]),
        position=position,
        motif=text(row["motif"]),
        motif_count=int(row["motif_interventions"]),
    )


def _name(row: Row) -> str:
    return text(row["name"]) or str(row["place_id"])
