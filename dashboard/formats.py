"""Numbers, dates, labels and tables as a French reader expects them. Pure functions: values in, text out.

Typography of the Imprimerie nationale: decimal comma, true minus sign, narrow no-break space between thousands and
before `%`, no-break space before `€` and between a number and its noun. What has no value is said, never shown as 0.
"""

from __future__ import annotations

import csv
import math
import re
import tomllib
from collections.abc import Callable
from datetime import date, datetime, time
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dashboard.indicators.rates import Rate, RateRatio, ShareComparison

if TYPE_CHECKING:
    from typing_extensions import TypeIs

NOT_OBSERVED = "non observé"
NOT_GIVEN = "non renseigné"
UNDETERMINED = "indéterminé"

_NARROW, _WIDE, _MINUS = "\u202f", "\u00a0", "\u2212"
_EXACT = Context(prec=700, rounding=ROUND_HALF_UP)  # enough for the largest float with 300 decimals
_LABELS = Path(__file__).parent / "texts" / "labels.toml"
_MONTHS = (
    ("janv.", "janvier"),
    ("févr.", "février"),
    ("mars", "mars"),
    ("avr.", "avril"),
    ("mai", "mai"),
    ("juin", "juin"),
    ("juil.", "juillet"),
    ("août", "août"),
    ("sept.", "septembre"),
    ("oct.", "octobre"),
    ("nov.", "novembre"),
    ("déc.", "décembre"),
)
_WEEKDAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
_NUMBER = re.compile(r"[+-]?\d+(?:[ \u00a0\u202f]\d{3})*(?:[.,]\d+)?(?:[ \u00a0\u202f]?[%€])?")
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def number(value: float | Decimal | None, decimals: int = 0) -> str:
    """« 1 234,5 »; halves are rounded away from 0, as people do. None or NaN: « non observé »."""
    return NOT_OBSERVED if _missing(value) else _signed(value, decimals, plus="")


def percent(share: float | None, decimals: int = 0) -> str:
    """A share of 0.42 as « 42 % »."""
    return NOT_OBSERVED if _missing(share) else f"{number(_hundredfold(share), decimals)}{_NARROW}%"


def euros(value: float | None, decimals: int = 0) -> str:
    """« 1 234 € »."""
    return NOT_OBSERVED if _missing(value) else f"{number(value, decimals)}{_WIDE}€"


def plural(n: float | None, singular: str, plural: str | None = None) -> str:
    """The number and its noun: « 1 place », « 2 places ». French plurals start at 2; `plural` is singular + s."""
    if _missing(n):
        return NOT_OBSERVED
    decimals = 0 if float(n).is_integer() else 1
    return f"{number(n, decimals)}{_WIDE}{_noun(n, singular, plural or f'{singular}s')}"


def period(code: str) -> str:
    """A whole quarter or year: « 3e trimestre 2026 » for 2026-T3, « année 2026 » for 2026."""
    year, _, quarter = code.partition("-T")
    return f"{quarter}{'er' if quarter == '1' else 'e'} trimestre {year}" if quarter else f"année {year}"


def interval(low: float, high: float, decimals: int = 1) -> str:
    """« 12,3 à 15,8 »; without an upper end « au moins 12,3 »; when it excludes nothing « indéterminé »."""
    return _interval(low, high, lambda value: number(value, decimals), start="")


def rate(value: Rate, unit: str = "", decimals: int = 1) -> str:
    """« 12,3 saisines pour 100 h (de 10,1 à 14,8) »: a rate, its unit and its interval."""
    if _missing(value.value):
        return NOT_OBSERVED
    shown = f"{number(value.value, decimals)}{_WIDE}{unit}" if unit else number(value.value, decimals)
    return f"{shown} ({_interval(value.low, value.high, lambda end: number(end, decimals))})"


