"""Linear programmes over counts of which some sums are known."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

import numpy as np
from scipy import sparse
from scipy.optimize import linprog
from scipy.sparse.csgraph import connected_components

Row = tuple[Mapping[int, float], float, float]  # weights by variable, and what their sum is between


class Solver:
    """Linear programmes whose objective alone changes: what is told exactly is taken out, the rest in pieces."""

    def __init__(self, rows: Iterable[Row], value: np.ndarray) -> None:
        self._value = value
        left = _reduced(list(rows), len(value))
        pairs = [(place, number) for place, (row, _, _) in enumerate(left) for number in row]
        lines, columns = zip(*pairs, strict=True) if pairs else ((), ())
        size = len(left) + len(value)
        graph = sparse.coo_array((np.ones(len(pairs)), (lines, np.add(columns, len(left)))), shape=(size, size))
        labels = connected_components(graph, directed=False)[1]
        free = {number for row, _, _ in left for number in row}
        self._pieces: list[tuple[np.ndarray, list[Row]]] = []
        by_label: dict[int, list[Row]] = defaultdict(list)
        for place, row in enumerate(left):
            by_label[labels[place]].append(row)
        for label, own in by_label.items():
            numbers = np.flatnonzero(labels[len(left) :] == label)
            self._pieces.append((np.array([number for number in numbers if number in free]), own))

    def best(self, objective: np.ndarray) -> np.ndarray:
        """Counts that agree with everything known and for which the objective is least."""
        found = self._value.copy()
        for numbers, rows in self._pieces:
            if objective[numbers].any():
                found[numbers] = _solved(objective[numbers], numbers, rows)
        return found


def _reduced(rows: list[Row], size: int) -> list[Row]:
    """Rows without the counts that they tell exactly."""
    fixed = np.full(size, np.nan)
    while True:
        left, before = [], np.isnan(fixed).sum()
        for row, low, high in rows:
            free = {number: weight for number, weight in row.items() if weight and np.isnan(fixed[number])}
            told = sum(weight * fixed[number] for number, weight in row.items() if number not in free and weight)
            if low == high and len(free) == 1:
                ((number, weight),) = free.items()
                fixed[number] = (low - told) / weight
            elif high == told and all(weight > 0 for weight in free.values()):
                fixed[list(free)] = 0.0
            elif free:
                left.append((free, low - told, high - told))
        rows = left
        if np.isnan(fixed).sum() == before:
            return rows


def _solved(objective: np.ndarray, numbers: np.ndarray, rows: list[Row]) -> np.ndarray:
    place = {number: column for column, number in enumerate(numbers)}
    exact, loose = [], []
    for whole, low, high in rows:
        row = {place[number]: weight for number, weight in whole.items()}
        if low == high:
            exact.append((row, low))
        else:
            loose += [(row, high)] if np.isfinite(high) else []
            loose += [({number: -weight for number, weight in row.items()}, -low)] if np.isfinite(low) else []
    (a_eq, b_eq), (a_ub, b_ub) = _matrix(exact, len(numbers)), _matrix(loose, len(numbers))
    answer = linprog(objective, A_ub=a_ub, b_ub=b_ub, A_eq=a_eq, b_eq=b_eq, bounds=(0, 1e5), method="highs")
    assert answer.status == 0, answer.message
    return answer.x


def _matrix(rows: list[tuple[Mapping[int, float], float]], size: int):
    at = [(place, number, weight) for place, (row, _) in enumerate(rows) for number, weight in row.items()]
    lines, columns, weights = zip(*at, strict=True) if at else ((), (), ())
    return sparse.csr_array((weights, (lines, columns)), shape=(len(rows), size)), np.array([n for _, n in rows])
