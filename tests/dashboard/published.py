"""Published tables made by hand from a warehouse, without the program that publishes: small counts hidden, no more.

Enough for what reads published tables; what hides them is tested where it is made.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from dashboard.access import Viewer

BANDS = {"14-17": (14, 15, 16), "17-20": (17, 18, 19), "20-23": (20, 21, 22), "23-2": (23, 0, 1)}
SELECTED = """
select service_date, neighbourhood_id as area, motif, origin, outcome, hour, weekday, public_type, partners,
    referral_outcome, landlord_code, place_id,
    service_date in (select service_date from service_days where presence_source is not null) as is_observed
from interventions where service_date between ? and ?
"""


def periods_of(rows: Any) -> pd.DataFrame:
    """`published_periods`, from (code, first day, last day)."""
    frame = pd.DataFrame(rows, columns=["period", "starts_on", "ends_on"])
    return frame.assign(starts_on=pd.to_datetime(frame["starts_on"]), ends_on=pd.to_datetime(frame["ends_on"]))


LAST_DAYS = {1: "{}-03-31", 2: "{}-06-30", 3: "{}-09-30", 4: "{}-12-31"}
QUARTERS = [
    (
        f"{year}-T{quarter}",
        f"{year}-{3 * quarter - 2:02}-01",
        LAST_DAYS[quarter].format(year),
    )
    for year, quarter in ((2024, 1), (2025, 2), (2026, 1), (2026, 2))
]
SOME = (*QUARTERS, ("2024", "2024-01-01", "2024-12-31"), ("2025", "2025-01-01", "2025-12-31"))


@lru_cache(maxsize=32)
def tables(warehouse: Path, viewer: Viewer, periods: Any = SOME, threshold: int = 11) -> dict[str, pd.DataFrame]:
    """Tables of published.sql for a viewer; shared between tests, which replace frames and change none."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        taken = {
            name: connection.execute(f"select * from {name}").df()
            for name in (
                "build",
                "neighbourhoods",
                "events",
                "landlord_repairs",
                "places",
                "school_actions",
                "service_days",
            )
        }
        presence = connection.execute("select * from presence").df()
        counts, places, hours, schools = [], [], [], []
        for code, start, end in periods:
            rows = connection.execute(SELECTED, [start, end]).df()
            counts += _counts(code, rows, viewer, threshold)
            places += _places(code, rows, taken["places"], viewer, threshold)
            hours += _hours(code, start, end, taken["service_days"], presence)
            schools += _schools(code, start, end, taken["school_actions"], threshold)
    made = {
        "build": taken["build"],
        "neighbourhoods": taken["neighbourhoods"],
        "events": taken["events"],
        "published_periods": periods_of(periods),
        "published_counts": pd.DataFrame(counts, columns=["period", "family", "area", "category", "n", "is_masked"]),
        "published_places": pd.DataFrame(places),
        "published_hours": pd.DataFrame(hours),
        "published_quality": pd.DataFrame(
            [(code, measure, share) for code, *_ in periods for measure, share in (("heure", 0.98), ("lieu", 0.87))],
            columns=["period", "measure", "share"],
        ),
        "published_declared": pd.DataFrame(
            [
                (code, payer, 40.0, 310.0, 1200.0, 3900.0, False)
                for code, *_ in periods
                for payer in ("bailleur", "total")
            ],
            columns=["period", "payer", "n", "p5", "p50", "p95", "is_masked"],
        ),
        "published_measured": pd.DataFrame(
            [{"verdict": "non concluant", "sentence": "Les données ne permettent pas de conclure.", "landlords": 3}]
        ),
    }
    if viewer.role != "bailleur":
        made["published_schools"] = pd.DataFrame(schools)
    return made


def _counts(code: str, rows: Any, viewer: Viewer, threshold: int) -> list[tuple[Any, ...]]:
    found: list[tuple[Any, ...]] = []

    def add(family: str, area: str, category: str, n: float, least: int = threshold) -> None:
        is_masked = 0 < n < least
        found.append((code, family, area, category, None if is_masked else float(n), is_masked))

    areas = dict(iter(rows.groupby("area"))) | {"territoire": rows}
    if viewer.role == "bailleur":
        areas["patrimoine"] = rows[rows["landlord_code"] == viewer.landlord]
    for area, part in areas.items():
        for family, column, unknown in (("motif", "motif", "inconnu"), ("origine", "origin", "inconnue")):
            for category, n in part[column].fillna(unknown).value_counts().items():
                add(family, str(area), str(category), n)
            add(family, str(area), "total", len(part))
        asked = part["origin"].notna() & (part["origin"] != "initiative_equipe")
        add("origine", str(area), "demandes", asked.sum())
        add("demande_observee", str(area), "observee", (asked & part["is_observed"]).sum())
        add("origine", str(area), "initiatives", (part["origin"] == "initiative_equipe").sum())
        known = part["outcome"].notna() & (part["outcome"] != "non_observe")
        calm = part["outcome"].isin(["apaise", "accord", "evite"])
        for category, n in (("apaise", calm.sum()), ("autre", (known & ~calm).sum()), ("inconnue", (~known).sum())):
            add("issue", str(area), category, n)
        add("issue", str(area), "connue", known.sum())
        add("issue", str(area), "total", len(part))
        for band, hours in BANDS.items():
            add("tranche", str(area), band, part["hour"].isin(hours).sum())
        add("tranche", str(area), "inconnue", part["hour"].isna().sum())
        add("tranche", str(area), "total", len(part))
        for month, n in pd.to_datetime(part["service_date"]).dt.strftime("%Y-%m").value_counts().items():
            add("mois", str(area), str(month), n)
        add("mois", str(area), "total", len(part))
    _of_the_territory(rows, viewer, add)
    return found


