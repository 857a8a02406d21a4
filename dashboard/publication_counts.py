"""The common stage: every family of one calendar year, protected together. No Streamlit.

The families are tables of the same records by zone and category; all they share is the totals by zone and quarter
(decision 0010). Totals are decided first. Where none is hidden, each family is then a problem of its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from dashboard.publication_places import betrayed
from dashboard.publication_places import systems as place_systems
from dashboard.publication_records import Records, without
from dashboard.publication_rules import (
    APPEASED,
    BY_WEEKDAY,
    KNOWN,
    MERGED,
    MONTHS_FAMILY,
    OBSERVED,
    OTHER,
    OUTSIDE,
    REQUESTS,
    REST,
    RISK,
    SCHOOLS,
    SOON,
    TEAM,
    TIMES,
    TO_LANDLORDS,
    UNKNOWN,
    UNOBSERVED,
    Rules,
    apart,
    areas_of,
    few_outside,
    few_quarters,
    recoded,
)
from dashboard.publication_system import (
    TERRITORY,
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
    key_of,
    margins,
    within,
)


@dataclass(frozen=True)
class Sources:
    """Everything that is counted of a year: interventions by family, by square, and the territory's other families.

    `since`: the quarter that lists a square first, this year or before.
    """

    records: Records
    squares: Counts
    since: Mapping[tuple[str, str], str]
    others: Mapping[str, Counts]


def common_year(calendar: Calendar, given: Sources, profiled: Collection[str], rules: Rules) -> Year:
    """Decide what is hidden of a year. `profiled`: the quarters whose profiles the retention has not begun to empty."""
    outside = few_outside(given.records["motif"], rules)
    kept = given.records.without(OUTSIDE, outside)
    squares = without(given.squares, OUTSIDE, outside)
    merged = {family: few_quarters(kept[family], UNKNOWN, rules.people) for family in MERGED}
    cells = families(kept, rules, merged) | dict(given.others)
    cells["public"] = within(cells["public"], profiled)
    zones = areas_of(cells["motif"])
    notes = {
        quarter: (*((OUTSIDE,) if quarter in outside else ()), *(name for name in MERGED if quarter in merged[name]))
        for quarter in calendar.quarters
    }
    told = betrayed(calendar, squares, given.since, rules.people)
    year = Year(calendar, zones, cells, notes=notes, hidden=told)

    def make(part: Calendar) -> dict[str, System]:
        inside = {name: within(counts, part.quarters) for name, counts in cells.items()}
        found = {TOTAL: margins(Shape("motif", part, zones), inside["motif"], rules.people)}
        found |= family_systems(part, zones, inside, rules)
        found |= place_systems(part, within(squares, part.quarters), zones, given.since, rules)
        return found | other_systems(part, inside, rules)

    year.protect(make)
    return year


def families(records: Records, rules: Rules, merged: Mapping[str, Collection[str]]) -> dict[str, Counts]:
    """Counts of the families of interventions, in published categories.

    `merged`: by family, the quarters whose unknown ones are counted with others; see MERGED.
    """
    found = {name: recoded(records[name], dict([MERGED[name]]), merged[name]) for name in MERGED}
    found |= {name: Counter(records[name]) for name in ("motif", MONTHS_FAMILY, "demande_observee")}
    found |= {name: Counter() for name in (TIMES, BY_WEEKDAY, "public")}
    for (area, category, quarter), n in records[TIMES].items():
        weekday, _, hour = category.partition("|")
        found[TIMES][area, rules.band(hour), quarter] += n
        if hour != UNKNOWN:
            found[BY_WEEKDAY][TERRITORY, f"{weekday}|{rules.band(hour)}", quarter] += n
    for (_, category, quarter), n in records["public"].items():
        found["public"][TERRITORY, category, quarter] += n
    if not found[BY_WEEKDAY]:
        found[TIMES].clear()  # no hour is known
    return found


def groups_of(family: str, cells: Cells) -> dict[str, tuple[str, ...]]:
    """The groups of a family's categories that are figures of their own: requests, known outcomes."""
    if family == "issue":
        return {KNOWN: (APPEASED, OTHER)}
    asked = tuple(sorted({category for _, category, _ in cells} - {TEAM, UNKNOWN})) if family == "origine" else ()
    return {REQUESTS: asked} if asked else {}


def family_systems(
    calendar: Calendar, zones: tuple[str, ...], cells: Mapping[str, Counts], rules: Rules
) -> dict[str, System]:
    """The systems of interventions, without their totals; families that share more than totals are one."""
    motifs = Shape("motif", calendar, zones, apart("motif", cells["motif"]))
    outcomes = Shape("issue", calendar, zones, groups_of("issue", cells["issue"]))
    found = {
        "motif": cube(motifs, cells["motif"], rules.of_motif),
        "origine": requests_system(calendar, zones, cells, rules),
        "issue": cube(outcomes, cells["issue"], rules.of_people),
        MONTHS_FAMILY: months_system(Shape(MONTHS_FAMILY, calendar, zones), cells[MONTHS_FAMILY], rules),
    }
    if cells[TIMES]:
        found[TIMES] = times_system(calendar, zones, cells, rules)
    if cells["public"]:
        profiled = {quarter for _, _, quarter in cells["public"]}
        whole = calendar.year if profiled == set(calendar.quarters) else None
        kept = Calendar(tuple(quarter for quarter in calendar.quarters if quarter in profiled), whole)
        found["public"] = cube(Shape("public", kept), cells["public"], rules.of_people)
    return found


