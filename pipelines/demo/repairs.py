"""Landlords' repair ledgers: a panel of residences and months in which one landlord's repairs fall."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy.special import nbdtr

from pipelines.demo.truth import Truth, first_of_month_before

MOST = 200  # repairs of a residence in a month


@dataclass(frozen=True)
class Residence:
    """A residence of a ledger."""

    landlord: str
    name: str
    group: str
    dwellings: int


def months(end: date, years: int) -> list[date]:
    """First days of the months of the ledgers: whole months, the last one complete at `end`."""
    next_day = end + timedelta(days=1)
    last = next_day.replace(day=1)
    return [first_of_month_before(last, back) for back in range(12 * years, 0, -1)]


def fall_starts(end: date, truth: Truth) -> date:
    """First month in which repairs fall."""
    return first_of_month_before(end + timedelta(days=1), truth.raw["repairs"]["months_after"])


def residences(truth: Truth) -> list[Residence]:
    """Residences of the ledgers: the followed ones are places of the team, the others are elsewhere."""
    landlords, found = truth.raw["landlords"], []
    for landlord, others in truth.raw["repairs"]["comparison"].items():
        followed = [place for place in truth.places if place.landlord == landlord]
        found += [Residence(landlord, place.label, "suivi", place.dwellings or 0) for place in followed]
        found += [
            Residence(landlord, f"{name} – {landlords[landlord]}", "comparaison", dwellings)
            for name, dwellings in others.items()
        ]
    return found


def expected_repairs(end: date, years: int, truth: Truth, spread: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean repairs by residence (rows) and month; `spread` is the residences' own factor."""
    planted, calendar = truth.raw["repairs"], months(end, years)
    season = np.array([planted["season"][month.month - 1] for month in calendar])
    common = season * planted["growth"] ** np.arange(len(calendar))
    after = np.array([month >= fall_starts(end, truth) for month in calendar])
    buildings = residences(truth)
    own = planted["per_dwelling"] * spread * [building.dwellings for building in buildings]
    effect = np.array([planted["effect"][b.landlord] if b.group == "suivi" else 1.0 for b in buildings])
    return own[:, None] * common * np.where(after, effect[:, None], 1.0)


def repairs(end: date, years: int, seed: int, truth: Truth) -> pa.Table:
    """The ledgers: a row for each residence, month and category, zeros written.

    Counts are negative binomial, drawn by inversion, so that another `end` keeps the draws and moves the means only.
    """
    planted, calendar, buildings = truth.raw["repairs"], months(end, years), residences(truth)
    rng = np.random.default_rng([seed, 1])
    spread = np.exp(rng.normal(0, planted["residence_sd"], len(buildings)))
    mean = expected_repairs(end, years, truth, spread)
    totals = _negative_binomial(rng.random(mean.shape), mean, planted["size"])
    categories = planted["categories"]
    shares = np.array([weight for weight, _, _ in categories.values()], dtype=float)
    counts = rng.multinomial(totals.ravel(), shares / shares.sum()).ravel()
    medians, sds = np.array([entry[1:] for entry in categories.values()]).T
    which = np.tile(np.arange(len(categories)), totals.size)
    costs = _costs(counts, medians[which], sds[which], rng)
    building = np.repeat(np.arange(len(buildings)), len(calendar) * len(categories)).tolist()
    month = np.tile(np.repeat(np.arange(len(calendar)), len(categories)), len(buildings)).tolist()
    return pa.table(
        {
            "bailleur_code": [buildings[b].landlord for b in building],
            "residence": [buildings[b].name for b in building],
            "mois": [f"{calendar[m]:%Y-%m}" for m in month],
            "categorie": [list(categories)[w] for w in which.tolist()],
            "nb": counts,
            "cout_ht": [f"{cost:.2f}".replace(".", ",") for cost in costs.tolist()],
            "groupe": [buildings[b].group for b in building],
            "nb_logements": [buildings[b].dwellings for b in building],
        }
    )


def _negative_binomial(uniform: NDArray[np.float64], mean: NDArray[np.float64], size: float) -> NDArray[np.int64]:
    """Negative binomial counts by inversion: variance = mean + mean² / size."""
    reached = nbdtr(np.arange(MOST), size, (size / (size + mean))[..., None])
    return (reached < uniform[..., None]).sum(axis=-1)


def _costs(
    counts: NDArray[np.int64], medians: NDArray[np.float64], sds: NDArray[np.float64], rng: np.random.Generator
) -> NDArray[np.float64]:
    """Total cost of each row: the sum of as many log-normal costs as repairs."""
    row = np.repeat(np.arange(len(counts)), counts)
    each = medians[row] * np.exp(sds[row] * rng.standard_normal(len(row)))
    return np.bincount(row, each, len(counts)).astype(float).round(2)
