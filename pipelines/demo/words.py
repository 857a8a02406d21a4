"""The texts that rows are made of: rows hold positions in these vocabularies, the file their words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from pipelines.demo.draws import NOTHING
from pipelines.demo.truth import Truth

Columns = dict[str, NDArray]  # of a table: positions in vocabularies, or numbers
EMPTY = -1
MINUTES = 26 * 60  # of a service day: nothing starts or ends later
OWNERS = ("bailleur", "copropriete", "ville", "metropole", "autre")
SEVERITIES = ("1", "2", "3", "4")
GPS_STEPS = 100_000  # longitudes and latitudes are whole hundred-thousandths of a degree
CLOCK_COLUMNS = ("heure_debut", "heure_fin", "heure_fait_min", "heure_fait_max")
DATE_COLUMNS = ("date_service", "date_relais", "date_retour")


class Dates:
    """Every date of the exports: ISO, then as the French write it, then what is no date or too far."""

    def __init__(self, start: date, end: date, truth: Truth) -> None:
        values = truth.raw["dirt"]["values"]
        days = [start + timedelta(days=n) for n in range((end - start).days + 1)]
        self.start = np.datetime64(start)
        self.french = len(days)
        self.unreadable = 2 * len(days)
        self.far = self.unreadable + len(values["unreadable_dates"])
        self.words = (
            *(f"{day:%Y-%m-%d}" for day in days),
            *(f"{day:%d/%m/%Y}" for day in days),
            *values["unreadable_dates"],
            *values["far_dates"],
        )


def vocabularies(dates: Dates, truth: Truth) -> dict[str, tuple[str, ...]]:
    """The words of each column of the interventions files that is not a number."""
    raw, labels = truth.raw, truth.raw["dirt"]["labels"]
    families, motifs = list(raw["families"].values()), list(raw["motifs"].values())
    outcomes = (*distinct(family["outcome"] for family in families), "relaye")
    clock = (*(f"{m // 60 % 24:02d}:{m % 60:02d}" for m in range(MINUTES)), *(french_clock(m) for m in range(MINUTES)))
    spellings = tuple(spelling for zone in truth.zones for spelling in zone.spellings)
    return {
        **dict.fromkeys(DATE_COLUMNS, dates.words),
        **dict.fromkeys(CLOCK_COLUMNS, clock),
        "horodatage_precision": distinct(family["precision"] for family in families),
        "quartier": (*(zone.name for zone in truth.zones), *spellings),
        "lieu_id": tuple(place.id for place in truth.places),
        "lieu_type": truth.place_types,
        "domanialite": OWNERS,
        "bailleur_code": tuple(raw["landlords"]),
        "registre": distinct(motif["registers"] for motif in motifs),
        "motif": (
            *truth.motifs,
            *(labels["motif"][code] for code in truth.motifs),
            *raw["dirt"]["values"]["unknown_motifs"],
        ),
        "gravite": SEVERITIES,
        "origine": (*truth.origins, *(labels["origine"][code] for code in truth.origins)),
        "public_type": distinct(family["public"] for family in families),
        "nb_personnes_tranche": distinct(family["people"] for family in families),
        "mode_action": distinct(family["mode"] for family in families),
        "partenaire_relaye": distinct(family["relayed"] for family in families),
        "retour": tuple(raw["follow_up"]["answers"]),
        "issue": (*outcomes, *(labels["issue"][code] for code in outcomes)),
        "degat_constate": distinct(motif["damage"] for motif in motifs),
        "degat_quantite": tuple(raw["quantity"]["weights"]),
        "effectif_agents": tuple(raw["patrols"]["agents"]),
        "commentaire": tuple(raw["comments"]["texts"]),
    }


def french_clock(minute: int) -> str:
    """`21h40`."""
    return f"{minute // 60 % 24:02d}h{minute % 60:02d}"


def distinct(weights: Iterable[Mapping[str, object]]) -> tuple[str, ...]:
    """The categories of several sets of weights, each once, in the order met."""
    return tuple(dict.fromkeys(name for row in weights for name in row if name != NOTHING))
