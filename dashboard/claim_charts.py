"""Charts of the claims: when requests come against when the team is there, residents' requests by quarter."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from dashboard import formats
from dashboard.charts import ACCENT, GREY, GRID, above, figure
from dashboard.claim_cards import Picture, Scope, Table
from dashboard.indicators.claims import RESIDENTS, HourShare, Quarter
from dashboard.indicators.rates import Rate
from dashboard.markup import Column, key

PATROL, FIELD = "#c3d3d8", "#a4520b"
LOOKS: dict[str, dict[str, Any]] = {
    "habitant_telephone": {"color": ACCENT, "symbol": "circle", "dash": "solid", "css": "is-point"},
    "habitant_terrain": {"color": FIELD, "symbol": "square", "dash": "dash", "css": "is-square"},
}
SHIFT = 0.06
MOST_TICKS = 7
HOUR_COLUMNS = (
    Column("Heure"),
    Column("Demandes", is_number=True),
    Column("Part des demandes", is_number=True),
    Column("Bas de l’intervalle", is_number=True),
    Column("Haut de l’intervalle", is_number=True),
    Column("Part des heures de patrouille", is_number=True),
)
QUARTER_COLUMNS = (
    Column("Trimestre"),
    Column("Origine"),
    Column("Valeur", is_number=True),
    Column("Bas de l’intervalle", is_number=True),
    Column("Haut de l’intervalle", is_number=True),
    Column("Demandes", is_number=True),
    Column("Heures", is_number=True),
    Column("État"),
)


def hours(shares: Sequence[HourShare], scope: Scope) -> tuple[Picture, ...]:
    """Bars of the patrol hours, points of the requests with their interval, by clock hour; nothing without an hour."""
    if not shares:
        return ()
    at = list(range(len(shares)))
    title = {"text": "part, en %", "x": 0, "xshift": -40, "xanchor": "left", "font": {"color": GREY}}
    drawn = figure(
        _hour_traces(shares, at),
        height=300,
        margin={"t": 40, "b": 36},
        fictional=scope.build.fictional,
        xaxis={
            "tickvals": at,
            "ticktext": [_hour(hour.hour) for hour in shares],
            "tickangle": 0,
            "range": [-0.6, len(at) - 0.4],
        },
        yaxis={"gridcolor": GRID, "rangemode": "tozero", "nticks": 6},
        annotations=[above(20, title)],
    )
    total, has_patrol = sum(hour.requests for hour in shares), shares[0].hours_share is not None
    asked = f"demandes, avec leur intervalle à 95\u202f% (n\u00a0=\u00a0{formats.number(total)})"
    patrol = ("is-patrol", "heures de patrouille enregistrées") if has_patrol else ("", "présence non enregistrée")
    return (
        Picture(
            "Quand viennent les demandes, quand l’équipe est là",
            drawn,
            _hours_summary(shares, total),
            key([("is-point", asked), patrol]),
            _hour_table(shares, scope),
        ),
    )


def quarters(found: Sequence[Quarter], scope: Scope) -> tuple[Picture, ...]:
    """Two lines with intervals, telephone and field, by quarter; nothing when no quarter is observed."""
    seen = [quarter for quarter in found if quarter.state != "non observé"]
    if not any(sum(quarter.counts.values()) for quarter in seen):
        return ()
    unit = "demandes pour 100\u00a0h" if found[0].hours is not None else "demandes"
    title = {"text": unit, "x": 0, "xshift": -40, "xanchor": "left", "font": {"color": GREY}}
    step = -(-len(found) // MOST_TICKS)
    shown = [place for place in range(len(found)) if (len(found) - 1 - place) % step == 0]
    drawn = figure(
        [_line(found, channel, side * SHIFT, unit) for channel, side in zip(RESIDENTS, (-1, 1), strict=True)],
        height=300,
        margin={"t": 40, "b": 44},
        fictional=scope.build.fictional,
        xaxis={
            "tickvals": shown,
            "ticktext": [_quarter(found[place]).replace(" ", "<br>") for place in shown],
            "tickangle": 0,
            "range": [-0.5, len(found) - 0.5],
            "showgrid": False,
            "zeroline": False,
        },
        yaxis={"gridcolor": GRID, "rangemode": "tozero", "nticks": 6},
        annotations=[above(20, title)],
    )
    entries = [(LOOKS[channel]["css"], formats.label("origine", channel)) for channel in RESIDENTS]
    if any(quarter.state == "incomplet" for quarter in found):
        entries.append(("is-hollow", "trimestre incomplet"))
    return (
        Picture(
            "Demandes des habitants, par trimestre",
            drawn,
            _quarters_summary(seen, unit),
            key(entries),
            _quarter_table(found),
        ),
    )


def _hour_traces(shares: Sequence[HourShare], at: list[int]) -> list[go.Bar | go.Scatter]:
    bars = go.Bar(
        x=at,
        y=[None if hour.hours_share is None else 100 * hour.hours_share for hour in shares],
        width=0.7,
        marker={"color": PATROL},
        hoverinfo="skip",
    )
    points = go.Scatter(
        x=at,
        y=[100 * hour.share.value for hour in shares],
        mode="markers",
        marker={"size": 9, "color": ACCENT},
        error_y=_errors([hour.share for hour in shares], 100, ACCENT),
        hovertext=[_hour_hover(hour) for hour in shares],
        hoverinfo="text",
    )
    return [bars, points]


def _line(found: Sequence[Quarter], channel: str, shift: float, unit: str) -> go.Scatter:
    look = LOOKS[channel]
    rates = [quarter.estimates[channel] for quarter in found]
    fills = ["#ffffff" if quarter.state == "incomplet" else look["color"] for quarter in found]
    return go.Scatter(
        x=[place + shift for place in range(len(found))],
        y=[None if quarter.state == "non observé" else rate.value for quarter, rate in zip(found, rates, strict=True)],
        mode="lines+markers",
        connectgaps=False,
        line={"color": look["color"], "width": 2, "dash": look["dash"]},
        marker={"size": 9, "symbol": look["symbol"], "color": fills, "line": {"color": look["color"], "width": 2}},
        error_y=_errors(rates, 1, look["color"]),
        hovertext=[_quarter_hover(quarter, channel, unit) for quarter in found],
        hoverinfo="text",
    )


def _errors(rates: Sequence[Rate], scale: float, color: str) -> dict[str, Any]:
    return {
        "type": "data",
        "symmetric": False,
        "array": [scale * (rate.high - rate.value) for rate in rates],
        "arrayminus": [scale * (rate.value - rate.low) for rate in rates],
        "color": color,
        "thickness": 1.4,
        "width": 4,
    }


def _hour(hour: int) -> str:
    return f"{hour}\u00a0h"


def _hour_hover(hour: HourShare) -> str:
    patrol = "" if hour.hours_share is None else f"<br>heures de patrouille : {formats.percent(hour.hours_share, 1)}"
    asked = formats.plural(hour.requests, "demande")
    return f"<b>{_hour(hour.hour)}</b><br>{asked}, {formats.share(hour.share, 1)}{patrol}"


def _hours_summary(shares: Sequence[HourShare], total: int) -> str:
    most = max(shares, key=lambda hour: hour.requests)
    return (
        f"Part des {formats.plural(total, 'demande')} et des heures de patrouille, heure par heure ; "
        f"l’heure la plus demandée est {_hour(most.hour)}, {formats.share(most.share, 1)}."
    )


def _hour_table(shares: Sequence[HourShare], scope: Scope) -> Table:
    rows: list[list[object]] = [
        [
            _hour(hour.hour),
            (formats.number(hour.requests), hour.requests),
            *(
                (formats.percent(part, 1), round(part, 4))
                for part in (hour.share.value, hour.share.low, hour.share.high)
            ),
            (formats.percent(hour.hours_share, 1), hour.hours_share),
        ]
        for hour in shares
    ]
    dates = formats.day_range(scope.chosen.start, scope.chosen.end)
    return Table(HOUR_COLUMNS, rows, f"Demandes et patrouilles par heure, {dates}", "dispositif_heures")


def _quarter(quarter: Quarter) -> str:
    return f"T{(quarter.start.month + 2) // 3} {quarter.start.year}"


def _quarter_hover(quarter: Quarter, channel: str, unit: str) -> str:
    decimals = 0 if quarter.hours is None else 1
    partial = " (incomplet)" if quarter.state == "incomplet" else ""
    return (
        f"<b>{_quarter(quarter)}</b>{partial}<br>{formats.label('origine', channel)}<br>"
        f"{formats.rate(quarter.estimates[channel], unit, decimals)}<br>"
        f"n\u00a0=\u00a0{formats.number(quarter.counts[channel])}"
    )


def _quarters_summary(seen: Sequence[Quarter], unit: str) -> str:
    last, decimals = seen[-1], 0 if seen[-1].hours is None else 1
    ends = ", ".join(
        f"{formats.label('origine', channel).lower()} {formats.rate(last.estimates[channel], '', decimals)}"
        for channel in RESIDENTS
    )
    return f"Demandes des habitants par trimestre, en {unit}. Dernier trimestre, {_quarter(last)} : {ends}."


def _quarter_table(found: Sequence[Quarter]) -> Table:
    rows: list[list[object]] = []
    for quarter in reversed(found):
        for channel in RESIDENTS:
            estimate, decimals = quarter.estimates[channel], 0 if quarter.hours is None else 1
            ends = (estimate.value, estimate.low, estimate.high)
            count, hours = quarter.counts[channel], quarter.hours
            rows.append(
                [
                    _quarter(quarter),
                    formats.label("origine", channel),
                    *((formats.number(end, decimals), round(end, 4)) for end in ends),
                    (formats.number(count), count),
                    ("", None) if hours is None else (formats.number(hours), hours),
                    quarter.state,
                ]
            )
    return Table(QUARTER_COLUMNS, rows, "Demandes des habitants par trimestre", "dispositif_trimestres")
