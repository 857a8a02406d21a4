"""What a deck is made of, before any format: figures, charts, tables and maps, each with its words. No Streamlit."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import date, datetime
from typing import Any, Literal

from dashboard import clock, formats
from dashboard.access import Viewer
from dashboard.markup import Column

ChartKind = Literal["columns", "bars", "line"]
# As shown, and as downloaded: a number, a date, or None where nothing may be said.
Cell = tuple[str, float | int | str | date | None]
MASKED = "masqué"
MOST_SERIES = 3
_DROPPED = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})


@dataclass(frozen=True)
class Period:
    """A whole quarter (« 2026-T3 ») or a whole year (« 2026 »): the only periods that leave the operator."""

    code: str
    start: date
    end: date

    @property
    def is_year(self) -> bool:
        """Whether it is a calendar year."""
        return "-" not in self.code

    @property
    def label(self) -> str:
        """« 3e trimestre 2026 », « année 2026 »."""
        return formats.period(self.code)

    @property
    def before(self) -> str:
        """Code of the same period a year before."""
        return f"{int(self.code[:4]) - 1}{self.code[4:]}"


@dataclass(frozen=True)
class KeyFigure:
    """One figure in large type: value and unit, its uncertainty, what it is made of (n), and its comparison."""

    title: str
    value: str
    unit: str
    uncertainty: str
    made_of: str
    comparison: str


@dataclass(frozen=True)
class Series:
    """Values along the categories of a chart; None is drawn as a gap: not observed, or hidden."""

    name: str
    values: tuple[float | None, ...]


@dataclass(frozen=True)
class Chart:
    """A chart that stays editable: `columns` are upright, `bars` lie down, `line` is a line with its points.

    `gaps` says why values are missing (« masqué : moins de 11 »), empty when none is; `decimals` of the labels.
    """

    kind: ChartKind
    title: str
    unit: str
    categories: tuple[str, ...]
    series: tuple[Series, ...]
    alternative: str
    decimals: int = 0
    gaps: str = ""

    def __post_init__(self) -> None:
        """Raises ValueError for a chart that no format can draw: more than three series, or values missing."""
        if not 1 <= len(self.series) <= MOST_SERIES:
            raise ValueError(f"{self.title}: {len(self.series)} series; 1 to {MOST_SERIES} can be told apart")
        if any(len(series.values) != len(self.categories) for series in self.series):
            raise ValueError(
                f"{self.title}: every series needs {len(self.categories)} values, None where there is none"
            )


@dataclass(frozen=True)
class Table:
    """A table: headers, rows of cells (as shown, as downloaded), what it is, the name of its download."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    caption: str
    name: str


@dataclass(frozen=True)
class Picture:
    """An image, and what a screen reader says of it; `height` over `width` keeps its shape."""

    png: bytes
    width: int
    height: int
    alternative: str


@dataclass(frozen=True)
class Slide:
    """One slide: what it says in a sentence, what shows it, and what it rests on.

    `note` is at the foot of the slide (period, n, unit, what is hidden); `method` and `source` go to the speaker's
    notes and to the booklet; `to_write` leaves room for words of the committee.
    """

    key: str
    title: str
    message: str
    note: str
    method: str
    source: str
    figures: tuple[KeyFigure, ...] = ()
    points: tuple[str, ...] = ()
    charts: tuple[Chart, ...] = ()
    tables: tuple[Table, ...] = ()
    picture: Picture | None = None
    to_write: bool = False


@dataclass(frozen=True)
class Deck:
    """A deck for an audience and a period; `built_at` is in UTC, as the warehouse keeps it."""

    title: str
    territory: str
    audience: Viewer
    audience_label: str
    period: Period
    built_at: datetime
    fictional: bool
    slides: tuple[Slide, ...]

    @property
    def built_on(self) -> date:
        """The day on which the figures were built, where the territory is."""
        return clock.local(self.built_at).date()

    def file_name(self, suffix: str) -> str:
        """Name of the file handed out, such as « optimedia_2026-T3_comite_donnees_fictives.pptx »."""
        parts = ["optimedia", self.period.code, self.audience.slug, *(["donnees_fictives"] if self.fictional else [])]
        return f"{'_'.join(parts)}.{suffix}"


Comments = dict[str, str]


def cleaned(value: Any) -> Any:  # noqa: ANN401 - what comes in goes out, texts apart
    """The value with every text in it free of control, direction and unassigned characters, which no format takes."""
    if isinstance(value, str):
        spaced = value.replace("\n", " ").replace("\t", " ")
        return "".join(char for char in spaced if unicodedata.category(char) not in _DROPPED)
    if isinstance(value, tuple):
        return tuple(cleaned(item) for item in value)
    if is_dataclass(value) and not isinstance(value, type):
        changed = {part.name: cleaned(getattr(value, part.name)) for part in fields(value) if part.init}
        return replace(value, **changed)
    return value
