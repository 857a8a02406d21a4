"""What the page says of what is supposed: payers, what drives it, break-even, every hypothesis. No Streamlit."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import plotly.graph_objects as go

from dashboard import cost_charts, cost_declared, cost_scenario, cost_words, formats
from dashboard.cost_charts import Bar
from dashboard.cost_declared import DRAWS, Declared, Stake, Stakes
from dashboard.cost_measured import Measured
from dashboard.cost_scenario import Scenario
from dashboard.cost_settings import BY_GROUND, CITY, FIRE_SERVICE, LANDLORD, MONTHS_A_YEAR, Costs
from dashboard.filters import Filters
from dashboard.indicators.declared_costs import INSURER, UNIT_COST, BreakEven, Influence, Spread
from dashboard.markup import Column, plain, text
from dashboard.warehouse import build_info

PAYERS = {LANDLORD: "Bailleurs", CITY: "Ville et métropole", FIRE_SERVICE: "SDIS (pompiers)", INSURER: "Assureurs"}
TOTAL = "Ensemble, net des remboursements"
REIMBURSED = "Assureurs, part remboursée, hors ensemble"
GROUND = "selon la domanialité"
DRIVERS = 8
SEPARATOR = "\u00a0; "
BETWEEN = "intervalle P5 à P95"
BREAK_EVEN_TITLE = "Seuil d’équilibre"
BREAK_EVEN = "Combien de dégâts d’une seule sorte vaut la contribution"
_QUANTILES = (
    Column("P5", is_number=True),
    Column("P50", is_number=True),
    Column("P95", is_number=True),
    Column("Moyenne", is_number=True),
)
PAYER_COLUMNS = (Column("Payeur"), *_QUANTILES)
CATEGORY_COLUMNS = (Column("Dégât"), Column("Payeur"), Column("Situations", is_number=True), *_QUANTILES)
DRIVER_COLUMNS = (
    Column("Hypothèse"),
    Column("Total si elle est basse", is_number=True),
    Column("Total si elle est haute", is_number=True),
    Column("Corrélation des rangs", is_number=True),
)
BREAK_EVEN_COLUMNS = (Column("Dégât"), Column("Nombre à éviter", is_number=True))
DAMAGE_COLUMNS = (
    Column("Dégât chiffré"),
    Column("Dégâts constatés correspondants"),
    Column("Part de ces dégâts", is_number=True),
    Column("Payeur"),
)
HYPOTHESIS_COLUMNS = (
    Column("Hypothèse"),
    Column("Min / plus probable / max"),
    Column("Source"),
    Column("Date"),
)


@dataclass(frozen=True)
class Answer:
    """The reader's choice, the hypotheses as they stand, what is at risk, and the simulation of it."""

    chosen: Filters
    costs: Costs
    scenario: Scenario
    stakes: Stakes
    declared: Declared
    mediations: int
    fictional: bool

    @property
    def dates(self) -> str:
        """The period, « du … au … »."""
        return formats.day_range(self.chosen.start, self.chosen.end)

    @property
    def break_even(self) -> BreakEven | None:
        """Break-even of the contribution; None without one."""
        return cost_declared.break_even(self.declared, self.scenario.contribution or 0.0, self.chosen)


def answer(chosen: Filters, landlord: str | None, costs: Costs, scenario: Scenario) -> Answer:
    """What these hypotheses suppose for a period and a landlord (None: every ground)."""
    stakes, value = cost_declared.stakes(chosen, landlord, costs), costs.service_value
    return Answer(
        chosen=chosen,
        costs=costs,
        scenario=scenario,
        stakes=stakes,
        declared=cost_declared.declare(stakes, scenario.values),
        mediations=0 if value is None else cost_declared.mediations(chosen, landlord, value),
        fictional=build_info().fictional,
    )


def stake_tiles(found: Answer) -> list[tuple[str, str, str]]:
    """What is counted before any hypothesis is made."""
    known = found.stakes
    damage = formats.plural(known.damage_found, "dégât constaté", "dégâts constatés")
    unpriced = formats.number(known.without_price + known.without_mix)
    return [
        ("Situations à risque", formats.number(known.situations), found.dates),
        ("Rapportées à un dégât chiffré", formats.number(known.valued), f"d’après {damage}"),
        ("Sans prix connu", unpriced, "comptées pour rien"),
        ("Sans payeur connu", formats.number(known.without_payer), "copropriété, autre sol ou sol inconnu"),
        ("Dégât non renseigné", formats.number(known.damage_unknown), "laissées de côté"),
    ]


