"""Charts of the avoided costs: what ledgers show by month, what holds the comparison up, what is supposed by payer."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from typing import Any

import plotly.graph_objects as go

from dashboard import formats
from dashboard.charts import (
    ACCENT,
    BAND,
    GREY,
    GRID,
    INK,
    ROW_PX,
    SOFT,
    TITLE_PX,
    Mark,
    above,
    event_marks,
    figure,
)
from dashboard.cost_measured import GroupMonth, Series
from dashboard.indicators.avoided_costs import Quarter
from dashboard.indicators.declared_costs import Spread
from dashboard.markup import key, text

OTHER, OTHER_BAND = "#a4510b", "rgba(164, 81, 11, 0.13)"
NAMES = {True: "résidences suivies", False: "résidences de comparaison"}
UNIT = "réparations pour 1\u202f000 logements et par mois"
MID_MONTH = timedelta(days=14)
MOST_TICKS, TICK_STEPS = 9, (1, 2, 3, 6, 12, 24, 60)
RATIO_TICKS = (0.1, 0.2, 0.33, 0.5, 0.7, 1.0, 1.4, 2.0, 3.0, 5.0, 10.0)


@dataclass(frozen=True)
class Bar:
    """An interval to draw: its title (what and how much), its ends and the mark inside it."""

    title: str
    low: float
    middle: float
    high: float


def repairs_curve(
    series: Series,
    start: date | None,
    marks: Sequence[Mark],
    *,
    fictional: bool,
    expected: Sequence[tuple[date, float]] = (),
) -> go.Figure:
    """Repairs of both groups by month with their 95 % intervals, the start as a line, months left out hatched.

    `expected`: what the past announced, by month, where there is no comparison.
    """
    months = [month.month for month in series[True]]
    seen = [month for group in series.values() for month in group if not math.isnan(month.rate.value)]
    top = 1.08 * max((month.rate.high for month in seen), default=1.0)
    over, lines, numbers = event_marks(marks)
    title = {"text": UNIT, "x": 0, "xshift": -40, "xanchor": "left", "font": {"color": GREY}}
    traces: list[go.Bar | go.Scatter] = [_cut(series[True], top)]
    for followed in (False, True):
        if any(not math.isnan(month.rate.value) for month in series[followed]):
            traces += [_band(series[followed], followed), _line(series[followed], followed)]
    if expected:
        traces.append(_expected(expected))
    return figure(
        traces,
        height=330 + over,
        margin={"t": 40 + over, "b": 44},
        fictional=fictional,
        xaxis={"range": [months[0], months[-1] + timedelta(days=31)], **_ticks(months)},
        yaxis={"range": [0, top], "gridcolor": GRID, "nticks": 6, "tickformat": ",.2~f"},
        shapes=[
            *([_start(start)] if start else []),
            *lines,
        ],
        annotations=[
            above(40 + over - TITLE_PX, title),
            *numbers,
            *([_start_label(start)] if start else []),
        ],
    )


def repairs_key(series: Series, *, has_expected: bool = False) -> str:
    """Legend of the curve, in HTML."""
    entries = [("is-followed", NAMES[True])]
    if any(month.residences for month in series[False]):
        entries.append(("is-comparison", NAMES[False]))
    elif has_expected:
        entries.append(("is-comparison", "ce que leur passé annonçait"))
    entries += [("is-band", "intervalle à 95\u202f%"), ("is-start", "début de l’action")]
    if any(month.is_cut for month in series[True]):
        entries.append(("is-unobserved", "mois écartés de la comparaison"))
    return key(entries)


def trends(quarters: Sequence[Quarter], *, fictional: bool) -> go.Figure:
    """Followed against comparison by quarter, relative to the last one before the start, on a log scale."""
    shown = [each for each in quarters if math.isfinite(each.rate_ratio) and each.rate_ratio > 0]
    low = min((each.low for each in shown if each.low > 0), default=0.5)
    high = max((each.high for each in shown if math.isfinite(each.high)), default=2.0)
    ticks = [tick for tick in RATIO_TICKS if low / 1.3 <= tick <= high * 1.3]
    title = {"text": "rapport suivies / comparaison", "x": 0, "xshift": -40}
    start = {"type": "line", "x0": -0.5, "x1": -0.5, "y0": 0, "y1": 1, "yref": "paper"}
    equal = {"type": "line", "x0": 0, "x1": 1, "xref": "paper", "y0": 1, "y1": 1, "line": {"color": INK, "width": 1}}
    return figure(
        [_quarter_points([each for each in shown if (each.index < 0) == before], before) for before in (True, False)],
        height=320,
        margin={"t": 40, "b": 64},
        fictional=fictional,
        xaxis={
            "tickvals": [each.index for each in shown],
            "ticktext": [quarter_name(each.index) for each in shown],
            "title": {"text": "trimestres avant et après le début", "font": {"color": GREY, "size": 13}},
            "zeroline": False,
            "range": [min((each.index for each in shown), default=-1) - 0.7, shown[-1].index + 0.7 if shown else 1],
        },
        yaxis={
            "type": "log",
            "range": [math.log10(low / 1.15), math.log10(high * 1.15)],
            "tickvals": ticks,
            "ticktext": [formats.number(tick, 2 if tick % 1 else 0) for tick in ticks],
            "gridcolor": GRID,
        },
        shapes=[start | {"line": {"color": INK, "width": 2, "dash": "dash"}}, equal],
        annotations=[above(40 - TITLE_PX, title | {"xanchor": "left", "font": {"color": GREY}})],
    )


def interval_bars(
    bars: Sequence[Bar], unit: str, *, fictional: bool, reference: float | None = None, has_middle: bool = True
) -> go.Figure:
    """One horizontal interval a row, its mark inside it; `reference`: a vertical line every bar is read against."""
    rows = list(range(len(bars)))
    span = go.Bar(
        base=[bar.low for bar in bars],
        x=[bar.high - bar.low for bar in bars],
        y=rows,
        orientation="h",
        width=0.26,
        marker={"color": SOFT},
        hovertext=[text(bar.title) for bar in bars],
        hoverinfo="text",
    )
    middle = go.Scatter(
        x=[bar.middle for bar in bars],
        y=rows,
        mode="markers",
        marker={"symbol": "line-ns", "size": 12, "line": {"color": INK, "width": 3}},
        hoverinfo="skip",
    )
    line = {"type": "line", "x0": reference, "x1": reference, "y0": 0, "y1": 1, "yref": "paper"}
    return figure(
        [span, middle] if has_middle else [span],
        height=76 + ROW_PX * len(bars),
        margin={"t": 24, "b": 44, "l": 10},
        fictional=fictional,
        xaxis={
            "ticksuffix": f"\u00a0{unit}",
            "tickformat": ",.0f",
            "gridcolor": GRID,
            "rangemode": "tozero",
            "nticks": 5,
            "zeroline": True,
            "zerolinecolor": GREY,
        },
        yaxis={"visible": False, "range": [len(bars) - 0.5, -0.75]},
        shapes=[] if reference is None else [line | {"line": {"color": INK, "width": 1.4, "dash": "dot"}}],
        annotations=[_row_title(row, bar.title) for row, bar in zip(rows, bars, strict=True)],
    )


def payer_bars(shown: Sequence[tuple[str, Spread]], *, fictional: bool) -> go.Figure:
    """What each payer would have avoided, 5th to 95th percentile."""
    bars = [
        Bar(
            f"{name}\u00a0: <b>de {formats.euros(spread.p5)} à {formats.euros(spread.p95)}</b>",
            spread.p5,
            spread.p50,
            spread.p95,
        )
        for name, spread in shown
    ]
    return interval_bars(bars, "€", fictional=fictional)


def _quarter_points(quarters: Sequence[Quarter], before: bool) -> go.Scatter:
    return go.Scatter(
        x=[each.index for each in quarters],
        y=[each.rate_ratio for each in quarters],
        mode="markers",
        marker={"size": 9, "color": "#ffffff" if before else ACCENT, "line": {"color": ACCENT, "width": 2}},
        error_y={
            "type": "data",
            "symmetric": False,
            "array": [each.high - each.rate_ratio for each in quarters],
            "arrayminus": [each.rate_ratio - each.low for each in quarters],
            "color": ACCENT,
            "thickness": 1.4,
            "width": 4,
        },
        hovertext=[_quarter_hover(each) for each in quarters],
        hoverinfo="text",
    )


def quarter_name(index: int) -> str:
    return formats.number(index) if index < 0 else f"+{index + 1}"


def _quarter_hover(each: Quarter) -> str:
    span = ""
    if each.first_month is not None and each.last_month is not None:
        span = f"<b>{formats.long_month(each.first_month)} à {formats.long_month(each.last_month)}</b><br>"
    if each.index == -1:
        return f"{span}trimestre de référence"
    ends = formats.interval(each.low, each.high, 2)
    return f"{span}rapport {formats.number(each.rate_ratio, 2)} (de {ends})"


def _line(months: Sequence[GroupMonth], followed: bool) -> go.Scatter:
    return go.Scatter(
        x=[month.month + MID_MONTH for month in months],
        y=[None if math.isnan(month.rate.value) else month.rate.value for month in months],
        mode="lines+markers",
        connectgaps=False,
        line={"color": ACCENT if followed else OTHER, "width": 2, "dash": "solid" if followed else "dash"},
        marker={"size": 7, "symbol": "circle" if followed else "diamond", "color": ACCENT if followed else OTHER},
        hovertext=[_hover(month, followed) for month in months],
        hoverinfo="text",
    )


def _expected(points: Sequence[tuple[date, float]]) -> go.Scatter:
    return go.Scatter(
        x=[month + MID_MONTH for month, _ in points],
        y=[value for _, value in points],
        mode="lines",
        line={"color": OTHER, "width": 2, "dash": "dash"},
        hovertext=[
            f"<b>{formats.long_month(month)}</b><br>annoncé\u00a0: {formats.number(value, 1)} {UNIT}"
            for month, value in points
        ],
        hoverinfo="text",
    )


def _hover(month: GroupMonth, followed: bool) -> str:
    return (
        f"<b>{formats.long_month(month.month)}, {NAMES[followed]}</b><br>{formats.number(month.rate.value, 1)} {UNIT}"
        f"<br>intervalle à 95\u202f%\u00a0: {formats.interval(month.rate.low, month.rate.high)}"
        f"<br>n\u00a0=\u00a0{formats.plural(month.repairs, 'réparation')}, "
        f"{formats.plural(month.dwellings, 'logement')}, {formats.plural(month.residences, 'résidence')}"
    )


def _band(months: Sequence[GroupMonth], followed: bool) -> go.Scatter:
    xs: list[date | None] = []
    ys: list[float | None] = []
    for is_missing, group in groupby(months, lambda month: math.isnan(month.rate.value)):
        run = list(group)
        if is_missing:
            continue
        at = [month.month + MID_MONTH for month in run]
        xs += [*at, *reversed(at), at[0], None]
        ys += [*(m.rate.high for m in run), *(m.rate.low for m in reversed(run)), run[0].rate.high, None]
    fill = BAND if followed else OTHER_BAND
    return go.Scatter(x=xs, y=ys, mode="lines", fill="toself", fillcolor=fill, line={"width": 0}, hoverinfo="skip")


def _cut(months: Sequence[GroupMonth], top: float) -> go.Bar:
    """Hatching over the months that the comparison leaves out."""
    cut = [month.month for month in months if month.is_cut]
    return go.Bar(
        x=[month + MID_MONTH for month in cut],
        y=[top] * len(cut),
        width=[31 * 86_400_000] * len(cut),
        marker={
            "color": "rgba(0, 0, 0, 0)",
            "line": {"width": 0},
            "pattern": {"shape": "/", "fgcolor": "#9aa7ad", "size": 7, "solidity": 0.25},
        },
        hoverinfo="skip",
    )


def _start(start: date) -> dict[str, Any]:
    line = {"color": INK, "width": 2, "dash": "dash"}
    return {"type": "line", "x0": start, "x1": start, "y0": 0, "y1": 1, "yref": "paper", "line": line}


def _start_label(start: date) -> dict[str, Any]:
    return {
        "x": start,
        "y": 0,
        "yref": "paper",
        "text": "début",
        "showarrow": False,
        "xanchor": "left",
        "yanchor": "bottom",
        "xshift": 4,
        "bgcolor": "rgba(255, 255, 255, 0.85)",
        "font": {"size": 12, "color": INK},
    }


def _row_title(row: int, title: str) -> dict[str, Any]:
    return {
        "x": 0,
        "xref": "paper",
        "y": row - 0.4,
        "bgcolor": "rgba(255, 255, 255, 0.8)",
        "text": title,
        "showarrow": False,
        "xanchor": "left",
        "borderpad": 0,
        "font": {"size": 14, "color": INK},
    }


def _ticks(months: Sequence[date]) -> dict[str, Any]:
    step = next((step for step in TICK_STEPS if len(months) <= MOST_TICKS * step), TICK_STEPS[-1])
    shown = [month for month in months if (12 * month.year + month.month - 1) % step == 0]
    return {
        "tickvals": [month + MID_MONTH for month in shown],
        "ticktext": [formats.month(month).replace(" ", "<br>") for month in shown],
    }
