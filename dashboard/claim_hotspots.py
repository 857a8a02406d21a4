"""What the page of hotspots found, in two sentences: how many are established and of what age, how good a map was."""

from __future__ import annotations

from collections import Counter

from dashboard import formats, hotspot_ages, hotspot_places, hotspots
from dashboard.claim_cards import Scope
from dashboard.hotspot_texts import tested_sentence
from dashboard.hotspot_zones import zones

PLURALS = {"nouveau": "nouveaux", "persistant": "persistants", "intermittent": "intermittents"}


def sentences(scope: Scope) -> tuple[str, ...]:
    """Hotspots of the choice by age, then last quarter's map on the next quarter."""
    return _found(scope), tested_sentence(hotspots.tested(scope.chosen))


def _found(scope: Scope) -> str:
    ranking = hotspot_places.ranking(scope.chosen)
    nouns = ("lieu comparé", "lieux comparés") if zones().kind == "lieux" else ("carré comparé", "carrés comparés")
    compared = formats.plural(ranking.compared, *nouns)
    if not ranking.compared:
        return "Points chauds : rien ne peut être comparé dans ce choix."
    if not ranking.established:
        return f"Points chauds : aucun n’est établi, sur {compared}."
    ages = [hotspot_ages.history(scope.chosen, (spot.zone,)) for spot in ranking.established]
    counts = Counter(hotspot_ages.UNKNOWN if age is None else age.label for age in ages)
    listed = ", ".join(f"{formats.number(count)}\u00a0{_said(label, count)}" for label, count in counts.most_common())
    shown = formats.plural(len(ages), "établi", "établis")
    return f"Points chauds : {shown}, sur {compared} ({listed}). Le détail est à la page « Points chauds »."


def _said(label: str, count: int) -> str:
    if label == hotspot_ages.UNKNOWN:
        return f"d’{label}"
    return PLURALS.get(label, label) if count > 1 else label
