"""Any damaged export: either one named error, or every row accounted for; never anything else."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines import extract as module
from pipelines.errors import OptimediaError, UnreadableFileError
from pipelines.extract import extract
from pipelines.records import Record
from tests.pipelines.exports import (
    QUICK,
    SHORT,
    SHORT_HEADER,
    collection,
    convert_here,
    csv_text,
    feature,
    point,
    record,
    staged,
    work_database,
    write,
)

ROWS = [[f"i{n}", f"2026-01-{n:02d}", "21:40", "Cholière", f"n{n}"] for n in range(1, 10)]
PLAIN = csv_text(SHORT_HEADER, ROWS).replace("n4", '"a\r\nb;""c"""').replace("\r\ni7", "\r\n\r\ni7")
PIECES = [
    b'"',
    b";",
    b",",
    b"\n",
    b"\r",
    b"\r\n",
    b"\0",
    b"\t",
    b"|",
    b"\xe9",
    "é".encode(),
    b" ",
    b"date",
    b"2026",
    b"",
]


class Bench:
    """One work database for many small files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.con = work_database()

    def load(self, how: Record, name: str, content: bytes) -> tuple[int, int, int, list[int]]:
        """Rows read, kept and rejected, and the lines of all of them."""
        found = staged(write(self.folder / name, content), how, con=self.con)
        kept, rejected = found.lines, [row[0] for row in found.rejected]
        return found.extract.rows + found.extract.broken, len(kept), len(rejected), sorted(kept + rejected)


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """A work database in a folder of its own."""
    return Bench(tmp_path_factory.mktemp("bench"))


@pytest.fixture(scope="module", autouse=True)
def _here():
    """Conversions in this process: an exception that nobody foresaw is then a failure, not « fichier abîmé »."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_run", convert_here)
        yield


@st.composite
def damaged(draw: st.DrawFn, whole: bytes) -> bytes:
    """Bytes cut, put in, replaced or taken away, and lines exchanged, a few times."""
    content = whole
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(content)))
        end = min(len(content), start + draw(st.integers(0, 12)))
        piece = draw(st.sampled_from(PIECES) | st.binary(max_size=4))
        match draw(st.sampled_from(["replace", "replace", "insert", "cut", "swap"])):
            case "replace":
                content = content[:start] + piece + content[end:]
            case "insert":
                content = content[:start] + piece + content[start:]
            case "cut":
                content = content[:start]
            case "swap":
                lines = content.split(b"\n")
                lines[start % len(lines)], lines[end % len(lines)] = lines[end % len(lines)], lines[start % len(lines)]
                content = b"\n".join(lines)
    return content


def regular_rows(content: bytes) -> int | None:
    """Rows under the header, when Python's strict reader finds nothing to object to; else None."""
    try:
        text = content.decode("utf-8-sig")
        rows = [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=";", strict=True) if row]
    except (UnicodeDecodeError, csv.Error):
        return None
    if "\0" in text or not rows or rows[0] != SHORT_HEADER or any(len(row) != len(SHORT_HEADER) for row in rows):
        return None
    return len(rows) - 1


def check(bench: Bench, how: Record, name: str, content: bytes) -> int | None:
    """Rows read, all accounted for at lines of the file; None when the file is refused by name."""
    try:
        read, kept, rejected, lines = bench.load(how, name, content)
    except OptimediaError as error:
        assert str(error).startswith(name)
        return None
    assert read == kept + rejected
    assert len(set(lines)) == read
    assert lines[0] >= 1
    return read


@settings(QUICK, max_examples=40)
@given(damaged(PLAIN.encode()) | damaged(PLAIN.encode("cp1252")) | damaged(PLAIN.encode("utf-16")), st.booleans())
def test_any_damage_to_a_csv_is_refused_or_accounted_for(bench: Bench, content: bytes, whole: bool):
    how = record(bench.folder, SHORT.replace('"id_intervention"', '"row"', 1) if whole else SHORT)
    read = check(bench, how, "interventions.csv", content)
    expected = regular_rows(content)
    if expected:
        assert read == expected
    if read:
        physical = len(re.findall(rb"\r\n|\r|\n", content)) + 1
        assert bench.load(how, "interventions.csv", content)[3][-1] <= physical


@QUICK
@given(damaged(PLAIN.encode()))
def test_what_the_parallel_reader_accepts_the_other_reads_alike(bench: Bench, content: bytes):
    how = record(bench.folder, SHORT)

    def rows(force: bool) -> list[tuple[object, ...]] | str:
        with pytest.MonkeyPatch.context() as patch:
            if force:
                patch.setattr(module, "_fast", lambda *_: None)
            try:
                found = extract(bench.con, write(bench.folder / "interventions.csv", content), how, bench.folder)
            except UnreadableFileError as error:
                return str(error)
        cells = ", ".join(f"clean(c{n})" for n in range(len(how.sources)))
        read = bench.con.execute(f"select row, {cells} from raw_rows order by row").fetchall()
        return [(found.line(row[0]) if b"\r" not in content.replace(b"\r\n", b"") else 0, *row[1:]) for row in read]

    accepted = rows(force=False)
    assert isinstance(accepted, str) or accepted == rows(force=True)


FEATURES = [feature(point(-1.58, 47.24), id=f"f{n}", date="2026-01-05", quartier="Cholière") for n in range(4)]
PLACES = SHORT.replace('heure_debut = "heure"\n', "") + '[point]\ncolumn = "geometry"\nformat = "json"\n'


@QUICK
@given(damaged(collection(FEATURES).encode()))
def test_any_damage_to_a_geojson_is_refused_or_accounted_for(bench: Bench, content: bytes):
    read = check(bench, record(bench.folder, PLACES), "interventions.geojson", content)
    try:
        listed = json.loads(content.decode())["features"]
    except (ValueError, KeyError, TypeError):
        return
    if read is not None:
        assert read == len(listed)
