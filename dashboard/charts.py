"""Plotly figures. They draw what the indicators computed, with their intervals; every text of the data is escaped."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby, pairwise
from typing import Any

import plotly.graph_objects as go

from dashboard import formats
from dashboard.indicators.activity import Month, Motif
from dashboard.markup import key, text

ACCENT, SOFT, BAND = "#0f5c6e", "#5f9aa8", "rgba(15, 92, 110, 0.16)"
INK, GRID, GREY = "#1b2a30", "#dfe6e9", "#5b6b73"
CHOSEN = "rgba(180, 105, 14, 0.10)"
FONT = '"Source Sans", sans-serif'
# No toolbar (its words are English), no zoom: a chart is read, and its figures are in the table under it.
CONFIG: dict[str, Any] = {"displayModeBar": False, "scrollZoom": False, "doubleClick": False, "showTips": False}
MID_MONTH, HALF_WIDTH, EVENT_SPACING = 14, 9, 75  # days
EVENT_LEVELS, LEVEL_PX = 3, 20
ROW_PX, TITLE_PX = 46, 20
DAY_MS = 86_400_000
LONGEST_LABEL = 60
TICK_STEPS, MOST_TICKS = (1, 2, 3, 6, 12, 24, 60, 120), 9
TICK_PX = 6  # months keep clear of the 0 of the other axis


@dataclass(frozen=True)
class Mark:
    """A known event on the curve: its number in the list under it, and its dates."""

    number: int
    start: date
    end: date | None


def monthly_curve(
    months: Sequence[Month], marks: Sequence[Mark], chosen: tuple[date, date], unit: str, *, fictional: bool
) -> go.Figure:
    """Curve of `activity.monthly`: interval as a band, hollow points for incomplete months, hatching for no presence.

    `chosen`: first and last date of the period that the rest of the page is about; `unit`: « demandes pour 100 h ».
    """
    top = 1.08 * max((month.estimate.high for month in months if not _is_unobserved(month)), default=1.0)
    over, lines, numbers = event_marks(marks)
    title = {"text": unit, "x": 0, "xshift": -40, "xanchor": "left", "font": {"color": GREY}}
    return figure(
        [_unobserved(months, top), _band(months), _points(months, unit)],
        height=330 + over,
        margin={"t": 40 + over, "b": 44},
        fictional=fictional,
        xaxis={
            "range": [months[0].month, last_day(months[-1].month)],
            **month_ticks([month.month for month in months]),
        },
        yaxis={"range": [0, top], "gridcolor": GRID, "nticks": 6, "tickformat": ",.2~f"},
        shapes=[chosen_period(chosen), *lines],
        annotations=[above(40 + over - TITLE_PX, title), *numbers],
    )


def curve_key(months: Sequence[Month]) -> str:
    """Legend of the curve, in HTML: it wraps where the screen is narrow."""
    states = {month.state for month in months}
    entries = [("is-point", "valeur du mois"), ("is-band", "intervalle à 95\u202f%"), ("is-chosen", "période choisie")]
    if "incomplet" in states:
        entries.insert(1, ("is-hollow", "mois incomplet"))
    if "non observé" in states:
        missing = "ni présence connue, ni intervention" if months[0].hours is None else "pas d’heures de patrouille"
        entries.append(("is-unobserved", f"non observé : {missing}"))
    return key(entries)


def motif_bars(motifs: Sequence[Motif], *, fictional: bool) -> go.Figure:
    """Horizontal bars, one per motif, with their interval; the label above its bar so that no width cuts it off."""
    shares = [100 * motif.share.value for motif in motifs]
    bars = go.Bar(
        x=shares,
        y=list(range(len(motifs))),
        orientation="h",
        width=0.3,
        marker={"color": SOFT},
        error_x={
            "type": "data",
            "symmetric": False,
            "array": [100 * (motif.share.high - motif.share.value) for motif in motifs],
            "arrayminus": [100 * (motif.share.value - motif.share.low) for motif in motifs],
            "color": INK,
            "thickness": 1.4,
            "width": 4,
        },
        hovertext=[_motif_hover(motif) for motif in motifs],
        hoverinfo="text",
    )
    return figure(
        [bars],
        height=76 + ROW_PX * len(motifs),
        margin={"t": 20, "b": 40},
        fictional=fictional,
        xaxis={
            "ticksuffix": "\u202f%",
            "gridcolor": GRID,
            "rangemode": "tozero",
            "nticks": 6,
            "zeroline": False,
        },
        yaxis={"visible": False, "range": [len(motifs) - 0.5, -0.75]},
        annotations=[_bar_title(position, motif) for position, motif in enumerate(motifs)],
    )


def _points(months: Sequence[Month], unit: str) -> go.Scatter:
    return go.Scatter(
        x=[middle(month.month) for month in months],
        y=[None if _is_unobserved(month) else month.estimate.value for month in months],
        mode="lines+markers",
        connectgaps=False,
        line={"color": ACCENT, "width": 2},
        marker={
            "size": 8,
            "color": ["#ffffff" if month.state == "incomplet" else ACCENT for month in months],
            "line": {"color": ACCENT, "width": 2},
        },
        hovertext=[_month_hover(month, unit) for month in months],
        hoverinfo="text",
    )


def _band(months: Sequence[Month]) -> go.Scatter:
    """The interval, as one closed outline per run of observed months."""
    xs: list[date | None] = []
    ys: list[float | None] = []
    for is_missing, group in groupby(months, _is_unobserved):
        run = list(group)
        if is_missing:
            continue
        ends = [(middle(month.month), month.estimate.low, month.estimate.high) for month in run]
        if len(ends) == 1:
            (at, low, high), half = ends[0], timedelta(days=HALF_WIDTH)
            ends = [(at - half, low, high), (at + half, low, high)]
        xs += [at for at, _, _ in ends] + [at for at, _, _ in reversed(ends)] + [ends[0][0], None]
        ys += [high for _, _, high in ends] + [low for _, low, _ in reversed(ends)] + [ends[0][2], None]
    return go.Scatter(
        x=xs,
        y=ys,
        mode="lines",
        fill="toself",
        fillcolor=BAND,
        line={"width": 0},
        hoverinfo="skip",
    )


def _unobserved(months: Sequence[Month], top: float) -> go.Bar:
    """One hatched bar per run of months that nobody observed."""
    runs = [list(run) for is_missing, run in groupby(months, _is_unobserved) if is_missing]
    starts = [run[0].month for run in runs]
    lengths = [(last_day(run[-1].month) - start).days + 1 for run, start in zip(runs, starts, strict=True)]
    return go.Bar(
        x=[start + timedelta(days=length / 2) for start, length in zip(starts, lengths, strict=True)],
        y=[top] * len(runs),
        width=[length * DAY_MS for length in lengths],
        marker={
            "color": "rgba(0, 0, 0, 0)",
            "line": {"width": 0},
            "pattern": {"shape": "/", "fgcolor": "#9aa7ad", "size": 7, "solidity": 0.25},
        },
        hovertext=[f"<b>{_months_of(run)}</b><br>non observé" for run in runs],
        hoverinfo="text",
    )


def _months_of(run: Sequence[Month]) -> str:
    first, last = formats.long_month(run[0].month), formats.long_month(run[-1].month)
    return first if len(run) == 1 else f"{first} à {last}"


def _is_unobserved(month: Month) -> bool:
    return month.state == "non observé"


def last_day(month: date) -> date:
    """Last day of a month."""
    return month.replace(day=monthrange(month.year, month.month)[1])


def middle(month: date) -> date:
    """Where the point of a month is drawn."""
    return month + timedelta(days=MID_MONTH)


def chosen_period(dates: tuple[date, date]) -> dict[str, Any]:
    """The period that the rest of the page is about, shaded."""
    across = {"type": "rect", "x0": dates[0], "x1": dates[1], "y0": 0, "y1": 1, "yref": "paper"}
    return across | {"fillcolor": CHOSEN, "line": {"width": 0}, "layer": "below"}


def event_marks(marks: Sequence[Mark]) -> tuple[int, list[dict[str, Any]], list[dict[str, Any]]]:
    """Known events over a curve: pixels that their numbers take above the plot, their lines, their numbers."""
    levels = _levels(marks)
    over = LEVEL_PX * (max(levels, default=-1) + 1)
    lines = [shape for mark, level in zip(marks, levels, strict=True) for shape in _lines(mark, level)]
    return over, lines, [_number(mark, level) for mark, level in zip(marks, levels, strict=True)]


def _levels(marks: Sequence[Mark]) -> list[int]:
    """Heights at which numbers are written, so that near ones do not hide each other."""
    levels = [0] * len(marks)
    for position, (earlier, later) in enumerate(pairwise(marks), start=1):
        is_near = (later.start - earlier.start).days < EVENT_SPACING
        levels[position] = (levels[position - 1] + 1) % EVENT_LEVELS if is_near else 0
    return levels


def _lines(mark: Mark, level: int) -> list[dict[str, Any]]:
    """A dotted line at an event's start and, when it lasts, a stroke beside its number."""
    dotted = {"color": GREY, "width": 1.2, "dash": "dot"}
    start = {"type": "line", "x0": mark.start, "x1": mark.start, "y0": 0, "y1": 1, "yref": "paper", "line": dotted}
    if mark.end is None or mark.end <= mark.start:
        return [start]
    height = 12 + LEVEL_PX * level
    stretch = {"type": "line", "x0": mark.start, "x1": mark.end, "y0": height, "y1": height, "yref": "paper"}
    return [start, stretch | {"ysizemode": "pixel", "yanchor": 1, "line": {"color": GREY, "width": 3}}]