def share(value: Rate, decimals: int = 0) -> str:
    """« 42 % (de 38 % à 46 %) »: a share and its interval."""
    if _missing(value.value):
        return NOT_OBSERVED
    return f"{percent(value.value, decimals)} ({_interval(value.low, value.high, lambda end: percent(end, decimals))})"


def ratio_change(ratio: RateRatio, decimals: int = 0) -> str:
    """« +18 % (de −3 % à +43 %) »: how much the first rate is above the second, never without its interval.

    From a rate of 0 no percentage exists: « depuis zéro (au moins +35 %) ». 0 against 0: « aucun cas des deux côtés ».
    """

    def change(value: float) -> str:
        return f"{_signed(_hundredfold(value - 1), decimals)}{_NARROW}%"

    if _missing(ratio.p_value):
        return NOT_OBSERVED
    if _missing(ratio.ratio):
        return "aucun cas des deux côtés"
    shown = change(ratio.ratio) if math.isfinite(ratio.ratio) else "depuis zéro"
    return f"{shown} ({_interval(ratio.low, ratio.high, change)})"


def share_change(comparison: ShareComparison, decimals: int = 1) -> str:
    """« +3,2 points (de −1,0 à +7,4) »: the difference of two shares in percentage points."""
    if _missing(comparison.difference):
        return NOT_OBSERVED
    points = _hundredfold(comparison.difference)
    ends = _interval(comparison.low, comparison.high, lambda end: _signed(_hundredfold(end), decimals))
    return f"{_signed(points, decimals)}{_WIDE}{_noun(round(points, decimals), 'point', 'points')} ({ends})"


def day(value: date | None) -> str:
    """« 24/11/2026 »; None: « non renseigné »."""
    return NOT_GIVEN if _missing(value) else f"{value.day:02}/{value.month:02}/{value.year:04}"


def day_range(start: date | None, end: date | None) -> str:
    """« du 01/10/2026 au 24/11/2026 », « le 24/11/2026 », « depuis le … » or « jusqu'au … » when an end is open."""
    if _missing(start):
        return NOT_GIVEN if _missing(end) else f"jusqu’au {day(end)}"
    if _missing(end):
        return f"depuis le {day(start)}"
    return f"le {day(start)}" if day(start) == day(end) else f"du {day(start)} au {day(end)}"


def month(value: date | None) -> str:
    """« nov. 2026 »; None: « non renseigné »."""
    return NOT_GIVEN if _missing(value) else f"{_MONTHS[value.month - 1][0]} {value.year}"


def long_month(value: date | None) -> str:
    """« novembre 2026 »; None: « non renseigné »."""
    return NOT_GIVEN if _missing(value) else f"{_MONTHS[value.month - 1][1]} {value.year}"


def weekday(value: int, short: bool = False) -> str:
    """Name of an ISO weekday, 1 « lundi » to 7 « dimanche »; short: « lun. ». Raises ValueError for another number."""
    if value not in range(1, 8):
        raise ValueError(f"weekday = {value!r}; expected 1 (Monday) to 7")
    name = _WEEKDAYS[int(value) - 1]
    return f"{name[:3]}." if short else name


def label(kind: str, code: str | None) -> str:
    """What a reader calls a value code: `label("motif", "rodeo_deux_roues")` is « Rodéo, deux-roues ».

    `kind` is a table of `texts/labels.toml`: a coded column of the canonical tables, or one of the warehouse's own.
    An unknown code, from another territory's export, is made readable; no code is « non renseigné ».

    Raises KeyError for an unknown kind.
    """
    known = _labels()[kind]
    if _missing(code) or not str(code).strip():
        return NOT_GIVEN
    return known.get(code) or _readable(str(code))


def csv_safe(text: str) -> str:
    """The text, with a quote before it when a spreadsheet would take it for a formula; numbers are left alone.

    Source: OWASP, CSV Injection. Spaces in front are looked through, as some spreadsheets drop them.
    """
    harmless = not text.lstrip(" \u00a0\u202f").startswith(_FORMULA_STARTS) or _NUMBER.fullmatch(text)
    return text if harmless else f"'{text}"


