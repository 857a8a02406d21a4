"""Figures of one calendar year tied by sums, and which of them are hidden. No Streamlit, no query.

A figure is named by family, area, category and period. `System` collects figures and sums; `protect` hands them to
`indicators.disclosure` and keeps its answer beside what earlier systems already decided.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np
from scipy import sparse

from dashboard.indicators.disclosure import Linked, Unprotectable, protect_linked

logger = logging.getLogger(__name__)

TERRITORY, TOTAL = "territoire", "total"
ALL = "interventions"  # the family of the totals that every family of interventions shares

APART = "*"  # ends the code of a group that landlords alone are shown, instead of its parts

Counts = Counter[tuple[str, str, str]]
Cells = Mapping[tuple[str, str, str], int]  # (area, category, quarter) -> records
Threshold = Callable[[str], int]
Row = dict[str, Any]


class Key(NamedTuple):
    """The name of a figure; `period` is a quarter (2026-T2) or a year (2025)."""

    family: str
    area: str
    category: str
    period: str


class Figure(NamedTuple):
    """A count, the threshold under which it is hidden, what hiding it costs, and whether any table shows it."""

    value: int
    threshold: int
    weight: float
    is_shown: bool = True

    @property
    def needs(self) -> int:
        """The threshold, 0 where nothing has to be kept from a reader: a figure never shown that is no small number."""
        return self.threshold if self.is_shown or 0 < self.value < self.threshold else 0


@dataclass(frozen=True)
class Calendar:
    """The whole quarters of one calendar year, and the year's code when all four are there."""

    quarters: tuple[str, ...]
    year: str | None

    @property
    def periods(self) -> tuple[str, ...]:
        """Quarters, then the year."""
        return (*self.quarters, self.year) if self.year else self.quarters


@dataclass
class System:
    """Figures and the sums between them: each sum is a total and its parts."""

    figures: dict[Key, Figure] = field(default_factory=dict)
    sums: list[tuple[Key, tuple[Key, ...]]] = field(default_factory=list)

    def add(self, key: Key, figure: Figure) -> None:
        """Add a figure; the same one twice must agree."""
        held = self.figures.setdefault(key, figure)
        if held.value != figure.value:
            raise ValueError(f"{key} counts {held.value} and {figure.value}")

    def tie(self, total: Key, parts: Iterable[Key]) -> None:
        """State that figures add up to another."""
        self.sums.append((total, tuple(parts)))

    def joined(self, other: System) -> System:
        """Both systems as one."""
        both = System(dict(self.figures), [*self.sums, *other.sums])
        for key, figure in other.figures.items():
            both.add(key, figure)
        return both

    def linked(self, hidden: Mapping[Key, bool]) -> Linked:
        """The system as the disclosure engine reads it; `hidden`: figures decided before, and whether hidden."""
        keys = list(self.figures)
        place = {key: number for number, key in enumerate(keys)}
        rows, columns, signs = [], [], []
        for row, (total, parts) in enumerate(self.sums):
            rows += [row] * (1 + len(parts))
            columns += [place[total], *(place[part] for part in parts)]
            signs += [1.0, *[-1.0] * len(parts)]
        held = list(self.figures.values())
        return Linked(
            values=np.array([figure.value for figure in held], dtype=float),
            relations=sparse.csr_array((signs, (rows, columns)), shape=(len(self.sums), len(keys))),
            thresholds=np.array([figure.needs for figure in held], dtype=float),
            shown=np.array([figure.is_shown for figure in held], dtype=bool),
            fixed=np.array([hidden.get(key) is False for key in keys], dtype=bool),
            hidden=np.array([hidden.get(key) is True for key in keys], dtype=bool),
            weights=np.array([figure.weight for figure in held], dtype=float),
        )


