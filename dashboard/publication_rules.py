"""What is published of a record, for whom, and under which count it is hidden. No query.

Common figures are hidden under the strictest threshold of all partners: they travel between them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import get_args

from dashboard.access import SUPERVISOR, Role
from dashboard.publication_system import APART, Cells, Counts
from pipelines.settings import load_territory, settings

TECHNICAL = frozenset({"panne_equipement", "degradation"})  # motifs of things, not of people
OUTSIDE, PROPERTY, REST = "hors_perimetre", "patrimoine", "reste"
UNKNOWN, OTHER, TEAM = "inconnue", "autre", "initiative_equipe"
REQUESTS, INITIATIVES, KNOWN, APPEASED = "demandes", "initiatives", "connue", "apaise"
RISK = "risque"
TO_LANDLORDS = "bailleur"  # the partner that technical alerts are sent to
PLACES, SCHOOLS, SOON = "lieux", "ecoles", "rendu30"  # families and a category that are shown in tables of their own
TIMES, BY_WEEKDAY, MONTHS_FAMILY = "tranche", "jour_tranche", "mois"
OBSERVED, UNOBSERVED = "observee", "autre_jour"
# Unknown ones are counted with these when they are so few that key figures would be hidden to keep them unknown.
MERGED = {"origine": (UNKNOWN, TEAM), "issue": (UNKNOWN, OTHER)}
# What a landlord is not told apart: profiles, minors, schools, police. The common figures hold their sum as well.
NOT_APART: Mapping[str, tuple[str, ...]] = {
    "motif": ("mineur_danger_conduite_risque", "personne_isolee_detresse", "action_collective_scolaire", OTHER),
    "origine": ("police_municipale", "police_nationale", "etablissement_scolaire", OTHER),
}
TOGETHER = f"{OTHER}{APART}"
NOT_FOR_LANDLORDS = frozenset({"public"})
NOT_THEIR_PARTNERS = ("police", "ecole", "etablissement_scolaire", "education")
BAND_HOURS = 3
LEAST_OUTSIDE = 0.02
A_DAY = 24


@dataclass(frozen=True)
class Rules:
    """Thresholds by kind of fact, and the hour that bands of the service day begin at."""

    people: int
    technical: int
    first_hour: int
    day_starts: int

    def of_motif(self, category: str) -> int:
        """Threshold of a motif; a total over people and things has that of people."""
        return self.technical if category in TECHNICAL else self.people

    def of_people(self, _category: str) -> int:
        """Threshold of anything about people."""
        return self.people

    def of_things(self, _category: str) -> int:
        """Threshold of technical facts."""
        return self.technical

    def band(self, hour: str) -> str:
        """Code of the band that a clock hour is in: « 14-17 »."""
        if not hour.isdigit():
            return UNKNOWN
        start = (int(hour) - self.first_hour) % A_DAY // BAND_HOURS * BAND_HOURS
        first = (self.first_hour + start) % A_DAY
        return f"{first}-{(first + BAND_HOURS) % A_DAY}"


def rules(*roles: Role) -> Rules:
    """Rules of some roles; without any, of all the partners together."""
    partners = tuple(role for role in get_args(Role) if role != SUPERVISOR.role)
    territory = load_territory(settings().territory)
    newest = max(territory.timetables, key=lambda table: table.valid_from, default=None)
    return Rules(
        people=territory.threshold("people", *(roles or partners)),
        technical=territory.threshold("technical", *(roles or partners)),
        first_hour=min(newest.winter[0], newest.summer[0]).hour if newest else territory.service_day_starts.hour,
        day_starts=territory.service_day_starts.hour,
    )


def recoded(cells: Cells, codes: Mapping[str, str], quarters: Collection[str] | None = None) -> Counts:
    """Counts with some categories merged into others, in some quarters (None: all)."""
    found: Counts = Counter()
    for (area, category, quarter), n in cells.items():
        is_merged = quarters is None or quarter in quarters
        found[area, codes.get(category, category) if is_merged else category, quarter] += n
    return found


def few_quarters(cells: Cells, category: str, threshold: int) -> frozenset[str]:
    """Quarters where a category has some records, and fewer than the threshold, in a zone or the territory."""
    sums: Counter[tuple[str, str]] = Counter()
    for (area, name, quarter), n in cells.items():
        if name == category:
            sums[area, quarter] += n
            sums["", quarter] += n
    return frozenset(quarter for (_, quarter), n in sums.items() if 0 < n < threshold)


def few_outside(cells: Cells, rules: Rules) -> frozenset[str]:
    """Quarters where so little happened out of the neighbourhoods that subtracting them would tell it.

    Under the threshold, or under LEAST_OUTSIDE of the quarter: a zone so small that hardly any of its categories could
    be shown, and one more would have to be hidden elsewhere for each.
    """
    outside: Counter[str] = Counter()
    every: Counter[str] = Counter()
    for (area, _, quarter), n in cells.items():
        every[quarter] += n
        outside[quarter] += n if area == OUTSIDE else 0
    return frozenset(
        quarter for quarter, n in outside.items() if 0 < n < max(rules.people, LEAST_OUTSIDE * every[quarter])
    )


def apart(family: str, cells: Cells) -> dict[str, tuple[str, ...]]:
    """The group of what landlords are not told apart, where something of it is counted."""
    seen = {category for _, category, _ in cells}
    parts = tuple(code for code in NOT_APART.get(family, ()) if code in seen)
    return {TOGETHER: parts} if parts else {}


def for_landlord(family: str, cells: Cells) -> Counts:
    """Counts of a family with what landlords are not told apart together."""
    return recoded(cells, dict.fromkeys(NOT_APART.get(family, ()), TOGETHER))


def is_their_partner(partner: str) -> bool:
    """Whether a landlord may be told of referrals to this partner."""
    return not any(word in partner for word in NOT_THEIR_PARTNERS)


def areas_of(cells: Cells) -> tuple[str, ...]:
    """Every zone that these counts name, in order."""
    return tuple(sorted({area for area, _, _ in cells}))
