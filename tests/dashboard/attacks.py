"""Published tables attacked by linear programming, from the tables alone, apart from the program that made them.

Figures that are hidden are unknown numbers of 0 or more, every sum that a reader can write is a constraint, and the
lowest and the highest value of each small figure make its interval.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.optimize import linprog
from scipy.sparse.csgraph import connected_components

Key = tuple[str, str, str, str]  # family, area, category, period
Tables = Mapping[str, pd.DataFrame]
Figures = dict[Key, float | None]  # None: hidden

TECHNICAL = ("panne_equipement", "degradation")
SHARING = ("motif", "origine", "issue", "tranche", "mois", "public", "jour_tranche")
APART = {
    "motif": ("mineur_danger_conduite_risque", "personne_isolee_detresse", "action_collective_scolaire", "autre"),
    "origine": ("police_municipale", "police_nationale", "etablissement_scolaire", "autre"),
}
MOST = 5000


def figures(tables: Tables, *, landlord: bool = False) -> Figures:
    """Every figure of the tables by name; a landlord's « autre » has another name, as it holds more."""
    found: Figures = {}
    for row in tables["published_counts"].to_dict("records"):
        family, category = row["family"], row["category"]
        category = "autre*" if landlord and family in APART and category == "autre" else category
        key = ("*" if category == "total" and family in SHARING else family, row["area"], category, row["period"])
        value = None if row["is_masked"] else row["n"]
        assert found.setdefault(key, value) == value, f"{key} is told twice, differently"
    return found


def everything(tables: Tables) -> Figures:
    """The figures of all the tables of the city."""
    found = figures(tables)
    for row in tables["published_schools"].to_dict("records"):
        found["ecoles", "territoire", row["theme"], row["period"]] = None if row["is_masked"] else row["participants"]
    for row in tables["published_places"].to_dict("records"):
        square, _, area = row["zone"].partition(" ")
        found["lieux", area, square, row["period"]] = None if row["is_masked"] else row["n"]
    return found


def threshold(key: Key) -> int:
    """Under which a figure is hidden."""
    return 5 if key[0] == "alerte" or (key[0] == "motif" and key[2] in TECHNICAL) else 11


class Attack:
    """What a reader knows: figures, and sums of them; what is not published is an unknown of 0 or more."""

    def __init__(self, known: Figures) -> None:
        self.known = dict(known)
        self.sums: list[tuple[Key, list[Key]]] = []

    def says(self, total: Key, parts: Sequence[Key]) -> None:
        """A sum that a reader can write."""
        for key in (total, *parts):
            self.known.setdefault(key, None)
        self.sums.append((total, list(parts)))

    def widths(self, targets: Sequence[Key]) -> dict[Key, float]:
        """Width of the interval of each target, at least up to what it needs."""
        keys = [key for key, n in self.known.items() if n is None]
        place = {key: number for number, key in enumerate(keys)}
        entries: list[tuple[int, int, float]] = []
        right: list[float] = []
        for row, (total, parts) in enumerate(self.sums):
            right.append(0.0)
            for key, sign in [(total, 1.0), *((part, -1.0) for part in parts)]:
                n = self.known[key]
                if n is None:
                    entries.append((row, place[key], sign))
                else:
                    right[-1] -= sign * n
        rows, columns, signs = (list(column) for column in zip(*entries, strict=True))
        matrix = sparse.csr_array((signs, (rows, columns)), shape=(len(self.sums), len(keys)))
        known, found = np.array(right), dict.fromkeys(targets, 0.0)
        for inside in _pieces(matrix):
            aimed = [number for number, at in enumerate(inside) if keys[at] in found]
            if aimed:
                part = matrix[:, inside]
                kept = np.flatnonzero(np.diff(part.indptr) > 0)
                needs = np.array([threshold(keys[at]) for at in inside])
                widths = _bound(part[kept], known[kept], aimed, needs)
                found |= {keys[inside[number]]: float(widths[number]) for number in aimed}
        return found


