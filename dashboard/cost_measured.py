"""What is known: landlords' own ledgers, followed against comparison residences, kept by build. No Streamlit."""

from __future__ import annotations

import logging
import math
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from typing import Any

import pandas as pd

from dashboard import cost_words, formats, warehouse
from dashboard.cost_settings import Costs, Index
from dashboard.indicators import avoided_costs, residences
from dashboard.indicators.avoided_costs import Analysis, Effect, Interrupted, Wdd
from dashboard.indicators.rates import Rate, rate
from dashboard.indicators.residences import Cell, ResidenceChange
from dashboard.warehouse import Identity, query

logger = logging.getLogger(__name__)

PER_DWELLINGS = 1000
FOLLOWED, COMPARISON = "suivi", "comparaison"
YEAR = 12
Periods = tuple[tuple[date, date], ...]


@dataclass(frozen=True)
class Event:
    """A known event of the ledger's months; `end` None: one day, or still going on."""

    start: date
    end: date | None
    label: str
    place: str


@dataclass(frozen=True)
class Choice:
    """What is compared: a landlord (None: all), first month after (None: unknown), months studied, periods left out."""

    landlord: str | None
    start: date | None
    first: date
    last: date
    cut: Periods = ()


@dataclass(frozen=True)
class GroupMonth:
    """Repairs per 1,000 dwellings of a group in a month; NaN when no residence gives its count."""

    month: date
    rate: Rate
    repairs: float
    dwellings: float
    residences: int
    is_cut: bool


Series = dict[bool, tuple[GroupMonth, ...]]  # by group: followed or not


@dataclass(frozen=True)
class Small:
    """The weighted displacement difference, over `months` on each side; counts before and after in both groups."""

    result: Wdd
    months: int
    control: tuple[float, float]
    treated: tuple[float, float]


@dataclass(frozen=True)
class Measured:
    """A comparison, or `problem`: why there is none. Exactly one of `analysis` and `interrupted` otherwise."""

    choice: Choice
    months: Series
    analysis: Analysis | None = None
    interrupted: Interrupted | None = None
    facts: cost_words.Facts | None = None
    small: Small | None = None
    residences: tuple[ResidenceChange, ...] = ()
    months_after: int = 0
    currency: str = "euros courants"
    currency_note: str = ""
    problem: str = ""


def months(landlord: str | None) -> tuple[date, ...]:
    """Every month from the first to the last of a ledger, known or not; empty without one."""
    known = [cell.month for cell in cells(landlord)]
    return months_between(min(known), max(known)) if known else ()


