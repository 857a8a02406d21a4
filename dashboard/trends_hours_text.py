"""Hours and weekdays in French: notes, sentences, rows of tables. Values in, texts out."""

from __future__ import annotations

import math
from collections.abc import Sequence

from dashboard import formats
from dashboard.filters import Filters
from dashboard.indicators.rates import Rate
from dashboard.markup import Column
from dashboard.trends import Kind, WeekdayRate
from dashboard.trends_hours import SEASONS, Hourly
from dashboard.trends_text import LEVEL, NOUNS, counted, dates, estimate_cells, number, unit

GRID_COLUMNS = (
    Column("Saison"),
    Column("Jour"),
    Column("Heure", is_number=True),
    Column("Valeur", is_number=True),
    Column("Bas de l’intervalle", is_number=True),
    Column("Haut de l’intervalle", is_number=True),
    Column("Nombre", is_number=True),
    Column("Heures", is_number=True),
)
PROFILE_COLUMNS = (Column("Quartier"), *GRID_COLUMNS[2:])
WEEKDAY_COLUMNS = (
    Column("Jour"),
    Column("Par jour", is_number=True),
    Column("Bas de l’intervalle", is_number=True),
    Column("Haut de l’intervalle", is_number=True),
    Column("Nombre", is_number=True),
    Column("Jours", is_number=True),
)


NO_HOURS = (
    "Aucune heure n’est connue dans ces données : pas de grille horaire. Les dates donnent le jour de la semaine."
)


def grid_unit(found: Hourly, kind: Kind) -> str:
    """What a cell of the grids holds: a rate, or a plain number where no presence is known."""
    return unit(kind, per_hours=True) if found.is_rate else f"nombre de {NOUNS[kind]}s"


def note(found: Hourly, kind: Kind, chosen: Filters) -> str:
    """The season's comparison, then period, n, hours, and what is left out."""
    return f"{season_sentence(found, kind)} {_made_of(found, kind, chosen)}".strip()


def _made_of(found: Hourly, kind: Kind, chosen: Filters) -> str:
    n = counted(found.count, kind)
    if not found.is_rate:
        return (
            f"{dates(chosen)}, n\u00a0=\u00a0{n} dont l’heure est connue. Aucune présence n’est connue : ce sont des "
            f"nombres, qui disent aussi quand l’équipe était là. {_left_out(found, kind)}"
        )
    spread = outside = timetable = ""
    if found.spread_rows:
        spread = f" {counted(found.spread_rows, kind)} à l’heure donnée par un intervalle, réparties sur celui-ci."
    if found.outside >= 0.05:  # noqa: PLR2004 - less rounds to nothing
        outside = f" {formats.number(found.outside, 1)} tombent à des heures sans patrouille, hors des taux."
    if found.timetable_hours:
        timetable = f" Dont {formats.number(found.timetable_hours)}\u00a0h tirées de l’horaire prévu."
    hours = formats.number(found.hours)
    return (
        f"{dates(chosen)}, n\u00a0=\u00a0{n} en {hours}\u00a0h de patrouille.{timetable}{spread}{outside} "
        f"{_left_out(found, kind)}"
    ).strip()


def _left_out(found: Hourly, kind: Kind) -> str:
    parts = [(found.hour_unknown, "sans heure connue"), (found.unobserved, "de jours dont la présence est inconnue")]
    told = [f"{counted(n, kind)} {why}" for n, why in parts if n]
    return f"Non comptées : {', '.join(told)}." if told else ""


def season_sentence(found: Hourly, kind: Kind) -> str:
    """Summer against winter, on the hours that both have."""
    known = found.comparison
    if not found.is_rate:
        return ""
    if math.isnan(known.ratio.p_value):
        missing = [
            formats.label("season", season).lower() for season in SEASONS if not found.grids[season].observed.any()
        ]
        why = f"aucune heure de patrouille en {' ni en '.join(missing)}" if missing else "aucune heure en commun"
        return f"Été contre hiver : non observé, {why} dans cette période."
    if math.isnan(known.ratio.ratio):
        return "Été contre hiver : aucun cas des deux côtés sur les heures communes."
    finding = "non concluant" if known.ratio.p_value >= LEVEL else "hausse" if known.ratio.ratio > 1 else "baisse"
    summer, winter = (
        f"{counted(side.count, kind)} en {formats.number(side.exposure)}\u00a0h" for side in (known.second, known.first)
    )
    return (
        f"Été contre hiver, sur les seules heures communes : {formats.ratio_change(known.ratio)}, {finding} "
        f"({summer} contre {winter})."
    )


