"""Comparisons with the year before: exact ratios, dispersion, and the false discovery rate over all of them."""

from __future__ import annotations

import math

import numpy as np
import pytest

from dashboard.indicators.changes import Compared, Side, changes, dispersed_ratio
from dashboard.indicators.rates import rate_ratio


def benjamini_hochberg(p_values: list[float]) -> list[float]:
    """The plain version of the adjusted p-values."""
    order = sorted(range(len(p_values)), key=p_values.__getitem__)
    adjusted, least = [0.0] * len(p_values), 1.0
    for rank in range(len(order), 0, -1):
        place = order[rank - 1]
        least = min(least, p_values[place] * len(p_values) / rank)
        adjusted[place] = least
    return adjusted


def compared(now: int, before: int, **more) -> Compared:
    return Compared("motif", f"{now}-{before}", Side(now, 1000.0), Side(before, 1000.0), **more)


def test_one_comparison_is_the_exact_one():
    (found,) = changes([compared(90, 60)], per=100)
    assert found.ratio == rate_ratio(90, 1000, 60, 1000)
    assert found.adjusted_p == found.ratio.p_value
    assert (found.now.value, found.before.value, found.finding) == (9.0, 6.0, "hausse")


def test_looking_at_many_things_costs():
    pairs = [(110, 60), (60, 110), (84, 57), (3, 2), (40, 40), (0, 0), (12, 9), (31, 30)]
    found = changes([compared(*pair) for pair in pairs])
    assert [change.adjusted_p for change in found] == pytest.approx(
        benjamini_hochberg([change.ratio.p_value for change in found])
    )
    findings = [change.finding for change in found]
    assert findings == ["hausse", "baisse", *["non concluant"] * 6]
    assert found[2].ratio.p_value < 0.05, "alone, it would have been called a rise"


def test_without_exposure_nothing_is_observed_and_others_do_not_pay_for_it():
    seen, unseen = compared(90, 60), Compared("motif", "x", Side(5, 0.0), Side(5, 100.0))
    found = changes([seen, unseen])
    assert [change.finding for change in found] == ["hausse", "non observé"]
    assert math.isnan(found[1].adjusted_p)
    assert found[0].adjusted_p == found[0].ratio.p_value
    assert changes([]) == ()


def test_dispersion_widens_interval_and_p_value_together():
    exact, wide = (dispersed_ratio(Side(90, 1000), Side(60, 1000), spread) for spread in (1.0, 2.25))
    assert wide.ratio == exact.ratio
    assert math.log(wide.high / wide.ratio) == pytest.approx(1.5 * math.log(exact.high / exact.ratio))
    assert math.log(wide.low / wide.ratio) == pytest.approx(1.5 * math.log(exact.low / exact.ratio))
    assert exact.p_value < 0.05 < wide.p_value
    assert (wide.low < 1) == (wide.p_value > 0.05)
    assert dispersed_ratio(Side(90, 1000), Side(60, 1000), 0.5) == exact


@pytest.mark.parametrize(("now", "before"), [(0, 12), (12, 0), (0, 0)])
def test_zeros_keep_their_interval(now: int, before: int):
    exact, wide = (dispersed_ratio(Side(now, 10), Side(before, 10), spread) for spread in (1.0, 2.0))
    assert (wide.low, wide.high) == (exact.low, exact.high)
    assert wide.p_value >= exact.p_value


def test_over_dispersed_counts_that_did_not_change_are_rarely_flagged():
    rng = np.random.default_rng(1)
    spread = 4.0

    def draw() -> int:
        return int(rng.poisson(rng.gamma(100 / (spread - 1), spread - 1)))

    flagged = [
        changes([compared(draw(), draw(), dispersion=given)])[0].finding != "non concluant"
        for given in (spread, 1.0)
        for _ in range(300)
    ]
    assert np.mean(flagged[:300]) < 0.08
    assert np.mean(flagged[300:]) > 0.15, "what happens when dispersion is ignored"
