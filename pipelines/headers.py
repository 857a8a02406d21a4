"""Where the header of an export is, and which of its columns a record wants."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from pipelines.errors import UnreadableFileError
from pipelines.schema import slug

SEARCHED_ROWS = 60
MAX_COLUMNS = 1000
WIDE = 3  # months side by side, beside a known name: as columns, they can't be rows
WIDE_ALONE = 6  # the same, where no name is known
MONTH_NAMES = (
    "janv?|janvier|fevr?|fevrier|mars|avr|avril|mai|juin|juil|juillet|aout|sept?|septembre|oct|octobre|nov|novembre|"
    "dec|decembre"
)
MONTH = re.compile(
    rf"(?:{MONTH_NAMES})(?:_?(?:20)?[0-9]{{2}})?|20[0-9]{{2}}_[01]?[0-9](?:_[0-9_]+)?"
    r"|(?:[0-9]{1,2}_)?[01]?[0-9]_20[0-9]{2}"
)


@dataclass(frozen=True)
class Header:
    """A header found: its rank among the rows searched, its names, and the position of each wanted source column.

    `above`: what is written over it.
    """

    rank: int
    names: tuple[str, ...]
    positions: dict[str, int]
    above: tuple[str, ...] = ()

    @property
    def undeclared(self) -> tuple[str, ...]:
        """Named columns that the record does not want."""
        used = set(self.positions.values())
        return tuple(name for i, name in enumerate(self.names) if i not in used and name.strip())

    @property
    def width(self) -> int:
        """Columns up to the last one that has a name: delimiters that trail add none."""
        return max((i for i, name in enumerate(self.names, start=1) if name), default=0)


def find_header(rows: Iterable[Sequence[str]], wanted: Sequence[str], required: Sequence[str]) -> Header | None:
    """The row that names the most wanted columns, the required ones among them; None when no row does.

    Raises UnreadableFileError for more columns than any export has, or when two columns share a wanted name.
    """
    best: Header | None = None
    keys = {slug(name): name for name in wanted}
    searched = list(islice(rows, SEARCHED_ROWS))
    for rank, row in enumerate(searched):
        header = _header(rank, row[:MAX_COLUMNS], keys)
        complete = all(name in header.positions for name in required)
        if complete and header.positions and len(row) > MAX_COLUMNS:
            raise UnreadableFileError(f"{len(row)} colonnes ; attendu : {MAX_COLUMNS} au plus.")
        if complete and header.positions and (best is None or len(header.positions) > len(best.positions)):
            best = header
    if best is None:
        return None
    _refuse_twins(best, keys)
    return replace(best, above=tuple(cell for row in searched[: best.rank] for cell in row if cell.strip()))


def _header(rank: int, row: Sequence[str], keys: dict[str, str]) -> Header:
    positions: dict[str, int] = {}
    for position, cell in enumerate(row):
        name = keys.get(slug(cell))
        if name is not None:
            positions.setdefault(name, position)
    return Header(rank, tuple(cell.strip() for cell in row), positions)


def _refuse_twins(header: Header, keys: dict[str, str]) -> None:
    seen: set[str] = set()
    for name in header.names:
        if slug(name) in keys and slug(name) in seen:
            raise UnreadableFileError(f"deux colonnes s'appellent « {name} » : impossible de savoir laquelle lire.")
        seen.add(slug(name))


def header_missing(
    rows: Iterable[Sequence[str]], wanted: Sequence[str], required: Sequence[str]
) -> UnreadableFileError:
    """The error for a file without a header in its first rows; only known names are said, a cell may be anybody's."""
    keys, searched = {slug(name): name for name in wanted}, [row[:MAX_COLUMNS] for row in rows]
    known = max((list(_header(0, row, keys).positions) for row in searched), key=len, default=[])
    wide = max((_months(row, keys) for row in searched), key=len, default=[])
    if wide:
        return UnreadableFileError(
            f"les mois sont en colonnes (« {wide[0]} », « {wide[1]} », « {wide[2]} »…). Attendu : une ligne pour "
            f"chaque mois, et les colonnes {', '.join(required or wanted[:6])}. Remettez le tableau en lignes, par "
            "exemple avec « Dépivoter les colonnes » d'un tableur."
        )
    return UnreadableFileError(
        f"en-tête introuvable dans les {SEARCHED_ROWS} premières lignes. "
        f"Attendu : {', '.join(required or wanted[:6])}. Colonnes reconnues : {', '.join(known) or 'aucune'}."
    )


def _months(row: Sequence[str], keys: dict[str, str]) -> list[str]:
    """The months of a row that has them as names of columns."""
    found = list(dict.fromkeys(cell.strip() for cell in row if MONTH.fullmatch(slug(cell))))
    return found if len(found) >= (WIDE if _header(0, row, keys).positions else WIDE_ALONE) else []