def requests_system(calendar: Calendar, zones: tuple[str, ...], cells: Mapping[str, Counts], rules: Rules) -> System:
    """Origins, and the requests of days whose presence is known, which rates are made of."""
    asked = groups_of("origine", cells["origine"])
    origins = Shape("origine", calendar, zones, apart("origine", cells["origine"]) | asked)
    system = cube(origins, cells["origine"], rules.of_people)
    days = Shape("demande_observee", calendar, zones, total=None, unshown=(UNOBSERVED,))
    seen = cube(days, cells["demande_observee"], rules.of_people)
    both = system.joined(seen)
    for area in days.areas if asked else ():
        for period in calendar.periods:
            parts = (key_of(days, area, category, period) for category in (OBSERVED, UNOBSERVED))
            both.tie(key_of(origins, area, REQUESTS, period), [key for key in parts if key in both.figures])
    return both


def months_system(shape: Shape, cells: Cells, rules: Rules) -> System:
    """Months, each in its own quarter: they add up to the quarter, and zones to the territory."""
    system, sums = System(), Counter()
    for (area, month, quarter), n in cells.items():
        sums[area, month, quarter] += n
        sums[shape.whole, month, quarter] += 0 if area == shape.whole else n
    months = sorted({(quarter, month) for _, month, quarter in cells})
    for quarter, month in months:
        keys = [Key(shape.family, area, month, quarter) for area in shape.areas]
        for area, key in zip(shape.areas, keys, strict=True):
            weight = 6.0 if area == shape.whole else 2.0
            system.add(key, Figure(sums[area, month, quarter], rules.people, weight))
        if shape.zones:
            system.tie(keys[-1], keys[:-1])
    totals = margins(shape, cells, rules.people)
    system = system.joined(System(totals.figures))
    for area in shape.areas:
        for quarter in sorted({quarter for quarter, _ in months}):
            parts = [Key(shape.family, area, month, quarter) for where, month in months if where == quarter]
            system.tie(key_of(shape, area, TOTAL, quarter), parts)
    return system


def times_system(calendar: Calendar, zones: tuple[str, ...], cells: Mapping[str, Counts], rules: Rules) -> System:
    """Bands of the service day by zone and, over the territory, by weekday."""
    bands = Shape(TIMES, calendar, zones)
    weekdays = Shape(BY_WEEKDAY, calendar, total=None)
    system = cube(bands, cells[TIMES], rules.of_people).joined(cube(weekdays, cells[BY_WEEKDAY], rules.of_people))
    known = sorted({category for _, category, _ in cells[BY_WEEKDAY]})
    for band in sorted({category.partition("|")[2] for category in known}):
        for period in calendar.periods:
            parts = [key_of(weekdays, TERRITORY, name, period) for name in known if name.partition("|")[2] == band]
            system.tie(key_of(bands, TERRITORY, band, period), parts)
    return system


def other_systems(calendar: Calendar, cells: Mapping[str, Counts], rules: Rules) -> dict[str, System]:
    """Families of the territory that are counts of something else."""
    found: dict[str, System] = {}
    for name, threshold in (
        ("alerte", rules.of_things),
        (RISK, rules.of_people),
        (SCHOOLS, rules.of_people),
    ):
        if cells.get(name):
            found[name] = cube(Shape(name, calendar, total=name), cells[name], threshold)
    if cells.get("relais"):
        found["alerte"] = referrals_system(calendar, cells["relais"], found.get("alerte", System()), rules)
    return found


def referrals_system(calendar: Calendar, referred: Cells, alerts: System, rules: Rules) -> System:
    """Referrals by partner, and technical alerts, which are some of those to landlords.

    What is left of these is never shown: it is about people, and subtracting the alerts would tell it.
    """
    partners = sorted({category.partition("|")[0] for _, category, _ in referred})
    groups = {name: tuple(f"{name}|{state}" for state in (SOON, "tard", "attente")) for name in partners}
    groups |= {f"{name}|rendu": (f"{name}|{SOON}", f"{name}|tard") for name in partners}
    late = tuple(f"{name}|tard" for name in partners)
    shape = Shape("relais", calendar, groups=groups, total=None, unshown=late)
    system = cube(shape, referred, rules.of_people).joined(alerts)
    for answer, state in (("fait", "rendu"), ("autre", "attente")):
        for period in calendar.periods:
            whole = Key("relais", TERRITORY, f"{TO_LANDLORDS}|{state}", period)
            alert = Key("alerte", TERRITORY, answer, period)
            if whole in system.figures and alert in system.figures:
                rest = Key("relais", TERRITORY, f"{TO_LANDLORDS}|{state}|{REST}", period)
                n = system.figures[whole].value - system.figures[alert].value
                system.add(rest, Figure(n, rules.people, 1.0, is_shown=False))
                system.tie(whole, (alert, rest))
    return system
