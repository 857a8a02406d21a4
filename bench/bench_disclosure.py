"""Disclosure control on a year of published figures, as many and as sparse as a territory's.

`python -m bench.bench_disclosure` prints the figures that docs/methods.md states.
"""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import linprog

from bench.measure import Figure
from dashboard.indicators.disclosure import Linked, exposed, protect_linked
from dashboard.indicators.disclosure_cover import relation_conditions

QUARTERS = 4
# Seed, zones, categories of each family, records of an average cell.
YEARS = ((1, 7, (12,), 20.0), (1, 7, (12, 8), 20.0), (2, 8, (12, 8, 3, 6), 20.0), (3, 8, (12, 8, 3, 6), 10.0))
LIMIT = 5.0  # seconds of processor
Key = tuple[int, int, int, int]
Row = tuple[int, list[int]]


@dataclass(frozen=True)
class Year:
    """A year's system and the place of each figure: (family, zone, category, quarter), -1 standing for the sum."""

    linked: Linked
    places: dict[tuple[int, int, int, int], int]


def year(seed: int, zones: int, families: tuple[int, ...], mean: float, threshold: float = 11) -> Year:
    """Records spread over zones, quarters and, for each family, categories; every sum is a figure too.

    families: number of categories of each. mean: records of an average cell of the first family, a quarter.
    """
    rng = np.random.default_rng(seed)
    weight = rng.gamma(2.0, 1.0, (zones, QUARTERS))
    total = rng.poisson(mean * families[0] * weight / weight.mean())
    places: dict[Key, int] = {}
    values: list[int] = []
    rows: list[Row] = []
    for family, size in enumerate(families):
        cube = _cube(rng, total, size)
        number = np.empty(cube.shape, dtype=int)
        for index, value in np.ndenumerate(cube):
            ends = (-1 if place == length - 1 else place for place, length in zip(index, cube.shape, strict=True))
            zone, category, quarter = ends
            key = (family if category >= 0 else -1, zone, category, quarter)
            if key not in places:
                places[key] = len(values)
                values.append(int(value))
            number[index] = places[key]
        for axis in range(3):
            lines = np.moveaxis(number, axis, -1).reshape(-1, number.shape[axis])
            rows += [(int(line[-1]), line[:-1].tolist()) for line in lines]
    return Year(_linked(values, rows, places, threshold), places)


def _cube(rng: np.random.Generator, total: NDArray[np.int64], size: int) -> NDArray[np.int64]:
    """Counts by zone, category and quarter, sums at the end of each axis."""
    zones = total.shape[0]
    shares = rng.dirichlet(np.full(size, 0.7), zones)
    cube = np.zeros((zones + 1, size + 1, QUARTERS + 1), dtype=np.int64)
    for zone in range(zones):
        cube[zone, :size, :QUARTERS] = rng.multinomial(total[zone], shares[zone]).T
    cube[-1] = cube[:-1].sum(axis=0)
    cube[:, -1] = cube[:, :-1].sum(axis=1)
    cube[:, :, -1] = cube[:, :, :-1].sum(axis=2)
    return cube


def _linked(values: list[int], rows: list[Row], places: dict[Key, int], threshold: float) -> Linked:
    """Every figure shown, sums dearer than cells."""
    never = np.zeros(len(values), dtype=bool)
    sums = np.array([sum(part < 0 for part in key[1:]) for key in places], dtype=float)
    relations = _relations(rows, len(values))
    return Linked(np.array(values, float), relations, np.full(never.size, threshold), ~never, never, never, 4.0**sums)


def _relations(rows: list[Row], size: int) -> sparse.csr_array:
    """Each total minus its parts, shape (len(rows), size)."""
    relations = sparse.lil_array((len(rows), size))
    for line, (total, parts) in enumerate(rows):
        relations[line, total] = 1
        relations[line, parts] = -1
    return relations.tocsr()


def owned(common: Year, mask: NDArray[np.bool_], seed: int, share: float) -> Linked:
    """A year whose mask is published, and on top of it one owner's part of each of the territory's figures of family 0.

    The owner's figures and their sums are shown, what is left to the others is never shown.
    """
    rng = np.random.default_rng(seed)
    first, size = common.linked, common.linked.values.size
    keys = [key for key in common.places if key[1] == -1 and key[2] >= 0 and key[0] == 0 and key[3] >= 0]
    categories, quarters = 1 + max(key[2] for key in keys), QUARTERS
    part = np.zeros((categories + 1, quarters + 1), dtype=int)
    for key in keys:
        part[key[2], key[3]] = rng.binomial(int(first.values[common.places[key]]), share)
    part[-1], part[:, -1] = part[:-1].sum(axis=0), part[:, :-1].sum(axis=1)
    part[-1, -1] = part[-1, :-1].sum()
    own = size + np.arange(part.size).reshape(part.shape)
    rows = [(int(own[line, -1]), own[line, :-1].tolist()) for line in range(categories + 1)]
    rows += [(int(own[-1, column]), own[:-1, column].tolist()) for column in range(quarters + 1)]
    values, rest = [*first.values, *part.ravel()], []
    for (category, quarter), place in np.ndenumerate(own):
        key = (0 if category < categories else -1, -1, category if category < categories else -1)
        whole = common.places[*key, quarter if quarter < quarters else -1]
        rest.append(first.values[whole] - part[category, quarter])
        rows.append((whole, [int(place), size + part.size + len(rest) - 1]))
    values = np.array([*values, *rest], dtype=float)
    stage = np.repeat([0, 1, 2], [size, part.size, part.size])
    relations = _relations(rows, values.size)
    tied = sparse.hstack([first.relations, sparse.csr_array((first.relations.shape[0], 2 * part.size))])
    return Linked(
        values,
        sparse.vstack([tied, relations], format="csr"),
        np.concatenate([first.thresholds, np.full(part.size, 11.0), np.zeros(part.size)]),
        stage < 2,
        np.concatenate([~mask, np.zeros(2 * part.size, dtype=bool)]),
        np.concatenate([mask, np.zeros(2 * part.size, dtype=bool)]),
        np.concatenate([first.weights, np.ones(2 * part.size)]),
    )


def measure() -> list[Figure]:
    """Seconds of processor for years of several sizes, and how far from the cheapest each mask can be."""
    figures = []
    for seed, zones, families, mean in YEARS:
        made = year(seed, zones, families, mean).linked
        start = time.process_time()
        mask = protect_linked(made)
        taken = time.process_time() - start
        primary = made.sensitive
        floor = least(made)
        added = mask & ~primary
        name = f"{made.values.size} figures, {primary.sum() / (made.values > 0).sum():.0%} sensitive"
        gap = 100 * (made.weights[mask].sum() / floor - 1)
        detail = f"{primary.sum()} sensitive, {added.sum()} hidden for them, {exposed(made, mask).size} exposed"
        figures.append(Figure(f"protecting {name}", taken, "s", LIMIT, detail))
        figures.append(Figure("  cost over a floor that no mask can beat", gap, "%"))
    return figures


def least(linked: Linked) -> float:
    """A cost that no safe mask can be under: that of the conditions that each relation alone gives, relaxed."""
    conditions = relation_conditions(linked).matrix
    limits = np.column_stack([linked.sensitive, np.ones(linked.values.size)])
    found = linprog(linked.weights, A_ub=-conditions, b_ub=np.zeros(conditions.shape[0]), bounds=limits)
    return float(found.fun)


if __name__ == "__main__":
    for figure in measure():
        sys.stdout.write(f"{figure.name}: {figure.value:.2f} {figure.unit} {figure.detail}\n")