@dataclass
class Year:
    """A calendar year's figures: the systems that hold them, and which are hidden.

    `stages`: the systems of each quarter alone. `cells`: the counts that they are sums of, by family. `notes`: by
    quarter, what was counted with something else or left out.
    """

    calendar: Calendar
    zones: tuple[str, ...]
    cells: Mapping[str, Counts]
    systems: dict[str, System] = field(default_factory=dict)
    stages: dict[str, dict[str, System]] = field(default_factory=dict)
    hidden: dict[Key, bool] = field(default_factory=dict)
    notes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def figures(self) -> Iterator[tuple[Key, int, bool]]:
        """Every figure that is shown or hidden: its name, its value, whether it is hidden."""
        seen: set[Key] = set()
        for system in self.systems.values():
            for key, figure in system.figures.items():
                if figure.is_shown and key not in seen:
                    seen.add(key)
                    yield key, figure.value, self.hidden[key]

    def protect(self, make: Callable[[Calendar], dict[str, System]]) -> None:
        """Decide each quarter by itself, then the year given its quarters; `make`: the systems of some quarters.

        What is hidden of a quarter never depends on those that follow: a reader who kept an earlier edition has
        nothing to subtract.
        """
        for quarter in self.calendar.quarters:
            self.stages[quarter] = make(Calendar((quarter,), None))
            decide(self.stages[quarter], self.hidden)
        self.systems = make(self.calendar)
        for system in self.systems.values():
            for key, figure in system.figures.items():
                if key.period != self.calendar.year and figure.is_shown and not figure.value:
                    self.hidden.setdefault(key, False)
        if self.calendar.year:
            decide(self.systems, self.hidden)


def decide(systems: Mapping[str, System], hidden: dict[Key, bool]) -> None:
    """Protect the totals, then each family; those that share a hidden total together."""
    protect(systems[TOTAL], hidden)
    rest = {name: system for name, system in systems.items() if name != TOTAL}
    if any(hidden.get(key) for key in systems[TOTAL].figures):
        sharing = [name for name, system in rest.items() if any(key.family == ALL for key in system.figures)]
        whole = systems[TOTAL]
        for name in sharing:
            whole = whole.joined(rest.pop(name))
        protect(whole, hidden)
    for system in rest.values():
        protect(system, hidden)


def _is_delicate(key: Key, figure: Figure, hidden: Mapping[Key, bool]) -> bool:
    """Whether a figure is hidden already, or small and still to be decided."""
    return hidden.get(key, 0 < figure.value < figure.threshold)


def protect(system: System, hidden: dict[Key, bool]) -> None:
    """Decide which figures of a system are hidden, and add them to `hidden`, where earlier decisions stay.

    A system that nothing protects, even with everything in it hidden, is hidden whole.
    """
    if not any(_is_delicate(key, figure, hidden) for key, figure in system.figures.items()):
        hidden.update({key: False for key, figure in system.figures.items() if figure.is_shown})
        return
    try:
        mask = protect_linked(system.linked(hidden))
    except Unprotectable as error:
        names = {key.family for key in system.figures}
        logger.warning("nothing is published of %s: %d figures cannot be protected", names, len(error.indices))
        mask = [True] * len(system.figures)
    for (key, figure), is_hidden in zip(system.figures.items(), mask, strict=True):
        if figure.is_shown:
            hidden.setdefault(key, bool(is_hidden))


@dataclass(frozen=True)
class Shape:
    """How a family is laid out.

    `zones`: areas that add up to the territory; none: the territory alone. `groups`: categories that are sums of
    others. `total`: the family of its totals; None: its categories add up to nothing. `unshown`: areas, categories and
    figures that no table ever shows, and that must not be deduced either.
    """

    family: str
    calendar: Calendar
    zones: tuple[str, ...] = ()
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    total: str | None = ALL
    whole: str = TERRITORY
    unshown: Collection[str | Key] = ()

    @property
    def areas(self) -> tuple[str, ...]:
        """Zones, then what they add up to."""
        return (*self.zones, self.whole)

    def shows(self, key: Key) -> bool:
        """Whether some table shows a figure, unless it is hidden."""
        return not {key, key.area, key.category} & set(self.unshown)


