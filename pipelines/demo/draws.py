"""Categorical draws by table: one 16-bit number and one look-up a value, whatever the number of categories."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

RESOLUTION = 1 << 16
NOTHING = ""  # the category that leaves a value empty


class Draw:
    """Draws of one category given a key, with the weights given for each key.

    Weights are rounded to 1/65536 by largest remainders. Codes are positions in `vocabulary`; -1 is an empty value.
    """

    def __init__(self, weights: Sequence[Mapping[str, float]], vocabulary: Sequence[str]) -> None:
        position = {value: code for code, value in enumerate(vocabulary)} | {NOTHING: -1}
        table = np.empty((len(weights), RESOLUTION), dtype=np.int8)
        for key, row in enumerate(weights):
            codes = np.array([position[value] for value in row], dtype=np.int8)
            table[key] = np.repeat(codes, apportion(list(row.values()), RESOLUTION))
        self._table = table.ravel()

    def __call__(self, rng: np.random.Generator, keys: NDArray[np.integer]) -> NDArray[np.int8]:
        """One code for each key."""
        uniform = rng.integers(0, RESOLUTION, len(keys), dtype=np.uint16)
        return self._table[keys.astype(np.int32) * RESOLUTION + uniform]


def apportion(weights: Sequence[float], total: int, *, least: int = 0) -> NDArray[np.int64]:
    """Whole numbers proportional to `weights`, at least `least` each, summing to `total` (largest remainders).

    Raises ValueError when `total` can't hold `least` for everybody.
    """
    if total < least * len(weights):
        raise ValueError(f"{total} can't give {least} to each of {len(weights)}")
    exact = np.asarray(weights, dtype=float) / sum(weights) * total
    shares = np.maximum(np.floor(exact), least).astype(np.int64)
    while (missing := total - int(shares.sum())) != 0:
        if missing > 0:
            shares[np.argsort(shares - exact, kind="stable")[:missing]] += 1
        else:
            shares[np.argmax(np.where(shares > least, shares - exact, -np.inf))] -= 1
    return shares


def happens(rng: np.random.Generator, share: float, size: int) -> NDArray[np.bool_]:
    """True for `share` of `size` values, at random."""
    return rng.integers(0, RESOLUTION, size, dtype=np.uint16) < round(share * RESOLUTION)


class NumberDraw:
    """Draws of a whole number given a key; the categories are numbers written as text."""

    def __init__(self, weights: Sequence[Mapping[str, float]]) -> None:
        names = list(dict.fromkeys(name for row in weights for name in row))
        self._values = np.array([int(name) for name in names], dtype=np.int16)
        self._draw = Draw(weights, names)

    def __call__(self, rng: np.random.Generator, keys: NDArray[np.integer]) -> NDArray[np.int16]:
        """One number for each key."""
        return self._values[self._draw(rng, keys)]
