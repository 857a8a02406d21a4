"""The claims on presence and on public peace: hours, passages, contacts, outcomes, what comes back, the ledgers."""

from __future__ import annotations

import math

from dashboard import formats
from dashboard.cards import Card, interval_text
from dashboard.claim_cards import (
    SAME_PLACES,
    Claim,
    RateWords,
    Scope,
    Table,
    Words,
    a_year_before,
    hourly,
    plain_card,
    rate_card,
)
from dashboard.claim_requests import timetable_notes
from dashboard.claim_rows import Row, ask, total
from dashboard.filters import Filters
from dashboard.indicators import claims as indicators
from dashboard.indicators.activity import PER_HOURS, Totals
from dashboard.indicators.claims import Exposed
from dashboard.indicators.comparison import RECURRENCE_DAYS, Recurrence, recurrence
from dashboard.indicators.zones import DAYS_A_YEAR
from dashboard.markup import Column
from dashboard.synthesis import totals
from dashboard.warehouse import query

MONTHS_A_YEAR = 12
LEDGERS = (
    Column("Bailleur"),
    Column("Groupe"),
    Column("Résidences", is_number=True),
    Column("Mois", is_number=True),
    Column("Période du registre"),
)


def presence(scope: Scope, summary: dict[str, Card], words: Words) -> Claim:
    """Third claim: hours done, passages at places, contacts."""
    now = totals(scope.chosen)
    before = totals(scope.previous) if scope.previous else None
    return Claim(words, (summary["hours"], _passages(scope, now, before), _contacts(scope)), help="dispositif_presence")


def peace(scope: Scope, summary: dict[str, Card], words: Words) -> Claim:
    """Sixth claim: outcomes, what comes back within a month, and what ledgers there are to measure repairs with."""
    return Claim(
        words, (summary["appeased"], _recurrence(scope)), tables=(_ledgers(scope),), help="dispositif_tranquillite"
    )


def activity(filters: Filters) -> list[Row]:
    """Interventions of a period by register and motif."""
    return ask("claim_activity", filters)


def per_patrol_hours(scope: Scope, words: RateWords, kept: indicators.Kept, notes: tuple[str, ...] = ()) -> Card:
    """A card of interventions of some registers or motifs per 100 patrol hours."""

    def exposed(filters: Filters) -> Exposed:
        found = totals(filters)
        count = indicators.counted(activity(filters), kept, "observed")
        return Exposed(count, found.patrol_hours, found.timetable_hours)

    figure = indicators.rate_figure(
        exposed(scope.chosen), exposed(scope.previous) if scope.previous else None, PER_HOURS
    )
    recorded = indicators.counted(activity(scope.chosen), kept)
    return rate_card(words, figure, scope.chosen, (*notes, *timetable_notes(totals(scope.chosen))), recorded)


def _passages(scope: Scope, now: Totals, before: Totals | None) -> Card:
    def exposed(filters: Filters, days: int) -> Exposed:
        rows = ask("claim_places", filters)
        return Exposed(total(rows, "passages"), total(rows, "places") * days / DAYS_A_YEAR * MONTHS_A_YEAR)

    earlier = exposed(scope.previous, before.days) if scope.previous and before else None
    return rate_card(
        RateWords(
            "Passages enregistrés par lieu",
            ("passage", "passages"),
            "par lieu et par mois, au moins",
            "lieux × mois",
            "Aucune liste de lieux : les passages ne peuvent pas être comptés par lieu.",
        ),
        indicators.rate_figure(exposed(scope.chosen, now.days), earlier, 1),
        scope.chosen,
        ("Un passage sans intervention ne laisse pas de trace.",),
    )


def _contacts(scope: Scope) -> Card:
    return per_patrol_hours(
        scope,
        hourly("Contacts et présence de proximité", ("contact", "contacts")),
        indicators.CONTACTS,
    )


def _recurrences(filters: Filters) -> Recurrence:
    """What came back in the neighbourhoods chosen."""
    rows = query("sheet_recurrences", **filters.params(), within=RECURRENCE_DAYS)
    if filters.neighbourhoods:
        rows = rows.loc[rows["neighbourhood_id"].isin(filters.neighbourhoods)]
    return recurrence(rows)


def _recurrence(scope: Scope) -> Card:
    now, before = _recurrences(scope.chosen), _recurrences(scope.previous) if scope.previous else None
    is_observed = not math.isnan(now.incidence.value)
    counted = f"{formats.plural(now.n, 'situation')}, {formats.plural(now.places, 'lieu', 'lieux')}"
    missing = f"Pas assez de situations au lieu connu, suivies {RECURRENCE_DAYS} jours."
    return plain_card(
        f"Revenu au même lieu, pour le même motif, en {RECURRENCE_DAYS} jours",
        formats.percent(now.incidence.value, 1),
        "des situations au lieu connu" if is_observed else "",
        scope.chosen,
        uncertainty=interval_text(now.incidence, 1, is_share=True),
        made_of=f"n\u00a0=\u00a0{counted}" if now.n else "",
        comparison=a_year_before(before.incidence if before else None, scope, SAME_PLACES) if is_observed else missing,
        notes=("Plus d’heures de présence font voir plus de retours.",) if is_observed else (),
        formula=f"estimation de Kaplan-Meier à {RECURRENCE_DAYS} jours sur {counted}." if is_observed else "",
    )


def _ledgers(scope: Scope) -> Table:
    rows: list[list[object]] = []
    for row in ask("claim_ledger", scope.chosen):
        first, last = formats.month(row["first_month"]), formats.month(row["last_month"])
        rows.append(
            [
                row["landlord_code"],
                formats.label("groupe", row["comparison_group"]),
                (formats.number(row["residences"]), int(row["residences"])),
                (formats.number(row["months"]), int(row["months"])),
                f"{first} à {last}",
            ]
        )
    return Table(
        LEDGERS,
        rows,
        "Registres de réparations des bailleurs : ce qui est disponible, sans verdict ici",
        "dispositif_registres",
        "Aucun registre de réparations : rien ne peut être mesuré des coûts.",
    )
