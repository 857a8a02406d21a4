"""Fictional exports with a known truth inside, described in docs/demo.md."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from pipelines.demo.dirt import PlantedDirt
from pipelines.demo.files import write_table
from pipelines.demo.interventions import Interventions, Progress
from pipelines.demo.plan import interventions_file, make_plan
from pipelines.demo.repairs import repairs
from pipelines.demo.small import events, places, presence, school_actions
from pipelines.demo.truth import load_truth

__all__ = ["PlantedDirt", "planted_dirt", "write_demo"]


def write_demo(
    folder: Path,
    *,
    end: date,
    rows: int | None = None,
    years: int = 3,
    seed: int = 2026,
    progress: Progress | None = None,
) -> list[Path]:
    """Write the fictional exports: `years` years up to `end`, the same bytes for the same arguments.

    `rows` is the number of data lines of all interventions files together; None draws it from the planted rates, about
    4,000 a year. `progress` is told the file being written and the share of the whole done, 0 to 1. Interventions
    files of an earlier call that this one does not write are removed. Returns the files in reading order.

    Raises SettingsError for a period or a number of rows that can't be made.
    """
    truth, tell = load_truth(), progress or (lambda file, share: None)
    plan = make_plan(end, rows, years, seed, truth)
    folder.mkdir(parents=True, exist_ok=True)
    written = Interventions(plan, seed, truth, tell).write(folder)
    for stale in set(folder.glob(interventions_file("[0-9][0-9][0-9][0-9]"))) - set(written):
        stale.unlink()
    tables = {
        "fictif_presence.csv": presence(plan, truth),
        "fictif_lieux.csv": places(truth),
        "fictif_sinistres_bailleur.csv": repairs(end, years, seed, truth),
        "fictif_actions_scolaires.csv": school_actions(plan.start, end, seed, truth),
        "fictif_evenements.csv": events(plan, truth),
    }
    for name, table in tables.items():
        write_table(folder / name, table)
        written.append(folder / name)
    tell(written[-1].name, 1.0)
    return written


def planted_dirt(*, end: date, rows: int | None = None, years: int = 3, seed: int = 2026) -> PlantedDirt:
    """What `write_demo` plants with the same arguments, counted; writes nothing."""
    truth = load_truth()
    return make_plan(end, rows, years, seed, truth).planted(truth)
