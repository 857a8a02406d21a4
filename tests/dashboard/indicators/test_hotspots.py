"""Gi*, the exact neighbourhood test and false discoveries against PySAL, statsmodels, scipy and sums written out."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy import stats

from dashboard.indicators.grid import Frame
from dashboard.indicators.hotspots import (
    GiStar,
    benjamini_hochberg,
    cell_counts,
    gi_star,
    local_excess,
    map_basis,
)

relaxed = settings(deadline=None, max_examples=60)  # no test measures time


def neighbours(counted: np.ndarray) -> dict[tuple[int, int], list[tuple[int, int]]]:
    """Cells that count, each with the queen neighbours that count."""
    cells = {tuple(map(int, cell)) for cell in np.argwhere(counted)}
    around = [(r, c) for r in (-1, 0, 1) for c in (-1, 0, 1) if (r, c) != (0, 0)]
    return {(row, col): [(row + r, col + c) for r, c in around if (row + r, col + c) in cells] for row, col in cells}


def pysal(values: np.ndarray, counted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """z and two-sided p of PySAL, on weights built from the cells that count; NaN elsewhere."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from esda import G_Local
        from libpysal.weights import W

        near = dict(sorted(neighbours(counted).items()))
        weights = W(near, id_order=list(near), silence_warnings=True)
        found = G_Local(values[counted], weights, transform="B", star=True, permutations=0)
    z, p = np.full(values.shape, np.nan), np.full(values.shape, np.nan)
    z[counted], p[counted] = found.Zs, 2 * found.p_norm
    return z, p


