"""A small repair ledger and a few situations, for the tests of avoided costs."""

from __future__ import annotations

import re
from datetime import date
from typing import Any


def plain(html: str) -> str:
    """HTML as it is read, its spaces made ordinary."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def ledger(**given: Any) -> list[dict]:
    """Two landlords' residences over two years: A with a comparison, B without; 10 dwellings, 3 repairs a month."""
    residences = [("A", f"suivie {n}", "suivi") for n in range(3)] + [("B", "seule", "suivi")]
    residences += [("A", f"autre {n}", "comparaison") for n in range(3)]
    months = [date(2024 + n // 12, n % 12 + 1, 1) for n in range(24)]
    return [
        {"landlord_code": landlord, "residence": name, "month": month, "comparison_group": group}
        | {"repairs": 3 + (n + len(name)) % 3, "cost_excl_tax": 100.0, "dwellings": 10, "category": "tag"}
        | given
        for landlord, name, group in residences
        for n, month in enumerate(months)
    ]


def happened(number: int, **given: Any) -> dict:
    row = {"intervention_id": str(number), "service_date": date(2025, 3, 1), "neighbourhood_id": "nord"}
    row |= {"motif": "occupation_hall", "outcome": "apaise", "damage": "aucun", "ownership": "bailleur"}
    return row | {"landlord_code": "A", "register": "gestion_conflits", "is_request": True} | given
