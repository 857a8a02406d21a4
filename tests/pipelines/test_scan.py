"""One pass over the bytes: encoding, fingerprint, and the physical line of every record."""

from __future__ import annotations

import csv
import hashlib
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines import scan as module
from pipelines.scan import Scan, scan
from tests.pipelines.exports import QUICK, write


def read(folder: Path, content: bytes, chunk: int = 8 << 20) -> Scan:
    """Scan bytes, by chunks of a size."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "CHUNK", chunk)
        return scan(write(folder / "f.csv", content), structure=True)


def lines_of_records(text: str) -> list[int]:
    """Physical lines at which Python's own reader begins each record that is not blank."""
    starts, reader, before = [], csv.reader(io.StringIO(text, newline=""), strict=True), 0
    for record in reader:
        if record:
            starts.append(before + 1)
        before = reader.line_num
    return starts


CELLS = st.text(alphabet='ab;é"\n ', max_size=6).map(lambda text: '"' + text.replace('"', '""') + '"') | st.text(
    alphabet="abcé ", min_size=1, max_size=4
)
ROWS = st.lists(st.lists(CELLS, min_size=1, max_size=3).map(",".join) | st.just(""), min_size=1, max_size=12)


@QUICK
@given(ROWS, st.sampled_from(["\n", "\r\n"]), st.booleans(), st.integers(1, 40))
def test_every_record_is_at_the_line_where_it_begins(tmp_path_factory, rows, end, closed, chunk):
    text = end.join(rows) + (end if closed else "")
    expected = lines_of_records(text)
    found = read(tmp_path_factory.getbasetemp() / "scan", text.encode(), chunk)
    assert found.records == len(expected)
    assert [found.line(record) for record in range(found.records)] == expected


@QUICK
@given(ROWS, st.sampled_from(["\n", "\r\n"]))
def test_a_line_is_found_back_from_a_record(tmp_path_factory, rows, end):
    text = end.join(rows)
    found = read(tmp_path_factory.getbasetemp() / "scan", text.encode())
    for record in range(found.records):
        assert found.record_at(found.line(record)) == record


@QUICK
@given(st.binary(max_size=80), st.integers(1, 9))
def test_the_size_of_the_chunks_changes_nothing(tmp_path_factory, content, chunk):
    folder = tmp_path_factory.getbasetemp() / "scan"
    whole, parts = read(folder, content), read(folder, content, chunk)
    told = ("sha256", "size", "has_nul", "records", "stray")
    assert [getattr(parts, name) for name in told] == [getattr(whole, name) for name in told]
    assert parts.gaps.tolist() == whole.gaps.tolist()
    assert whole.sha256 == hashlib.sha256(content).hexdigest()
    assert whole.size == len(content)
    assert whole.has_nul == (0 in content)


@pytest.mark.parametrize("chunk", [2, 3, 4, 5, 7, 1000])
@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        ("Cholière ; Bugallière\n".encode(), "utf-8"),
        ("\ufeffCholière\n".encode(), "utf-8"),
        ("Cholière\n".encode("cp1252"), "cp1252"),
        (b"plain ascii, then the only accent at the very end \xe8", "cp1252"),
        ("half a character at the end é".encode()[:-1], "cp1252"),
        ("l’été à 12 €\n".encode("cp1252"), "cp1252"),
        ("Cholière\n".encode("utf-16"), "utf-16"),
        (b"\xfe\xff" + "Cholière\n".encode("utf-16-be"), "utf-16"),
        (b"", "utf-8"),
    ],
)
def test_the_encoding_is_recognised(tmp_path: Path, content: bytes, encoding: str, chunk: int):
    assert read(tmp_path, content, chunk).encoding == encoding


@pytest.mark.parametrize("chunk", [1, 2, 3, 1000])
@pytest.mark.parametrize(
    ("content", "stray"),
    [
        ('"a";b\n"c";"d ""e"" f"\n', False),
        ('\ufeff"a",b\r\n"",""\r\n', False),
        ('"a"\t"b"\n"c\n\nd"|"e"\n', False),
        ('a;écran 12"\n', True),
        ('a;12" et 5"\n', True),
        ('i"4;"a\nb"\ni"5;c\n', True),
        ('a; "b"\n', True),
    ],
)
def test_a_quote_in_the_middle_of_a_value_is_told(tmp_path: Path, content: str, stray: bool, chunk: int):
    assert read(tmp_path, content.encode(), chunk).stray is stray


def test_a_file_that_is_not_a_csv_is_only_fingerprinted(tmp_path: Path):
    found = scan(write(tmp_path / "f.xlsx", b'a\nb\n"'), structure=False)
    assert (found.records, found.size, found.sha256) == (0, 5, hashlib.sha256(b'a\nb\n"').hexdigest())
