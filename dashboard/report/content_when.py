"""Slide of the hours: bands of the service day by weekday. Published figures in, slides out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from dashboard import formats, map_content
from dashboard.indicators import rates
from dashboard.markup import Column
from dashboard.report import content_words as words
from dashboard.report.content_figures import (
    UNKNOWN,
    Published,
)
from dashboard.report.content_words import GAPS
from dashboard.report.slides import Cell, Chart, Period, Series, Slide, Table


def when(of: Published) -> Slide:
    """Bands of the service day by weekday: counts, hidden ones, and what nobody observed."""
    bands = {code: n for code, n in of.parts("tranche").items() if code not in UNKNOWN}
    order = sorted(bands, key=service_place)
    total = of.count()
    unknown = of.count("inconnue", "tranche") or 0
    said = ["Compté par journée de service", "Ces nombres suivent aussi la présence de l’équipe"]
    if unknown:
        said.append(f"{formats.plural(unknown, 'intervention')} sans heure")
    return words.slide(
        of,
        "quand",
        "Quand",
        _when_message(bands),
        n=words.interventions(total),
        said=said,
        charts=[_band_chart(bands, order)] if order else [],
        tables=[_week(of, order)] if order and of.parts("jour_tranche") else [],
    )


def _when_message(bands: dict[str, float | None]) -> str:
    known = {code: n for code, n in bands.items() if n}
    if not known:
        return "Les heures des interventions ne sont pas publiées\u00a0: rien à dire du moment de la journée."
    top = max(known, key=lambda code: (known[code] or 0, code))
    if any(n is None for n in bands.values()):
        return (
            f"Des tranches publiées, {band_label(top)} compte le plus d’interventions ({formats.number(known[top])})."
        )
    share = rates.share(known[top] or 0, sum(n or 0 for n in bands.values()))
    told = f"La tranche {band_label(top)} compte le plus d’interventions"
    return f"{told}\u00a0: {formats.share(share)} de celles dont l’heure est connue."


def _band_chart(bands: dict[str, float | None], order: Sequence[str]) -> Chart:
    values = tuple(bands[code] for code in order)
    told = ", ".join(f"{band_label(code)}\u00a0: {words.shown_count(bands[code])}" for code in order)
    return Chart(
        kind="columns",
        title="Interventions par tranche horaire",
        unit="interventions",
        categories=tuple(band_label(code) for code in order),
        series=(Series("interventions", values),),
        alternative=f"Interventions par tranche horaire, dans l’ordre de la journée de service. {told}.",
        gaps=GAPS if None in values else "",
    )


def _week(of: Published, order: Sequence[str]) -> Table:
    cells = of.parts("jour_tranche")
    served = served_hours(of.period)
    days = [
        day
        for day in range(1, 8)
        if any(cells.get(f"{day}|{band}", 0.0) != 0 or _is_served(served, day, band) for band in order)
    ]
    columns = (Column("Tranche"), *(Column(formats.weekday(day).capitalize(), is_number=True) for day in days))
    rows = tuple(
        (
            words.text_cell(band_label(band)),
            *(_moment(cells.get(f"{day}|{band}", 0.0), served, day, band) for day in days),
        )
        for band in order
    )
    return Table(columns, rows, "Interventions par jour de service et tranche horaire", "publie_semaine")


def _moment(n: float | None, served: set[tuple[int, int]], day: int, band: str) -> Cell:
    if n == 0 and served and not _is_served(served, day, band):
        return formats.NOT_OBSERVED, None
    return words.count_cell(n)


def served_hours(period: Period) -> set[tuple[int, int]]:
    """(service weekday, clock hour) that the timetable covers on a day of the period; empty without a timetable."""
    known = map_content.territory()
    (first_month, first_day), (last_month, last_day) = known.summer
    found: set[tuple[int, int]] = set()
    for number in range((period.end - period.start).days + 1):
        day = period.start + timedelta(days=number)
        is_summer = (first_month, first_day) <= (day.month, day.day) <= (last_month, last_day)
        for table in known.timetables:
            if table.valid_from <= day <= (table.valid_to or day) and day.isoweekday() in table.weekdays:
                start, end = table.summer if is_summer else table.winter
                length = (end.hour + (end.minute > 0) - start.hour) % 24
                found |= {(day.isoweekday(), (start.hour + step) % 24) for step in range(length)}
    return found


def _is_served(served: set[tuple[int, int]], day: int, band: str) -> bool:
    return any((day, hour) in served for hour in band_hours(band))


def band_hours(band: str) -> tuple[int, ...]:
    """Clock hours of a band: « 23-2 » is 23, 0 and 1. Empty when the code names no hours."""
    first, _, last = band.partition("-")
    if not (first.isdigit() and last.isdigit()):
        return ()
    return tuple((int(first) + step) % 24 for step in range((int(last) - int(first)) % 24 or 24))


def band_label(band: str) -> str:
    """« 14-17 » as « 14 h à 17 h »."""
    first, _, last = band.partition("-")
    return f"{int(first)}\u00a0h à {int(last)}\u00a0h" if first.isdigit() and last.isdigit() else band


def service_place(band: str) -> tuple[int, str]:
    """Where a band is in the service day."""
    hours = band_hours(band)
    return ((hours[0] - map_content.territory().service_day_starts.hour) % 24 if hours else 24, band)
