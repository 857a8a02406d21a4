"""What the page « Journal » shows: the audit trail as columns and rows, for the supervisor alone. No Streamlit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from itertools import groupby

from dashboard import access, audit, clock, formats, warehouse
from dashboard.audit import Entry
from dashboard.markup import Column

SCOPE = "Qui a ouvert ou exporté quoi, sur douze mois\u00a0; au-delà, les lignes sont effacées."
ALL = "tout"
ACTIONS = {"ouverture": "Ouvertures", "export": "Exports", "connexion": "Connexions", "refus": "Refus"}
CHOICES = {ALL: "Tout"} | ACTIONS
ONE = {"ouverture": "Ouverture", "export": "Export", "connexion": "Connexion", "refus": "Refus"}
COUNTED = ("ouverture", "export", "refus")
COUNTS = (*(Column(ACTIONS[name], is_number=True) for name in COUNTED), Column("Personnes", is_number=True))
MONTH_COLUMNS = (Column("Mois"), *COUNTS)
ROLE_COLUMNS = (Column("Rôle"), *COUNTS)
ENTRY_COLUMNS = (
    Column("Quand"),
    Column("Qui"),
    Column("Rôle"),
    Column("Action"),
    Column("Page ou fichier"),
    Column("Période et filtres"),
)
NO_ROLE = "Sans rôle"


def trail() -> list[Entry]:
    """The last twelve months, the newest first, at the territory's time.

    Raises AccessDenied to anybody but the supervisor, AuditError when the trail can't be read.
    """
    if warehouse.viewer().is_partner:
        raise access.AccessDenied(access.NOT_THIS_PAGE)
    return [replace(entry, at=clock.local(entry.at).replace(tzinfo=None)) for entry in audit.entries()]


def tiles(found: Sequence[Entry]) -> list[tuple[str, str, str]]:
    """Each action over the twelve months: name, number, by how many people."""
    by_action = {action: [entry for entry in found if entry.action == action] for action in ACTIONS}
    return [
        (ACTIONS[action], formats.number(len(rows)), f"par {formats.plural(_people(rows), 'personne')}")
        for action, rows in by_action.items()
    ]


def months(found: Sequence[Entry]) -> list[list[object]]:
    """Rows of MONTH_COLUMNS, the last month first."""
    by_month = groupby(sorted(found, key=_month, reverse=True), key=_month)
    return [[formats.month(month).replace(" ", "\u00a0"), *_counts(rows)] for month, rows in by_month]


def roles(found: Sequence[Entry]) -> list[list[object]]:
    """Rows of ROLE_COLUMNS, in alphabetical order."""
    return [[role, *_counts(rows)] for role, rows in groupby(sorted(found, key=_role), key=_role)]


def rows(found: Sequence[Entry], action: str = ALL) -> list[list[object]]:
    """Rows of ENTRY_COLUMNS for one action or all, the newest first; moments as shown and as downloaded."""
    return [
        [
            (f"{formats.day(entry.at)}\u00a0{entry.at:%H:%M}", entry.at),
            entry.person,
            _role(entry),
            ONE.get(entry.action, entry.action),
            entry.what,
            entry.detail,
        ]
        for entry in found
        if action in (ALL, entry.action)
    ]


def put_aside() -> str:
    """What became of files that could not be read; empty when there was none."""
    kept = audit.set_aside()
    if not kept:
        return ""
    names = ", ".join(path.name for path in kept)
    return (
        "Un fichier de journal était illisible\u00a0: il est gardé à côté du nouveau, et ses lignes ne sont pas ici. "
        f"Gardés\u00a0: {names}"
    )


def _month(entry: Entry) -> date:
    return entry.at.date().replace(day=1)


def _role(entry: Entry) -> str:
    name = {str(role): name for role, name in access.ROLES.items()}.get(entry.role, entry.role or NO_ROLE)
    return f"{name} {entry.landlord}".strip()


def _counts(rows: Iterable[Entry]) -> list[str]:
    kept = list(rows)
    counts = [sum(entry.action == action for entry in kept) for action in COUNTED]
    return [formats.number(count) for count in (*counts, _people(kept))]


def _people(rows: Iterable[Entry]) -> int:
    return len({entry.person for entry in rows})