def _number(mark: Mark, level: int) -> dict[str, Any]:
    return {
        "x": mark.start,
        "y": 1,
        "yref": "paper",
        "yshift": 12 + LEVEL_PX * level,
        "yanchor": "middle",
        "text": f"<b>{mark.number}</b>",
        "showarrow": False,
        "font": {"size": 12, "color": "#ffffff"},
        "bgcolor": GREY,
        "borderpad": 3,
    }


def _bar_title(position: int, motif: Motif) -> dict[str, Any]:
    share = formats.percent(motif.share.value, 1)
    return {
        "x": 0,
        "y": position - 0.36,
        "text": f"{_motif_label(motif)}\u00a0: <b>{formats.number(motif.count)}</b> ({share})",
        "showarrow": False,
        "xanchor": "left",
        "borderpad": 0,
        "font": {"size": 14, "color": INK},
    }


def above(shift: int, words: dict[str, Any]) -> dict[str, Any]:
    """Words over the plot, `shift` pixels above it."""
    place = {"xref": "paper", "yref": "paper", "y": 1, "yshift": shift, "yanchor": "bottom"}
    return place | {"showarrow": False} | words


def month_ticks(months: Sequence[date]) -> dict[str, Any]:
    """French names of months on at most nine ticks."""
    step = next((step for step in TICK_STEPS if len(months) <= MOST_TICKS * step), TICK_STEPS[-1])
    shown = [month for month in months if (12 * month.year + month.month - 1) % step == 0]
    return {
        "tickvals": [middle(month) for month in shown],
        "ticktext": [formats.month(month).replace(" ", "<br>") for month in shown],
        "ticks": "outside",
        "ticklen": TICK_PX,
        "tickcolor": GREY,
    }


