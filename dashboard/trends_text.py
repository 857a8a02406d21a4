"""What « Tendances » says in French of months and effects: sentences, rows of tables. Values in, texts out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import groupby

from dashboard import formats
from dashboard.filters import Filters
from dashboard.indicators.change_points import ChangePoint
from dashboard.indicators.control import Point
from dashboard.indicators.rates import Rate
from dashboard.indicators.regression import Effect, Regression
from dashboard.map_content import territory
from dashboard.markup import Column, element, text
from dashboard.trends import Kind, Series, has_presence

NOUNS: dict[Kind, str] = {"demandes": "demande", "initiatives": "initiative", "toutes": "intervention"}
LEVEL, STRONGEST = 0.05, 5
FACTOR_NAMES = {
    "neighbourhood_id": "Quartier",
    "hour": "Heure",
    "weekday": "Jour",
    "season": "Saison",
    "is_holiday": "Vacances scolaires",
}
MONTH_COLUMNS = (
    Column("Mois"),
    Column("Valeur", is_number=True),
    Column("Bas de l’intervalle", is_number=True),
    Column("Haut de l’intervalle", is_number=True),
    Column("Limite basse", is_number=True),
    Column("Limite haute", is_number=True),
    Column("Tendance", is_number=True),
    Column("Nombre", is_number=True),
    Column("Heures", is_number=True),
    Column("Signal"),
)
EFFECT_COLUMNS = (
    Column("Facteur"),
    Column("Niveau"),
    Column("Rapport", is_number=True),
    Column("Bas de l’intervalle", is_number=True),
    Column("Haut de l’intervalle", is_number=True),
    Column("p corrigé", is_number=True),
    Column("Nombre", is_number=True),
)


NO_PRESENCE = (
    "Aucune présence n’est connue dans ces données. Les nombres sont rapportés aux jours du calendrier : un écart peut "
    "venir de la saisie ou des horaires de l’équipe autant que du terrain."
)
TOO_LITTLE = "Trop peu de cas, ou de présence connue, pour séparer les effets : choisissez une période plus longue."


def series_html(series: Series, kind: Kind) -> str:
    """The sentences under the control chart, as a list."""
    items = (element("li", text(words, 600)) for words in series_sentences(series, kind))
    return element("ul", "".join(items), "opt-sentences")


def unit(kind: Kind, *, per_hours: bool) -> str:
    """« demandes pour 100 h » or « demandes par jour »."""
    return f"{NOUNS[kind]}s " + ("pour 100\u00a0h" if per_hours else "par jour")


def counted(n: float, kind: Kind) -> str:
    """« 1 234 demandes »."""
    return formats.plural(n, NOUNS[kind])


def dates(chosen: Filters) -> str:
    """« Du … au … », to begin a sentence."""
    words = formats.day_range(chosen.start, chosen.end)
    return words[0].upper() + words[1:]


def month_signal(point: Point) -> str:
    """Why a month is a signal; empty when it isn't."""
    reasons = [("hors des limites", point.is_out), ("série de 8 du même côté", point.in_run)]
    return " et ".join(words for words, holds in reasons if holds)


def series_sentences(series: Series, kind: Kind) -> list[str]:
    """Limits, signals, changes of level and season, in sentences."""
    chart, known = series.chart, unit(kind, per_hours=series.per_hours)
    if math.isnan(chart.centre):
        return ["Aucun mois n’est observé : pas de limites de contrôle."]
    base = formats.plural(chart.baseline, "premier mois observé", "premiers mois observés")
    provisional = " Limites provisoires : il faut 12 mois." if chart.is_provisional else ""
    spread = "" if math.isnan(chart.dispersion) else f", dispersion {formats.number(chart.dispersion, 2)}"
    signals = [formats.long_month(m) for m, p in zip(series.months, chart.points, strict=True) if month_signal(p)]
    seen = f"Mois en signal : {', '.join(signals)}." if signals else "Aucun mois en signal."
    sentences = [
        f"Centre {formats.number(chart.centre, 1)} {known}, fixé sur les {base}{spread}.{provisional}",
        seen,
        *_level_sentences(series),
    ]
    if series.stl is not None:
        trend = series.stl.trend
        months = series.months[series.stl.first :]
        season = series.stl.season[-12:]
        top, bottom = (months[len(trend) - 12 + int(place)] for place in (season.argmax(), season.argmin()))
        sentences.append(
            f"Tendance lissée, sans intervalle : de {formats.number(float(trend[0]), 1)} "
            f"à {formats.number(float(trend[-1]), 1)} {known}. Sur la dernière année, le mois le plus haut de la "
            f"saison est {formats.long_month(top)}, le plus bas {formats.long_month(bottom)}."
        )
    else:
        sentences.append("Moins de deux années pleines d’affilée : ni tendance ni saison ne sont estimées.")
    return sentences


