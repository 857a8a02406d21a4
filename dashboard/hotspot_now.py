"""Where to go at an hour of the service: the zones established then, the narrowest conditions first. No Streamlit."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from dashboard import formats, map_content
from dashboard.filters import Filters
from dashboard.hotspot_clock import Moment, moment
from dashboard.hotspot_places import ALPHA, Spot, ranking
from dashboard.hotspot_zones import Hours, sums
from dashboard.indicators.discoveries import benjamini_hochberg
from dashboard.indicators.zones import service_order
from dashboard.warehouse import build_info, query

NOW = "maintenant"
SHOWN = 5
BAND = 3
WEEKEND = (5, 6)  # Friday and Saturday evenings


@dataclass(frozen=True)
class Band:
    """Hours of the service day that a reader may ask for."""

    key: str
    hours: tuple[int, ...]


@dataclass(frozen=True)
class Answer:
    """Zones established at these hours, each with the conditions it was found under, and what that rests on.

    `compared`: zones tested, under all conditions; `n`: cases at these hours, whatever the day.
    """

    spots: tuple[tuple[Spot, Hours], ...]
    asked: Hours
    compared: int
    n: int


def here(now: datetime) -> Moment:
    """Where a local moment falls in the service of the territory."""
    return moment(now, map_content.territory())


def order() -> tuple[int, ...]:
    """Hours of the service day that the data know; none without hours."""
    if not build_info().hour_known:
        return ()
    return service_order(
        query("map_hours")["hour"].dropna().astype(int), map_content.territory().service_day_starts.hour
    )


def bands(at: Moment) -> dict[str, Band]:
    """The hour at hand and the next one first, then the service day three hours at a time."""
    hours = order()
    if not hours:
        return {}
    start = hours.index(at.hour) if at.hour in hours else 0
    start = min(start, max(len(hours) - 2, 0))
    found = {NOW: Band(NOW, hours[start : start + 2])}
    for some in _batches(hours):
        key = f"{some[0]}-{(some[-1] + 1) % 24}"
        found[key] = Band(key, some)
    return found


def _batches(hours: tuple[int, ...]) -> list[tuple[int, ...]]:
    """Three hours at a time; a last one alone joins those before."""
    cut = [hours[first : first + BAND] for first in range(0, len(hours), BAND)]
    if len(cut) > 1 and len(cut[-1]) == 1:
        cut[-2:] = [cut[-2] + cut[-1]]
    return cut


def span(hours: tuple[int, ...]) -> str:
    """« de 20 h à 22 h »: the end is the end of the last hour."""
    return f"de {hours[0]}\u00a0h à {(hours[-1] + 1) % 24}\u00a0h"


def band_label(band: Band, at: Moment) -> str:
    """What the choice is called."""
    if band.key != NOW:
        return f"{band.hours[0]}\u00a0h – {(band.hours[-1] + 1) % 24}\u00a0h"
    word = "Prochain service" if at.is_open is False else "Maintenant"
    return f"{word} ({band.hours[0]}\u00a0h)"


def weekdays_like(weekday: int) -> tuple[int, ...]:
    """Friday and Saturday, or all other days."""
    return WEEKEND if weekday in WEEKEND else tuple(day for day in range(1, 8) if day not in WEEKEND)


def answer(chosen: Filters, at: Moment, band: Band) -> Answer:
    """Zones established at these hours: on such days of this season, else on such days, else on any day.

    The highest rates first, each under the narrowest conditions that establish it. The zones of every condition are
    corrected for together: looking three times is owned up to.
    """
    like = weekdays_like(at.weekday)
    ladder = (
        Hours(band.hours, like, at.season),
        Hours(band.hours, like),
        Hours(band.hours),
    )
    found = [ranking(chosen, when) for when in ladder]
    flags = benjamini_hochberg([spot.p for one in found for spot in one.spots], ALPHA).tolist()
    kept: dict[str, tuple[Spot, Hours]] = {}
    first = 0
    for when, one in zip(ladder, found, strict=True):
        here_flags = flags[first : first + len(one.spots)]
        first += len(one.spots)
        for spot, flag in zip(one.spots, here_flags, strict=True):
            if flag:
                kept.setdefault(spot.zone, (replace(spot, is_established=True), when))
    shown = sorted(kept.values(), key=lambda one: _order(one[0]), reverse=True)[:SHOWN]
    return Answer(tuple(shown), ladder[0], sum(one.compared for one in found), found[-1].n)


def _order(spot: Spot) -> float:
    """Highest rate first; the ratio where no hours are known."""
    return spot.per_hour.value if spot.hours else spot.ratio.value


def main_motifs(
    chosen: Filters, members: tuple[str, ...], cell_m: float | None, hours: tuple[int, ...] = ()
) -> list[tuple[str, int]]:
    """Motifs of some zones, most frequent first: (code, interventions)."""
    rows = query("hotspot_motifs", **chosen.params(), cell_m=cell_m, hours=list(hours))
    kept = sums(rows.loc[rows["zone"].isin(members)], "motif", "interventions")
    return sorted(((str(code), int(count)) for code, count in kept.items()), key=lambda one: (-one[1], one[0]))


def motif_words(motifs: list[tuple[str, int]], number: int = 2) -> str:
    """« Occupation de hall · Bruit de voisinage »: the first motifs in words."""
    return " · ".join(formats.label("motif", code) for code, _ in motifs[:number]) or "motif non renseigné"


def conditions(when: Hours) -> str:
    """« les ven. et sam. d’hiver »: the days that a zone was established on."""
    known = [day for day in service_weekdays() if day in when.weekdays]
    days = f"les {formats_join([formats.weekday(day, short=True) for day in known])}" if known else "tous les jours"
    season = {"hiver": " d’hiver", "ete": " d’été"}.get(when.season or "", "")
    return f"{days}{season}"


def formats_join(words: list[str]) -> str:
    """« a, b et c »."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} et {words[-1]}"


def service_weekdays() -> tuple[int, ...]:
    """Weekdays that have any record."""
    known = query("hotspot_weekdays")["weekday"].dropna().astype(int)
    return tuple(sorted(set(known)))
