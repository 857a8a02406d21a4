"""Where the patrols are: blocks of time in one neighbourhood after another."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from pipelines.demo.days import Days, minutes
from pipelines.demo.truth import Truth

SHORTEST = 45  # a block shorter than this many minutes joins the one before it
DRAWS_PER_DAY = 64  # uniform numbers put aside for one day: two patrols use at most 40


@dataclass(frozen=True)
class Blocks:
    """One patrol in one neighbourhood: day and zone are indices, times in minutes of the service day."""

    day: NDArray[np.int32]
    zone: NDArray[np.int8]
    start: NDArray[np.int16]
    end: NDArray[np.int16]
    agents: NDArray[np.int8]

    def by_hour(self) -> Blocks:
        """The same presence cut at every clock hour."""
        first, last = self.start // 60, (self.end - 1) // 60
        pieces = (last - first + 1).astype(int)
        source = np.repeat(np.arange(len(self.day)), pieces)
        hour = first[source] + (np.arange(len(source)) - np.repeat(np.cumsum(pieces) - pieces, pieces))
        return Blocks(
            day=self.day[source],
            zone=self.zone[source],
            start=np.maximum(self.start[source], hour * 60).astype(np.int16),
            end=np.minimum(self.end[source], hour * 60 + 60).astype(np.int16),
            agents=self.agents[source],
        )


def patrol_blocks(days: Days, second_from: date, truth: Truth, rng: np.random.Generator) -> Blocks:
    """Blocks of both patrols; the second goes out from `second_from` on, except in school holidays."""
    opens = minutes(truth.raw["service"]["opens"])
    pause = [minutes(clock) for clock in truth.raw["patrols"]["break"]]
    evening_week = days.date.astype(int) // 7 % 2 == 1
    uniforms = rng.random((len(days), DRAWS_PER_DAY))
    reinforced = (days.date >= np.datetime64(second_from)) & ~days.holiday
    found: list[tuple[int, int, int, int, int]] = []
    for day in range(len(days)):
        draws = iter(uniforms[day].tolist())
        afternoon, evening = (opens, pause[0]), (pause[1], int(days.closes[day]))
        second = [evening if evening_week[day] else afternoon] if reinforced[day] else []
        taken: set[tuple[int, int, int]] = set()
        for outing in ([afternoon, evening], second):
            found += [(day, *block) for block in _outing(outing, taken, truth, draws)]
    columns = np.array(found, dtype=np.int32).T
    return Blocks(
        day=columns[0],
        zone=columns[1].astype(np.int8),
        start=columns[2].astype(np.int16),
        end=columns[3].astype(np.int16),
        agents=columns[4].astype(np.int8),
    )


def _outing(
    stretches: list[tuple[int, int]], taken: set[tuple[int, int, int]], truth: Truth, draws: Iterator[float]
) -> Iterator[tuple[int, int, int, int]]:
    patrols = truth.raw["patrols"]
    sizes = [int(size) for size in patrols["agents"]]
    agents = sizes[_pick(list(patrols["agents"].values()), next(draws))]
    for begin, stop in stretches:
        at, here = begin, -1
        while at < stop:
            shares = _shares(at, truth)
            here = _pick([0 if zone == here else share for zone, share in enumerate(shares)], next(draws))
            lengths = patrols["block_minutes"]
            until = at + lengths[int(next(draws) * len(lengths))]
            until = stop if stop - until < SHORTEST else until
            while (here, at, until) in taken:  # two equal rows of presence would be read as one
                here = (here + 1) % len(shares)
            taken.add((here, at, until))
            yield here, at, until, agents
            at = until


def _shares(at: int, truth: Truth) -> list[int]:
    bands, patrols = truth.raw["bands"], truth.raw["patrols"]
    if at < bands["evening"] * 60:
        return patrols["afternoon"]
    return patrols["evening"] if at < bands["late"] * 60 else patrols["late"]


def _pick(weights: list[int], uniform: float) -> int:
    left = uniform * sum(weights)
    for index, weight in enumerate(weights):
        left -= weight
        if left < 0:
            return index
    return max(index for index, weight in enumerate(weights) if weight)
