"""Charts draw what was computed: gaps where nothing was observed, intervals, events, and words that stay words."""

from __future__ import annotations

import math
from datetime import date
from typing import Any, cast

import pytest

from dashboard import charts
from dashboard.charts import Mark
from dashboard.indicators.activity import Month, Motif, State
from dashboard.indicators.rates import Rate, share
from tests.dashboard.warehouses import HOSTILE

NAN = Rate(math.nan, math.nan, math.nan)


def months(*states: str, hours: float | None = 100.0) -> list[Month]:
    """Months from January 2024 in these states, worth 10, 11, 12…"""
    return [
        Month(
            month=date(2024 + number // 12, number % 12 + 1, 1),
            count=10 + number,
            hours=hours,
            estimate=NAN if state == "non observé" else Rate(10.0 + number, 5.0, 20.0 + number),
            state=cast(State, state),
            planned_days=20,
            observed_days=20,
        )
        for number, state in enumerate(states)
    ]


def curve(shown: list[Month], marks: tuple[Mark, ...] = (), *, fictional: bool = False) -> Any:
    """The curve of the tests."""
    return charts.monthly_curve(
        shown, marks, (date(2024, 2, 1), date(2024, 3, 31)), "demandes pour 100 h", fictional=fictional
    )


def written(figure: Any) -> list[str]:
    """Words written on a figure."""
    return [annotation.text for annotation in figure.layout.annotations]


def test_a_month_without_presence_is_a_gap_and_a_hatched_band():
    unobserved, band, points = curve(months("complet", "non observé", "complet", "complet")).data
    assert list(points.y) == [10.0, None, 12.0, 13.0]
    assert points.connectgaps is False
    assert [str(at)[:7] for at in unobserved.x] == ["2024-02"]
    assert unobserved.marker.pattern.shape == "/"
    assert "non observé" in unobserved.hovertext[0]
    outlines = [run for run in _runs(list(band.x)) if run]
    assert len(outlines) == 2
    assert all(run[0] == run[-1] for run in outlines)
    assert date(2024, 2, 15) not in [at for run in outlines for at in run]


def _runs(values: list) -> list[list]:
    runs: list[list] = [[]]
    for value in values:
        if value is None:
            runs.append([])
        else:
            runs[-1].append(value)
    return runs


def test_months_in_a_row_without_presence_are_one_band():
    unobserved = curve(months("complet", "non observé", "non observé", "non observé", "complet", "non observé")).data[0]
    assert list(unobserved.width) == [(29 + 31 + 30) * 86_400_000, 30 * 86_400_000]
    assert "février 2024 à avril 2024" in unobserved.hovertext[0]
    assert "juin 2024" in unobserved.hovertext[1]


def test_the_legend_says_why_nothing_was_observed():
    assert "pas d’heures de patrouille" in charts.curve_key(months("non observé"))
    assert "ni présence connue, ni intervention" in charts.curve_key(months("non observé", hours=None))


def test_incomplete_months_are_hollow_and_say_so():
    points = curve(months("incomplet", "complet")).data[2]
    assert list(points.marker.color) == ["#ffffff", charts.ACCENT]
    assert "mois incomplet" in points.hovertext[0]
    assert "mois incomplet" not in points.hovertext[1]
    assert "mois incomplet" in charts.curve_key(months("incomplet"))
    assert "mois incomplet" not in charts.curve_key(months("complet"))


def test_a_point_says_value_unit_interval_and_n():
    text = curve(months("complet", "complet")).data[2].hovertext[1]
    assert "février 2024" in text
    assert "11,0 demandes pour 100 h" in text
    assert "intervalle à 95\u202f% : 5,0 à 21,0" in text.replace("\u00a0", " ")
    assert "n = 11, en 100 h" in text.replace("\u00a0", " ")
    assert "en 100" not in curve(months("complet", hours=None)).data[2].hovertext[0]


def test_the_axis_begins_at_zero_and_holds_every_interval():
    low, high = curve(months("complet", "complet", "complet")).layout.yaxis.range
    assert low == 0
    assert high > 22


def test_nothing_observed_at_all_still_draws():
    figure = curve(months("non observé", "non observé"))
    assert list(figure.data[2].y) == [None, None]


def test_events_are_numbered_and_near_ones_do_not_hide_each_other():
    marks = (
        Mark(1, date(2024, 1, 10), None),
        Mark(2, date(2024, 1, 20), date(2024, 3, 1)),
        Mark(3, date(2024, 2, 1), None),
        Mark(4, date(2024, 6, 1), None),
    )
    figure = curve(months(*["complet"] * 8), marks)
    numbered = [mark for mark in figure.layout.annotations if mark.text.startswith("<b>")]
    assert [mark.text for mark in numbered] == [f"<b>{number}</b>" for number in (1, 2, 3, 4)]
    heights = [mark.yshift for mark in numbered]
    assert len(set(heights[:3])) == 3
    assert heights[3] == heights[0]
    lines = [shape for shape in figure.layout.shapes if shape.type == "line"]
    assert len(lines) == 5, "four dates, and one stretch of dates"
    (stretch,) = [line for line in lines if line.x0 != line.x1]
    assert (stretch.x0, stretch.x1, stretch.y0) == (date(2024, 1, 20), date(2024, 3, 1), heights[1])


@pytest.mark.parametrize("count", [1, 3, 13, 25, 40, 120, 250])
def test_ticks_are_few_and_french(count: int):
    axis = curve(months(*["complet"] * count)).layout.xaxis
    assert 1 <= len(axis.ticktext) <= 9
    assert len(axis.ticktext) == len(axis.tickvals)
    assert all("<br>20" in text for text in axis.ticktext)
    assert axis.ticktext[0].startswith("janv.<br>202")


def test_fictional_figures_say_so_on_the_chart_itself():
    motifs = [Motif("tag", 3, share(3, 10))]
    for figure, plain in (
        (curve(months("complet"), fictional=True), curve(months("complet"))),
        (charts.motif_bars(motifs, fictional=True), charts.motif_bars(motifs, fictional=False)),
    ):
        assert "Données fictives" in written(figure)
        assert "Données fictives" not in written(plain)


def test_bars_carry_count_share_and_interval():
    motifs = [Motif("tag", 30, share(30, 100)), Motif("feu", 10, share(10, 100))]
    figure: Any = charts.motif_bars(motifs, fictional=False)
    (bars,) = figure.data
    assert list(bars.x) == pytest.approx([30, 10])
    assert bars.x[0] - bars.error_x.arrayminus[0] == pytest.approx(100 * motifs[0].share.low)
    assert bars.x[0] + bars.error_x.array[0] == pytest.approx(100 * motifs[0].share.high)
    assert written(figure)[0].startswith("Tag")
    assert "<b>30</b> (30,0\u202f%)" in written(figure)[0]


def test_a_hostile_motif_is_written_as_it_is():
    figure: Any = charts.motif_bars([Motif(HOSTILE, 3, share(3, 10))], fictional=False)
    for words in (written(figure)[0], figure.data[0].hovertext[0]):
        assert "&lt;img src=x" in words
        assert "<img" not in words


def test_no_chart_offers_english_words():
    assert charts.CONFIG["displayModeBar"] is False
    assert charts.CONFIG["showTips"] is False
    layout = curve(months("complet")).layout
    assert layout.dragmode is False
    assert layout.separators == ",\u202f"
