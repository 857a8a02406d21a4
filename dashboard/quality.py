"""What the data quality page shows: the import ledger turned into columns and rows. No Streamlit."""

from __future__ import annotations

from datetime import date

import pandas as pd

from dashboard import formats
from dashboard.cards import age
from dashboard.filters import Filters, bounds
from dashboard.markup import Cell, Column, bar
from dashboard.warehouse import Build, query

NO_BREAK = "\u00a0"
COUNTS = ("rows_read", "loaded", "duplicates", "rejected")
SHARES = {"loaded": "Chargées", "duplicates": "En double", "rejected": "Rejetées"}
FILE_COLUMNS = (
    Column("Fichier"),
    Column("Contenu"),
    Column("Lignes lues", is_number=True),
    Column("Chargées", is_number=True),
    Column("En double", is_number=True),
    Column("Rejetées", is_number=True),
    Column("Dates des lignes chargées"),
)
# Columns that the pipeline makes: always filled, or filled exactly when another one is.
COMPUTED = (
    "file_id",
    "source_line",
    "generalised",
    "location_method",
    "during_service",
    "is_request",
    "weekday",
    "season",
    "hour",
    "x_m",
    "y_m",
    "lines",
)
REASON_COLUMNS = (
    Column("Raison"),
    Column("Colonne"),
    Column("Lignes", is_number=True),
    Column("Fichiers", is_number=True),
)
REJECTED_HEADERS = {
    "file_name": "Fichier",
    "line": "Ligne",
    "column_name": "Colonne",
    "reason": "Raison",
    "expected": "Attendu",
    "received": "Reçu",
}
WARNING_COLUMNS = (
    Column("Avertissement"),
    Column("Colonne"),
    Column("Nombre", is_number=True),
    Column("Fichiers", is_number=True),
)
COMPLETENESS_COLUMNS = (Column("Colonne"), Column("Remplie"), Column("Lignes remplies", is_number=True))
LOCATION_COLUMNS = (Column("Méthode"), Column("Part"), Column("Interventions", is_number=True))
MONTH_COLUMNS = (
    Column("Mois"),
    Column("Jours prévus", is_number=True),
    Column("Sans saisie", is_number=True),
    Column("Sans présence", is_number=True),
    Column("Interventions", is_number=True),
)
DAY_COLUMNS = (Column("Jour"), Column("Interventions", is_number=True), Column("Présence"), Column("Congés"))


def files() -> tuple[list[list[object]], list[tuple[str, str]]]:
    """Rows of FILE_COLUMNS, then the files that could not be read with the reason."""
    ledger = query("imported_files").to_dict("records")
    rows: list[list[object]] = [
        [
            row["name"],
            formats.label("table", row["table_name"]) + (" (fictif)" if row["fictional"] else ""),
            *(formats.number(row[count]) for count in COUNTS),
            "" if pd.isna(row["first_date"]) else formats.day_range(row["first_date"], row["last_date"]),
        ]
        for row in ledger
    ]
    return rows, [(row["name"], row["error"]) for row in ledger if isinstance(row["error"], str) and row["error"]]


def ledger_totals() -> dict[str, int]:
    """Rows read, loaded, duplicates and rejected, over every file."""
    ledger = query("imported_files").to_dict("records")
    return {count: sum(int(row[count]) for row in ledger) for count in COUNTS}


def ledger_check() -> str:
    """What became of the rows read, added up."""
    counts = ledger_totals()
    kept = counts["loaded"] + counts["duplicates"] + counts["rejected"]
    shown = " + ".join(formats.number(counts[count]) for count in SHARES)
    verdict = "le compte est bon" if kept == counts["rows_read"] else "le compte n’est pas bon"
    return f"Lues = chargées + doublons + rejetées\u00a0: {formats.number(counts['rows_read'])} = {shown}, {verdict}"


def service_note(build: Build, *, has_timetable: bool) -> str:
    """Where presence comes from, and what that leaves unknown."""
    source = formats.label("presence_source", build.presence_source).lower()
    hours = "" if build.hour_known else " Aucune intervention ne donne son heure : les bandes horaires sont inconnues."
    planned = "" if has_timetable else " Aucun horaire prévu n’est connu\u00a0: on ne sait pas quels jours manquent."
    return f"Source de la présence\u00a0: {source}.{planned}{hours}"


