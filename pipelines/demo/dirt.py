"""One row in fifty is dirty: how many of each kind, which rows, and what it does to them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.demo.draws import apportion
from pipelines.demo.truth import Truth
from pipelines.errors import SettingsError

DUPLICATES = ("repetition", "correction")
REJECTED = ("date_illisible", "date_hors_limites", "sans_lieu")
LEAST_ROWS = 100


@dataclass(frozen=True)
class PlantedDirt:
    """How many rows are dirty, and how.

    `lines`: data lines of each interventions file, by name, in reading order.
    `files`: dirty rows of each yearly file by kind. A `repetition` is the second copy of a line of the same file; a
    `correction` is a row of this file that the corrections file replaces. Each dirty row has one kind.
    """

    lines: dict[str, int]
    files: dict[str, dict[str, int]]

    @property
    def kinds(self) -> dict[str, int]:
        """Dirty rows by kind, over all files."""
        names = next(iter(self.files.values()))
        return {name: sum(found[name] for found in self.files.values()) for name in names}

    @property
    def total_lines(self) -> int:
        """Data lines of all interventions files."""
        return sum(self.lines.values())

    @property
    def dirty(self) -> int:
        """Dirty rows of every kind."""
        return sum(self.kinds.values())

    @property
    def duplicates(self) -> int:
        """Lines that a reader must set aside as duplicates: second copies, and rows replaced by a later file."""
        return sum(self.kinds[name] for name in DUPLICATES)

    @property
    def rejected(self) -> int:
        """Lines that a reader must reject."""
        return sum(self.kinds[name] for name in REJECTED)

    @property
    def loaded(self) -> int:
        """Rows that must reach the warehouse."""
        return self.total_lines - self.duplicates - self.rejected


def dirt_counts(lines: int, truth: Truth) -> dict[str, int]:
    """Dirty rows by kind for that many data lines, at least one of each.

    Raises SettingsError under 100 lines.
    """
    if lines < LEAST_ROWS:
        raise SettingsError(f"rows = {lines} ; attendu : au moins {LEAST_ROWS} lignes d'interventions fictives.")
    dirt = truth.raw["dirt"]
    total = max(round(dirt["share"] * lines), len(dirt["kinds"]))
    shares = apportion(list(dirt["kinds"].values()), total, least=1)
    return dict(zip(dirt["kinds"], shares.tolist(), strict=True))


def distinct_rows(lines: int, truth: Truth) -> int:
    """Rows that are neither a repetition nor a correction, when the files hold that many lines."""
    counts = dirt_counts(lines, truth)
    return lines - sum(counts[name] for name in DUPLICATES)


def lines_for(distinct: int, truth: Truth) -> int:
    """The fewest lines whose distinct rows are that many."""
    lines = distinct
    while distinct_rows(lines, truth) < distinct:
        lines += distinct - distinct_rows(lines, truth)
    return lines


def place_dirt(distinct: int, counts: dict[str, int], rng: np.random.Generator) -> tuple[NDArray, NDArray]:
    """Which rows are dirty, in order, and their kinds (positions in `counts`): one row in each of equal stretches."""
    total = sum(counts.values())
    edges = np.arange(total + 1) * distinct // total
    rows = edges[:-1] + (rng.random(total) * np.diff(edges)).astype(np.int64)
    kinds = np.repeat(np.arange(len(counts), dtype=np.int8), list(counts.values()))
    return rows, rng.permutation(kinds)
