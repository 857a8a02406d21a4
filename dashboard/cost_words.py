"""The words that a verdict allows, for every page and deck: nothing says « baisse » when the data do not.

Each verdict has its own sentences; `FORBIDDEN` lists what no text about it may hold, and `ALWAYS` what none ever may.
The tests read every sentence made here against both.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from dashboard import formats
from dashboard.indicators.avoided_costs import Avoided, Power, Reason, Verdict

# Claims that no measure of this product can carry, and causes that a comparison does not prove.
SMALL = 0.0095
ALWAYS = ("rentab", "autofinanc", "se finance", "se paie", "prouv", "grâce à", "garanti", "retour sur investissement")
_FALL = ("baiss", "diminu", "recul", "moins de réparations", "réduction", "économ", "évité", "gain")
_RISE = ("hausse", "augment", "progress", "plus de réparations")
FORBIDDEN: Mapping[Verdict, tuple[str, ...]] = {
    "baisse établie": (*ALWAYS, *_RISE, "probable"),
    "baisse probable": (*ALWAYS, *_RISE, "établi", "certain", "démontr"),
    "non concluant": (*ALWAYS, *_FALL, *_RISE, "établi", "démontr"),
    "hausse": (*ALWAYS, *_FALL),
    "non observé": (*ALWAYS, *_FALL, *_RISE, "établi", "démontr"),
}
TITLES: Mapping[Verdict, str] = {
    "baisse établie": "Baisse établie",
    "baisse probable": "Baisse probable",
    "non concluant": "Non concluant",
    "hausse": "Hausse",
    "non observé": "Non observé",
}
SIGNS: Mapping[Verdict, str] = {
    "baisse établie": "▼",
    "baisse probable": "▽",
    "non concluant": "≈",
    "hausse": "▲",
    "non observé": "–",
}
_OPENINGS: Mapping[Verdict, str] = {
    "baisse établie": "Les réparations des résidences suivies ont baissé",
    "baisse probable": "Les réparations des résidences suivies ont probablement baissé",
    "non concluant": "Les données ne permettent pas de conclure sur les réparations des résidences suivies",
    "hausse": "Les réparations des résidences suivies ont augmenté",
    "non observé": "Rien ne peut être dit des réparations des résidences suivies",
}
_CHECKS: Mapping[Reason, str] = {
    "interval_below_one": "L’intervalle à 95\u202f% est tout entier sous l’égalité.",
    "interval_90_below_one": "L’intervalle à 90\u202f% est sous l’égalité, celui à 95\u202f% la contient.",
    "interval_holds_one": "L’intervalle contient l’égalité\u00a0: l’écart peut être dû au hasard.",
    "interval_above_one": "L’intervalle à 95\u202f% est tout entier au-dessus de l’égalité.",
    "trends_parallel": "Avant le début, rien ne distingue l’évolution des deux groupes.",
    "trends_differ": "Avant le début, les deux groupes évoluaient déjà autrement\u00a0: la comparaison est fragile.",
    "trends_untested": "Trop peu de mois avant le début pour vérifier que les deux groupes évoluaient de même.",
    "placebo_date_silent": "Une date fictive, prise avant la vraie, ne montre rien, comme attendu.",
    "placebo_date_flagged": "Une date fictive, prise avant la vraie, montre déjà un écart\u00a0: prudence.",
    "placebo_date_untested": "Trop peu de mois avant le début pour essayer une date fictive.",
    "placebo_group_silent": "Un groupe fictif, tiré des résidences de comparaison, ne montre rien, comme attendu.",
    "placebo_group_flagged": "Un groupe fictif, tiré des résidences de comparaison, montre un écart\u00a0: prudence.",
    "placebo_group_untested": "Trop peu de résidences de comparaison pour essayer un groupe fictif.",
    "narrowly_below_one": "L’intervalle est sous l’égalité de peu\u00a0: à 97,5\u202f%, il ne l’est plus.",
    "one_residence_carries": "Une seule résidence porte l’écart\u00a0: sans elle, il n’est plus net.",
    "no_residence_carries": "L’écart tient même sans l’une ou l’autre des résidences.",
    "no_repair_on_one_side": "Aucune réparation d’un côté\u00a0: l’intervalle est approché autrement.",
    "few_residences": "Peu de résidences\u00a0: l’intervalle tient mal compte de leurs différences.",
    "few_months": "Peu de mois d’un côté du début\u00a0: les saisons ne se compensent pas.",
    "no_comparison": "Aucune résidence de comparaison\u00a0: avant et après seulement, une preuve plus faible.",
    "not_observed": "Il manque des mois ou des résidences d’un côté pour comparer.",
    "confounding_events": "Un événement connu recouvre des mois comparés\u00a0: il peut expliquer une part de l’écart.",
}


@dataclass(frozen=True)
class Facts:
    """What a verdict's sentence says: the ratio with its interval, and over what."""

    verdict: Verdict
    rate_ratio: float
    low: float
    high: float
    level: float
    n_residences: int
    n_followed: int
    repairs: float
    first_month: date
    last_month: date
    start: date
    has_comparison: bool = True


