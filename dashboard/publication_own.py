"""The landlord's stage: figures of its own property, hidden given all that is already common. No Streamlit.

What is left of the territory belongs to other owners: it is never shown, and it must not be deduced either.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from dashboard.publication_counts import families, groups_of, months_system
from dashboard.publication_records import Records
from dashboard.publication_rules import (
    MERGED,
    MONTHS_FAMILY,
    OUTSIDE,
    PROPERTY,
    REST,
    RISK,
    TIMES,
    Rules,
    for_landlord,
)
from dashboard.publication_system import (
    ALL,
    TOTAL,
    Calendar,
    Cells,
    Counts,
    Figure,
    Key,
    Shape,
    System,
    Year,
    cube,
    margins,
    within,
)

SIDES = (PROPERTY, REST)
FAMILIES = ("motif", "origine", "issue", MONTHS_FAMILY, TIMES)
OTHERS = ("alerte", RISK)
NEVER = 0  # threshold of what ties figures together and is in no table, nor the difference of two


def own_year(common: Year, records: Records, rules: Rules, others: Mapping[str, Counts]) -> Year:
    """Figures of a landlord's property over a year. `others`: its families that are not counts of these records."""
    told = {note: [quarter for quarter, notes in common.notes.items() if note in notes] for note in (OUTSIDE, *MERGED)}
    mine = families(records.without(OUTSIDE, told[OUTSIDE]), rules, told) | dict(others)
    held = [family for family in (*FAMILIES, *OTHERS) if common.cells.get(family)]
    own, whole = (
        {family: for_landlord(family, counts.get(family, Counter())) for family in held}
        for counts in (mine, common.cells)
    )
    cells = {family: split(own[family], whole[family]) for family in held}
    year = Year(common.calendar, SIDES, cells, hidden=dict(common.hidden), notes=common.notes)

    def make(part: Calendar) -> dict[str, System]:
        known = common.systems if part == common.calendar else common.stages[part.quarters[0]]
        inside = {family: within(counts, part.quarters) for family, counts in cells.items()}
        total = known[TOTAL].joined(margins(_shape("motif", part), inside["motif"], rules.people))
        found, every = {TOTAL: total}, total
        for family, counts in inside.items():
            if family in known:
                system = known[family].joined(_system(family, part, counts, rules))
                if family in OTHERS:
                    found[family] = system
                else:
                    every = every.joined(system)
                    _tie_zones(every, family, common, own[family], part)
        return found | {ALL: every}

    year.protect(make)
    return year


def _tie_zones(system: System, family: str, common: Year, own: Cells, calendar: Calendar) -> None:
    """Tie a family to the others by zone: in each, the landlord's records of any family are as many.

    Nothing of a zone is told apart by owner, but these counts are what makes the sums of the tables exactly all that a
    reader can know.
    """
    categories = sorted({category for _, category, _ in for_landlord(family, common.cells[family])})
    zones = common.zones
    for quarter in calendar.quarters:
        for zone in zones:
            place, parts = f"{PROPERTY} {zone}", []
            for category in categories:
                key = Key(family, zone, category, quarter)
                if key in system.figures:
                    n = own.get((zone, category, quarter), 0)
                    pieces = (key._replace(area=place), key._replace(area=f"{REST} {zone}"))
                    for piece, count in zip(pieces, (n, system.figures[key].value - n), strict=True):
                        system.add(piece, Figure(count, NEVER, 1.0, is_shown=False))
                    system.tie(key, pieces)
                    parts.append(pieces[0])
            total = Key(ALL, place, TOTAL, quarter)
            system.add(total, Figure(sum(system.figures[part].value for part in parts), NEVER, 1.0, is_shown=False))
            system.tie(total, parts)
        for category in categories:
            key = Key(family, PROPERTY, category, quarter)
            if key in system.figures:
                system.tie(key, [key._replace(area=f"{PROPERTY} {zone}") for zone in zones])


def split(own: Cells, common: Cells) -> Counts:
    """Counts of the territory as the landlord's and the others'."""
    found: Counts = Counter()
    for (_, category, quarter), n in common.items():
        found[REST, category, quarter] += n
    for (_, category, quarter), n in own.items():
        found[PROPERTY, category, quarter] += n
        found[REST, category, quarter] -= n
    return found


def _shape(family: str, calendar: Calendar, groups: Mapping[str, tuple[str, ...]] | None = None) -> Shape:
    shape = Shape(family, calendar, SIDES, groups or {}, unshown=(REST,))
    return shape if family not in OTHERS else Shape(family, calendar, SIDES, total=family, unshown=(REST,))


def _system(family: str, calendar: Calendar, cells: Cells, rules: Rules) -> System:
    """A family of the property, of the rest and of the territory."""
    if family == MONTHS_FAMILY:
        return months_system(_shape(family, calendar), cells, rules)
    threshold = {"motif": rules.of_motif, "alerte": rules.of_things}.get(family, rules.of_people)
    return cube(_shape(family, calendar, groups_of(family, cells)), cells, threshold)
