"""Kulldorff's space-time permutation scan: where and when cases came closer together than the margins lead to expect.

The statistic of Kulldorff, Heffernan, Hartman, Assunção and Mostashari (2005). It asks for cases only: a zone that is
always busy, or a month that is busy everywhere, is in the margins and is no cluster. `docs/methods.md` gives formulas,
limits and calibration; `space_time_kernel` does the counting.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dashboard.indicators import space_time_bounds as bounds

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Progress = Callable[[float], None]

MOST_CLUSTERS = 20
# A cluster is flagged at p = 1/20: once that is out of reach for the strongest one, no more permutations are drawn.
_FLAGGED_ONE_IN = 20
_SAME_DISTANCE = 1e-9  # of the greatest distance: what rounding may part
_BATCH, _CHUNK = 64, 8  # arrangements drawn at once, and done by one thread at once
_BATCH_CASES = 2**22  # of a batch, whatever their number: 16 MiB


@dataclass(frozen=True)
class Cluster:
    """A circle of zones and a window of steps with more cases than expected.

    zones: indices into `xy`, nearest to the centre first; zones without a case are among them. start, end: first and
    last step of the window, both in it. log_ratio: Poisson log likelihood ratio. p_value: share of arrangements by
    chance whose strongest window is at least as strong.
    """

    zones: tuple[int, ...]
    start: int
    end: int
    observed: int
    expected: float
    log_ratio: float
    p_value: float


@dataclass(frozen=True)
class Scan:
    """Clusters, the strongest first, and what their p-values rest on.

    permutations: arrangements drawn, of the `asked` ones at most. maxima: (permutations,) the strongest log ratio of
    each, in the order of the draw.
    """

    clusters: list[Cluster]
    permutations: int
    asked: int
    maxima: Floats

    @property
    def is_settled_early(self) -> bool:
        """Whether the draw stopped before its end: nothing significant could be found any more."""
        return self.permutations < self.asked


@dataclass(frozen=True)
class _Cases:
    """Zone, step and stratum (0…) of each case; the number of zones and steps; the first step's own number."""

    zone: Integers
    step: Integers
    stratum: Integers
    zones: int
    steps: int
    origin: int


@dataclass(frozen=True)
class _Circles:
    """Circles by centre, growing: each adds members[begins:ends] to the one before, or to none where one opens.

    `held`: (circles, strata) cases of each; `kept`: whether it is looked at, not when one before it has the same cases.
    """

    members: Integers
    begins: Integers
    ends: Integers
    opens: NDArray[np.bool_]
    held: Integers
    kept: NDArray[np.bool_]

    def zones(self, circle: int) -> tuple[int, ...]:
        """Indices of its zones, nearest first."""
        opening = int(np.flatnonzero(self.opens[: circle + 1])[-1])
        return tuple(map(int, self.members[self.begins[opening] : self.ends[circle]]))


def space_time_scan(
    zone: ArrayLike,
    time: ArrayLike,
    xy: ArrayLike,
    *,
    max_duration: int,
    max_radius_m: float = math.inf,
    permutations: int = 999,
    seed: int = 0,
) -> list[Cluster]:
    """Clusters of `scan`, the strongest first."""
    return scan(
        zone,
        time,
        xy,
        max_duration=max_duration,
        max_radius_m=max_radius_m,
        permutations=permutations,
        seed=seed,
    ).clusters


def scan(
    zone: ArrayLike,
    time: ArrayLike,
    xy: ArrayLike,
    *,
    max_duration: int,
    max_radius_m: float = math.inf,
    permutations: int = 999,
    seed: int = 0,
    strata: ArrayLike | None = None,
    progress: Progress | None = None,
    workers: int | None = None,
) -> Scan:
    """The space-time permutation scan statistic (Kulldorff et al., 2005).

    `zone` (n,): row of `xy` of each case. `time` (n,): whole number of its step (day, week). `xy` (zones, 2): metres.
    Circles are centred on each zone and grow by the zones at the next distance, up to `max_radius_m` and half of the
    cases. Windows are every 1 to `max_duration` steps from the first case to the last. With c cases, at least 2, where
    mu are expected (cases of the circle × cases of the window / all C), the ratio is
    c ln(c / mu) + (C - c) ln((C - c) / (C - mu)) where c > mu.

    p = (1 + draws at least as strong) / (1 + draws), a draw being the strongest window once the times are permuted
    among the cases. The draw stops, before `permutations`, as soon as p of the strongest cluster can't come down to
    0.05 (Besag and Clifford's (1991) sequential rule): p holds its level all the same. At most 20 clusters, none
    sharing both a zone and a step with a stronger one; p of all is against the strongest of each draw.

    `strata` (n,): whole numbers, cases to compare among themselves alone. Expectations are then added up over strata
    and times permuted within them, as for the covariates of the 2005 paper. With neighbourhoods as strata, a team that
    was more in one neighbourhood that week makes no cluster; nor does trouble that rises in all of a neighbourhood.

    The same seed gives the same answer, whatever the number of threads (`workers`; None: as many as the machine likes).
    `progress` is told the part done, 0 to 1.

    Raises ValueError when arrays differ in length, zones aren't rows of `xy`, times aren't whole numbers, coordinates
    aren't finite, or `max_duration` is under 1, `max_radius_m` or `permutations` under 0.
    """
    cases = _cases(zone, time, xy, strata)
    _check_limits(max_duration, max_radius_m, permutations)
    nothing = Scan([], 0, permutations, np.empty(0))
    if cases is None:
        return nothing
    circles = _circles(cases, np.asarray(xy, dtype=np.float64), max_radius_m)
    if not circles.kept.any():
        return nothing
    search = _Search(cases, circles, min(max_duration, cases.steps))
    found = search.clusters()
    if not found:
        return nothing
    maxima = search.draw(found[0].log_ratio, permutations, seed, progress, workers)
    return Scan([_with_p_value(cluster, maxima) for cluster in found], maxima.size, permutations, maxima)


