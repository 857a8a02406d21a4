"""Frames, classes, summits, resampling; and the picture that Leaflet stretches between two corners."""

from __future__ import annotations

import io
import itertools
import math

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from pyproj import Transformer

from dashboard import map_picture
from dashboard.indicators import grid
from dashboard.indicators.density import kernel_density
from dashboard.indicators.grid import COLOURS, Frame

LAMBERT = "EPSG:2154"
UTM = "EPSG:32630"
# A metric system whose grid north is far from the map's: 3 degrees of longitude from its central meridian.
PLACES = [(-1.59, 47.26), (2.35, 48.86), (7.75, 48.58), (-4.49, 48.39), (9.45, 42.70)]


def metres(longitude: float, latitude: float, crs: str = LAMBERT) -> tuple[float, float]:
    """Metric coordinates of a place, by pyproj."""
    return Transformer.from_crs("EPSG:4326", crs, always_xy=True).transform(longitude, latitude)


def pixels(picture: map_picture.Picture) -> np.ndarray:
    """Classes of a picture, rows from north to south."""
    return np.asarray(Image.open(io.BytesIO(picture.png)))


def where(picture: map_picture.Picture, row, column):
    """Longitude and latitude at the middle of pixels, linear in Web Mercator between the corners as Leaflet has it."""
    (south, west), (north, east) = picture.bounds
    forward = Transformer.from_crs("EPSG:4326", "EPSG:3857", always_xy=True)
    left, bottom = forward.transform(west, south)
    right, top = forward.transform(east, north)
    rows, columns = pixels(picture).shape
    x = left + (right - left) * (column + 0.5) / columns
    y = top - (top - bottom) * (row + 0.5) / rows
    return forward.transform(x, y, direction="INVERSE")


def metric(low: float, high: float) -> st.SearchStrategy[float]:
    """Metres; nought and whole cells are likelier than chance."""
    return st.floats(low, high, allow_subnormal=False) | st.integers(int(low / 10), int(high / 10)).map(
        lambda n: 10.0 * n
    )


@given(
    corner=st.tuples(metric(-1e6, 1e6), metric(-1e6, 7e6)),
    size=st.tuples(metric(0, 3e5), metric(0, 3e5)),
    margin=metric(0, 1000),
    cell=st.sampled_from([5.0, 10.0, 15.0, 35.0]),
)
def test_a_frame_covers_its_extent_in_whole_cells_within_its_limit(corner, size, margin, cell):
    (west, south), (width, height) = corner, size
    extent = (west, south, west + width, south + height)
    found = grid.frame(extent, margin_m=margin, cell_m=cell, max_cells=50_000)
    rows, columns = found.shape
    assert 1 <= rows * columns <= 50_000
    assert found.cell_m % cell == pytest.approx(0, abs=1e-6) or found.cell_m % cell == pytest.approx(cell)
    assert found.bounds[0] <= west - margin and found.bounds[1] <= south - margin
    assert found.bounds[2] >= west + width + margin and found.bounds[3] >= south + height + margin
    assert (found.bounds[2] - found.bounds[0]) / found.cell_m == pytest.approx(columns)


def test_a_frame_is_coarser_only_when_it_must_be():
    assert grid.frame((0, 0, 1000, 500)) == Frame((0, 0, 1000, 500), 10)
    wide = grid.frame((0, 0, 100_000, 100_000))
    assert wide.cell_m == 100
    assert wide.shape == (1000, 1000)


@pytest.mark.parametrize(
    ("maximum", "expected"),
    [
        (4.3, (0.05, 0.1, 0.2, 0.5, 1, 2, 5)),
        (5.0, (0.05, 0.1, 0.2, 0.5, 1, 2, 5)),
        (5.001, (0.1, 0.2, 0.5, 1, 2, 5, 10)),
        (0.001, (0.00001, 0.00002, 0.00005, 0.0001, 0.0002, 0.0005, 0.001)),
        (0, ()),
        (math.nan, ()),
        (math.inf, ()),
    ],
)
def test_density_classes_are_of_the_1_2_5_series(maximum, expected):
    assert grid.class_breaks(maximum) == pytest.approx(expected)


@given(st.floats(1e-9, 1e12))
def test_classes_reach_the_maximum_and_hold_it_in_the_last(maximum):
    for breaks in (grid.class_breaks(maximum), grid.even_breaks(maximum)):
        assert 2 <= len(breaks) <= len(COLOURS) + 1
        assert all(low < high for low, high in itertools.pairwise(breaks))
        assert breaks[-1] >= maximum * (1 - 1e-9)
        assert breaks[-2] < maximum * (1 + 1e-9)


