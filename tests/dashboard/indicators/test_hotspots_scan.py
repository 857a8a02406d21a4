"""The space-time scan against a plain slow one, planted clusters, and what any answer must satisfy."""

from __future__ import annotations

import csv
import math
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.indicators.hotspots import Cluster, Scan, scan, space_time_scan

relaxed = settings(deadline=None, max_examples=50)  # no test measures time
Ints = np.ndarray
Window = tuple[float, frozenset[int], int, int, int, float]


def slow_circles(zone: Ints, xy: np.ndarray, radius: float) -> list[frozenset[int]]:
    """The definition, in words: every centre, every distance, at most half of the cases."""
    circles: list[frozenset[int]] = []
    for centre in range(len(xy)):
        distances = [math.dist(xy[centre], point) for point in xy]
        for reach in sorted(set(distances)):
            zones = frozenset(other for other, distance in enumerate(distances) if distance <= reach)
            held = int(np.isin(zone, list(zones)).sum())
            if reach <= radius and 2 * held <= len(zone):
                circles.append(zones)
    return circles


def slow_windows(zone: Ints, time: Ints, strata: Ints, circles: list[frozenset[int]], longest: int) -> list[Window]:
    """Every window of every circle that has more cases than expected."""
    total, first, last = len(zone), int(time.min()), int(time.max())
    groups = [strata == group for group in sorted(set(strata.tolist()))]
    found = []
    for zones in circles:
        inside = np.isin(zone, list(zones))
        held = [int((inside & group).sum()) for group in groups]
        for length in range(1, longest + 1):
            for start in range(first, last - length + 2):
                during = (time >= start) & (time < start + length)
                c = int((inside & during).sum())
                mu = sum(k * int((during & g).sum()) / int(g.sum()) for k, g in zip(held, groups, strict=True))
                if c >= 2 and c > mu:
                    rest = (total - c) * math.log((total - c) / (total - mu)) if c < total else 0.0
                    found.append((c * math.log(c / mu) + rest, zones, start, start + length - 1, c, mu))
    return found


def shuffled(rng: np.random.Generator, time: Ints, strata: Ints) -> Ints:
    times = time.copy()
    for group in sorted(set(strata.tolist())):
        times[strata == group] = rng.permutation(times[strata == group])
    return times


def slow_scan(
    zone: Ints, time: Ints, strata: Ints, xy: np.ndarray, *, longest: int, radius: float, permutations: int, seed: int
) -> tuple[list[Window], list[float]]:
    """Windows from the strongest, none sharing a zone and a step with a stronger one, and the maxima of all draws."""
    circles = slow_circles(zone, xy, radius)
    left = slow_windows(zone, time, strata, circles, longest)
    chosen: list[Window] = []
    while left and len(chosen) < 20:
        best = max(left, key=lambda window: window[0])
        chosen.append(best)
        left = [w for w in left if not (w[1] & best[1] and w[2] <= best[3] and best[2] <= w[3])]
    rng = np.random.default_rng(seed)
    draws = [slow_windows(zone, shuffled(rng, time, strata), strata, circles, longest) for _ in range(permutations)]
    return chosen, [max((window[0] for window in windows), default=0.0) for windows in draws]


def assert_same(
    found: Scan,
    zone: Ints,
    time: Ints,
    xy: np.ndarray,
    *,
    longest: int,
    seed: int,
    radius: float = math.inf,
    strata: Ints | None = None,
) -> None:
    groups = np.zeros_like(zone) if strata is None else strata
    windows, maxima = slow_scan(
        zone, time, groups, xy, longest=longest, radius=radius, permutations=found.permutations, seed=seed
    )
    np.testing.assert_allclose(found.maxima, maxima, rtol=1e-12, atol=1e-12)
    named = [(frozenset(c.zones), c.start, c.end, c.observed) for c in found.clusters]
    assert named == [window[1:5] for window in windows]
    for cluster, window in zip(found.clusters, windows, strict=True):
        assert cluster.log_ratio == pytest.approx(window[0], rel=1e-12)
        assert cluster.expected == pytest.approx(window[5], rel=1e-12)
        beaten = sum(m >= cluster.log_ratio - 1e-12 for m in maxima)
        assert cluster.p_value == pytest.approx((1 + beaten) / (1 + len(maxima)))


