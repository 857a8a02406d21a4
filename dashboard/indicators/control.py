"""Monthly series of counts over an exposure: Laney's u' control chart, and trend and season by STL. Arrays in."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

BASELINE, RUN, WIDTH = 12, 8, 3.0
# Mean distance of two independent standard normal draws: the moving range divided by it estimates sigma.
D2 = 1.128
PERIOD, FEWEST_YEARS, SEASONAL = 12, 2, 13


@dataclass(frozen=True)
class Point:
    """One point; NaN without exposure. `is_out`: beyond a limit; `in_run`: part of a run of 8 on one side."""

    value: float
    low: float
    high: float
    is_out: bool
    in_run: bool


@dataclass(frozen=True)
class ControlChart:
    """A u' chart: centre and `dispersion` (sigma_z) come from the first `baseline` observed points, then never move.

    `dispersion` is as estimated; limits take 1 when it is lower (see `u_prime`).
    `is_provisional`: fewer than 12 points are observed, limits will still move.
    """

    centre: float
    dispersion: float
    baseline: int
    is_provisional: bool
    points: tuple[Point, ...]


@dataclass(frozen=True, eq=False)
class Decomposition:
    """STL: value = trend + season + rest, in the unit of the series, for positions `first` to `first + len(trend)`."""

    first: int
    trend: Floats
    season: Floats
    rest: Floats


def dispersion(counts: ArrayLike, exposures: ArrayLike, centre: float | None = None) -> float:
    """Laney's sigma_z: 1 for Poisson counts, above it when they vary more; NaN with fewer than 3 observed points.

    Mean moving range of the standardised rates over 1.128: it looks at neighbours only, so that neither a trend nor a
    change of level swells it. `centre`: the rate they are standardised by, of all points when it is None.
    """
    count, exposure = np.asarray(counts, float), np.asarray(exposures, float)
    seen = exposure > 0
    count, exposure = count[seen], exposure[seen]
    level = (count.sum() / exposure.sum() if len(count) else 0.0) if centre is None else centre
    if len(count) <= 2 or level == 0:  # noqa: PLR2004 - two moving ranges at the least
        return math.nan
    z = (count - level * exposure) / np.sqrt(level * exposure)
    return float(np.abs(np.diff(z)).mean()) / D2


def u_prime(counts: ArrayLike, exposures: ArrayLike, per: float = 1.0) -> ControlChart:
    """Laney's (2002) u' chart of `counts / exposures * per`: limits `centre ± 3 sigma_i sigma_z`.

    `sigma_i` is the Poisson deviation of the point and `sigma_z` the moving range of the standardised rates, both of
    the first 12 observed points. A sigma_z under 1 is taken as 1: limits are never closer than Poisson's, since 11
    moving ranges often fall short of it by chance. Signals: a point beyond a limit; 8 in a row on one side of the
    centre (points without exposure are passed over). Raises ValueError when the arrays differ in length.
    """
    count, exposure = np.asarray(counts, float), np.asarray(exposures, float)
    if count.shape != exposure.shape or count.ndim != 1:
        raise ValueError(f"counts {count.shape} and exposures {exposure.shape}; expected two arrays of one length")
    seen = np.nonzero(exposure > 0)[0]
    base = seen[:BASELINE]
    centre = float(count[base].sum() / exposure[base].sum()) if len(base) else math.nan
    sigma_z = dispersion(count[base], exposure[base])
    values = np.full(len(count), math.nan)
    values[seen] = count[seen] / exposure[seen]
    width = np.full(len(count), math.nan)
    width[seen] = WIDTH * np.sqrt(centre / exposure[seen]) * max(sigma_z, 1.0)
    low, high = np.maximum(centre - width, 0.0), centre + width
    runs = _runs(values, centre)
    points = tuple(
        Point(float(value) * per, float(under) * per, float(over) * per, bool(value < under or value > over), bool(run))
        for value, under, over, run in zip(values, low, high, runs, strict=True)
    )
    return ControlChart(centre * per, sigma_z, len(base), len(seen) < BASELINE, points)


def _runs(values: Floats, centre: float) -> NDArray[np.bool_]:
    """Points of a run of 8 or more on one side; a point on the centre ends a run."""
    flagged = np.zeros(len(values), dtype=bool)
    run: list[int] = []
    side = 0.0
    for position in np.nonzero(~np.isnan(values))[0]:
        here = float(np.sign(values[position] - centre))
        run = [*run, int(position)] if here == side and here != 0 else [int(position)]
        side = here
        if side != 0 and len(run) >= RUN:
            flagged[run] = True
    return flagged


def decompose(values: ArrayLike) -> Decomposition | None:
    """Trend and yearly season of a monthly series by STL (Cleveland et al., 1990), robust, seasonal window 13.

    On the last unbroken run of months without NaN; None when it is shorter than two full years.
    """
    from statsmodels.tsa.seasonal import STL  # a second to import, and only this needs it

    series = np.asarray(values, float)
    gaps = np.nonzero(np.isnan(series))[0]
    trailing = len(series)
    while trailing and np.isnan(series[trailing - 1]):
        trailing -= 1
    first = int(max((gap for gap in gaps if gap < trailing), default=-1)) + 1
    known = series[first:trailing]
    if len(known) < FEWEST_YEARS * PERIOD:
        return None
    fit = STL(known, period=PERIOD, seasonal=SEASONAL, robust=True).fit()
    return Decomposition(first, np.asarray(fit.trend), np.asarray(fit.seasonal), np.asarray(fit.resid))
