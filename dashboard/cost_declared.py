"""What is supposed: situations at risk turned into categories, simulated, summed by payer. No Streamlit.

A situation is counted once. Which damage it might have led to is not known: situations of a motif on a ground are
spread over kinds of damage as the damage found with that motif on that ground is, over everything recorded.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache

import pandas as pd

from dashboard.cost_settings import BY_GROUND, CITY, LANDLORD, SHARED, Costs, Damage, ServiceValue
from dashboard.filters import Filters
from dashboard.indicators import declared_costs
from dashboard.indicators.declared_costs import BreakEven, Category, Influence, Pert, Simulation, Spread
from dashboard.warehouse import query

DRAWS = 20_000
DAYS_A_YEAR = 365.25
# Under this many cases of damage found with a motif on a ground, the mix of all motifs of that ground is used.
MIX_FLOOR = 20
GROUND_PAYERS = {"bailleur": LANDLORD, "ville": CITY}

Key = tuple[str, str]  # motif (or "" for all), ground


@dataclass(frozen=True)
class Stake:
    """Situations at risk of one kind of damage that one payer would pay."""

    damage: Damage
    payer: str
    n: float

    @property
    def name(self) -> str:
        """Name of its category in a simulation."""
        return f"{self.damage.price.key}:{self.payer}"


@dataclass(frozen=True)
class Stakes:
    """What is at risk: `situations` in all, of which some have no price, no payer among those known, or no known mix.

    `damage_unknown`: situations left out because nobody wrote whether there was damage. `damage_found`: cases of
    damage that the mix is made of.
    """

    stakes: tuple[Stake, ...]
    situations: int
    damage_unknown: int
    damage_found: int
    without_price: float
    without_payer: float
    without_mix: float

    @property
    def valued(self) -> float:
        """Situations spread over damages that have a price and a payer."""
        return max(0.0, self.situations - self.without_price - self.without_payer - self.without_mix)


@dataclass(frozen=True)
class Declared:
    """The simulation of a choice, and what drives it."""

    simulation: Simulation
    influences: tuple[Influence, ...]


def stakes(chosen: Filters, landlord: str | None, costs: Costs) -> Stakes:
    """Situations of a period, for a landlord (None: all grounds), spread over the damages of `costs`."""
    rule = {"risk_motifs": list(costs.situations.motifs), "outcomes": list(costs.situations.outcomes)}
    situations = query("cost_situations", **chosen.params(), **rule, landlord=landlord)
    return spread(situations, query("cost_damage_mix", **rule), costs.damages)


def spread(situations: pd.DataFrame, found: pd.DataFrame, damages: Sequence[Damage]) -> Stakes:
    """Stakes from the rows of `cost_situations.sql` and `cost_damage_mix.sql`."""
    mixes, n = _mixes(found), defaultdict(float)
    without_price = without_payer = without_mix = 0.0
    priced = {code for damage in damages if damage.part > 0 for code in damage.codes}
    for row in situations.to_dict("records"):
        ground = row["ground"] if isinstance(row["ground"], str) else ""
        mix = mixes.get((row["motif"], ground)) or mixes.get(("", ground))
        if not mix:
            without_mix += row["situations"]
            continue
        paid: set[str] = set()
        for damage in damages:
            payer = GROUND_PAYERS.get(ground) if damage.payer == BY_GROUND else damage.payer
            share = sum(mix.get(code, 0.0) for code in damage.codes)
            if payer is not None and damage.part > 0:
                n[damage.price.key, payer] += row["situations"] * share * damage.part
                paid |= set(damage.codes)
        without_price += row["situations"] * sum(share for code, share in mix.items() if code not in priced)
        without_payer += row["situations"] * sum(share for code, share in mix.items() if code in priced - paid)
    by_key = {damage.price.key: damage for damage in damages}
    return Stakes(
        stakes=tuple(Stake(by_key[key], payer, count) for (key, payer), count in n.items() if count > 0),
        situations=sum(situations["situations"].tolist()),
        damage_unknown=sum(situations["damage_unknown"].tolist()),
        damage_found=sum(found["found"].tolist()),
        without_price=without_price,
        without_payer=without_payer,
        without_mix=without_mix,
    )


def declare(known: Stakes, values: Mapping[str, Pert]) -> Declared:
    """The simulation of these stakes under these hypotheses, kept for the next run."""
    categories = tuple(
        Category(stake.name, stake.n, values["p"], values[stake.damage.price.key], stake.payer)
        for stake in known.stakes
    )
    return _declare(categories, *(values[key] for key in SHARED if key != "p"))


@lru_cache(maxsize=32)
def _declare(categories: tuple[Category, ...], attribution: Pert, displacement: Pert, reimbursed: Pert) -> Declared:
    # One chance of damage is stated for all categories: it errs the same way in each.
    simulation = declared_costs.simulate(
        categories,
        attribution=attribution,
        displacement=displacement,
        reimbursed=reimbursed,
        draws=DRAWS,
        common_probability=True,
    )
    influences = declared_costs.tornado(
        simulation, categories, attribution=attribution, displacement=displacement, reimbursed=reimbursed
    )
    return Declared(simulation, influences)


def years(chosen: Filters) -> float:
    """Length of the period in years of twelve months: « 25/11/2025 to 24/11/2026 » is one, leap year or not."""
    start, after = chosen.start, chosen.end + timedelta(days=1)
    months = 12 * (after.year - start.year) + after.month - start.month
    return (months + (after.day - start.day) * 12 / DAYS_A_YEAR) / 12


def break_even(declared: Declared, contribution: float, chosen: Filters) -> BreakEven | None:
    """Break-even of a landlord's yearly contribution over the period; None without a contribution."""
    due = contribution * years(chosen)
    return declared_costs.break_even(declared.simulation, due, LANDLORD) if due > 0 else None


def mediations(chosen: Filters, landlord: str | None, value: ServiceValue) -> int:
    """Mediations of the period that ended well."""
    rule = {"service_registers": list(value.registers), "outcomes": list(value.outcomes), "landlord": landlord}
    return int(query("cost_mediations", **chosen.params(), **rule)["mediations"].iloc[0])


@lru_cache(maxsize=32)
def service_value(count: int, hours: Pert, hourly_cost: Pert) -> Spread:
    """What `count` mediations would have cost had somebody else led them: count × hours × price of an hour, euros."""
    return declared_costs.product(count, (hours, hourly_cost), draws=DRAWS)


def _mixes(found: pd.DataFrame) -> dict[Key, dict[str, float]]:
    """Shares of each code among the damage found, by motif and ground; those of a ground as a whole under motif ""."""
    counts: dict[Key, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for row in found.to_dict("records"):
        ground = row["ground"] if isinstance(row["ground"], str) else ""
        for motif in (row["motif"], ""):
            counts[motif, ground][row["damage"]] += int(row["found"])
    totals = {key: sum(codes.values()) for key, codes in counts.items()}
    return {
        key: {code: count / totals[key] for code, count in codes.items()}
        for key, codes in counts.items()
        if key[0] == "" or totals[key] >= MIX_FLOOR
    }
