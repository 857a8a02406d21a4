"""A metric grid and the colour classes of what is computed on it: frame, bounds of classes, summits, resampling."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Array = NDArray[np.float64]
Bounds = tuple[float, float, float, float]  # west, south, east, north, metres

# Viridis (van der Walt and Smith, 2015) from its light end to its dark one: on a light map, darker is more. It keeps
# its order in grey and for the colour-blind. Opacity grows with the class, so that low classes let the map through.
COLOURS = ("#fde725", "#90d743", "#35b779", "#21918c", "#31688e", "#440154")
OPACITIES = (0.40, 0.50, 0.60, 0.70, 0.78, 0.85)
SERIES = (1.0, 2.0, 5.0)
STEPS = (1.0, 2.0, 2.5, 5.0)


@dataclass(frozen=True)
class Frame:
    """A metric rectangle cut in square cells; its bounds are whole numbers of cells."""

    bounds: Bounds
    cell_m: float

    @property
    def shape(self) -> tuple[int, int]:
        """Rows, columns."""
        west, south, east, north = self.bounds
        return round((north - south) / self.cell_m), round((east - west) / self.cell_m)


@dataclass(frozen=True)
class Peak:
    """A local maximum of a density: its value, its place in metres."""

    value: float
    x: float
    y: float


def frame(extent: Bounds, *, margin_m: float = 0.0, cell_m: float = 10.0, max_cells: int = 1_000_000) -> Frame:
    """Cells of `cell_m`, or of the smallest multiple of it that keeps within `max_cells`, over a metric extent."""
    west, south, east, north = extent
    area = (east - west + 2 * margin_m) * (north - south + 2 * margin_m)
    multiple = max(1, math.floor(math.sqrt(area / max_cells) / cell_m))
    while True:
        found = _cut(extent, margin_m, multiple * cell_m)
        rows, columns = found.shape
        if rows * columns <= max_cells:
            return found
        multiple += 1


def _cut(extent: Bounds, margin_m: float, cell_m: float) -> Frame:
    """Whole cells that cover an extent and its margin: one at least each way."""
    west, south = (math.floor((low - margin_m) / cell_m) for low in extent[:2])
    east, north = (math.ceil((high + margin_m) / cell_m) for high in extent[2:])
    bounds = (west, south, max(east, west + 1), max(north, south + 1))
    return Frame((bounds[0] * cell_m, bounds[1] * cell_m, bounds[2] * cell_m, bounds[3] * cell_m), cell_m)


def class_breaks(maximum: float, classes: int = len(COLOURS)) -> tuple[float, ...]:
    """`classes` + 1 bounds of the 1-2-5 series, the last at or above `maximum`; empty when there is nothing to show.

    A kernel density is strongly skewed: equal steps would paint all of it but its summit in one colour.
    """
    if not (math.isfinite(maximum) and maximum > 0):
        return ()
    exponent = math.floor(math.log10(maximum)) + 1
    descending = [step * 10.0**power for power in range(exponent, exponent - classes, -1) for step in reversed(SERIES)]
    top = max(index for index, bound in enumerate(descending) if bound >= maximum * (1 - 1e-12))
    return tuple(float(f"{bound:.0e}") for bound in reversed(descending[top : top + classes + 1]))


def even_breaks(maximum: float, classes: int = len(COLOURS)) -> tuple[float, ...]:
    """Bounds from 0 to at or above `maximum` by a round step, `classes` steps at most; empty for nothing to show."""
    if not (math.isfinite(maximum) and maximum > 0):
        return ()
    exponent = math.floor(math.log10(maximum / classes))
    steps = (step * 10.0**power for power in (exponent, exponent + 1) for step in STEPS)
    step = next(step for step in steps if step * classes >= maximum * (1 - 1e-12))
    return tuple(float(f"{index * step:.6g}") for index in range(math.ceil(maximum / step * (1 - 1e-12)) + 1))


def classify(values: Array, breaks: Sequence[float]) -> NDArray[np.uint8]:
    """Class of each value: 0 below the first bound, then 1 to len(breaks) - 1; a bound belongs to the class above."""
    found = np.searchsorted(np.asarray(breaks[:-1]), values, side="right") if breaks else np.zeros(np.shape(values))
    return found.astype(np.uint8)


def colour_of(value: float | None, breaks: Sequence[float]) -> str | None:
    """Colour of one value, or None when it is unknown or below the first bound."""
    if value is None or not math.isfinite(value):
        return None
    index = int(classify(np.array([value]), breaks)[0])
    return COLOURS[index - 1] if index else None


def peaks(values: Array, at: Frame, *, distance_m: float) -> list[Peak]:
    """Local maxima, highest first: none is within `distance_m` of a higher or equal one. Rows: south to north."""
    size = 2 * max(1, round(distance_m / at.cell_m)) + 1
    summits = ndimage.maximum_filter(values, size=size, mode="constant")
    rows, columns = np.nonzero((values > 0) & (values == summits))
    kept: list[Peak] = []
    for row, column in sorted(zip(rows.tolist(), columns.tolist(), strict=True), key=lambda cell: -values[cell]):
        x, y = at.bounds[0] + (column + 0.5) * at.cell_m, at.bounds[1] + (row + 0.5) * at.cell_m
        if all(math.dist((x, y), (other.x, other.y)) > distance_m for other in kept):
            kept.append(Peak(float(values[row, column]), x, y))
    return kept


def sampled(values: Array, at: Frame, x: NDArray[np.floating], y: NDArray[np.floating]) -> Array:
    """Bilinear values at points in metres (x and y of one shape); 0 outside the frame. Rows: south to north."""
    column = (x - at.bounds[0]) / at.cell_m - 0.5
    row = (y - at.bounds[1]) / at.cell_m - 0.5
    return ndimage.map_coordinates(values, [row, column], order=1, mode="constant", cval=0.0, prefilter=False)


def spread(lattice: Array, rows: int, columns: int) -> Array:
    """A lattice of nodes, its edges on a picture's edges, linearly interpolated in the middle of each pixel."""
    return _weights(rows, lattice.shape[0]) @ lattice @ _weights(columns, lattice.shape[1]).T


def _weights(pixels: int, nodes: int) -> Array:
    """Linear interpolation as a matrix: each row holds the two weights of a pixel's middle."""
    position = (np.arange(pixels) + 0.5) / pixels * (nodes - 1)
    left = np.minimum(position.astype(int), nodes - 2)
    matrix = np.zeros((pixels, nodes))
    matrix[np.arange(pixels), left] = 1 - (position - left)
    matrix[np.arange(pixels), left + 1] = position - left
    return matrix
