"""CSV files of every kind: each row accounted for, at its physical line, or one clear error for the file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines import extract as module
from pipelines.errors import UnreadableFileError
from pipelines.extract import extract
from pipelines.records import Record
from tests.pipelines.exports import QUICK, SHORT, SHORT_HEADER, Staged, csv_text, record, staged, work_database, write

ROWS = [[f"i{n}", f"2026-01-{n:02d}", "21:40", "Cholière", f"note {n}"] for n in range(1, 8)]
PLAIN = csv_text(SHORT_HEADER, ROWS)
ALL = [f"i{n}" for n in range(1, 8)]
Read = Callable[[str | bytes], Staged]


@pytest.fixture
def read(tmp_path: Path, in_process: None) -> Read:
    """Read and map the text of an export."""
    how = record(tmp_path, SHORT)
    return lambda content: staged(write(tmp_path / "interventions.csv", content), how)


def ids(found: Staged) -> list[str]:
    """Identifiers of the rows kept."""
    return [row[0] for row in found.values("id_intervention")]


def accounted(found: Staged) -> int:
    """Rows that are kept or rejected."""
    return len(found.lines) + len(found.rejected)


@pytest.mark.parametrize(
    "content",
    [
        PLAIN.encode(),
        b"\xef\xbb\xbf" + PLAIN.encode(),
        PLAIN.encode("cp1252"),
        PLAIN.encode("utf-16"),
        b"\xfe\xff" + PLAIN.encode("utf-16-be"),
        *(csv_text(SHORT_HEADER, ROWS, delimiter).encode() for delimiter in ",\t|"),
        csv_text(SHORT_HEADER, ROWS, end="\n").encode(),
        csv_text(SHORT_HEADER, ROWS, end="\r").encode(),
        csv_text(SHORT_HEADER, ROWS, end="\r").rstrip("\r").encode(),
        PLAIN.rstrip().encode(),
        PLAIN.replace("\r\n", ";\r\n").encode(),
        PLAIN.replace("note\r\n", "note;;\r\n").encode(),
        PLAIN.replace("note\r\n", "note;;\r\n").rstrip().encode(),
        PLAIN.replace("\r\n", "\r\n", 3).replace("i5", '"i5"').encode(),
        csv_text([f'"{name}"' for name in SHORT_HEADER], ROWS).replace('"""', '"').encode(),
        csv_text([*SHORT_HEADER[:4], " note "], ROWS).encode(),
    ],
    ids=lambda content: repr(content[:8]),
)
def test_encodings_delimiters_and_line_ends(read: Read, content: bytes):
    found = read(content)
    assert found.values("id_intervention", "quartier", "mode_action") == [
        (f"i{n}", "Cholière", f"note {n}") for n in range(1, 8)
    ]
    assert found.lines == [2, 3, 4, 5, 6, 7, 8]
    assert (found.extract.rows, found.extract.broken, found.rejected) == (7, 0, [])


@pytest.mark.parametrize(
    ("content", "lines"),
    [
        ('Export du service\r\nLe 12" mars\r\n\r\n' + PLAIN, [5, 6, 7, 8, 9, 10, 11]),
        ('Export "du service\r\n\r\n' + PLAIN, [4, 5, 6, 7, 8, 9, 10]),
        ('"Export\r\ndu service";;\r\n' + PLAIN, [4, 5, 6, 7, 8, 9, 10]),
        ("sep=;\r\n" + PLAIN, [3, 4, 5, 6, 7, 8, 9]),
        ("\r\n\r\n" + PLAIN, [4, 5, 6, 7, 8, 9, 10]),
        (PLAIN.replace("\r\n", "\r\n\r\n"), [3, 5, 7, 9, 11, 13, 15]),
        (PLAIN.replace("\r\n", "\r\n   \r\n"), [3, 5, 7, 9, 11, 13, 15]),
        (PLAIN.replace("note 3", '"a\r\nb"').replace("note 5", '"x\ny;""z"""'), [2, 3, 4, 6, 7, 9, 10]),
        (PLAIN.replace("note 7", '"a\r\nb"').rstrip(), [2, 3, 4, 5, 6, 7, 8]),
        (PLAIN.replace("i1;", '"i\n\n\n1";'), [2, 6, 7, 8, 9, 10, 11]),
        (PLAIN.replace("quartier", '"Quartier\n"'), [3, 4, 5, 6, 7, 8, 9]),
        (PLAIN.replace("i3;", 'i"3;').replace("note 3", '"a\r\nb"').replace("i4;", 'i"4;'), [2, 3, 4, 6, 7, 8, 9]),
    ],
)
def test_a_row_is_at_its_physical_line(read: Read, content: str, lines: list[int]):
    found = read(content)
    assert found.lines == lines
    assert (found.extract.broken, found.rejected) == (0, [])


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("above", ['"Un\rtitre";', '"Un\ntitre";', '"Un\r\ntitre";', "Un titre", ""])
@pytest.mark.parametrize("below", ['i"8', "i8", '"i""8"'])
def test_breaks_above_the_rows_and_quotes_below_never_take_a_row_away(read: Read, end: str, above: str, below: str):
    rows = [["i7", "2026-01-07", "", "P", "x"], [below, "2026-01-08", "", "P", "x"], ["i9", "2026-01-09", "", "P", "x"]]
    body = end.join(";".join(row) for row in rows)
    for header in (";".join(SHORT_HEADER), ";".join(SHORT_HEADER).replace("quartier", '"quartier\r"')):
        found = read(f"{above}{end}{header}{end}{body}{end}")
        assert [day.day for (day,) in found.values("date_service")] == [7, 8, 9]


