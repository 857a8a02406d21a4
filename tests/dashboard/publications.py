"""Small publications for the tests: interventions alike, days of service, and what is published of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from dashboard import publication
from dashboard.access import Viewer
from tests.dashboard.warehouses import BUILD, write

CITY, COMMITTEE = Viewer("ville"), Viewer("comite")
LANDLORD = Viewer("bailleur", "BAIL-A")
Tables = dict[str, pd.DataFrame]
Make = Callable[..., Tables]


def maker(folder: Path, patch: pytest.MonkeyPatch) -> Make:
    """`make(viewer, **tables)`: what is published for a viewer of a warehouse with these tables."""
    made: list[Path] = []

    def publish(viewer: Viewer, **tables: Any) -> Tables:
        made.append(write(folder / f"{len(made)}.duckdb", **({"build": [BUILD]} | tables)))
        patch.setenv("OPTIMEDIA_WAREHOUSE", str(made[-1]))
        return publication.tables(viewer)

    return publish


def happened(day: date, many: int, zone: str = "nord", **given: Any) -> list[dict[str, Any]]:
    """As many interventions alike, one a day from a day on, at most 28 of them in the month."""
    row = {"neighbourhood_id": zone, "motif": "tag", "origin": "gardien", "outcome": "apaise", "hour": 17}
    return [
        row | {"service_date": day + timedelta(days=number % 28), "season": "hiver"} | given for number in range(many)
    ]


def days(first: date, last: date, **given: Any) -> list[dict[str, Any]]:
    """Days of service, all observed."""
    row = {"presence_source": "presence", "planned_hours": 10.0, "done_hours": 9.0, "patrol_hours": 9.0}
    count = (last - first).days + 1
    return [
        row | {"service_date": first + timedelta(days=number), "season": "hiver"} | given for number in range(count)
    ]


QUARTER = days(date(2025, 1, 1), date(2025, 3, 31))
ZONES = [{"neighbourhood_id": code, "name": code.title(), "population": 1000} for code in ("nord", "sud", "est")]


def rows_of(tables: Tables, name: str) -> list[dict[str, Any]]:
    """Rows of a published table."""
    return [{str(key): value for key, value in row.items()} for row in tables[name].to_dict("records")]


def counted(tables: Tables, family: str, area: str, period: str = "2025-T1") -> dict[str, float | None]:
    """Counts of a family by category; None: hidden."""
    return {
        row["category"]: None if row["is_masked"] else row["n"]
        for row in rows_of(tables, "published_counts")
        if (row["family"], row["area"], row["period"]) == (family, area, period)
    }


def property_of(code: str | None, many: int, **given: Any) -> list[dict[str, Any]]:
    """Interventions on a landlord's property."""
    return happened(date(2025, 1, 1), many, landlord_code=code, ownership="bailleur" if code else "ville", **given)
