"""Files of tables: real numbers and dates, hidden figures that stay hidden, texts that stay texts, what they are."""

from __future__ import annotations

import csv
import io
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from dashboard import components, exports, markup, warehouse
from dashboard.access import Viewer
from dashboard.exports import About, Notes, Value
from dashboard.markup import Cell, Column
from pipelines.settings import ROOT
from tests.dashboard.warehouses import FORMULA, HOSTILE

TEXT, NUMBER = Column("Lieu"), Column("Nombre", is_number=True)
ABOUT = About("Mois par mois", "12 derniers mois", "demandes", 12, datetime(2026, 11, 25, 1, 5), "Essai", "Un.", True)
HOSTILE_TEXTS = (FORMULA, "+33 6", "-2+3", "@SUM(A1)", "\t=1+1", "\r=1", " =1+1", HOSTILE, "＝1", "'=1", "=\x00\x0b1")


def book_of(columns: list[Column], rows: list[list[object]], about: About = ABOUT) -> openpyxl.Workbook:
    """The workbook of a table, opened again."""
    return openpyxl.load_workbook(io.BytesIO(exports.workbook(columns, exports.values(columns, rows), about)))


def csv_of(columns: list[Column], rows: list[list[object]]) -> list[list[str]]:
    """Rows of the CSV of a table, headers first."""
    content = exports.table_csv(columns, exports.values(columns, rows), ABOUT).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(content, newline=""), delimiter=";"))


@pytest.mark.parametrize(
    ("shown", "given_value", "expected", "number_format"),
    [
        ("45,1", 45.0771, 45.0771, "#,##0.0"),
        ("1 613", 1613.0, 1613, "#,##0"),
        ("−3", -3, -3, "#,##0"),
        ("17,8\u202f%", 0.1785, 0.1785, "0.0%"),
        ("72\u202f%", 0.7246, 0.7246, "0%"),
        ("1\u202f423\u00a0€", 1422.8, 1422.8, '#,##0\u00a0"€"'),
        ("211,0\u00a0h", 210.96, 210.96, '#,##0.0\u00a0"h"'),
        ("−11\u202f% (de −35\u202f% à +22\u202f%)", 0.89, 0.89, "#,##0.00"),
        ("12\u202f%", 1.12, 1.12, "#,##0"),  # a ratio shown as a change is no share
        ("nov. 2026", date(2026, 11, 1), datetime(2026, 11, 1), "mmm yyyy"),
        ("mercredi 23/09/2026", pd.Timestamp(2026, 9, 23), datetime(2026, 9, 23), "dd/mm/yyyy"),
        ("24/11 14:15", datetime(2026, 11, 24, 14, 15), datetime(2026, 11, 24, 14, 15), "dd/mm/yyyy hh:mm"),
        ("5", np.int64(5), 5, "#,##0"),
    ],
)
def test_a_pair_is_written_as_its_value_in_the_format_that_was_shown(
    shown: str, given_value: object, expected: object, number_format: str
):
    cell = book_of([NUMBER], [[(shown, given_value)]])["Données"]["A2"]
    assert (cell.value, cell.number_format) == (expected, number_format)
    assert cell.data_type == ("d" if isinstance(expected, datetime) else "n")


@pytest.mark.parametrize(
    ("shown", "column", "expected"),
    [
        ("1\u202f274", NUMBER, 1274),
        ("−12,5", NUMBER, -12.5),
        ("100\u202f%", NUMBER, 1.0),
        ("1\u202f046,3\u00a0h", NUMBER, 1046.3),
        ("24/11/2026", TEXT, datetime(2026, 11, 24)),
        ("nov.\u00a02026", TEXT, datetime(2026, 11, 1)),
        ("31/02/2026", TEXT, "31/02/2026"),
        ("2026", TEXT, "2026"),
        ("121,8 (de 115,2 à 128,6)", NUMBER, "121,8 (de 115,2 à 128,6)"),
        ("781 sur 8\u202f615", NUMBER, "781 sur 8\u202f615"),
        ("non observé", NUMBER, "non observé"),
    ],
)
def test_a_text_that_is_a_number_or_a_date_becomes_one(shown: str, column: Column, expected: object):
    assert book_of([column], [[shown]])["Données"]["A2"].value == expected


@pytest.mark.parametrize("word", ["masqué", "non observé"])
@pytest.mark.parametrize("nothing", [None, float("nan"), pd.NA, pd.NaT, float("inf")])
def test_what_is_hidden_or_unobserved_stays_the_word_that_says_so(word: str, nothing: object):
    rows: list[list[object]] = [["Nord", (word, nothing)], ["Sud", ("12", 12)]]
    cell = book_of([TEXT, NUMBER], rows)["Données"]["B2"]
    assert (cell.value, cell.data_type) == (word, "s")
    assert csv_of([TEXT, NUMBER], rows)[1:] == [["Nord", word], ["Sud", "12"]]