def _pieces(matrix: sparse.csr_array) -> list[np.ndarray]:
    """Unknowns that sums tie together."""
    linked = sparse.csr_array(abs(matrix.T) @ abs(matrix))
    number, labels = connected_components(linked, directed=False)
    return [np.flatnonzero(labels == label) for label in range(number)]


def _bound(matrix: sparse.csr_array, right: np.ndarray, aimed: Sequence[int], needs: np.ndarray) -> np.ndarray:
    """Width of the interval of each unknown; `aimed`: those that matter. A table found for one serves for all."""
    low, high = np.full(needs.size, np.inf), np.full(needs.size, -np.inf)
    for target in aimed:
        for sign in (1.0, -1.0):
            if not high[target] - low[target] >= needs[target]:
                cost = sign * (np.arange(needs.size) == target)
                found = linprog(cost, A_eq=matrix, b_eq=right, bounds=(0, MOST), method="highs")
                assert found.status == 0, found.message
                low, high = np.minimum(low, found.x), np.maximum(high, found.x)
    return high - low


def sums_of_city(attack: Attack, tables: Tables) -> None:
    """Every sum of the common tables."""
    periods = list(tables["published_periods"]["period"])
    counts = tables["published_counts"]
    quarters = {period: [q for q in periods if q.startswith(f"{period}-")] for period in periods if len(period) == 4}
    zones = sorted(set(counts["area"]) - {"territoire", "patrimoine"})
    held = counts.groupby("family")["category"].unique().to_dict()
    places = sorted({(key[1], key[2]) for key in attack.known if key[0] == "lieux"})
    attack_areas = (*zones, "territoire")
    for period in periods:
        for area in attack_areas:
            _sums_of_area(attack, held, area, period)
        for family in ("motif", "origine", "issue", "tranche", "mois", "demande_observee"):
            for category in set(held[family]) - {"total"}:
                if (family != "mois" or len(period) > 4) and (family, zones[0], category, period) in attack.known:
                    attack.says(
                        (family, "territoire", category, period), [(family, z, category, period) for z in zones]
                    )
        attack.says(("*", "territoire", "total", period), [("*", zone, "total", period) for zone in zones])
        for zone in zones:
            squares = [("lieux", zone, square, period) for area, square in places if area == zone]
            attack.says(("*", zone, "total", period), [*squares, ("lieux", zone, "ailleurs", period)])
    for year, parts in quarters.items():
        for family, area, category, period in list(attack.known):
            if period == year and family != "mois":
                attack.says((family, area, category, year), [(family, area, category, quarter) for quarter in parts])


