"""The booklet as a PDF, read again: its tags, its words, and that texts of the data are never markup."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from itertools import pairwise
from typing import Any

import pikepdf
import pytest

from dashboard.report.booklet import booklet
from dashboard.report.slides import Chart, Deck, Series
from tests.dashboard import decks

COMMENTS = {"couts": "À présenter avec le bailleur.\n\nSans chiffre en public.", "ecrire": "#panic() $x$ ] #"}


def opened(deck: Deck, comments: dict[str, str] | None = None) -> pikepdf.Pdf:
    """The file of a deck, opened again."""
    return pikepdf.open(io.BytesIO(booklet(deck, comments)))


@pytest.fixture(scope="module")
def made() -> pikepdf.Pdf:
    return opened(decks.deck(), COMMENTS)


@pytest.fixture(scope="module")
def hostile() -> pikepdf.Pdf:
    return opened(decks.hostile_deck(), COMMENTS)


def elements(pdf: pikepdf.Pdf) -> Iterator[Any]:
    """Elements of the structure, in reading order."""

    def below(node: Any) -> Iterator[Any]:
        kids = node.get("/K", [])
        for kid in kids if isinstance(kids, pikepdf.Array) else [kids]:
            if isinstance(kid, pikepdf.Dictionary) and "/S" in kid:
                yield kid
                yield from below(kid)

    yield from below(pdf.Root.StructTreeRoot)


def kinds(pdf: pikepdf.Pdf) -> list[str]:
    return [str(element.S) for element in elements(pdf)]


def characters(font: Any) -> dict[int, str]:
    """What the codes of a font mean: its ToUnicode map."""
    found: dict[int, str] = {}
    text = font.ToUnicode.read_bytes().decode("latin-1")
    for block in re.findall(r"beginbfchar(.*?)endbfchar", text, re.DOTALL):
        for code, meaning in re.findall(r"<(\w+)>\s*<(\w+)>", block):
            found[int(code, 16)] = bytes.fromhex(meaning).decode("utf-16-be")
    for block in re.findall(r"beginbfrange(.*?)endbfrange", text, re.DOTALL):
        for first, last, meaning in re.findall(r"<(\w+)>\s*<(\w+)>\s*<(\w+)>", block):
            start = int.from_bytes(bytes.fromhex(meaning), "big")
            for code in range(int(first, 16), int(last, 16) + 1):
                found[code] = chr(start + code - int(first, 16))
    return found


def words(page: Any) -> str:
    """The letters and digits of a page, in the order of its content: spaces and hyphens depend on the lines."""
    fonts = {name: characters(font) for name, font in page.Resources.Font.items() if "/ToUnicode" in font}
    shown, current = [], {}
    for operands, operator in pikepdf.parse_content_stream(page):
        if str(operator) == "Tf":
            current = fonts[str(operands[0])]
        elif str(operator) in ("Tj", "TJ"):
            pieces = operands[0] if str(operator) == "TJ" else [operands[0]]
            for piece in pieces:
                if isinstance(piece, pikepdf.String):
                    codes = bytes(piece)
                    shown += [current.get(codes[at] << 8 | codes[at + 1], "") for at in range(0, len(codes), 2)]
    return letters("".join(shown))


def letters(text: str) -> str:
    return "".join(char for char in text if char.isalnum())


def test_it_says_that_it_is_accessible_and_french(made):
    assert made.Root.Lang == "fr-FR"
    assert bool(made.Root.MarkInfo.Marked)
    assert bool(made.Root.ViewerPreferences.DisplayDocTitle)
    with made.open_metadata() as known:
        assert known["pdfuaid:part"] == "1"
        assert (
            known["dc:title"] == "Comité de pilotage de la médiation · Orvault · 2e trimestre 2026 · Comité de pilotage"
        )
        assert known["dc:creator"] == ["Optimédia"]


def test_headings_go_down_one_level_at_a_time(made):
    levels = [int(kind[2:]) for kind in kinds(made) if re.fullmatch(r"/H\d", kind)]
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert levels.count(1) == 1 + len(decks.slides())
    assert levels.count(2) >= len(decks.slides())


def test_figures_carry_their_description(made):
    told = {str(element.get("/Alt")) for element in elements(made) if element.S == "/Figure"}
    wanted = {chart.alternative for slide in decks.slides() for chart in slide.charts} | {decks.picture().alternative}
    assert wanted <= told
    assert "None" not in told


def test_tables_have_header_cells(made):
    tables = [table for slide in decks.slides() for table in slide.tables]
    found = kinds(made)
    assert found.count("/Table") == len(tables)
    assert found.count("/TH") == sum(len(table.columns) for table in tables)
    assert found.count("/TD") == sum(len(table.columns) * len(table.rows) for table in tables)


def test_fonts_are_embedded_and_nothing_runs_or_leaves(made, hostile):
    for pdf in (made, hostile):
        kept = [item for item in pdf.objects if isinstance(item, pikepdf.Dictionary)]
        descriptors = [item for item in kept if item.get("/Type") == "/FontDescriptor"]
        assert descriptors
        assert all({"/FontFile", "/FontFile2", "/FontFile3"} & set(item.keys()) for item in descriptors)
        actions = {str(item["/S"]) for item in kept if item.get("/Type") == "/Action" or "/URI" in item}
        assert not actions & {"/URI", "/JavaScript", "/Launch", "/SubmitForm", "/GoToR"}
        assert not {"/OpenAction", "/AA", "/AcroForm"} & set(pdf.Root.keys())
        assert "/EmbeddedFiles" not in pdf.Root.get("/Names", {})


def test_every_word_of_the_content_is_there(made):
    shown = "".join(words(page) for page in made.pages)
    for slide in decks.slides():
        said = [slide.title, slide.message, slide.note, slide.method, slide.source, *slide.points]
        said += [text for figure in slide.figures for text in vars(figure).values()]
        said += [cell for table in slide.tables for row in table.rows for cell, _ in row]
        said += [chart.title for chart in slide.charts]
        seen = [chart for chart in slide.charts if any(value is not None for value in chart.series[0].values)]
        said += [name for chart in seen for name in chart.categories]
        missing = [text for text in said if letters(text) not in shown]
        assert not missing, slide.key
    assert letters("À présenter avec le bailleur.Sans chiffre en public.") in shown
    assert letters("À écrire par le comité") in shown
    assert letters("11,2 12,9 10,4 13,1") in shown


def test_each_page_says_that_the_figures_are_fictional_or_none_does(made):
    assert all("Donnéesfictives" in words(page) for page in made.pages)
    real = opened(decks.deck(*decks.slides()[:2], fictional=False))
    assert not any("fictives" in words(page) for page in real.pages)


def test_a_long_table_repeats_its_header():
    pdf = opened(decks.deck(decks.slide("a", "Points", "Quarante lieux.", tables=(decks.wide_table(60),))))
    pages = [words(page) for page in pdf.pages]
    assert sum("Trimestreprécédent" in page for page in pages) >= 2
    assert all(f"Lieun{place}fictif" in "".join(pages) for place in range(1, 61))
    assert kinds(pdf).count("/TH") == 6


def test_texts_are_shown_and_never_run(hostile):
    shown = "".join(words(page) for page in hostile.pages)
    drawn = [text for text in decks.HOSTILE if "漢" not in text]
    assert not [text for text in drawn if letters(text) not in shown]
    assert letters(COMMENTS["ecrire"]) in shown
    assert "algam" in shown


def test_the_same_deck_gives_the_same_bytes():
    deck = decks.deck(*decks.slides()[:5])
    assert booklet(deck, COMMENTS) == booklet(deck, dict(COMMENTS))
    later = replace(deck, built_at=datetime(2026, 7, 3, 8, 0))
    assert booklet(later) != booklet(deck)
    assert "2026-07-03" in str(opened(later).open_metadata()["xmp:CreateDate"])


@pytest.mark.parametrize("kind", ["bars", "columns", "line"])
@pytest.mark.parametrize(
    "values",
    [(0.0, 0.0), (-3.0, 5.0), (1e9, None), (0.0004, 0.0001), (None, None)],
    ids=["zeros", "signs", "huge", "tiny", "hidden"],
)
def test_any_values_are_drawn(kind: Any, values: tuple[float | None, ...]):
    chart = Chart(kind, "Titre", "unité", ("a", "b"), (Series("x", values), Series("y", values)), "", 1, "non observé")
    pdf = opened(decks.deck(decks.slide("a", "A", "", charts=(chart,))))
    assert [str(element.Alt) for element in elements(pdf) if element.S == "/Figure"] == ["Titre"]
    assert ("Aucunevaleur" in words(pdf.pages[2])) == (values == (None, None))
