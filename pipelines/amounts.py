"""Whether the amounts of a file exclude tax: asked when the file says otherwise, never guessed."""

from __future__ import annotations

import re
from collections.abc import Iterator

import duckdb

from pipelines.errors import UnreadableFileError
from pipelines.extract import Extract
from pipelines.records import Record
from pipelines.schema import slug, tables
from pipelines.statements import fetch, literal

WITH_TAX = "(?:^|_)(?:ttc|t_t_c|toutes_taxes|taxes_comprises|tva_incluse|tva_comprise)(?:_|$)"
WITHOUT_TAX = "(?:^|_)(?:ht|h_t|hors_tva|hors_taxes?)(?:_|$)"
IN_VALUE = {True: r"(?i)t\.?\s?t\.?\s?c\b", False: r"(?i)\bh\.?\s?t\b|[0-9€]h\.?t\b"}
STATE = 'écrivez [amounts] tax = "ttc" et rate (le taux de TVA, comme 0.10)'


def refuse_unsaid_tax(con: duckdb.DuckDBPyConnection, extract: Extract, record: Record) -> None:
    """Stop at a file whose header, titles or values say another tax than its record.

    Raises UnreadableFileError with the question, in French, and what to write in the record.
    """
    amounts = [name for name, column in tables()[record.table].items() if column.amount]
    sources = [source for name in amounts for source in record.columns.get(name, ())]
    if not sources:
        return
    read = [source for source in sources if source not in extract.missing]
    questions = [*_headings(extract, record, sources, read), *_values(con, extract, record, read)]
    if questions:
        raise UnreadableFileError(f"{extract.name} : {questions[0]}")


def _headings(extract: Extract, record: Record, sources: list[str], read: list[str]) -> Iterator[str]:
    """Questions that names of columns and titles raise; a title may be anybody's words and is not shown."""
    tax, where = record.amounts.tax, f"dans la fiche {record.file.name}"
    unread = [] if read else [name for name in extract.undeclared if _says(WITH_TAX, name)]
    for name in unread[:1]:
        yield (
            f"la colonne « {name} » annonce des montants TTC et n'est pas lue ; la colonne « {sources[0]} » manque. "
            f"Ces montants sont-ils taxes comprises ? Si oui, {STATE} {where}, et lisez cette colonne dans [columns], "
            f"ou renommez-la « {sources[0]} ». Sinon, corrigez son nom."
        )
    if tax == "ttc":
        return
    for name in read:
        if _says(WITH_TAX, name) and not (tax == "ht" and _says(WITHOUT_TAX, name)):
            yield (
                f"la colonne « {name} » annonce des montants TTC, et la fiche les lit hors taxes. Sont-ils taxes "
                f"comprises ? Si oui, {STATE} {where}. Sinon, corrigez le nom de la colonne."
            )
    both = all(_says(WITHOUT_TAX, name) for name in read)
    titles = [text for text in extract.above if _says(WITH_TAX, text) and not (both and _says(WITHOUT_TAX, text))]
    if tax is None and read and titles:
        yield (
            "un titre au-dessus de l'en-tête parle de montants TTC. Les montants du fichier sont-ils taxes comprises ? "
            f'Si oui, {STATE} {where} ; sinon, [amounts] tax = "ht".'
        )


def _values(con: duckdb.DuckDBPyConnection, extract: Extract, record: Record, read: list[str]) -> Iterator[str]:
    """Questions that values raise: « 120 € TTC » in a file of amounts without tax, and the other way round."""
    with_tax = record.amounts.tax == "ttc"
    for source in read:
        cell = f"c{record.sources.index(source)}"
        said = f"regexp_matches({cell}, {literal(IN_VALUE[not with_tax])})"
        (row,) = fetch(con, f"select min(row) from raw_rows where {said}")
        if row is None:
            continue
        written, meant = ("HT", "TTC") if with_tax else ("TTC", "hors taxes")
        answer = (
            f'écrivez [amounts] tax = "ht" dans la fiche {record.file.name}'
            if with_tax
            else f"{STATE} dans la fiche {record.file.name}"
        )
        yield (
            f"ligne {extract.line(row)}, colonne « {source} » : le montant est écrit {written}, et la fiche lit des "
            f"montants {meant}. Tous les montants du fichier sont-ils {written} ? Si oui, {answer}. Sinon, mettez-les "
            "tous sous la même forme."
        )


def _says(pattern: str, text: str) -> bool:
    return re.search(pattern, slug(text)) is not None