@st.composite
def cases(draw: st.DrawFn) -> tuple[Ints, Ints, np.ndarray, Ints | None]:
    """A few cases on a coarse lattice: duplicate coordinates and equal distances abound."""
    zones, n = draw(st.integers(1, 7)), draw(st.integers(1, 40))
    lattice = st.tuples(st.integers(0, 3), st.integers(0, 3))
    xy = np.array(draw(st.lists(lattice, min_size=zones, max_size=zones)), dtype=float)
    zone = draw(st.lists(st.integers(0, zones - 1), min_size=n, max_size=n))
    time = draw(st.lists(st.integers(-3, 9), min_size=n, max_size=n))
    strata = draw(st.none() | st.lists(st.sampled_from([2, 5, 7]), min_size=n, max_size=n))
    return np.array(zone), np.array(time), xy, None if strata is None else np.array(strata)


@relaxed
@given(cases(), st.integers(1, 15), st.sampled_from([0.0, 1.0, 2.0, math.inf]), st.integers(0, 3))
def test_agrees_with_the_definition_written_out(made, longest: int, radius: float, seed: int):
    zone, time, xy, strata = made
    limits = {"max_duration": longest, "max_radius_m": radius}
    found = scan(zone, time, xy, **limits, permutations=4, seed=seed, strata=strata)
    if found.clusters:
        assert_same(found, zone, time, xy, longest=longest, radius=radius, seed=seed, strata=strata)
    one = np.zeros_like(zone) if strata is None else strata
    assert bool(found.clusters) == bool(slow_windows(zone, time, one, slow_circles(zone, xy, radius), longest))


def test_agrees_with_the_definition_on_many_cases_per_zone():
    rng = np.random.default_rng(4)
    zone, time, xy = rng.integers(0, 9, 700), rng.integers(0, 24, 700), rng.uniform(0, 1000, (9, 2))
    strata = np.where(zone < 4, 0, 1)
    found = scan(zone, time, xy, max_duration=6, permutations=8, seed=3)
    assert_same(found, zone, time, xy, longest=6, seed=3)
    apart = scan(zone, time, xy, max_duration=6, permutations=8, seed=3, strata=strata)
    assert_same(apart, zone, time, xy, longest=6, seed=3, strata=strata)
    assert apart.clusters != found.clusters


def test_weeks_without_cases_and_bursts_agree_with_the_definition():
    rng = np.random.default_rng(8)
    time = np.concatenate([rng.choice([0, 1, 4, 5, 6], 150), rng.choice([20, 21, 22], 200), np.full(30, 41)])
    zone = np.concatenate([rng.integers(0, 6, 350), np.full(30, 2)])
    xy = np.array([[0, 0], [0, 0], [5, 0], [9, 1], [20, 20], [21, 20.0], [500, 500]])
    found = scan(zone, time, xy, max_duration=5, permutations=9, seed=1)
    assert_same(found, zone, time, xy, longest=5, seed=1)
    assert (found.clusters[0].zones, found.clusters[0].start, found.clusters[0].end) == ((2,), 41, 41)


@pytest.mark.real_data
def test_a_part_of_the_real_reports_agrees_with_the_definition(real_data: Path):
    first = date(2024, 7, 1)
    zone, time, points = [], [], {}
    for file in sorted((real_data / "paris").glob("*.csv")):
        with file.open(encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines):
                day = (date.fromisoformat(row["datedecl"]) - first).days
                if 0 <= day < 21 and row["ville"]:
                    index = points.setdefault(row["ville"], len(points))
                    zone.append(index)
                    time.append(day)
    assert len(zone) > 500
    angles = np.arange(len(points)) * 2.4
    xy = np.column_stack([np.cos(angles), np.sin(angles)]) * np.sqrt(np.arange(len(points)))[:, None] * 900
    found = scan(zone, time, xy, max_duration=7, max_radius_m=4000, permutations=2, seed=2)
    assert_same(found, np.array(zone), np.array(time), xy, longest=7, radius=4000, seed=2)


