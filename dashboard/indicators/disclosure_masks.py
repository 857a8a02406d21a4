"""Which figures to hide besides the sensitive ones, so that none can be deduced, at the least cost.

While a hidden figure is exposed, the cheapest moves that part it are found by a linear programme in which a published
figure may move at the price of hiding it (Castro, 2012, reviews these min-cost programmes; Fischetti and Salazar, 2001,
state the problem for any linked tables), and the published figures that move are hidden. Then each figure so hidden is
published again, dearest first, where nothing becomes exposed by it.
"""

from __future__ import annotations

import numpy as np

from dashboard.indicators.disclosure_attack import Proofs, exposed, parted, prove, safe
from dashboard.indicators.disclosure_cover import SMALL, attack_condition, cheapest, relation_conditions
from dashboard.indicators.disclosure_linked import Bools, Floats, Linked, Unprotectable

_FREE = 1e-3  # price of moving a hidden figure, in the cheapest published one's: keeps proofs small
_MANY = 6  # figures to prove at once rather than one by one
_ATTACKS = 300  # answered by a new cover, in small systems; in larger ones exposures are dealt with one by one


class Search:
    """A mask being built; `proofs` says why it is safe."""

    def __init__(self, linked: Linked) -> None:
        self.linked = linked
        self.primary = linked.masked(linked.sensitive & linked.shown)
        self.mask = self.primary.copy()
        self.proofs = Proofs(linked)
        self.conditions = relation_conditions(linked)
        self.waived = np.zeros(linked.values.size, dtype=bool)

    def missing(self, mask: Bools) -> Bools:
        """Figures whose width is not proved."""
        return (self.proofs.widths(self.linked.unknown(mask)) < self.linked.needs(mask)) & ~self.waived

    def cost(self) -> Floats:
        """Price of moving each figure."""
        weights = self.linked.weights
        free = self.linked.unknown(self.mask)
        return np.where(free, _FREE * weights.min(), weights)

    def cover(self) -> None:
        """Start from the cheapest mask that meets necessary conditions, adding those that attacks on it give."""
        small = self.linked.values.size <= SMALL
        for _ in range(_ATTACKS):
            mask = cheapest(self.linked, self.primary, self.conditions)
            if mask is None or (self.conditions.attacks and (mask == self.mask).all()):
                return
            self.mask = mask
            weak = exposed(self.linked, mask, self.proofs) if small else ()
            for target in weak:
                attack_condition(self.linked, mask, int(target), self.conditions)
            if not len(weak):
                return

    def grow(self) -> None:
        """Hide more until nothing is exposed. Raises Unprotectable."""
        lost = []
        prove(self.linked, self.mask, self.proofs)
        while (missing := self.missing(self.mask)).any():
            places = np.flatnonzero(missing)
            target = int(places[np.lexsort((places, -self.linked.values[places], ~self.linked.sensitive[places]))[0]])
            if safe(self.linked, self.mask, target, self.proofs):
                continue
            seen = len(self.proofs.moves)
            if parted(self.linked, ~self.linked.fixed, target, self.cost(), self.proofs):
                moved = self.proofs.moves[seen:].any(axis=0)
                self.mask |= moved & self.linked.shown
            else:
                self.waived[target] = True
                lost += [target] * bool(self.linked.sensitive[target])
        if lost:
            raise Unprotectable(sorted(lost))

    def prune(self) -> None:
        """Publish again what need not be hidden, dearest first."""
        added = np.flatnonzero(self.mask & ~self.primary)
        weights, values = self.linked.weights[added], self.linked.values[added]
        for place in added[np.lexsort((added, -values, -weights))]:
            trial = self.mask.copy()
            trial[place] = False
            if self.holds(trial):
                self.mask = trial

    def holds(self, trial: Bools) -> bool:
        """Whether every width that a mask asks for can be proved; what proves it is kept."""
        if not self.conditions.met(self.linked.unknown(trial)):
            return False
        if self.missing(trial).sum() > _MANY:
            prove(self.linked, trial, self.proofs)
        for target in np.flatnonzero(self.missing(trial)):
            if self.missing(trial)[target] and not safe(self.linked, trial, int(target), self.proofs):
                return False
        return True


def protect_linked(linked: Linked) -> Bools:
    """Which shown figures to hide, those of `hidden` included, shape (n,): the same input gives the same answer.

    Every hidden figure keeps an interval at least as wide as its own threshold. One exception: a figure that is hidden
    only to protect others, and that figures published elsewhere pin down whatever else is hidden.
    Raises Unprotectable when a sensitive figure is published elsewhere, or exposed with all hidden that may be.
    """
    read = linked.sensitive & linked.fixed
    if read.any():
        raise Unprotectable(np.flatnonzero(read).tolist())
    search = Search(linked)
    search.cover()
    search.grow()
    search.prune()
    left = [place for place in exposed(linked, search.mask, search.proofs) if not search.waived[place]]
    if left:
        raise RuntimeError(f"exposed after protection: {left}")
    return search.mask
