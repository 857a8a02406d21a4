"""The page of hotspots: everything that one choice of filters found, gathered for the page. No Streamlit."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from dashboard import (
    charts,
    formats,
    hotspot_cells,
    hotspot_charts,
    hotspot_layers,
    hotspot_places,
    hotspot_scan,
    hotspot_story,
    synthesis,
    warehouse,
)
from dashboard import hotspot_texts as texts
from dashboard.filters import PERIODS, Filters, bounds, choose
from dashboard.hotspot_cells import CellMap, Tested
from dashboard.hotspot_clock import Moment
from dashboard.hotspot_now import Answer, Band
from dashboard.hotspot_places import Ranking
from dashboard.hotspot_scan import Scanned, Step
from dashboard.hotspot_story import Target
from dashboard.hotspot_zones import zones
from dashboard.map_content import territory
from dashboard.markup import Column, element, key, text
from dashboard.warehouse import Identity, WarehouseError, build_info, query
from pipelines.settings import SettingsError

logger = logging.getLogger(__name__)

STEPS: dict[Step, str] = {"semaines": "Par semaine", "jours": "Au jour près"}
# A scan that lasts longer shows how far it is, and the page goes on without it.
PATIENCE_S = 1.0
MOTIF_KEY = key([("is-bar", "part des motifs renseignés"), ("is-line", "intervalle à 95\u202f%")])


@dataclass(frozen=True, eq=False)
class Report:
    """What a choice found; `scanned` is None as long as the scan runs."""

    chosen: Filters
    places: Ranking
    cells: CellMap | None
    scanned: Scanned | None
    place_targets: list[Target]
    sector_targets: list[Target]
    cluster_targets: list[Target]

    @property
    def targets(self) -> list[Target]:
        """Every hotspot that can be looked at, places first."""
        return [*self.place_targets, *self.cluster_targets, *self.sector_targets]


def report(chosen: Filters, scanned: Scanned | None) -> Report:
    """Everything but the first screen and the story."""
    return _report(warehouse.identity(), chosen, scanned)


@lru_cache(maxsize=32)
def _report(_identity: Identity, chosen: Filters, scanned: Scanned | None) -> Report:
    places, cells = hotspot_places.ranking(chosen), hotspot_cells.cell_map(chosen)
    return Report(
        chosen,
        places,
        cells,
        scanned,
        hotspot_story.place_targets(places),
        hotspot_story.sector_targets(cells),
        hotspot_story.cluster_targets(scanned),
    )


def located(chosen: Filters) -> tuple[int, int]:
    """Interventions of the choice that have a zone, and all of them."""
    row = query("hotspot_located", **chosen.params()).to_dict("records")[0]
    return int(row["placed" if zones().kind == "lieux" else "located"]), int(row["interventions"])


def first_screen(chosen: Filters, at: Moment, band: Band, answer: Answer) -> str:
    """Where to go at these hours, or why nowhere. HTML."""
    head = element("p", text(texts.when(at, band)), "opt-when")
    if not answer.spots:
        said = element("p", text(texts.nowhere(chosen, answer), 600))
        return head + element("div", said, "opt-say", role="note")
    under = element("p", text(texts.under(chosen, answer), 600), "opt-under")
    return head + texts.go(chosen, answer) + under


@dataclass(frozen=True)
class Picture:
    """A chart, what a screen reader says of it, its legend in HTML, and its figures: columns, rows, title, file."""

    title: str
    figure: Any
    alternative: str
    legend: str
    figures: tuple[Sequence[Column], list[list[object]], str, str]


def story(chosen: Filters, target: Target) -> list[Picture]:
    """The months, the hours and the motifs of one hotspot."""
    fictional, found = build_info().fictional, []
    dates = target.dates or (chosen.start, chosen.end)
    if months := hotspot_story.months(chosen, target):
        unit = "interventions pour 100\u00a0h de patrouille" if months[-1].hours is not None else "interventions"
        curve = charts.monthly_curve(months, (), dates, unit, fictional=fictional)
        summary = synthesis.curve_summary(months, "interventions")
        behind = (synthesis.MONTH_COLUMNS, synthesis.month_rows(months), f"Mois par mois, {target.name}", "point_mois")
        found.append(Picture("Mois par mois", curve, summary, charts.curve_key(months), behind))
    if hours := hotspot_story.hours(chosen, target):
        bars = hotspot_charts.hour_bars(hours, territory().service_day_starts.hour, fictional=fictional)
        summary = hotspot_charts.hour_summary(hours)
        rows = hotspot_charts.hour_rows(hours, territory().service_day_starts.hour)
        behind = (hotspot_charts.HOUR_COLUMNS, rows, f"Heures, {target.name}", "point_heures")
        found.append(Picture("Heures", bars, summary, hotspot_charts.hour_key(), behind))
    if (motifs := hotspot_story.motifs(chosen, target)).shown:
        bars = charts.motif_bars(motifs.shown, fictional=fictional)
        behind = (synthesis.MOTIF_COLUMNS, synthesis.motif_rows(motifs), f"Motifs, {target.name}", "point_motifs")
        found.append(Picture("Motifs", bars, synthesis.motif_summary(motifs), MOTIF_KEY, behind))
    return found


def story_head(chosen: Filters, target: Target) -> str:
    """One hotspot: its name, over which dates, how many, at which hours, for which motifs. HTML."""
    within, total = hotspot_story.within(chosen, target), hotspot_story.total(chosen, target)
    dates = formats.day_range(within.start, within.end)
    sentence = (
        f"{dates[0].upper()}{dates[1:]}\u00a0: {formats.plural(total.value, 'intervention')} "
        f"(intervalle à 95\u202f%\u00a0: {formats.interval(total.low, total.high, 0)}). "
        f"Heures\u00a0: {texts.hour_words(hotspot_story.hours(chosen, target))}. "
        f"Motifs\u00a0: {texts.target_motifs(chosen, target)}."
    )
    return element("h3", text(target.name)) + element("p", text(sentence, 600), "opt-under")


@dataclass(frozen=True)
class Table:
    """Rows to read and to download (cells may be pairs: shown, value), with what they rest on; `empty`: why none."""

    name: str
    title: str
    caption: str
    columns: list[Column]
    rows: list[list[object]]
    note: str
    empty: str


def tables(found: Report, step: Step) -> list[Table]:
    """Places, clusters (once the scan is done) and squares that stand out."""
    return _tables(warehouse.identity(), found.chosen, found.scanned, step)


@lru_cache(maxsize=32)
def _tables(_identity: Identity, chosen: Filters, scanned: Scanned | None, step: Step) -> list[Table]:
    found = report(chosen, scanned)
    empty = f"{texts.NONE[0].upper()}{texts.NONE[1:]}."
    period = formats.day_range(chosen.start, chosen.end)
    nouns = zones().nouns
    made = [
        Table(
            "points_chauds",
            f"{nouns[0].upper()}{nouns[1:]} établis",
            f"Interventions {period}, les plus sûrs d’abord",
            texts.place_columns(),
            texts.place_rows(chosen, found.places, found.place_targets),
            texts.places_note(chosen, found.places, located(chosen)),
            empty,
        )
    ]
    if scanned is not None:
        rows = texts.cluster_rows(chosen, scanned, found.cluster_targets)
        caption = f"Rassemblements {formats.day_range(scanned.first, scanned.last)}, les plus forts d’abord"
        title = "Foyers dans l’espace et le temps"
        note = texts.scan_note(scanned, step)
        made.append(Table("foyers", title, caption, texts.CLUSTER_COLUMNS, rows, note, empty))
    rows = texts.sector_rows(chosen, found.cells, found.sector_targets) if found.cells else []
    caption, note = f"Carrés qui se touchent, {period}", texts.cells_note(found.cells)
    made.append(Table("secteurs", "Secteurs de carrés significatifs", caption, texts.SECTOR_COLUMNS, rows, note, empty))
    return made


def tested(chosen: Filters) -> tuple[Tested, ...]:
    """Each quarter's map on the next quarter."""
    return hotspot_cells.tested(chosen)


def warm() -> None:
    """Prepare what the default choice shows, aside, once the process has started."""
    try:
        if (known := bounds()) is None:
            return
        chosen = choose(next(iter(PERIODS)), known)
        job = hotspot_scan.ask(chosen, "semaines")
        tested(chosen)
        found = report(chosen, job.wait())
        tables(found, "semaines")
        hotspot_layers.layers(chosen, next(iter(hotspot_layers.LAYERS)), found.scanned, None)
    except (WarehouseError, SettingsError) as error:
        logger.info("hotspots were not prepared: %s", error)
