"""The summary's cards, in French: figure, unit, uncertainty, n, and an honest comparison. Texts in, HTML out."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, datetime

from dashboard import formats
from dashboard.filters import Bounds, Filters
from dashboard.indicators.activity import Comparison, Figure, Gap, Summary, Totals
from dashboard.indicators.rates import Rate, RateRatio, ShareComparison
from dashboard.markup import element, text
from dashboard.warehouse import Build

SIGNS = {"hausse": "▲", "baisse": "▼", "pas de différence établie": "≈", "non observé": "–"}
WHY_NOT: dict[Gap, str] = {
    "sans période": "Pas de comparaison : les données ne remontent pas à un an avant.",
    "autre source": "Pas de comparaison : les heures d’un an avant viennent d’une autre source.",
    "non observé": "Pas de comparaison : un des deux côtés n’est pas observé.",
}
UNKNOWN_PRESENCE = "Aucune présence connue : un écart peut venir de la saisie autant que de l’activité."
WHOLE_PERIOD = "Pas de comparaison : toute la période est affichée."
INTERVAL = "Intervalle à 95\u202f%"
# Ends of the little axis under a comparison: half and double, or 20 points either way.
RATIO_END, POINTS_END = 2.0, 0.2
STALE_DAYS = 7
MANY_TIMES = 10  # from there a percentage is no longer read


@dataclass(frozen=True)
class Card:
    """One figure as it is shown; `formula` is its arithmetic, `help` the text that explains it."""

    title: str
    period: str
    value: str
    unit: str
    uncertainty: str
    made_of: str
    notes: tuple[str, ...]
    comparison: Comparison | str
    before: str
    formula: str
    help: str


def cards(figures: Summary, totals: Totals, filters: Filters) -> tuple[Card, ...]:
    """The five cards of the summary, in order."""
    return (
        _interventions(figures.interventions, totals, filters),
        _request_rate(figures.request_rate, totals, filters),
        _hours(figures.hours, totals, filters),
        _request_share(figures.request_share, totals, filters),
        _appeased_share(figures.appeased_share, totals, filters),
    )


def freshness(build: Build, known: Bounds, today: date, built: datetime) -> Card:
    """How old the data are; `built` is the build's local time."""
    days = (today - known.last).days
    stale = f"Rien depuis {formats.plural(days, 'jour')} : les périodes finissent à cette date, pas aujourd’hui."
    return Card(
        title="Fraîcheur des données",
        period=formats.day_range(known.first, known.last),
        value=formats.day(known.last),
        unit="dernier jour connu",
        uncertainty=age(known.last, today),
        made_of=f"entrepôt construit le {formats.day(built)} à {built:%H:%M}",
        notes=(stale,) if days > STALE_DAYS else (),
        comparison=f"Présence : {formats.label('presence_source', build.presence_source).lower()}.",
        before="",
        formula="",
        help="fraicheur",
    )


def age(last: date, today: date) -> str:
    """How long ago the last day known is."""
    days = (today - last).days
    if days == 0:
        return "aujourd’hui"
    return f"il y a {formats.plural(days, 'jour')}" if days > 0 else "à venir"


def html(card: Card, level: int = 3) -> str:
    """A card's content, under a title of that level."""
    value = element("span", text(card.value), "opt-value") + element("span", text(card.unit), "opt-unit")
    parts = [
        element(f"h{level}", text(card.title), "opt-card-title"),
        element("p", text(card.period), "opt-period"),
        element("p", value, "opt-figure"),
        element("p", text(card.uncertainty), "opt-uncertainty"),
        element("p", text(card.made_of), "opt-n"),
        _comparison(card),
        *(element("p", text(note), "opt-note") for note in card.notes),
    ]
    return element("div", "".join(parts), "opt-card")


def _comparison(card: Card) -> str:
    if isinstance(card.comparison, str):
        return element("div", element("p", text(card.comparison)), "opt-compare is-none")
    verdict = card.comparison.verdict
    css = {"hausse": "is-up", "baisse": "is-down"}.get(verdict, "is-flat")
    badge = element("span", f"{SIGNS[verdict]} {text(verdict[0].upper() + verdict[1:])}", f"opt-verdict {css}")
    change = element("p", text(f"{change_text(card.comparison)} ; un an avant : {card.before}"))
    return element("div", badge + change + _axis(card.comparison), "opt-compare")


def change_text(comparison: Comparison) -> str:
    """The change and its interval, in French."""
    change = comparison.change
    if isinstance(change, RateRatio):
        if math.isfinite(change.ratio) and change.ratio >= MANY_TIMES:
            return f"multiplié par {formats.number(change.ratio)} (de {formats.interval(change.low, change.high, 0)})"
        return formats.ratio_change(change)
    if isinstance(change, ShareComparison):
        return formats.share_change(change)
    return formats.share_change(ShareComparison(change.difference, change.low, change.high, math.nan))


