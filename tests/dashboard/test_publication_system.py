"""Figures tied by sums: what a cube holds, what is decided before and after, what is never shown."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from dashboard.publication_system import Calendar, Figure, Key, Shape, System, cube, protect


def system(parts: Sequence[int], *, shown: int | None = None) -> System:
    """A total and its parts; `shown`: the position of one that no table shows."""
    found = System()
    keys = [Key("f", "a", str(number), "2025-T1") for number in range(len(parts))]
    for number, (key, n) in enumerate(zip(keys, parts, strict=True)):
        found.add(key, Figure(n, 11, 1.0, number != shown))
    found.add(Key("f", "a", "total", "2025-T1"), Figure(sum(parts), 11, 9.0))
    found.tie(Key("f", "a", "total", "2025-T1"), keys)
    return found


def test_a_figure_never_shown_is_protected_too_and_costs_nothing_when_it_is_large():
    hidden: dict[Key, bool] = {}
    protect(system([40, 3], shown=1), hidden)
    assert hidden[Key("f", "a", "0", "2025-T1")] is True
    assert hidden[Key("f", "a", "total", "2025-T1")] is False
    safe: dict[Key, bool] = {}
    protect(system([40, 30], shown=1), safe)
    assert not any(safe.values())


def test_what_was_decided_before_stays():
    key = Key("f", "a", "0", "2025-T1")
    hidden = {key: True}
    protect(system([40, 30, 20]), hidden)
    assert hidden[key] is True
    assert sum(hidden.values()) == 2


def test_a_figure_counted_twice_must_agree():
    found = system([40, 3])
    with pytest.raises(ValueError, match="counts 40 and 41"):
        found.add(Key("f", "a", "0", "2025-T1"), Figure(41, 11, 1.0))


def test_a_cube_holds_every_sum():
    cells = {("nord", "x", "2025-T1"): 5, ("sud", "x", "2025-T2"): 7, ("sud", "y", "2025-T2"): 1}
    calendar = Calendar(("2025-T1", "2025-T2"), "2025")
    found = cube(Shape("f", calendar, ("nord", "sud"), {"g": ("x", "y")}), cells, lambda _category: 11)
    values = {key[1:]: figure.value for key, figure in found.figures.items()}
    assert values["territoire", "g", "2025"] == values["territoire", "total", "2025"] == 13
    assert values["sud", "x", "2025"] == 7
    linked = found.linked({})
    assert abs(linked.relations @ linked.values).max() == 0
    assert len(found.figures) == 3 * 4 * 3
