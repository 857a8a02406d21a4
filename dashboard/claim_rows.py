"""Answers of the warehouse as plain rows, for the claims' figures: a period's rows, and their totals."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd

from dashboard.filters import Filters
from dashboard.warehouse import query

Row = dict[str, Any]


def ask(name: str, filters: Filters, **more: object) -> list[Row]:
    """Rows of a query for a choice of filters; what is missing is None."""
    frame = query(name, **filters.params(), **more)
    return [
        {str(key): None if pd.api.types.is_scalar(value) and pd.isna(value) else value for key, value in row.items()}
        for row in frame.to_dict("records")
    ]


def total(rows: Iterable[Row], column: str) -> int:
    """Sum of a column of whole numbers."""
    return sum(int(row[column]) for row in rows)
