"""Every verdict, every sentence: no word that the data do not carry."""

from __future__ import annotations

import math
from datetime import date
from typing import get_args

import pytest

from dashboard import cost_words
from dashboard.cost_words import ALWAYS, FORBIDDEN, Facts
from dashboard.indicators.avoided_costs import Avoided, Power, Reason, Verdict
from dashboard.indicators.ledger_verdict import ALARMS, WEAK

VERDICTS: tuple[Verdict, ...] = get_args(Verdict)
# A ratio and an interval that each verdict may come with.
RATIOS = {
    "baisse établie": (0.8, 0.71, 0.91),
    "baisse probable": (0.88, 0.77, 1.01),
    "non concluant": (0.97, 0.80, 1.18),
    "hausse": (1.3, 1.1, 1.5),
    "non observé": (math.nan, math.nan, math.nan),
}
INTERVAL_REASONS = {
    "baisse établie": "interval_below_one",
    "baisse probable": "interval_90_below_one",
    "non concluant": "interval_holds_one",
    "hausse": "interval_above_one",
    "non observé": "not_observed",
}


def facts(verdict: Verdict, **given: object) -> Facts:
    ratio, low, high = RATIOS[verdict]
    return Facts(
        **{
            "verdict": verdict,
            "rate_ratio": ratio,
            "low": low,
            "high": high,
            "level": 0.95,
            "n_residences": 24,
            "n_followed": 12,
            "repairs": 5012.0,
            "first_month": date(2023, 11, 1),
            "last_month": date(2026, 10, 1),
            "start": date(2025, 5, 1),
        }
        | given  # type: ignore[arg-type]
    )


def avoided(ratio: float = 0.8, euros: tuple[float, float, float] | None = (5000.0, 1000.0, 9000.0)) -> Avoided:
    low, middle, high = (20.0, 100.0, 180.0) if ratio < 1 else (-180.0, -100.0, -20.0)
    money = euros or (None, None, None)
    return Avoided(
        observed=900.0,
        expected=1000.0,
        repairs=middle,
        repairs_low=low,
        repairs_high=high,
        euros=money[0],
        euros_low=money[1],
        euros_high=money[2],
        unit_cost=260.0 if euros else None,
        unit_cost_repairs=900.0,
        level=0.95,
    )


def said(verdict: Verdict) -> list[str]:
    """Everything that may be said of a verdict."""
    ratio = RATIOS[verdict][0]
    reasons = [cost_words.reason(code) for code in (INTERVAL_REASONS[verdict], *ALARMS, *WEAK)]  # type: ignore[arg-type]
    powers = [cost_words.power(Power(0.8, 0.2, 0.8)), cost_words.power(Power(math.nan, math.nan, 0.8))]
    amounts = [
        cost_words.avoided(verdict, avoided(ratio, euros), "euros courants") for euros in (None, (1.0, 2.0, 3.0))
    ]
    due = [cost_words.against_contribution(verdict, found, 1e9) for found in (None, avoided(ratio))]
    return [
        cost_words.headline(verdict),
        *(cost_words.sentence(facts(verdict, has_comparison=known)) for known in (True, False)),
        *reasons,
        *powers,
        *amounts,
        *due,
    ]


@pytest.mark.parametrize("verdict", VERDICTS)
def test_no_sentence_says_more_than_its_verdict(verdict: Verdict):
    for sentence in said(verdict):
        plain = sentence.casefold()
        assert not [word for word in FORBIDDEN[verdict] if word in plain], f"{verdict}: {sentence}"


def test_the_forbidden_words_are_those_that_matter():
    for verdict in VERDICTS:
        assert set(ALWAYS) <= set(FORBIDDEN[verdict])
        assert {"rentab", "autofinanc"} <= set(ALWAYS)
        if not verdict.startswith("baisse"):
            assert "baiss" in FORBIDDEN[verdict]
    assert "hausse" in FORBIDDEN["non concluant"]
    assert "établi" in FORBIDDEN["baisse probable"]


@pytest.mark.parametrize("code", get_args(Reason))
def test_every_reason_has_its_sentence(code: Reason):
    assert cost_words.reason(code).endswith(".")


@pytest.mark.parametrize("verdict", VERDICTS)
def test_a_sentence_gives_interval_n_and_period(verdict: Verdict):
    sentence = cost_words.sentence(facts(verdict)).replace("\u202f", " ").replace("\u00a0", " ")
    assert "depuis mai 2025" in sentence
    if verdict == "non observé":
        assert "%" not in sentence
        return
    assert "intervalle à 95 %" in sentence
    assert "5 012 réparations dans 24 résidences, dont 12 suivies" in sentence
    assert "de novembre 2023 à octobre 2026" in sentence


def test_the_ends_of_an_interval_say_their_side():
    assert cost_words.change(0.998).replace("\u202f", "") == "−0,2%"
    assert cost_words.change(1.004).replace("\u202f", "") == "+0,4%"
    assert cost_words.change(0.8).replace("\u202f", "") == "−20%"
    assert cost_words.change(1.0).replace("\u202f", "") == "0%"
    assert cost_words.change(math.inf) == "une valeur sans borne"


def test_a_side_without_limit_is_said_in_words():
    assert cost_words.ends(-math.inf, math.inf, str) == "sans borne"
    assert cost_words.ends(2, math.inf, str) == "au moins 2"
    assert cost_words.ends(-math.inf, 2, str) == "au plus 2"
    rise = cost_words.sentence(facts("hausse", rate_ratio=math.inf, low=1.2, high=math.inf))
    unclear = cost_words.sentence(facts("non concluant", rate_ratio=math.inf, low=0.5, high=math.inf))
    assert "augmenté depuis" in rise
    assert "écart sans borne" in unclear
    assert "∞" not in rise + unclear


def test_only_an_established_fall_above_the_contribution_covers_it():
    above = cost_words.against_contribution("baisse établie", avoided(), 900.0)
    assert above.startswith("Tout l’intervalle mesuré")
    for verdict in VERDICTS:
        assert cost_words.against_contribution(verdict, avoided(), 1100.0).startswith("Rien de mesuré")
        if verdict != "baisse établie":
            assert cost_words.against_contribution(verdict, avoided(), 900.0).startswith("Rien de mesuré")
    assert cost_words.against_contribution("baisse établie", avoided(euros=None), 1.0).startswith("Rien de mesuré")


def test_repairs_are_avoided_only_in_a_fall_else_they_are_a_difference():
    fell = cost_words.avoided("baisse établie", avoided(), "euros courants")
    assert fell.startswith("Réparations évitées\u00a0: de 20 à 180")
    rose = cost_words.avoided("hausse", avoided(1.3), "euros courants")
    assert rose.startswith("Écart en réparations depuis le début\u00a0: de 20 à 180")