def test_even_classes_start_at_nought_by_a_round_step():
    assert grid.even_breaks(174) == (0, 50, 100, 150, 200)
    assert grid.even_breaks(1402) == (0, 250, 500, 750, 1000, 1250, 1500)
    assert grid.even_breaks(0.0) == ()


def test_a_bound_belongs_to_the_class_above():
    breaks = (1.0, 2.0, 5.0)
    values = np.array([0.0, 0.999, 1.0, 1.999, 2.0, 5.0, 9.0])
    assert grid.classify(values, breaks).tolist() == [0, 0, 1, 1, 2, 2, 2]
    assert grid.classify(values, ()).tolist() == [0] * 7


def test_what_is_unknown_or_under_the_first_bound_has_no_colour():
    breaks = (1.0, 2.0, 5.0)
    assert [grid.colour_of(value, breaks) for value in (None, math.nan, 0.5)] == [None, None, None]
    assert grid.colour_of(1.0, breaks) == COLOURS[0]
    assert grid.colour_of(0.0, (0.0, 1.0)) == COLOURS[0]


def luminance(colour: str) -> float:
    """Relative luminance of WCAG 2."""
    linear = [((c / 255 + 0.055) / 1.055) ** 2.4 if c > 10 else c / 255 / 12.92 for c in bytes.fromhex(colour[1:])]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_colours_darken_from_class_to_class_so_that_they_read_in_grey():
    shades = [luminance(colour) for colour in COLOURS]
    assert all(light > dark * 1.2 for light, dark in itertools.pairwise(shades))
    assert list(grid.OPACITIES) == sorted(grid.OPACITIES)


def test_summits_are_found_highest_first_and_apart():
    at = grid.frame((0, 0, 3000, 2000))
    density = kernel_density(
        [500.0, 2500.0, 2500.0, 520.0], [500.0, 1500.0, 1500.0, 510.0], bandwidth_m=100, bounds=at.bounds,
        weights=[1.0, 2.0, 2.0, 1.0],
    )  # fmt: skip
    first, second = grid.peaks(density.values, at, distance_m=200)  # the second is a tie of two cells
    assert first.value == pytest.approx(2 * second.value, rel=0.02)
    assert math.dist((first.x, first.y), (2500, 1500)) <= 10
    assert math.dist((second.x, second.y), (510, 505)) <= 10


def test_a_plain_has_one_summit_only():
    at = grid.frame((0, 0, 1000, 1000))
    assert len(grid.peaks(np.ones(at.shape), at, distance_m=2000)) == 1


def test_an_empty_density_has_no_summit():
    at = grid.frame((0, 0, 300, 200))
    assert grid.peaks(np.zeros(at.shape), at, distance_m=50) == []


def test_samples_are_the_cells_values_at_their_centres_and_linear_between():
    at = Frame((100, 200, 140, 230), 10)
    values = np.arange(12, dtype=float).reshape(3, 4)
    x, y = np.meshgrid(105 + 10.0 * np.arange(4), 205 + 10.0 * np.arange(3))
    assert grid.sampled(values, at, x, y) == pytest.approx(values)
    assert grid.sampled(values, at, np.array([110.0]), np.array([205.0])) == pytest.approx([0.5])
    assert grid.sampled(values, at, np.array([500.0]), np.array([205.0])) == pytest.approx([0.0])


def test_a_spread_lattice_is_exact_for_a_plane():
    down, across = np.meshgrid(np.linspace(0, 1, 5), np.linspace(0, 1, 5), indexing="ij")
    rows, columns = 7, 11
    row, column = np.meshgrid((np.arange(rows) + 0.5) / rows, (np.arange(columns) + 0.5) / columns, indexing="ij")
    assert grid.spread(3 * down - 2 * across, rows, columns) == pytest.approx(3 * row - 2 * column)


