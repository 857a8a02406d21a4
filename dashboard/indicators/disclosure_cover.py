"""The cheapest figures to hide that meet a list of necessary conditions, each an inequality over what is hidden.

The conditions are those of Fischetti and Salazar (2001): if a figure is hidden, enough of what it is tied to must be
hidden for it to move by its threshold. A first list is read from each relation alone; the dual of an attack that
succeeds gives another, which the mask attacked does not meet.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from scipy import sparse

from dashboard.indicators.disclosure_attack import around
from dashboard.indicators.disclosure_linked import TOLERANCE, Bools, Floats, Linked, Sparse

SMALL = 120  # figures: up to there the cover is proved the cheapest
_GAP, _NODES = 0.01, 50


@dataclass
class Conditions:
    """Inequalities `coefficients @ hidden >= 0`, one a row, kept as triplets; `count` rows."""

    linked: Linked
    rows: list[np.ndarray] = field(default_factory=list)
    places: list[np.ndarray] = field(default_factory=list)
    coefficients: list[np.ndarray] = field(default_factory=list)
    attacks: int = 0

    def add(self, target: int, places: np.ndarray, moves: Floats) -> None:
        """If `target` is hidden, the hidden ones among `places` must add up to 1; `moves`: what each brings."""
        self.__dict__.pop("matrix", None)
        self.rows.append(np.full(places.size + 1, len(self.rows)))
        self.places.append(np.append(places, target))
        self.coefficients.append(np.append(np.minimum(moves, 1.0), -1.0))

    def met(self, hidden: Bools) -> bool:
        """Whether a mask meets every condition that some mask can meet."""
        return not self.rows or bool((self.matrix @ hidden >= -TOLERANCE).all())

    @cached_property
    def matrix(self) -> Sparse:
        """Those that can be met when all that may be hidden is, shape (count, n)."""
        data, rows, places = (np.concatenate(part) for part in (self.coefficients, self.rows, self.places))
        every: Sparse = sparse.csr_array((data, (rows, places)), shape=(len(self.rows), self.linked.values.size))
        return every[every @ (~self.linked.fixed).astype(float) >= -TOLERANCE]


def relation_conditions(linked: Linked) -> Conditions:
    """What each relation alone asks for each of its figures.

    A figure of value a under its threshold t goes down by a at most; so it must go up by t - a or more, which takes
    other parts of the same total that go down by as much, or a figure of the other side, which has no limit.
    """
    conditions = Conditions(linked)
    relations = linked.relations
    needed = np.where(linked.thresholds > 1, np.maximum(linked.thresholds - linked.values, 1.0), 0.0)
    for start, stop in zip(relations.indptr[:-1], relations.indptr[1:], strict=True):
        places, signs = relations.indices[start:stop], np.sign(relations.data[start:stop])
        for position in np.flatnonzero(needed[places] > 0):
            target, others = places[position], np.arange(places.size) != position
            need = needed[target]
            limited = (signs == signs[position]) & (linked.values[target] < linked.thresholds[target])
            brought = np.where(limited, linked.values[places] / need, 1.0)
            conditions.add(int(target), places[others], brought[others])
    return conditions


def attack_condition(linked: Linked, mask: Bools, target: int, conditions: Conditions) -> None:
    """Add what the dual of the attack on an exposed figure asks: its bound is the sum of what hidden figures bring."""
    unknown = linked.unknown(mask)
    held, inside, position = around(linked, unknown, target)
    rows = _rows_of(linked, unknown, inside)
    brought = np.zeros(linked.values.size)
    threshold = linked.thresholds[target]
    low = np.minimum(linked.values, threshold)
    for sign in (1.0, -1.0):
        duals = _duals(held, linked.values[inside], position, sign, threshold)
        price = -(linked.relations[rows].T @ duals)
        price[target] += sign
        brought += np.where(price > 0, threshold * price, -low * price)
    places = np.flatnonzero((brought > TOLERANCE) & ~linked.fixed & (np.arange(brought.size) != target))
    own = min(brought[target] / threshold, 1 - TOLERANCE)
    conditions.attacks += 1
    conditions.add(target, places, brought[places] / threshold / (1 - own))


def _rows_of(linked: Linked, unknown: Bools, inside: np.ndarray) -> np.ndarray:
    """Relations that hold some of the figures `inside`, in the order of `around`."""
    return np.flatnonzero(np.diff(linked.relations[:, inside].indptr) > 0)


def _duals(relations: Sparse, room: Floats, target: int, sign: float, reach: float) -> Floats:
    """Prices of the relations in the furthest move of one figure, each figure moving by `reach` at most."""
    from scipy.optimize import linprog

    cost = np.zeros(room.size)
    cost[target] = -sign
    limits = np.column_stack([-np.minimum(room, reach), np.full(room.size, reach)])
    found = linprog(cost, A_eq=relations, b_eq=np.zeros(relations.shape[0]), bounds=limits, method="highs-ds")
    return -np.asarray(found.eqlin.marginals)


def cheapest(linked: Linked, forced: Bools, conditions: Conditions) -> Bools | None:
    """The cheapest mask that hides `forced` and meets the conditions; None when there is none, or none in reach."""
    from scipy.optimize import LinearConstraint, milp

    if not conditions.rows:
        return forced.copy()
    free = ~linked.shown & ~linked.fixed
    allowed = ~linked.fixed
    matrix = conditions.matrix
    small = linked.values.size <= SMALL
    options = {"mip_rel_gap": 0.0} if small else {"mip_rel_gap": _GAP, "node_limit": _NODES}
    found = milp(
        np.where(free, 0.0, linked.weights),
        constraints=LinearConstraint(matrix, 0, np.inf),
        bounds=((forced & allowed | free).astype(float), allowed.astype(float)),
        integrality=np.ones(linked.values.size),
        options=options,
    )
    return None if found.x is None else (found.x > 0.5) & linked.masked(linked.shown)  # noqa: PLR2004 - of 0 or 1
