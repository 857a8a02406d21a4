"""Writing: CSV, semicolons, UTF-8 with a byte order mark, quoted where needed; a file appears whole or not at all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

from pipelines.demo.words import GPS_STEPS, Columns

BYTE_ORDER_MARK = "\ufeff"  # tells spreadsheets that the file is UTF-8
INTERVENTIONS = Path(__file__).with_name("interventions.sql").read_text(encoding="utf-8")
COLUMNS = (
    "date_service", "heure_debut", "heure_fin", "horodatage_precision", "heure_fait_min", "heure_fait_max", "quartier",
    "lieu_id", "lieu_type", "longitude", "latitude", "domanialite", "bailleur_code", "registre", "motif", "gravite",
    "origine", "public_type", "nb_personnes_tranche", "mode_action", "partenaire_relaye", "date_relais", "date_retour",
    "retour", "issue", "degat_constate", "degat_quantite", "effectif_agents", "commentaire",
)  # fmt: skip
COORDINATES = ("longitude", "latitude")


class BatchMaker:
    """Turns columns of positions into batches of words."""

    def __init__(self, words: Mapping[str, Sequence[str]]) -> None:
        self._words = {column: pa.array(vocabulary, pa.string()) for column, vocabulary in words.items()}

    def __call__(self, rows: Columns) -> pa.RecordBatch:
        """One batch: the columns of the interventions files, and year and number for the identifier."""
        arrays = {"year": pa.array(rows["year"]), "number": pa.array(rows["number"])}
        for column in COLUMNS:
            if column in COORDINATES:
                arrays[column] = pa.array(rows[column] / GPS_STEPS, mask=~rows["has_point"])
            else:
                codes = rows[column].astype(np.int16)
                arrays[column] = pa.DictionaryArray.from_arrays(pa.array(codes, mask=codes < 0), self._words[column])
        return pa.RecordBatch.from_pydict(arrays)


def write_interventions(path: Path, batches: Iterator[pa.RecordBatch]) -> None:
    """Stream batches into one interventions file; memory holds a few of them."""
    first = next(batches)
    reader = pa.RecordBatchReader.from_batches(first.schema, _with_first(first, batches))
    with _connection() as connection:
        connection.register("batches", reader)
        _write(path, connection.sql(INTERVENTIONS))


def write_table(path: Path, table: pa.Table) -> None:
    """Write a small table."""
    with _connection() as connection:
        _write(path, connection.from_arrow(table))


def _with_first(first: pa.RecordBatch, others: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    yield first
    yield from others


def _connection() -> duckdb.DuckDBPyConnection:
    """One thread: rows keep their order and memory stays small. Progress is the caller's to show."""
    connection = duckdb.connect(config={"threads": 1})
    connection.execute("set enable_progress_bar = false")
    return connection


def _write(path: Path, relation: duckdb.DuckDBPyRelation) -> None:
    first, *others = relation.columns
    columns = [duckdb.ColumnExpression(first).alias(BYTE_ORDER_MARK + first)]
    unfinished = path.with_name(f".{path.name}.partial")
    try:
        relation.select(*columns, *map(duckdb.ColumnExpression, others)).write_csv(str(unfinished), sep=";")
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
