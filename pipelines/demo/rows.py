"""The rows of the interventions files, a chunk at a time, as positions in vocabularies (-1 = empty)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from pipelines.demo.draws import happens
from pipelines.demo.odds import BY_TELEPHONE, GROUPS, band_of
from pipelines.demo.plan import ORDINARY, Chunk, Plan
from pipelines.demo.tables import MODES, PlaceFacts, Tables
from pipelines.demo.truth import TELEPHONE, Truth
from pipelines.demo.words import EMPTY, Columns, Dates, vocabularies

FACTS_FROM = 7 * 60  # earliest bound of a fact found later, in minutes


class RowMaker:
    """Makes the rows of a plan; holds what all chunks share."""

    def __init__(self, plan: Plan, truth: Truth) -> None:
        self.plan, self.truth = plan, truth
        self.dates = Dates(plan.start, plan.end, truth)
        self.words: Mapping[str, Sequence[str]] = vocabularies(self.dates, truth)
        self.tables = Tables(truth, self.words)
        self.places = PlaceFacts(truth, self.words)

    def make(self, chunk: Chunk, needs_place: NDArray[np.bool_], rng: np.random.Generator) -> Columns:
        """Clean rows of a chunk, in order of time; rows that `needs_place` are no telephone requests."""
        cell, minute = self._when(chunk, rng)
        rows = self._what(cell, minute, needs_place, rng)
        rows["zone"] = self.plan.cells.zone[cell]
        family = self.tables.family_of_motif[rows["motif"]]
        for column, draw in self.tables.motif_draws.items():
            rows[column] = draw(rng, rows["motif"])
        for column, draw in self.tables.family_draws.items():
            rows[column] = draw(rng, family)
        rows |= self._times(cell, minute, family, rows["horodatage_precision"], rng)
        self._follow_up(rows, rng)
        self._where(rows, rng)
        self._forget(rows, rng)
        damaged = ~np.isin(rows["degat_constate"], [EMPTY, self.words["degat_constate"].index("aucun")])
        rows["degat_quantite"] = np.where(damaged, self.tables.quantity(rng, np.zeros_like(cell)), np.int8(EMPTY))
        agents = [int(word) for word in self.words["effectif_agents"]]
        rows["effectif_agents"] = np.searchsorted(agents, self.plan.cells.agents[cell]).astype(np.int8)
        rows["commentaire"] = self.tables.comment(rng, np.zeros_like(cell))
        rows["year"] = np.full(len(cell), chunk.year, dtype=np.int16)
        rows["number"] = np.arange(chunk.first_number, chunk.first_number + len(cell))
        return rows

    def _when(self, chunk: Chunk, rng: np.random.Generator) -> tuple[NDArray, NDArray]:
        cells = self.plan.cells
        cell = np.repeat(np.arange(chunk.cells.start, chunk.cells.stop), self.plan.counts[chunk.cells])
        length = cells.end[cell] - cells.start[cell]
        minute = cells.start[cell] + (rng.random(len(cell), dtype=np.float32) * length).astype(np.int16)
        order = np.lexsort((minute, cells.day[cell]))
        return cell[order], minute[order]

    def _what(
        self, cell: NDArray, minute: NDArray, needs_place: NDArray[np.bool_], rng: np.random.Generator
    ) -> Columns:
        cells, tables, truth = self.plan.cells, self.tables, self.truth
        zone, spot = cells.zone[cell], cells.source[cell]
        origin = tables.origin(rng, zone)
        telephone, field = truth.origins.index(BY_TELEPHONE), truth.origins.index("habitant_terrain")
        origin[(origin == telephone) & (needs_place | (spot != ORDINARY))] = field
        keys = band_of(minute // 60, truth) * np.int8(len(GROUPS)) + tables.group_of_origin[origin]
        motif = tables.motif(rng, keys)
        hot = np.flatnonzero(spot != ORDINARY)
        motif[hot] = tables.spot_motif(rng, spot[hot] - 1)
        place_type = tables.place_type(rng, motif)
        place = tables.place(rng, zone.astype(np.int32) * len(truth.place_types) + place_type)
        for number, name in enumerate(("appears", "fades"), start=1):
            planted = truth.raw["hotspots"][name]
            place[spot == number] = truth.place_index(planted["place"])
            place_type[spot == number] = truth.place_types.index(planted["place_type"])
        place_type[origin == telephone] = truth.place_types.index(TELEPHONE)
        return {"origine": origin, "motif": motif, "lieu_type": place_type, "lieu_id": place}

    def _times(
        self, cell: NDArray, minute: NDArray, family: NDArray, precision: NDArray, rng: np.random.Generator
    ) -> Columns:
        day = self.plan.cells.day[cell]
        names = list(self.words["horodatage_precision"])
        start = np.where(precision == names.index("estimee"), minute - minute % 5, minute)
        end = np.minimum(start + self.tables.minutes(rng, family), self.plan.days.closes[day])
        earliest = FACTS_FROM + rng.random(len(cell), dtype=np.float32) * (start - FACTS_FROM)
        earliest = earliest.astype(np.int16) // 15 * 15
        found_later = precision == names.index("intervalle")
        service_date = (self.plan.days.date - self.dates.start).astype(int)[day]
        return {
            "date_service": service_date.astype(np.int16),
            "heure_debut": start,
            "heure_fin": end,
            "heure_fait_min": np.where(found_later, earliest, EMPTY),
            "heure_fait_max": np.where(found_later, start, EMPTY),
        }

    def _follow_up(self, rows: Columns, rng: np.random.Generator) -> None:
        names, last = list(self.words["retour"]), self.dates.french - 1
        relayed = np.flatnonzero(rows["partenaire_relaye"] != EMPTY)
        keys = np.zeros_like(relayed)
        relay = np.minimum(rows["date_service"][relayed] + self.tables.relay_days(rng, keys), last)
        answer, back = self.tables.answer(rng, keys), relay + self.tables.answer_days(rng, keys)
        answered = (answer == names.index("fait")) | (answer == names.index("sans_suite"))
        answer[answered & (back > last)] = names.index("en_cours")
        becomes = relayed[happens(rng, self.truth.raw["follow_up"]["outcome_relaye"], len(relayed))]
        rows["issue"][becomes] = self.words["issue"].index("relaye")
        for column, values in (
            ("date_relais", relay),
            ("date_retour", np.where(answered & (back <= last), back, EMPTY)),
            ("retour", answer),
        ):
            rows[column] = np.full(len(rows["motif"]), EMPTY, dtype=np.int16)
            rows[column][relayed] = values

    def _where(self, rows: Columns, rng: np.random.Generator) -> None:
        place, zone = rows["lieu_id"], rows["zone"]
        rows["longitude"], rows["latitude"] = self.places.gps(place, rng)
        rows["domanialite"], rows["bailleur_code"] = self.places.owner[place], self.places.landlord[place]
        mode = self.tables.location(rng, np.zeros_like(place))
        mode[rows["lieu_type"] == self.truth.place_types.index(TELEPHONE)] = MODES.index("zone")
        nowhere = mode == MODES.index("zone")
        named = nowhere | happens(rng, self.truth.raw["location"]["zone_named"], len(zone))
        rows["quartier"] = np.where(named, zone, np.int8(EMPTY))
        rows["lieu_id"] = np.where(nowhere | (mode == MODES.index("point")), np.int8(EMPTY), place)
        rows["has_point"] = ~nowhere & (mode != MODES.index("place"))
        for column in ("domanialite", "bailleur_code"):
            rows[column][nowhere] = EMPTY

    def _forget(self, rows: Columns, rng: np.random.Generator) -> None:
        for column, share in self.truth.raw["missing"].items():
            rows[column][happens(rng, share, len(rows[column]))] = EMPTY