def _level_sentences(series: Series) -> list[str]:
    found = series.changes
    apart = "saison mise à part" if series.is_seasonal else "saison non mise à part, faute de deux années"
    if series.per_hours:
        apart = f"à composition constante des heures, jours et quartiers, {apart}"
    if not found.tests:
        return ["Changement de niveau : trop peu de mois pour en chercher un."]
    if not found.changes:
        return [f"Changement de niveau : non concluant (toutes les dates essayées, {apart} ; {_p(found.smallest_p)})."]
    return [
        f"Changement de niveau à partir de {formats.long_month(series.months[change.index])}"
        f"{_around(series, change)} : ×\u00a0{formats.number(change.ratio, 2)} "
        f"(de {formats.number(change.low, 2)} à {formats.number(change.high, 2)}), {apart} ; "
        f"{_p(change.p_value)}, toutes dates essayées."
        for change in found.changes
    ]


def _around(series: Series, change: ChangePoint) -> str:
    """The other plausible dates of a change, if any."""
    ends = [formats.long_month(series.months[place]) for place in (change.earliest, change.latest)]
    return f" (au plus tôt {ends[0]}, au plus tard {ends[1]})" if ends[0] != ends[1] else ""


def series_rows(series: Series) -> list[list[object]]:
    """Rows of MONTH_COLUMNS, last month first."""
    trend = [math.nan] * len(series.months)
    if series.stl is not None:
        trend[series.stl.first : series.stl.first + len(series.stl.trend)] = series.stl.trend.tolist()
    rows: list[list[object]] = [
        [
            (formats.month(month), month),
            *estimate_cells(one),
            number(point.low, 1),
            number(point.high, 1),
            blank(level, 1),
            number(count, 0),
            number(exposure, 0),
            month_signal(point) or ("" if whole else "mois incomplet"),
        ]
        for month, one, point, level, count, exposure, whole in zip(
            series.months,
            series.estimates,
            series.chart.points,
            trend,
            series.counts,
            series.exposures,
            series.is_complete,
            strict=True,
        )
    ]
    return rows[::-1]


def series_alternative(series: Series, kind: Kind) -> str:
    """What a screen reader says of the control chart."""
    start, end = (formats.long_month(month) for month in (series.months[0], series.months[-1]))
    words = " ".join(series_sentences(series, kind)[:2])
    return f"Carte de contrôle de {start} à {end}, {unit(kind, per_hours=series.per_hours)}. {words}"


def effect_groups(effects: Sequence[Effect]) -> list[tuple[str, list[Effect]]]:
    """Effects by factor; hours in the order of the service day."""
    starts = territory().service_day_starts.hour

    def order(effect: Effect) -> int:
        return (int(str(effect.level)) - starts) % 24 if effect.factor == "hour" else 0

    groups = groupby(effects, lambda effect: effect.factor)
    return [(FACTOR_NAMES[name], sorted(found, key=order)) for name, found in groups]


def level_name(effect: Effect) -> str:
    """What a reader calls a level."""
    level = effect.level
    if effect.factor == "hour":
        return f"{level}\u00a0h"
    if effect.factor == "weekday":
        return formats.weekday(int(str(level)))
    names = {("season", "ete"): "été contre hiver", ("is_holiday", True): "vacances contre école"}
    return names.get((effect.factor, level), str(level))


