"""Which count each figure of a partner's tables is, by the words beside it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dashboard import formats
from tests.browser import received
from tests.browser.received import Table
from tests.browser.truth import APART, OUTSIDE, OWN, TERRITORY, TOGETHER, TOTAL, Cell

Labels = dict[str, dict[str, str]]  # codes by the words that pages say them in, by family; zones by name
FAMILIES = {"Motifs": "motif", "Origines": "origine", "Issues": "issue", "Tranches horaires": "tranche", "Mois": "mois"}
ISSUES = {"Apaisée, accord ou incident évité": "apaise", "Autre issue connue": "autre"}
WEEKDAYS = ("Lundi", "Mardi", "Mercredi", "Jeudi", "Vendredi", "Samedi", "Dimanche")


def labelled(table: Table, period: str, labels: Labels, *, is_landlord: bool) -> Iterator[tuple[Cell, float | None]]:
    """Counts that a table says, each under the name of what it counts; None: hidden."""
    title, _, zone = table.caption.partition(", ")
    before = f"{int(period[:4]) - 1}{period[4:]}"

    def cells(family: str, area: str, column: int, when: str = period) -> Iterator[tuple[Cell, float | None]]:
        for row in table.rows:
            named = _code(family, row[0], labels, is_landlord=is_landlord)
            counted = when if family != "mois" else f"{named[:4]}-T{(int(named[5:]) + 2) // 3}"
            yield Cell(family, area, named, counted), received.number(row[column])

    if title in FAMILIES and zone in labels["zones"]:
        yield from cells(FAMILIES[title], labels["zones"][zone], 1)
    elif table.caption == "Motifs, face à un an avant":
        yield from cells("motif", TERRITORY, 1)
        if before >= "2023-T3" and before != "2023":
            yield from cells("motif", TERRITORY, 2, before)
    elif table.caption == "Motifs, dans votre patrimoine":
        yield from cells("motif", OWN, 1)
    elif table.caption == "Demandes par origine":
        yield from cells("origine", TERRITORY, 1)
    elif table.caption == "Interventions par tranche horaire":
        yield from cells("tranche", TERRITORY, 1)
    elif table.caption == "Relais par partenaire":
        yield from cells("relais", TERRITORY, 1)
    else:
        yield from _crossed(table, period, labels)


def _crossed(table: Table, period: str, labels: Labels) -> Iterator[tuple[Cell, float | None]]:
    if table.caption == "Interventions par jour de service et tranche horaire":
        for row in table.rows:
            for header, shown in zip(table.headers[1:], row[1:], strict=True):
                if shown != formats.NOT_OBSERVED:
                    name = f"{WEEKDAYS.index(header) + 1}|{_code('tranche', row[0], labels)}"
                    yield Cell("jour_tranche", TERRITORY, name, period), received.number(shown)
    elif table.caption == "Par quartier":
        for row in table.rows:
            area = labels["zones"].get(row[0], OUTSIDE)
            yield Cell("motif", area, TOTAL, period), received.number(row[1])
    elif table.caption in ("Alertes transmises", "Faits techniques constatés"):
        yield from _technical(table, period, labels)


def _technical(table: Table, period: str, labels: Labels) -> Iterator[tuple[Cell, float | None]]:
    areas = labels["zones"] | {"Territoire": TERRITORY, "Votre patrimoine": OWN}
    for row in table.rows:
        if table.caption == "Alertes transmises":
            yield Cell("alerte", areas[row[0]], TOTAL, period), received.number(row[1])
        else:
            for header, shown in zip(table.headers[1:], row[1:], strict=True):
                yield Cell("motif", areas[row[0]], labels["motif"][header], period), received.number(shown)


def _code(family: str, label: str, labels: Labels, *, is_landlord: bool = False) -> str:
    if family == "issue":
        return ISSUES[label]
    if family == "tranche":
        hours = re.findall(r"\d+", label)
        return f"{hours[0]}-{hours[1]}"
    if family == "mois":
        return _month(label)
    named = labels[family][label]
    return TOGETHER if is_landlord and family in APART and named == "autre" else named


def _month(label: str) -> str:
    name, year = label.split()
    months = ("janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août")
    months += ("septembre", "octobre", "novembre", "décembre")
    return f"{year}-{months.index(name) + 1:02}"
