"""What a reader can deduce of hidden figures: intervals by linear programming, and tables that prove them wide.

The attacker knows every published figure exactly, every relation, and that counts are whole and not negative. The
interval of a figure is found by minimising and maximising it over the tables that agree with all this (Willenborg and
de Waal, 2001). Proving that every interval is wide takes far fewer programmes than computing each: one table found
proves a value for every figure at once, so most are proved by a few random objectives, and the rest one by one.
In a two-way table the ends of every interval are whole numbers, the constraints being totally unimodular; in tables
linked in more ways they may be fractions, and an interval of whole numbers be a little narrower.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import sparse

from dashboard.indicators.disclosure_linked import TOLERANCE, Bools, Floats, Ints, Linked, Sparse, columns, pieces

_ROUNDS = 10
_STALE = 2  # random rounds that prove nothing new before the figures are taken one by one
_PRICE = 0.02  # of moving a figure by one, in a random objective: keeps a proof small, so that it serves longer
_STEPS = 3  # relations between a figure and what is tried first to part it
_UNBOUNDED, _INFEASIBLE = 3, 2  # scipy's codes


class Proofs:
    """Tables that a reader cannot tell from the true one, as moves, shape (k, n)."""

    def __init__(self, linked: Linked) -> None:
        self.moves = np.zeros((1, linked.values.size))

    def within(self, unknown: Bools) -> Floats:
        """The moves that only move the figures `unknown`."""
        return self.moves[~self.moves[:, ~unknown].any(axis=1)]

    def widths(self, unknown: Bools) -> Floats:
        """Width of the interval proved for each figure when only the figures `unknown` can move, shape (n,)."""
        moves = self.within(unknown)
        return moves.max(axis=0) - moves.min(axis=0) + TOLERANCE

    def add(self, which: Bools, relations: Sparse, move: Floats) -> None:
        """Keep a move of the figures `which`, each independent part as a move by itself: it serves longer."""
        moving = np.flatnonzero(np.abs(move) > TOLERANCE)
        if not moving.size:
            return
        part = pieces(relations[:, moving])
        full = np.zeros((part.max() + 1, self.moves.shape[1]))
        full[part, np.flatnonzero(which)[moving]] = move[moving]
        self.moves = np.vstack([self.moves, full])


def bounds(linked: Linked, masked: Bools, which: ArrayLike | None = None) -> tuple[Floats, Floats]:
    """Interval of each figure that the published ones allow; `which`: indices, all figures when None.

    Returns (low, high) in the order of `which`, infinite where nothing bounds; a published figure is its own interval.
    """
    places = np.arange(linked.values.size) if which is None else np.atleast_1d(np.asarray(which, dtype=np.int64))
    low, high = linked.values[places].astype(float), linked.values[places].astype(float)
    unknown = linked.unknown(masked)
    for position, place in enumerate(places):
        if unknown[place]:
            held, inside, target = around(linked, unknown, int(place))
            low[position] += _extreme(held, linked.values[inside], target, -1)
            high[position] += _extreme(held, linked.values[inside], target, 1)
    return low, high


def around(linked: Linked, unknown: Bools, place: int) -> tuple[Sparse, Ints, int]:
    """What moves with a figure: relations, shape (rows, k), indices of the k figures, position of the figure."""
    relations = columns(linked, unknown)
    part = pieces(relations)
    column = int(unknown[:place].sum())
    inside = np.flatnonzero(part == part[column])
    held = relations[:, inside]
    return held[np.diff(held.indptr) > 0], np.flatnonzero(unknown)[inside], int(np.searchsorted(inside, column))


def _extreme(relations: Sparse, room: Floats, target: int, sign: int) -> float:
    """Furthest move of one figure, up (1) or down (-1); `room`: how far each may go down. Infinite when unbounded."""
    from scipy.optimize import linprog

    cost = np.zeros(room.size)
    cost[target] = -sign
    limits = np.column_stack([-room, np.full(room.size, np.inf)])
    found = linprog(cost, A_eq=relations, b_eq=np.zeros(relations.shape[0]), bounds=limits, method="highs-ds")
    if found.status == _UNBOUNDED:
        return sign * np.inf
    if found.status != 0:
        raise RuntimeError(f"linear programme not solved: {found.message}")
    return sign * max(0.0, -found.fun)


def prove(linked: Linked, masked: Bools, proofs: Proofs) -> None:
    """Add tables found under random objectives, until every width needed is proved or nothing new comes."""
    from scipy.optimize import linprog

    need, unknown = linked.needs(masked), linked.unknown(masked)
    if not (need > 0).any():
        return
    relations = columns(linked, unknown)
    both = sparse.hstack([relations, -relations], format="csr")
    size, zeros, reach = int(unknown.sum()), np.zeros(relations.shape[0]), need.max()
    upper = np.concatenate([np.full(size, reach), np.minimum(linked.values[unknown], reach)])
    limits = np.column_stack([np.zeros(2 * size), upper])
    rng = np.random.default_rng(0)
    stale, left = 0, int((proofs.widths(unknown) < need).sum())
    for _ in range(_ROUNDS):
        if not left or stale == _STALE:
            return
        missing = (proofs.widths(unknown) < need)[unknown]
        sought = np.where(missing, rng.choice([-1.0, 1.0], size), 0.0)
        for cost in (sought, -sought):
            objective = np.concatenate([cost, -cost]) + _PRICE
            found = linprog(objective, A_eq=both, b_eq=zeros, bounds=limits, method="highs-ds")
            if found.status == 0:
                proofs.add(unknown, relations, found.x[:size] - found.x[size:])
        before, left = left, int((proofs.widths(unknown) < need).sum())
        stale = stale + 1 if left == before else 0


def widen(linked: Linked, which: Bools, target: int, cost: Floats) -> tuple[Floats, Floats] | None:
    """Two moves of the figures `which` that part `target` by its threshold, at least total cost per unit moved.

    cost: shape (n,), positive. Returns (one move, the other), each of shape (number of `which`,), or None when no such
    moves exist.
    """
    from scipy.optimize import linprog

    relations = columns(linked, which)
    rows, size = relations.shape
    apart = np.zeros(size)
    apart[int(which[:target].sum())] = 1.0
    tied = sparse.block_diag([sparse.hstack([relations, -relations])] * 2, format="csr")
    upper = np.tile(np.concatenate([np.full(size, np.inf), linked.values[which]]), 2)
    found = linprog(
        np.tile(cost[which], 4),
        A_ub=sparse.csr_array(np.concatenate([-apart, apart, apart, -apart])[None, :]),
        b_ub=[-float(linked.thresholds[target])],
        A_eq=tied,
        b_eq=np.zeros(2 * rows),
        bounds=np.column_stack([np.zeros(4 * size), upper]),
        method="highs-ds",
    )
    if found.status == _INFEASIBLE:
        return None
    if found.status != 0:
        raise RuntimeError(f"linear programme not solved: {found.message}")
    up, down, other_up, other_down = np.split(found.x, 4)
    return up - down, other_up - other_down


def parted(linked: Linked, which: Bools, target: int, cost: Floats, proofs: Proofs) -> bool:
    """Whether two tables part a figure by its threshold when only the figures `which` move; they become proofs."""
    found = widen(linked, which, target, cost)
    if found is None:
        return False
    relations = columns(linked, which)
    for move in found:
        proofs.add(which, relations, move)
    return True


def safe(linked: Linked, mask: Bools, target: int, proofs: Proofs) -> bool:
    """Whether a mask leaves a figure an interval as wide as its threshold, the figures near it being tried first."""
    unknown = linked.unknown(mask)
    cost = np.ones(unknown.size)
    near = _near(linked, unknown, target)
    return parted(linked, near, target, cost, proofs) or (
        bool((near != unknown).any()) and parted(linked, unknown, target, cost, proofs)
    )


def _near(linked: Linked, which: Bools, target: int) -> Bools:
    """The figures `which` a few relations away from one."""
    ties = np.abs(linked.relations)
    near = np.zeros(which.size, dtype=bool)
    near[target] = True
    for _ in range(_STEPS):
        near = which & (ties.T @ (ties @ near.astype(float)) > 0)
    return near


def exposed(linked: Linked, masked: Bools, proofs: Proofs | None = None) -> Ints:
    """Indices of the figures that a reader could bound to an interval narrower than their threshold, or reads.

    Those are the sensitive figures that are published, and the hidden figures (and sensitive ones never shown) that no
    two tables in agreement with everything published part by their threshold. Empty: safe.
    """
    proofs = proofs or Proofs(linked)
    unknown, need = linked.unknown(masked), linked.needs(masked)
    prove(linked, masked, proofs)
    narrow = linked.sensitive & ~unknown
    widths = proofs.widths(unknown)
    for target in np.flatnonzero(widths < need):
        if widths[target] < need[target]:
            narrow[target] = not safe(linked, masked, int(target), proofs)
            widths = proofs.widths(unknown)
    return np.flatnonzero(narrow)