def _axis(comparison: Comparison) -> str:
    """The change as a point, its interval as a bar, equality as a mark; words above it say the same."""
    change = comparison.change
    is_ratio = isinstance(change, RateRatio)
    value, low, high = (change.ratio if is_ratio else change.difference), change.low, change.high
    if math.isnan(value):
        return ""
    left, middle, right = (_place(number, is_ratio) for number in (low, value, high))
    bar = element("span", "", "opt-axis-bar", style=f"left:{left:.1f}%;width:{right - left:.1f}%")
    point = element("span", "", "opt-axis-point", style=f"left:{middle:.1f}%")
    return element("div", element("span", "", "opt-axis-zero") + bar + point, "opt-axis", aria_hidden="true")


def _place(value: float, is_ratio: bool) -> float:
    """Position on the axis, 0 to 100."""
    doublings = (math.log(value, RATIO_END) if value > 0 else -math.inf) if is_ratio else math.nan
    share = doublings if is_ratio else value / POINTS_END
    return 50 + 50 * min(max(share, -1.0), 1.0)


def comparison_of(figure: Figure, filters: Filters) -> Comparison | str:
    """A figure's comparison, or why there is none, in French."""
    if isinstance(figure.comparison, Comparison):
        return figure.comparison
    if figure.comparison == "sans période" and filters.period == "tout":
        return WHOLE_PERIOD
    return WHY_NOT[figure.comparison]


def before_text(figure: Figure, decimals: int, *, is_share: bool = False) -> str:
    """The figure of a year before; empty when there is no comparison."""
    if not isinstance(figure.comparison, Comparison):
        return ""
    value = figure.comparison.before.value
    return formats.percent(value, decimals) if is_share else formats.number(value, decimals)


def _interventions(figure: Figure, totals: Totals, filters: Filters) -> Card:
    kind = {"toutes": "", "demandes": " (demandes seules)", "initiatives": " (initiatives seules)"}[filters.origin]
    days = formats.plural(figure.base, "jour")
    a_day = figure.count / max(figure.base, 1)
    return Card(
        title=f"Interventions{kind}",
        period=formats.day_range(filters.start, filters.end),
        value=formats.number(figure.count),
        unit="intervention" if figure.count < 2 else "interventions",  # noqa: PLR2004 - French plurals start at 2
        uncertainty=f"{INTERVAL} : {formats.interval(figure.estimate.low, figure.estimate.high, 0)}",
        made_of=f"en {days}, soit {formats.number(a_day, 1 if a_day >= 1 else 2)} par jour",
        notes=(UNKNOWN_PRESENCE,) if totals.observed_days == 0 else (),
        comparison=comparison_of(figure, filters),
        before=before_text(figure, 0),
        formula=f"{formats.plural(figure.count, 'intervention')} sur {days} du calendrier.",
        help="interventions",
    )


def _request_rate(figure: Figure, totals: Totals, filters: Filters) -> Card:
    requests, hours = formats.plural(figure.count, "demande"), f"{formats.number(figure.base)}\u00a0h"
    is_observed = not math.isnan(figure.estimate.value)
    left_out = totals.requests - totals.requests_observed
    notes = []
    if not is_observed:
        notes.append(
            f"{formats.plural(totals.requests, 'demande')}, mais aucune heure de patrouille connue : pas de taux."
        )
    elif left_out:
        notes.append(f"Sans compter {formats.plural(left_out, 'demande')} de jours dont la présence est inconnue.")
    if totals.timetable_hours:
        notes.append(_timetable_note(totals))
        if filters.neighbourhoods:
            notes.append("Les heures de l’horaire sont celles de tout le service, pas du seul quartier choisi.")
    if is_observed and (filters.motifs or filters.registers):
        notes.append("Les heures restent celles de la patrouille, tous motifs et registres confondus.")
    return Card(
        title="Demandes pour 100 h de patrouille",
        period=formats.day_range(filters.start, filters.end),
        value=formats.number(figure.estimate.value, 1),
        unit="demandes pour 100\u00a0h" if is_observed else "",
        uncertainty=interval_text(figure.estimate, 1),
        made_of=f"n\u00a0=\u00a0{requests} en {hours} de patrouille" if is_observed else "",
        notes=tuple(notes),
        comparison=comparison_of(figure, filters),
        before=before_text(figure, 1),
        formula=f"{requests} ÷ {hours} × 100 = {formats.number(figure.estimate.value, 1)}." if is_observed else "",
        help="demandes_100h",
    )


