"""What the summary page shows: the warehouse's answers turned into figures, months, events and rows. No Streamlit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import pandas as pd

from dashboard import cards, clock, formats
from dashboard.cards import Card
from dashboard.charts import Mark
from dashboard.filters import Filters, bounds, year_before
from dashboard.indicators import activity
from dashboard.indicators.activity import Measure, Month, Motifs, Summary, Totals
from dashboard.indicators.rates import Rate
from dashboard.markup import Column, numbered, plain
from dashboard.warehouse import build_info, query

TOTALS = ("activity_totals", "patrol_totals", "service_totals")
MEASURES: dict[Measure, str] = {"demandes": "Demandes pour 100 h", "interventions": "Interventions"}
UNITS: dict[Measure, str] = {"demandes": "demandes pour 100\u00a0h", "interventions": "interventions"}
MONTH_COLUMNS = (
    Column("Mois"),
    Column("Valeur", is_number=True),
    Column("Bas de l’intervalle", is_number=True),
    Column("Haut de l’intervalle", is_number=True),
    Column("Nombre", is_number=True),
    Column("Heures", is_number=True),
    Column("État"),
)
MOTIF_COLUMNS = (
    Column("Motif"),
    Column("Interventions", is_number=True),
    Column("Part", is_number=True),
    Column("Bas de l’intervalle", is_number=True),
    Column("Haut de l’intervalle", is_number=True),
)


@dataclass(frozen=True)
class Event:
    """A known event on the curve."""

    mark: Mark
    label: str
    place: str


def totals(chosen: Filters) -> Totals:
    """Totals of the period chosen."""
    return Totals.of(*(query(name, **chosen.params()) for name in TOTALS))


def summary(chosen: Filters) -> tuple[Summary, Totals]:
    """The figures of the period, against those of a year before, and the totals that they are made of."""
    now, previous = totals(chosen), chosen.previous()
    return activity.summary(now, totals(previous) if previous else None), now


def freshness() -> list[Card]:
    """The card of the data's age; none when there is no day at all."""
    known, build = bounds(), build_info()
    return [] if known is None else [cards.freshness(build, known, clock.today(), clock.local(build.built_at))]


def measures() -> dict[Measure, str]:
    """What the curve can show: no rate in a territory whose presence nobody knows."""
    is_known = build_info().presence_source != "aucune"
    return {code: label for code, label in MEASURES.items() if is_known or code == "interventions"}


def months(chosen: Filters, measure: Measure) -> tuple[Month, ...]:
    """Every month of the period, and at least two years before its end for the eye to compare."""
    known = bounds()
    if known is None:
        return ()
    first = min(chosen.start, max(known.first, year_before(year_before(chosen.end))))
    params = chosen.params() | {"start": first.replace(day=1)}
    return activity.monthly(query("activity_monthly", **params), query("service_monthly", **params), measure)


def events(chosen: Filters, first: date) -> tuple[Event, ...]:
    """Known events from a date to the end of the period, numbered in order."""
    rows = query("known_events", **chosen.params() | {"start": first}).to_dict("records")
    return tuple(
        Event(
            mark=Mark(number, row["starts_on"].date(), None if pd.isna(row["ends_on"]) else row["ends_on"].date()),
            label=plain(row["label"]),
            place=plain(row["neighbourhood"]) if isinstance(row["neighbourhood"], str) else "tout le territoire",
        )
        for number, row in enumerate(rows, start=1)
    )


def event_list(known: Sequence[Event]) -> str:
    """The events in the order of their numbers on the curve: when, what and where. HTML."""
    entries = [
        (formats.day_range(event.mark.start, event.mark.end or event.mark.start), event.label, event.place)
        for event in known
    ]
    return numbered(entries, "Événements connus") if entries else ""


def month_rows(known: Sequence[Month]) -> list[list[object]]:
    """Rows of MONTH_COLUMNS, each cell as shown and, beside it, as downloaded."""

    def number(value: float, decimals: int) -> tuple[str, float]:
        return formats.number(value, decimals), round(value, 4)

    return [
        [
            (formats.month(month.month), month.month),
            *(number(value, 0 if month.hours is None else 1) for value in _ends(month)),
            number(month.count, 0),
            ("", None) if month.hours is None else number(month.hours, 0),
            month.state,
        ]
        for month in reversed(known)
    ]


def motif_rows(known: Motifs) -> list[list[object]]:
    """Rows of MOTIF_COLUMNS, each cell as shown and, beside it, as downloaded."""
    return [
        [
            formats.label("motif", motif.code),
            (formats.number(motif.count), motif.count),
            *((formats.percent(share, 1), round(share, 4)) for share in _share_ends(motif.share)),
        ]
        for motif in known.shown
    ]


def curve_summary(known: Sequence[Month], measure: Measure) -> str:
    """What a screen reader says of the curve."""
    seen = [month for month in known if month.state != "non observé"]
    start, end = formats.long_month(known[0].month), formats.long_month(known[-1].month)
    if not seen:
        return f"Courbe mensuelle de {start} à {end} : aucun mois observé."
    low, high = min(seen, key=lambda month: month.estimate.value), max(seen, key=lambda month: month.estimate.value)
    decimals = 1 if measure == "demandes" else 0
    lowest, highest = (
        f"{formats.number(month.estimate.value, decimals)} en {formats.long_month(month.month)}"
        for month in (low, high)
    )
    return (
        f"Courbe mensuelle de {start} à {end}, {UNITS[measure]} : de {lowest} à {highest}, "
        f"{formats.plural(len(known) - len(seen), 'mois', 'mois')} non observés."
    )


def motif_summary(known: Motifs) -> str:
    """What a screen reader says of the bars."""
    first = known.shown[0]
    return (
        f"Barres des {len(known.shown)} motifs les plus fréquents ; le premier, "
        f"{formats.label('motif', first.code)}, compte {formats.plural(first.count, 'intervention')}, "
        f"soit {formats.share(first.share, 1)}."
    )


def motif_note(known: Motifs, chosen: Filters) -> str:
    """Period of the bars, what they are a share of, and what they leave out."""
    dates = formats.day_range(chosen.start, chosen.end)
    known_motif = f"{formats.plural(known.known, 'intervention')} dont le motif est renseigné"
    parts = [f"{dates[0].upper()}{dates[1:]}, n\u00a0=\u00a0{known_motif}"]
    if known.others:
        parts.append(f"les autres motifs en comptent {formats.number(known.others)}")
    if known.unknown:
        parts.append(f"{formats.plural(known.unknown, 'intervention')} sans motif ne sont pas comptées")
    interval = " Trait fin : intervalle à 95\u202f%." if known.shown else ""
    return f"{' ; '.join(parts)}.{interval}"


def _ends(month: Month) -> tuple[float, float, float]:
    return month.estimate.value, month.estimate.low, month.estimate.high


def _share_ends(share: Rate) -> tuple[float, float, float]:
    return share.value, share.low, share.high