def cube(shape: Shape, cells: Cells, threshold: Threshold) -> System:
    """The figures of a family: area x category x period with every sum, categories that never happen left out.

    cells: counts by zone (by `whole` without zones), plain category and quarter. threshold: by category.
    """
    counts = _summed(shape, cells)
    system, categories = System(), sorted({key.category for key, n in counts.items() if n} - {TOTAL})
    for key, n in counts.items():
        if key.category in categories or key.category == TOTAL:
            weight = _weight(shape, key)
            system.add(key, Figure(n, threshold(key.category), weight, shape.shows(key)))
    for area in shape.areas:
        for period in shape.calendar.periods:
            _tie_categories(system, shape, categories, area, period)
    for category in (*categories, *((TOTAL,) if shape.total else ())):
        _tie_areas_and_periods(system, shape, category)
    return system


def margins(shape: Shape, cells: Cells, threshold: int) -> System:
    """The totals alone, area x period: what every family of a year shares."""
    totals: Counter[tuple[str, str, str]] = Counter()
    for (area, _, quarter), n in cells.items():
        totals[area, TOTAL, quarter] += n
    system = System()
    for key, n in _summed(replace(shape, groups={}), totals).items():
        system.add(key, Figure(n, threshold, _weight(shape, key), shape.shows(key)))
    _tie_areas_and_periods(system, shape, TOTAL)
    return system


def is_apart(category: str) -> bool:
    """Whether a category stands for those that landlords are not told apart."""
    return category.endswith(APART)


def within(cells: Cells, quarters: Collection[str]) -> Counts:
    """Counts of some quarters."""
    return Counter({key: n for key, n in cells.items() if key[2] in quarters})


def key_of(shape: Shape, area: str, category: str, period: str) -> Key:
    """Name of a figure of a family; its totals are those of the family that it shares them with."""
    family = shape.total if category == TOTAL and shape.total else shape.family
    return Key(family, area, category, period)


def _summed(shape: Shape, cells: Cells) -> dict[Key, int]:
    """Every figure of a family, zeros too, summed over zones, quarters and groups."""
    plain = sorted({category for _, category, _ in cells} - {TOTAL})
    owners = {category: [group for group, parts in shape.groups.items() if category in parts] for category in plain}
    names = [*plain, *shape.groups, *((TOTAL,) if shape.total else ())]
    counts = {
        key_of(shape, area, category, period): 0
        for category in names
        for area in shape.areas
        for period in shape.calendar.periods
    }
    for (area, category, quarter), n in cells.items():
        wholes = {*owners.get(category, ()), category, *((TOTAL,) if shape.total else ())}
        for name in wholes:
            for where in {area, shape.whole}:
                for period in {quarter, shape.calendar.year or quarter}:
                    counts[key_of(shape, where, name, period)] += n
    return counts


def _weight(shape: Shape, key: Key) -> float:
    """Totals dearer than groups, groups than cells; the territory dearer than zones, a year than its quarters."""
    is_group = key.category in shape.groups and not is_apart(key.category)
    level = 40.0 if key.category == TOTAL else 10.0 if is_group else 1.0
    is_whole, is_year = key.area == shape.whole and bool(shape.zones), key.period == shape.calendar.year
    return level * (4.0 if is_whole else 1.0) * (2.0 if is_year else 1.0)


def _tie_categories(system: System, shape: Shape, categories: Sequence[str], area: str, period: str) -> None:
    parts = {group: [name for name in names if name in categories] for group, names in shape.groups.items()}
    for group, names in parts.items():
        if group in categories:
            system.tie(key_of(shape, area, group, period), [key_of(shape, area, name, period) for name in names])
    inside = {name for group, names in parts.items() if not is_apart(group) for name in names}
    if shape.total:
        top = [name for name in categories if name not in inside and (not is_apart(name) or name not in parts)]
        system.tie(key_of(shape, area, TOTAL, period), [key_of(shape, area, name, period) for name in top])


def _tie_areas_and_periods(system: System, shape: Shape, category: str) -> None:
    for period in shape.calendar.periods if shape.zones else ():
        zones = [key_of(shape, zone, category, period) for zone in shape.zones]
        system.tie(key_of(shape, shape.whole, category, period), zones)
    for area in shape.areas if shape.calendar.year else ():
        quarters = [key_of(shape, area, category, quarter) for quarter in shape.calendar.quarters]
        system.tie(key_of(shape, area, category, shape.calendar.year or ""), quarters)