def grid_rows(found: Hourly) -> list[list[object]]:
    """Rows of GRID_COLUMNS, in the order of the service day."""
    return [
        [
            formats.label("season", season),
            formats.weekday(day),
            (f"{hour}\u00a0h", hour),
            *(number(float(part[day - 1, hour]), 1) for part in (grid.values, grid.low, grid.high)),
            number(float(grid.counts[day - 1, hour]), 1),
            number(float(grid.hours[day - 1, hour]), 1) if found.is_rate else ("", None),
        ]
        for season, grid in found.grids.items()
        for day in found.weekdays
        for hour in found.order
    ]


def profile_rows(found: Hourly) -> list[list[object]]:
    """Rows of PROFILE_COLUMNS."""
    return [
        [
            name,
            (f"{hour.hour}\u00a0h", hour.hour),
            *estimate_cells(hour.estimate),
            number(hour.count, 1),
            number(hour.hours, 1),
        ]
        for name, curve in found.profiles.curves
        for hour in curve
    ]


def profile_note(found: Hourly) -> str:
    """What the hour curves leave out, and where their hours come from."""
    if not found.profiles.curves:
        return "Pas de courbe par quartier : aucune heure de patrouille par quartier n’est connue."
    notes = ["Traits fins : intervalles à 95\u202f%. Une heure sans patrouille est un vide, pas un zéro."]
    if found.profiles.is_timetable:
        notes.append(
            "Heures de l’horaire prévu : celles de tout le service, pour chaque quartier. La forme d’une courbe "
            "se lit, les niveaux de deux quartiers ne se comparent pas."
        )
    if found.profiles.more:
        notes.append(f"{formats.plural(found.profiles.more, 'autre quartier', 'autres quartiers')} non montrés.")
    return " ".join(notes)


def profile_alternative(found: Hourly) -> str:
    """What a screen reader says of the hour curves."""
    peaks = []
    for name, curve in found.profiles.curves:
        seen = [hour for hour in curve if not math.isnan(hour.estimate.value)]
        if seen:
            top = max(seen, key=lambda hour: hour.estimate.value)
            peaks.append(f"{name} : le plus haut à {top.hour}\u00a0h, {formats.rate(top.estimate)}")
    return f"Courbes par heure. {' ; '.join(peaks)}."


def weekday_rows(days: Sequence[WeekdayRate]) -> list[list[object]]:
    """Rows of WEEKDAY_COLUMNS."""
    return [
        [formats.weekday(day.weekday), *estimate_cells(day.estimate), number(day.count, 0), number(day.days, 0)]
        for day in days
    ]


def weekday_points(days: Sequence[WeekdayRate], kind: Kind) -> list[tuple[str, Rate, str]]:
    """Short name, rate and hover text of each weekday."""
    return [
        (
            formats.weekday(day.weekday, short=True),
            day.estimate,
            f"<b>{formats.weekday(day.weekday)}</b><br>{formats.number(day.estimate.value, 1)} "
            f"{unit(kind, per_hours=False)}<br>"
            f"intervalle à 95\u202f% : {formats.interval(day.estimate.low, day.estimate.high)}<br>"
            f"n\u00a0=\u00a0{formats.number(day.count)}, en {formats.plural(day.days, 'jour')}",
        )
        for day in days
    ]


def weekday_note(days: Sequence[WeekdayRate], kind: Kind, chosen: Filters) -> str:
    """Why there is no hour grid; period and n of the weekdays."""
    n = counted(sum(day.count for day in days), kind)
    return (
        f"{NO_HOURS} {dates(chosen)}, n\u00a0=\u00a0{n}, par jour du calendrier. Traits fins : intervalles à 95\u202f%."
    )


def weekday_alternative(days: Sequence[WeekdayRate], kind: Kind) -> str:
    """What a screen reader says of the weekdays."""
    told = [f"{formats.weekday(day.weekday)} {formats.rate(day.estimate)}" for day in days]
    return f"{unit(kind, per_hours=False).capitalize()} : {', '.join(told)}."
