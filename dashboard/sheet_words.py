"""Words that every part of a neighbourhood's sheet shares: a figure, its comparison with elsewhere, its reading."""

from __future__ import annotations

import math

from dashboard import formats
from dashboard.indicators.rates import Rate, RateRatio
from dashboard.sheets import Contrast, Sheet

MEASURES = {
    "heures": ("Interventions pour 100\u00a0h de patrouille", "h de patrouille"),
    "demandes": ("Demandes pour 100\u00a0h de patrouille", "h de patrouille"),
    "habitants": ("Interventions pour 1\u202f000 habitants et par an", "habitants × années"),
    "part": ("Part des demandes", "interventions d’origine connue"),
    "recurrence": ("Situations revenues dans les 30 jours", "situations"),
    "retour": ("Retours de partenaires dans les 30 jours", "relais"),
}


def reading(one: Contrast) -> str:
    """What a comparison allows to say, all comparisons of the sheet owned up to."""
    if math.isnan(one.change.p_value):
        return formats.NOT_OBSERVED
    if not one.is_particular:
        return "≈ non concluant"
    return "▲ plus élevé" if is_up(one) else "▼ moins élevé"


def is_up(one: Contrast) -> bool:
    """Whether the figure is higher here."""
    return one.change.ratio > 1 if isinstance(one.change, RateRatio) else one.change.difference > 0


def value(one: Contrast, figure: Rate) -> str:
    """The figure with its interval."""
    is_rate = isinstance(one.change, RateRatio)
    return formats.rate(figure, "", 1) if is_rate else formats.share(figure, 1)


def change(one: Contrast) -> str:
    """How much higher or lower it is here, with its interval."""
    if isinstance(one.change, RateRatio):
        if one.kind == "heure" and math.isfinite(one.change.ratio):
            ends = formats.interval(one.change.low, one.change.high, 2)
            return f"{formats.number(one.change.ratio, 2)} fois l’attendu (de {ends})"
        return formats.ratio_change(one.change)
    return formats.share_change(one.change)


def against(one: Contrast) -> str:
    """The figure here, elsewhere, and the difference with its interval."""
    show = formats.number if isinstance(one.change, RateRatio) else formats.percent
    return f"{show(one.here.value, 1)} contre {show(one.others.value, 1)}, soit {change(one)}"


def n_of(one: Contrast) -> str:
    """What the figure here is made of."""
    base = formats.number(one.base)
    return f"n\u00a0=\u00a0{formats.number(one.count)} pour {base} {MEASURES[one.kind][1]}"


def made_of(figure: Rate, n: str) -> str:
    """Interval and n of a tile."""
    if math.isnan(figure.value):
        return f"n\u00a0=\u00a0{n}"
    return f"de {formats.percent(figure.low)} à {formats.percent(figure.high)}, n\u00a0=\u00a0{n}"


def period(known: Sheet, *, capital: bool = False) -> str:
    """Dates of the period."""
    dates = formats.day_range(known.chosen.start, known.chosen.end)
    return f"{dates[0].upper()}{dates[1:]}" if capital else dates


def rounded(value: float) -> float | None:
    """The number as downloaded; None where there is none."""
    return round(value, 4) if math.isfinite(value) else None