def nothing_at_risk(found: Answer) -> str:
    """Why nothing is simulated."""
    if not found.stakes.situations:
        return "Aucune situation à risque dans ce choix\u00a0: rien à supposer. Un zéro n’est pas une preuve d’absence."
    if not found.stakes.stakes:
        return "Ces situations ne peuvent être rapportées à aucun dégât chiffré\u00a0: il manque les dégâts constatés."
    return "Ces hypothèses ne laissent rien à éviter."


def payers(found: Answer) -> list[tuple[str, Spread]]:
    """Payers, then all of them net of insurers, then what insurers would have paid back, apart."""
    simulation = found.declared.simulation
    own = [(PAYERS[payer], simulation.by_payer[payer]) for payer in PAYERS if payer in _paying(found)]
    return [*own, (TOTAL, simulation.total), (REIMBURSED, simulation.reimbursed)]


def _paying(found: Answer) -> set[str]:
    return {stake.payer for stake in found.stakes.stakes} - {INSURER}


def payer_rows(found: Answer) -> list[list[object]]:
    """Rows of PAYER_COLUMNS."""
    return [[name, *_spread(spread)] for name, spread in payers(found)]


def payer_chart(found: Answer) -> go.Figure:
    """Intervals by payer."""
    return cost_charts.payer_bars(payers(found), fictional=found.fictional)


def payer_words(found: Answer) -> tuple[str, str]:
    """What a screen reader says of the payers' chart, and its note."""
    return payer_summary(found), payer_note(found)


def payer_note(found: Answer) -> str:
    """Period, n and meaning of the bars."""
    return (
        f"Supposé, pas mesuré. {found.dates[0].upper()}{found.dates[1:]}, n\u00a0=\u00a0"
        f"{formats.number(found.stakes.valued)} situations. Barre\u00a0: {BETWEEN} de {formats.number(DRAWS)} "
        "tirages\u00a0; "
        "trait\u00a0: médiane. L’ensemble est net de ce qu’un assureur aurait remboursé\u00a0: cette part est donnée à "
        "côté "
        "et ne s’y ajoute pas. Rien de ceci ne s’ajoute à ce qui est mesuré."
    )


def payer_summary(found: Answer) -> str:
    """What a screen reader says of the bars."""
    each = [f"{name}, de {formats.euros(spread.p5)} à {formats.euros(spread.p95)}" for name, spread in payers(found)]
    return f"Coût évité supposé par payeur, {BETWEEN}\u00a0: {SEPARATOR.join(each)}."


def category_rows(found: Answer) -> list[list[object]]:
    """Rows of CATEGORY_COLUMNS, the largest first."""
    by_name = found.declared.simulation.by_category
    return [
        [
            plain(stake.damage.price.label),
            PAYERS[stake.payer],
            (formats.number(stake.n, 1), round(stake.n, 2)),
            *_spread(by_name[stake.name]),
        ]
        for stake in sorted(found.stakes.stakes, key=lambda stake: by_name[stake.name].p50, reverse=True)
    ]


def _spread(spread: Spread) -> list[tuple[str, float]]:
    return [(formats.euros(value), round(value, 2)) for value in (spread.p5, spread.p50, spread.p95, spread.mean)]


def drivers(found: Answer) -> list[tuple[str, Influence]]:
    """What moves the answer, the most important first, with its name."""
    stakes = {stake.name: stake for stake in found.stakes.stakes}
    return [(_driver(each, stakes, found.costs), each) for each in found.declared.influences]


def _driver(each: Influence, stakes: Mapping[str, Stake], costs: Costs) -> str:
    if each.parameter != UNIT_COST:
        return f"{plain(costs.shared[each.parameter].label)} ({each.parameter})"
    stake = stakes[each.category]
    payer = f", {PAYERS[stake.payer].lower()}" if stake.damage.payer == BY_GROUND else ""
    return f"Prix, {plain(stake.damage.price.label).lower()}{payer}"


