"""The canonical tables, read from `schema.toml`, and how names and codes are compared."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

Kind = Literal["id", "code", "codes", "date", "time", "datetime", "integer", "number", "text", "month"]
SCHEMA_FILE = Path(__file__).with_name("schema.toml")


@dataclass(frozen=True)
class Column:
    """One declared column; `values` are its accepted codes, `low` and `high` the bounds of an integer.

    `additive`: a figure that adds up over the lines of a ledger. `amount`: money, excluding tax.
    """

    name: str
    kind: Kind
    required: bool = False
    profile: bool = False
    values: tuple[str, ...] = ()
    low: int | None = None
    high: int | None = None
    additive: bool = False
    amount: bool = False

    @property
    def fallback(self) -> str | None:
        """What an unknown value becomes: `autre` where the column has it, else empty."""
        return "autre" if "autre" in self.values else None

    @property
    def is_textual(self) -> bool:
        """Whether people may have typed anything in it, personal data included."""
        return self.kind in ("id", "code", "codes", "text")


@cache
def tables() -> dict[str, dict[str, Column]]:
    """Canonical tables: name -> columns by name, in the order of the schema."""
    raw = tomllib.loads(SCHEMA_FILE.read_text(encoding="utf-8"))
    return {
        table: {name: _column(name, spec) for name, spec in entry["columns"].items()} for table, entry in raw.items()
    }


def _column(name: str, spec: dict[str, object]) -> Column:
    kind = spec["type"]
    values, low, high = spec.get("values", ()), spec.get("min"), spec.get("max")
    assert isinstance(kind, str)
    assert isinstance(values, list | tuple)
    return Column(
        name=name,
        kind=kind,  # type: ignore[arg-type]
        required=bool(spec.get("required", False)),
        profile=bool(spec.get("profile", False)),
        values=tuple(str(value) for value in values),
        low=low if isinstance(low, int) else None,
        high=high if isinstance(high, int) else None,
        additive=bool(spec.get("additive", False)),
        amount=bool(spec.get("amount", False)),
    )


def is_ledger(table: str) -> bool:
    """Whether the rows of a table are lines that add up."""
    return any(column.additive for column in tables()[table].values())


def slug(text: str) -> str:
    """The form under which names are compared: no accents, lower case, `_` between words (`+` and digits kept).

    The SQL macro `slug` does the same; a test holds the two together.
    """
    bare = "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.category(c).startswith("M"))
    return re.sub(r"[^a-z0-9+]+", "_", bare.lower().replace("œ", "oe").replace("æ", "ae")).strip("_")
