"""Reading a ledger's frame: whatever its columns are called, arrays with known names and types, one value a row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

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
    month = _months(_column(frame, columns.month))
    count = _numbers(frame, _present(frame, columns.count, COUNTS))
    cost_name = columns.cost or next((name for name in COSTS if name in frame), None)
    cost = _numbers(frame, cost_name) if cost_name else None
    landlord = _texts(_column(frame, columns.landlord)) if columns.landlord else np.full(len(frame), "", object)
    return LedgerRows(
        residence=_texts(_column(frame, columns.residence)),
        landlord=landlord,
        month=month,
        is_dated=not pd.api.types.is_integer_dtype(_column(frame, columns.month)),
        count=count,
        dwellings=_numbers(frame, columns.dwellings, least=0.0) if columns.dwellings else unknown,
        treated=np.ones(len(frame), bool)
        if columns.everyone
        else _flags(frame, _present(frame, columns.treated, GROUPS)),
        after=_after(frame, month, landlord, columns.after, start),
        cost=None if cost is None else np.where((count == 0) & np.isnan(cost), 0.0, cost),
    )


def month_number(value: object) -> int:
    """Months since year 0 of a date, a Timestamp, a Period or a text such as 2025-04; a whole number is kept as it is.

    Raises ValueError when it is none of these.
    """
    if isinstance(value, (int, np.integer)) and not isinstance(value, bool):
        return int(value)
    try:
        moment = value if isinstance(value, pd.Period) else pd.Timestamp(value)  # type: ignore[arg-type]
    except (TypeError, ValueError) as error:
        raise ValueError(f"month = {value!r}; expected a date, YYYY-MM or a whole number") from error
    if moment is pd.NaT:
        raise ValueError(f"month = {value!r}; expected a date, YYYY-MM or a whole number")
    return int(moment.year) * MONTHS_A_YEAR + int(moment.month) - 1


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


def _months(column: pd.Series) -> Integers:
    codes, values = pd.factorize(column)
    return np.array([month_number(value) for value in values], dtype=np.int64)[codes]


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
