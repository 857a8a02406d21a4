"""Charts of a neighbourhood's sheet: its hours and motifs beside the others', and funnels."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from dashboard import formats
from dashboard.charts import ACCENT, GREY, GRID, INK, LONGEST_LABEL, ROW_PX, SOFT, TITLE_PX, above, figure
from dashboard.indicators.comparison import ALARM, WARNING, Position, limits
from dashboard.indicators.rates import Rate
from dashboard.markup import text
from dashboard.sheet_places import Plot, Unit
from dashboard.sheet_tables import funnel_unit, standing
from dashboard.sheets import Contrast, Sheet

OTHERS = "#b4690e"
MOTIFS_SHOWN = 10
# Intervals over fewer patrol hours than this do not set the height of the chart.
SOLID_HOURS = 5.0
CURVE_POINTS = 80
# The outer limit is drawn whole unless the points would then be pressed against the axis.
MOST_OF_LIMITS = 2.5
SYMBOLS = {"": "circle", "au-dessus": "triangle-up", "au-dessous": "triangle-down"}


def hours(known: Sheet) -> go.Figure:
    """Bars of this neighbourhood by hour with their interval, diamonds of the others; hatching where not observed."""
    cells = known.hour_contrasts
    scale = 1.0 if known.is_presence_known else 100.0
    top = _top(cells, scale)
    places = list(range(len(cells)))
    title = "interventions pour 100\u00a0h" if known.is_presence_known else "% des interventions"
    unseen = [place for place, one in zip(places, cells, strict=True) if math.isnan(one.here.value)]
    return figure(
        [
            _bars(cells, places, scale),
            _hatched(unseen, top),
            _diamonds(places, [_scaled(one.others.value, scale) for one in cells]),
        ],
        height=330,
        margin={"t": 44, "b": 34},
        fictional=known.fictional,
        xaxis={
            "tickvals": places,
            "ticktext": [f"{one.code}\u00a0h" for one in cells],
            "range": [-0.6, len(cells) - 0.4],
        },
        yaxis={"range": [0, top], "gridcolor": GRID, "nticks": 6},
        annotations=[above(44 - TITLE_PX, {"text": title, "x": 0, "xshift": -40, "xanchor": "left"})],
    )


def motifs(known: Sheet) -> go.Figure:
    """Bars of the most frequent motifs here with their interval, diamonds of their share elsewhere."""
    shown = known.motifs[:MOTIFS_SHOWN]
    places = list(range(len(shown)))
    here = [100 * one.here.value for one in shown]
    bars = go.Bar(
        x=here,
        y=places,
        orientation="h",
        width=0.3,
        marker={"color": SOFT},
        error_x=_whiskers([one.here for one in shown], 100.0),
        hovertext=[_hover(one, formats.label("motif", one.code), is_share=True) for one in shown],
        hoverinfo="text",
    )
    return figure(
        [bars, _diamonds([100 * one.others.value for one in shown], places)],
        height=76 + ROW_PX * len(shown),
        margin={"t": 20, "b": 40},
        fictional=known.fictional,
        xaxis={"ticksuffix": "\u202f%", "gridcolor": GRID, "rangemode": "tozero", "nticks": 6, "zeroline": False},
        yaxis={"visible": False, "range": [len(shown) - 0.5, -0.75]},
        annotations=[_motif_title(place, one) for place, one in enumerate(shown)],
    )


def funnel(known: Sheet, plot: Plot) -> go.Figure:
    """Rates against what they were observed over, with the common rate and its limits at 95 % and 99.8 %."""
    unit, exposure = funnel_unit(plot, per_hours=known.is_presence_known)
    pairs = [
        (one, position)
        for one, position in zip(plot.units, plot.funnel.positions, strict=True)
        if position.exposure > 0
    ]
    right = 1.06 * max(position.exposure for _, position in pairs)
    highest = max(position.estimate.value for _, position in pairs)
    alarm = float(limits(plot.funnel, [right], ALARM)[1][0]) if plot.funnel.target > 0 else 1.0
    top = 1.12 * max(highest, min(alarm, MOST_OF_LIMITS * max(highest, plot.funnel.target))) or 1.0
    points = sorted(pairs, key=lambda pair: pair[0].is_here)
    markers = go.Scatter(
        x=[position.exposure for _, position in points],
        y=[position.estimate.value for _, position in points],
        mode="markers",
        cliponaxis=False,
        marker={
            "opacity": 1,
            "size": [11 if one.is_here else 8 for one, _ in points],
            "symbol": [SYMBOLS[position.side] for _, position in points],
            "color": [ACCENT if one.is_here else "#ffffff" for one, _ in points],
            "line": {"color": [ACCENT if one.is_here else GREY for one, _ in points], "width": 1.6},
        },
        hovertext=[_point_hover(one, position, unit) for one, position in points],
        hoverinfo="text",
    )
    return figure(
        [*_limits(plot, right), _target(plot, right), markers],
        height=400,
        margin={"t": 44, "b": 50},
        fictional=known.fictional,
        xaxis={
            "range": [0, right],
            "title": {"text": exposure, "font": {"color": GREY, "size": 13}},
            "tickformat": ",.2~f",
            "nticks": 6,
            "zeroline": False,
        },
        yaxis={"range": [0, top], "gridcolor": GRID, "nticks": 6},
        annotations=[above(44 - TITLE_PX, {"text": unit, "x": 0, "xshift": -40, "xanchor": "left"})],
    )


def funnel_summary(plot: Plot) -> str:
    """What a screen reader says of a funnel."""
    out = [position for position in plot.funnel.positions if position.side]
    return (
        f"Entonnoir de {formats.number(plot.funnel.comparisons)} points, taux commun "
        f"{formats.number(plot.funnel.target, 1)}\u00a0; {formats.number(len(out))} hors des limites à 95\u202f%. "
        "Les chiffres sont dans le tableau."
    )


def _bars(cells: Sequence[Contrast], places: list[int], scale: float) -> go.Bar:
    return go.Bar(
        x=places,
        y=[_scaled(one.here.value, scale) for one in cells],
        width=0.62,
        marker={"color": SOFT},
        error_y=_whiskers([one.here for one in cells], scale),
        hovertext=[_hover(one, f"{one.code}\u00a0h", is_share=scale > 1) for one in cells],
        hoverinfo="text",
    )


def _hatched(places: list[int], top: float) -> go.Bar:
    """A hatched column for each hour that nobody observed here."""
    return go.Bar(
        x=places,
        y=[top] * len(places),
        width=1.0,
        marker={
            "color": "rgba(0, 0, 0, 0)",
            "line": {"width": 0},
            "pattern": {"shape": "/", "fgcolor": "#9aa7ad", "size": 7, "solidity": 0.25},
        },
        hovertext=["non observé"] * len(places),
        hoverinfo="text",
    )


def _diamonds(x: Sequence[float | None], y: Sequence[float | None]) -> go.Scatter:
    return go.Scatter(
        x=list(x),
        y=list(y),
        mode="markers",
        marker={"symbol": "diamond", "size": 10, "color": OTHERS, "line": {"color": "#ffffff", "width": 1}},
        hoverinfo="skip",
        cliponaxis=False,
    )


def _whiskers(known: Sequence[Rate], scale: float) -> dict[str, Any]:
    return {
        "type": "data",
        "symmetric": False,
        "array": [_scaled(one.high - one.value, scale) for one in known],
        "arrayminus": [_scaled(one.value - one.low, scale) for one in known],
        "color": INK,
        "thickness": 1.4,
        "width": 4,
    }


def _scaled(value: float, scale: float) -> float | None:
    return value * scale if math.isfinite(value) else None


def _top(cells: Sequence[Contrast], scale: float) -> float:
    ends = [one.here.high if one.base >= SOLID_HOURS else one.here.value for one in cells]
    ends += [one.others.value for one in cells]
    return 1.08 * scale * max((end for end in ends if math.isfinite(end)), default=1.0) or 1.0


def _hover(one: Contrast, name: str, *, is_share: bool) -> str:
    show = (lambda known: formats.share(known, 1)) if is_share else (lambda known: formats.rate(known, "", 1))
    made_of = f"n\u00a0=\u00a0{formats.number(one.count)}" + (
        "" if is_share else f", en {formats.number(one.base, 1)}\u00a0h"
    )
    lines = [f"<b>{text(name, LONGEST_LABEL)}</b>", f"ici\u00a0: {show(one.here)}", made_of]
    return "<br>".join([*lines, f"ailleurs\u00a0: {show(one.others)}"])


def _motif_title(place: int, one: Contrast) -> dict[str, Any]:
    sign = "" if not one.is_particular else " ▲" if one.here.value > one.others.value else " ▼"
    label = text(formats.label("motif", one.code), LONGEST_LABEL)
    return {
        "x": 0,
        "y": place - 0.36,
        "text": f"{label}\u00a0: <b>{formats.number(one.count)}</b> ({formats.percent(one.here.value, 1)}){sign}",
        "showarrow": False,
        "xanchor": "left",
        "borderpad": 0,
        "font": {"size": 14, "color": INK},
    }


def _limits(plot: Plot, right: float) -> list[go.Scatter]:
    exposures = right * np.linspace(0.08, 1, CURVE_POINTS) ** 2
    curves = []
    for level, dash in ((WARNING, "dash"), (ALARM, "solid")):
        for side in limits(plot.funnel, exposures, level):
            line = {"color": GREY, "width": 1.3, "dash": dash}
            curves.append(go.Scatter(x=exposures, y=side, mode="lines", line=line, hoverinfo="skip"))
    return curves


def _target(plot: Plot, right: float) -> go.Scatter:
    line = {"color": INK, "width": 1.2}
    return go.Scatter(x=[0, right], y=[plot.funnel.target] * 2, mode="lines", line=line, hoverinfo="skip")


def _point_hover(one: Unit, position: Position, unit: str) -> str:
    where = f"<br>{text(one.zone, LONGEST_LABEL)}" if one.zone != one.name else ""
    return (
        f"<b>{text(one.name, LONGEST_LABEL)}</b>{where}<br>{formats.rate(position.estimate, '', 1)} {unit}<br>"
        f"n\u00a0=\u00a0{formats.number(position.count)}, attendues {formats.number(position.expected, 1)}<br>"
        f"{standing(position)}"
    )