def test_what_was_never_there_is_an_empty_cell():
    assert book_of([NUMBER], [[("", None)], [("1", 1)]])["Données"]["A2"].value is None
    assert csv_of([NUMBER], [[("", None)], [("1", 1)]])[1:] == [[""], ["1"]]


@pytest.mark.parametrize("text", HOSTILE_TEXTS)
def test_no_text_of_the_data_is_a_formula(text: str):
    about = About(text, text, text, None, ABOUT.built_at, text, text, fictional=False)
    book = book_of([Column(text), NUMBER], [[text, (text, None)], [(text, text), text]], about)
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} <= {"s", "n", "d"}, "never f"
    first = book["Données"]["A2"]
    assert first.value == exports._FORBIDDEN.sub("", text)
    assert first.quotePrefix == (first.value.strip()[:1] in "=+-@＝"), "edited in Excel, it stays a text"
    for row in csv_of([Column(text), NUMBER], [[text, (text, None)]]):
        assert not [cell for cell in row if cell.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r", "＝"))]


@settings(max_examples=40)
@given(st.text(max_size=40))
def test_any_text_is_written_and_read_back_as_itself(text: str):
    cell = book_of([TEXT], [[("x", text)]])["Données"]["A2"]
    kept = exports._FORBIDDEN.sub("", text)
    assert (cell.value or "") == kept.replace("\r\n", "\n").replace("\r", "\n") or (cell.value or "") == kept
    assert cell.data_type != "f"


def test_negative_numbers_stay_numbers():
    rows: list[list[object]] = [[("−3,5", -3.5)], ["−12"]]
    sheet = book_of([NUMBER], rows)["Données"]
    assert [sheet["A2"].value, sheet["A3"].value] == [-3.5, -12]
    assert csv_of([NUMBER], rows)[1:] == [["-3,5"], ["-12"]] or csv_of([NUMBER], rows)[1:] == [["-3,5"], ["-12,0"]]


def test_the_sheet_is_ready_to_be_read():
    rows: list[list[object]] = [["Résidence des Merisiers – Habitat du Gué", ("1\u202f613", 1613)], ["Nord", ("2", 2)]]
    book = book_of([TEXT, NUMBER], rows)
    sheet = book["Données"]
    assert book.sheetnames == ["Données", "À propos"]
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref == "A1:B3"
    assert sheet["A1"].font.bold
    assert sheet.column_dimensions["A"].width > 35
    assert sheet.column_dimensions["B"].width < 12


def test_the_second_sheet_says_what_the_figures_are():
    sheet = book_of([TEXT], [["Nord"]])["À propos"]
    said = {row[0].value: row[1].value for row in sheet.iter_rows()}
    assert said == {
        "Titre": "Mois par mois",
        "Avertissement": "Données fictives",
        "Période et choix": "12 derniers mois",
        "Unité": "demandes",
        "n": 12,
        "Entrepôt construit le": datetime(2026, 11, 25, 1, 5),
        "Source": "Essai",
        "Méthode": "Un.",
    }
    real = book_of([TEXT], [["Nord"]], About("T", "", "u", None, ABOUT.built_at, "S", "M", fictional=False))
    assert "Données fictives" not in [cell.value for row in real["À propos"].iter_rows() for cell in row]


def test_a_cell_of_html_is_written_as_its_value_or_its_words():
    bar = markup.bar(0.0907, "9\u202f%")
    sheet = book_of([TEXT, TEXT], [[Cell(bar, 0.0907), Cell('<a href="#x">Voir &amp; lire</a>')]])["Données"]
    assert (sheet["A2"].value, sheet["A2"].number_format, sheet["B2"].value) == (0.0907, "0%", "Voir & lire")


def test_a_frame_of_values_keeps_its_types():
    frame = pd.DataFrame(
        {
            "Lieu": ["=1", "b"],
            "n": [3, 4],
            "Part": [0.5, None],
            "Le": pd.to_datetime(["2026-11-24", None]),
            "Vu": [True, False],
        }
    )
    columns, cells = exports.frame_values(frame)
    assert [[cell.value for cell in row] for row in cells] == [
        ["=1", 3, 0.5, date(2026, 11, 24), "oui"],
        ["b", 4, None, None, "non"],
    ]
    assert [column.is_number for column in columns] == [False, True, True, False, False]


def test_n_is_counted_where_every_cell_is_a_whole_number():
    columns = [TEXT, NUMBER]
    assert exports.counted(columns, [[Value("a"), Value(3)], [Value("b"), Value(4)]], ["Autre", "Nombre"]) == 7
    assert exports.counted(columns, [[Value("a"), Value(3)], [Value("b"), Value("masqué")]], ["Nombre"]) is None
    assert exports.counted(columns, [[Value("a"), Value(3)]], ["Autre"]) is None


def test_the_longest_beginning_of_a_name_tells_what_it_is():
    assert exports.notes("jours_a_verifier").unit == "interventions du jour"
    assert exports.notes("jours_demandes_2025").unit == "nombre par jour de la semaine"
    assert exports.notes("inconnu") == Notes()
    assert exports.notes("moisson") == Notes()


def test_a_name_made_of_words_is_a_file_name():
    assert exports.slug("Interventions du 25/11/2025 au 24/11/2026, les plus sûrs d’abord") == (
        "interventions_les_plus_surs_abord"
    )
    assert exports.slug("../../etc/passwd") == "etc_passwd"
    assert exports.slug("2026") == "tableau"


def rows_of(app: AppTest) -> list[tuple[str, str]]:
    """Label and file of every download on a page."""
    return [(button.proto.label, button.proto.id) for button in app.get("download_button")]


@pytest.fixture
def twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, demo_warehouse: Path) -> AppTest:
    """A page that shows the same table twice, and figures with a hostile title."""
    monkeypatch.setenv("OPTIMEDIA_WAREHOUSE", str(demo_warehouse))
    page = tmp_path / "page.py"
    page.write_text(
        "from dashboard import components\nfrom dashboard.markup import Column\n"
        f"title = {HOSTILE!r}\n"
        "for _ in range(2):\n    components.table([Column('A')], [['x']], title, 'essai')\n"
        "components.figures([Column('A')], [['x']], title, 'essai')\n",
        encoding="utf-8",
    )
    return AppTest.from_file(str(page), default_timeout=60).run()


