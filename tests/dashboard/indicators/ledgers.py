"""Ledgers with a known truth, for the tests of avoided costs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd


def ledger(
    *,
    effect: float = 0.8,
    treated: int = 8,
    comparison: int = 8,
    months: int = 36,
    after: int = 18,
    drift: float = 1.0,
    missing: float = 0.0,
    size: float = 5.0,
    seed: int = 1,
) -> pd.DataFrame:
    """A shuffled ledger: `size` repairs a residence and month, followed ones × `effect` after, × `drift` each year.

    Counts are negative binomial (mean² / 30), residences differ for good, a season and a growth are common to all.
    """
    rng = np.random.default_rng(seed)
    residences, month = treated + comparison, np.arange(months)
    dwellings = rng.integers(20, 80, residences)
    followed = np.arange(residences) < treated
    mean = size / 50 * dwellings[:, None] * np.exp(rng.normal(0, 0.25, residences))[:, None]
    mean = mean * (1 + 0.15 * np.cos(2 * np.pi * month / 12)) * 1.003**month
    mean = mean * np.where(followed[:, None], drift ** (month / 12), 1.0)
    mean = mean * np.where(followed[:, None] & (month >= months - after), effect, 1.0)
    frame = pd.DataFrame(
        {
            "month": np.tile(pd.date_range("2023-11-01", periods=months, freq="MS"), residences),
            "after": np.tile(month >= months - after, residences),
            "residence": np.repeat([f"Résidence {number:02}" for number in range(residences)], months),
            "treated": np.repeat(followed, months),
            "count": rng.negative_binomial(30, 30 / (30 + mean)).ravel(),
            "dwellings": np.repeat(dwellings, months),
        }
    )
    kept = np.flatnonzero(rng.random(len(frame)) >= missing)
    return frame.iloc[rng.permutation(kept)].reset_index(drop=True)


def rows(frame: pd.DataFrame, kept: Any) -> pd.DataFrame:
    """The rows kept, as a frame."""
    return pd.DataFrame(frame[np.asarray(kept, dtype=bool)])