@pytest.mark.parametrize(
    ("content", "broken", "came"),
    [
        (PLAIN.replace(";note 3", ""), 4, "4 colonnes"),
        (PLAIN.replace("note 3", "note 3;de trop"), 4, "6 colonnes"),
        (PLAIN.replace("i3;2026-01-03;21:40;Cholière;note 3", "total"), 4, "1 colonnes"),
        ("titre\n\n" + PLAIN.replace(";note 5", ""), 8, "4 colonnes"),
    ],
)
def test_a_row_too_short_or_too_long_is_rejected_alone(read: Read, content: str, broken: int, came: str):
    found = read(content)
    assert found.rejected == [(broken, "", "nombre de colonnes", came)]
    assert len(ids(found)) == 6
    assert accounted(found) == found.extract.rows + found.extract.broken == 7


def test_a_row_of_delimiters_alone_is_rejected_as_blank(read: Read):
    found = read(PLAIN.replace("i4;2026-01-04;21:40;Cholière;note 4", ";;;;"))
    assert found.rejected == [(5, "", "ligne vide", None)]


@pytest.mark.parametrize(
    ("damage", "kept"),
    [
        (lambda text: text.replace("note 3", 'écran 12"'), ALL),
        (lambda text: text.replace("note 3", 'écran 12"').replace("note 5", '5" de plus'), ALL),
        (lambda text: text.replace("note 3", '"note" 3'), ALL),
        (lambda text: text.replace("note 3", '"note 3'), ALL),
        (lambda text: text.replace("i3;", '"i3;'), ["i1", "i2", "i4", "i5", "i6", "i7"]),
        (lambda text: text.replace("note 7\r\n", '"note 7'), ALL),
    ],
)
def test_a_quote_gone_astray_spoils_one_row_at_most(read: Read, damage: Callable[[str], str], kept: list[str]):
    found = read(damage(PLAIN))
    assert accounted(found) == 7
    assert [i for i in ids(found) if i in ALL] == kept
    assert found.lines == [2, 3, 4, 5, 6, 7, 8]


def test_a_quote_never_closed_in_a_long_file_spoils_one_row(read: Read):
    rows = [[f"j{n}", "2026-01-05", "21:40", "Cholière", "x" * 40] for n in range(5000)]
    text = PLAIN.replace("note 3", '"note 3') + csv_text(SHORT_HEADER, rows).split("\r\n", 1)[1]
    found = read(text)
    assert accounted(found) == 5007
    assert found.values("mode_action")[2] == ('"note 3',)


