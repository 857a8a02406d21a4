"""Charts of the claims: they draw what was computed, say it in words, and draw nothing where nobody was."""

from __future__ import annotations

import math
from datetime import date
from typing import Any

import pytest

from dashboard import claim_charts
from dashboard.claim_cards import Scope
from dashboard.filters import Filters
from dashboard.indicators.activity import UNOBSERVED
from dashboard.indicators.claims import HourShare, Quarter
from dashboard.indicators.rates import Rate, rate, share
from dashboard.warehouse import Build
from tests.dashboard.warehouses import BUILD

YEAR = Filters("annee", date(2025, 1, 1), date(2025, 12, 31), None, None)


def scope(*, fictional: bool = True) -> Scope:
    """The scope of a year."""
    given: dict[str, Any] = BUILD | {"fictional": fictional}
    return Scope(YEAR, None, Build(**given), date(2025, 12, 31), frozenset())


def quarter(number: int, called: Rate, state: str = "complet", hours: float | None = 200.0) -> Quarter:
    """A quarter of 2025 whose field requests are none."""
    estimates = {"habitant_telephone": called, "habitant_terrain": rate(0, 200, 100) if hours else UNOBSERVED}
    counts = {"habitant_telephone": 12, "habitant_terrain": 0}
    return Quarter(date(2025, 3 * number - 2, 1), counts, estimates, hours, state)  # type: ignore[arg-type]


@pytest.mark.parametrize("has_patrol", [True, False])
def test_requests_stand_beside_the_patrol_or_alone(has_patrol: bool):
    patrol = (0.4, 0.6) if has_patrol else (None, None)
    shares = [
        HourShare(hour, count, share(count, 40), part)
        for hour, count, part in zip((23, 0), (30, 10), patrol, strict=True)
    ]
    (picture,) = claim_charts.hours(shares, scope())
    drawn: Any = picture.figure
    bars, points = drawn.data
    assert list(points["y"]) == [75, 25]
    assert list(bars["y"]) == ([40, 60] if has_patrol else [None, None])
    assert list(drawn.layout["xaxis"]["ticktext"]) == ["23\u00a0h", "0\u00a0h"]
    assert "l’heure la plus demandée est 23\u00a0h, 75,0\u202f%" in picture.alternative
    assert ("présence non enregistrée" in picture.key) is not has_patrol
    assert ("heures de patrouille" in points["hovertext"][0]) is has_patrol
    assert [row[1] for row in picture.figures.rows] == [("30", 30), ("10", 10)]
    assert any("Données fictives" in note["text"] for note in drawn.layout["annotations"])


def test_a_quarter_that_nobody_observed_is_not_drawn_and_an_incomplete_one_is_hollow():
    found = [
        quarter(1, rate(12, 200, 100)),
        quarter(2, UNOBSERVED, "non observé"),
        quarter(3, rate(9, 90, 100), "incomplet"),
    ]
    (picture,) = claim_charts.quarters(found, scope(fictional=False))
    drawn: Any = picture.figure
    called, field = drawn.data
    assert list(called["y"]) == [6.0, None, 10.0]
    assert [color == "#ffffff" for color in called["marker"]["color"]] == [False, False, True]
    assert called["line"]["dash"] != field["line"]["dash"], "colour never speaks alone"
    assert called["marker"]["symbol"] != field["marker"]["symbol"]
    assert "trimestre incomplet" in picture.key
    assert picture.alternative.startswith("Demandes des habitants par trimestre, en demandes pour 100\u00a0h.")
    assert picture.figures.rows[2][2][0] == "non observé"  # type: ignore[index]
    assert math.isnan(picture.figures.rows[2][2][1])  # type: ignore[index]
    assert not [note for note in drawn.layout["annotations"] if "fictives" in note["text"]]


def test_nothing_is_drawn_without_an_hour_or_a_request():
    assert claim_charts.hours((), scope()) == ()
    assert claim_charts.quarters([], scope()) == ()
    assert claim_charts.quarters([quarter(1, UNOBSERVED, "non observé", None)], scope()) == ()