def table_csv(frame: pd.DataFrame) -> bytes:
    """The frame as the CSV that a French spreadsheet opens with a double click: UTF-8 with BOM, `;`, decimal comma.

    Headers as given, the index left out; dates as 24/11/2026, booleans as oui and non, lists joined, what is missing
    empty. Every text is made safe against formulas and every cell is quoted, so that no text can start a cell.
    """
    columns = [_column(frame.iloc[:, position]) for position in range(frame.shape[1])]
    cells = pd.concat(columns, axis=1) if columns else frame[[]]
    return cells.to_csv(
        sep=";",
        decimal=",",
        index=False,
        header=[csv_safe(str(name)) for name in frame.columns],
        quoting=csv.QUOTE_ALL,
        lineterminator="\r\n",
    ).encode("utf-8-sig")


def _missing(value: object) -> TypeIs[None]:
    return value is None or value is pd.NA or value != value  # noqa: PLR0124 - NaN and NaT differ from themselves


def _decimal(value: float | Decimal) -> Decimal:
    """The number as it is written: 0.285 and not the binary fraction nearest to it."""
    if isinstance(value, Decimal | int):
        return Decimal(value)
    return Decimal(int(value)) if isinstance(value, np.integer) else Decimal(repr(float(value)))


def _hundredfold(value: float) -> Decimal:
    return _decimal(value).scaleb(2, _EXACT)


def _signed(value: float | Decimal, decimals: int, plus: str = "+") -> str:
    exact = _decimal(value)
    if exact.is_infinite():
        return f"{_MINUS if exact < 0 else plus}∞"
    rounded = exact.quantize(Decimal(1).scaleb(-decimals), context=_EXACT)
    digits = f"{abs(rounded):,f}".replace(",", _NARROW).replace(".", ",")
    if rounded == 0:
        return digits
    return f"{_MINUS if rounded < 0 else plus}{digits}"


def _noun(n: float | Decimal, singular: str, plural: str) -> str:
    return singular if abs(n) < 2 else plural  # noqa: PLR2004 - French plurals start at 2


def _interval(low: float, high: float, show: Callable[[float], str], start: str = "de ") -> str:
    if _missing(low) or _missing(high):
        return NOT_OBSERVED
    if math.isinf(high):
        return UNDETERMINED if low <= 0 else f"au moins {show(low)}"
    return f"au plus {show(high)}" if math.isinf(low) else f"{start}{show(low)} à {show(high)}"


@cache
def _labels() -> dict[str, dict[str, str]]:
    return tomllib.loads(_LABELS.read_text(encoding="utf-8"))


def _readable(code: str) -> str:
    words = code.replace("_", " ").strip() or code
    return words[:1].upper() + words[1:]


def _column(column: pd.Series) -> pd.Series:
    """The column ready for `to_csv`: numbers stay numbers, everything else becomes safe text or is missing."""
    column = column.reset_index(drop=True)
    is_number = pd.api.types.is_numeric_dtype(column.dtype) and not pd.api.types.is_bool_dtype(column.dtype)
    return column if is_number else column.astype(object).map(_cell)


def _cell(value: object) -> str | None:
    if isinstance(value, list | tuple | set | np.ndarray):
        return csv_safe(", ".join(cell for item in value if (cell := _cell(item)) is not None))
    if _missing(value):
        return None
    if isinstance(value, bool | np.bool_):
        return "oui" if value else "non"
    if isinstance(value, date):
        is_whole_day = not isinstance(value, datetime) or value.time() == time.min
        return day(value) if is_whole_day else f"{day(value)} {value:%H:%M:%S}".removesuffix(":00")
    if isinstance(value, int | float | Decimal | np.number):
        return str(value).replace(".", ",")
    return csv_safe(str(value))