def test_decimal_commas_are_numbers(tmp_path: Path, in_process: None):
    how = record(tmp_path, SHORT.replace('mode_action = "note"', 'longitude = "lon"\nlatitude = "lat"'))
    text = 'id;date;heure;quartier;lon;lat\na;2026-01-05;;P;-1,5894;47,2397\nb;2026-01-05;;P;"-1,5894";"47,2397"\n'
    assert staged(write(tmp_path / "interventions.csv", text), how).values("px", "py") == [(-1.5894, 47.2397)] * 2


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "le fichier est vide"),
        (b"\r\n\r\n   \r\n", "le fichier est vide"),
        (csv_text(SHORT_HEADER, []).encode(), "qu'un en-tête, aucune ligne"),
        (bytes(range(256)) * 100, "contenu binaire"),
        (PLAIN.encode("utf-16-le"), "contenu binaire"),
        (b"\xff\xd8\xff\xe0" + bytes(range(1, 256)) * 100, "en-tête introuvable"),
        (PLAIN[:-20].encode(), "fichier tronqué"),
        (PLAIN.replace("note", '"note', 1).encode(), "un guillemet de l'en-tête n'est pas fermé"),
        (PLAIN.replace("note", '"note', 1).replace("note 5", 'note 5"').encode(), "un guillemet de l'en-tête"),
        (PLAIN.replace("quartier", "date").encode(), "deux colonnes s'appellent « date »"),
        (PLAIN.split("\r\n", 1)[1].encode(), "en-tête introuvable"),
        (csv_text([*SHORT_HEADER, *(f"c{n}" for n in range(10_000))], [["x"] * 10_005]).encode(), "10005 colonnes"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_file_that_can_t_be_read_gives_one_french_error_with_its_name(read: Read, content: bytes, said: str):
    with pytest.raises(UnreadableFileError) as raised:
        read(content)
    assert str(raised.value).startswith("interventions.csv : ")
    assert said in str(raised.value)


def test_a_byte_zero_far_in_the_file_is_a_character_like_another(read: Read):
    rows = [[f"j{n}", "2026-01-05", "21:40", "Cholière", "x" * 40] for n in range(5000)]
    found = read(csv_text(SHORT_HEADER, rows).encode() + b"k;2026-01-05;;Choliere;a\0b\r\n")
    assert found.values("id_intervention", "mode_action")[-1] == ("k", "a b")
    assert found.lines[-1] == 5002


def test_values_longer_than_a_reader_s_limit_do_not_hide_the_header(read: Read):
    found = read(PLAIN.replace("note 2", "x" * 200_000))
    assert ids(found) == ALL


def test_a_geometry_full_of_commas_is_not_taken_for_columns(read: Read):
    shape = "[" + ",".join(f"[-1.{n:04d},47.{n:04d}]" for n in range(900)) + "]"
    found = read(PLAIN.replace("note 2", shape))
    assert (ids(found), found.lines) == (ALL, [2, 3, 4, 5, 6, 7, 8])


@pytest.mark.parametrize(
    "name", ["interventions[1].csv", "interventions (1).csv", "interventions d'été.csv", "interventions;a,b.CSV"]
)
@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
def test_any_file_name_is_read(tmp_path: Path, in_process: None, name: str, encoding: str):
    folder = tmp_path / "a[b] d'ici"
    found = staged(write(folder / name, PLAIN.encode(encoding)), record(tmp_path, SHORT))
    assert ids(found) == ALL


def test_a_file_that_is_not_there_is_said(tmp_path: Path):
    with pytest.raises(UnreadableFileError, match=r"interventions\.csv : lecture impossible"):
        staged(tmp_path / "interventions.csv", record(tmp_path, SHORT))


def test_the_row_by_row_reader_runs_in_a_process_of_its_own(tmp_path: Path):
    found = staged(write(tmp_path / "interventions.csv", PLAIN.encode("cp1252")), record(tmp_path, SHORT))
    assert found.values("id_intervention", "quartier") == [(i, "Cholière") for i in ALL]
    with pytest.raises(UnreadableFileError, match=r"interventions\.csv : le fichier n'a qu'un en-tête"):
        staged(write(tmp_path / "interventions.csv", "id;date;chôse\n".encode("cp1252")), record(tmp_path, SHORT))


CELL = st.lists(st.sampled_from([*'aé;,|\t"\n 0\\N\u00a0\u202f\u2003\ufeff\u0085\x1f\x0bœ€', "\r\n"]), max_size=8).map(
    "".join
)
TABLE = st.lists(st.lists(CELL, min_size=5, max_size=5), min_size=1, max_size=6)


class Reader:
    """One connection, so that many tiny files are read fast."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.con = work_database()

    def read(self, how: Record, content: str) -> tuple[list[Any], list[int], list[Any]]:
        """Cleaned cells and keys, their lines, and the broken rows."""
        found = extract(self.con, write(self.folder / "interventions.csv", content), how, self.folder)
        cells = ", ".join(f"clean(c{n})" for n in range(len(how.sources)))
        rows = self.con.execute(f"select row, key, {cells} from raw_rows order by row").fetchall()
        broken = self.con.execute("select line, received from broken_rows order by line").fetchall()
        return [row[1:] for row in rows], [found.line(row[0]) for row in rows], broken


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Reader:
    """A reader in a folder of its own."""
    return Reader(tmp_path_factory.mktemp("paths"))


@pytest.mark.usefixtures("in_process")
@QUICK
@given(
    table=TABLE,
    delimiter=st.sampled_from(";,\t|"),
    end=st.sampled_from(["\n", "\r\n"]),
    whole=st.booleans(),
    titles=st.booleans(),
)
def test_both_readers_find_the_same_rows(reader: Reader, *, table, delimiter, end, whole, titles):
    how = record(reader.folder, SHORT.replace('"id_intervention"', '"row"', 1) if whole else SHORT)
    text = ("Titre\n\n" if titles else "") + csv_text(SHORT_HEADER, table, delimiter, end)
    fast = reader.read(how, text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_fast", lambda *_: None)
        slow = reader.read(how, text)
    assert fast == slow


def test_a_regular_file_is_read_by_the_parallel_reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "_converted", lambda *_, **__: pytest.fail("read row by row"))
    text = "Titre\r\n\r\n" + PLAIN.replace("note 3", '"a\r\nb;""c"""').replace("\r\ni5", "\r\n\r\ni5")
    found = staged(write(tmp_path / "interventions.csv", text), record(tmp_path, SHORT))
    assert found.lines == [4, 5, 6, 8, 10, 11, 12]
