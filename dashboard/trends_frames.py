"""Frames of the warehouse as arrays: columns, rows kept, sums. What is missing is None."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Mask = NDArray[np.bool_]


def column(frame: pd.DataFrame, name: str) -> NDArray[Any]:
    """A column as an array of objects."""
    return np.array([None if pd.isna(value) else value for value in frame[name].tolist()], dtype=object)


def where(frame: pd.DataFrame, kept: Mask) -> pd.DataFrame:
    """The rows for which a condition holds."""
    return frame.take(np.flatnonzero(kept))


def equal(frame: pd.DataFrame, **values: Hashable) -> pd.DataFrame:
    """The rows where columns have these values (None: missing)."""
    for name, value in values.items():
        frame = where(frame, is_value(frame, name, value))
    return frame


def is_value(frame: pd.DataFrame, name: str, value: Hashable) -> Mask:
    """Rows where a column has this value (None: missing)."""
    if value is None:
        return np.asarray(frame[name].isna(), dtype=bool)
    return np.asarray(frame[name].eq(value).fillna(False), dtype=bool)


def total(frame: pd.DataFrame, name: str) -> float:
    """Sum of a column."""
    return float(frame[name].to_numpy(float).sum())


def totals(frame: pd.DataFrame, by: str, name: str) -> dict[Any, float]:
    """Sum of a column for each value of another; rows without it are left out."""
    sums: dict[Any, float] = {}
    for key, value in zip(column(frame, by).tolist(), frame[name].tolist(), strict=True):
        if key is not None:
            sums[key] = sums.get(key, 0.0) + float(value)
    return sums