class _Search:
    """The arrays that the compiled part works on, prepared once for all arrangements of the same cases."""

    def __init__(self, cases: _Cases, circles: _Circles, longest: int) -> None:
        from dashboard.indicators import space_time_kernel as kernel

        self.kernel, self.cases, self.circles = kernel, cases, circles
        self.step = cases.step.astype(np.int32)
        strata = circles.held.shape[1]
        self.everywhere = kernel.cumulative(cases.stratum, self.step, strata, cases.steps)
        self.members = [np.flatnonzero(cases.stratum == stratum) for stratum in range(strata)]
        kept, row = circles.kept, np.full(circles.kept.size, -1)
        row[kept] = bounds.alike(circles.held[kept])
        self.prepared = kernel.Circles(
            circles.members, circles.begins, circles.ends, circles.opens, circles.held, rows=row
        )
        slopes, under = bounds.lines(self.everywhere, circles.held[kept], row[kept], longest)
        scale = bounds.scale_of(cases.zone.size)
        self.tables = kernel.Tables(bounds.LEVELS, bounds.changes_of(longest), slopes, under, scale)

    def clusters(self) -> list[Cluster]:
        """The strongest window, then the strongest of those without a zone and a step in common with it, and so on."""
        sums = self._sums(self.step)
        blocked = np.zeros((0, 0), np.int32)
        found: list[Cluster] = []
        while len(found) < MOST_CLUSTERS:
            ratio, circle, start, length = self._strongest(sums, blocked)
            if circle < 0:
                break
            zones = self.circles.zones(circle)
            observed = int(sum(sums[zone, start + length] - sums[zone, start] for zone in zones))
            expected = self.kernel.expected(self.everywhere, self.circles.held[circle], start, start + length)
            first = self.cases.origin + start
            found.append(Cluster(zones, first, first + length - 1, observed, expected, ratio, math.nan))
            if blocked.size == 0:
                blocked = np.zeros(sums.shape, np.int32)
            inside = np.clip(np.arange(sums.shape[1]) - start, 0, length)
            blocked[list(zones)] += inside.astype(np.int32)
        return found

    def draw(
        self, strongest: float, permutations: int, seed: int, progress: Progress | None, workers: int | None
    ) -> Floats:
        """Strongest log ratio of each arrangement drawn, to the last one that the p-value needs."""
        rng = np.random.default_rng(seed)
        enough = (permutations + 1) // _FLAGGED_ONE_IN
        maxima = np.empty(0)
        with ThreadPoolExecutor(workers) as pool:
            while maxima.size < permutations:
                wanted = min(_BATCH, max(_CHUNK, _BATCH_CASES // self.step.size), permutations - maxima.size)
                times = np.stack([self._permuted(rng) for _ in range(wanted)])
                chunks = [times[at : at + _CHUNK] for at in range(0, wanted, _CHUNK)]
                maxima = np.concatenate([maxima, *pool.map(self._maxima, chunks)])
                exceeding = np.flatnonzero(maxima >= strongest)
                settled = exceeding.size >= enough > 0
                if settled:
                    maxima = maxima[: exceeding[enough - 1] + 1]
                if progress is not None:
                    progress(1.0 if settled else maxima.size / permutations)
                if settled:
                    break
        return maxima

    def _permuted(self, rng: np.random.Generator) -> NDArray[np.int32]:
        times = self.step.copy()
        for members in self.members:
            times[members] = rng.permutation(times[members])
        return times

    def _maxima(self, times: NDArray[np.int32]) -> list[float]:
        """Strongest log ratio of each row of times."""
        nothing = np.zeros((0, 0), np.int32)
        return [self._strongest(self._sums(row), nothing)[0] for row in times]

    def _sums(self, step: NDArray[np.int32]) -> NDArray[np.int32]:
        return self.kernel.cumulative(self.cases.zone, step, self.cases.zones, self.cases.steps)

    def _strongest(self, sums: NDArray[np.int32], blocked: NDArray[np.int32]) -> tuple[float, int, int, int]:
        return self.kernel.strongest(sums, self.everywhere, self.prepared, self.tables, blocked)


def _with_p_value(cluster: Cluster, maxima: Floats) -> Cluster:
    """The cluster with its p-value against the strongest of each arrangement drawn."""
    return replace(cluster, p_value=(1 + int(np.count_nonzero(maxima >= cluster.log_ratio))) / (1 + maxima.size))


def _cases(zone: ArrayLike, time: ArrayLike, xy: ArrayLike, strata: ArrayLike | None) -> _Cases | None:
    """The cases with zones and steps checked, steps from 0; None when there is no case."""
    zones, times, points = _whole("zone", zone), _whole("time", time), np.asarray(xy, dtype=np.float64)
    groups = np.zeros(zones.size, np.int64) if strata is None else _whole("strata", strata)
    if not zones.size == times.size == groups.size:
        raise ValueError(f"{zones.size} zones, {times.size} times, {groups.size} strata: one for every case expected")
    if zones.size == 0:
        return None
    if points.ndim != 2 or points.shape[1] != 2 or not np.isfinite(points).all():  # noqa: PLR2004 - x and y
        raise ValueError("xy: zones × 2 finite coordinates in metres are expected")
    if zones.min() < 0 or zones.max() >= len(points):
        raise ValueError(f"zone: rows of xy, 0 to {len(points) - 1}, are expected; got {zones.min()} to {zones.max()}")
    origin = int(times.min())
    stratum = np.unique(groups, return_inverse=True)[1]
    return _Cases(zones, times - origin, stratum, len(points), int(times.max()) - origin + 1, origin)


def _check_limits(max_duration: int, max_radius_m: float, permutations: int) -> None:
    if max_duration < 1:
        raise ValueError(f"max_duration = {max_duration!r}; expected 1 step or more")
    if not max_radius_m >= 0:
        raise ValueError(f"max_radius_m = {max_radius_m!r}; expected 0 or more")
    if permutations < 0:
        raise ValueError(f"permutations = {permutations!r}; expected 0 or more")


def _whole(name: str, values: ArrayLike) -> Integers:
    given = np.asarray(values)
    if given.ndim != 1:
        raise ValueError(f"{name}: one value for each case is expected, got shape {given.shape}")
    if given.size and (given.dtype.kind not in "iuf" or not np.all(np.isfinite(given) & (given == np.floor(given)))):
        raise ValueError(f"{name}: whole numbers are expected")
    return given.astype(np.int64)


def _circles(cases: _Cases, points: Floats, max_radius_m: float) -> _Circles:
    """Every circle to look at: centred on each zone, growing by the zones at the next distance."""
    strata = int(cases.stratum.max()) + 1
    per_zone = np.bincount(cases.zone * strata + cases.stratum, minlength=cases.zones * strata).reshape(-1, strata)
    # Circles that hold the same zones with cases have the same random sum, and others hardly can.
    labels = np.random.default_rng(0).integers(1, 2**63, cases.zones, dtype=np.uint64) * per_zone.any(axis=1)
    parts: list[tuple[NDArray[Any], ...]] = []
    at = 0
    for centre in range(cases.zones):
        order, last = _around(points, centre, max_radius_m)
        held = np.cumsum(per_zone[order], axis=0)[last]
        few = int(np.searchsorted(held.sum(axis=1), cases.zone.size // 2, side="right"))
        ends = last[:few] + 1
        order = order[: ends[-1]] if few else order[:0]
        begins = np.concatenate([[0], ends[:-1]])[:few]
        keys = np.bitwise_xor.accumulate(labels[order])[ends - 1]
        parts.append((order, at + begins, at + ends, np.arange(few) == 0, held[:few], keys))
        at += order.size
    members, begins, ends, opens, held, keys = map(np.concatenate, zip(*parts, strict=True))
    kept = np.zeros(keys.size, dtype=bool)
    kept[np.unique(keys, return_index=True)[1]] = True
    return _Circles(members, begins, ends, opens, held, kept & (held.sum(axis=1) >= bounds.LEAST_CASES))


def _around(points: Floats, centre: int, max_radius_m: float) -> tuple[Integers, Integers]:
    """Zones within the radius, nearest first, and where in them each distance ends."""
    distance = np.hypot(*(points - points[centre]).T)
    order = np.argsort(distance, kind="stable")
    along = distance[order]
    rounding = _SAME_DISTANCE * along[-1]
    within = int(np.searchsorted(along, max_radius_m + rounding, side="right"))
    order, along = order[:within], along[:within]
    return order, np.flatnonzero(np.append(np.diff(along) > rounding, True))