@pytest.mark.parametrize("crs", [LAMBERT, UTM])
@pytest.mark.parametrize(("longitude", "latitude"), PLACES)
def test_the_brightest_pixel_is_where_the_point_is(longitude, latitude, crs):
    """Golden: one point on a tilted metric grid, read back through the corners as Leaflet does, within a cell."""
    x, y = metres(longitude, latitude, crs)
    at = grid.frame((x - 3000, y - 2000, x + 1500, y + 2500))
    density = kernel_density([x], [y], bandwidth_m=60, bounds=at.bounds, cell_m=at.cell_m)
    top = float(density.values.max())
    picture = map_picture.picture(density.values, at, crs, breaks=[top * 0.98, top * 1.01])
    rows, columns = np.nonzero(pixels(picture))
    assert rows.size
    found = metres(*where(picture, rows.mean(), columns.mean()), crs)
    assert math.dist(found, (x, y)) < at.cell_m
    assert math.dist(metres(*where(picture, rows.max(), columns.max()), crs), (x, y)) < 3 * at.cell_m


def test_a_wide_picture_stays_exact_far_from_its_middle():
    """A region of 150 km: the lattice of the projection must not drift."""
    x, y = metres(-1.0, 47.0)
    at = grid.frame((x - 100_000, y - 20_000, x + 50_000, y + 80_000), cell_m=100)
    values = np.zeros(at.shape)
    values[-40, 60] = 1.0
    point = at.bounds[0] + 60.5 * at.cell_m, at.bounds[3] - 39.5 * at.cell_m
    picture = map_picture.picture(values, at, LAMBERT, breaks=[0.05, 1.0])
    rows, columns = np.nonzero(pixels(picture))
    found = metres(*where(picture, rows.mean(), columns.mean()))
    assert math.dist(found, point) < at.cell_m / 2


def square(longitude: float, latitude: float, half: float) -> shapely.Polygon:
    """A square in degrees."""
    return shapely.box(longitude - half, latitude - half, longitude + half, latitude + half)


def test_nothing_is_painted_outside_the_outlines_nor_in_their_holes():
    outline = square(-1.59, 47.26, 0.01) - square(-1.59, 47.26, 0.002)
    island = square(-1.57, 47.26, 0.002)
    both = [outline, island]
    at = grid.frame(map_picture.extent_of(both, LAMBERT), margin_m=300)
    picture = map_picture.picture(np.ones(at.shape), at, LAMBERT, breaks=[0.5, 1.0], outlines=both)
    painted = pixels(picture) > 0
    row, column = np.indices(painted.shape)
    longitude, latitude = where(picture, row, column)
    inside = shapely.union_all(both)
    far_from_edges = shapely.distance(inside.boundary, shapely.points(longitude, latitude)) > 1e-4  # about ten metres
    expected = shapely.contains_xy(inside, longitude, latitude)
    assert (painted == expected)[far_from_edges].all()
    assert 0.2 < painted.mean() < 0.9


def test_overlapping_outlines_hide_nothing_of_each_other():
    holed = square(-1.59, 47.26, 0.01) - square(-1.59, 47.26, 0.004)
    plug = square(-1.59, 47.26, 0.005)
    at = grid.frame(map_picture.extent_of([holed], LAMBERT))
    picture = map_picture.picture(np.ones(at.shape), at, LAMBERT, breaks=[0.5, 1.0], outlines=[plug, holed])
    rows, columns = pixels(picture).shape
    assert pixels(picture)[rows // 2, columns // 2] == 1


def test_a_picture_is_small_and_more_opaque_where_there_is_more():
    generator = np.random.default_rng(3)
    at = grid.frame((350_000, 6_690_000, 357_000, 6_695_000))
    x, y = (generator.uniform(at.bounds[side], at.bounds[side + 2], 20_000) for side in (0, 1))
    density = kernel_density(x, y, bandwidth_m=50, bounds=at.bounds)
    breaks = grid.class_breaks(float(density.values.max()))
    picture = map_picture.picture(density.values, at, LAMBERT, breaks=breaks)
    assert len(picture.png) < 200_000
    image = Image.open(io.BytesIO(picture.png))
    alpha = np.asarray(image.convert("RGBA"))[..., 3]
    opaque = [int(np.unique(alpha[pixels(picture) == number]).item()) for number in np.unique(pixels(picture))]
    assert opaque == sorted(opaque) and len(set(opaque)) == len(opaque)
    assert alpha[pixels(picture) == 0].max(initial=0) == 0


def test_a_click_finds_the_outline_that_holds_it():
    outlines = {"ouest": square(-1.6, 47.2, 0.01), "est": square(-1.57, 47.2, 0.01)}
    assert map_picture.zone_at(-1.6, 47.2, outlines) == "ouest"
    assert map_picture.zone_at(-1.565, 47.205, outlines) == "est"
    assert map_picture.zone_at(-1.5, 47.2, outlines) is None