def _month_hover(month: Month, unit: str) -> str:
    if month.state == "non observé":
        return ""
    decimals = 0 if month.hours is None else 1
    lines = [
        f"<b>{formats.long_month(month.month)}</b>" + (" (mois incomplet)" if month.state == "incomplet" else ""),
        f"{formats.number(month.estimate.value, decimals)} {unit}",
        f"intervalle à 95\u202f% : {formats.interval(month.estimate.low, month.estimate.high, decimals)}",
    ]
    if month.hours is not None:
        lines.append(f"n\u00a0=\u00a0{formats.number(month.count)}, en {formats.number(month.hours)}\u00a0h")
    return "<br>".join(lines)


def _motif_label(motif: Motif) -> str:
    return text(formats.label("motif", motif.code), LONGEST_LABEL)


def _motif_hover(motif: Motif) -> str:
    return (
        f"<b>{_motif_label(motif)}</b><br>{formats.plural(motif.count, 'intervention')}<br>"
        f"part\u00a0: {formats.share(motif.share, 1)}"
    )


def figure(
    traces: Sequence[go.Bar | go.Scatter],
    *,
    margin: dict[str, int],
    fictional: bool,
    xaxis: dict[str, Any],
    yaxis: dict[str, Any],
    annotations: list[dict[str, Any]],
    **layout: Any,  # noqa: ANN401 - the rest of plotly's layout
) -> go.Figure:
    """A figure with the look that every chart shares; its layout is given at once, which plotly checks much faster."""
    fiction = {"text": "Données fictives", "x": 1, "xanchor": "right", "font": {"size": 12, "color": "#7a4200"}}
    return go.Figure(
        list(traces),
        {
            "margin": {"l": 44, "r": 10} | margin,
            "font": {"family": FONT, "size": 13, "color": INK},
            "separators": ",\u202f",
            "plot_bgcolor": "#ffffff",
            "paper_bgcolor": "#ffffff",
            "hoverlabel": {
                "bgcolor": "#ffffff",
                "bordercolor": GREY,
                "font": {"color": INK, "family": FONT, "size": 13},
            },
            "showlegend": False,
            "dragmode": False,
            "bargap": 0,
            "xaxis": {"fixedrange": True} | xaxis,
            "yaxis": {"fixedrange": True} | yaxis,
            "annotations": [*annotations, *([above(margin["t"] - TITLE_PX, fiction)] if fictional else [])],
            **layout,
        },
    )
