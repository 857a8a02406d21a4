"""Slide of the key figures, each with its interval, its n and its comparison. Published figures in, slides out."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

from dashboard import cost_words, formats
from dashboard.indicators.activity import Figure, Summary
from dashboard.markup import plain
from dashboard.report import content_words as words
from dashboard.report.content_activity import APPEASED_KEYS, N_KEYS, RATE_KEYS, SHARE_KEYS, Keys, change_words, summary
from dashboard.report.content_figures import (
    REQUESTS,
    TOTAL,
    Published,
)
from dashboard.report.content_words import LEVEL
from dashboard.report.slides import MASKED, KeyFigure, Period, Slide
from dashboard.warehouse import query


def key_figures(of: Published) -> Slide:
    """At most eight figures, each with its interval, its n and its comparison."""
    found = summary(of)
    n = of.count()
    figures = [
        _number(of, found),
        _rate(of, found),
        _share(of, "Part des demandes", found.request_share, SHARE_KEYS, "demandes"),
        _hours(of, found),
        _share(of, "Situations apaisées", found.appeased_share, APPEASED_KEYS, "apaisées"),
        _returned(of),
        _alerts(of),
        *_measured(),
    ]
    return words.slide(
        of,
        "chiffres_cles",
        "Chiffres clés",
        _headline(of, found),
        n=words.interventions(n),
        said=(LEVEL, "Comparaisons avec la même période un an avant"),
        figures=figures,
    )


def _headline(of: Published, found: Summary) -> str:
    n, requests = of.count(), of.count(REQUESTS, "origine")
    if n is None:
        return f"Le nombre d’interventions est masqué\u00a0: {words.why_hidden()}."
    if not n:
        return "Aucune intervention n’est enregistrée sur cette période."
    share = "" if requests is None else f", dont {formats.plural(requests, 'demande')}"
    told = f"{formats.plural(n, 'intervention')}{share}"
    return f"{told}\u00a0; {change_words(of, found.interventions, N_KEYS)}."


def _number(of: Published, found: Summary) -> KeyFigure:
    figure = found.interventions
    if of.is_hidden(N_KEYS):
        return _hidden("Interventions")
    return KeyFigure(
        title="Interventions",
        value=formats.number(figure.count),
        unit="",
        uncertainty=f"Intervalle\u00a0: {formats.interval(figure.estimate.low, figure.estimate.high, 0)}",
        made_of=f"en {formats.plural(figure.base, 'jour')}",
        comparison=_compared(of, figure, N_KEYS),
    )


def _rate(of: Published, found: Summary) -> KeyFigure:
    figure, title = found.request_rate, "Demandes pour 100\u00a0h"
    if of.is_hidden(RATE_KEYS):
        return _hidden(title)
    if math.isnan(figure.estimate.value):
        return KeyFigure(title, formats.NOT_OBSERVED, "", "", "aucune heure de patrouille connue", "")
    return KeyFigure(
        title=title,
        value=formats.number(figure.estimate.value, 1),
        unit="",
        uncertainty=f"Intervalle\u00a0: {formats.interval(figure.estimate.low, figure.estimate.high)}",
        made_of=f"n\u00a0=\u00a0{formats.number(figure.count)} en {formats.number(figure.base)}\u00a0h",
        comparison=_compared(of, figure, RATE_KEYS),
    )


def _share(of: Published, title: str, figure: Figure, keys: Keys, noun: str) -> KeyFigure:
    if of.is_hidden(keys):
        return _hidden(title)
    return words.share_figure(title, figure.count, figure.base, noun, comparison=_compared(of, figure, keys))


def _hours(of: Published, found: Summary) -> KeyFigure:
    figure, title = found.hours, "Heures faites"
    if math.isnan(figure.estimate.value):
        return KeyFigure(title, formats.NOT_OBSERVED, "", "", "aucune présence enregistrée", "")
    low, high = formats.percent(figure.estimate.low), formats.percent(figure.estimate.high)
    return KeyFigure(
        title=title,
        value=formats.percent(figure.estimate.value),
        unit="",
        uncertainty="" if low == high else f"De {low} à {high} selon les jours sans relevé",
        made_of=f"{formats.number(figure.count)}\u00a0h sur {formats.number(figure.base)}\u00a0h prévues",
        comparison=_compared(of, figure, ()),
    )


def _returned(of: Published) -> KeyFigure:
    title, found = "Relais avec retour", returned(of)
    if found is None:
        return _hidden(title)
    shown = words.share_figure(title, found.done, found.sent, "rendus", none="aucun relais")
    return (
        shown
        if found.is_whole
        else replace(
            shown, comparison=f"Sur {formats.plural(found.partners, 'partenaire publié', 'partenaires publiés')}"
        )
    )


@dataclass(frozen=True)
class Returned:
    """Referrals answered and made, over the `partners` whose two counts are published; `is_whole`: all of them."""

    done: int
    sent: int
    partners: int
    is_whole: bool


def returned(of: Published, period: Period | None = None) -> Returned | None:
    """What became of referrals; None when no partner's counts are both published though there are some."""
    known = of.family("relais", period=period)
    names = [code for code in known if "|" not in code and code != TOTAL]
    pairs = [(known.get(f"{code}|rendu", 0.0), known[code]) for code in names]
    kept = [(done, sent) for done, sent in pairs if done is not None and sent is not None]
    if names and not kept:
        return None
    return Returned(
        done=int(sum(done for done, _ in kept)),
        sent=int(sum(sent for _, sent in kept)),
        partners=sum(sent > 0 for _, sent in kept),
        is_whole=len(kept) == len(names),
    )


def _alerts(of: Published) -> KeyFigure:
    title, known = "Alertes suivies", of.family("alerte")
    done, total = known.get("fait", 0.0), known.get(TOTAL, 0.0)
    if done is None or total is None:
        return _hidden(title)
    return words.share_figure(title, done, total, "faites", none="aucune alerte")


def _measured() -> list[KeyFigure]:
    rows: list[dict[str, Any]] = [
        {str(k): v for k, v in row.items()} for row in query("published_measured").to_dict("records")
    ]
    if not rows:
        return [KeyFigure("Coûts de réparation", "Non mesuré", "", "aucun relevé de bailleur publié", "", "")]
    verdict = rows[0]["verdict"]
    shown = cost_words.headline(verdict) if verdict in cost_words.TITLES else plain(verdict, 40)
    return [KeyFigure("Coûts de réparation", shown, "", "D’après les relevés des bailleurs", "", "")]


def _hidden(title: str) -> KeyFigure:
    return KeyFigure(title, MASKED, "", "", "", "")


def _compared(of: Published, figure: Figure, keys: Keys) -> str:
    is_hidden = of.before is not None and of.is_hidden(keys, of.before)
    return words.compared(figure, is_hidden=is_hidden, has_before=of.before is not None)
