"""What each kind of dirt does to the rows that carry it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipelines.demo.rows import RowMaker
from pipelines.demo.words import EMPTY, GPS_STEPS, MINUTES, OWNERS, Columns

NEED_PLACE = ("coordonnees_permutees", "hors_zones")
LABELLED = ("origine", "motif", "issue")
OUTSIDE_SPREAD = 150  # hundred-thousandths of a degree on each side


def spoil(rows: Columns, marked: dict[str, NDArray[np.int64]], maker: RowMaker, rng: np.random.Generator) -> None:
    """Spoil in place the rows `marked` for each kind (positions in the chunk)."""
    dates = maker.dates
    values = maker.truth.raw["dirt"]["values"]
    _swap(rows, marked["coordonnees_permutees"])
    rows["date_service"][marked["date_francaise"]] += dates.french
    rows["heure_debut"][marked["heure_h"]] += MINUTES
    _label(rows, marked["code_libelle"], maker)
    _misspell(rows, marked["quartier_orthographe"], maker, rng)
    _stray(rows, marked["hors_zones"], maker, rng)
    _lose(rows, marked["sans_lieu"])
    for column, kind, first, words in (
        ("motif", "motif_inconnu", 2 * len(maker.truth.motifs), values["unknown_motifs"]),
        ("date_service", "date_illisible", dates.unreadable, values["unreadable_dates"]),
        ("date_service", "date_hors_limites", dates.far, values["far_dates"]),
    ):
        rows[column][marked[kind]] = first + rng.integers(0, len(words), len(marked[kind]))


def corrected(rows: Columns, maker: RowMaker) -> Columns:
    """The same rows as a later export has them: another outcome, one step graver."""
    outcomes = len(maker.words["issue"]) // 2
    severest = len(maker.words["gravite"]) - 1
    return rows | {
        "issue": ((rows["issue"] + 1) % outcomes).astype(np.int8),
        "gravite": np.minimum(rows["gravite"] + 1, severest).astype(np.int8),
    }


def with_repetitions(rows: Columns, repeated: NDArray[np.int64], rng: np.random.Generator) -> Columns:
    """The rows with a second copy of those `repeated`, each somewhere after the first."""
    size = len(rows["number"])
    after = repeated + 1 + (rng.random(len(repeated)) * (size - repeated)).astype(np.int64)
    order = np.insert(np.arange(size), after, repeated)
    return {column: values[order] for column, values in rows.items()}


def _swap(rows: Columns, there: NDArray[np.int64]) -> None:
    rows["longitude"][there], rows["latitude"][there] = rows["latitude"][there], rows["longitude"][there]
    rows["has_point"][there] = True


def _label(rows: Columns, there: NDArray[np.int64], maker: RowMaker) -> None:
    codes = {
        "origine": len(maker.truth.origins),
        "motif": len(maker.truth.motifs),
        "issue": len(maker.words["issue"]) // 2,
    }
    for column in LABELLED:
        known = there[rows[column][there] != EMPTY]
        rows[column][known] += codes[column]


def _misspell(rows: Columns, there: NDArray[np.int64], maker: RowMaker, rng: np.random.Generator) -> None:
    """Another spelling of the neighbourhood, which is all that is left to find it by."""
    zones = maker.truth.zones
    sizes = np.array([len(zone.spellings) for zone in zones])
    firsts = len(zones) + np.cumsum(sizes) - sizes
    zone = rows["zone"][there]
    rows["quartier"][there] = firsts[zone] + (rng.random(len(there)) * sizes[zone]).astype(np.int64)
    rows["lieu_id"][there] = EMPTY
    rows["has_point"][there] = False


def _stray(rows: Columns, there: NDArray[np.int64], maker: RowMaker, rng: np.random.Generator) -> None:
    """A point outside every neighbourhood, and no place."""
    outside = np.array(maker.truth.raw["dirt"]["values"]["outside"])
    points = np.rint(outside * GPS_STEPS).astype(np.int64)[rng.integers(0, len(outside), len(there))]
    points += rng.integers(-OUTSIDE_SPREAD, OUTSIDE_SPREAD + 1, points.shape)
    rows["longitude"][there], rows["latitude"][there] = points[:, 0], points[:, 1]
    rows["has_point"][there] = True
    rows["lieu_type"][there] = maker.truth.place_types.index("voie_publique")
    rows["domanialite"][there] = OWNERS.index("metropole")
    for column in ("lieu_id", "quartier", "bailleur_code"):
        rows[column][there] = EMPTY


def _lose(rows: Columns, there: NDArray[np.int64]) -> None:
    rows["has_point"][there] = False
    for column in ("lieu_id", "quartier", "bailleur_code", "domanialite"):
        rows[column][there] = EMPTY
