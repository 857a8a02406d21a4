"""What a claim of the service is shown with, and its cards: rates, shares and delays against a year before."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

import plotly.graph_objects as go

from dashboard import cards, formats
from dashboard.cards import Card
from dashboard.filters import Filters
from dashboard.indicators import claims as indicators
from dashboard.indicators.activity import PER_HOURS, Comparison, Figure
from dashboard.indicators.rates import Rate, verdict
from dashboard.indicators.survival import Survival, incidence_at, incidence_difference, median_delay
from dashboard.markup import Column, element, text
from dashboard.warehouse import Build

CORRECTED = "Pris seul, cet écart passerait le test ; parmi les comparaisons de la page, il ne tient pas."
SAME_PLACES = "Mêmes lieux d’une année à l’autre : pas de test."


@dataclass(frozen=True)
class Scope:
    """What every figure of the page is about: the period chosen, the one a year before, the build and its last day.

    `columns`: those that the interventions' exports fill at all.
    """

    chosen: Filters
    previous: Filters | None
    build: Build
    last: date
    columns: frozenset[str]

    @property
    def has_presence(self) -> bool:
        """Whether anything is known of where or when the team was."""
        return self.build.presence_source != "aucune"


@dataclass(frozen=True)
class Table:
    """A table under the cards, folded; `name` is that of its download, `empty` what is said without rows."""

    columns: tuple[Column, ...]
    rows: list[list[object]]
    caption: str
    name: str
    empty: str = ""


@dataclass(frozen=True, eq=False)
class Picture:
    """A chart, its title, what a screen reader says of it, its legend in HTML, and its figures."""

    title: str
    figure: go.Figure
    alternative: str
    key: str
    figures: Table


@dataclass(frozen=True)
class Words:
    """A claim in words: what its figures may and can’t prove, what only a survey would, and that in a few words."""

    anchor: str
    title: str
    statement: str
    says: tuple[str, ...]
    cannot: tuple[str, ...]
    survey: str
    needs: str


@dataclass(frozen=True, eq=False)
class Claim:
    """One block of the page: its words and its indicators; `help` is the text that explains them."""

    words: Words
    cards: tuple[Card, ...]
    pictures: tuple[Picture, ...] = ()
    tables: tuple[Table, ...] = ()
    notes: tuple[str, ...] = ()
    help: str = ""


@dataclass(frozen=True)
class RateWords:
    """How a rate is written: title, noun counted, unit, noun of the exposure, what to say without one, multiplier."""

    title: str
    noun: tuple[str, str]
    unit: str
    base: str
    missing: str
    per: int = 1
    decimals: int = 1
    base_decimals: int = 0


def hourly(title: str, noun: tuple[str, str]) -> RateWords:
    """Words of a rate per 100 patrol hours."""
    return RateWords(
        title,
        noun,
        "pour 100\u00a0h de patrouille",
        "h de patrouille",
        "Aucune heure de patrouille connue : pas de taux.",
        per=PER_HOURS,
    )


def statement(shown: Claim) -> str:
    """The claim in a sentence, as HTML."""
    return element("p", text(shown.words.statement, 600), "opt-statement")


def grid(shown: Sequence[Card]) -> str:
    """Cards side by side where there is room, as HTML."""
    return element("div", "".join(map(cards.html, shown)), "opt-grid")


def notes(shown: Claim) -> str:
    """Sentences under the cards, as HTML; empty without any."""
    lines = "".join(element("p", text(line, 900)) for line in shown.notes)
    return element("div", lines, "opt-say") if lines else ""


def formulas(shown: Claim) -> str:
    """The arithmetic of each figure of a claim, in Markdown."""
    return "\n".join(["", *(f"- {card.title} : {card.formula}" for card in shown.cards if card.formula)])


def limits(shown: Claim) -> str:
    """What the figures may say, what they can't prove, and the survey that would, as HTML."""
    words = shown.words
    lists = (
        ("Ce que ces chiffres peuvent dire", words.says, "is-says"),
        ("Ce qu’ils ne peuvent pas prouver", words.cannot, "is-cannot"),
    )
    blocks = [
        element(
            "div", element("h3", title) + element("ul", "".join(element("li", text(line, 600)) for line in lines)), css
        )
        for title, lines, css in lists
    ]
    both = element("div", "".join(blocks), "opt-limits")
    if not words.survey:
        return both
    survey = element("strong", "Enquête nécessaire") + element("p", text(words.survey, 600))
    return both + element("div", survey, "opt-survey", role="note")


def rate_card(
    words: RateWords, figure: Figure, chosen: Filters, notes: Sequence[str] = (), recorded: int | None = None
) -> Card:
    """A rate with its interval, n, exposure and comparison; `recorded`: events that there are, exposure or not."""
    is_observed = not math.isnan(figure.estimate.value)
    counted = formats.plural(figure.count, *words.noun)
    base = f"{formats.number(figure.base, words.base_decimals)}\u00a0{words.base}"
    value = formats.number(figure.estimate.value, words.decimals)
    without = f"n\u00a0=\u00a0{formats.plural(figure.count if recorded is None else recorded, *words.noun)}"
    times = f" × {formats.number(words.per)}" if words.per > 1 else ""
    return Card(
        title=words.title,
        period=formats.day_range(chosen.start, chosen.end),
        value=value,
        unit=words.unit if is_observed else "",
        uncertainty=cards.interval_text(figure.estimate, words.decimals),
        made_of=f"n\u00a0=\u00a0{counted}, {base}" if is_observed else without,
        notes=tuple(notes),
        comparison=cards.comparison_of(figure, chosen) if is_observed else words.missing,
        before=cards.before_text(figure, words.decimals),
        formula=f"{counted} ÷ ({base}){times} = {value}." if is_observed else "",
        help="",
    )