def months_between(first: date, last: date) -> tuple[date, ...]:
    """First days of the months from one to another, both included."""
    count = YEAR * (last.year - first.year) + last.month - first.month + 1
    return tuple(
        date(first.year + (first.month - 1 + step) // YEAR, (first.month - 1 + step) % YEAR + 1, 1)
        for step in range(count)
    )


def cells(landlord: str | None) -> tuple[Cell, ...]:
    """The ledger of a landlord (None: all), residences of a known group alone."""
    return tuple(
        Cell(
            landlord=str(row["landlord_code"]),
            residence=str(row["residence"]),
            month=row["month"].date(),
            followed=row["comparison_group"] == FOLLOWED,
            repairs=float(row["repairs"]),
            cost=float(row["cost_excl_tax"]),
            dwellings=float(row["dwellings"]),
        )
        for row in query("cost_ledger", landlord=landlord).to_dict("records")
        if row["comparison_group"] in (FOLLOWED, COMPARISON)
    )


def landlords() -> dict[str, bool]:
    """Landlords by code, and whether there is a ledger of theirs."""
    rows = query("cost_landlords").to_dict("records")
    return {row["landlord"]: bool(row["has_ledger"]) for row in rows}


def events(first: date, last: date) -> tuple[Event, ...]:
    """Known events that touch these months, in order."""
    until = (pd.Timestamp(last) + pd.offsets.MonthEnd(0)).date()
    return tuple(
        Event(
            row["starts_on"].date(),
            None if pd.isna(row["ends_on"]) else row["ends_on"].date(),
            str(row["label"]),
            str(row["neighbourhood"]) if isinstance(row["neighbourhood"], str) else "tout le territoire",
        )
        for row in query("cost_ledger_events", start=first, end=until).to_dict("records")
    )


def agreement(known: Sequence[Event], words: Sequence[str], span: Sequence[date]) -> Event | None:
    """The first event of the ledger's months, past the first, that speaks of an agreement."""
    return next(
        (
            event
            for event in known
            if event.start.replace(day=1) in span[1:]
            and any(re.search(rf"\b{re.escape(word)}", event.label, re.IGNORECASE) for word in words)
        ),
        None,
    )


def measure(choice: Choice, costs: Costs | None) -> Measured:
    """Everything layer A says of a choice."""
    return _measure(warehouse.identity(), choice, None if costs is None else _Frozen(costs.index, costs.agreement))


class _Frozen:
    """What is stated of ledgers, as a key of a cache: the same index and words give the same key."""

    def __init__(self, index: Index | None, agreement: tuple[str, ...]) -> None:
        self.index, self.agreement = index, agreement
        self._key = (None if index is None else (index.name, tuple(index.values.items())), agreement)

    def __hash__(self) -> int:
        return hash(self._key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Frozen) and other._key == self._key


@lru_cache(maxsize=32)
def _measure(_identity: Identity, choice: Choice, stated: _Frozen | None) -> Measured:
    known = [cell for cell in cells(choice.landlord) if choice.first <= cell.month <= choice.last]
    shown = {True: _group_months(known, True, choice), False: _group_months(known, False, choice)}
    if not any(cell.followed for cell in known):
        return Measured(choice, shown, problem="Aucune résidence de ce relevé n’est marquée «\u00a0suivi\u00a0».")
    if choice.start is None:
        return Measured(choice, shown, problem="Sans début connu, il n’y a ni avant ni après à comparer.")
    known, currency, note = constant_euros(known, stated.index if stated else None)
    near = _confounders(choice, choice.start, stated.agreement if stated else ())
    try:
        return replace(_compared(choice, choice.start, shown, known, near), currency=currency, currency_note=note)
    except ValueError as error:
        logger.warning("ledger of %s: %s", choice.landlord or "all landlords", error)
        problem = (
            "Ce relevé ne peut pas être comparé avec ce choix. Vérifiez qu’il reste des mois avant et après le début, "
            "qu’une résidence ne change pas de groupe, et que les avoirs sont rattachés au mois de la réparation."
        )
        return Measured(choice, shown, problem=problem)


def _confounders(choice: Choice, start: date, words: Sequence[str]) -> list[tuple[date, date, str]]:
    """Events that may explain a change beside the action: all but the agreement that the start is taken from."""
    known = events(choice.first, choice.last)
    own = agreement([event for event in known if event.start.replace(day=1) == start], words, (choice.first, start))
    return [(event.start, event.end or event.start, event.label) for event in known if event != own]


def _compared(
    choice: Choice, start: date, shown: Series, known: Sequence[Cell], near: Sequence[tuple[date, date, str]]
) -> Measured:
    given: dict[str, Any] = {"start": start, "cut": choice.cut, "events": near}
    after = sum(month.month >= start and not month.is_cut for month in shown[True])
    kept = [cell for cell in known if not is_cut(cell.month, choice.cut)]
    if all(cell.followed for cell in known):
        series = avoided_costs.interrupted_series(_frame(known), **given)
        facts = _facts(choice, start, series, avoided_costs.assess(series).verdict, kept)
        return Measured(choice, shown, interrupted=series, facts=facts, months_after=after)
    analysis = avoided_costs.analyse(_frame(known), landlord="landlord_code", **given)
    return Measured(
        choice,
        shown,
        analysis=analysis,
        facts=_facts(choice, start, analysis.effect, analysis.assessment.verdict, kept),
        small=_small(kept, start),
        residences=residences.changes(kept, start, dispersion=analysis.effect.dispersion),
        months_after=after,
    )


def _frame(known: Sequence[Cell]) -> pd.DataFrame:
    """Cells as the frame that the indicators read."""
    return pd.DataFrame(
        {
            "landlord_code": [cell.landlord for cell in known],
            "residence": [cell.residence for cell in known],
            "month": [cell.month for cell in known],
            "repairs": [cell.repairs for cell in known],
            "dwellings": [cell.dwellings for cell in known],
            "comparison_group": [FOLLOWED if cell.followed else COMPARISON for cell in known],
            "cost_excl_tax": [cell.cost for cell in known],
        }
    )


def _facts(
    choice: Choice, start: date, effect: Effect | Interrupted, verdict: avoided_costs.Verdict, kept: Sequence[Cell]
) -> cost_words.Facts:
    is_compared = isinstance(effect, Effect)
    return cost_words.Facts(
        verdict=verdict,
        rate_ratio=effect.rate_ratio,
        low=effect.low,
        high=effect.high,
        level=effect.level,
        n_residences=effect.n_residences,
        n_followed=effect.n_treated if is_compared else effect.n_residences,
        repairs=effect.repairs
        if isinstance(effect, Effect)
        else sum(cell.repairs for cell in kept if math.isfinite(cell.repairs)),
        first_month=choice.first,
        last_month=choice.last,
        start=start,
        has_comparison=is_compared,
    )


def constant_euros(known: Sequence[Cell], index: Index | None) -> tuple[list[Cell], str, str]:
    """The cells in euros of the last month, the name of these euros, and why they are current ones when they are.

    Nothing is extrapolated: when the index misses one month of the ledger, costs are left as they are.
    """
    if index is None:
        return list(known), "euros courants", "Aucun indice de prix n’est renseigné pour ce territoire."
    values, months_seen = index.values, sorted({cell.month for cell in known})
    missing = [month for month in months_seen if month not in values]
    if missing:
        note = f"{index.name}\u00a0: pas de valeur pour {formats.plural(len(missing), 'mois', 'mois')} du relevé, "
        return list(known), "euros courants", f"{note}à partir de {formats.long_month(missing[0])}."
    base = values[months_seen[-1]]
    priced = [replace(cell, cost=cell.cost * base / values[cell.month]) for cell in known]
    return priced, f"euros constants de {formats.long_month(months_seen[-1])}", f"{index.name} ({index.source})."


def is_cut(month: date, periods: Periods) -> bool:
    """Whether a month touches one of the periods left out."""
    return any(start.replace(day=1) <= month <= end for start, end in periods)


def _group_months(known: Sequence[Cell], followed: bool, choice: Choice) -> tuple[GroupMonth, ...]:
    """Every month of the choice for a group, over the residences whose count and dwellings are known that month."""
    by_month: dict[date, list[Cell]] = defaultdict(list)
    for cell in known:
        if cell.followed == followed and math.isfinite(cell.repairs) and cell.dwellings > 0:
            by_month[cell.month].append(cell)
    return tuple(_group_month(month, by_month[month], choice) for month in months_between(choice.first, choice.last))


def _group_month(month: date, seen: Sequence[Cell], choice: Choice) -> GroupMonth:
    repairs, dwellings = sum(cell.repairs for cell in seen), sum(cell.dwellings for cell in seen)
    found = Rate(math.nan, math.nan, math.nan)
    if dwellings > 0 and repairs >= 0:
        found = rate(repairs, dwellings, per=PER_DWELLINGS)
    return GroupMonth(month, found, repairs, dwellings, len(seen), is_cut(month, choice.cut))


def _small(kept: Sequence[Cell], start: date) -> Small | None:
    """Weighted displacement difference over as many months before as after, residences known in all of them."""
    months_seen = sorted({cell.month for cell in kept})
    before, after = ([month for month in months_seen if (month >= start) == side] for side in (False, True))
    length = min(len(before), len(after))
    length -= length % YEAR if length >= YEAR else 0  # whole years, so that seasons are the same on both sides
    used = {*before[-length:], *after[:length]} if length else set()
    counted = Counter((c.landlord, c.residence) for c in kept if c.month in used and math.isfinite(c.repairs))
    sums = {(followed, side): 0.0 for followed in (False, True) for side in (False, True)}
    for cell in kept:
        if cell.month in used and counted[cell.landlord, cell.residence] == len(used):
            sums[cell.followed, cell.month >= start] += cell.repairs
    if not length or min(sums.values()) < 0:
        return None
    control, treated = ((sums[group, False], sums[group, True]) for group in (False, True))
    return Small(avoided_costs.wdd(control, treated), length, control, treated)
