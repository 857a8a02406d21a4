"""Scenarios: hypotheses as a reader moved them, from sliders to numbers and back, and as a file to keep and load."""

from __future__ import annotations

import json
import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass

from dashboard import formats
from dashboard.cost_settings import Costs, Hypothesis, Table, amount
from dashboard.indicators.declared_costs import Pert
from pipelines.settings import SettingsError

MOST_BYTES, LONGEST_NAME = 100_000, 80
SHARES = 100  # a share is moved in percent
STEPS = (100.0, 50.0, 10.0, 5.0, 1.0, 0.5, 0.1, 0.05, 0.01)
LEAST_STEPS = 50
CONTRIBUTION, SERVICE_COST = "contribution", "cout_service"
AMOUNTS = (CONTRIBUTION, SERVICE_COST)
HOURS = "heures"


@dataclass(frozen=True)
class Slider:
    """How a hypothesis is moved: in percent, euros or hours; ends, step and format of its two sliders."""

    key: str
    label: str
    low: float
    mode: float
    high: float
    top: float
    step: float
    format: str

    @property
    def mode_key(self) -> str:
        """Name of the most likely value in the address."""
        return f"{self.key}_mode"


@dataclass(frozen=True)
class Scenario:
    """Hypotheses that differ or not from the territory's, and amounts that only the reader knows (euros a year)."""

    name: str
    values: Mapping[str, Pert]
    contribution: float | None = None
    service_cost: float | None = None


def defaults(costs: Costs) -> dict[str, Pert]:
    """The territory's own hypotheses."""
    return {each.key: each.values for each in costs.hypotheses()}


def slider(hypothesis: Hypothesis) -> Slider:
    """Sliders that can stand exactly on the stated values."""
    values = hypothesis.values
    low, mode, high = (_shown(hypothesis, value) for value in (values.low, values.mode, values.high))
    top = float(SHARES) if hypothesis.is_share else _round_up(2 * high or 1.0)
    step = next(
        (step for step in STEPS if top / step >= LEAST_STEPS and all(_on(value, step) for value in (low, mode, high))),
        STEPS[-1],
    )
    # The reader's own decimal comma where there are decimals: a printf format only knows the point.
    unit = "%%" if hypothesis.is_share else "h" if hypothesis.key == HOURS else "€"
    shown = f"%.0f\u00a0{unit}" if step >= 1 else "localized"
    label = hypothesis.label if step >= 1 else f"{hypothesis.label} ({unit[0]})"
    return Slider(f"h_{hypothesis.key}", label, low, mode, high, top, step, shown)


def moved(hypothesis: Hypothesis, low: float, mode: float, high: float) -> tuple[Pert, str]:
    """The hypothesis that sliders say, and what to tell of it: a changed one is marked, a mode outside is brought in.

    Untouched sliders give the territory's values themselves, not what the slider's step makes of them.
    """
    start = slider(hypothesis)
    kept = min(max(mode, low), high)
    if (low, kept, high) == (start.low, start.mode, start.high):
        return hypothesis.values, ""
    scale = SHARES if hypothesis.is_share else 1
    note = f"Modifié, défaut {stated(hypothesis, hypothesis.values)}"
    if kept != mode:
        note += f". La valeur la plus probable est ramenée dans l’intervalle\u00a0: {_value(hypothesis, kept / scale)}"
    return Pert(low / scale, kept / scale, high / scale), note


def changed(costs: Costs, values: Mapping[str, Pert]) -> str:
    """How many hypotheses are not the territory's; nothing when all are."""
    count = sum(values[each.key] != each.values for each in costs.hypotheses())
    return f"{formats.plural(count, 'hypothèse modifiée', 'hypothèses modifiées')}." if count else ""


def stated(hypothesis: Hypothesis, values: Pert) -> str:
    """« 2 % / 10 % / 30 % »: lowest, most likely, highest."""
    return " / ".join(_value(hypothesis, value) for value in (values.low, values.mode, values.high))


def marked(hypothesis: Hypothesis, values: Pert) -> str:
    """The values, and the territory's own beside those that are not."""
    default = f" (modifié, défaut {stated(hypothesis, hypothesis.values)})"
    return stated(hypothesis, values) + ("" if values == hypothesis.values else default)


def places(costs: Costs, scenario: Scenario) -> dict[str, object]:
    """Where widgets stand for a scenario, by name in the address."""
    found: dict[str, object] = {CONTRIBUTION: scenario.contribution, SERVICE_COST: scenario.service_cost}
    for hypothesis in costs.hypotheses():
        where, pert = slider(hypothesis), scenario.values[hypothesis.key]
        low, mode, high = (_shown(hypothesis, each) for each in (pert.low, pert.mode, pert.high))
        found |= {where.key: (low, high), where.mode_key: mode}
    return found