def effects_sentence(found: Regression | None, kind: Kind, chosen: Filters) -> str:
    """Model, n, dispersion, how many effects are established; or that there is too little to say."""
    if found is None:
        return TOO_LITTLE
    settled = sum(effect.adjusted_p < LEVEL for effect in found.effects)
    is_hours = has_presence()
    hours = f"en {formats.number(found.exposure)}\u00a0h de patrouille"
    base = hours if is_hours else "par jour du calendrier, faute de présence connue"
    why = (
        f"binomiale négative, car les nombres varient plus que ne le veut une loi de Poisson "
        f"(test de Cameron et Trivedi, {_p(found.dispersion.p_value)})"
        if found.model != "Poisson"
        else f"de Poisson (test de Cameron et Trivedi : pas de surdispersion, {_p(found.dispersion.p_value)})"
    )
    left = [FACTOR_NAMES[name].lower() for name in found.left_out]
    apart = f" Non séparable des autres, ou d’un seul niveau : {', '.join(left)}." if left else ""
    return (
        f"{dates(chosen)}, n\u00a0=\u00a0{counted(found.count, kind)} {base}. Régression {why}. "
        f"{formats.plural(len(found.effects), 'effet estimé', 'effets estimés')}, {formats.plural(settled, 'établi')} "
        f"(point plein) au taux de fausses découvertes de 5\u202f%. {strongest(found)}{apart}{_interaction(found)}"
    )


def _interaction(found: Regression) -> str:
    if math.isnan(found.interaction_p):
        return ""
    shown = f"{_p(found.interaction_p)}"
    if found.interaction_p < LEVEL:
        return f" Le profil des heures change avec la saison ({shown}) : lire les grilles plutôt que l’effet moyen."
    return f" Le profil des heures ne change pas de façon établie avec la saison ({shown})."


def _p(value: float) -> str:
    """« p = 0,011 », « p < 0,001 »."""
    tiny = 0.001
    return f"p\u00a0<\u00a0{formats.number(tiny, 3)}" if value < tiny else f"p\u00a0=\u00a0{formats.number(value, 3)}"


def effect_rows(found: Regression) -> list[list[object]]:
    """Rows of EFFECT_COLUMNS; levels without any event have a ratio of 0."""
    rows: list[list[object]] = [
        [
            FACTOR_NAMES[effect.factor],
            level_name(effect),
            *(number(value, 2) for value in (effect.ratio, effect.low, effect.high)),
            number(effect.adjusted_p, 3),
            number(effect.count, 0),
        ]
        for _, several in effect_groups(found.effects)
        for effect in several
    ]
    for factor, level in found.empty_levels:
        named = level_name(Effect(factor, level, 0, 0, 0, 1, 1, 0, 0))
        rows.append([FACTOR_NAMES[factor], f"{named} (aucun cas)", *(("", None) for _ in range(4)), number(0, 0)])
    return rows


def strongest(found: Regression) -> str:
    """The established effects that are furthest from 1, with their intervals."""
    settled = [effect for effect in found.effects if effect.adjusted_p < LEVEL]
    first = sorted(settled, key=lambda effect: -abs(math.log(effect.ratio)))[:STRONGEST]
    told = [
        f"{level_name(effect)} ×\u00a0{formats.number(effect.ratio, 2)} "
        f"(de {formats.number(effect.low, 2)} à {formats.number(effect.high, 2)})"
        for effect in first
    ]
    return f"Les plus forts : {', '.join(told)}." if told else "Aucun effet établi."


def number(value: float, decimals: int) -> tuple[str, float | None]:
    """A number as shown and as downloaded; NaN is « non observé »."""
    return formats.number(value, decimals), None if math.isnan(value) else round(float(value), 4)


def blank(value: float, decimals: int) -> tuple[str, float | None]:
    """The same, empty when there is none."""
    return ("", None) if math.isnan(value) else number(value, decimals)


def estimate_cells(one: Rate) -> list[tuple[str, float | None]]:
    """Value and both ends; the ends are empty when nothing was observed."""
    is_missing = math.isnan(one.value)
    return [number(one.value, 1), *(blank(math.nan if is_missing else end, 1) for end in (one.low, one.high))]
