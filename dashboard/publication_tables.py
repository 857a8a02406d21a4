"""Figures as the rows of the published tables: what is hidden is null. No Streamlit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pandas as pd

from dashboard.publication_rules import (
    BY_WEEKDAY,
    INITIATIVES,
    MONTHS_FAMILY,
    NOT_APART,
    NOT_FOR_LANDLORDS,
    OTHER,
    OUTSIDE,
    PLACES,
    PROPERTY,
    SCHOOLS,
    SOON,
    TEAM,
    TIMES,
    TOGETHER,
    is_their_partner,
)
from dashboard.publication_system import ALL, TERRITORY, TOTAL, Key, Row, Year

COUNTS = ("period", "family", "area", "category", "n", "is_masked")
OF_INTERVENTIONS = ("motif", "origine", "issue", TIMES, MONTHS_FAMILY)
OF_TERRITORY = ("public", BY_WEEKDAY)
# Figures of tables of their own, protected with the others and shown there.
ELSEWHERE = (PLACES, SCHOOLS)
NOTES = {
    OUTSIDE: "Les interventions hors des quartiers, trop peu nombreuses pour être détaillées, ne sont pas comptées.",
    "origine": "Les origines non renseignées, trop peu nombreuses pour être dites, sont comptées hors demandes.",
    "issue": "Les issues non renseignées, trop peu nombreuses pour être dites, sont comptées avec les autres issues.",
    "public": "Les publics ne sont pas publiés\u00a0: tout ou partie des profils a dépassé la durée de conservation.",
}


def common_rows(year: Year, *, for_landlord: bool) -> Iterator[Row]:
    """Rows of the common stage, as the city and the committee read them or as a landlord does."""
    for key, value, is_hidden in year.figures():
        if key.family not in ELSEWHERE and (not for_landlord or is_for_landlords(key)):
            yield from _rows(key, value, is_hidden, year, for_landlord=for_landlord)


def own_rows(year: Year) -> Iterator[Row]:
    """Rows of a landlord's own property."""
    for key, value, is_hidden in year.figures():
        if key.area == PROPERTY and key.family not in ELSEWHERE:
            yield from _rows(key, value, is_hidden, year, for_landlord=True)


def is_for_landlords(key: Key) -> bool:
    """Whether a landlord may read a common figure: no profile, minor, school or police."""
    if key.family == "relais":
        return is_their_partner(key.category.partition("|")[0])
    return key.family not in NOT_FOR_LANDLORDS and key.category not in NOT_APART.get(key.family, ())


def counts_frame(rows: Iterable[Row]) -> pd.DataFrame:
    """Rows as `published_counts`, in order."""
    frame = pd.DataFrame(list(rows), columns=list(COUNTS))
    return frame.sort_values(["period", "family", "area", "category"], ignore_index=True)


def notes_frame(years: Iterable[Year], *, for_landlord: bool) -> pd.DataFrame:
    """`published_notes`: what a family counts otherwise than its name says, by period; family « » for all of them."""
    rows = []
    for year in years:
        of_quarters = {
            quarter: (*year.notes[quarter], *_unprofiled(quarter, year)) for quarter in year.calendar.quarters
        }
        whole = {year.calendar.year: [note for notes in of_quarters.values() for note in notes]}
        for period, notes in [*of_quarters.items(), *(whole.items() if year.calendar.year else ())]:
            rows += [
                {"period": period, "family": "" if code == OUTSIDE else code, "note": NOTES[code]}
                for code in dict.fromkeys(notes)
                if not (for_landlord and code in NOT_FOR_LANDLORDS)
            ]
    return pd.DataFrame(rows, columns=["period", "family", "note"])


def _unprofiled(quarter: str, year: Year) -> tuple[str, ...]:
    return () if any(key[2] == quarter for key in year.cells["public"]) else ("public",)


def _rows(key: Key, value: int, is_hidden: bool, year: Year, *, for_landlord: bool) -> Iterator[Row]:
    for family, category in _names(key, year, for_landlord=for_landlord):
        for period in _periods(key, year):
            yield {
                "period": period,
                "family": family,
                "area": key.area,
                "category": category,
                "n": None if is_hidden else float(value),
                "is_masked": is_hidden,
            }


def _names(key: Key, year: Year, *, for_landlord: bool) -> Iterator[tuple[str, str]]:
    """The families and categories that a figure is shown under."""
    if key.family == ALL:
        held = [name for name in OF_INTERVENTIONS if year.cells.get(name)]
        held += [name for name in OF_TERRITORY if _has(name, key, year)] if key.area == TERRITORY else []
        hidden = NOT_FOR_LANDLORDS if for_landlord else frozenset()
        yield from ((name, TOTAL) for name in held if name not in hidden)
    elif key.category == TOGETHER:
        yield from [(key.family, OTHER)] if for_landlord else []
    elif not key.category.endswith(f"|{SOON}"):
        yield key.family, key.category
        if key.family == "origine" and key.category == TEAM:
            yield key.family, INITIATIVES


def _has(family: str, total: Key, year: Year) -> bool:
    """Whether a family of the territory is published for the period of a total."""
    known = {quarter for _, _, quarter in year.cells.get(family, ())}
    return total.period in known or (total.period == year.calendar.year and known >= set(year.calendar.quarters))


def _periods(key: Key, year: Year) -> Iterator[str]:
    yield key.period
    if key.family == MONTHS_FAMILY and year.calendar.year:
        yield year.calendar.year
