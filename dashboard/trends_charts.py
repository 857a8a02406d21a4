"""Charts of « Tendances »: the control chart, hour curves, weekdays, effects. Every text of the data is escaped."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date
from itertools import groupby
from typing import Any

import plotly.graph_objects as go

from dashboard import charts, formats
from dashboard.charts import ACCENT, BAND, GREY, GRID, INK, Mark
from dashboard.indicators.rates import Rate
from dashboard.indicators.regression import Effect, Regression
from dashboard.indicators.trends import HourRate
from dashboard.markup import key, text
from dashboard.trends import Kind, Series, WeekdayRate
from dashboard.trends_hours import Hourly, Profiles
from dashboard.trends_hours_text import weekday_points
from dashboard.trends_text import LEVEL, effect_groups, level_name, month_signal
from dashboard.trends_text import unit as unit_of

SIGNAL = "#b4690e"
PANEL_PX, ROW_PX = 170, 26
DAY_MS = 86_400_000
LONGEST_NAME, LONGEST_LEVEL = 40, 24
HATCH = {"shape": "/", "fgcolor": "#9aa7ad", "size": 7, "solidity": 0.25}


def control_chart(
    series: Series, marks: Sequence[Mark], chosen: tuple[date, date], unit: str, *, fictional: bool
) -> go.Figure:
    """Monthly rates between their control limits, trend, known events, changes of level; signals have a shape."""
    over, lines, numbers = charts.event_marks(marks)
    # A month of a few hours has limits so wide that they would flatten all the others.
    whole = zip(series.chart.points, series.is_complete, strict=True)
    seen = [point.high for point, is_complete in whole if is_complete and not math.isnan(point.high)]
    values = [one.value for one in series.estimates if not math.isnan(one.value)]
    top = 1.08 * max([*seen, *values], default=1.0)
    title = {"text": unit, "x": 0, "xshift": -40, "xanchor": "left", "font": {"color": GREY}}
    return charts.figure(
        [_unobserved(series, top), _limits(series), *_centre(series), *_trend(series), _points(series, unit)],
        height=360 + over,
        margin={"t": 40 + over, "b": 44},
        fictional=fictional,
        xaxis={
            "range": [series.months[0], charts.last_day(series.months[-1])],
            **charts.month_ticks(series.months),
        },
        yaxis={"range": [0, top], "gridcolor": GRID, "nticks": 6, "tickformat": ",.2~f"},
        shapes=[charts.chosen_period(chosen), *lines, *map(_change_line, _change_months(series))],
        annotations=[
            charts.above(40 + over - charts.TITLE_PX, title),
            *numbers,
            *map(_change_name, _change_months(series)),
        ],
    )


def control_key(series: Series) -> str:
    """Legend of the control chart, in HTML: it wraps where the screen is narrow."""
    limits = "limites provisoires (moins de 12 mois)" if series.chart.is_provisional else "limites de contrôle"
    entries = [("is-point", "mois"), ("is-band", limits)]
    if not all(series.is_complete):
        entries.insert(1, ("is-hollow", "mois incomplet"))
    if any(point.is_out or point.in_run for point in series.chart.points):
        entries.append(("is-signal", "signal : hors limites, ou série de 8"))
    if series.stl is not None:
        entries.append(("is-trend", "tendance lissée (STL)"))
    if series.changes.changes:
        entries.append(("is-change", "changement de niveau"))
    if any(math.isnan(one.value) for one in series.estimates):
        entries.append(("is-unobserved", "non observé"))
    return key([*entries, ("is-chosen", "période choisie")])


def _middles(series: Series) -> list[date]:
    return [charts.middle(month) for month in series.months]


def _unobserved(series: Series, top: float) -> go.Bar:
    missing = [month for month, one in zip(series.months, series.estimates, strict=True) if math.isnan(one.value)]
    return go.Bar(
        x=[charts.middle(month) for month in missing],
        y=[top] * len(missing),
        width=[31 * DAY_MS] * len(missing),
        marker={"color": "rgba(0, 0, 0, 0)", "line": {"width": 0}, "pattern": HATCH},
        hovertext=[f"<b>{formats.long_month(month)}</b><br>non observé" for month in missing],
        hoverinfo="text",
    )


def _limits(series: Series) -> go.Scatter:
    """Both limits as one closed outline per run of observed months."""
    xs: list[date | None] = []
    ys: list[float | None] = []
    points = list(zip(_middles(series), series.chart.points, strict=True))
    for is_missing, group in groupby(points, lambda pair: math.isnan(pair[1].high)):
        run = list(group)
        if not is_missing:
            xs += [at for at, _ in run] + [at for at, _ in reversed(run)] + [run[0][0], None]
            ys += [point.high for _, point in run] + [point.low for _, point in reversed(run)] + [run[0][1].high, None]
    return go.Scatter(x=xs, y=ys, mode="lines", fill="toself", fillcolor=BAND, line={"width": 0}, hoverinfo="skip")


def _centre(series: Series) -> list[go.Scatter]:
    ends = [series.months[0], charts.last_day(series.months[-1])]
    line = {"color": GREY, "width": 1}
    return [go.Scatter(x=ends, y=[series.chart.centre] * 2, mode="lines", line=line, hoverinfo="skip")]


def _trend(series: Series) -> list[go.Scatter]:
    if series.stl is None:
        return []
    first, trend = series.stl.first, series.stl.trend
    at = _middles(series)[first : first + len(trend)]
    line = {"color": INK, "width": 2, "dash": "dash"}
    return [go.Scatter(x=at, y=trend.tolist(), mode="lines", line=line, hoverinfo="skip")]


def _points(series: Series, unit: str) -> go.Scatter:
    is_signal = [point.is_out or point.in_run for point in series.chart.points]
    colours = [SIGNAL if flagged else ACCENT for flagged in is_signal]
    fills = [colour if whole else "#ffffff" for colour, whole in zip(colours, series.is_complete, strict=True)]
    return go.Scatter(
        x=_middles(series),
        y=[None if math.isnan(one.value) else one.value for one in series.estimates],
        mode="lines+markers",
        connectgaps=False,
        line={"color": ACCENT, "width": 1.5},
        marker={
            "size": [13 if flagged else 8 for flagged in is_signal],
            "symbol": ["diamond" if flagged else "circle" for flagged in is_signal],
            "color": fills,
            "line": {"color": colours, "width": 2},
        },
        hovertext=[_month_hover(series, place, unit) for place in range(len(series.months))],
        hoverinfo="text",
    )


def _month_hover(series: Series, place: int, unit: str) -> str:
    one, point = series.estimates[place], series.chart.points[place]
    exposure, base = series.exposures[place], "h" if series.per_hours else "jours"
    lines = [
        f"<b>{formats.long_month(series.months[place])}</b>"
        + ("" if series.is_complete[place] else " (mois incomplet)"),
        f"{formats.number(one.value, 1)} {unit}",
        f"intervalle à 95\u202f% : {formats.interval(one.low, one.high)}",
        f"limites : {formats.interval(point.low, point.high)}",
        f"n\u00a0=\u00a0{formats.number(series.counts[place])}, en {formats.number(exposure)}\u00a0{base}",
    ]
    signal = month_signal(point)
    return "<br>".join([*lines, *([f"signal : {signal}"] if signal else [])])


def _change_months(series: Series) -> list[date]:
    return [series.months[change.index] for change in series.changes.changes]


def _change_line(month: date) -> dict[str, Any]:
    line = {"color": SIGNAL, "width": 2.5, "dash": "longdashdot"}
    return {"type": "line", "x0": month, "x1": month, "y0": 0, "y1": 1, "yref": "paper", "line": line}


def _change_name(month: date) -> dict[str, Any]:
    words = {"text": "changement", "font": {"size": 12, "color": "#7a4200"}, "textangle": -90, "xanchor": "right"}
    return {"x": month, "y": 0.02, "yref": "paper", "yanchor": "bottom", "showarrow": False} | words


def profile_curves(found: Hourly, unit: str, *, fictional: bool) -> go.Figure:
    """One panel per neighbourhood, one under the other on the same scale: rate by hour with its interval."""
    profiles, order, count = found.profiles, found.order, len(found.profiles.curves)
    known = [hour.estimate.high for _, curve in profiles.curves for hour in curve if math.isfinite(hour.estimate.high)]
    top = min(max(known, default=1.0), 2.5 * (max(_values(profiles), default=1.0) or math.inf)) * 1.05
    share, gap = 1 / count, 0.2 / count
    axes: dict[str, Any] = {}
    traces: list[go.Bar | go.Scatter] = []
    for place, (name, curve) in enumerate(profiles.curves):
        suffix = "" if place == 0 else str(place + 1)
        high = 1 - place * share - gap
        axes[f"yaxis{suffix}"] = {"domain": [1 - (place + 1) * share, high], "range": [0, top], "gridcolor": GRID}
        axes[f"yaxis{suffix}"] |= {"nticks": 5, "fixedrange": True, "tickformat": ",.2~f", "zeroline": False}
        traces.append(_profile(name, curve, unit, f"y{suffix}"))
    first = axes.pop("yaxis")
    return charts.figure(
        traces,
        height=70 + PANEL_PX * count,
        margin={"t": 30, "b": 40},
        fictional=fictional,
        xaxis={
            "tickvals": list(range(len(order))),
            "ticktext": [f"{hour}\u00a0h" for hour in order],
            "range": [-0.5, len(order) - 0.5],
            "anchor": f"y{count}" if count > 1 else "y",
            "gridcolor": GRID,
            "zeroline": False,
        },
        yaxis=first,
        annotations=[
            charts.above(10, {"text": unit, "x": 0, "xshift": -40, "xanchor": "left", "font": {"color": GREY}}),
            *(_panel_name(name, 1 - place * share - gap) for place, (name, _) in enumerate(profiles.curves)),
        ],
        **axes,
    )


def _values(profiles: Profiles) -> list[float]:
    found = [hour.estimate.value for _, curve in profiles.curves for hour in curve]
    return [value for value in found if not math.isnan(value)]


def _profile(name: str, curve: Sequence[HourRate], unit: str, axis: str) -> go.Scatter:
    hover = [
        f"<b>{text(name, LONGEST_NAME)}, {hour.hour}\u00a0h</b><br>"
        + (
            "non observé"
            if math.isnan(hour.estimate.value)
            else f"{formats.number(hour.estimate.value, 1)} {unit}<br>intervalle à 95\u202f% : "
            f"{formats.interval(hour.estimate.low, hour.estimate.high)}<br>"
            f"n\u00a0=\u00a0{formats.number(hour.count, 0)}, en {formats.number(hour.hours)}\u00a0h"
        )
        for hour in curve
    ]
    return _dots(range(len(curve)), [hour.estimate for hour in curve], hover, yaxis=axis)


def _dots(at: Sequence[float], estimates: Sequence[Rate], hover: Sequence[str], **more: Any) -> go.Scatter:  # noqa: ANN401
    """Points with their interval as a thin bar; what nobody observed is a gap."""
    return go.Scatter(
        x=list(at),
        y=[None if math.isnan(one.value) else one.value for one in estimates],
        mode="lines+markers",
        connectgaps=False,
        line={"color": ACCENT, "width": 2},
        marker={"size": 8, "color": ACCENT},
        error_y={
            "type": "data",
            "symmetric": False,
            "array": [0 if math.isnan(one.value) else one.high - one.value for one in estimates],
            "arrayminus": [0 if math.isnan(one.value) else one.value - one.low for one in estimates],
            "color": INK,
            "thickness": 1.2,
            "width": 4,
        },
        hovertext=list(hover),
        hoverinfo="text",
        **more,
    )


def _panel_name(name: str, at: float) -> dict[str, Any]:
    place = {"xref": "paper", "yref": "paper", "x": 0, "y": at, "xanchor": "left", "yanchor": "bottom"}
    return place | {
        "text": f"<b>{text(name, LONGEST_NAME)}</b>",
        "showarrow": False,
        "font": {"size": 13, "color": INK},
    }


def weekday_chart(days: Sequence[WeekdayRate], kind: Kind, *, fictional: bool) -> go.Figure:
    """Events per day on each weekday, with their intervals."""
    points = weekday_points(days, kind)
    title = {"text": unit_of(kind, per_hours=False), "x": 0, "xshift": -40, "xanchor": "left", "font": {"color": GREY}}
    return charts.figure(
        [_dots(range(len(points)), [one for _, one, _ in points], [words for _, _, words in points])],
        height=300,
        margin={"t": 40, "b": 40},
        fictional=fictional,
        xaxis={"tickvals": list(range(len(points))), "ticktext": [name for name, _, _ in points], "zeroline": False},
        yaxis={"rangemode": "tozero", "gridcolor": GRID, "nticks": 6, "tickformat": ",.2~f"},
        annotations=[charts.above(20, title)],
    )


def effects_chart(found: Regression, *, fictional: bool) -> go.Figure:
    """Rate ratios on a log scale, by factor; filled when established, hollow when not."""
    rows: list[tuple[str, Effect | None]] = []
    for title, several in effect_groups(found.effects):
        rows += [(f"<b>{title}</b>", None), *((text(level_name(one), LONGEST_LEVEL), one) for one in several)]
    shown = [(place, one) for place, (_, one) in enumerate(rows) if one is not None]
    ends = [end for _, one in shown for end in (one.low, one.high)]
    reach = min(math.log2(8), max(1.0, *(abs(math.log2(end)) for end in ends)))
    ticks = [tick for tick in (0.125, 0.25, 0.5, 0.75, 1, 1.5, 2, 4, 8) if abs(math.log2(tick)) <= reach]
    middle = {
        "type": "line",
        "x0": 0,
        "x1": 0,
        "y0": 0,
        "y1": 1,
        "yref": "paper",
        "line": {"color": GREY, "width": 1.5},
    }
    return charts.figure(
        [_effect_points(shown)],
        height=70 + ROW_PX * len(rows),
        margin={"t": 30, "b": 34, "l": 110},
        fictional=fictional,
        xaxis={
            "range": [-reach * 1.05, reach * 1.05],
            "tickvals": [math.log2(tick) for tick in ticks],
            "ticktext": [
                f"×\u00a0{formats.number(tick, 0 if tick >= 1 and tick == int(tick) else 2)}" for tick in ticks
            ],
            "gridcolor": GRID,
            "zeroline": False,
        },
        yaxis={
            "tickvals": list(range(len(rows))),
            "ticktext": [name for name, _ in rows],
            "range": [len(rows) - 0.4, -0.6],
            "automargin": True,
            "zeroline": False,
        },
        annotations=[],
        shapes=[middle],
    )


def _effect_points(shown: Sequence[tuple[int, Effect]]) -> go.Scatter:
    return go.Scatter(
        x=[math.log2(one.ratio) for _, one in shown],
        y=[place for place, _ in shown],
        mode="markers",
        marker={
            "size": 9,
            "color": [ACCENT if one.adjusted_p < LEVEL else "#ffffff" for _, one in shown],
            "line": {"color": ACCENT, "width": 2},
        },
        error_x={
            "type": "data",
            "symmetric": False,
            "array": [math.log2(one.high / one.ratio) for _, one in shown],
            "arrayminus": [math.log2(one.ratio / one.low) for _, one in shown],
            "color": INK,
            "thickness": 1.4,
            "width": 4,
        },
        hovertext=[_effect_hover(one) for _, one in shown],
        hoverinfo="text",
    )


def _effect_hover(one: Effect) -> str:
    return (
        f"<b>{text(level_name(one), LONGEST_NAME)}</b><br>×\u00a0{formats.number(one.ratio, 2)} "
        f"({formats.interval(one.low, one.high, 2)})<br>n\u00a0=\u00a0{formats.number(one.count)}"
    )
