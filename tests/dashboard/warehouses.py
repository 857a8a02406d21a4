"""Small warehouses for the dashboard's tests: tables and types are those of docs/data.md, rows are the test's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any

import duckdb

from tests.test_architecture import dictionary

Rows = Sequence[Mapping[str, Any]]

HOSTILE = "<img src=x onerror=alert(1)> **gras** [lien](javascript:alert(1)) $x$ :red[a]"
FORMULA = "=cmd()|'/C calc'!A0"
BUILD = {
    "build_id": "essai",
    "built_at": datetime(2025, 12, 31, 5, 12),
    "today": date(2025, 12, 31),
    "territory": "Essai",
    "title": "Médiation d’essai",
    "metric_crs": "EPSG:2154",
    "fictional": True,
    "generalised_before": None,
    "hour_known": True,
    "presence_source": "presence",
    "inputs_digest": "0",
}
FIRST, LAST = date(2024, 1, 2), date(2025, 12, 31)
# One patrol of ten hours from Tuesday to Saturday; the last Saturday of each month has no record of it.
HOURS = tuple(range(14, 24))


def write(path: Path, **tables: Rows) -> Path:
    """A warehouse with every table of the dictionary, filled with the rows given; columns left out are empty."""
    path.unlink(missing_ok=True)
    with duckdb.connect(str(path)) as connection:
        for table, columns in dictionary().items():
            typed = ", ".join(f'"{name}" {kind}' for name, kind in columns.items())
            connection.execute(f"create table {table} ({typed})")
            _insert(connection, table, tables.get(table, ()))
    return path


def _insert(connection: duckdb.DuckDBPyConnection, table: str, rows: Rows) -> None:
    """Insert rows that may not all have the same columns, many at a time."""
    for names, alike in groupby(sorted(rows, key=sorted), key=sorted):
        listed = [[row[name] for name in names] for row in alike]
        columns, marks = ", ".join(f'"{name}"' for name in names), ", ".join("?" for _ in names)
        for start in range(0, len(listed), 500):
            some = listed[start : start + 500]
            values = ", ".join(f"({marks})" for _ in some)
            connection.execute(
                f"insert into {table} ({columns}) values {values}", [cell for row in some for cell in row]
            )


def two_years(
    path: Path, *, presence: str = "presence", text: str | None = None, hour: int | None = None, **build: Any
) -> Path:
    """2024 and 2025 in two neighbourhoods, with figures a reader can count on the fingers.

    Each day of service (Tuesday to Saturday) has one request in `nord` (motif `tag`, appeased), and from Wednesday to
    Friday one initiative in `sud` (motif `feu`, no known outcome). The patrol is in `nord` on even hours and in `sud`
    on odd ones; no presence on the last service day of each month. `presence`: `presence`, `horaires` or `aucune`.
    `text`: put wherever an export's own words are shown. `hour`: clock hour of every intervention, unknown by default.
    """
    days = [FIRST + timedelta(days=number) for number in range((LAST - FIRST).days + 1)]
    service = [day for day in days if is_service(day)]
    motif = text or "tag"
    activity = [_activity(day, "nord", motif, request=True) for day in service]
    activity += [_activity(day, "sud", "feu", request=False) for day in service if day.isoweekday() in (3, 4, 5)]
    known = [] if presence == "aucune" else [day for day in service if presence == "horaires" or not is_last(day)]
    return write(
        path,
        build=[BUILD | {"presence_source": presence} | build],
        neighbourhoods=[
            {"neighbourhood_id": "nord", "name": text or "Nord", "population": 1000, "area_km2": 1.0},
            {"neighbourhood_id": "sud", "name": "Sud", "population": 500, "area_km2": 1.0},
        ],
        activity_daily=activity,
        interventions=[_intervention(row, number) | {"hour": hour} for number, row in enumerate(activity)],
        presence=[row for day in known for row in _presence(day, presence)],
        service_days=[_service_day(day, known, presence) for day in days],
        events=[{"starts_on": date(2025, 3, 4), "label": text or "Travaux"}],
        import_files=[_file(text or "interventions.csv", len(activity))],
        rejected_rows=[
            {"file_id": 1, "line": 7, "column_name": "date_service", "reason": "date illisible", "received": text},
            {"file_id": 1, "line": 9, "column_name": "date_service", "reason": "date illisible", "received": FORMULA},
        ],
        import_warnings=[{"file_id": 1, "kind": "valeur_inconnue", "column_name": text or "motif", "count": 3}],
        completeness=[{"table_name": "interventions", "column_name": "motif", "filled": 90, "total": 100}],
    )


def is_service(day: date) -> bool:
    """Whether the service works that day: Tuesday to Saturday."""
    return day.isoweekday() in range(2, 7)


def is_last(day: date) -> bool:
    """Whether a day of service is the last one of its month."""
    later = [day + timedelta(days=number) for number in range(1, 8)]
    return not any(is_service(other) and other.month == day.month for other in later)


def _activity(day: date, neighbourhood: str, motif: str, *, request: bool) -> dict[str, Any]:
    return {
        "service_date": day,
        "neighbourhood_id": neighbourhood,
        "register": "gestion_conflits",
        "motif": motif,
        "origin": "gardien" if request else "initiative_equipe",
        "is_request": request,
        "interventions": 1,
        "appeased": int(request),
        "outcome_known": int(request),
    }


def _intervention(row: Mapping[str, Any], number: int) -> dict[str, Any]:
    shared = ("service_date", "neighbourhood_id", "register", "motif", "origin", "is_request")
    return {name: row[name] for name in shared} | {"intervention_id": str(number), "location_method": "quartier"}


def _presence(day: date, source: str) -> Rows:
    def row(hour: int, neighbourhood: str) -> dict[str, Any]:
        return {"service_date": day, "neighbourhood_id": neighbourhood, "hour": hour, "hours": 1.0, "source": source}

    if source == "horaires":
        return [row(hour, neighbourhood) for hour in HOURS for neighbourhood in ("nord", "sud")]
    return [row(hour, "sud" if hour % 2 else "nord") for hour in HOURS]


def _service_day(day: date, known: Sequence[date], presence: str) -> dict[str, Any]:
    is_known = day in known
    return {
        "service_date": day,
        "weekday": day.isoweekday(),
        "season": "ete" if day.month in range(4, 10) else "hiver",
        "planned_hours": None if presence == "aucune" else 10.0 * is_service(day),
        "done_hours": 10.0 if is_known and presence == "presence" else None,
        "patrol_hours": 10.0 * is_known,
        "presence_source": presence if is_known else None,
        "interventions": is_service(day) + (day.isoweekday() in (3, 4, 5)),
    }


def _file(name: str, rows: int) -> dict[str, Any]:
    return {
        "file_id": 1,
        "name": name,
        "sha256": "0" * 64,
        "bytes": 1,
        "record": "interventions",
        "table_name": "interventions",
        "rows_read": rows + 2,
        "loaded": rows,
        "duplicates": 0,
        "rejected": 2,
        "first_date": FIRST,
        "last_date": LAST,
        "fictional": True,
    }
