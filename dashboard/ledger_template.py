"""The workbook that a landlord fills with its repairs: an empty sheet, a filled fictional one, and how to use them.

The names of its columns are those that the canonical ledger of repairs has; its first sheet is the one that is read.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from math import ceil
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

FILE_NAME = "sinistres_bailleur.xlsx"
ENTRY, EXAMPLE, GUIDE = "Sinistres", "Exemple (données fictives)", "Mode d'emploi"
CHOICE = '"suivi,comparaison"'
LAST_ROW = 5000
GUIDE_WIDTH, LINE_HEIGHT = 84, 15  # about as many letters; points
FICTIONAL = (
    "Données fictives\u00a0: un exemple, qui ne décrit aucun bailleur. Remplissez la feuille «\u00a0Sinistres\u00a0»."
)
INK, HEAD, PAPER, MARK = "FF1F2A37", "FF123A5A", "FFFFFFFF", "FFFDE9C9"


@dataclass(frozen=True)
class Entry:
    """A column of the workbook: its name, what to write, an example, and how its cells are shown and checked."""

    name: str
    meaning: str
    example: str
    width: int
    form: str = "@"
    kind: Literal["", "whole", "decimal", "list"] = ""
    low: int = 0
    high: int = 100_000

    @property
    def is_required(self) -> bool:
        """Whether a line without it can't be read."""
        return self.meaning.startswith("Obligatoire")


ENTRIES = (
    Entry("Bailleur (code)", "Obligatoire. Le code du bailleur, le même sur toutes les lignes.", "BAIL-X", 17),
    Entry("Résidence", "Obligatoire. Le nom de la résidence, toujours le même.", "Résidence des Tilleuls", 36),
    Entry(
        "Mois",
        "Obligatoire. Le mois de la réparation\u00a0: 01/2025, janv. 2025 ou une date.",
        "01/2025",
        12,
        "mm/yyyy",
    ),
    Entry("Catégorie", "Ce qui a été réparé\u00a0: porte_hall, ascenseur, boites_lettres, tag, eclairage…", "tag", 20),
    Entry(
        "Nb", "Nombre de réparations. 0 s’il n’y en a pas eu, vide si on ne sait pas.", "2", 9, "0", "whole", -100_000
    ),
    Entry(
        name="Coût HT (€)",
        meaning="Montant hors taxes, en euros. Un avoir est négatif. Vide si on ne sait pas.",
        example="1\u202f234,50",
        width=16,
        form="#,##0.00",
        kind="decimal",
        low=-100_000_000,
        high=100_000_000,
    ),
    Entry(
        name="Groupe",
        meaning="suivi si l’équipe de médiation y passe, comparaison sinon. Le même d’un mois à l’autre.",
        example="suivi",
        width=15,
        kind="list",
    ),
    Entry("Nb logements", "Nombre de logements de la résidence ce mois-là.", "48", 14, "0", "whole"),
)
RULES = (
    "Une ligne pour chaque résidence, chaque mois et chaque catégorie\u00a0; plusieurs lignes, par exemple une par "
    "facture, s’additionnent.",
    "Donnez au moins douze mois avant l’arrivée de l’équipe, ou avant ce qu’on veut mesurer, et tous les mois depuis.",
    "Donnez aussi des résidences où l’équipe ne passe pas (comparaison)\u00a0: sans elles, on ne sait pas ce qui "
    "aurait baissé de toute façon.",
    "Un mois sans ligne est un mois manquant, jamais zéro\u00a0: s’il n’y a eu aucune réparation, écrivez une ligne "
    "avec 0.",
    "Les montants sont hors taxes. Si vous n’avez que des montants TTC, écrivez «\u00a0TTC\u00a0» dans l’en-tête et "
    "dites-le\u00a0: on vous demandera le taux.",
    "Un avoir s’écrit avec un montant négatif, et un nombre négatif s’il annule une réparation.",
    "Deux lignes identiques comptent pour une. Si ce sont deux factures, ajoutez une colonne avec leur numéro.",
    "Ni total ni sous-total\u00a0: ils seraient laissés de côté. Ni mois en colonnes, ni cellules fusionnées.",
    "Une résidence qui change de nom garde l’ancien, ou signalez le changement.",
    "Aucun nom de locataire, aucun numéro de logement, aucun téléphone\u00a0: le fichier serait refusé.",
    "Pour corriger, renvoyez le fichier sous un nom qui vient après (sinistres 2, sinistres 3…)\u00a0: les lignes de "
    "même bailleur, résidence, mois et catégorie remplacent les anciennes.",
    "Gardez le mot «\u00a0sinistres\u00a0» dans le nom du fichier.",
)
TILLEULS, LAC = ("Résidence des Tilleuls (fictif)", "suivi", 48), ("Résidence du Lac (fictif)", "comparaison", 60)


def example_rows() -> list[list[Any]]:
    """Fictional lines in the order of ENTRIES: two residences, three months, zeros, an unknown, a credit note."""
    figures = [
        (TILLEULS, 1, "porte_hall", 1, 410.0),
        (TILLEULS, 1, "tag", 3, 174.6),
        (TILLEULS, 2, "porte_hall", 0, 0.0),
        (TILLEULS, 2, "tag", 2, None),
        (TILLEULS, 3, "porte_hall", 1, 395.5),
        (TILLEULS, 3, "porte_hall", 0, -95.5),
        (TILLEULS, 3, "tag", 1, 58.2),
        (LAC, 1, "porte_hall", 0, 0.0),
        (LAC, 1, "tag", 2, 116.4),
        (LAC, 2, "porte_hall", 1, 402.0),
        (LAC, 2, "tag", 2, 121.0),
        (LAC, 3, "porte_hall", 1, 1234.5),
        (LAC, 3, "tag", 0, 0.0),
    ]
    return [
        ["BAIL-X", name, date(2025, month, 1), category, nb, cost, group, dwellings]
        for (name, group, dwellings), month, category, nb, cost in figures
    ]


