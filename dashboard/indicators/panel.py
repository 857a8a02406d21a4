"""Landlords' ledgers as a panel: residences (rows) by months (columns), what was not observed masked and never 0.

With several landlords a column is a month of one landlord: each followed residence is compared with residences of its
own landlord, whose works, prices and ways of counting it shares, and landlords may start at different dates.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import product
from typing import Any, Literal

import numpy as np
import pandas as pd

from dashboard.indicators.ledger_table import (
    MONTHS_A_YEAR,
    Columns,
    Flags,
    Floats,
    Integers,
    Start,
    ledger_rows,
    month_number,
)

Periods = Sequence[tuple[Any, Any]]
WhyDropped = Literal["aucune réparation", "aucun mois comparable", "sans comparaison"]

_TWO = 2


@dataclass(frozen=True)
class Panel:
    """A ledger ready to be compared: arrays of R residences by C columns (months of a landlord).

    `count` repairs (0 where masked); `seen` what was observed; `exposure` dwellings (1 for a residence whose dwellings
    nobody knows: its own effect absorbs them); `cost` euros, NaN where unknown, None without costs. By residence:
    `treated`, `owner`. By column: `landlord`, `after` the start, and `month`, in months since year 0, or as given when
    months are whole numbers (`is_dated` False). `missing`: residence-months inside the ledger's own months without a
    count. `cut`: those taken out on purpose. `dropped`: residences that tell nothing, with the reason.
    """

    residences: tuple[str, ...]
    owner: tuple[str, ...]
    treated: Flags
    landlord: tuple[str, ...]
    month: Integers
    after: Flags
    is_dated: bool
    count: Floats
    exposure: Floats
    seen: Flags
    cost: Floats | None
    missing: int = 0
    cut: int = 0
    dropped: tuple[tuple[str, WhyDropped], ...] = ()

    @property
    def effect(self) -> Floats:
        """1 where the effect is at work, followed residences from the start on, else 0 (R × C)."""
        return (self.treated[:, None] & self.after).astype(float)

    def date_of(self, month: int) -> date | None:
        """First day of a month; None when months are plain numbers."""
        return date(month // MONTHS_A_YEAR, month % MONTHS_A_YEAR + 1, 1) if self.is_dated else None

    def only(self, kept: Flags) -> Panel:
        """The panel with these cells alone observed (R × C, or what broadcasts to it)."""
        return replace(self, seen=self.seen & kept)

    def informative(self) -> Panel:
        """Without what tells nothing of the effect: see `_uninformative`; residences left out are named."""
        panel, gone = self, list(self.dropped)
        while True:
            rows, columns = _uninformative(panel)
            if not rows and not columns.any():
                return replace(panel, dropped=tuple(gone))
            gone += [(panel.residences[row], why) for row, why in rows.items()]
            panel = panel._without(sorted(rows), columns)

    def _without(self, rows: list[int], columns: Flags) -> Panel:
        kept, left = np.delete(np.arange(len(self.residences)), rows), ~columns
        cut = {name: getattr(self, name)[kept][:, left] for name in ("count", "exposure", "seen")}
        return replace(
            self,
            **cut,
            cost=None if self.cost is None else self.cost[kept][:, left],
            residences=tuple(self.residences[row] for row in kept),
            owner=tuple(self.owner[row] for row in kept),
            treated=self.treated[kept],
            landlord=tuple(name for name, stays in zip(self.landlord, left, strict=True) if stays),
            month=self.month[left],
            after=self.after[left],
        )


def repairs_panel(frame: pd.DataFrame, columns: Columns, *, start: Start = None, cut: Periods = ()) -> Panel:
    """The ledger of `frame`, every residence and month in it, those of `cut` (first, last) masked.

    Raises ValueError, saying which column or residence, when a column is absent, a value can't be read, a residence is
    in both groups or has two sizes in one month, a month's total is below 0, repairs are counted where nobody lives,
    nothing says where « after » starts, or followed residences of one landlord start at different months.
    """
    rows = ledger_rows(frame, columns, start)
    row, names = pd.MultiIndex.from_arrays([rows.landlord, rows.residence]).factorize(sort=True)
    column, places = pd.MultiIndex.from_arrays([rows.landlord, rows.month]).factorize(sort=True)
    owners, residences = (tuple(names.get_level_values(level)) for level in (0, 1))
    landlords, month = tuple(places.get_level_values(0)), np.array(places.get_level_values(1), dtype=np.int64)
    grid = _Grid(row, column, (len(residences), len(month)))
    count, exposure = grid.total(rows.count), grid.dwellings(rows.dwellings, residences)
    _check_counts(count, exposure, residences)
    seen = np.isfinite(count) & (exposure > 0)
    taken = within(month, cut)
    owned = np.array(owners, object)[:, None] == np.array(landlords, object)[None, :]
    return Panel(
        residences=residences,
        owner=owners,
        treated=_one_group(rows.treated, row, residences),
        landlord=landlords,
        month=month,
        after=_one_start(rows.treated, rows.after, column, len(month)),
        is_dated=rows.is_dated,
        count=np.where(seen, count, 0.0),
        exposure=np.where(seen, exposure, 1.0),
        seen=seen & ~taken,
        cost=None if rows.cost is None else grid.total(rows.cost),
        missing=int((owned & ~seen & ~taken).sum()),
        cut=int(seen[:, taken].sum()),
    )


def within(months: Integers, periods: Periods) -> Flags:
    """Which months touch one of the periods (first, last); last None: still going on."""
    inside = np.zeros(len(months), dtype=bool)
    for first, last in periods:
        until = np.inf if last is None or pd.isna(last) else month_number(last)
        if until < month_number(first):
            raise ValueError(f"period {first} to {last}: ends before it starts")
        inside |= (months >= month_number(first)) & (months <= until)
    return inside


@dataclass(frozen=True)
class _Grid:
    """Where each row of the ledger goes."""

    row: Integers
    column: Integers
    shape: tuple[int, int]

    def total(self, values: Floats) -> Floats:
        """Sum of the values of each cell (one row a category); NaN when one of them is unknown, or without any row."""
        total, rows = np.zeros(self.shape), np.zeros(self.shape)
        np.add.at(total, (self.row, self.column), values)
        np.add.at(rows, (self.row, self.column), 1.0)
        return np.where(rows > 0, total, np.nan)

    def dwellings(self, values: Floats, residences: Sequence[str]) -> Floats:
        """Dwellings of each cell; unknown: those of the month before, else after, else 1 for the whole residence."""
        low, high = np.full(self.shape, np.inf), np.full(self.shape, -np.inf)
        known = np.isfinite(values)
        where = self.row[known], self.column[known]
        np.minimum.at(low, where, values[known])
        np.maximum.at(high, where, values[known])
        for row in np.flatnonzero((high > low).any(axis=1))[:1]:
            raise ValueError(f"residence {residences[row]!r} has two numbers of dwellings in one month")
        stated = pd.DataFrame(np.where(np.isfinite(low), low, np.nan).T)
        return np.array(stated.ffill().bfill().fillna(1.0), dtype=np.float64).T


def _check_counts(count: Floats, exposure: Floats, names: Sequence[str]) -> None:
    for row in np.flatnonzero((count < 0).any(axis=1))[:1]:
        raise ValueError(f"residence {names[row]!r}: a month's total is below 0; carry its credit notes back first")
    for row in np.flatnonzero(((count > 0) & (exposure == 0)).any(axis=1))[:1]:
        raise ValueError(f"residence {names[row]!r}: repairs counted in a month of 0 dwellings")


def _one_group(treated: Flags, row: Integers, names: Sequence[str]) -> Flags:
    members, followed = np.bincount(row), np.bincount(row, treated.astype(float))
    for both in np.flatnonzero((followed > 0) & (followed < members))[:1]:
        raise ValueError(f"residence {names[both]!r} is both followed and comparison")
    return followed > 0


def _one_start(treated: Flags, after: Flags, column: Integers, size: int) -> Flags:
    """By column, whether the start is past: what followed residences say, else what the others say."""
    said = np.zeros(size, dtype=bool)
    for mine in (~treated, treated):
        rows = np.bincount(column[mine], minlength=size)
        past = np.bincount(column[mine], after[mine].astype(float), minlength=size)
        if mine is treated and ((past > 0) & (past < rows)).any():
            raise ValueError("followed residences of one landlord start at different months: analyse them apart")
        said = np.where(rows > 0, past > 0, said)
    return said


def _uninformative(panel: Panel) -> tuple[dict[int, WhyDropped], Flags]:
    """Rows and columns that add nothing to the likelihood of an effect.

    Without any repair, the effect of a residence (or month) is minus infinity and its zeros are predicted perfectly:
    whatever the effect is, the likelihood stays. One cell alone is fitted perfectly too. A landlord without both
    groups, or without both sides of the start, compares nothing.
    """
    counted = np.where(panel.seen, panel.count, 0.0)
    cells, repairs = panel.seen.sum(axis=1), counted.sum(axis=1)
    rows: dict[int, WhyDropped] = {}
    for row in range(len(panel.residences)):
        if repairs[row] == 0 and cells[row] > 0:
            rows[row] = "aucune réparation"
        elif cells[row] < _TWO:
            rows[row] = "aucun mois comparable"
    left = np.array([row not in rows for row in range(len(cells))], dtype=bool)
    for owner in dict.fromkeys(panel.owner):
        mine = np.array([name == owner for name in panel.owner]) & left
        corners = product((panel.treated, ~panel.treated), (panel.after, ~panel.after))
        if mine.any() and not all(panel.seen[mine & group][:, side].any() for group, side in corners):
            rows |= {int(row): "sans comparaison" for row in np.flatnonzero(mine)}
    return rows, (counted.sum(axis=0) == 0) | (panel.seen.sum(axis=0) < _TWO)