def driver_chart(found: Answer) -> go.Figure:
    """The tornado around the mean of the total."""
    bars = [
        Bar(f"{text(name)}\u00a0: de {formats.euros(low)} à {formats.euros(high)}", low, low, high)
        for name, each in drivers(found)[:DRIVERS]
        for low, high in [sorted((each.low, each.high))]
    ]
    middle = found.declared.simulation.total.mean
    return cost_charts.interval_bars(bars, "€", fictional=found.fictional, reference=middle, has_middle=False)


def driver_rows(found: Answer) -> list[list[object]]:
    """Rows of DRIVER_COLUMNS."""
    return [
        [
            name,
            (formats.euros(each.low), round(each.low, 2)),
            (formats.euros(each.high), round(each.high, 2)),
            (formats.number(each.correlation, 2), round(each.correlation, 4)),
        ]
        for name, each in drivers(found)
    ]


def driver_words(found: Answer) -> tuple[str, str]:
    """What a screen reader says of the drivers' chart, and its note."""
    return driver_summary(found), driver_note(found)


def driver_summary(found: Answer) -> str:
    """What would change the answer, in a sentence."""
    named = drivers(found)
    if not named:
        return "Toutes les hypothèses sont des constantes\u00a0: rien ne fait varier la réponse."
    first = " et ".join(f"«\u00a0{name}\u00a0»" for name, _ in named[:2])
    price = next((name for name, each in named if each.parameter == UNIT_COST), None)
    is_last = price is not None and named[0][1].parameter != UNIT_COST
    last = f" Les prix jouent moins\u00a0: le premier d’entre eux est «\u00a0{price}\u00a0»." if is_last else ""
    return f"Ce qui changerait la réponse\u00a0: {first}, avant tout.{last}"


def driver_note(found: Answer) -> str:
    """How the tornado is read, and what would change the answer."""
    middle = formats.euros(found.declared.simulation.total.mean)
    return (
        f"{driver_summary(found)} Barre\u00a0: le total quand cette hypothèse seule va de son P5 à son P95, les autres "
        "à "
        f"leur moyenne\u00a0; pointillé\u00a0: la moyenne du total ({middle})."
    )


def beside(found: Answer, measured: Measured | None) -> list[tuple[str, str]]:
    """What is read beside the bars and never added to them: titles and sentences."""
    said = [(BREAK_EVEN_TITLE, _break_even(found)), ("Coût du service", _service_cost(found))]
    if measured is not None and measured.facts is not None and found.scenario.contribution:
        avoided = None if measured.analysis is None else measured.analysis.avoided
        due = found.scenario.contribution * measured.months_after / MONTHS_A_YEAR
        said.insert(1, ("Et ce qui est mesuré", cost_words.against_contribution(measured.facts.verdict, avoided, due)))
    return [*said, ("Valeur de service, à part", _service_value(found))]


def _break_even(found: Answer) -> str:
    """How many avoided incidents would pay the landlord's contribution, and how likely the draws reach it."""
    known = found.break_even
    if known is None:
        return "Indiquez la contribution annuelle du bailleur pour voir combien d’incidents évités elle représente."
    months = formats.plural(round(MONTHS_A_YEAR * cost_declared.years(found.chosen), 1), "mois", "mois")
    due = f"La contribution, {formats.euros(known.contribution)} pour la période ({months})"
    if math.isnan(known.needed):
        return f"{due}, ne peut être comparée\u00a0: aucun incident n’a de coût pour le bailleur dans ce choix."
    avoided = f"de {formats.number(known.avoided.p5, 1)} à {formats.number(known.avoided.p95, 1)}"
    price = f"{formats.euros(known.incident_cost)} net en moyenne"
    return (
        f"{due}, vaut {formats.number(known.needed, 1)} incidents évités, à {price}. Les hypothèses en supposent "
        f"{avoided} ({BETWEEN})\u00a0; {_chance(known.probability)}."
    )


