"""Where: squares of 100 m, the same for every partner. No Streamlit.

A landlord's own residences only name squares: what a square counts stays what everyone is shown, as a count of its own
would tell, by subtraction, what happened beside it. For the others a square is named after the nearest public place: a
residence is named to nobody but its owner. Squares are listed from the quarter where they reach the threshold; before,
they stay together with what has no point: nobody learns where they are.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dashboard import publication_periods as periods
from dashboard.map_picture import to_degrees
from dashboard.publication_records import RESERVED
from dashboard.publication_rules import OUTSIDE, PLACES, Rules
from dashboard.publication_system import Calendar, Cells, Counts, Key, Row, Shape, System, Year, cube
from dashboard.warehouse import Identity, build_info, identity, query

SIDE = 100.0  # metres
DWELLINGS = 8
NEAR = 250.0  # metres to the place that a square is named after
ELSEWHERE = "ailleurs"
SQUARE = "Carré de 100 m"
COLUMNS = ("period", "zone", "kind", "name", "neighbourhood_id", "longitude", "latitude", "n", "is_masked", "is_own")
SECTORS = ("à l’est", "au nord-est", "au nord", "au nord-ouest", "à l’ouest", "au sud-ouest", "au sud", "au sud-est")
Points = NDArray[np.float64]
Square = tuple[str, str]  # zone, `x_y`


def located() -> dict[str, Counts]:
    """Records by calendar year, area and square (`x_y`, in hundreds of metres); ELSEWHERE: nothing locates them."""
    return _located(identity())


@lru_cache(maxsize=4)
def _located(_identity: Identity) -> dict[str, Counts]:
    spans = periods.spans()
    found: dict[str, Counts] = defaultdict(Counter)
    if not spans:
        return {}
    quarters = {span.code for span in spans}
    frame = query("publish_places", start=spans[0].start, end=spans[-1].end, side=SIDE, reserved=list(RESERVED))
    for row in frame.to_dict("records"):
        if row["quarter"] in quarters:
            square = ELSEWHERE if pd.isna(row["x"]) or pd.isna(row["y"]) else f"{int(row['x'])}_{int(row['y'])}"
            found[row["quarter"][:4]][row["area"], square, row["quarter"]] += int(row["n"])
    return dict(found)


def first_listed(threshold: int) -> dict[Square, str]:
    """The quarter that lists a square first: the first where it reaches the threshold. It is listed ever after."""
    found: dict[Square, str] = {}
    for cells in located().values():
        for (zone, square, quarter), n in cells.items():
            if n >= threshold and square != ELSEWHERE:
                found[zone, square] = min(found.get((zone, square), quarter), quarter)
    return found


def systems(
    calendar: Calendar, cells: Cells, zones: Iterable[str], since: Mapping[Square, str], rules: Rules
) -> dict[str, System]:
    """A system for each zone: its squares that are listed, and everything else in it."""
    found = {}
    for zone in zones:
        counts = _listed({key: n for key, n in cells.items() if key[0] == zone}, calendar, since, rules.people)
        unlisted = [
            Key(PLACES, zone, square, quarter)
            for square in {square for _, square, _ in counts}
            for quarter in calendar.quarters
            if not is_listed((zone, square), quarter, since)
        ]
        shape = Shape(PLACES, calendar, whole=zone, unshown=(ELSEWHERE, *unlisted))
        found[f"{PLACES} {zone}"] = cube(shape, counts, rules.of_people)
    return found


def is_listed(square: Square, quarter: str, since: Mapping[Square, str]) -> bool:
    """Whether a quarter lists a square, with its count or as hidden."""
    return square in since and since[square] <= quarter


def betrayed(calendar: Calendar, cells: Cells, since: Mapping[Square, str], threshold: int) -> dict[Key, bool]:
    """Years of squares to hide: with them, the quarters that list a square would tell how much the others count.

    A quarter that does not list a square says that it counts fewer than the threshold there: what a year leaves for
    such quarters must not be nearly as much as they may all hold, nor bound the one that is hidden beside them.
    """
    by_square: dict[Square, Counter[str]] = defaultdict(Counter)
    for (zone, square, quarter), n in cells.items():
        by_square[zone, square][quarter] += n
    found = {}
    for square, counts in by_square.items() if calendar.year else ():
        small = [quarter for quarter in calendar.quarters if counts[quarter] < threshold]
        unlisted = [counts[quarter] for quarter in small if not is_listed(square, quarter, since)]
        hidden = sum(1 for quarter in small if counts[quarter] and is_listed(square, quarter, since))
        room = (len(unlisted) - 1) * (threshold - 1) + 1
        if unlisted and ((not hidden and sum(unlisted) > room) or hidden == len(unlisted) == 1):
            found[Key(PLACES, *square, calendar.year or "")] = True
    return found


def _listed(cells: Cells, calendar: Calendar, since: Mapping[Square, str], threshold: int) -> Counts:
    """Counts of a zone with the squares that no period lists counted elsewhere."""
    whole: Counter[str] = Counter()
    for (_, square, _quarter), n in cells.items():
        whole[square] += n if calendar.year else 0
    found: Counts = Counter()
    for (zone, square, quarter), n in cells.items():
        kept = whole[square] >= threshold or is_listed((zone, square), calendar.quarters[-1], since)
        found[zone, square if kept else ELSEWHERE, quarter] += n
    return found


def frame(years: Iterable[Year], landlord: str | None) -> pd.DataFrame:
    """`published_places`: the squares that are listed, named for the landlord given or for everyone."""
    figures = [each for year in years for each in year.figures() if each[0].family == PLACES]
    squares = sorted({key.category for key, *_ in figures})
    known = dict(zip(squares, _described(squares, landlord), strict=True))
    rows = [_row(key, n, is_hidden) | known[key.category] for key, n, is_hidden in figures]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _row(key: Key, n: int, is_hidden: bool) -> Row:
    return {
        "period": key.period,
        "zone": f"{key.category} {key.area}",
        "kind": "carre",
        "neighbourhood_id": None if key.area == OUTSIDE else key.area,
        "n": None if is_hidden else float(n),
        "is_masked": is_hidden,
    }


def _described(squares: Sequence[str], landlord: str | None) -> list[Row]:
    """The middle of each square in degrees, what to call it, and whether a residence of the landlord is in it."""
    corners = np.array([[float(part) for part in square.split("_")] for square in squares]).reshape(-1, 2)
    middles = (corners + 0.5) * SIDE
    longitudes, latitudes = to_degrees(middles[:, 0], middles[:, 1], build_info().metric_crs)
    marks = query("publish_landmarks", landlord=landlord, dwellings=DWELLINGS).to_dict("records")
    own: dict[str, list[str]] = defaultdict(list)
    for mark in marks:
        if mark["is_own"]:
            own[f"{math.floor(mark['x_m'] / SIDE)}_{math.floor(mark['y_m'] / SIDE)}"].append(str(mark["name"]))
    public = [mark for mark in marks if not mark["is_own"]]
    points = np.array([[mark["x_m"], mark["y_m"]] for mark in public], dtype=float).reshape(-1, 2)
    names = [
        f"{SQUARE}\u00a0: {', '.join(own[square])}" if square in own else _nearest(middle, points, public)
        for square, middle in zip(squares, middles, strict=True)
    ]
    return [
        {"name": name, "longitude": float(longitude), "latitude": float(latitude), "is_own": square in own}
        for square, name, longitude, latitude in zip(squares, _distinct(names), longitudes, latitudes, strict=True)
    ]


def _nearest(middle: Points, points: Points, public: Sequence[Mapping[str, object]]) -> str:
    """« Carré de 100 m au nord de : Square du Taillis »."""
    away = middle - points
    distances = np.hypot(away[:, 0], away[:, 1])
    if not distances.size or distances.min() > NEAR:
        return SQUARE
    nearest = int(distances.argmin())
    name = str(public[nearest]["name"])
    if np.abs(away[nearest]).max() <= SIDE / 2:
        return f"{SQUARE}\u00a0: {name}"
    sector = SECTORS[round(math.atan2(away[nearest, 1], away[nearest, 0]) / (math.pi / 4)) % len(SECTORS)]
    return f"{SQUARE} {sector} de\u00a0: {name}"


def _distinct(names: Sequence[str]) -> list[str]:
    """Names with a number where two would be alike."""
    seen, number, found = Counter(names), Counter(), []
    for name in names:
        number[name] += 1
        found.append(f"{name}, n°\u00a0{number[name]}" if seen[name] > 1 else name)
    return found