def _sums_of_area(attack: Attack, held: Mapping[str, Sequence[str]], area: str, period: str) -> None:
    """Sums over the categories of an area."""

    def keys(family: str, names: Sequence[str]) -> list[Key]:
        return [(family, area, name, period) for name in names]

    total = ("*", area, "total", period)
    attack.says(total, keys("motif", [name for name in held["motif"] if name != "total"]))
    others = set(held["origine"]) & {"inconnue"}
    asked = set(held["origine"]) - {"total", "demandes", "initiatives", "initiative_equipe", "inconnue"}
    attack.says(total, keys("origine", ["demandes", "initiative_equipe", *others]))
    attack.says(("origine", area, "initiatives", period), keys("origine", ["initiative_equipe"]))
    attack.says(("origine", area, "demandes", period), keys("origine", sorted(asked)))
    attack.says(("origine", area, "demandes", period), keys("demande_observee", ["observee", "autre_jour"]))
    attack.says(total, keys("issue", ["connue", "inconnue"]))
    attack.says(("issue", area, "connue", period), keys("issue", ["apaise", "autre"]))
    attack.says(total, keys("tranche", [name for name in held["tranche"] if name != "total"]))
    if len(period) > 4:
        first = 3 * int(period[-1]) - 2
        attack.says(total, keys("mois", [f"{period[:4]}-{month:02}" for month in range(first, first + 3)]))
    if area != "territoire":
        return
    if ("public", area, held["public"][0], period) in attack.known:
        attack.says(total, keys("public", [name for name in held["public"] if name != "total"]))
    for band in (name for name in held["tranche"] if name not in ("total", "inconnue")):
        days = [name for name in held["jour_tranche"] if name.endswith(f"|{band}")]
        attack.says(("tranche", area, band, period), keys("jour_tranche", days))
    for partner in (name for name in held["relais"] if "|" not in name):
        attack.says(("relais", area, partner, period), keys("relais", [f"{partner}|rendu", f"{partner}|attente"]))
        attack.says(
            ("relais", area, f"{partner}|rendu", period), keys("relais", [f"{partner}|soon", f"{partner}|late"])
        )
    for answer, state in (("fait", "rendu"), ("autre", "attente")):
        parts = [("alerte", area, answer, period), ("relais", area, f"bailleur|{state}|autre", period)]
        attack.says(("relais", area, f"bailleur|{state}", period), parts)
    for family in ("alerte", "risque", "ecoles"):
        names = sorted({key[2] for key in attack.known if key[0] == family} - {"total"})
        attack.says((family, area, "total", period), keys(family, names))


def city(tables: Tables, real: Mapping[Key, float]) -> Attack:
    """The attack on the common tables; shares of returns in time are taken for their counts."""
    attack = Attack(everything(tables))
    for row in tables["published_delays"].to_dict("records"):
        if not pd.isna(row["returned_within_30"]):
            key = ("relais", "territoire", f"{row['partner']}|soon", row["period"])
            attack.known[key] = real.get(key, 0.0)
    sums_of_city(attack, tables)
    return attack


def sums_of_landlord(attack: Attack, mine: Figures) -> list[Key]:
    """What a landlord's figures add to the common ones: its own and the others' make the territory. Its own keys."""
    own = [key for key in mine if key[1] == "patrimoine" and key[0] != "risque"]
    held: dict[tuple[str, str], list[str]] = defaultdict(list)
    for family, area, category, period in own:
        rest = ("reste", "territoire", f"{family} {category}", period)
        if family != "mois" or len(period) > 4:
            attack.says((family, "territoire", category, period), [(family, area, category, period), rest])
        held[family, period].append(category)
    for family, area, category, period in mine:
        if category == "autre*" and area != "patrimoine":
            names = [name for name in APART[family] if (family, area, name, period) in attack.known]
            attack.says((family, area, category, period), [(family, area, name, period) for name in names])
    for (family, period), names in held.items():
        _sums_of_property(attack, family, period, names)
    for family, area, category, period in own:
        if len(period) == 4 and family != "mois":
            quarters = [(family, area, category, f"{period}-T{number}") for number in range(1, 5)]
            attack.says((family, area, category, period), quarters)
    return [key for key in own if key[0] != "mois" or len(key[3]) > 4]


def _sums_of_property(attack: Attack, family: str, period: str, names: Sequence[str]) -> None:
    area = "patrimoine"
    total = ("*", area, "total", period)
    tops = {
        "motif": names,
        "tranche": names,
        "mois": names if len(period) > 4 else (),
        "origine": [name for name in names if name in ("demandes", "initiative_equipe", "inconnue")],
        "issue": [name for name in names if name in ("connue", "inconnue")],
    }
    if parts := [(family, area, name, period) for name in tops.get(family, ()) if name != "total"]:
        attack.says(total, parts)
    groups = {
        "origine": ("demandes", [n for n in names if n not in (*tops["origine"], "initiatives")]),
        "issue": ("connue", ["apaise", "autre"]),
        "alerte": ("total", [n for n in names if n != "total"]),
    }
    if family in groups:
        group, inside = groups[family]
        attack.says((family, area, group, period), [(family, area, name, period) for name in inside])
