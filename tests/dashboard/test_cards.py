"""Cards in French: what they say of a figure, of its uncertainty, of what is missing, and never more."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, datetime

import pytest

from dashboard import cards
from dashboard.cards import Card
from dashboard.filters import Bounds, Filters
from dashboard.indicators import activity
from dashboard.indicators.activity import Comparison
from dashboard.warehouse import Build
from tests.dashboard.indicators.test_activity import NOW
from tests.dashboard.warehouses import BUILD, HOSTILE

YEAR = Filters("annee", date(2025, 1, 1), date(2025, 12, 31), date(2024, 1, 1), date(2024, 12, 31))


def made(now: activity.Totals, before: activity.Totals | None, filters: Filters = YEAR) -> list[Card]:
    """The five cards."""
    return list(cards.cards(activity.summary(now, before), now, filters))


def words(card: Card) -> str:
    """What a card shows, without its tags, spaces made ordinary."""
    shown = re.sub(r"<[^>]+>", " ", cards.html(card))
    return re.sub(r"\s+", " ", shown.replace("\u00a0", " ").replace("\u202f", " "))


def test_each_card_says_period_n_unit_uncertainty_and_comparison():
    expected = [
        ("418 interventions", "Intervalle à 95 % : 379 à 460", "en 365 jours", "un an avant : 418"),
        ("10,0 demandes pour 100 h", "Intervalle à 95 % : 8,8 à 11,3", "n = 249 demandes en 2 490 h", "10,0"),
        ("96,4 % des heures prévues", "Entre 92,0 % et 96,6 %", "2 400 h faites sur 2 490 h prévues", "96,4 %"),
        ("62,4 % des interventions", "Intervalle à 95 % : 57,6 % à 67,1 %", "n = 261 demandes sur 418", "62,4 %"),
        ("80,0 % des issues connues", "Intervalle à 95 % : 74,5 % à 84,8 %", "n = 200 apaisées sur 250", "80,0 %"),
    ]
    for card, texts in zip(made(NOW, NOW), expected, strict=True):
        shown = words(card)
        assert "du 01/01/2025 au 31/12/2025" in shown
        assert "≈ Pas de différence établie" in shown
        for text in texts:
            assert text in shown, shown


def test_a_rise_and_a_fall_carry_a_word_a_sign_and_an_interval():
    more = replace(NOW, interventions=600, requests_observed=400)
    rise, fall = words(made(more, NOW)[0]), words(made(NOW, more)[0])
    assert re.search(r"▲ Hausse \+44 % \(de \+\d+ % à \+\d+ %\)", rise)
    assert re.search(r"▼ Baisse −30 % \(de −\d+ % à −\d+ %\)", fall)


def test_a_count_that_explodes_is_said_in_times_rather_than_in_thousands_of_percents():
    shown = words(made(replace(NOW, interventions=556), replace(NOW, interventions=1))[0])
    assert re.search(r"▲ Hausse multiplié par 556 \(de \d+ à [\d ]+\) ; un an avant : 1 ", shown)
    assert "depuis zéro" in words(made(NOW, replace(NOW, interventions=0))[0])


def test_counts_without_any_presence_carry_a_warning():
    assert "peut venir de la saisie" in words(made(replace(NOW, observed_days=0), NOW)[0])
    assert "peut venir de la saisie" not in words(made(NOW, NOW)[0])


def test_the_axis_shows_what_the_words_say():
    def ends(card: Card) -> tuple[float, float, float]:
        found = re.search(r"left:([\d.]+)%;width:([\d.]+)%.*?left:([\d.]+)%", cards.html(card))
        assert found
        left, width, point = map(float, found.groups())
        return left, point, left + width

    left, point, right = ends(made(replace(NOW, interventions=600), NOW)[0])
    assert 50 < left < point < right <= 100
    left, point, right = ends(made(NOW, NOW)[0])
    assert left < 50 < right
    assert point == pytest.approx(50, abs=0.1)
    assert ends(made(replace(NOW, interventions=1), replace(NOW, interventions=0))[0])[2] == 100


@pytest.mark.parametrize(
    ("now", "before", "period", "said"),
    [
        (NOW, None, "annee", "ne remontent pas à un an avant"),
        (NOW, None, "tout", "toute la période est affichée"),
        (NOW, replace(NOW, patrol_hours=0.0, requests_observed=0), "annee", "un des deux côtés n’est pas observé"),
        (NOW, replace(NOW, timetable_hours=NOW.patrol_hours), "annee", "viennent d’une autre source"),
    ],
)
def test_a_missing_comparison_says_why(now, before, period, said):
    assert said in words(made(now, before, replace(YEAR, period=period))[1])


def test_without_presence_there_is_no_rate_and_no_zero():
    blind = replace(
        NOW,
        patrol_hours=0.0,
        requests_observed=0,
        done_hours=0.0,
        planned_documented_hours=0.0,
        planned_hours=0.0,
        documented_days=0,
        is_timetable_unknown=True,
    )
    rate, hours = made(blind, blind)[1:3]
    assert (rate.value, rate.unit, rate.uncertainty, rate.made_of) == ("non observé", "", "", "")
    assert "261 demandes, mais aucune heure de patrouille connue : pas de taux." in words(rate)
    assert hours.value == "non observé"
    assert "Aucun horaire prévu n’est connu" in words(hours)


def test_hours_of_the_timetable_are_said_to_be_the_whole_service():
    timetable = replace(NOW, timetable_hours=NOW.patrol_hours)
    shown = words(made(timetable, None, replace(YEAR, neighbourhoods=("nord",)))[1])
    assert "Heures de l’horaire prévu" in shown
    assert "celles de tout le service" in shown
    some = words(made(replace(NOW, timetable_hours=90.0), None)[1])
    assert "Dont 90 h tirées de l’horaire prévu" in some
    assert "tout le service" not in some


def test_what_a_figure_leaves_out_is_counted():
    shown = [words(card) for card in made(NOW, None)]
    assert "Sans compter 12 demandes de jours dont la présence est inconnue." in shown[1]
    assert "Sans compter 2 interventions d’origine inconnue." in shown[3]
    assert "Sans compter 168 interventions d’issue inconnue." in shown[4]


def test_filters_that_a_figure_ignores_are_said():
    chosen = replace(YEAR, origin="initiatives", motifs=("feu",), neighbourhoods=("nord",))
    shown = [words(card) for card in made(NOW, None, chosen)]
    assert "Interventions (initiatives seules)" in shown[0]
    assert "tous motifs et registres confondus" in shown[1]
    assert "Pour tout le service, quel que soit le quartier." in shown[2]
    assert "ne s’applique pas ici" in shown[3]


def test_singular_and_small_numbers():
    one = replace(NOW, interventions=1, appeased=1, outcome_known=1)
    shown = [words(card) for card in made(one, None)]
    assert "1 intervention " in shown[0]
    assert "soit 0,00 par jour" not in shown[0] or one.days > 200
    assert "n = 1 apaisée sur 1 issue connue" in shown[4]


@pytest.mark.parametrize(
    ("today", "age", "is_stale"),
    [
        (date(2025, 12, 31), "aujourd’hui", False),
        (date(2026, 1, 7), "il y a 7 jours", False),
        (date(2026, 1, 8), "il y a 8 jours", True),
        (date(2025, 12, 30), "à venir", False),
    ],
)
def test_the_data_say_their_age(today: date, age: str, is_stale: bool):
    known = Bounds(date(2024, 1, 2), date(2025, 12, 31), date(2025, 10, 1), "hiver")
    card = cards.freshness(Build(**BUILD), known, today, datetime(2025, 12, 31, 6, 12))
    shown = words(card)
    assert "31/12/2025 dernier jour connu" in shown
    assert age in shown
    assert "construit le 31/12/2025 à 06:12" in shown
    assert ("Rien depuis" in shown) == is_stale


def test_no_text_of_a_card_is_markup():
    card = replace(made(NOW, NOW)[0], title=HOSTILE, value=HOSTILE, unit=HOSTILE, notes=(HOSTILE,), before=HOSTILE)
    html = cards.html(card)
    assert "<img" not in html
    assert html.count("&lt;img src=x onerror=alert(1)&gt;") == 5
    assert isinstance(card.comparison, Comparison)
