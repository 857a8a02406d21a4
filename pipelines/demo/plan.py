"""What will be written, decided before any row is: presence, expected counts, counts, and where the dirt goes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from pipelines.demo.days import Days, first_day, service_days
from pipelines.demo.dirt import PlantedDirt, dirt_counts, distinct_rows, lines_for, place_dirt
from pipelines.demo.odds import band_of, place_odds
from pipelines.demo.presence import Blocks, patrol_blocks
from pipelines.demo.truth import Truth, first_of_month_before, months_before

ORDINARY, APPEARS, FADES = 0, 1, 2
CHUNK_ROWS = 60_000
CORRECTIONS_FILE = "fictif_interventions_corrections.csv"  # after the years, in any order of names


@dataclass(frozen=True)
class Cells:
    """Presence of one patrol in one zone within one clock hour, in order of time; a hotspot adds cells of its own."""

    day: NDArray[np.int32]
    zone: NDArray[np.int8]
    start: NDArray[np.int16]
    end: NDArray[np.int16]
    agents: NDArray[np.int8]
    source: NDArray[np.int8]  # ORDINARY, APPEARS or FADES
    expected: NDArray[np.float64]  # interventions, before a number of rows scales them


@dataclass(frozen=True)
class Chunk:
    """Whole days of one calendar year, small enough to be made in memory; `cells` is a slice of the plan's."""

    year: int
    cells: slice
    first_row: int
    first_number: int  # of the first row, in its year


@dataclass(frozen=True)
class Plan:
    """Everything that is decided before rows are made."""

    start: date
    end: date
    days: Days
    blocks: Blocks
    cells: Cells
    counts: NDArray[np.int64]  # rows of each cell
    dirty: NDArray[np.int64]  # rows that carry dirt, numbered from 0 in order of time
    kinds: NDArray[np.int8]  # what they carry: positions in [dirt.kinds]

    def chunks(self) -> list[Chunk]:
        """The rows in order of time."""
        a_day = np.bincount(self.cells.day, self.counts, len(self.days)).astype(np.int64)
        before = np.cumsum(a_day) - a_day
        year = self.days.year
        group = np.stack([year, before // CHUNK_ROWS])
        firsts = np.flatnonzero(np.any(np.diff(group, prepend=-1) != 0, axis=0))
        chunks, first_of_year = [], {}
        for first, last in zip(firsts, [*firsts[1:], len(self.days)], strict=True):
            cells = slice(*np.searchsorted(self.cells.day, np.array([first, last])).tolist())
            row = int(before[first])
            number = row - first_of_year.setdefault(int(year[first]), row) + 1
            chunks.append(Chunk(int(year[first]), cells, row, number))
        return [chunk for chunk in chunks if self.counts[chunk.cells].any()]

    def planted(self, truth: Truth) -> PlantedDirt:
        """The dirt counted by file."""
        names = list(truth.raw["dirt"]["kinds"])
        cell_year = self.days.year[self.cells.day]
        dirty_year = cell_year[np.searchsorted(np.cumsum(self.counts), self.dirty, side="right")]
        files: dict[str, dict[str, int]] = {}
        lines: dict[str, int] = {}
        for year in np.unique(cell_year[self.counts > 0]).tolist():
            found = np.bincount(self.kinds[dirty_year == year], minlength=len(names)).tolist()
            files[interventions_file(year)] = dict(zip(names, found, strict=True))
            rows = int(self.counts[cell_year == year].sum())
            lines[interventions_file(year)] = rows + files[interventions_file(year)]["repetition"]
        lines[CORRECTIONS_FILE] = sum(found["correction"] for found in files.values())
        return PlantedDirt(lines=lines, files=files)


def interventions_file(year: int | str) -> str:
    """Name of the interventions file of a calendar year."""
    return f"fictif_interventions_{year}.csv"


def make_plan(end: date, rows: int | None, years: int, seed: int, truth: Truth) -> Plan:
    """Decide everything but what the rows say.

    `rows`: lines of all interventions files together; None draws them from the planted rates.
    Raises SettingsError for a period or a number of rows that can't be made.
    """
    streams = [np.random.default_rng(child) for child in np.random.SeedSequence(seed).spawn(4)]
    days = service_days(end, years, truth, streams[0])
    second_from = first_of_month_before(end, truth.raw["patrols"]["second_starts_months_before_end"])
    blocks = patrol_blocks(days, second_from, truth, streams[1])
    cells = _cells(days, blocks, end, truth)
    if rows is None:
        counts = streams[2].poisson(cells.expected)
        lines = lines_for(int(counts.sum()), truth)
    else:
        counts = streams[2].multinomial(distinct_rows(rows, truth), cells.expected / cells.expected.sum())
        lines = rows
    dirty, kinds = place_dirt(int(counts.sum()), dirt_counts(lines, truth), streams[3])
    return Plan(
        start=first_day(end, years, truth),
        end=end,
        days=days,
        blocks=blocks,
        cells=cells,
        counts=counts,
        dirty=dirty,
        kinds=kinds,
    )


def _cells(days: Days, blocks: Blocks, end: date, truth: Truth) -> Cells:
    pieces = blocks.by_hour()
    hour = pieces.start // 60
    ordinary = _rates(truth)[pieces.zone, hour % 24, days.weekday[pieces.day], days.summer[pieces.day].astype(int)]
    ordinary = ordinary * (pieces.end - pieces.start) / 60 * ~days.unrecorded[pieces.day]
    expected = [ordinary]
    for spot, excess in zip(("appears", "fades"), _excess(days, end, truth), strict=True):
        planted = truth.raw["hotspots"][spot]
        place = truth.places[truth.place_index(planted["place"])]
        there = (pieces.zone == truth.zone_index(place.zone)) & np.isin(hour % 24, planted["hours"])
        expected.append(ordinary * there * excess[pieces.day] * place_odds(place, truth)[band_of(hour, truth)])
    source, piece = np.nonzero(np.stack(expected) > 0)
    order = np.lexsort((source, pieces.zone[piece], pieces.start[piece], pieces.day[piece]))
    source, piece = source[order], piece[order]
    return Cells(
        day=pieces.day[piece],
        zone=pieces.zone[piece],
        start=pieces.start[piece],
        end=pieces.end[piece],
        agents=pieces.agents[piece],
        source=source.astype(np.int8),
        expected=np.stack(expected)[source, piece],
    )


def _rates(truth: Truth) -> NDArray[np.float64]:
    """Interventions per patrol hour by zone, clock hour, weekday (1 = Monday) and season (1 = summer)."""
    rates = np.zeros((len(truth.zones), 24, 8, 2))
    for index, zone in enumerate(truth.zones):
        for hour in zone.hours:
            for weekday in zone.weekdays:
                rates[index, hour, weekday] = [zone.per_patrol_hour(hour, weekday, summer) for summer in (False, True)]
    return rates


def _excess(days: Days, end: date, truth: Truth) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """What each hotspot adds on each day, in times the ordinary rate of its place."""
    appears, fades = truth.raw["hotspots"]["appears"], truth.raw["hotspots"]["fades"]
    begins = np.datetime64(months_before(end, appears["starts_months_before_end"]) + timedelta(days=1))
    fades_from = np.datetime64(months_before(end, fades["fades_from_months_before_end"]))
    fades_to = np.datetime64(months_before(end, fades["fades_to_months_before_end"]))
    left = np.clip((fades_to - days.date) / (fades_to - fades_from), 0.0, 1.0)
    return (days.date >= begins) * (appears["ratio"] - 1.0), left * (fades["ratio"] - 1.0)