def _chance(probability: float) -> str:
    floor = 0.001
    if probability < floor:
        return "moins d’un tirage sur 1\u202f000 atteint ce montant"
    if probability > 1 - floor:
        return "plus de 999 tirages sur 1\u202f000 atteignent ce montant"
    return f"{formats.percent(probability, 1)} des tirages atteignent ce montant"


def break_even_rows(found: Answer) -> list[list[object]]:
    """Rows of BREAK_EVEN_COLUMNS: as many damages of one kind as the contribution is worth, at their mean net price."""
    known, values = found.break_even, found.scenario.values
    if known is None:
        return []
    kept = 1 - values["r"].mean
    needed = {
        plain(stake.damage.price.label): known.contribution / price
        for stake in found.stakes.stakes
        if stake.payer == LANDLORD and (price := values[stake.damage.price.key].mean * kept) > 0
    }
    ordered = sorted(needed.items(), key=lambda each: each[1])
    return [[name, (formats.number(count, 1), round(count, 2))] for name, count in ordered]


def _service_cost(found: Answer) -> str:
    """The cost of the service beside what is supposed: two numbers, and no claim."""
    yearly, known, order = found.scenario.service_cost, found.costs.service_cost, ""
    if known is not None:
        low, high = formats.euros(known.low), formats.euros(known.high)
        order = f" Ordre de grandeur ailleurs\u00a0: {low} à {high} par an ({plain(known.source)})."
    if not yearly:
        return f"Indiquez le coût annuel du service pour le lire à côté.{order}"
    due, total = yearly * cost_declared.years(found.chosen), found.declared.simulation.total
    low, high = formats.percent(total.p5 / due, 1), formats.percent(total.p95 / due, 1)
    return (
        f"Coût du service pour la période\u00a0: {formats.euros(due)}. Les réparations supposées évitées en "
        "représentent "
        f"de {low} à {high} ({BETWEEN}). Le service a d’autres missions, que ce rapport ne juge pas.{order}"
    )


def _service_value(found: Answer) -> str:
    """What the mediations would have cost elsewhere, apart from everything else."""
    known, values = found.costs.service_value, found.scenario.values
    if known is None:
        return "Aucune hypothèse n’est posée sur les médiations remplacées."
    if not found.mediations:
        return f"Aucune médiation aboutie {found.dates} dans ce choix\u00a0: rien à chiffrer."
    value = cost_declared.service_value(found.mediations, values[known.hours.key], values[known.hourly_cost.key])
    n = formats.plural(found.mediations, "médiation aboutie", "médiations abouties")
    ends = f"de {formats.euros(value.p5)} à {formats.euros(value.p95)}"
    return (
        f"{n} {found.dates}\u00a0: menées par un autre service, elles auraient coûté {ends} ({BETWEEN}, médiane "
        f"{formats.euros(value.p50)}). Ce n’est ni une économie ni un coût évité, et ne s’ajoute à rien."
    )


def hypothesis_rows(found: Answer) -> list[list[object]]:
    """Rows of HYPOTHESIS_COLUMNS; a changed one is marked."""
    values = found.scenario.values
    return [
        [
            plain(each.label),
            cost_scenario.marked(each, values[each.key]),
            plain(each.source),
            formats.day(each.date),
        ]
        for each in found.costs.hypotheses()
    ]


def situations(costs: Costs) -> str:
    """What counts as a situation at risk."""
    known = costs.situations
    motifs, outcomes = (
        ", ".join(formats.label(kind, code).lower() for code in codes)
        for kind, codes in (("motif", known.motifs), ("issue", known.outcomes))
    )
    return (
        f"Une situation à risque est une intervention dont le motif est\u00a0: {motifs}\u00a0; dont l’issue est\u00a0: "
        f"{outcomes}\u00a0; et où aucun dégât n’a été constaté. Chacune compte une fois. {plain(known.source)}, "
        f"{formats.day(known.date)}."
    )


def damage_rows(costs: Costs) -> list[list[object]]:
    """Rows of DAMAGE_COLUMNS."""
    return [
        [
            plain(damage.price.label),
            ", ".join(formats.label("degat_constate", code).lower() for code in damage.codes),
            formats.percent(damage.part),
            GROUND if damage.payer == BY_GROUND else PAYERS[damage.payer],
        ]
        for damage in costs.damages
    ]