def test_the_same_table_twice_has_its_downloads_twice(twice: AppTest):
    assert not twice.exception
    assert len({key for _, key in rows_of(twice)}) == 6
    assert all("\\<img" in label and "\\*\\*gras" in label and "\\$x\\$" in label for label, _ in rows_of(twice))


def test_a_file_is_made_when_asked_for_from_another_thread_and_is_in_the_trail(
    demo_warehouse: Path, monkeypatch: pytest.MonkeyPatch
):
    offered: list[tuple[str, Any]] = []
    trail: list[tuple[Any, ...]] = []
    read: list[object] = []
    monkeypatch.setenv("OPTIMEDIA_WAREHOUSE", str(demo_warehouse))
    offer = lambda _label, data, **given: offered.append((given["file_name"], data))  # noqa: E731
    monkeypatch.setattr(components.st, "download_button", offer)
    monkeypatch.setattr(components.audit, "record", lambda *given, **named: trail.append((*given[:2], given[3], named)))
    monkeypatch.setattr(components.filters, "kept", lambda: "2026-T2")

    def frame() -> pd.DataFrame:
        read.append(warehouse.viewer())
        return pd.DataFrame({"territory": warehouse.query("build")["territory"]})

    partner = Viewer("ville")
    monkeypatch.setattr(warehouse, "identity", lambda: ("build", partner))
    monkeypatch.setattr(components, "_build", lambda _scope: warehouse.build_info())
    components.download(frame, "essai", "Essai")
    assert (read, trail) == ([], []), "nothing is made before it is asked for"
    made = dict(offered)
    monkeypatch.setattr(warehouse, "query", lambda _name: pd.DataFrame({"territory": ["x"]}))
    with ThreadPoolExecutor(1) as pool:
        content = pool.submit(made["essai_donnees_fictives.xlsx"]).result()
    assert read == [partner], "with the rights of the reader"
    assert trail == [("export", "essai_donnees_fictives.xlsx", partner, {"fictional": True})]
    about = openpyxl.load_workbook(io.BytesIO(content))["À propos"]
    assert "2e trimestre 2026" in [row[1].value for row in about.iter_rows()]


# A partner's page and the committee's slides need what is published: others test them whole.
FILES = (ROOT / "dashboard" / "pages").glob("*.py")
PAGES = sorted(file.stem for file in FILES if not file.stem.startswith(("publie_", "comite")))


@pytest.mark.parametrize("page", PAGES)
def test_every_table_and_chart_of_a_page_has_its_files_and_what_they_are(
    page: str, demo_warehouse: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("OPTIMEDIA_WAREHOUSE", str(demo_warehouse))
    drawn: list[tuple[str, bool]] = []
    made: list[tuple[Any, str]] = []
    row = components._row

    def noted(sheet: Any, name: str, title: str, **given: Any) -> None:
        drawn.append((name, given.get("is_chart", False)))
        assert title, f"{name}: its buttons would not say of what"
        if sheet is not None:
            made.append((sheet, name))
        row(sheet, name, title, **given)

    monkeypatch.setattr(components, "_row", noted)
    app = AppTest.from_file(str(ROOT / "dashboard" / "pages" / f"{page}.py"), default_timeout=120).run()
    assert not app.exception
    assert len(app.get("plotly_chart")) == sum(is_chart for _, is_chart in drawn)
    assert not [name for name, _ in drawn if exports.notes(name) == Notes()], "texts/exports.toml does not know them"
    for sheet, name in made:
        columns, cells = sheet()
        assert columns
        assert exports.workbook(columns, cells, ABOUT), name
        numbers = [place for place, column in enumerate(columns) if column.is_number]
        written = [row[place].value for row in cells for place in numbers]
        assert not numbers or any(isinstance(value, int | float) for value in written), f"{name} holds no number"