def tiles(build: Build, today: date) -> list[tuple[str, str, str]]:
    """The ledger and its freshness in five figures: name, value, what it is made of."""
    known, counts = bounds(), ledger_totals()
    read = counts["rows_read"]

    def part(count: str) -> str:
        return f"{formats.percent(counts[count] / read, 1)} des lignes lues" if read else ""

    last, how_old = (formats.day(known.last), age(known.last, today)) if known else ("aucun", "")
    history = f"Plus ancien\u00a0: {formats.day(known.first)}" if known else ""
    detail = (
        "" if build.generalised_before is None else f"Détail retiré avant le {formats.day(build.generalised_before)}"
    )
    return [
        ("Dernier jour connu", last, how_old),
        ("Jours couverts", formats.number((known.last - known.first).days + 1) if known else "0", history),
        ("Lignes lues", formats.number(read), detail),
        *((name, formats.number(counts[count]), part(count)) for count, name in SHARES.items()),
    ]


def reasons() -> list[list[object]]:
    """Rows of REASON_COLUMNS, most frequent first."""
    return [
        [row["reason"], _given(row["column_name"]), *_numbers(row, "rejected_rows", "files")]
        for row in query("rejected_reasons").to_dict("records")
    ]


def rejected_lines() -> pd.DataFrame:
    """Every rejected line, with French headers."""
    return query("rejected_lines").rename(columns=REJECTED_HEADERS)


def warnings() -> list[list[object]]:
    """Rows of WARNING_COLUMNS, most frequent first."""
    return [
        [formats.label("avertissement", row["kind"]), _given(row["column_name"]), *_numbers(row, "warnings", "files")]
        for row in query("warning_counts").to_dict("records")
    ]


def completeness() -> dict[str, tuple[list[list[object]], str]]:
    """By table: rows of COMPLETENESS_COLUMNS, the emptiest column first, and the columns that no export fills."""
    tables: dict[str, tuple[list[list[object]], list[str]]] = {}
    for row in query("column_completeness", computed=COMPUTED).to_dict("records"):
        rows, empty = tables.setdefault(row["table_name"], ([], []))
        name, share = formats.label("colonne", row["column_name"]), row["filled"] / row["total"]
        if row["filled"] == 0:
            empty.append(name)
            continue
        shown = f"{formats.number(row['filled'])} sur {formats.number(row['total'])}"
        rows.append([name, Cell(bar(share, formats.percent(share)), share), (shown, row["filled"])])
    ordered = sorted(tables.items(), key=lambda pair: (pair[0] != "interventions", pair[0]))
    return {
        table: (rows, f"Jamais remplies\u00a0: {', '.join(sorted(empty))}." if empty else "")
        for table, (rows, empty) in ordered
    }


def location(chosen: Filters) -> tuple[list[list[object]], str]:
    """Rows of LOCATION_COLUMNS for the period, and what they are a share of."""
    found = query("location_methods", **chosen.params()).to_dict("records")
    total = sum(int(row["interventions"]) for row in found)
    outside = sum(int(row["outside"]) for row in found)
    rows: list[list[object]] = [
        [
            formats.label("location_method", row["location_method"]),
            Cell(bar(share := row["interventions"] / total, formats.percent(share, 1)), share),
            formats.number(row["interventions"]),
        ]
        for row in found
    ]
    part = f", soit {formats.percent(outside / total, 1)}" if total else ""
    return rows, (
        f"n\u00a0=\u00a0{formats.plural(total, 'intervention')}, tous filtres retirés sauf la période. "
        f"Hors périmètre des quartiers\u00a0: {formats.number(outside)}{part}."
    )


def months(chosen: Filters) -> tuple[tuple[Column, ...], list[list[object]]]:
    """Columns and rows by month, the last first; interventions alone where no timetable says what days were planned."""
    found = query("record_months", **chosen.params()).to_dict("records")
    is_planned = any(row["planned_days"] for row in found)
    counts = ("planned_days", "empty_days", "unrecorded_days", "interventions") if is_planned else ("interventions",)
    rows: list[list[object]] = [
        [formats.month(row["month"]).replace(" ", NO_BREAK), *_numbers(row, *counts)] for row in found
    ]
    return MONTH_COLUMNS if is_planned else (MONTH_COLUMNS[0], MONTH_COLUMNS[-1]), rows


def missing_days(chosen: Filters) -> list[list[object]]:
    """Rows of DAY_COLUMNS: days of planned service without intervention or without presence, the last first."""
    return [
        [
            (f"{formats.weekday(row['weekday'])} {formats.day(row['service_date'])}", row["service_date"]),
            (formats.number(row["interventions"]), row["interventions"]),
            _presence(row),
            _given(row["holiday"]),
        ]
        for row in query("missing_days", **chosen.params()).to_dict("records")
    ]


def _presence(row: dict) -> str:
    if row["is_recorded"]:
        return "enregistrée"
    return "horaire prévu" if row["presence_source"] == "horaires" else "manquante"


def _numbers(row: dict, *names: str) -> list[str]:
    return [formats.number(row[name]) for name in names]


def _given(value: object) -> str:
    return value if isinstance(value, str) else ""