def planted(seed: int = 5) -> tuple[Ints, Ints, np.ndarray]:
    """Busy and quiet zones, busy and quiet weeks, and 14 cases too many in zones 3 and 7 in weeks 60 to 62."""
    rng = np.random.default_rng(seed)
    xy = rng.uniform(0, 3000, (40, 2))
    xy[7] = xy[3] + (8, -5)
    zone = rng.choice(40, 1500, p=rng.dirichlet(np.full(40, 2.0)))
    time = rng.choice(104, 1500, p=rng.dirichlet(np.full(104, 5.0)))
    return np.append(zone, [3, 7] * 7), np.append(time, [60, 60, 61, 61, 62, 62, 62] * 2), xy


def test_a_planted_cluster_is_found_where_and_when_it_is():
    zone, time, xy = planted()
    best = space_time_scan(zone, time, xy, max_duration=8)[0]
    assert set(best.zones) == {3, 7}
    assert (best.start, best.end) == (60, 62)
    assert best.p_value == 1 / 1000
    assert best.observed >= 14 > 4 * best.expected


def test_no_cluster_shares_a_zone_and_a_step_with_a_stronger_one():
    found = scan(*planted(), max_duration=8, permutations=99).clusters
    assert [cluster.log_ratio for cluster in found] == sorted((c.log_ratio for c in found), reverse=True)
    for rank, one in enumerate(found):
        for other in found[:rank]:
            shares = set(one.zones) & set(other.zones)
            assert not (shares and one.start <= other.end and other.start <= one.end)


def test_the_draw_stops_when_the_verdict_is_settled_and_never_before():
    rng = np.random.default_rng(12)
    zone, time, xy = rng.integers(0, 10, 300), rng.integers(0, 30, 300), rng.uniform(0, 900, (10, 2))
    found = scan(zone, time, xy, max_duration=4)
    assert found.is_settled_early
    assert found.permutations < found.asked == 999
    assert found.maxima.size == found.permutations
    best = found.clusters[0]
    # The fiftieth draw as strong is the last one: with all 999 p could be 51/1000 at the least.
    assert np.count_nonzero(found.maxima >= best.log_ratio) == 50
    assert found.maxima[-1] >= best.log_ratio
    assert best.p_value == 51 / (1 + found.permutations)
    strong = scan(*planted(), max_duration=8)
    assert not strong.is_settled_early
    assert strong.permutations == 999


def test_the_same_seed_gives_the_same_answer_and_progress_ends_at_one():
    parts: list[float] = []
    first = scan(*planted(), max_duration=6, permutations=199, seed=7, progress=parts.append)
    again = scan(*planted(), max_duration=6, permutations=199, seed=7)
    assert first.clusters == again.clusters
    assert np.array_equal(first.maxima, again.maxima)
    assert not np.array_equal(first.maxima, scan(*planted(), max_duration=6, permutations=199, seed=8).maxima)
    assert parts == sorted(parts)
    assert parts[-1] == 1.0


def test_p_values_are_uniform_where_nothing_is_planted():
    rng = np.random.default_rng(99)
    p = []
    for draw in range(120):
        zone = rng.choice(8, 120, p=np.array([5, 1, 1, 1, 3, 1, 1, 1]) / 14)
        time = rng.choice(20, 120, p=np.arange(1, 21) / 210)
        p.append(space_time_scan(zone, time, rng.uniform(0, 9, (8, 2)), max_duration=5, permutations=19, seed=draw)[0])
    for level in (0.05, 0.25, 0.5):
        below = sum(cluster.p_value <= level for cluster in p)
        assert below <= 120 * level + 3 * math.sqrt(120 * level * (1 - level))
    assert sum(cluster.p_value <= 0.5 for cluster in p) >= 36


