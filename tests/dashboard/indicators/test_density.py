"""The density map against sums written out, another library's filter, and what any density must satisfy."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from dashboard.indicators.density import Density, kernel_density

relaxed = settings(deadline=None, max_examples=25)  # no test measures time
Floats = NDArray[np.float64]
FRAME = (0.0, 0.0, 1500.0, 1200.0)
MANY = 20_000  # enough for the grid of nodes to be used


def written_out(x: Floats, y: Floats, weights: Floats, found: Density) -> Floats:
    """The definition, one cell at a time: events per hectare at the cell's centre."""
    h = found.bandwidth_m
    values = np.empty(found.values.shape)
    for row, north in enumerate(found.y):
        for column, east in enumerate(found.x):
            squares = (x - east) ** 2 + (y - north) ** 2
            values[row, column] = (weights * np.exp(-squares / (2 * h * h))).sum() / (2 * math.pi * h * h) * 1e4
    return values


def assert_is_the_sum(x: Floats, y: Floats, weights: Floats | None = None, **given: Any) -> None:
    found = kernel_density(x, y, weights=weights, **given)
    mass = np.ones_like(x) if weights is None else weights
    exact = written_out(x, y, mass, found)
    unseen = 1e-12 * mass.sum() * 1e4 / (2 * math.pi * found.bandwidth_m**2)  # points too far away to be looked at
    assert np.abs(found.values - exact).max() <= 1e-3 * exact.max() + unseen


@st.composite
def points(draw: st.DrawFn, most: int = 60) -> tuple[Floats, Floats]:
    n = draw(st.integers(1, most))
    near = st.lists(st.floats(-400, 1900), min_size=n, max_size=n)
    return np.array(draw(near)), np.array(draw(near))


CLOUDS = {
    "anywhere": lambda rng: (rng.uniform(0, 1500, MANY), rng.uniform(0, 1200, MANY)),
    "one address": lambda rng: (np.full(MANY, 703.7), np.full(MANY, 599.1)),
    "two addresses": lambda rng: (rng.choice([311.3, 1288.8], MANY), np.full(MANY, 404.4)),
    "one tight cluster": lambda rng: (rng.normal(700, 8, MANY), rng.normal(600, 8, MANY)),
    "a street": lambda rng: (rng.uniform(0, 1500, MANY), np.full(MANY, 333.3)),
    "a grid of its own": lambda rng: (rng.uniform(0, 1500, MANY).round(-2), rng.uniform(0, 1200, MANY).round(-2)),
    "outside, two bandwidths away": None,
    "outside, at the corner": None,
}


def cloud(name: str, bandwidth: float) -> tuple[Floats, Floats]:
    rng = np.random.default_rng(11)
    if made := CLOUDS[name]:
        return made(rng)
    if name == "outside, at the corner":
        return np.full(MANY, -3 * bandwidth), np.full(MANY, 1200 + 3 * bandwidth)
    return rng.uniform(-3 * bandwidth, -2 * bandwidth, MANY), rng.uniform(0, 1200, MANY)


@pytest.mark.parametrize("name", CLOUDS)
@pytest.mark.parametrize(("bandwidth", "cell"), [(50, 50), (77.3, 25), (120, 40), (300, 50), (300, 300)])
def test_many_points_agree_with_the_sum_written_out(name: str, bandwidth: float, cell: float):
    x, y = cloud(name, bandwidth)
    assert_is_the_sum(x, y, bandwidth_m=bandwidth, cell_m=cell, bounds=FRAME)


def test_many_weighted_points_agree_with_the_sum_written_out():
    rng = np.random.default_rng(5)
    x, y = cloud("anywhere", 120)
    assert_is_the_sum(x, y, rng.gamma(0.3, 1, MANY), bandwidth_m=120, cell_m=50, bounds=FRAME)


@relaxed
@given(where=points(), bandwidth=st.floats(50, 300), cell=st.floats(20, 120), seed=st.integers(0, 9))
def test_few_points_agree_with_the_sum_written_out(
    where: tuple[Floats, Floats], bandwidth: float, cell: float, seed: int
):
    weights = np.random.default_rng(seed).uniform(0, 3, where[0].size) if seed else None
    assert_is_the_sum(*where, weights, bandwidth_m=bandwidth, cell_m=cell, bounds=FRAME)


