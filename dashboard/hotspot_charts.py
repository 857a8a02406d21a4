"""The chart of a hotspot's hours: what was seen against what its neighbourhood's hours lead to expect."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from dashboard import formats
from dashboard.charts import ACCENT, GREY, INK, SOFT, TITLE_PX, above, figure
from dashboard.hotspot_story import Hour
from dashboard.indicators.zones import service_order
from dashboard.markup import Column, key

HEIGHT_PX, TOP_PX = 270, 44
HOUR_COLUMNS = (
    Column("Heure"),
    Column("Interventions", is_number=True),
    Column("Attendu", is_number=True),
    Column("Plus qu’attendu"),
)


def hour_bars(hours: Sequence[Hour], day_starts: int, *, fictional: bool) -> go.Figure:
    """A bar an hour, in the order of the service day; a line at what was expected; « + » over those above."""
    shown = _ordered(hours, day_starts)
    names = [f"{hour.hour}\u00a0h" for hour in shown]
    bars = go.Bar(
        x=names,
        y=[hour.observed for hour in shown],
        marker={"color": [ACCENT if hour.is_more else SOFT for hour in shown]},
        text=["<b>+</b>" if hour.is_more else "" for hour in shown],
        textposition="outside",
        textfont={"color": INK, "size": 15},
        cliponaxis=False,
        hovertext=[_hover(hour) for hour in shown],
        hoverinfo="text",
    )
    expected = go.Scatter(
        x=names,
        y=[hour.expected for hour in shown],
        mode="markers",
        marker={"symbol": "line-ew", "size": 22, "line": {"width": 3, "color": INK}},
        hoverinfo="skip",
    )
    return figure(
        [bars, expected],
        height=HEIGHT_PX,
        margin={"t": TOP_PX, "b": 34},
        fictional=fictional,
        bargap=0.25,
        xaxis={"type": "category"},
        yaxis={"gridcolor": "#dfe6e9", "nticks": 5, "rangemode": "tozero"},
        annotations=[
            above(
                TOP_PX - TITLE_PX,
                {"text": "interventions", "x": 0, "xshift": -40, "xanchor": "left", "font": {"color": GREY}},
            )
        ],
    )


def hour_rows(hours: Sequence[Hour], day_starts: int) -> list[list[object]]:
    """Rows of HOUR_COLUMNS, cells as shown and as downloaded."""
    return [
        [
            f"{hour.hour}\u00a0h",
            (formats.number(hour.observed), hour.observed),
            (formats.number(hour.expected, 1), round(hour.expected, 4)),
            "oui" if hour.is_more else "",
        ]
        for hour in _ordered(hours, day_starts)
    ]


def _ordered(hours: Sequence[Hour], day_starts: int) -> list[Hour]:
    """Every hour from the first to the last of the service day; nothing was seen at those left out."""
    by_hour = {hour.hour: hour for hour in hours}
    return [by_hour.get(at, Hour(at, 0, 0.0, False)) for at in service_order(by_hour, day_starts)]


def hour_key() -> str:
    """Legend of the bars, in HTML."""
    return key(
        [
            ("is-bar", "interventions"),
            ("is-more", "«\u00a0+\u00a0»\u00a0: plus qu’attendu, écart établi"),
            ("is-line", "attendu d’après les heures du quartier"),
        ]
    )


def hour_summary(hours: Sequence[Hour]) -> str:
    """What a screen reader says of the bars."""
    busiest = max(hours, key=lambda hour: hour.observed)
    return (
        f"Barres des interventions par heure\u00a0; la plus chargée, {busiest.hour} h, en compte "
        f"{formats.number(busiest.observed)} pour {formats.number(busiest.expected, 1)} attendues."
    )


def _hover(hour: Hour) -> str:
    more = "<br>plus qu’attendu, écart établi" if hour.is_more else ""
    return (
        f"<b>{hour.hour}\u00a0h</b><br>{formats.plural(hour.observed, 'intervention')}<br>"
        f"attendues\u00a0: {formats.number(hour.expected, 1)}{more}"
    )
