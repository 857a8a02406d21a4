"""Kernel density of events in metric coordinates: where they gather, in events per hectare.

The Gaussian kernel is separable, so a map is two matrix products. A few points are summed exactly. Many are first
replaced by weights on a grid: each point is shared between the 5 × 5 Chebyshev nodes of its bin so that every
polynomial of degree 4 keeps its sum, and the kernel, seen from a bin 0.4 bandwidth wide, is such a polynomial to better
than 1e-3 of itself up to five bandwidths away (interpolation at Chebyshev nodes, as in the black-box fast multipole
method of Fong and Darve, 2009). Unlike plain binning it holds wherever points sit in their bin, were they all at the
same address. `docs/methods.md` gives the bounds.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

_HECTARE = 10_000.0  # square metres
_REACH = 8.0  # bandwidths: further away a point weighs less than 1.3e-14 of its peak
_BIN = 0.4  # bandwidths
_ORDER = 5  # nodes of a bin along one axis
_NODES = -np.cos((2 * np.arange(_ORDER) + 1) * np.pi / (2 * _ORDER)) / 2  # in bins, from the bin's centre, ascending
_LAGRANGE = np.linalg.inv(np.vander(_NODES, increasing=True))  # powers of the offset -> weights of the nodes
_CHUNK = 1 << 16  # points at a time: what they need stays in the processor's cache
_EXACT_CHUNK = 1 << 10


@dataclass(frozen=True)
class Density:
    """A density map.

    values: events per hectare at the centre of each cell, shape (y.size, x.size), rows from south to north.
    x, y: centres of the columns and rows, metres. n: points given, wherever they are.
    """

    values: Floats
    x: Floats
    y: Floats
    bandwidth_m: float
    cell_m: float
    n: int


@dataclass(frozen=True)
class _Points:
    """Points in metres; `weights` None: 1 each."""

    x: Floats
    y: Floats
    weights: Floats | None

    def taken(self, which: slice | NDArray[np.bool_]) -> _Points:
        return _Points(self.x[which], self.y[which], None if self.weights is None else self.weights[which])


@dataclass(frozen=True)
class _Bins:
    """Bins along one axis."""

    origin: float
    width: float
    count: int

    @property
    def nodes(self) -> Floats:
        """Positions of all nodes, metres, ascending, shape (count × _ORDER,)."""
        return (self.origin + (np.arange(self.count)[:, None] + 0.5 + _NODES) * self.width).ravel()

    def offsets(self, positions: Floats) -> tuple[NDArray[np.int64], Floats]:
        """Bin of each position, and powers 0 to _ORDER - 1 of its offset from the bin's centre, shape (_ORDER, n)."""
        scaled = (positions - self.origin) / self.width
        bins = scaled.astype(np.int64)
        powers = np.ones((_ORDER, positions.size))
        powers[1] = scaled - bins - 0.5
        for power in range(2, _ORDER):
            np.multiply(powers[power - 1], powers[1], out=powers[power])
        return bins, powers


def kernel_density(
    x: ArrayLike,
    y: ArrayLike,
    *,
    bandwidth_m: float,
    bounds: tuple[float, float, float, float],
    cell_m: float = 10.0,
    weights: ArrayLike | None = None,
) -> Density:
    """Gaussian kernel density on a grid of square cells, in events per hectare.

    x, y: shape (n,), metres in a metric CRS. weights: shape (n,), 0 or more, 1 each when None. bandwidth_m: standard
    deviation of the kernel. bounds: (xmin, ymin, xmax, ymax), metres; cells start at the south-west corner, and the
    last column and row extend past the bounds when these aren't a whole number of cells.

    Points outside the bounds count for their tails inside. There is no edge correction: values times the cell's area
    sum to the weights when the frame is some five bandwidths wider than the points and cells aren't wider than a
    bandwidth. No point: zeros.

    Raises ValueError when a coordinate or weight isn't finite, shapes differ, a weight is negative, a size isn't above
    0 or the bounds are empty.
    """
    points = _points(x, y, weights)
    _check_frame(bandwidth_m, cell_m, bounds)
    columns, rows = _centres(bounds[0], bounds[2], cell_m), _centres(bounds[1], bounds[3], cell_m)
    near = _near(points, columns, rows, _REACH * bandwidth_m)
    values = _sums(near, columns, rows, bandwidth_m) * (_HECTARE / (2 * math.pi * bandwidth_m**2))
    return Density(values, columns, rows, bandwidth_m, cell_m, points.x.size)


def _points(x: ArrayLike, y: ArrayLike, weights: ArrayLike | None) -> _Points:
    east, north = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    mass = None if weights is None else np.asarray(weights, dtype=np.float64)
    if east.ndim != 1 or north.shape != east.shape or (mass is not None and mass.shape != east.shape):
        shapes = (east.shape, north.shape, None if mass is None else mass.shape)
        raise ValueError(f"x, y and weights have shapes {shapes}; expected one dimension, all the same")
    for name, values in (("x", east), ("y", north), ("weights", mass)):
        if values is not None and values.size and not (math.isfinite(values.min()) and math.isfinite(values.max())):
            raise ValueError(f"{name} holds a value that isn't finite")
    if mass is not None and mass.size and mass.min() < 0:
        raise ValueError(f"weights holds {mass.min()}; expected 0 or more")
    return _Points(east, north, mass)


