"""The hour × weekday grids, as tables that a screen reader reads too: colour, value, hatching for no presence."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from dashboard import formats
from dashboard.indicators import grid as scales
from dashboard.indicators.trends import Grid
from dashboard.markup import element, text
from dashboard.trends_hours import Hourly

# Cividis, from pale (few) to dark (many), and the ink that stays readable on each.
COLOURS = ("#fee838", "#d9c55c", "#ada676", "#707173", "#4f576c", "#00224e")
INKS = ("#1b2a30", "#1b2a30", "#1b2a30", "#ffffff", "#ffffff", "#ffffff")
SMALL = 10


def breaks(found: Hourly) -> tuple[float, ...]:
    """Bounds of the classes, the same for both seasons."""
    values = np.concatenate([grid.values[~np.isnan(grid.values)] for grid in found.grids.values()])
    return scales.even_breaks(float(values.max(initial=0.0)))


def table(found: Hourly, season: str, unit: str) -> str:
    """One season: hours of the service day downwards, weekdays across; hours that both seasons have are marked."""
    grid, classes = found.grids[season], breaks(found)
    days = "".join(
        element("th", element("abbr", text(formats.weekday(day, short=True)), title=formats.weekday(day)), scope="col")
        for day in found.weekdays
    )
    rows = "".join(element("tr", _row(found, grid, hour, classes, unit)) for hour in found.order)
    caption = element("caption", text(formats.label("season", season)))
    head = element("thead", element("tr", element("th", "Heure", scope="col") + days))
    return element("table", caption + head + element("tbody", rows), "opt-week")


def _row(found: Hourly, grid: Grid, hour: int, classes: Sequence[float], unit: str) -> str:
    is_common = found.is_rate and bool(found.comparison.common[:, hour].any())
    mark = element("span", "●", "opt-common", title="heure que les deux saisons ont") if is_common else ""
    header = element("th", f"{hour}\u00a0h{mark}", scope="row")
    return header + "".join(_cell(grid, day, hour, classes, unit if found.is_rate else "") for day in found.weekdays)


def _cell(grid: Grid, day: int, hour: int, classes: Sequence[float], unit: str) -> str:
    """One cell; without a unit, a plain number."""
    is_rate = bool(unit)
    value = float(grid.values[day - 1, hour])
    when = f"{formats.weekday(day)} {hour}\u00a0h"
    if math.isnan(value):
        words = "non observé" if is_rate else "rien de saisi"
        return element("td", element("span", words, "opt-hidden"), "is-unobserved", title=f"{when} : {words}")
    place = max(int(scales.classify(np.array([value]), classes)[0]), 1) - 1 if classes else 0
    low, high, count = (
        float(grid.low[day - 1, hour]),
        float(grid.high[day - 1, hour]),
        float(grid.counts[day - 1, hour]),
    )
    hours = f", en {formats.number(float(grid.hours[day - 1, hour]), 1)}\u00a0h" if is_rate else ""
    detail = (
        f"{when} : {formats.number(value, 1)} {unit}, intervalle à 95\u202f% : {formats.interval(low, high)} ; "
        f"n\u00a0=\u00a0{formats.number(count, 0 if count == round(count) else 1)}{hours}"
    )
    style = f"background:{COLOURS[place]};color:{INKS[place]}"
    return element("td", formats.number(value, 1 if value < SMALL and is_rate else 0), title=detail, style=style)


def legend(found: Hourly, unit: str) -> str:
    """Classes of the colours, what hatching and the dot stand for."""
    bounds = breaks(found)
    entries = [
        element("li", element("i", "", style=f"background:{COLOURS[place]}", aria_hidden="true") + f"{low} à {high}")
        for place, (low, high) in enumerate(zip(map(_bound, bounds), map(_bound, bounds[1:]), strict=False))
    ]
    missing = "non observé : pas de patrouille" if found.is_rate else "rien de saisi"
    entries.append(element("li", element("i", "", "is-unobserved", aria_hidden="true") + text(missing)))
    if found.is_rate:
        entries.append(element("li", element("span", "●", "opt-common") + "heure que les deux saisons ont"))
    return element("p", text(unit[0].upper() + unit[1:]), "opt-week-unit") + element("ul", "".join(entries), "opt-key")


def _bound(value: float) -> str:
    return formats.number(value, 0 if value == round(value) else 1)


def both(found: Hourly, unit: str) -> str:
    """Winter and summer side by side, and their legend."""
    tables = "".join(element("div", table(found, season, unit), "opt-scroll") for season in found.grids)
    return element("div", tables, "opt-weeks") + legend(found, unit)
