"""The attacker: what can be deduced of counts that are not shown from all that is, by linear programming.

Everything here is written from the warehouse's dictionary and from what the pages say, not from the publication: the
sums that tie the figures are stated again.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from tests.browser.solver import Row, Solver
from tests.browser.truth import (
    APART,
    ELSEWHERE,
    OF_ZONES,
    OWN,
    REST,
    RISKY,
    SIDES,
    TEAM,
    TERRITORY,
    TOGETHER,
    TOTAL,
    UNKNOWN,
    Atom,
    Cell,
    threshold,
)

SLACK, TRIES = 1e-5, 12
Known = Mapping[Cell, tuple[float, float]]


@dataclass
class Attack:
    """Figures of one calendar year that a reader holds, against the true atoms of that year.

    `known`: what each figure shown says of its count. `unlisted`: squares of a quarter that no list has, which says
    that they are few. `truth` decides what is worth finding, and checks that nothing supposed here is false.
    """

    known: Known
    truth: Mapping[Atom, int]
    quarters: tuple[str, ...]
    has_own: bool
    rows: list[Row] = field(default_factory=list)

    def __post_init__(self) -> None:
        kept = {atom for atom in self.truth if atom.quarter in self.quarters}
        self.zones = sorted({atom.zone for atom in kept if atom.zone})
        self.categories: dict[str, list[str]] = {}
        told: dict[str, set[str]] = defaultdict(set)
        for atom in kept:
            told[atom.family].add(atom.category)
        listed = {cell.category for cell in self.known if cell.family == "lieux"} | {ELSEWHERE}
        told["lieux"] &= listed
        told["lieux"] |= {ELSEWHERE}
        self.categories = {family: sorted(names) for family, names in told.items()}
        sides = SIDES if self.has_own else (REST,)
        self.place: dict[Atom, int] = {}
        for family, names in self.categories.items():
            zones = self.zones if family in (*OF_ZONES, "demande_observee") else [""]
            owners = sides if family in (*OF_ZONES, "alerte", "risque") and family != "lieux" else (REST,)
            for quarter in self.quarters:
                for category in names:
                    if family == "mois" and not _in_quarter(category, quarter):
                        continue
                    for zone in zones:
                        for side in owners:
                            self.place[Atom(family, quarter, zone, category, side)] = len(self.place)
        self._relate()
        for cell, (low, high) in self.known.items():
            self.rows.append((dict.fromkeys(self.members(cell), 1.0), low, high))

    @property
    def year(self) -> str:
        """The calendar year attacked."""
        return self.quarters[0][:4]

    @cached_property
    def value(self) -> np.ndarray:
        """The true atoms, in the order of the variables."""
        found = np.zeros(len(self.place))
        listed = set(self.categories["lieux"])
        for atom, n in self.truth.items():
            if atom.quarter not in self.quarters:
                continue
            kept = atom
            if atom.family == "lieux":
                category = atom.category if atom.category in listed else ELSEWHERE
                kept = atom._replace(category=category, side=REST)
            elif atom.side == OWN and kept not in self.place:
                kept = atom._replace(side=REST)
            if kept in self.place:
                found[self.place[kept]] += n
        return found

    @cached_property
    def _by_cell(self) -> dict[tuple[str, str, str, str], list[tuple[str, int]]]:
        """Variables by family, quarter, zone and category."""
        found: dict[tuple[str, str, str, str], list[tuple[str, int]]] = defaultdict(list)
        for atom, number in self.place.items():
            found[atom.family, atom.quarter, atom.zone, atom.category].append((atom.side, number))
        return found

    def members(self, cell: Cell) -> list[int]:
        """Variables that a figure is the sum of."""
        zones = self.zones if cell.family in (*OF_ZONES, "demande_observee") else [""]
        zones = zones if cell.area in (TERRITORY, OWN, REST) else [cell.area]
        sides = (cell.area,) if cell.area in SIDES else SIDES
        return [
            number
            for quarter in self.quarters
            if cell.period in (quarter, quarter[:4])
            for zone in zones
            for category in self.parts(cell.family, cell.category)
            for side, number in self._by_cell[cell.family, quarter, zone, category]
            if side in sides
        ]

    def parts(self, family: str, category: str) -> list[str]:
        """Plain categories that one adds up."""
        known = self.categories.get(family, [])
        groups = {
            ("origine", "demandes"): [name for name in known if name not in (TEAM, UNKNOWN)],
            ("origine", "initiatives"): [TEAM],
            ("issue", "connue"): [name for name in known if name != UNKNOWN],
            (family, TOTAL): known,
            (family, TOGETHER): [name for name in known if name in APART.get(family, ())],
        }
        if family == "relais":
            whole = category.removesuffix("|rendu")
            states = ("rendu30", "tard") if whole != category else ("rendu30", "tard", "attente")
            return [name for name in known if name == category or name in {f"{whole}|{state}" for state in states}]
        return groups.get((family, category), [category] if category in known else [])

    def _sum(self, family: str, quarter: str, area: str, category: str = TOTAL) -> dict[int, float]:
        return dict.fromkeys(self.members(Cell(family, area, category, quarter)), 1.0)

    def _relate(self) -> None:
        """The sums that tie families, and the counts that are a part of others."""
        for quarter in self.quarters:
            for zone in self.zones:
                for side in SIDES if self.has_own else (REST,):
                    for family in ("origine", "issue", "mois", "tranche"):
                        self._equal(self._side(family, quarter, zone, side), self._side("motif", quarter, zone, side))
                self._equal(self._sum("lieux", quarter, zone), self._sum("motif", quarter, zone))
                seen = self._sum("demande_observee", quarter, zone)
                self._equal(seen, self._sum("origine", quarter, zone, "demandes"))
            self._equal(self._sum("public", quarter, TERRITORY), self._sum("motif", quarter, TERRITORY))
            for band in self.categories["tranche"]:
                weekdays = [name for name in self.categories.get("jour_tranche", []) if name.endswith(f"|{band}")]
                parts = [self._sum("jour_tranche", quarter, TERRITORY, name) for name in weekdays]
                if parts:
                    self._equal(
                        {k: v for part in parts for k, v in part.items()},
                        self._sum("tranche", quarter, TERRITORY, band),
                    )
            for answer, state in (("fait", "bailleur|rendu"), ("autre", "bailleur|attente")):
                self._at_most(
                    self._sum("alerte", quarter, TERRITORY, answer), self._sum("relais", quarter, TERRITORY, state)
                )
            for area in (OWN, TERRITORY) if self.has_own else (TERRITORY,):
                risky = {
                    k: v
                    for name in self.categories["motif"]
                    if name in RISKY
                    for k, v in self._sum("motif", quarter, area, name).items()
                }
                risk = self._sum("risque", quarter, area)
                self._at_most(risk, risky, 10)
                self._at_most(risk, self._sum("issue", quarter, area, "apaise"), 10)
        self._few_squares()

    def _side(self, family: str, quarter: str, zone: str, side: str) -> dict[int, float]:
        own = {
            number: 1.0
            for category in self.categories.get(family, [])
            for which, number in self._by_cell[family, quarter, zone, category]
            if which == side
        }
        return own

    def _few_squares(self) -> None:
        """A square that a quarter's list leaves out counts fewer than the threshold; one that it has, that or more."""
        told = {(cell.area, cell.category) for cell in self.known if cell.family == "lieux"}
        for zone, square in told:
            for quarter in self.quarters:
                cell = Cell("lieux", zone, square, quarter)
                if cell not in self.known:
                    self.rows.append((dict.fromkeys(self.members(cell), 1.0), 0, threshold(cell) - 1))

    def _equal(self, one: Mapping[int, float], other: Mapping[int, float]) -> None:
        if one and other:
            both = Counter(dict.fromkeys(one, 1.0))
            both.subtract(other)
            self.rows.append((dict(both), 0.0, 0.0))

    def _at_most(self, part: Mapping[int, float], whole: Mapping[int, float], slack: float = 0) -> None:
        if part and whole:
            both = Counter(dict.fromkeys(part, 1.0))
            both.subtract(whole)
            self.rows.append((dict(both), -np.inf, slack))

    def false(self) -> list[str]:
        """What is supposed here and is not so: nothing, or the attack proves nothing."""
        names = {number: atom for atom, number in self.place.items()}
        wrong = []
        for row, low, high in self.rows:
            n = sum(weight * self.value[number] for number, weight in row.items())
            if not low - SLACK <= n <= high + SLACK:
                wrong.append(f"{low} <= {n} <= {high}: {[names[number] for number in list(row)[:3]]}")
        return wrong

    def targets(self) -> Iterator[tuple[Cell, list[int]]]:
        """Small counts that are not shown."""
        periods = (*self.quarters, *({self.quarters[0][:4]} if len(self.quarters) == 4 else ()))
        for family, names in self.categories.items():
            own = SIDES if self.has_own and family in (*OF_ZONES, "alerte", "risque") and family != "lieux" else ()
            zones = self.zones if family in (*OF_ZONES, "demande_observee") else []
            groups = {"origine": ["demandes"], "issue": ["connue"]}.get(family, [])
            groups += [
                f"{name.removesuffix('|tard')}{end}"
                for name in names
                if name.endswith("|tard")
                for end in ("", "|rendu")
            ]
            for area in (*zones, TERRITORY, *own):
                for category in (*names, *groups, *((TOGETHER,) if family in APART else ()), TOTAL):
                    for period in periods:
                        cell = Cell(family, area, category, period)
                        members = self.members(cell)
                        n = self.value[members].sum()
                        low, high = self.known.get(cell, (0, np.inf))
                        if 0 < n < threshold(cell) and low < high:
                            yield cell, members

    def found(self) -> dict[Cell, tuple[float, float, float]]:
        """Small counts that the figures shown leave no more than a narrow interval to: (low, true, high)."""
        solver = Solver(self.rows, self.value)
        targets = list(self.targets())
        pick = np.zeros((len(targets), len(self.place)))
        for row, (_, members) in enumerate(targets):
            pick[row, members] = 1.0
        wide = np.array([threshold(cell) for cell, _ in targets], dtype=float)
        lows = highs = pick @ self.value
        chance = np.random.default_rng(1)
        for _ in range(TRIES):
            open_ = np.flatnonzero(highs - lows < wide - SLACK)
            if not open_.size:
                return {}
            objective = chance.choice([-1.0, 1.0], open_.size) @ pick[open_]
            for sign in (1, -1):
                seen = pick @ solver.best(sign * objective)
                lows, highs = np.minimum(lows, seen), np.maximum(highs, seen)
        found = {}
        for row in np.flatnonzero(highs - lows < wide - SLACK):
            if highs[row] - lows[row] >= wide[row] - SLACK:
                continue
            points = [solver.best(sign * pick[row]) for sign in (1, -1)]
            for point in points:
                seen = pick @ point
                lows, highs = np.minimum(lows, seen), np.maximum(highs, seen)
            cell = targets[row][0]
            if highs[row] - lows[row] < wide[row] - SLACK and not _is_told(cell, lows[row], highs[row]):
                found[cell] = (float(lows[row]), float(pick[row] @ self.value), float(highs[row]))
        return found


def _is_told(cell: Cell, low: float, high: float) -> bool:
    """Whether all that is known of a square left out of a list is that it was: « moins de 11 »."""
    return cell.family == "lieux" and low <= 1 and high >= threshold(cell) - 1 - SLACK


def _in_quarter(month: str, quarter: str) -> bool:
    return month[:4] == quarter[:4] and (int(month[5:7]) + 2) // 3 == int(quarter[-1])
