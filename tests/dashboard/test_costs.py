"""Coûts évités: the planted truth found again, situations spread and counted once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from dashboard import cost_declared, cost_known, cost_measured, cost_scenario, costs
from dashboard.cost_measured import Choice
from dashboard.cost_settings import Costs
from dashboard.cost_settings import costs as stated_costs
from dashboard.cost_words import FORBIDDEN
from dashboard.filters import Filters
from dashboard.indicators.declared_costs import Pert
from pipelines.settings import ROOT
from tests.dashboard.repairs import happened, ledger, plain
from tests.dashboard.warehouses import BUILD, write

PAGE = "dashboard/pages/couts_evites.py"
YEAR = Filters("tout", date(2025, 1, 1), date(2025, 12, 31), None, None)


@pytest.fixture
def stated() -> Costs:
    """The hypotheses that ship."""
    found = stated_costs(ROOT / "config" / "orvault")
    assert found is not None
    return found


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], None]:
    """Make a warehouse the one that is shown."""
    return lambda file: monkeypatch.setenv("OPTIMEDIA_WAREHOUSE", str(file))


# What is measured


def test_the_planted_fall_is_found_and_the_unchanged_landlord_is_inconclusive(use, stated, demo_warehouse: Path):
    use(demo_warehouse)
    months = cost_measured.months("BAIL-A")
    events = cost_measured.events(months[0], months[-1])
    found = cost_measured.agreement(events, stated.agreement, months)
    assert found is not None
    start = found.start.replace(day=1)
    fell, same = (
        cost_measured.measure(Choice(code, start, months[0], months[-1]), stated) for code in ("BAIL-A", "BAIL-B")
    )
    assert fell.facts is not None
    assert same.facts is not None
    assert fell.facts.low < 0.80 < fell.facts.high < 1
    assert fell.facts.verdict.startswith("baisse")
    assert same.facts.verdict == "non concluant"
    assert same.facts.low < 1 < same.facts.high
    said = plain(cost_known.verdict(same) + cost_known.reasons(same)).casefold()
    assert not [word for word in FORBIDDEN["non concluant"] if word in said]
    assert "baisse" in plain(cost_known.verdict(fell)).casefold()
    assert fell.currency == "euros courants"
    assert "pas de valeur" in fell.currency_note


def known(use, tmp_path: Path, rows: list[dict], **tables: Any) -> None:
    use(write(tmp_path / "w.duckdb", build=[BUILD | {"fictional": False}], landlord_repairs=rows, **tables))


def test_a_missing_month_is_not_observed_and_an_unknown_line_hides_its_month(use, tmp_path: Path):
    rows = [row for row in ledger() if (row["residence"], row["month"]) != ("seule", date(2024, 3, 1))]
    for row in rows:
        if (row["residence"], row["month"]) == ("seule", date(2024, 4, 1)):
            row["repairs"] = None
    known(use, tmp_path, rows)
    measured = cost_measured.measure(Choice("B", date(2025, 1, 1), date(2024, 1, 1), date(2025, 12, 1)), None)
    by_month = {month.month: month for month in measured.months[True]}
    assert by_month[date(2024, 3, 1)].residences == by_month[date(2024, 4, 1)].residences == 0
    assert by_month[date(2024, 5, 1)].rate.value == 1000 * by_month[date(2024, 5, 1)].repairs / 10
    rows_shown = {row[0][1]: row for row in cost_known.month_rows(measured)}  # type: ignore[index]
    assert rows_shown[date(2024, 3, 1)][1] == ("non observé", None)


def test_without_comparison_the_series_is_interrupted_and_said_to_be_weaker(use, tmp_path: Path):
    known(use, tmp_path, ledger())
    measured = cost_measured.measure(Choice("B", date(2025, 1, 1), date(2024, 1, 1), date(2025, 12, 1)), None)
    assert measured.interrupted is not None
    assert measured.analysis is None
    assert measured.facts is not None
    assert measured.facts.verdict != "baisse établie"
    said = plain(cost_known.verdict(measured))
    assert "preuve plus faible" in said
    assert "leur propre passé" in said or "il manque de quoi comparer" in said
    assert [row[0] for row in cost_known.checks(measured)][-1] == "Sans comparaison"


def test_periods_left_out_are_out_of_the_comparison_and_shown(use, tmp_path: Path):
    events = [{"starts_on": date(2024, 6, 10), "ends_on": date(2024, 8, 2), "label": "Travaux"}]
    known(use, tmp_path, ledger(), events=events)
    found = cost_measured.events(date(2024, 1, 1), date(2025, 12, 1))
    choice = Choice("A", date(2025, 1, 1), date(2024, 1, 1), date(2025, 12, 1))
    whole = cost_measured.measure(choice, None)
    cut = cost_measured.measure(replace(choice, cut=cost_known.periods(found, [1])), None)
    assert [month.month.month for month in cut.months[True] if month.is_cut] == [6, 7, 8]
    assert whole.analysis is not None
    assert cut.analysis is not None
    assert cut.analysis.effect.n_months == whole.analysis.effect.n_months - 3
    assert "Dans les mois comparés : Travaux (3 mois avant, 0 après)" in plain(cost_known.reasons(whole))
    assert "Mois écartés à votre demande : Travaux" in plain(cost_known.reasons(cut))


def test_works_that_begin_with_the_action_are_named_and_the_agreement_is_not(use, tmp_path: Path, stated):
    events = [
        {"starts_on": date(2025, 1, 6), "label": "Convention avec le bailleur"},
        {"starts_on": date(2025, 1, 13), "ends_on": date(2025, 12, 31), "label": "Travaux"},
    ]
    known(use, tmp_path, ledger(), events=events)
    choice = Choice("A", date(2025, 1, 1), date(2024, 1, 1), date(2025, 12, 1))
    compared = cost_measured.measure(choice, stated)
    assert compared.analysis is not None
    assert [event.label for event in compared.analysis.events] == ["Travaux"]
    alone = cost_measured.measure(replace(choice, landlord="B"), stated)
    assert "Ne se distingue pas du début de l’action, et l’écart le contient : Travaux." in plain(
        cost_known.verdict(alone)
    )


def test_what_a_comparison_could_not_read_is_said(use, tmp_path: Path):
    rows = [row for row in ledger() if (row["residence"], row["month"]) != ("suivie 0", date(2024, 3, 1))]
    rows += [row | {"residence": "calme", "repairs": 0} for row in rows if row["residence"] == "autre 0"]
    known(use, tmp_path, rows)
    choice = Choice("A", date(2025, 1, 1), date(2024, 1, 1), date(2025, 12, 1))
    (said,) = [row for row in cost_known.checks(cost_measured.measure(choice, None)) if row[0] == "Ce qui manque"]
    assert plain(str(said[1])) == "1 mois de résidence sans relevé ; 1 résidence : aucune réparation"


def test_the_small_count_check_reads_as_many_months_on_both_sides(use, tmp_path: Path):
    """25 months before, 17 after: 12 of each, where 2 a month become 1 in followed residences alone."""
    months = [date(2023 + n // 12, n % 12 + 1, 1) for n in range(42)]
    rows = [
        {"landlord_code": "A", "residence": f"{group} {n}", "month": month, "comparison_group": group, "dwellings": 10}
        | {"repairs": 1 if group == "suivi" and month >= date(2025, 2, 1) else 2, "cost_excl_tax": None}
        for group in ("suivi", "comparaison")
        for n in range(3)
        for month in months
    ]
    known(use, tmp_path, [row for row in rows if (row["residence"], row["month"]) != ("suivi 2", date(2025, 3, 1))])
    measured = cost_measured.measure(Choice("A", date(2025, 2, 1), months[0], months[-1]), None)
    assert measured.small is not None
    assert measured.small.months == 12
    # The residence with a month missing is left out of both sides.
    assert measured.small.treated == (48, 24)
    assert measured.small.control == (72, 72)
    assert measured.small.result.difference == -24
    assert "Le relevé ne donne pas les coûts" in plain(cost_known.verdict(measured))


@pytest.mark.parametrize(
    ("given", "start", "words"),
    [
        ({"comparison_group": None}, date(2025, 1, 1), "« suivi »"),
        ({"comparison_group": "comparaison"}, date(2025, 1, 1), "« suivi »"),
        ({}, None, "ni avant ni après"),
    ],
)
def test_what_cannot_be_compared_says_why(use, tmp_path: Path, given: dict, start: date | None, words: str):
    known(use, tmp_path, ledger(**given))
    measured = cost_measured.measure(Choice(None, start, date(2024, 1, 1), date(2025, 12, 1)), None)
    assert measured.facts is None
    assert words in plain(cost_known.verdict(measured))


def test_a_ledger_that_contradicts_itself_is_refused_in_french(use, tmp_path: Path):
    rows = ledger()
    rows[0]["comparison_group"] = "comparaison"
    known(use, tmp_path, rows)
    measured = cost_measured.measure(Choice("A", date(2025, 1, 1), date(2024, 1, 1), date(2025, 12, 1)), None)
    assert "ne peut pas être comparé" in measured.problem


def test_euros_are_constant_when_the_index_reaches_every_month_and_never_extrapolated(use, tmp_path: Path, stated):
    rows = [row for row in ledger() if row["residence"] == "autre 0" and row["month"].year == 2024]
    known(use, tmp_path, rows)
    index = stated.index
    assert index is not None
    cells = cost_measured.cells("A")
    priced, currency, note = cost_measured.constant_euros(cells, index)
    assert currency == "euros constants de décembre 2024"
    assert index.source in note
    assert priced[0].cost == pytest.approx(100 * index.values[date(2024, 12, 1)] / index.values[date(2024, 1, 1)])
    short = replace(index, values={month: 1.0 for month in index.values if month < date(2024, 6, 1)})
    same, currency, note = cost_measured.constant_euros(cells, short)
    assert list(same) == list(cells)
    assert currency == "euros courants"
    assert "juin 2024" in note


# What is supposed


def situations(*rows: tuple[str, str | None, int, int]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["motif", "ground", "situations", "damage_unknown"])


def damage(*rows: tuple[str, str | None, str, int]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["motif", "ground", "damage", "found"])


def test_situations_are_spread_as_damage_was_found_and_each_counts_once(stated):
    found = damage(
        ("occupation_hall", "bailleur", "porte_hall_repar", 30),
        ("occupation_hall", "bailleur", "vitrage", 10),
        ("occupation_hall", "autre", "porte_hall_repar", 20),
        ("feu", "ville", "feu_poubelle", 20),
    )
    known = cost_declared.spread(
        situations(
            ("occupation_hall", "bailleur", 80, 3),
            ("occupation_hall", "autre", 10, 0),
            ("feu", "ville", 12, 0),
            ("tag", None, 5, 1),
        ),
        found,
        stated.damages,
    )
    n = {(stake.damage.price.key, stake.payer): stake.n for stake in known.stakes}
    assert n == {
        ("porte_reparation", "bailleur"): pytest.approx(60),
        ("bac_brule", "ville"): pytest.approx(12),
        ("sortie_pompiers", "SDIS"): pytest.approx(12),
    }
    assert known.situations == 107
    assert known.damage_unknown == 4
    assert known.without_price == pytest.approx(20), "broken glass has no price"
    assert known.without_payer == pytest.approx(10), "a condominium is neither the landlord's nor the city's"
    assert known.without_mix == 5, "nothing was ever found on unknown ground"
    assert known.valued == pytest.approx(72)


def test_a_motif_with_little_damage_takes_the_mix_of_its_ground(stated):
    found = damage(("tag", "bailleur", "tag", 19), ("occupation_hall", "bailleur", "souillure", 57))
    known = cost_declared.spread(situations(("tag", "bailleur", 100, 0)), found, stated.damages)
    n = {stake.damage.price.key: stake.n for stake in known.stakes}
    assert n == {"tag": pytest.approx(25), "hall_souille": pytest.approx(75)}


def test_the_warehouse_is_asked_for_situations_that_ended_well_without_damage(use, tmp_path: Path, stated):
    rows = [
        happened(1),
        happened(2, ownership=None),
        happened(3, damage=None),
        happened(4, damage="porte_hall_repar"),
        happened(5, outcome="refus"),
        happened(6, motif="bruit_voisinage"),
        happened(7, service_date=date(2024, 3, 1)),
        happened(8, ownership="metropole", landlord_code=None),
        happened(9, landlord_code="B"),
    ]
    use(write(tmp_path / "w.duckdb", build=[BUILD], interventions=rows))
    everyone, own = (cost_declared.stakes(YEAR, landlord, stated) for landlord in (None, "A"))
    assert (everyone.situations, own.situations) == (4, 2)
    assert everyone.damage_unknown == own.damage_unknown == 1
    assert [(stake.payer, stake.n) for stake in own.stakes] == [("bailleur", 2.0)]
    assert stated.service_value is not None
    assert cost_declared.mediations(YEAR, None, stated.service_value) == 7
    assert cost_declared.mediations(replace(YEAR, neighbourhoods=("sud",)), None, stated.service_value) == 0


@pytest.mark.parametrize(
    ("start", "end", "years"),
    [
        (date(2025, 11, 25), date(2026, 11, 24), 1),
        (date(2024, 1, 1), date(2024, 12, 31), 1),
        (date(2025, 1, 1), date(2025, 3, 31), 0.25),
        (date(2023, 7, 1), date(2026, 6, 30), 3),
    ],
)
def test_a_year_is_twelve_months(start: date, end: date, years: float):
    assert cost_declared.years(replace(YEAR, start=start, end=end)) == pytest.approx(years)


def test_payers_are_intervals_and_the_insurer_s_part_is_apart(use, stated, demo_warehouse: Path):
    use(demo_warehouse)
    scenario = cost_scenario.Scenario("", cost_scenario.defaults(stated), contribution=10_000.0, service_cost=200_000.0)
    chosen = replace(YEAR, start=date(2025, 11, 25), end=date(2026, 11, 24))
    found = costs.answer(chosen, None, stated, scenario)
    names = [name for name, _ in costs.payers(found)]
    assert names == ["Bailleurs", "Ville et métropole", "SDIS (pompiers)", costs.TOTAL, costs.REIMBURSED]
    own = sum(spread.mean for name, spread in costs.payers(found)[:3])
    assert own == pytest.approx(found.declared.simulation.total.mean)
    bars: Any = costs.payer_chart(found)
    assert all("de " in note.text and " à " in note.text for note in bars.layout.annotations[:5])
    assert "Chance" in costs.drivers(found)[0][0]
    said = plain(" ".join(words for _, words in costs.beside(found, None))).casefold()
    assert "10 000 € pour la période (12 mois)" in said
    for word in ("rentab", "autofinanc", "se finance"):
        assert word not in said
    price = Pert(150, 400, 900).mean * (1 - Pert(0, 0, 0.45).mean)
    needed: dict[Any, Any] = {row[0]: row[1] for row in costs.break_even_rows(found)}
    assert needed["Porte de hall, réparation"][1] == pytest.approx(10_000 / price, abs=0.01)
