"""The interventions files: one a calendar year, and one of corrections that comes after them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import groupby
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipelines.demo.files import BatchMaker, write_interventions
from pipelines.demo.plan import CORRECTIONS_FILE, Chunk, Plan, interventions_file
from pipelines.demo.rows import RowMaker
from pipelines.demo.spoil import NEED_PLACE, corrected, spoil, with_repetitions
from pipelines.demo.truth import Truth

Progress = Callable[[str, float], None]


class Interventions:
    """Writes the interventions files of a plan; corrections gather while the years are written."""

    def __init__(self, plan: Plan, seed: int, truth: Truth, tell: Progress) -> None:
        self._plan, self._seed, self._tell = plan, seed, tell
        self._maker = RowMaker(plan, truth)
        self._to_batch = BatchMaker(self._maker.words)
        self._kinds = list(truth.raw["dirt"]["kinds"])
        self._corrections: list[pa.RecordBatch] = []

    def write(self, folder: Path) -> list[Path]:
        """Write the files, the corrections last; returns them in that order."""
        written = []
        for year, chunks in groupby(self._plan.chunks(), key=lambda chunk: chunk.year):
            written.append(folder / interventions_file(year))
            write_interventions(written[-1], self._batches(chunks, written[-1].name))
        written.append(folder / CORRECTIONS_FILE)
        write_interventions(written[-1], iter(self._corrections))
        return written

    def _batches(self, chunks: Iterator[Chunk], name: str) -> Iterator[pa.RecordBatch]:
        total = int(self._plan.counts.sum())
        for chunk in chunks:
            self._tell(name, chunk.first_row / total)
            rng = np.random.default_rng([self._seed, 3, chunk.first_row])
            size = int(self._plan.counts[chunk.cells].sum())
            marked = self._marked(chunk.first_row, size)
            needs_place = np.zeros(size, dtype=bool)
            needs_place[np.concatenate([marked[kind] for kind in NEED_PLACE])] = True
            rows = self._maker.make(chunk, needs_place, rng)
            spoil(rows, marked, self._maker, rng)
            if len(marked["correction"]):
                taken = {column: values[marked["correction"]] for column, values in rows.items()}
                self._corrections.append(self._to_batch(corrected(taken, self._maker)))
            yield self._to_batch(with_repetitions(rows, marked["repetition"], rng))

    def _marked(self, first: int, size: int) -> dict[str, NDArray[np.int64]]:
        """Dirty rows of a chunk by kind, as positions in the chunk."""
        bounds = slice(*np.searchsorted(self._plan.dirty, np.array([first, first + size])).tolist())
        spots, carried = self._plan.dirty[bounds] - first, self._plan.kinds[bounds]
        return {kind: spots[carried == code] for code, kind in enumerate(self._kinds)}