def write(scenario: Scenario, costs: Costs, territory: str) -> bytes:
    """The scenario as TOML: every hypothesis, so that it stays what it was when the defaults change."""
    lines = [
        f"# Scénario du coût évité déclaré, {_one_line(territory)}. [min, plus probable, max]\u00a0; des hypothèses,",
        "# rien de mesuré.",
        f"nom = {json.dumps(_one_line(scenario.name), ensure_ascii=False)}",
    ]
    for key, value in ((CONTRIBUTION, scenario.contribution), (SERVICE_COST, scenario.service_cost)):
        lines += [f"{key} = {value!r}"] if value is not None else []
    lines += ["", "[hypotheses]"]
    for hypothesis in costs.hypotheses():
        pert = scenario.values[hypothesis.key]
        changed = "" if pert == hypothesis.values else f"  # défaut\u00a0: {_numbers(hypothesis.values)}"
        lines.append(f"{hypothesis.key} = {_numbers(pert)}{changed}")
    return "\n".join([*lines, ""]).encode()


def read(content: bytes, file: str, costs: Costs) -> Scenario:
    """A scenario as `write` made it; what it leaves out is as the territory states it.

    Raises SettingsError, in French, with the key, what was expected and what was found.
    """
    if len(content) > MOST_BYTES:
        size = formats.number(len(content))
        raise SettingsError(f"{file}\u00a0: {size} octets\u00a0; attendu\u00a0: un scénario de moins de 100\u202f000.")
    try:
        raw = tomllib.loads(content.decode("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{file}\u00a0: ce n’est pas un scénario lisible (TOML\u00a0: {error}).") from None
    table = Table(file, "", raw)
    known = {hypothesis.key: hypothesis for hypothesis in costs.hypotheses()}
    stray = sorted(set(table.keys()) - {"nom", "hypotheses", *AMOUNTS})
    if stray:
        raise table.wrong(stray[0], "nom, contribution, cout_service ou hypotheses", raw[stray[0]])
    values, given = defaults(costs), table.table("hypotheses")
    for key in given.keys():  # noqa: SIM118 - a Table is not a mapping
        if key not in known:
            raise given.wrong(key, "une hypothèse de ce territoire", key)
        values[key] = _within(given, key, known[key])
    amounts = {key: _amount(table, key) for key in AMOUNTS}
    return Scenario(table.text("nom")[:LONGEST_NAME], values, amounts[CONTRIBUTION], amounts[SERVICE_COST])


def _within(table: Table, key: str, hypothesis: Hypothesis) -> Pert:
    """Values that the sliders can stand on: a scenario is never loaded as another one."""
    pert, top = table.pert(key, is_share=hypothesis.is_share), slider(hypothesis).top
    if _shown(hypothesis, pert.high) > top:
        raise table.wrong(key, f"des valeurs d’au plus {formats.number(top)}", _numbers(pert))
    return pert


def _amount(table: Table, key: str) -> float | None:
    if key not in table:
        return None
    found = amount(table.get(key, "un montant en euros"))
    if found is None:
        raise table.wrong(key, "un montant en euros, 0 ou plus", table.get(key, ""))
    return found


def _value(hypothesis: Hypothesis, value: float) -> str:
    decimals = 0 if _on(_shown(hypothesis, value), 1) else 1 if _on(_shown(hypothesis, value), 0.1) else 2
    if hypothesis.is_share:
        return formats.percent(value, decimals)
    return f"{formats.number(value, decimals)}\u00a0h" if hypothesis.key == HOURS else formats.euros(value, decimals)


def _shown(hypothesis: Hypothesis, value: float) -> float:
    """A value in the unit of its slider, rid of binary dust: 0.07 is 7, not 7.000000000000001."""
    return round(value * (SHARES if hypothesis.is_share else 1), 6)


def _on(value: float, step: float) -> bool:
    return math.isclose(value / step, round(value / step), abs_tol=1e-6)


def _round_up(value: float) -> float:
    """The next 1, 2 or 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(value))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= value * (1 - 1e-9))


def _numbers(pert: Pert) -> str:
    return f"[{', '.join(f'{value:.10g}' for value in (pert.low, pert.mode, pert.high))}]"


def _one_line(words: str) -> str:
    return "".join(character if character.isprintable() else " " for character in words)
