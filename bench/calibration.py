"""How often something is flagged where nothing is planted: many seeded territories, the share with any false alarm.

`python -m bench --only calibration` prints the shares that `docs/methods.md` states. A territory has 61 places in three
neighbourhoods and two years of about 4,000 cases a year; one patrol goes from one neighbourhood to the next, and cases
are Poisson counts of rate × patrol hours, with a profile of the week and of the day. Nothing changes in time.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.measure import Figure
from dashboard.indicators.grid import Frame, frame
from dashboard.indicators.hotspots import (
    CELL_M,
    benjamini_hochberg,
    cell_counts,
    gi_star,
    local_excess,
    scan,
)

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

LEVEL = 0.05
TERRITORIES, QUICK = 200, 40
PLACES = (26, 15, 20)  # of each neighbourhood
CENTRES = ((0.0, 0.0), (-4000.0, 1500.0), (-2500.0, 1000.0))
RADIUS_M = 700.0
DAYS, CASES = 728, 8000
SERVICE_DAYS = (1, 2, 3, 4, 5)  # Tuesday to Saturday
HOURS = np.array([0.7, 0.8, 1.0, 1.2, 1.1, 1.0, 1.1, 1.3, 1.2])  # of each hour of a service
WEEK = np.array([0.0, 0.8, 1.1, 0.9, 1.1, 1.3, 0.0])
SHARES = (0.42, 0.27, 0.31)  # of each neighbourhood in the rounds
WEEKS, LONGEST = 7, 8
PERIODS = (728, 28)  # days of the maps: many cases in each cell, or a few
UNEVEN = 0.8  # standard deviation of the logarithm of places' own rates


@dataclass(frozen=True)
class Territory:
    """Places, the patrol hours of each neighbourhood by day, and the place and day of each case."""

    xy: Floats
    neighbourhood: Integers
    hours: Floats
    place: Integers
    day: Integers


def territory(seed: int, *, uneven: bool) -> Territory:
    """A seeded territory where nothing changes: equal places, or places that differ for good."""
    rng = np.random.default_rng(seed)
    neighbourhood = np.repeat(np.arange(len(PLACES)), PLACES)
    angle, reach = rng.uniform(0, 2 * math.pi, neighbourhood.size), RADIUS_M * np.sqrt(rng.random(neighbourhood.size))
    xy = np.array(CENTRES)[neighbourhood] + np.column_stack([np.cos(angle), np.sin(angle)]) * reach[:, None]
    hours = rounds(rng)
    own = np.exp(rng.normal(0, UNEVEN, neighbourhood.size)) if uneven else np.ones(neighbourhood.size)
    rates = own[:, None] * ((hours * HOURS).sum(axis=2) * WEEK[np.arange(DAYS) % 7])[neighbourhood]
    counts = rng.poisson(rates * CASES / rates.sum())
    place, day = np.nonzero(counts)
    times = counts[place, day]
    return Territory(xy, neighbourhood, hours.sum(axis=2), np.repeat(place, times), np.repeat(day, times))


def rounds(rng: np.random.Generator) -> Floats:
    """Patrol hours by neighbourhood, day and hour of the service: blocks of one to three hours in each."""
    hours = np.zeros((len(PLACES), DAYS, HOURS.size))
    for day in range(DAYS):
        if day % 7 in SERVICE_DAYS:
            blocks = rng.choice(len(PLACES), HOURS.size, p=SHARES)
            where = np.repeat(blocks, rng.integers(1, 4, HOURS.size))[: HOURS.size]
            hours[where, day, np.arange(HOURS.size)] = 1.0
    return hours


def scan_flags(seed: int, *, uneven: bool, by_neighbourhood: bool) -> bool:
    """Whether the weekly scan flags a cluster in a territory."""
    made = territory(seed, uneven=uneven)
    strata = made.neighbourhood[made.place] if by_neighbourhood else None
    found = scan(made.place, made.day // WEEKS, made.xy, max_duration=LONGEST, seed=seed, strata=strata)
    return any(cluster.p_value <= LEVEL for cluster in found.clusters)


def map_flags(seed: int, days: int) -> tuple[bool, bool]:
    """Whether Gi* with its normal p, and the exact test, flag a cell of equal places over the last days."""
    made = territory(seed, uneven=False)
    recent = made.day >= DAYS - days
    west, south = made.xy.min(axis=0)
    east, north = made.xy.max(axis=0)
    cells = frame((west, south, east, north), margin_m=1.0, cell_m=CELL_M)
    counts = held(made.xy[made.place[recent]], cells)
    hours = made.hours[:, DAYS - days :].sum(axis=1)
    exposure = sum(
        (hours[area] * held(made.xy[made.neighbourhood == area], cells) for area in range(len(PLACES))),
        start=np.zeros(cells.shape),
    )
    rates = np.divide(counts, exposure, out=np.full(cells.shape, np.nan), where=exposure > 0)
    normal, exact = gi_star(rates).p, local_excess(counts, exposure).p
    return bool(benjamini_hochberg(normal, LEVEL).any()), bool(benjamini_hochberg(exact, LEVEL).any())


def held(xy: Floats, cells: Frame) -> Floats:
    """Number of points in each cell."""
    return cell_counts(xy[:, 0], xy[:, 1], cells)


def share(name: str, flags: list[bool], *, is_promise: bool = True) -> Figure:
    """Share of territories with any flag; the target allows what chance does to a share of exactly the level."""
    n = len(flags)
    allowed = LEVEL + 1.645 * math.sqrt(LEVEL * (1 - LEVEL) / n)
    detail = f"{sum(flags)} of {n} territories; stated level {LEVEL:.0%}"
    return Figure(f"false alarms: {name}", 100 * sum(flags) / n, "%", 100 * allowed if is_promise else None, detail)


def measure(n: int) -> list[Figure]:
    """Shares of n territories with any false alarm; without a target, what the choices made here avoid."""
    seeds = range(n)
    equal = [scan_flags(seed, uneven=False, by_neighbourhood=True) for seed in seeds]
    uneven = [scan_flags(seed, uneven=True, by_neighbourhood=True) for seed in seeds]
    blind = [scan_flags(seed, uneven=False, by_neighbourhood=False) for seed in seeds[:QUICK]]
    figures = [
        share("scan by weeks within neighbourhoods, equal places", equal),
        share("scan by weeks within neighbourhoods, places that differ", uneven),
        share("the same scan blind to neighbourhoods, equal places", blind, is_promise=False),
    ]
    for days in PERIODS:
        maps = [map_flags(seed, days) for seed in seeds]
        figures += [
            share(f"cells over {days} days, exact test", [exact for _, exact in maps]),
            share(f"cells over {days} days, Gi* and its normal p", [normal for normal, _ in maps], is_promise=False),
        ]
    return figures
