"""What the page says of landlords' ledgers: verdict, curve, checks, residences. Answers in, texts and rows out."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from datetime import date

import plotly.graph_objects as go

from dashboard import cost_charts, cost_words, formats
from dashboard.charts import Mark
from dashboard.cost_measured import Event, Measured
from dashboard.indicators.avoided_costs import Analysis, ConfoundingEvent, Effect, Interrupted, Placebo
from dashboard.indicators.residences import LEAST_REPAIRS
from dashboard.markup import Column, element, numbered, plain, text
from dashboard.warehouse import build_info

ALL = ""
SEPARATOR = "\u00a0; "
EVERYONE = "Tous les bailleurs"
PER = 1000
MONTH_COLUMNS = (
    Column("Mois"),
    Column("Suivies, pour 1\u202f000 logements", is_number=True),
    Column("Suivies, réparations", is_number=True),
    Column("Comparaison, pour 1\u202f000 logements", is_number=True),
    Column("Comparaison, réparations", is_number=True),
    Column("État"),
)
CHECK_COLUMNS = (Column("Vérification"), Column("Résultat"), Column("Ce que cela veut dire"))
RESIDENCE_COLUMNS = (
    Column("Résidence suivie"),
    Column("Avant", is_number=True),
    Column("Après", is_number=True),
    Column("Réparations"),
    Column("Par rapport à la comparaison"),
)
TREND_NOTE = (
    "Rapport ramené à 1 au dernier trimestre avant le début. Points creux\u00a0: avant\u00a0; points pleins\u00a0: "
    "après. Trait "
    "vertical\u00a0: intervalle à 95\u202f%. Si les points creux s’écartent de 1, la comparaison est fragile."
)
TREND_SUMMARY = "Rapport des réparations des résidences suivies à celles de comparaison, par trimestre avant et après."
TREND_COLUMNS = (
    Column("Trimestre"),
    Column("Rapport", is_number=True),
    Column("Bas de l’intervalle", is_number=True),
    Column("Haut de l’intervalle", is_number=True),
)
NO_COMPARISON = (
    "Aucune résidence de comparaison dans ce relevé\u00a0: seule une série interrompue est possible. C’est une preuve "
    "plus faible, car rien ne dit ce qui se serait passé sans l’action."
)


def names(known: dict[str, bool]) -> dict[str, str]:
    """Choices of landlord: all of them, then each; those without a ledger say so."""
    each = {code: plain(code) if has_ledger else f"{plain(code)} (sans relevé)" for code, has_ledger in known.items()}
    return {ALL: EVERYONE} | each


def no_ledger(landlord: str, known: dict[str, bool]) -> str:
    """What file is needed before anything can be measured."""
    whose = f"Aucun relevé de réparations de {plain(landlord)}" if landlord else "Aucun relevé de réparations"
    others = sorted(code for code, has_ledger in known.items() if has_ledger)
    elsewhere = f" Il y en a un de\u00a0: {', '.join(plain(code) for code in others)}." if others else ""
    return (
        f"{whose} n’a été importé\u00a0: rien ne peut être mesuré ici, et ce qui suit n’est que supposé.{elsewhere} "
        "Il faut un fichier par bailleur avec, par résidence et par mois\u00a0: le nombre de réparations, leur coût "
        "hors taxes, le groupe (suivi ou comparaison) et le nombre de logements, sur au moins douze mois avant et "
        "douze mois après le début de l’action. Le modèle ci-dessous a ces colonnes\u00a0; un tableur qui en a "
        "d’autres se "
        "lit par une fiche d’export."
    )


def verdict(measured: Measured) -> str:
    """The verdict: its name, the sentence, and what it rests on. HTML."""
    if measured.facts is None:
        return element("div", element("p", text(measured.problem, 600)), "opt-say", role="note")
    facts = measured.facts
    badge = element("strong", text(cost_words.headline(facts.verdict)), "opt-verdict")
    parts = [badge, element("p", text(cost_words.sentence(facts), 600))]
    parts += [element("p", text(line, 600)) for line in _lines(measured)]
    return element("div", "".join(parts), "opt-say", role="note")


def _lines(measured: Measured) -> list[str]:
    facts, analysis = measured.facts, measured.analysis
    assert facts is not None
    if analysis is None:
        apart = measured.interrupted.confounded if measured.interrupted else ()
        return [NO_COMPARISON, *([_together(apart)] if apart else [])]
    lines = [cost_words.power(analysis.power)]
    if analysis.avoided is not None:
        lines.append(cost_words.avoided(facts.verdict, analysis.avoided, measured.currency))
        lines.append(f"En {measured.currency}. {measured.currency_note}".strip())
    return lines


def _together(labels: Sequence[str]) -> str:
    named = SEPARATOR.join(plain(label, 80) for label in labels)
    return f"Ne se distingue pas du début de l’action, et l’écart le contient\u00a0: {named}."


def reasons(measured: Measured) -> str:
    """Why this verdict, one sentence a reason, and the events that meet the months compared. HTML."""
    if measured.analysis is None:
        return ""
    analysis = measured.analysis
    said = [cost_words.reason(code) for code in analysis.assessment.reasons]
    said += _confounders(analysis.events)
    listed = "".join(element("li", text(line, 1200)) for line in said)
    return element("div", element("strong", "Pourquoi ce verdict") + element("ul", listed), "opt-numbered")


def _confounders(known: Sequence[ConfoundingEvent]) -> list[str]:
    """Events whose months are compared, those of one name together, then those whose months were left out."""
    kept: dict[str, tuple[int, int]] = {}
    for event in known:
        if not event.cut:
            before, after = kept.get(event.label, (0, 0))
            kept[event.label] = (before + event.before, after + event.after)
    named = [f"{plain(label, 80)} ({before} mois avant, {after} après)" for label, (before, after) in kept.items()]
    cut = dict.fromkeys(plain(event.label, 80) for event in known if event.cut)
    said = [f"Dans les mois comparés\u00a0: {SEPARATOR.join(named)}."] if named else []
    return said + ([f"Mois écartés à votre demande\u00a0: {SEPARATOR.join(cut)}."] if cut else [])


def checks(measured: Measured) -> list[list[object]]:
    """Rows of CHECK_COLUMNS."""
    if measured.interrupted is not None:
        return _interrupted_rows(measured.interrupted)
    if measured.analysis is None:
        return []
    known = measured.analysis
    return [*_trend_rows(known), *_placebo_rows(known), *_small_rows(measured), *_missing_rows(known.effect)]


def _trend_rows(known: Analysis) -> list[list[object]]:
    effect, trends = known.effect, known.trends
    spread = f"{formats.number(effect.dispersion, 1)} fois celle du hasard pur"
    model: list[object] = [
        "Dispersion des réparations",
        spread,
        f"Erreurs groupées par résidence ({formats.number(effect.n_residences)}), "
        f"{formats.number(effect.n_before)} mois avant et {formats.number(effect.n_after)} après.",
    ]
    other = known.other_family
    family: list[object] = [
        "Autre modèle (binomial négatif)",
        _change(other.rate_ratio, other.low, other.high),
        "Le même écart, estimé autrement.",
    ]
    if trends is None:
        return [model, family, ["Évolution avant le début", formats.NOT_OBSERVED, "Trop peu de mois avant le début."]]
    drift = _change(trends.drift, trends.drift_low, trends.drift_high)
    meaning = "Les groupes s’écartaient déjà." if trends.differ else "Rien ne distingue les groupes avant le début."
    return [["Évolution avant le début", f"{drift} par an", meaning], model, family]


def _placebo_rows(known: Analysis) -> list[list[object]]:
    return [
        _placebo("Date fictive", known.placebo_date, "Trop peu de mois avant le début."),
        _placebo("Groupe fictif", known.placebo_group, "Trop peu de résidences de comparaison."),
    ]


def _placebo(name: str, known: Placebo | None, why_not: str) -> list[object]:
    if known is None or math.isnan(known.rate_ratio):
        return [name, formats.NOT_OBSERVED, why_not]
    where = f" ({formats.long_month(known.start)})" if known.start else ""
    n = f"{formats.plural(known.n_residences, 'résidence')}, {formats.plural(known.n_months, 'mois', 'mois')}"
    meaning = "Écart là où rien n’a eu lieu\u00a0: prudence." if known.flagged else "Rien, comme attendu."
    return [f"{name}{where}", f"{_change(known.rate_ratio, known.low, known.high)}, {n}", meaning]


def _small_rows(measured: Measured) -> list[list[object]]:
    name = "Petits nombres (WDD)"
    if measured.small is None:
        return [[name, formats.NOT_OBSERVED, "Pas autant de mois complets avant qu’après."]]
    small, result = measured.small, measured.small.result
    ends = f"de {formats.number(result.low, 1)} à {formats.number(result.high, 1)}"
    counts = (
        f"suivies {formats.number(small.treated[0])} puis {formats.number(small.treated[1])}, "
        f"comparaison {formats.number(small.control[0])} puis {formats.number(small.control[1])}"
    )
    shown = f"{formats.number(result.difference, 1)} réparations ({ends}, intervalle à 90\u202f%)"
    span = formats.plural(small.months, "mois", "mois")
    return [[name, shown, f"{span} avant et après\u00a0; {counts}. Ne tient pas compte de la dispersion."]]


def _missing_rows(effect: Effect) -> list[list[object]]:
    """What the comparison could not read; no row when it read all."""
    if not effect.missing and not effect.dropped:
        return []
    gaps = formats.plural(effect.missing, "mois de résidence sans relevé", "mois de résidence sans relevé")
    why = Counter(reason for _, reason in effect.dropped)
    left = "".join(f"\u00a0; {formats.plural(n, 'résidence')}\u00a0: {reason}" for reason, n in why.items())
    return [["Ce qui manque", f"{gaps}{left}", "Inconnu n’est pas zéro\u00a0: ce qui manque n’est pas compté."]]


def _interrupted_rows(known: Interrupted) -> list[list[object]]:
    level, slope = (_change(each.rate_ratio, each.low, each.high) for each in (known.level_change, known.slope_change))
    n = f"{formats.plural(known.n_residences, 'résidence')}, {formats.plural(known.n_months, 'mois', 'mois')}"
    taken = SEPARATOR.join(plain(label, 80) for label in known.events) or "aucun"
    return [
        ["Événements connus retirés", taken, "Leur effet propre est estimé à part."],
        ["Saut au début", level, "Écart dès le premier mois, saison et tendance retirées."],
        ["Pente après le début", slope, "Écart qui s’ajoute ensuite."],
        ["Sans comparaison", n, "Preuve plus faible qu’avec des résidences de comparaison."],
    ]


def _change(ratio: float, low: float, high: float) -> str:
    if math.isnan(ratio):
        return formats.NOT_OBSERVED
    return f"{cost_words.change(ratio)} (de {cost_words.change(low)} à {cost_words.change(high)})"


def month_rows(found: Measured) -> list[list[object]]:
    """Rows of MONTH_COLUMNS, each cell as shown and as downloaded, the last month first."""
    series, start, rows = found.months, found.choice.start, []
    for followed, other in zip(reversed(series[True]), reversed(series[False]), strict=True):
        state = "avant" if start is None or followed.month < start else "après"
        cells = [cell for group in (followed, other) for cell in (group.rate.value, group.repairs)]
        shown = [
            (formats.number(value, 1 - position % 2), None if math.isnan(value) else round(value, 2))
            for position, value in enumerate(cells)
        ]
        unseen = [position for position, group in ((1, followed), (3, other)) if not group.residences]
        for position in unseen:
            shown[position] = (formats.NOT_OBSERVED, None)
        rows.append([(formats.month(followed.month), followed.month), *shown, "écarté" if followed.is_cut else state])
    return rows


def residence_rows(measured: Measured) -> list[list[object]]:
    """Rows of RESIDENCE_COLUMNS; a residence with too few repairs is in the pooled result alone."""
    return [
        [
            plain(each.residence),
            _rate(each.rate_before),
            _rate(each.rate_after),
            (
                f"{formats.number(each.repairs_before)} puis {formats.number(each.repairs_after)}",
                f"{each.repairs_before:g}|{each.repairs_after:g}",
            ),
            ("regroupée", None) if math.isnan(each.ratio) else (_change(each.ratio, each.low, each.high), each.ratio),
        ]
        for each in measured.residences
    ]


def residence_note(measured: Measured) -> str:
    """How to read one residence at a time."""
    few = sum(math.isnan(each.ratio) for each in measured.residences)
    pooled = f" {formats.plural(few, 'résidence')} de moins de {LEAST_REPAIRS} réparations d’un côté" if few else ""
    tail = "\u00a0: comptées dans l’ensemble seulement." if few else ""
    return (
        "Réparations pour 1\u202f000 logements et par mois\u00a0; écart à 95\u202f%, dispersion comprise. Description, "
        f"pas verdict\u00a0: sur vingt résidences, une sort de l’ordinaire par hasard.{pooled}{tail}"
    )


def _rate(value: float) -> tuple[str, float | None]:
    return formats.number(PER * value, 1), None if math.isnan(value) else round(PER * value, 3)


def curve(found: Measured, known: Sequence[Event]) -> go.Figure:
    """Repairs of both groups by month, with the start and the known events."""
    return cost_charts.repairs_curve(
        found.months,
        found.choice.start,
        [Mark(number, event.start, event.end) for number, event in enumerate(known, 1)],
        fictional=build_info().fictional,
        expected=_expected(found),
    )


def curve_key(found: Measured, known: Sequence[Event]) -> str:
    """Legend of the curve, and the events in the order of their numbers. HTML."""
    entries = [
        (formats.day_range(event.start, event.end or event.start), plain(event.label), plain(event.place))
        for event in known
    ]
    events = numbered(entries, "Événements connus") if entries else ""
    seen = any(month.residences for month in found.months[True])
    unknown = (
        "" if seen else element("p", "Nombre de réparations ou de logements inconnu\u00a0: aucun taux à dessiner.")
    )
    return cost_charts.repairs_key(found.months, has_expected=bool(_expected(found))) + unknown + events


def trend_curve(found: Measured) -> go.Figure | None:
    """Both groups against each other by quarter; None where too few months are known."""
    trends = found.analysis.trends if found.analysis else None
    if trends is None or not trends.quarters:
        return None
    return cost_charts.trends(trends.quarters, fictional=build_info().fictional)


def trend_rows(found: Measured) -> list[list[object]]:
    """Rows of TREND_COLUMNS, cells as shown and as downloaded."""

    def ratio(value: float) -> tuple[str, float | None]:
        return formats.number(value, 2), round(value, 4) if math.isfinite(value) else None

    trends = found.analysis.trends if found.analysis else None
    return [
        [cost_charts.quarter_name(each.index), ratio(each.rate_ratio), ratio(each.low), ratio(each.high)]
        for each in (trends.quarters if trends else ())
    ]


def event_names(known: Sequence[Event]) -> dict[int, str]:
    """Events by their number, for the choice of those whose months are left out."""
    return {number: f"n° {number}, {plain(event.label, 60)}" for number, event in enumerate(known, 1)}


def periods(known: Sequence[Event], numbers: Sequence[int]) -> tuple[tuple[date, date], ...]:
    """Dates of the events chosen."""
    chosen = [known[number - 1] for number in numbers if 0 < number <= len(known)]
    return tuple((event.start, event.end or event.start) for event in chosen)


def starts(months: Sequence[date]) -> dict[str, str]:
    """Months that the action may have begun in, by their ISO date: any but the first, which has nothing before it."""
    return {month.isoformat(): formats.month(month) for month in months[1:]}


def start_note(start: date | None, found: Event | None, landlord: str | None) -> str:
    """Where the start comes from, and whose it is."""
    everyone = "" if landlord else " Le même début est pris pour tous les bailleurs."
    if start is None:
        return "Indiquez le mois où l’action a commencé\u00a0: aucun accord ne figure parmi les événements connus."
    if found is not None and found.start.replace(day=1) == start:
        return f"Début d’après l’événement connu du {formats.day(found.start)}\u00a0: {plain(found.label)}.{everyone}"
    return f"Début choisi\u00a0: {formats.long_month(start)}.{everyone}"


def curve_summary(found: Measured) -> str:
    """What a screen reader says of the curve."""
    months = found.months[True]
    span = f"de {formats.long_month(months[0].month)} à {formats.long_month(months[-1].month)}"
    said = "" if found.facts is None else f" {cost_words.sentence(found.facts)}"
    return f"Réparations pour 1\u202f000 logements par mois, résidences suivies et de comparaison, {span}.{said}"


def _expected(measured: Measured) -> list[tuple[date, float]]:
    """What the past announced by month, per 1,000 dwellings, where there is no comparison."""
    if measured.interrupted is None:
        return []
    return [
        (month.month, PER * month.expected / month.dwellings)
        for month in measured.interrupted.months
        if month.month is not None and month.after and month.dwellings > 0 and math.isfinite(month.expected)
    ]