@lru_cache(maxsize=1)
def template() -> bytes:
    """The workbook, as the bytes of an XLSX."""
    from openpyxl import Workbook  # a third of a second, for those who ask for the file alone

    book = Workbook()
    book.properties.title = "Registre des réparations du bailleur"
    book.properties.creator = "Optimédia"
    entry = book.worksheets[0]
    entry.title = ENTRY
    _headings(entry, 1)
    _checks(entry)
    _example(book.create_sheet(EXAMPLE))
    _guide(book.create_sheet(GUIDE))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _headings(sheet: Worksheet, row: int) -> None:
    """The names of the columns, kept in sight, over cells that show months, numbers and euros as such."""
    from openpyxl.utils import get_column_letter

    for position, column in enumerate(ENTRIES, start=1):
        letter = get_column_letter(position)
        sheet.column_dimensions[letter].width = column.width
        sheet.column_dimensions[letter].number_format = column.form
        _write(sheet, row, position, column.name, head=True)
    sheet.row_dimensions[row].height = 22
    sheet.freeze_panes = f"A{row + 1}"
    _printed(sheet, f"{row}:{row}")


def _checks(sheet: Worksheet) -> None:
    """What each cell expects, said when it is selected; a wrong number is refused by the spreadsheet itself."""
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.datavalidation import DataValidation

    for position, column in enumerate(ENTRIES, start=1):
        bounded = column.kind in ("whole", "decimal")
        check = DataValidation(
            type=column.kind or None,
            operator="between" if bounded else None,
            formula1=str(column.low) if bounded else CHOICE if column.kind else None,
            formula2=str(column.high) if bounded else None,
            allow_blank=True,
        )
        check.promptTitle, check.prompt, check.showInputMessage = column.name, column.meaning, True
        check.errorTitle, check.error = column.name, column.meaning
        check.showErrorMessage = bool(column.kind)
        letter = get_column_letter(position)
        check.add(f"{letter}2:{letter}{LAST_ROW}")
        sheet.add_data_validation(check)


def _example(sheet: Worksheet) -> None:
    _write(sheet, 1, 1, FICTIONAL, mark=True)
    sheet.merge_cells(start_row=1, start_column=1, end_row=1, end_column=len(ENTRIES))
    sheet.row_dimensions[1].height = 24
    _headings(sheet, 3)
    for row, values in enumerate(example_rows(), start=4):
        for position, (column, value) in enumerate(zip(ENTRIES, values, strict=True), start=1):
            _write(sheet, row, position, value, form=column.form)


def _guide(sheet: Worksheet) -> None:
    for letter, width in zip("ABC", (22, GUIDE_WIDTH, 26), strict=True):
        sheet.column_dimensions[letter].width = width
    _write(sheet, 1, 1, "Registre des réparations\u00a0: mode d’emploi", bold=True)
    _write(
        sheet,
        2,
        1,
        "Remplissez la feuille «\u00a0Sinistres\u00a0»\u00a0; la feuille d’exemple est fictive et n’est jamais lue.",
    )
    _table(sheet, 4, ("Colonne", "Ce qu’on y écrit", "Exemple"))
    for row, column in enumerate(ENTRIES, start=5):
        for position, text in enumerate((column.name, column.meaning, column.example), start=1):
            _write(sheet, row, position, text, bold=position == 1 and column.is_required)
        _fit(sheet, row, column.meaning)
    first = 6 + len(ENTRIES)
    _table(sheet, first, ("Règles", "", ""))
    for row, rule in enumerate(RULES, start=first + 1):
        _write(sheet, row, 1, row - first)
        _write(sheet, row, 2, rule)
        _fit(sheet, row, rule)
    _printed(sheet, None)


def _fit(sheet: Worksheet, row: int, text: str) -> None:
    """As high as the lines of its text: a spreadsheet does not see to it when it opens the file."""
    sheet.row_dimensions[row].height = LINE_HEIGHT * ceil(len(text) / GUIDE_WIDTH) + 3


def _table(sheet: Worksheet, row: int, names: Sequence[str]) -> None:
    for position, name in enumerate(names, start=1):
        _write(sheet, row, position, name, head=True)


def _write(
    sheet: Worksheet,
    row: int,
    position: int,
    value: str | float | date | None,
    *,
    form: str = "General",
    head: bool = False,
    mark: bool = False,
    bold: bool = False,
) -> None:
    from openpyxl.styles import Alignment, Font, PatternFill

    cell = sheet.cell(row, position, value)
    cell.number_format = form
    cell.font = Font(name="Calibri", size=11, bold=head or mark or bold, color=PAPER if head else INK)
    cell.alignment = Alignment(vertical="center", wrap_text=isinstance(value, str) and not mark, horizontal="left")
    if isinstance(value, int | float) or form == "mm/yyyy":
        cell.alignment = Alignment(vertical="center", horizontal="right")
    if head or mark:
        cell.fill = PatternFill("solid", start_color=HEAD if head else MARK)


def _printed(sheet: Worksheet, titles: str | None) -> None:
    """On A4, one page wide."""
    from openpyxl.worksheet.properties import PageSetupProperties

    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", sheet.PAPERSIZE_A4
    sheet.page_setup.fitToHeight, sheet.sheet_properties.pageSetUpPr = 0, PageSetupProperties(fitToPage=True)
    sheet.print_title_rows = titles