def share_card(
    title: str,
    noun: tuple[str, str],
    whole: tuple[str, str],
    figure: Figure,
    chosen: Filters,
    *,
    notes: Sequence[str] = (),
    unit: str = "",
    missing: str,
    is_given: bool = True,
) -> Card:
    """A share with its interval, n and comparison; `noun` is what is counted, `whole` what it is a share of.

    `missing`: what to say of a share of nothing; `is_given` False when the export has no such column.
    """
    is_observed = figure.base > 0
    counts = f"{formats.plural(figure.count, *noun)} sur {formats.plural(figure.base, *whole)}"
    card = cards.share_card((title, noun[0], whole, ""), figure, chosen, list(notes))
    return replace(
        card,
        value=card.value if is_given else formats.NOT_GIVEN,
        unit=(unit or card.unit) if is_observed else "",
        made_of=f"n\u00a0=\u00a0{counts}" if is_observed else "",
        comparison=card.comparison if is_observed else missing,
        formula=f"{counts} = {card.value}." if is_observed else "",
    )


def plain_card(
    title: str,
    value: str,
    unit: str,
    chosen: Filters,
    *,
    made_of: str,
    comparison: str,
    uncertainty: str = "",
    notes: Sequence[str] = (),
    formula: str = "",
) -> Card:
    """A figure without test, `comparison` saying why or what a year before was."""
    period = formats.day_range(chosen.start, chosen.end)
    return Card(title, period, value, unit, uncertainty, made_of, tuple(notes), comparison, "", formula, "")


def delay_card(
    title: str,
    curves: tuple[Survival, Survival | None],
    days: int,
    noun: tuple[str, str],
    chosen: Filters,
    *,
    missing: str,
    notes: Sequence[str] = (),
) -> Card:
    """The share that had its event within a number of days, by Kaplan-Meier, and the median delay."""
    now, before = curves
    estimate = incidence_at(now, days)
    is_observed = not math.isnan(estimate.value)
    counted = f"{formats.plural(now.n, *noun)}, {formats.plural(now.events, 'retour')} à ce jour"
    return Card(
        title=title,
        period=formats.day_range(chosen.start, chosen.end),
        value=formats.percent(estimate.value, 1),
        unit=f"en {days} jours au plus" if is_observed else "",
        uncertainty=cards.interval_text(estimate, 1, is_share=True),
        made_of=f"n\u00a0=\u00a0{counted}" if now.n else "",
        notes=(f"Délai médian\u00a0: {median_text(now)}.", *notes) if is_observed else tuple(notes),
        comparison=_delay_comparison(now, before, days, chosen) if is_observed else missing,
        before="" if before is None else formats.percent(incidence_at(before, days).value, 1),
        formula=f"estimation de Kaplan-Meier à {days} jours sur {counted}." if is_observed else "",
        help="",
    )


def a_year_before(before: Rate | None, scope: Scope, why: str) -> str:
    """A share of a year before, for figures that no test compares, and why."""
    if before is None:
        whole = scope.chosen.period == "tout"
        return cards.WHOLE_PERIOD if whole else cards.WHY_NOT["sans période"]
    return f"Un an avant : {formats.percent(before.value, 1)}. {why}"


def median_text(curve: Survival) -> str:
    """« 7 jours (de 5 à 10) »; what is not reached is said."""
    delay = median_delay(curve)
    if math.isnan(delay.median):
        return formats.NOT_OBSERVED
    if math.isinf(delay.median):
        return "plus de la moitié attend encore"
    ends = formats.interval(delay.low, delay.high, 0)
    shown = f"de {ends}" if math.isfinite(delay.high) else ends
    return f"{formats.plural(delay.median, 'jour')} ({shown})"


def corrected(shown: Sequence[Claim]) -> tuple[tuple[Claim, ...], int]:
    """The claims with the verdicts that hold among all comparisons of the page, and how many these are."""
    places = [
        (block, place)
        for block, claim in enumerate(shown)
        for place, card in enumerate(claim.cards)
        if isinstance(card.comparison, Comparison)
    ]
    given = [_comparison(shown[block].cards[place]) for block, place in places]
    judged, tested = indicators.judged(given)
    changed = [list(claim.cards) for claim in shown]
    for (block, place), before, after in zip(places, given, judged, strict=True):
        if after.verdict != before.verdict:
            card = changed[block][place]
            changed[block][place] = replace(card, comparison=after, notes=(*card.notes, CORRECTED))
    return tuple(replace(claim, cards=tuple(kept)) for claim, kept in zip(shown, changed, strict=True)), tested


def _comparison(card: Card) -> Comparison:
    assert isinstance(card.comparison, Comparison)
    return card.comparison


def _delay_comparison(now: Survival, before: Survival | None, days: int, chosen: Filters) -> Comparison | str:
    gap: Literal["sans période", "non observé"] = "sans période" if before is None else "non observé"
    if before is not None:
        change = incidence_difference(now, before, days)
        if not math.isnan(change.difference):
            return Comparison(incidence_at(before, days), change, verdict(change))
    return cards.comparison_of(Figure(incidence_at(now, days), now.events, now.n, gap), chosen)