def _timetable_note(totals: Totals) -> str:
    if totals.timetable_hours == totals.patrol_hours:
        return "Heures de l’horaire prévu : il n’y a pas d’export de présence pour ces dates."
    hours = f"{formats.number(totals.timetable_hours)}\u00a0h"
    return f"Dont {hours} tirées de l’horaire prévu, faute de présence enregistrée ces jours-là."


def _hours(figure: Figure, totals: Totals, filters: Filters) -> Card:
    is_observed = not math.isnan(figure.estimate.value)
    done, planned = f"{formats.number(totals.done_hours)}\u00a0h", f"{formats.number(figure.base)}\u00a0h"
    days = formats.plural(totals.documented_days, "jour documenté", "jours documentés")
    return Card(
        title="Heures faites sur heures prévues",
        period=formats.day_range(filters.start, filters.end),
        value=formats.percent(figure.estimate.value, 1),
        unit="des heures prévues" if is_observed else "",
        uncertainty=_hours_uncertainty(figure, totals) if is_observed else "",
        made_of=f"{done} faites sur {planned} prévues, {days}" if is_observed else "",
        notes=_hours_notes(totals, filters, is_observed=is_observed),
        comparison=comparison_of(figure, filters),
        before=before_text(figure, 1, is_share=True),
        formula=f"{done} ÷ {planned} = {formats.percent(figure.estimate.value, 1)}." if is_observed else "",
        help="heures",
    )


def _hours_uncertainty(figure: Figure, totals: Totals) -> str:
    if not totals.undocumented_days:
        return "Tous les jours prévus sont documentés"
    low, high = formats.percent(figure.estimate.low, 1), formats.percent(figure.estimate.high, 1)
    days = formats.plural(totals.undocumented_days, "jour prévu", "jours prévus")
    return f"Entre {low} et {high}, selon {days} sans présence enregistrée"


def _hours_notes(totals: Totals, filters: Filters, *, is_observed: bool) -> tuple[str, ...]:
    notes = []
    if totals.is_timetable_unknown:
        notes.append("Aucun horaire prévu n’est connu pour ces dates.")
    elif not is_observed:
        planned = f"{formats.number(totals.planned_hours)}\u00a0h"
        notes.append(f"{planned} prévues ; aucun export de présence ne dit lesquelles ont été faites.")
    if filters.neighbourhoods:
        notes.append("Pour tout le service, quel que soit le quartier.")
    return tuple(notes)


def _request_share(figure: Figure, totals: Totals, filters: Filters) -> Card:
    unknown = totals.any_origin - totals.origin_known
    notes = ["Le choix demandes ou initiatives ne s’applique pas ici."] if filters.origin != "toutes" else []
    if unknown:
        notes.append(f"Sans compter {formats.plural(unknown, 'intervention')} d’origine inconnue.")
    title = ("Part des demandes", "demande", ("intervention", "interventions"), "part_demandes")
    return share_card(title, figure, filters, notes)


def _appeased_share(figure: Figure, totals: Totals, filters: Filters) -> Card:
    unknown = totals.interventions - totals.outcome_known
    notes = [f"Sans compter {formats.plural(unknown, 'intervention')} d’issue inconnue."] if unknown else []
    title = ("Part des situations apaisées", "apaisée", ("issue connue", "issues connues"), "part_apaisees")
    return share_card(title, figure, filters, notes)


def share_card(
    words: tuple[str, str, tuple[str, str], str], figure: Figure, filters: Filters, notes: list[str]
) -> Card:
    """A share's card; `words`: title, what is counted, what it is a share of (singular, plural), its help text."""
    title, noun, whole, help_text = words
    is_observed = figure.base > 0
    counts = f"{formats.plural(figure.count, noun)} sur {formats.plural(figure.base, *whole)}"
    return Card(
        title=title,
        period=formats.day_range(filters.start, filters.end),
        value=formats.percent(figure.estimate.value, 1),
        unit=f"des {whole[1]}" if is_observed else "",
        uncertainty=interval_text(figure.estimate, 1, is_share=True),
        made_of=f"n\u00a0=\u00a0{counts}" if is_observed else "",
        notes=tuple(notes),
        comparison=comparison_of(figure, filters),
        before=before_text(figure, 1, is_share=True),
        formula=f"{counts} = {formats.percent(figure.estimate.value, 1)}." if is_observed else "",
        help=help_text,
    )


def interval_text(estimate: Rate, decimals: int, *, is_share: bool = False) -> str:
    """« Intervalle à 95 % : 12,3 à 15,8 »; empty when nothing was observed."""
    if math.isnan(estimate.value):
        return ""
    if is_share:
        low, high = formats.percent(estimate.low, decimals), formats.percent(estimate.high, decimals)
        return f"{INTERVAL} : {low} à {high}"
    return f"{INTERVAL} : {formats.interval(estimate.low, estimate.high, decimals)}"