def _check_frame(bandwidth_m: float, cell_m: float, bounds: tuple[float, float, float, float]) -> None:
    for name, value in (("bandwidth_m", bandwidth_m), ("cell_m", cell_m)):
        if not (math.isfinite(value) and value > 0):
            raise ValueError(f"{name} = {value!r}; expected a finite number of metres above 0")
    xmin, ymin, xmax, ymax = bounds
    if not (all(math.isfinite(end) for end in bounds) and xmin < xmax and ymin < ymax):
        raise ValueError(f"bounds = {bounds!r}; expected (xmin, ymin, xmax, ymax), finite, minima below maxima")


def _centres(start: float, end: float, cell_m: float) -> Floats:
    count = math.ceil((end - start) / cell_m - 1e-9)  # 0.1 + 0.2 metres don't make one more cell
    return start + (np.arange(max(count, 1), dtype=np.float64) + 0.5) * cell_m


def _near(points: _Points, columns: Floats, rows: Floats, reach: float) -> _Points:
    """The points whose kernel reaches a cell; the same arrays when all do."""
    west, east, south, north = columns[0] - reach, columns[-1] + reach, rows[0] - reach, rows[-1] + reach
    x, y = points.x, points.y
    if x.size == 0 or (x.min() >= west and x.max() <= east and y.min() >= south and y.max() <= north):
        return points
    return points.taken((x >= west) & (x <= east) & (y >= south) & (y <= north))


def _sums(points: _Points, columns: Floats, rows: Floats, bandwidth: float) -> Floats:
    """Sum over the points of weight × exp(-distance² / 2 bandwidth²), shape (rows.size, columns.size)."""
    if points.x.size == 0:
        return np.zeros((rows.size, columns.size))
    across, along = _bins(points.x, bandwidth), _bins(points.y, bandwidth)
    if points.x.size <= across.nodes.size + along.nodes.size:  # fewer points than the grid has lines
        return _exact(points, columns, rows, bandwidth)
    eastward = _smoothed(_on_nodes(points, across, along).T, across.nodes, columns, bandwidth)
    # Interpolation weights may be negative: far from every point, rounding leaves a trace on either side of 0.
    return np.maximum(_smoothed(eastward.T, along.nodes, rows, bandwidth), 0.0)


def _exact(points: _Points, columns: Floats, rows: Floats, bandwidth: float) -> Floats:
    sums = np.zeros((rows.size, columns.size))
    for start in range(0, points.x.size, _EXACT_CHUNK):
        chunk = points.taken(slice(start, start + _EXACT_CHUNK))
        east = _kernel(columns, chunk.x, bandwidth)
        if chunk.weights is not None:
            east *= chunk.weights
        sums += _kernel(rows, chunk.y, bandwidth) @ east.T
    return sums


def _bins(positions: Floats, bandwidth: float) -> _Bins:
    origin, width = float(positions.min()), _BIN * bandwidth
    return _Bins(origin, width, int((float(positions.max()) - origin) / width) + 1)


def _on_nodes(points: _Points, across: _Bins, along: _Bins) -> Floats:
    """Weights of the nodes that stand for the points, shape (along.nodes.size, across.nodes.size)."""
    count = along.count * across.count
    sums = np.zeros((_ORDER**2, count))  # over each bin: weight × northward offset^i × eastward offset^j
    step = max(_CHUNK, count)
    for start in range(0, points.x.size, step):
        chunk = points.taken(slice(start, start + step))
        column, east = across.offsets(chunk.x)
        row, north = along.offsets(chunk.y)
        if chunk.weights is not None:
            east *= chunk.weights
        bins = row * across.count + column
        for position, (i, j) in enumerate(np.ndindex(_ORDER, _ORDER)):
            sums[position] += np.bincount(bins, weights=north[i] * east[j], minlength=count)
    sums = np.kron(_LAGRANGE, _LAGRANGE).T @ sums
    by_axis = sums.reshape(_ORDER, _ORDER, along.count, across.count).transpose(2, 0, 3, 1)
    return by_axis.reshape(along.count * _ORDER, across.count * _ORDER)


def _smoothed(weights: Floats, nodes: Floats, centres: Floats, bandwidth: float) -> Floats:
    """Kernel from the nodes to the centres times the weights (one row a node), leaving out nodes out of reach."""
    smoothed = np.empty((centres.size, weights.shape[1]))
    reach = _REACH * bandwidth
    cell_m = (centres[-1] - centres[0]) / max(centres.size - 1, 1)
    step = max(int(2 * reach / cell_m), 1) if cell_m else 1
    for start in range(0, centres.size, step):
        block = centres[start : start + step]
        first, last = np.searchsorted(nodes, (block[0] - reach, block[-1] + reach))
        smoothed[start : start + step] = _kernel(block, nodes[first:last], bandwidth) @ weights[first:last]
    return smoothed


def _kernel(centres: Floats, positions: Floats, bandwidth: float) -> Floats:
    return np.exp(-0.5 * ((centres[:, None] - positions) / bandwidth) ** 2)
