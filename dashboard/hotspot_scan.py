"""The space-time scan, run aside: readers see how far it is, others are not kept waiting. No Streamlit."""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from dashboard import warehouse
from dashboard.filters import Filters, bounds
from dashboard.hotspot_zones import basis, presence, zones
from dashboard.indicators.hotspots import Cluster, scan
from dashboard.warehouse import Identity, query

Step = Literal["semaines", "jours"]

STEP_DAYS: dict[Step, int] = {"semaines": 7, "jours": 1}
LONGEST: dict[Step, int] = {"semaines": 8, "jours": 30}
WEEKS = 104
# What a patrol covers on foot; at least the next square where zones are squares.
RADIUS_M = 500.0
SQUARES = 1.5
PERMUTATIONS = 999
LEVEL = 0.05
KEPT = 24
# One processor is left to whoever reads meanwhile.
WORKERS = max(1, (os.cpu_count() or 1) - 1)


@dataclass(frozen=True)
class Found:
    """A cluster: its zones (centre first), its dates, cases and p-value."""

    zones: tuple[str, ...]
    start: date
    end: date
    observed: int
    expected: float
    p: float


@dataclass(frozen=True)
class Scanned:
    """What a scan found: significant clusters, the strongest one that is not, and what it rests on."""

    clusters: tuple[Found, ...]
    below: Found | None
    first: date
    last: date
    cases: int
    zones: int
    radius_m: float
    permutations: int
    asked: int


class Job:
    """A scan under way or done; `fraction` of it is done."""

    def __init__(self) -> None:
        self.fraction, self._is_asked = 0.0, False
        self.future: Future[Scanned] | None = None

    @property
    def running(self) -> float | None:
        """The fraction done, 0 to 1; None once it is over."""
        return None if self.future is not None and self.future.done() else min(self.fraction, 1.0)

    def wait(self) -> Scanned:
        """The result, however long it takes."""
        assert self.future is not None
        return self.future.result()

    def patient(self, seconds: float) -> Scanned | None:
        """The result; the first reader to ask waits for it so long at most, the next ones not at all."""
        assert self.future is not None
        first, self._is_asked = not self._is_asked, True
        try:
            return self.future.result(seconds if first else 0.0)
        except TimeoutError:
            return None


class _Jobs:
    """Scans by build and choice; one at a time of each kind, so that days never delay weeks."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._jobs: OrderedDict[tuple[Identity, Filters, Step], Job] = OrderedDict()
        self._workers = {step: ThreadPoolExecutor(1, f"scan-{step}") for step in STEP_DAYS}

    def ask(self, chosen: Filters, step: Step) -> Job:
        key = (warehouse.identity(), whole(chosen), step)
        with self._lock:
            if job := self._jobs.get(key):
                self._jobs.move_to_end(key)
                return job
        cases = gather(key[1], step)  # here and now: the warehouse may be replaced before the scan begins
        with self._lock:
            if key not in self._jobs:
                job = self._jobs[key] = Job()
                job.future = self._workers[step].submit(run, cases, job)
            while len(self._jobs) > KEPT:
                self._jobs.popitem(last=False)
            return self._jobs[key]


def ask(chosen: Filters, step: Step) -> Job:
    """The scan of a choice, started if it was not."""
    return _JOBS.ask(chosen, step)


def whole(chosen: Filters) -> Filters:
    """The choice over the scan's own weeks: the last 104 up to the period's end, as far as the data reach."""
    known, start = bounds(), chosen.end - timedelta(days=7 * WEEKS - 1)
    start = max(start, known.first) if known else start
    return replace(chosen, period="tout", start=start, previous_start=None, previous_end=None)


@dataclass(frozen=True, eq=False)
class Cases:
    """What a scan works on: zone, step and area of every case, zones' names and metres, dates, the greatest radius.

    `area` is the neighbourhood where presence differs between neighbourhoods, and is known: a team that was more in one
    of them that week is no cluster. Else all cases are of one area.
    """

    zone: NDArray[np.int64]
    step: NDArray[np.int64]
    area: NDArray[np.int64]
    names: tuple[str, ...]
    xy: NDArray[np.float64]
    first: date
    last: date
    unit: Step
    radius_m: float


def gather(chosen: Filters, step: Step) -> Cases:
    """The cases of a choice, by weeks or days counted back from its end: the last step is 0, those before negative."""
    table = zones().within(chosen.neighbourhoods).dropna(subset=["x_m", "y_m"]).reset_index(drop=True)
    counted = query("hotspot_steps", **chosen.params(), cell_m=zones().cell_m, step_days=STEP_DAYS[step])
    row_of = {zone: row for row, zone in enumerate(table["zone"])}
    counted = counted.loc[counted["zone"].isin(list(row_of))]
    rows = np.array([row_of[zone] for zone in counted["zone"]], dtype=np.int64)
    steps, times = (-counted["step"].to_numpy(dtype=np.int64), counted["interventions"].to_numpy(dtype=np.int64))
    is_rate = basis(presence(chosen), table["neighbourhood_id"]) == "taux"
    areas = table["neighbourhood_id"].astype("category").cat.codes.to_numpy(dtype=np.int64) * is_rate
    order = np.lexsort((steps, rows))  # the same cases in the same order give the same draws
    return Cases(
        zone=np.repeat(rows[order], times[order]),
        step=np.repeat(steps[order], times[order]),
        area=np.repeat(areas[rows[order]], times[order]),
        names=tuple(table["zone"]),
        xy=table[["x_m", "y_m"]].to_numpy(dtype=float),
        first=chosen.start,
        last=chosen.end,
        unit=step,
        radius_m=max(RADIUS_M, SQUARES * (zones().cell_m or 0.0)),
    )


def run(cases: Cases, job: Job) -> Scanned:
    """Scan cases; `job.fraction` follows."""

    def told(fraction: float) -> None:
        job.fraction = fraction

    found = scan(
        cases.zone,
        cases.step,
        cases.xy,
        max_duration=LONGEST[cases.unit],
        max_radius_m=cases.radius_m,
        permutations=PERMUTATIONS,
        strata=cases.area,
        progress=told,
        workers=WORKERS,
    )
    clusters = [(cluster.p_value, _dated(cases, cluster)) for cluster in found.clusters]
    return Scanned(
        clusters=tuple(one for p, one in clusters if p <= LEVEL),
        below=next((one for p, one in clusters if p > LEVEL), None),
        first=cases.first,
        last=cases.last,
        cases=int(cases.zone.size),
        zones=len(cases.names),
        radius_m=cases.radius_m,
        permutations=found.permutations,
        asked=found.asked,
    )


def _dated(cases: Cases, cluster: Cluster) -> Found:
    """The cluster with its dates, and those of its zones that hold a case."""
    days, held = STEP_DAYS[cases.unit], set(cases.zone.tolist())
    start = cases.last + timedelta(days=(cluster.start - 1) * days + 1)
    return Found(
        zones=tuple(cases.names[zone] for zone in cluster.zones if zone in held),
        start=max(start, cases.first),
        end=cases.last + timedelta(days=cluster.end * days),
        observed=cluster.observed,
        expected=cluster.expected,
        p=cluster.p_value,
    )


_JOBS = _Jobs()