def test_a_patrol_that_moves_makes_no_cluster_within_strata():
    """The team is in one half of the zones one week and in the other the next: places do nothing of their own."""
    rng = np.random.default_rng(31)
    time = np.repeat(np.arange(40), 40)
    half = time % 2
    zone = rng.integers(0, 6, 1600) + 6 * half
    xy = np.column_stack([np.arange(12) % 6 * 100.0, np.arange(12) // 6 * 5000.0])
    assert space_time_scan(zone, time, xy, max_duration=4)[0].p_value == 1 / 1000
    within = scan(zone, time, xy, max_duration=4, strata=half)
    assert within.clusters[0].p_value > 0.05
    added = np.full(40, 8), np.full(40, 21), np.ones(40, dtype=int)
    zone, time, half = (np.append(a, b) for a, b in zip((zone, time, half), added, strict=True))
    best = scan(zone, time, xy, max_duration=4, strata=half).clusters[0]
    assert (best.zones, best.start, best.end, best.p_value) == ((8,), 21, 21, 1 / 1000)


def test_moving_zones_or_dates_together_changes_nothing():
    zone, time, xy = planted()
    here = scan(zone, time, xy, max_duration=5, permutations=49)
    there = scan(zone, time + 1_000_000, xy + np.array([355_000, 6_689_000]), max_duration=5, permutations=49)
    assert np.array_equal(here.maxima, there.maxima)
    assert [(c.zones, c.start + 1_000_000, c.end + 1_000_000) for c in here.clusters] == [
        (c.zones, c.start, c.end) for c in there.clusters
    ]


def test_where_nothing_can_be_found_there_is_no_cluster():
    xy = np.array([[0.0, 0.0], [1.0, 1.0]])
    assert space_time_scan([], [], xy, max_duration=3) == []
    assert space_time_scan([], [], np.empty((0, 2)), max_duration=3) == []
    assert space_time_scan([0, 1, 0, 1], [5, 5, 5, 5], xy, max_duration=3) == []  # one time
    assert space_time_scan([0, 0, 0], [1, 2, 3], xy[:1], max_duration=3) == []  # one zone: more than half
    assert space_time_scan([0], [1], xy, max_duration=1) == []
    assert scan([], [], xy, max_duration=3).permutations == 0


def test_empty_zones_and_whole_floats_are_welcome():
    xy = np.array([[0.0, 0.0], [10.0, 0.0], [1.0, 0.0]])
    zone = np.array([0.0] * 6 + [1.0] * 12)
    time = np.array([3.0] * 4 + [0.0, 9.0] + [0.0, 1.0, 2.0, 5.0, 6.0, 7.0] * 2)
    best = space_time_scan(zone, time, xy, max_duration=2, permutations=49)[0]
    assert best == Cluster((0,), 3, 3, 4, 6 * 4 / 18, best.log_ratio, best.p_value)


def test_without_a_folder_for_compiled_code_it_is_compiled_all_the_same(monkeypatch: pytest.MonkeyPatch):
    import numba

    from dashboard.indicators.space_time_kernel import compiled

    def njit(cache: bool = False, nogil: bool = False):
        if cache:
            raise RuntimeError("cannot cache function: no locator available")
        return real(nogil=nogil)

    real = numba.njit
    monkeypatch.setattr(numba, "njit", njit)
    assert compiled(lambda value: value + 1)(2) == 3


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"max_duration": 0}, "max_duration"),
        ({"max_radius_m": -1.0}, "max_radius_m"),
        ({"max_radius_m": math.nan}, "max_radius_m"),
        ({"permutations": -1}, "permutations"),
        ({"zone": [0, 2]}, "rows of xy"),
        ({"zone": [0, -1]}, "rows of xy"),
        ({"zone": [0]}, "for every case"),
        ({"strata": [0, 1, 1]}, "for every case"),
        ({"time": [1.5, 2.0]}, "whole numbers"),
        ({"time": [1.0, math.inf]}, "whole numbers"),
        ({"time": ["2024", "2025"]}, "whole numbers"),
        ({"xy": [[0.0, math.nan], [1.0, 1.0]]}, "xy"),
        ({"xy": [0.0, 1.0]}, "xy"),
    ],
)
def test_what_cannot_be_scanned_is_refused(change: dict, words: str):
    sound = {"zone": [0, 1], "time": [1, 2], "xy": [[0.0, 0.0], [1.0, 1.0]], "max_duration": 2}
    with pytest.raises(ValueError, match=words):
        scan(**sound | change)
