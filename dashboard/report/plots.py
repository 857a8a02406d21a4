"""Charts of a slide as plotly figures, with the look that every chart shares."""

from __future__ import annotations

import plotly.graph_objects as go

from dashboard import charts, formats
from dashboard.charts import ACCENT, GREY, GRID, INK, SOFT
from dashboard.markup import Column, key, text
from dashboard.report.slides import MASKED, Cell, Chart, Series

# The last series is the period at hand; those before it are lighter, and told apart by their pattern too.
SHAPE = "/"
BAR_PX, ROW_PX, AXES_PX = 300, 40, 64
HEADROOM = 1.15
LONGEST = 60
SLOTS = 0.72


def plot(chart: Chart, *, fictional: bool) -> go.Figure:
    """The chart on a screen: values written on it, a hidden one said in words where it would be."""
    draw = {"bars": _bars, "columns": _columns, "line": _columns}[chart.kind]
    return draw(chart, fictional)


def legend(chart: Chart) -> str:
    """Names of the series under a chart of several, and why values are missing. HTML."""
    several = len(chart.series) > 1
    entries = [(_swatch(place, len(chart.series)), series.name) for place, series in enumerate(chart.series)]
    shown = entries if several else []
    return key([*shown, *([("is-unobserved", chart.gaps)] if chart.gaps else [])])


def rows(chart: Chart) -> tuple[tuple[Column, ...], list[list[Cell]]]:
    """The figures of a chart, a row a category: cells as shown, and as downloaded."""
    columns = (Column(chart.title), *(Column(series.name, is_number=True) for series in chart.series))
    found = [
        [(label, label), *(_cell(series.values[place], chart) for series in chart.series)]
        for place, label in enumerate(chart.categories)
    ]
    return columns, found


def _cell(value: float | None, chart: Chart) -> Cell:
    return (MASKED, None) if value is None else (formats.number(value, chart.decimals), value)


def _swatch(place: int, count: int) -> str:
    return "is-report-now" if place == count - 1 else "is-report-before"


def _colour(place: int, count: int) -> str:
    return ACCENT if place == count - 1 else SOFT


def _columns(chart: Chart, fictional: bool) -> go.Figure:
    top = max((value or 0 for series in chart.series for value in series.values), default=0) or 1
    count, is_line = len(chart.series), chart.kind == "line"
    width = SLOTS / count
    traces = [
        _trace(chart, series, place, (place - (count - 1) / 2) * width, width, is_line=is_line)
        for place, series in enumerate(chart.series)
    ]
    return charts.figure(
        traces,
        height=BAR_PX,
        margin={"t": 40, "b": 44},
        fictional=fictional,
        xaxis={
            "tickvals": list(range(len(chart.categories))),
            "ticktext": [text(_short(label), LONGEST) for label in chart.categories],
            "range": [-0.6, len(chart.categories) - 0.4],
        },
        yaxis={"range": [0, HEADROOM * top], "gridcolor": GRID, "nticks": 5, "tickformat": ",.2~f"},
        annotations=[
            charts.above(
                20, {"text": text(chart.unit), "x": 0, "xshift": -40, "xanchor": "left", "font": {"color": GREY}}
            ),
            *_hidden(chart, width, top),
        ],
    )


def _short(label: str) -> str:
    return label.replace("\u00a0h à ", "–")


def _trace(
    chart: Chart, series: Series, place: int, shift: float, width: float, *, is_line: bool
) -> go.Bar | go.Scatter:
    colour = _colour(place, len(chart.series))
    words = [_shown(value, chart) for value in series.values]
    hover = [
        f"<b>{text(label)}</b><br>{text(series.name)}\u00a0: {word}"
        for label, word in zip(chart.categories, words, strict=True)
    ]
    if is_line:
        return go.Scatter(
            x=list(range(len(series.values))),
            y=list(series.values),
            mode="lines+markers",
            line={"color": colour, "width": 2},
            marker={"size": 8},
            hovertext=hover,
            hoverinfo="text",
        )
    pattern = (
        {}
        if place == len(chart.series) - 1
        else {"pattern": {"shape": SHAPE, "fgcolor": "#ffffff", "size": 7, "solidity": 0.3, "fillmode": "overlay"}}
    )
    return go.Bar(
        x=[number + shift for number in range(len(series.values))],
        y=list(series.values),
        width=width * 0.94,
        marker={"color": colour, **pattern},
        text=["" if value is None else word for value, word in zip(series.values, words, strict=True)],
        textposition="outside",
        cliponaxis=False,
        textfont={"size": 12, "color": INK},
        hovertext=hover,
        hoverinfo="text",
    )


def _hidden(chart: Chart, width: float, top: float) -> list[dict[str, object]]:
    """« masqué » written where a value is missing, so that nothing looks like zero."""
    count = len(chart.series)
    return [
        {
            "x": number + (place - (count - 1) / 2) * width,
            "y": 0.02 * top,
            "yanchor": "bottom",
            "text": f"<i>{MASKED}</i>",
            "textangle": -90,
            "showarrow": False,
            "font": {"size": 12, "color": GREY},
        }
        for place, series in enumerate(chart.series)
        for number, value in enumerate(series.values)
        if value is None
    ]


def _bars(chart: Chart, fictional: bool) -> go.Figure:
    """Bars that lie down, the label above each so that no width cuts it off."""
    values = chart.series[0].values if chart.series else ()
    bars = go.Bar(
        x=[value or 0 for value in values],
        y=list(range(len(values))),
        orientation="h",
        width=0.34,
        marker={"color": SOFT},
        hovertext=[
            f"<b>{text(label)}</b><br>{_shown(v, chart)}" for label, v in zip(chart.categories, values, strict=True)
        ],
        hoverinfo="text",
    )
    return charts.figure(
        [bars],
        height=AXES_PX + ROW_PX * max(len(values), 1),
        margin={"t": 24, "b": 36, "l": 8},
        fictional=fictional,
        xaxis={"gridcolor": GRID, "rangemode": "tozero", "nticks": 5, "zeroline": False, "tickformat": ",.2~f"},
        yaxis={"visible": False, "range": [len(values) - 0.5, -0.8]},
        annotations=[_title(place, label, values[place], chart) for place, label in enumerate(chart.categories)],
    )


def _title(place: int, label: str, value: float | None, chart: Chart) -> dict[str, object]:
    return {
        "x": 0,
        "y": place - 0.38,
        "text": f"{text(label, LONGEST)}\u00a0: <b>{_shown(value, chart)}</b>",
        "showarrow": False,
        "xanchor": "left",
        "borderpad": 0,
        "font": {"size": 14, "color": INK},
    }


def _shown(value: float | None, chart: Chart) -> str:
    return MASKED if value is None else formats.number(value, chart.decimals)
