"""Reading a ledger's frame: whatever its columns are called, arrays with known names and types, one value a row."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Integers = NDArray[np.int64]
Texts = NDArray[np.object_]
OneStart = date | str | int
Start = OneStart | Mapping[str, OneStart] | None

COUNTS, GROUPS, COSTS = ("count", "repairs"), ("treated", "comparison_group"), ("cost", "cost_excl_tax")
FLAGS = {"suivi": True, "comparaison": False, "true": True, "false": False, "1": True, "0": False}
GROUP_NAMES = ("suivi", "comparaison")
MONTHS_A_YEAR = 12
_YYYYMM = range(1900_01, 2199_13)
_MONTHS = "a date, YYYY-MM or a whole number"
_FRENCH_DATE = re.compile(r"(?:\d{1,2}[/.-])?(\d{1,2})[/.-](\d{4})")  # pandas would take 02/01/2025 for 1 February


@dataclass(frozen=True)
class Columns:
    """Names of the columns of a ledger's frame; None: the usual ones (`COUNTS`, `GROUPS`, `COSTS`), as they are there.

    `landlord` None: one landlord. `dwellings` None: nobody knows them. `cost` is read where it exists. `everyone`:
    every residence is followed, whatever the frame says of groups.
    """

    residence: str = "residence"
    month: str = "month"
    count: str | None = None
    dwellings: str | None = "dwellings"
    treated: str | None = None
    cost: str | None = None
    after: str = "after"
    landlord: str | None = None
    everyone: bool = False


@dataclass(frozen=True)
class LedgerRows:
    """Rows of a ledger. `count`, `dwellings` and `cost` are NaN where absent; `cost` None without such a column.

    `month` in months since year 0, or as given when months are whole numbers (`is_dated` False).
    """

    residence: Texts
    landlord: Texts
    month: Integers
    is_dated: bool
    count: Floats
    dwellings: Floats
    treated: Flags
    after: Flags
    cost: Floats | None


def ledger_rows(frame: pd.DataFrame, columns: Columns, start: Start) -> LedgerRows:
    """The rows of `frame`. Raises ValueError as `repairs_panel` does."""
    if frame.empty:
        raise ValueError("the ledger has no row")
    unknown = np.full(len(frame), np.nan)
    month, is_dated = _months(_column(frame, columns.month))
    for first in start.values() if isinstance(start, Mapping) else () if start is None else (start,):
        if is_plain(first) == is_dated:
            raise ValueError(f"start = {first!r}; months are {'dates' if is_dated else 'plain numbers'}, and it is not")
    count = _numbers(frame, _present(frame, columns.count, COUNTS))
    cost_name = columns.cost or next((name for name in COSTS if name in frame), None)
    cost = _numbers(frame, cost_name) if cost_name else None
    landlord = _texts(_column(frame, columns.landlord)) if columns.landlord else np.full(len(frame), "", object)
    return LedgerRows(
        residence=_texts(_column(frame, columns.residence)),
        landlord=landlord,
        month=month,
        is_dated=is_dated,
        count=count,
        dwellings=_numbers(frame, columns.dwellings, least=0.0) if columns.dwellings else unknown,
        treated=np.ones(len(frame), bool)
        if columns.everyone
        else _flags(frame, _present(frame, columns.treated, GROUPS)),
        after=_after(frame, month, landlord, columns.after, start),
        cost=None if cost is None else np.where((count == 0) & np.isnan(cost), 0.0, cost),
    )


def month_number(value: object) -> int:
    """Months since year 0 of a date, a Timestamp, a Period, a text such as 2025-04 or 01/04/2025 (day first), or of
    202504; another whole number is kept as it is.

    Raises ValueError when it is none of these.
    """
    whole = _whole(value)
    if whole is not None:
        return whole if is_plain(value) else whole // 100 * MONTHS_A_YEAR + whole % 100 - 1
    french = _FRENCH_DATE.fullmatch(value.strip()) if isinstance(value, str) else None
    given: Any = f"{french[2]}-{french[1]:0>2}" if french else value
    try:
        if isinstance(value, (float, np.floating)):
            raise TypeError
        moment = given if isinstance(given, pd.Period) else pd.Timestamp(given)
    except (TypeError, ValueError) as error:
        raise ValueError(f"month = {value!r}; expected {_MONTHS}") from error
    if moment is pd.NaT:
        raise ValueError(f"month = {value!r}; expected {_MONTHS}")
    return int(moment.year) * MONTHS_A_YEAR + int(moment.month) - 1


def is_plain(value: object) -> bool:
    """Whether a month is a plain whole number, known by its rank alone: 17, but neither 202504 nor a date."""
    whole = _whole(value)
    return whole is not None and not (whole in _YYYYMM and 1 <= whole % 100 <= MONTHS_A_YEAR)


def _whole(value: object) -> int | None:
    """A whole number, written as a float or not (a merge makes floats of whole numbers)."""
    if isinstance(value, (int, np.integer)) and not isinstance(value, bool):
        return int(value)
    return int(value) if isinstance(value, (float, np.floating)) and float(value).is_integer() else None


def _column(frame: pd.DataFrame, name: str, *, full: bool = True) -> pd.Series:
    if name not in frame:
        raise ValueError(f"no column {name!r} in the ledger; it has {', '.join(map(str, frame.columns))}")
    column = pd.Series(frame[name])
    empty = int(np.count_nonzero(pd.isna(column)))
    if full and empty:
        raise ValueError(f"column {name!r} is empty in {empty} row(s)")
    return column


def _present(frame: pd.DataFrame, given: str | None, usual: tuple[str, ...]) -> str:
    return given or next((name for name in usual if name in frame), usual[0])


def _months(column: pd.Series) -> tuple[Integers, bool]:
    """Month of each row, and whether months are dated."""
    codes, values = pd.factorize(column)
    plain = {is_plain(value) for value in values}
    if len(plain) > 1:
        raise ValueError(f"column {column.name!r} mixes dates and plain numbers")
    return np.array([month_number(value) for value in values], dtype=np.int64)[codes], plain == {False}


def _texts(column: pd.Series) -> Texts:
    codes, values = pd.factorize(column)
    return np.array([str(value) for value in values], dtype=object)[codes]


def _numbers(frame: pd.DataFrame, name: str, least: float = -np.inf) -> Floats:
    column = _column(frame, name, full=False)
    try:
        values = np.asarray(pd.Series(pd.to_numeric(column)).to_numpy(dtype=float, na_value=np.nan), dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(f"column {name!r}: {error}") from error
    if np.count_nonzero(np.isinf(values)) or np.count_nonzero(values < least):
        raise ValueError(f"column {name!r}: expected finite numbers{'' if least else ' of 0 or more'}")
    return values


def _flags(frame: pd.DataFrame, name: str) -> Flags:
    codes, values = pd.factorize(_column(frame, name))
    texts = [str(value).strip().lower().removesuffix(".0") for value in values]
    # A true `comparison_group` could as well mean that the residence is of the comparison: it must be said in words.
    known = {text: flag for text, flag in FLAGS.items() if text in GROUP_NAMES or name != GROUPS[1]}
    for unknown in sorted(set(texts) - set(known)):
        raise ValueError(f"column {name!r} holds {unknown!r}; expected {', '.join(known)}")
    return np.array([known[text] for text in texts], dtype=bool)[codes]


def _after(frame: pd.DataFrame, month: Integers, landlord: Texts, after: str, start: Start) -> Flags:
    if isinstance(start, Mapping):
        for absent in sorted(set(landlord) - set(start)):
            raise ValueError(f"start: no month for landlord {absent!r}")
        first = {name: month_number(value) for name, value in start.items()}
        return month >= np.array([first[name] for name in landlord], dtype=np.int64)
    if start is not None:
        return month >= month_number(start)
    if after not in frame:
        raise ValueError(f"nothing says where the time after starts: no column {after!r} and no start")
    return _flags(frame, after)
