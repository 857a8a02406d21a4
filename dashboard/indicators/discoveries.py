"""False discoveries: what stands when many p-values are looked at together."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats


def benjamini_hochberg(p: ArrayLike, alpha: float = 0.05) -> NDArray[np.bool_]:
    """Which of many p-values may be flagged with a false discovery rate of at most `alpha`.

    The step-up procedure of Benjamini and Hochberg (1995), for tests that are independent or positively dependent. Any
    shape; NaN is a test that was not made: never flagged, not counted.

    Raises ValueError when a p-value or `alpha` isn't between 0 and 1.
    """
    values = np.asarray(p, dtype=np.float64)
    if not 0 <= alpha <= 1:
        raise ValueError(f"alpha = {alpha!r}; expected a number between 0 and 1")
    made = ~np.isnan(values)
    tested = values[made]
    if np.any((tested < 0) | (tested > 1)):
        raise ValueError("p: numbers between 0 and 1 are expected")
    ordered = np.sort(tested)
    passing = np.flatnonzero(ordered <= alpha * np.arange(1, ordered.size + 1) / max(ordered.size, 1))
    if passing.size == 0:
        return np.zeros(values.shape, dtype=np.bool_)
    return made & (values <= ordered[passing[-1]])


def adjusted(p: ArrayLike) -> NDArray[np.float64]:
    """p-values adjusted by the same procedure: the lowest rate of false discoveries at which each would be flagged.

    Any shape; NaN, a test that was not made, stays NaN and is not counted. Raises ValueError when a p-value isn't
    between 0 and 1.
    """
    values = np.asarray(p, dtype=np.float64)
    found, made = np.full(values.shape, np.nan), ~np.isnan(values)
    if made.any():
        found[made] = stats.false_discovery_control(values[made])
    return found
