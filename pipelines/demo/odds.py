"""Weights of what a row can be, as the planted parameters give them: who asks, what for, in what kind of place."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipelines.demo.truth import RESIDENCE, TELEPHONE, Place, Truth

BANDS = 3  # afternoon, evening, late
TEAM, RESIDENTS, PARTNERS = 0, 1, 2
GROUPS = ("team", "residents", "partners")
BY_TELEPHONE = "habitant_telephone"


def band_of(hour: NDArray[np.integer], truth: Truth) -> NDArray[np.int8]:
    """Band of the service day of an hour counted from its midnight (24 = after midnight)."""
    bands = truth.raw["bands"]
    return ((hour >= bands["evening"]).astype(np.int8) + (hour >= bands["late"])).astype(np.int8)


def origin_groups(truth: Truth) -> NDArray[np.int8]:
    """Who asks, for each origin: the team itself, residents or partners."""
    asked = truth.raw["origins"]
    return np.array([TEAM] + [RESIDENTS] * len(asked["residents"]) + [PARTNERS] * len(asked["partners"]), dtype=np.int8)


def origin_weights(truth: Truth) -> list[dict[str, float]]:
    """Weights of the origins, one mapping a zone; they sum to 1."""
    asked = truth.raw["origins"]["residents"] | truth.raw["origins"]["partners"]
    total = sum(asked.values())
    return [
        {"initiative_equipe": 1 - zone.request_share}
        | {origin: zone.request_share * weight / total for origin, weight in asked.items()}
        for zone in truth.zones
    ]


def motif_weights(truth: Truth) -> list[dict[str, float]]:
    """Weights of the motifs, one mapping for each band and group (`band * len(GROUPS) + group`)."""
    return [
        {name: motif[group][band] for name, motif in truth.raw["motifs"].items()}
        for band in range(BANDS)
        for group in GROUPS
    ]


def place_weights(truth: Truth) -> list[dict[str, float]]:
    """Weights of the places, one mapping for each zone and place type (`zone * len(place_types) + type`)."""
    return [_places_of(zone.id, kind, truth) for zone in truth.zones for kind in truth.place_types]


def _places_of(zone: str, place_type: str, truth: Truth) -> dict[str, float]:
    here = [place for place in truth.places if place.zone == zone]
    if place_type == TELEPHONE:  # drawn with the others, then emptied
        return {here[0].id: 1.0}
    kinds = {place.kind for place in truth.places}
    wanted = place_type if place_type in kinds else RESIDENCE
    return {place.id: place.weight for place in here if place.kind == wanted}


def place_odds(place: Place, truth: Truth) -> NDArray[np.float64]:
    """Probability, by band, that an ordinary row of the place's zone happens there (telephone requests don't)."""
    zone = truth.zone_index(place.zone)
    by_type = place_weights(truth)[zone * len(truth.place_types) : (zone + 1) * len(truth.place_types)]
    here = {
        kind: weights.get(place.id, 0.0) / sum(weights.values())
        for kind, weights in zip(truth.place_types, by_type, strict=True)
    }
    at_place = {name: _share(motif["place_types"], here) for name, motif in truth.raw["motifs"].items()}
    origins, motifs = origin_weights(truth)[zone], motif_weights(truth)
    odds = np.zeros(BANDS)
    for origin, group in zip(truth.origins, origin_groups(truth), strict=True):
        if origin != BY_TELEPHONE:
            odds += [origins[origin] * _share(motifs[band * len(GROUPS) + group], at_place) for band in range(BANDS)]
    return odds


def _share(weights: dict[str, float], probabilities: dict[str, float]) -> float:
    return sum(weight * probabilities[name] for name, weight in weights.items()) / sum(weights.values())
