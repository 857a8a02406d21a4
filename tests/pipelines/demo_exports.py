"""Fictional exports in a folder, and what a careful reader makes of them without the code that wrote them."""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd
import shapely

from pipelines.demo import planted_dirt, write_demo

Frame = Any  # a pandas frame or series: without stubs, the type checker can't follow what it does
END = date(2026, 11, 24)
LARGE = 80_000
CORRECTIONS = "fictif_interventions_corrections.csv"
ZONES = {"Plaisance - Ferrière": "plaisance_ferriere", "La Bugallière": "bugalliere", "Cholière": "choliere"}
OUTLINES = {
    "plaisance_ferriere": """-1.5855,47.2515 -1.5805,47.2505 -1.5775,47.2470 -1.5795,47.2450 -1.5860,47.2425
        -1.5895,47.2395 -1.5980,47.2435 -1.5975,47.2450 -1.5955,47.2435 -1.5940,47.2465 -1.5900,47.2460
        -1.5855,47.2515""",
    "bugalliere": """-1.6450,47.2700 -1.6395,47.2685 -1.6320,47.2685 -1.6300,47.2675 -1.6230,47.2675 -1.6215,47.2650
        -1.6245,47.2615 -1.6240,47.2590 -1.6385,47.2570 -1.6540,47.2595 -1.6525,47.2635 -1.6535,47.2675
        -1.6450,47.2700""",
    "choliere": """-1.6070,47.2635 -1.5965,47.2635 -1.5975,47.2605 -1.5945,47.2590 -1.6005,47.2540 -1.6005,47.2525
        -1.6040,47.2495 -1.6015,47.2485 -1.6040,47.2465 -1.6220,47.2515 -1.6385,47.2570 -1.6240,47.2590
        -1.6200,47.2600 -1.6070,47.2635""",
}
FAR = {"2062-03-14", "1962-06-30"}


def polygon(text: str) -> shapely.Polygon:
    """Polygon of `lon,lat` pairs."""
    return shapely.Polygon([tuple(map(float, pair.split(","))) for pair in text.split()])


def read(file: Path) -> Frame:
    """A file as text, empty values missing."""
    return pd.read_csv(file, sep=";", dtype=str, encoding="utf-8-sig", keep_default_na=False, na_values=[""])


def code(text: str) -> str:
    """What a code looks like once accents, case and spaces are forgiven."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "_", plain).strip("_")


def minute(clock: Frame) -> Frame:
    """Minutes of the service day, 00:10 being 1450; both `21:40` and `21h40` are understood."""
    found = clock.str.extract(r"^(\d\d)[:h](\d\d)$").astype(float)
    total = found[0] * 60 + found[1]
    return total.where(~(total < 6 * 60), total + 24 * 60)


class Exports:
    """Exports in a folder, and what a careful reader makes of them."""

    def __init__(self, folder: Path, rows: int | None) -> None:
        self.folder = folder
        self.files = write_demo(folder, end=END, rows=rows)
        self.dirt = planted_dirt(end=END, rows=rows)
        self.years = {f.name: read(f) for f in self.files if re.fullmatch(r"fictif_interventions_\d{4}\.csv", f.name)}
        self.lines: Frame = pd.concat(self.years.values(), ignore_index=True)
        self.corrections = read(folder / CORRECTIONS)
        self.presence = read(folder / "fictif_presence.csv")
        self.events = read(folder / "fictif_evenements.csv")
        self.places = read(folder / "fictif_lieux.csv").set_index("lieu_id")

    @cached_property
    def rows(self) -> Frame:
        """Lines of the yearly files, repetitions apart."""
        return self.lines.drop_duplicates()

    @cached_property
    def kept(self) -> Frame:
        """Rows with a readable date, with their day, minute, hour and the neighbourhood they name."""
        rows = self.rows
        day = pd.to_datetime(rows["date_service"], format="%Y-%m-%d", errors="coerce")
        french = pd.to_datetime(rows["date_service"], format="%d/%m/%Y", errors="coerce")
        day = day.fillna(french)
        rows = rows.assign(day=day, minute=minute(rows["heure_debut"]), zone=rows["quartier"].map(ZONES))
        rows = rows[rows["day"].notna() & ~rows["date_service"].isin(FAR)]
        return rows.assign(hour=rows["minute"] // 60 % 24)

    @cached_property
    def patrol_hours(self) -> Frame:
        """Presence cut by clock hour: day, zone, hour, hours."""
        cut = []
        starts, ends = minute(self.presence["heure_debut"]), minute(self.presence["heure_fin"])
        for day, zone, start, end in zip(
            self.presence["date_service"], self.presence["quartier"], starts, ends, strict=True
        ):
            for hour in range(int(start // 60), int((end - 1) // 60) + 1):
                share = (min(end, hour * 60 + 60) - max(start, hour * 60)) / 60
                cut.append((day, ZONES[zone], hour % 24, share))
        table = pd.DataFrame(cut, columns=["day", "zone", "hour", "hours"])
        return table.assign(day=pd.to_datetime(table["day"]))