def _of_the_territory(rows: Any, viewer: Viewer, add: Any) -> None:
    for band, hours in BANDS.items():
        for day, n in rows[rows["hour"].isin(hours)]["weekday"].value_counts().items():
            add("jour_tranche", "territoire", f"{day}|{band}", n)
    if viewer.role != "bailleur":
        for kind, n in rows["public_type"].fillna("inconnu").value_counts().items():
            add("public", "territoire", str(kind), n)
        add("public", "territoire", "total", len(rows))
    _relays(rows, add)
    technical = rows[rows["motif"].isin(["panne_equipement", "degradation"]) & rows["referral_outcome"].notna()]
    for area in ("territoire", *(["patrimoine"] if viewer.role == "bailleur" else [])):
        some = technical if area == "territoire" else technical[technical["landlord_code"] == viewer.landlord]
        add("alerte", area, "fait", (some["referral_outcome"] == "fait").sum(), 5)
        add("alerte", area, "autre", (some["referral_outcome"] != "fait").sum(), 5)
        add("alerte", area, "total", len(some), 5)


def _relays(rows: Any, add: Any) -> None:
    pairs = rows[rows["partners"].notna()].explode("partners")
    for partner, part in pairs.groupby("partners"):
        done = (part["referral_outcome"] == "fait").sum()
        add("relais", "territoire", str(partner), len(part))
        add("relais", "territoire", f"{partner}|rendu", done)
        add("relais", "territoire", f"{partner}|attente", len(part) - done)
    add("relais", "territoire", "total", len(pairs))


def _places(code: str, rows: Any, places: Any, viewer: Viewer, threshold: int) -> list[dict[str, Any]]:
    counted = rows["place_id"].value_counts()
    return [
        {
            "period": code,
            "zone": place["place_id"],
            "kind": "lieu",
            "name": place["name"],
            "neighbourhood_id": place["neighbourhood_id"],
            "longitude": place["longitude"],
            "latitude": place["latitude"],
            "n": float(counted[place["place_id"]]) if counted[place["place_id"]] >= threshold else None,
            "is_masked": bool(counted[place["place_id"]] < threshold),
            "is_own": viewer.role == "bailleur" and place["landlord_code"] == viewer.landlord,
        }
        for place in places.to_dict("records")
        if place["place_id"] in counted and (place["dwellings"] or 0) >= 8
    ]


def _hours(code: str, start: str, end: str, days: Any, presence: Any) -> list[dict[str, Any]]:
    within = days[(days["service_date"] >= start) & (days["service_date"] <= end)]
    done = presence[(presence["service_date"] >= start) & (presence["service_date"] <= end)]
    whole = {
        "planned_hours": within["planned_hours"].sum(),
        "done_hours": within["done_hours"].sum(),
        "planned_documented_hours": within.loc[within["done_hours"].notna(), "planned_hours"].sum(),
        "days": len(within),
        "observed_days": int(within["presence_source"].notna().sum()),
        "planned_days": int((within["planned_hours"] > 0).sum()),
        "documented_days": int(within["done_hours"].notna().sum()),
    }
    by_area = {str(area): part["hours"].sum() for area, part in done.groupby("neighbourhood_id")}
    timetable = done.loc[done["source"] == "horaires", "hours"].sum()
    total = {"period": code, "area": "territoire", "patrol_hours": done["hours"].sum(), "timetable_hours": timetable}
    return [total | whole, *({"period": code, "area": area, "patrol_hours": hours} for area, hours in by_area.items())]


def _schools(code: str, start: str, end: str, rows: Any, threshold: int) -> list[dict[str, Any]]:
    within = rows[(rows["held_on"] >= start) & (rows["held_on"] <= end)]
    return [
        {
            "period": code,
            "theme": theme,
            "actions": float(len(part)),
            "sessions": float(part["sessions"].sum()),
            "participants": float(part["participants"].sum()),
            "is_masked": False,
        }
        for theme, part in within.groupby("theme")
    ]