@pytest.mark.parametrize("share_inside", [1.0, 0.8, 0.35])
@pytest.mark.parametrize("shape", [(4, 5), (12, 9), (1, 30), (25, 25)])
@pytest.mark.parametrize("kind", ["normal", "counts", "rates"])
def test_gi_star_is_that_of_pysal(kind: str, shape: tuple[int, int], share_inside: float):
    rng = np.random.default_rng(17)
    values = {
        "normal": rng.normal(10, 3, shape),
        "counts": rng.poisson(1.2, shape).astype(float),
        "rates": rng.poisson(4, shape) / rng.uniform(30, 300, shape) * 100,
    }[kind]
    mask = rng.random(shape) < share_inside
    found = gi_star(values, mask)
    z, p = pysal(values, mask)
    np.testing.assert_allclose(found.z, z, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(found.p, p, rtol=1e-9, atol=1e-9)


def test_gi_star_of_a_corner_by_hand():
    """n 9, mean 1/9, S² 8/81: the corner has W 4, so z = (1 - 4/9) / (√8/9 × √(4 × 5 / 8)) = 5 / √20."""
    values = np.zeros((3, 3))
    values[0, 0] = 1
    found = gi_star(values)
    assert found.z[0, 0] == pytest.approx(5 / math.sqrt(20))
    assert found.z[0, 1] == pytest.approx((9 - 6) / (math.sqrt(8) * math.sqrt(6 * 3 / 8)))
    assert found.z[2, 2] == pytest.approx(-4 / math.sqrt(20))
    assert found.p[0, 0] == pytest.approx(2 * stats.norm.sf(5 / math.sqrt(20)))
    assert found.z[1, 1] == 0.0  # its neighbours are the whole map: nothing to stand out from
    assert found.p[1, 1] == 1.0


@pytest.mark.parametrize("value", [0.0, 0.1, 7.0, 1e300])
def test_a_constant_field_has_no_hotspot(value: float):
    found = gi_star(np.full((6, 7), value))
    assert (found.z == 0).all()
    assert (found.p == 1).all()


def test_masked_and_missing_cells_are_nobodys_neighbours():
    rng = np.random.default_rng(3)
    values = rng.normal(size=(8, 8))
    mask = rng.random((8, 8)) < 0.7
    missing = np.where(mask, values, np.nan)
    wild = np.where(mask, values, 1e9)
    for found in (gi_star(missing), gi_star(wild, mask), gi_star(missing, np.ones((8, 8)))):
        np.testing.assert_array_equal(found.z, gi_star(values, mask).z)
        assert np.isnan(found.z[~mask]).all()
        assert np.isnan(found.p[~mask]).all()
        assert np.isfinite(found.p[mask]).all()


@relaxed
@given(
    arrays.arrays(float, (5, 6), elements=st.integers(0, 30).map(float)), st.integers(1, 1000), st.integers(-500, 500)
)
def test_gi_star_does_not_depend_on_unit_or_orientation(values: np.ndarray, scale: int, shift: int):
    z = gi_star(values).z
    np.testing.assert_allclose(gi_star(values * scale + shift).z, z, atol=1e-8)
    np.testing.assert_allclose(gi_star(values[::-1].T).z, z[::-1].T, atol=1e-9)
    np.testing.assert_allclose(gi_star(-values).z, -z, atol=1e-9)


def test_few_or_no_cells():
    assert gi_star(np.empty((0, 0))).z.shape == (0, 0)
    assert gi_star([[4.0]]) == GiStar(np.array([[0.0]]), np.array([[1.0]]))
    assert np.isnan(gi_star([[1.0, 2.0]], [[False, False]]).z).all()


@pytest.mark.parametrize("unit", [1e-300, 1e-200, 1e200])
def test_gi_star_holds_in_any_unit_however_small_or_large(unit: float):
    field = np.arange(12.0).reshape(3, 4)
    assert gi_star(field * unit).z == pytest.approx(gi_star(field).z)


@pytest.mark.parametrize(
    ("values", "mask", "words"),
    [
        ([1.0, 2.0], None, "rows × columns"),
        ([[1.0, math.inf]], None, "finite"),
        ([[1.0, 2.0]], [[True]], "shape"),
    ],
)
def test_what_gi_star_cannot_read_is_refused(values, mask, words: str):
    with pytest.raises(ValueError, match=words):
        gi_star(values, mask)


def test_a_planted_block_is_hot_and_its_far_side_is_not():
    rng = np.random.default_rng(2)
    values = rng.poisson(20, (20, 20)).astype(float)
    values[3:6, 10:13] += 15
    hot = benjamini_hochberg(gi_star(values).p)
    assert hot[4, 11]
    assert not hot[10:].any()


@relaxed
@given(st.lists(st.floats(0, 1), min_size=1, max_size=60), st.sampled_from([0.01, 0.05, 0.2]))
def test_false_discoveries_are_those_of_statsmodels_and_scipy(p: list[float], alpha: float):
    from statsmodels.stats.multitest import multipletests

    found = benjamini_hochberg(p, alpha)
    assert found.tolist() == multipletests(p, alpha, method="fdr_bh")[0].tolist()
    adjusted = stats.false_discovery_control(p)
    clear = np.abs(adjusted - alpha) > 1e-12
    assert (found == (adjusted <= alpha))[clear].all()


def test_false_discoveries_of_any_shape_leave_out_what_was_not_tested():
    grid = np.array([[0.001, np.nan, 0.04], [0.9, 0.012, np.nan]])
    assert benjamini_hochberg(grid).tolist() == [[True, False, False], [False, True, False]]
    assert benjamini_hochberg(grid[~np.isnan(grid)]).tolist() == [True, False, False, True]
    assert benjamini_hochberg([]).shape == (0,)
    assert not benjamini_hochberg([np.nan, np.nan]).any()
    assert benjamini_hochberg(0.03)
    assert benjamini_hochberg([0.05, 0.05, 0.05]).all()
    for p, alpha in (([1.2], 0.05), ([-0.1], 0.05), ([0.1], 2.0)):
        with pytest.raises(ValueError, match="between 0 and 1"):
            benjamini_hochberg(p, alpha)


def test_local_excess_is_the_binomial_test_of_each_neighbourhood():
    rng = np.random.default_rng(6)
    exposure = rng.choice([0.0, 10.0, 55.5, 200.0], (7, 8))
    counts = rng.poisson(exposure / 20).astype(float) + (exposure == 0) * 3
    mask = rng.random((7, 8)) < 0.85
    found = local_excess(counts, exposure, mask)
    counted = mask & (exposure > 0)
    assert np.array_equal(np.isnan(found.p), ~counted)
    total, hours = int(counts[counted].sum()), exposure[counted].sum()
    for cell, near in neighbours(counted).items():
        k = int(sum(counts[other] for other in (cell, *near)))
        chance = sum(exposure[other] for other in (cell, *near)) / hours
        tails = stats.binom.sf(k - 1, total, chance), stats.binom.cdf(k, total, chance)
        assert found.observed[cell] == k
        assert found.expected[cell] == pytest.approx(total * chance)
        assert found.p[cell] == pytest.approx(min(1.0, 2 * min(tails)), rel=1e-9)


def test_local_excess_without_exposure_case_or_variance():
    assert (local_excess(np.zeros((3, 3))).p == 1).all()
    assert np.isnan(local_excess([[4.0]], [[0.0]]).p).all()
    assert local_excess([[4.0]]).p.tolist() == [[1.0]]
    uneven = local_excess([[90.0, 0, 0, 10.0]], [[900.0, 0, 0, 100.0]])
    assert (uneven.p[:, [0, 3]] > 0.9).all()  # presence explains it all
    assert (local_excess([[90.0, 0, 0, 10.0]], [[500.0, 0, 0, 500.0]]).p[:, [0, 3]] < 1e-9).all()
    for wrong in ({"counts": [[1.5]]}, {"counts": [[-1.0]]}, {"counts": [[1.0]], "exposure": [[-1.0]]}):
        with pytest.raises(ValueError, match="0 or more"):
            local_excess(**wrong)
    with pytest.raises(ValueError, match="shape"):
        local_excess([[1.0]], [[1.0, 2.0]])


def test_the_map_compares_rates_only_where_presence_is_known_to_differ():
    assert map_basis([300.0, 200.0, 250.0]) == "taux"
    assert map_basis([300.0, 0.0]) == "taux"
    assert map_basis([300.0, 290.0]) == "comptes"
    assert map_basis([300.0]) == "comptes"
    for unknown in (None, [], [0.0, 0.0]):
        assert map_basis(unknown) == "comptes"
    with pytest.raises(ValueError, match="hours"):
        map_basis([-1.0])


def test_points_are_counted_in_their_cells_from_the_south_west():
    frame = Frame((100.0, 200.0, 400.0, 400.0), 100.0)
    counts = cell_counts([100, 199.9, 200, 399, 400, 99], [200, 299.9, 300, 399, 250, 250], frame)
    assert counts.tolist() == [[2.0, 0.0, 0.0], [0.0, 1.0, 1.0]]
    assert cell_counts([], [], frame).sum() == 0
    with pytest.raises(ValueError, match="metres"):
        cell_counts([1.0], [math.nan], frame)
