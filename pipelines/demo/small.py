"""The small exports: presence, places, school actions and events."""

from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow as pa

from pipelines.demo.days import school_holidays
from pipelines.demo.plan import Plan
from pipelines.demo.repairs import fall_starts
from pipelines.demo.truth import Truth, first_of_month_before

Event = tuple[date, date, str, str]  # first day, last day, zone or empty, label


def presence(plan: Plan, truth: Truth) -> pa.Table:
    """Patrols by day, but for the days whose presence is lost."""
    blocks, names = plan.blocks, np.array([zone.name for zone in truth.zones])
    kept = np.flatnonzero(~plan.days.presence_lost[blocks.day])
    return pa.table(
        {
            "date_service": plan.days.date[blocks.day[kept]],
            "quartier": names[blocks.zone[kept]],
            "heure_debut": [_clock(minute) for minute in blocks.start[kept].tolist()],
            "heure_fin": [_clock(minute) for minute in blocks.end[kept].tolist()],
            "effectif": blocks.agents[kept],
        }
    )


def places(truth: Truth) -> pa.Table:
    """The places, with a landlord and a number of dwellings for residences."""
    return pa.table(
        {
            "lieu_id": [place.id for place in truth.places],
            "libelle": [place.label for place in truth.places],
            "longitude": [place.lon for place in truth.places],
            "latitude": [place.lat for place in truth.places],
            "bailleur_code": pa.array([place.landlord for place in truth.places], pa.string()),
            "nb_logements": pa.array([place.dwellings for place in truth.places], pa.int32()),
        }
    )


def school_actions(start: date, end: date, seed: int, truth: Truth) -> pa.Table:
    """School modules on school days."""
    planted, rng = truth.raw["school"], np.random.default_rng([seed, 2])
    days = np.arange(np.datetime64(start), np.datetime64(end) + np.timedelta64(1, "D"))
    weekday = (days.astype(int) + 3) % 7 + 1
    month = days.astype("datetime64[M]").astype(int) % 12 + 1
    open_ = np.isin(weekday, planted["weekdays"]) & np.isin(month, planted["months"])
    open_ &= ~np.isin(days, school_holidays(start, end, truth.raw["service"]["school_zone"]))
    size = round(planted["per_year"] * len(days) / 365.25)
    held = np.sort(rng.choice(days[open_], size, replace=False))
    types = np.array(list(planted["types"]))
    weights = np.array(list(planted["types"].values()), dtype=float)
    sessions = rng.integers(1, 4, size)
    return pa.table(
        {
            "date": held,
            "etablissement_type": rng.choice(types, size, p=weights / weights.sum()),
            "theme": rng.choice(np.array(planted["themes"]), size),
            "seances": sessions,
            "participants": sessions * rng.integers(12, 29, size),
        }
    )


def events(plan: Plan, truth: Truth) -> pa.Table:
    """Dated facts that a before/after must know, within the period of the exports."""
    found = sorted(
        event for event in [*_planted_events(plan, truth), *_yearly_events(plan, truth)] if event[0] >= plan.start
    )
    names = {zone.id: zone.name for zone in truth.zones}
    return pa.table(
        {
            "date_debut": pa.array([begins for begins, *_ in found], pa.date32()),
            "date_fin": pa.array([ends if ends > begins else None for begins, ends, *_ in found], pa.date32()),
            "quartier": pa.array([names.get(zone) for *_, zone, _ in found], pa.string()),
            "libelle": [label for *_, label in found],
        }
    )


def _planted_events(plan: Plan, truth: Truth) -> list[Event]:
    patrols, works = truth.raw["patrols"], truth.raw["events"]["works"]
    staffed = first_of_month_before(plan.end, patrols["second_starts_months_before_end"])
    agreed = fall_starts(plan.end, truth)
    silent = [day for day, lost in zip(plan.days.date.tolist(), plan.days.unrecorded, strict=True) if lost]
    return [
        (staffed, staffed, "", patrols["second_label"]),
        (agreed, agreed, "", truth.raw["repairs"]["agreement"]),
        (silent[0], silent[-1], "", patrols["unrecorded_label"]),
        (
            first_of_month_before(plan.end, works["starts_months_before_end"]),
            first_of_month_before(plan.end, works["ends_months_before_end"]),
            works["zone"],
            works["label"],
        ),
    ]


def _yearly_events(plan: Plan, truth: Truth) -> list[Event]:
    return [
        (begins, date.fromisoformat(f"{year}-{event['ends']}"), event.get("zone", ""), event["label"])
        for event in truth.raw["events"]["yearly"]
        for year in range(plan.start.year, plan.end.year + 1)
        if (begins := date.fromisoformat(f"{year}-{event['starts']}")) <= plan.end
    ]


def _clock(minute: int) -> str:
    return f"{minute // 60 % 24:02d}:{minute % 60:02d}"
