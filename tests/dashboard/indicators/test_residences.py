"""One residence at a time: a ratio that can be done by hand, and silence where there is too little."""

from __future__ import annotations

import math
from datetime import date

import pytest

from dashboard.indicators.residences import Cell, changes

START = date(2025, 1, 1)


def cells(residence: str, followed: bool, before: float, after: float, landlord: str = "A") -> list[Cell]:
    """Two months before and two after, the counts shared evenly, 100 dwellings."""
    months = (date(2024, 11, 1), date(2024, 12, 1), date(2025, 1, 1), date(2025, 2, 1))
    counts = (before / 2, before / 2, after / 2, after / 2)
    return [
        Cell(landlord, residence, month, followed, count, math.nan, 100.0)
        for month, count in zip(months, counts, strict=True)
    ]


def test_the_ratio_is_after_over_before_against_the_landlord_s_own_comparison():
    ledger = [*cells("Nord", True, 100, 80), *cells("Sud", False, 100, 120), *cells("Est", False, 40, 1000, "B")]
    (found,) = changes(ledger, START, dispersion=1.0)
    assert found.ratio == pytest.approx(0.8 / 1.2)
    error = math.sqrt(1 / 100 + 1 / 80 + 1 / 100 + 1 / 120)
    assert found.high == pytest.approx(0.8 / 1.2 * math.exp(1.959964 * error), rel=1e-6)
    assert (found.repairs_before, found.repairs_after, found.months_before) == (100, 80, 2)
    assert found.rate_before == pytest.approx(100 / 200)


def test_more_dispersion_widens_the_interval_and_less_than_chance_does_not_narrow_it():
    ledger = [*cells("Nord", True, 100, 80), *cells("Sud", False, 100, 120)]
    (plain,), (wide,), (odd,) = (changes(ledger, START, dispersion=phi) for phi in (1.0, 4.0, 0.2))
    assert math.log(wide.high / wide.ratio) == pytest.approx(2 * math.log(plain.high / plain.ratio))
    assert odd == plain


def test_too_few_repairs_give_no_ratio_and_unknown_ones_are_not_zero():
    ledger = [*cells("Nord", True, 18, 80), *cells("Sud", False, 100, 120)]
    (found,) = changes(ledger, START, dispersion=1.0)
    assert math.isnan(found.ratio)
    unknown = Cell("A", "Nord", date(2025, 3, 1), True, math.nan, math.nan, 100.0)
    assert changes([*ledger, unknown], START, dispersion=1.0) == (found,)


def test_the_comparison_is_read_over_the_residence_s_own_months():
    ledger = [*cells("Nord", True, 100, 80), *cells("Sud", False, 100, 120)]
    later = Cell("A", "Sud", date(2025, 3, 1), False, 900.0, math.nan, 100.0)
    assert changes([*ledger, later], START, dispersion=1.0) == changes(ledger, START, dispersion=1.0)
