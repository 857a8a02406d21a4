"""The draws of the interventions' columns and the facts of their places, made once from the planted parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.demo import odds
from pipelines.demo.draws import NOTHING, Draw, NumberDraw
from pipelines.demo.truth import RESIDENCE, Place, Truth
from pipelines.demo.words import EMPTY, GPS_STEPS, OWNERS, SEVERITIES

METRES_PER_DEGREE = 111_320.0
MODES = ("point_and_place", "place", "point", "zone")
BY_FAMILY = {
    "public_type": "public",
    "nb_personnes_tranche": "people",
    "mode_action": "mode",
    "issue": "outcome",
    "partenaire_relaye": "relayed",
    "horodatage_precision": "precision",
}


class Tables:
    """Every draw, by name; `motif_*` and `family_*` are keyed by motif and by family of motifs."""

    def __init__(self, truth: Truth, words: Mapping[str, Sequence[str]]) -> None:
        raw = truth.raw
        motifs, families = list(raw["motifs"].values()), list(raw["families"].values())
        names = list(raw["families"])
        self.group_of_origin = odds.origin_groups(truth)
        self.family_of_motif = np.array([names.index(motif["family"]) for motif in motifs], dtype=np.int8)
        self.origin = Draw(odds.origin_weights(truth), truth.origins)
        self.motif = Draw(odds.motif_weights(truth), truth.motifs)
        self.spot_motif = Draw([raw["hotspots"][spot]["motifs"] for spot in ("appears", "fades")], truth.motifs)
        self.place_type = Draw([motif["place_types"] for motif in motifs], truth.place_types)
        self.place = Draw(odds.place_weights(truth), words["lieu_id"])
        self.motif_draws = {
            "registre": Draw([motif["registers"] for motif in motifs], words["registre"]),
            "degat_constate": Draw([motif["damage"] for motif in motifs], words["degat_constate"]),
            "gravite": Draw([dict(zip(SEVERITIES, motif["severity"], strict=True)) for motif in motifs], SEVERITIES),
        }
        self.family_draws = {
            column: Draw([family[key] for family in families], words[column]) for column, key in BY_FAMILY.items()
        }
        self.minutes = NumberDraw([family["minutes"] for family in families])
        self.answer = Draw([raw["follow_up"]["answers"]], words["retour"])
        self.relay_days = NumberDraw([raw["follow_up"]["relay_days"]])
        self.answer_days = NumberDraw([raw["follow_up"]["answer_days"]])
        self.location = Draw([raw["location"]["modes"]], MODES)
        self.quantity = Draw([raw["quantity"]["weights"]], words["degat_quantite"])
        self.comment = Draw([_comments(raw["comments"])], words["commentaire"])


class PlaceFacts:
    """What a row takes from its place, one value a place; positions in hundred-thousandths of a degree."""

    def __init__(self, truth: Truth, words: Mapping[str, Sequence[str]]) -> None:
        places, landlords = truth.places, list(words["bailleur_code"])
        spread = truth.raw["location"]["gps_sd_m"]
        metres = np.array([spread.get(place.kind, spread["other"]) for place in places])
        self.lon = np.array([round(place.lon * GPS_STEPS) for place in places])
        self.lat = np.array([round(place.lat * GPS_STEPS) for place in places])
        self.lat_spread = metres / METRES_PER_DEGREE * GPS_STEPS
        self.lon_spread = self.lat_spread / np.cos(np.radians([place.lat for place in places]))
        self.owner = np.array([OWNERS.index(_owner(place, truth)) for place in places], dtype=np.int8)
        self.landlord = np.array(
            [landlords.index(place.landlord) if place.landlord else EMPTY for place in places], dtype=np.int8
        )

    def gps(self, place: NDArray[np.integer], rng: np.random.Generator) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """A position near each place, within three standard deviations of its GPS error on each axis."""
        noise = np.clip(rng.standard_normal((2, len(place)), dtype=np.float32), -3, 3)
        lon = self.lon[place] + np.rint(noise[0] * self.lon_spread[place]).astype(np.int64)
        return lon, self.lat[place] + np.rint(noise[1] * self.lat_spread[place]).astype(np.int64)


def _owner(place: Place, truth: Truth) -> str:
    if place.kind == RESIDENCE:
        return "bailleur" if place.landlord else "copropriete"
    return truth.raw["ownership"][place.kind]


def _comments(comments: dict[str, Any]) -> dict[str, float]:
    filled, texts = float(comments["filled"]), list[str](comments["texts"])
    return {NOTHING: 1 - filled} | dict.fromkeys(texts, filled / len(texts))