def test_few_and_many_points_take_two_ways_to_the_same_map():
    """The same mass as 50 weighted points and as 50 000 points: one is summed exactly, the other is not."""
    rng = np.random.default_rng(3)
    x, y = rng.uniform(0, 1500, 50), rng.uniform(0, 1200, 50)
    few = kernel_density(x, y, bandwidth_m=50, bounds=FRAME, weights=np.full(50, 1000.0))
    many = kernel_density(np.repeat(x, 1000), np.repeat(y, 1000), bandwidth_m=50, bounds=FRAME)
    assert np.abs(few.values - many.values).max() < 1e-4 * few.values.max()
    assert np.abs(few.values - many.values).max() > 0


def test_many_points_agree_with_scipys_gaussian_filter():
    """The filter blurs a 1 m histogram: another method, another code."""
    rng = np.random.default_rng(2)
    x, y = rng.normal(500, 60, MANY), rng.normal(400, 90, MANY)
    counts, _, _ = np.histogram2d(y, x, bins=(800, 1000), range=((0, 800), (0, 1000)))
    blurred = gaussian_filter(counts, 50, mode="constant", truncate=8) * 1e4
    found = kernel_density(x, y, bandwidth_m=50, bounds=(0, 0, 1000, 800), cell_m=1)
    assert np.abs(found.values - blurred).max() < 1e-3 * blurred.max()


def test_one_event_has_the_height_of_the_kernel():
    found = kernel_density([105.0], [105.0], bandwidth_m=100, bounds=(0, 0, 200, 200))
    assert found.values[10, 10] == pytest.approx(10_000 / (2 * math.pi * 100**2))  # 0.159 event per hectare
    assert found.values.argmax() == 10 * 20 + 10


def test_rows_go_from_south_to_north_and_columns_from_west_to_east():
    found = kernel_density([900.0], [100.0], bandwidth_m=60, bounds=(0, 0, 1000, 1000), cell_m=50)
    assert np.unravel_index(found.values.argmax(), found.values.shape) in {(1, 17), (2, 17), (1, 18), (2, 18)}
    assert np.all(np.diff(found.x) > 0)
    assert np.all(np.diff(found.y) > 0)


def test_cells_start_at_the_corner_and_the_last_ones_extend_past_the_bounds():
    found = kernel_density([], [], bandwidth_m=60, bounds=(100, 200, 125, 230), cell_m=10)
    assert found.x.tolist() == [105, 115, 125]
    assert found.y.tolist() == [205, 215, 225]
    assert found.values.shape == (3, 3)


def test_a_rounding_error_in_the_bounds_makes_no_cell():
    assert kernel_density([], [], bandwidth_m=60, bounds=(0.1, 0, 0.3, 0.1 + 0.2), cell_m=0.1).values.shape == (3, 2)


def test_no_point_is_zero_everywhere():
    found = kernel_density([], [], bandwidth_m=120, bounds=FRAME)
    assert (found.n, found.bandwidth_m, found.cell_m) == (0, 120, 10)
    assert found.values.shape == (120, 150)
    assert not found.values.any()


def test_points_out_of_reach_count_in_n_alone():
    found = kernel_density([1e6, 1e6], [0.0, 1.0], bandwidth_m=50, bounds=FRAME)
    assert found.n == 2
    assert not found.values.any()


def test_lambert_coordinates_lose_nothing():
    x, y = cloud("anywhere", 120)
    here = kernel_density(x, y, bandwidth_m=120, bounds=FRAME)
    there = kernel_density(x + 350_000, y + 6_690_000, bandwidth_m=120, bounds=(350_000, 6_690_000, 351_500, 6_691_200))
    assert np.abs(here.values - there.values).max() < 1e-6 * here.values.max()


@relaxed
@given(where=points(), bandwidth=st.floats(50, 300), cell=st.sampled_from([10.0, 25.0, 50.0]), copies=st.booleans())
def test_mass_is_kept_in_a_wide_frame(where: tuple[Floats, Floats], bandwidth: float, cell: float, copies: bool):
    x, y = (np.repeat(axis, 300) if copies else axis for axis in where)
    margin = 6 * bandwidth
    bounds = (-400 - margin, -400 - margin, 1900 + margin, 1900 + margin)
    found = kernel_density(x, y, bandwidth_m=bandwidth, bounds=bounds, cell_m=cell)
    assert found.values.sum() * cell**2 / 1e4 == pytest.approx(x.size, rel=1e-4)