def headline(verdict: Verdict) -> str:
    """Sign and name of a verdict."""
    return f"{SIGNS[verdict]} {TITLES[verdict]}"


def sentence(facts: Facts, *, has_counts: bool = True) -> str:
    """The verdict in one sentence, with its interval, n and period; `has_counts` false: without any count."""
    against = "par rapport aux résidences de comparaison" if facts.has_comparison else "par rapport à leur propre passé"
    when = f"depuis {formats.long_month(facts.start)}"
    if facts.verdict == "non observé" or math.isnan(facts.rate_ratio):
        return f"{_OPENINGS['non observé']} {when}\u00a0: il manque de quoi comparer."
    limits = f"de {change(facts.low)} à {change(facts.high)}"
    level = f"intervalle à {formats.percent(facts.level)}"
    n = (
        f"{formats.plural(facts.repairs, 'réparation')} dans {formats.plural(facts.n_residences, 'résidence')}, "
        f"dont {formats.number(facts.n_followed)} suivies, "
    )
    span = f"de {formats.long_month(facts.first_month)} à {formats.long_month(facts.last_month)}"
    is_open = math.isinf(facts.rate_ratio)
    middle = f"{'' if is_open else f' de {size(facts.rate_ratio)}'} {when}, {against}"
    if facts.verdict == "non concluant":
        middle = f" {when}, {against}\u00a0: écart {'sans borne' if is_open else f'de {change(facts.rate_ratio)}'}"
    return f"{_OPENINGS[facts.verdict]}{middle} ({level}\u00a0: {limits}\u00a0; {n if has_counts else ''}{span})."


def change(ratio: float) -> str:
    """A ratio as a signed change: 0.8 is « −20 % »."""
    if math.isinf(ratio):
        return "une valeur sans borne"
    share = ratio - 1
    decimals = 1 if share and abs(share) < SMALL else 0  # « 0 % » would hide on which side an interval ends
    sign = "+" if round(share, 2 + decimals) > 0 else ""
    return f"{sign}{formats.percent(share, decimals)}"


def size(ratio: float) -> str:
    """How far a ratio is from equality: 0.8 and 1.2 are « 20 % »."""
    share = abs(ratio - 1)
    return formats.percent(share, 1 if share < SMALL else 0)


def ends(low: float, high: float, shown: Callable[[float], str]) -> str:
    """An interval, each side of it said only where the data set a limit."""
    if math.isinf(low) or math.isinf(high):
        one_side = f"au plus {shown(high)}" if math.isinf(low) else f"au moins {shown(low)}"
        return "sans borne" if math.isinf(low) and math.isinf(high) else one_side
    return f"de {shown(low)} à {shown(high)}"


def reason(code: Reason) -> str:
    """One thing that a verdict rests on."""
    return _CHECKS[code]


def power(known: Power) -> str:
    """How small an effect these data could have shown, in words that say nothing of what they did show."""
    if math.isnan(known.fall):
        return "Puissance\u00a0: aucun écart, même complet, n’aurait été vu de façon fiable avec ces données."
    chance = formats.number(10 * known.power)
    return (
        f"Puissance\u00a0: ces données ne voient de façon fiable ({chance} fois sur 10) qu’un écart d’au moins "
        f"{formats.percent(known.fall)}\u00a0; un effet plus petit peut exister sans être vu."
    )


def avoided(verdict: Verdict, known: Avoided, currency: str) -> str:
    """Repairs and euros behind a verdict; only a « baisse » speaks of what was avoided."""
    level = f"intervalle à {formats.percent(known.level)}"
    fell = verdict in ("baisse établie", "baisse probable")
    count = formats.number(known.repairs if fell else -known.repairs)
    low, high = (known.repairs_low, known.repairs_high) if fell else (-known.repairs_high, -known.repairs_low)
    name = "Réparations évitées" if fell else "Écart en réparations depuis le début"
    shown = f"{name}\u00a0: {ends(low, high, formats.number)} ({level}\u00a0; au centre {count})"
    if known.euros is None or known.euros_low is None or known.euros_high is None:
        return f"{shown}. Le relevé ne donne pas les coûts."
    euros, low, high = known.euros, known.euros_low, known.euros_high
    if not fell:
        euros, low, high = -euros, -high, -low
    return (
        f"{shown}, soit {ends(low, high, formats.euros)} (au centre {formats.euros(euros)}), en "
        f"{currency}, au coût moyen observé de {formats.euros(known.unit_cost)} par réparation."
    )


def against_contribution(verdict: Verdict, known: Avoided | None, due: float) -> str:
    """What the measured interval says of a contribution over the same months; `due` in euros."""
    asked = f"la contribution indiquée ({formats.euros(due)} pour les mois qui suivent le début)"
    low, high = (None, None) if known is None else (known.euros_low, known.euros_high)
    if verdict == "baisse établie" and low is not None and high is not None and low > due:
        interval = ends(low, high, formats.euros)
        return f"Tout l’intervalle mesuré des réparations évitées ({interval}) est au-dessus de {asked}."
    return f"Rien de mesuré ne permet de dire que l’effet du service sur les réparations couvre {asked}."