@relaxed
@given(where=points(), east=st.integers(-20, 20), north=st.integers(-20, 20))
def test_moving_everything_moves_the_map(where: tuple[Floats, Floats], east: int, north: int):
    x, y = (np.repeat(axis, 300) for axis in where)
    here = kernel_density(x, y, bandwidth_m=80, bounds=FRAME, cell_m=25)
    moved = (FRAME[0] + east * 25, FRAME[1] + north * 25, FRAME[2] + east * 25, FRAME[3] + north * 25)
    there = kernel_density(x + east * 25, y + north * 25, bandwidth_m=80, bounds=moved, cell_m=25)
    assert np.abs(here.values - there.values).max() <= 1e-6 * here.values.max()


@relaxed
@given(where=points(), seed=st.integers(0, 99))
def test_weights_add_up(where: tuple[Floats, Floats], seed: int):
    rng = np.random.default_rng(seed)
    x, y = (np.repeat(axis, 300) for axis in where)
    first, second = rng.uniform(0, 1, (2, x.size))
    of_first, of_second, of_both = (
        kernel_density(x, y, bandwidth_m=80, bounds=FRAME, cell_m=25, weights=weights).values
        for weights in (first, second, first + second)
    )
    assert np.abs(of_first + of_second - of_both).max() <= 1e-9 * of_both.max() + 1e-30


@relaxed
@given(where=points(), copies=st.sampled_from([1, 300]), bandwidth=st.floats(10, 300))
def test_density_is_never_negative(where: tuple[Floats, Floats], copies: int, bandwidth: float):
    x, y = (np.repeat(axis, copies) for axis in where)
    assert kernel_density(x, y, bandwidth_m=bandwidth, bounds=FRAME, cell_m=30).values.min() >= 0


def test_a_weight_of_0_is_an_absent_point():
    rng = np.random.default_rng(8)
    x, y = rng.uniform(0, 1000, (2, MANY))
    kept = np.arange(MANY) % 2 == 0
    some = kernel_density(x[kept], y[kept], bandwidth_m=90, bounds=FRAME)
    weighed = kernel_density(x, y, bandwidth_m=90, bounds=FRAME, weights=kept.astype(float))
    assert np.abs(some.values - weighed.values).max() < 1e-5 * some.values.max()


def test_what_is_given_is_left_alone():
    x, y, weights = (np.linspace(0, 1000, 5000) for _ in range(3))
    kernel_density(x, y, bandwidth_m=90, bounds=FRAME, weights=weights)
    assert np.array_equal(x, np.linspace(0, 1000, 5000))
    assert np.array_equal(weights, x)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"x": [1.0, math.nan]}, "x holds a value that isn't finite"),
        ({"y": [1.0, math.inf]}, "y holds a value that isn't finite"),
        ({"weights": [1.0, math.nan]}, "weights holds a value that isn't finite"),
        ({"weights": [1.0, -1.0]}, "weights holds -1.0"),
        ({"weights": [1.0]}, "shapes"),
        ({"x": [1.0]}, "shapes"),
        ({"x": [[1.0, 2.0]], "y": [[1.0, 2.0]]}, "shapes"),
        ({"bandwidth_m": 0}, "bandwidth_m = 0"),
        ({"bandwidth_m": math.nan}, "bandwidth_m = nan"),
        ({"cell_m": -5}, "cell_m = -5"),
        ({"bounds": (0, 0, 0, 10)}, "bounds"),
        ({"bounds": (0, 0, math.inf, 10)}, "bounds"),
    ],
)
def test_what_cannot_be_mapped_is_refused(wrong: dict[str, Any], message: str):
    right: dict[str, Any] = {"x": [1.0, 2.0], "y": [1.0, 2.0], "bandwidth_m": 120, "bounds": FRAME}
    with pytest.raises(ValueError, match=message):
        kernel_density(**(right | wrong))
