"""The deck as a PowerPoint file, opened again: what it says, what it hides, and that nothing overflows a slide."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from itertools import combinations
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from PIL import ImageFont
from pptx import Presentation
from pptx.oxml.ns import qn

from dashboard.charts import GREY
from dashboard.report import pptx_measure as measure
from dashboard.report import pptx_template as template
from dashboard.report.pptx_deck import pptx
from dashboard.report.slides import MASKED, Chart, Series, cleaned
from tests.dashboard import decks

COMMENTS = {"couts": "À présenter avec le bailleur.\nSans chiffre en public.", "ecrire": "Une ligne\n" * 60}
LIBERATION = Path("/usr/share/fonts/truetype/liberation")
EMU = 12700


def opened(deck, comments=None) -> Any:
    """The file of a deck, opened again."""
    return Presentation(io.BytesIO(pptx(deck, comments)))


@pytest.fixture(scope="module")
def made() -> Any:
    return opened(decks.deck(), COMMENTS)


@pytest.fixture(scope="module")
def hostile() -> Any:
    return opened(decks.hostile_deck(), COMMENTS)


def texts(page) -> str:
    """Every text of a slide."""
    return "\n".join(node.text or "" for node in page._element.iter(qn("a:t")))


def charts(page) -> list[Any]:
    return [shape.chart for shape in page.shapes if shape.has_chart]


def box(shape) -> tuple[float, float, float, float]:
    """Left, top, right and bottom in points."""
    return (
        shape.left / EMU,
        shape.top / EMU,
        (shape.left + shape.width) / EMU,
        (shape.top + shape.height) / EMU,
    )


def holes(page) -> dict[int, Any]:
    return {hole.placeholder_format.idx: hole for hole in page.placeholders}


def test_a_title_slide_then_one_slide_per_topic(made):
    deck = decks.deck()
    assert [page.shapes.title.text for page in made.slides] == [deck.title, *(slide.title for slide in deck.slides)]
    assert (made.slide_width, made.slide_height) == (12192000, 6858000)
    cover = texts(made.slides[0])
    for said in (deck.territory, "2e trimestre 2026", deck.audience_label, "02/07/2026"):
        assert said in cover


def test_the_day_of_the_build_is_that_of_the_territory():
    late = replace(decks.deck(decks.slides()[0]), built_at=datetime(2026, 6, 30, 23, 30, tzinfo=UTC))
    assert "01/07/2026" in texts(opened(late).slides[0])


def test_every_word_of_the_content_is_on_its_slide(made):
    for slide, page in zip(decks.deck().slides, list(made.slides)[1:], strict=True):
        shown = texts(page).replace("\u00a0", " ")
        said = [slide.message, slide.note, *slide.points]
        said += [text for figure in slide.figures for text in vars(figure).values()]
        said += [text for chart in slide.charts for text in (chart.title, chart.gaps)]
        said += [cell for table in slide.tables for row in table.rows for cell, _ in row]
        said += [column.header for table in slide.tables for column in table.columns]
        assert not [text for text in said if text.replace("\u00a0", " ").lower() not in shown.lower()], slide.key


def test_charts_hold_the_values_of_the_content_and_gaps_stay_gaps(made):
    drawn = 0
    for slide, page in zip(decks.deck().slides, list(made.slides)[1:], strict=True):
        wanted = [chart for chart in slide.charts if any(value is not None for value in chart.series[0].values)]
        assert len(charts(page)) == len(wanted)
        for chart, native in zip(wanted, charts(page), strict=True):
            drawn += 1
            plot = native.plots[0]
            assert [tuple(series.values) for series in plot.series] == [series.values for series in chart.series]
            assert tuple(plot.categories) == chart.categories
            assert native._chartSpace.chart.find(qn("c:dispBlanksAs")).get("val") == "gap"
            assert native.value_axis.axis_title.text_frame.text == chart.unit
            sheet = openpyxl.load_workbook(io.BytesIO(native.part.chart_workbook.xlsx_part.blob)).active
            assert sheet is not None
            rows = list(sheet.iter_rows(values_only=True))
            assert rows[0][1:] == tuple(series.name for series in chart.series)
            assert [row[0] for row in rows[1:]] == list(chart.categories)
            assert [row[1:] for row in rows[1:]] == list(zip(*(series.values for series in chart.series), strict=True))
    assert drawn == 7


def test_labels_are_french_numbers_where_they_fit(made):
    line = charts(made.slides[2])[0]
    assert line.plots[0].data_labels.number_format == "[$-40C]#,##0.0"
    crowded = Chart("line", "Longue", "h", tuple(map(str, range(40))), (Series("a", (1.0,) * 40),), "Une courbe.")
    page = opened(decks.deck(decks.slide("a", "A", "", charts=(crowded,)))).slides[1]
    assert not charts(page)[0].plots[0].has_data_labels
    assert not charts(page)[0].has_legend


def test_colour_never_speaks_alone(made):
    bars = charts(made.slides[3])[0]
    fills = [series._element.find(qn("c:spPr")) for series in bars.plots[0].series]
    assert fills[-1].find(qn("a:solidFill")) is not None, "the period at hand"
    assert fills[0].find(qn("a:pattFill")) is not None
    assert bars.has_legend
    three = tuple(Series(name, (1.0, 2.0)) for name in "abc")
    chart = Chart("line", "Trois", "h", ("x", "y"), three, "Trois courbes.")
    native = charts(opened(decks.deck(decks.slide("a", "A", "", charts=(chart,)))).slides[1])[0]
    looks = {(series.format.line.dash_style, series.marker.style) for series in native.plots[0].series}
    assert len(looks) == 3


@pytest.mark.parametrize(
    ("categories", "series"),
    [(("x",), ()), (("x",), tuple(Series(name, (1.0,)) for name in "abcd")), (("x", "y"), (Series("a", (1.0,)),))],
    ids=["none", "four", "short"],
)
def test_a_chart_that_no_format_can_draw_is_refused(categories, series):
    with pytest.raises(ValueError, match="Titre"):
        Chart("line", "Titre", "h", categories, series, "Une courbe.")


def test_columns_with_names_too_long_lie_down():
    page = opened(decks.deck(decks.slide("a", "A", "", charts=(decks.motif_chart("columns"),) * 2))).slides[1]
    assert {chart._chartSpace.xpath(".//c:barDir")[0].get("val") for chart in charts(page)} == {"bar"}


def test_a_chart_without_any_value_says_so(made):
    page = made.slides[7]
    assert "Aucune valeur ne peut être montrée." in texts(page)
    assert decks.GAPS[1:] in texts(page)
    assert len(charts(page)) == 1


def test_notes_say_n_method_source_and_comment(made):
    for slide, page in zip(decks.deck().slides, list(made.slides)[1:], strict=True):
        notes = page.notes_slide.notes_text_frame.text
        for said in (slide.message, slide.note, slide.method, slide.source, "Données fictives"):
            assert said in notes
        assert all(figure.made_of in notes for figure in slide.figures)
    notes = made.slides[10].notes_slide.notes_text_frame.text
    assert "À présenter avec le bailleur. Sans chiffre en public." in notes


def test_what_is_seen_is_described(made, hostile):
    for page in (*made.slides, *hostile.slides):
        seen = [shape for shape in page.shapes if shape.has_chart or shape.has_table or shape.shape_type == 13]
        assert all(shape._element.xpath(".//p:cNvPr")[0].get("descr") for shape in seen)
    alternatives = {chart.alternative for slide in decks.slides() for chart in slide.charts}
    described = {node.get("descr") for page in made.slides for node in page._element.iter(qn("p:cNvPr"))}
    assert alternatives | {decks.picture().alternative} <= described


def test_titles_come_first_and_feet_last(made):
    for page in made.slides:
        names = [shape.name for shape in page.shapes]
        assert page.shapes[0] == page.shapes.title
        assert names[-2:] == ["Pied de page", "Numéro de diapositive"]
        identities = [node.get("id") for node in page._element.iter(qn("p:cNvPr"))]
        assert len(set(identities)) == len(identities)
    names = [shape.name for shape in made.slides[9].shapes]
    order = ["Titre", "Message", "Titre", "Graphique", "Points", "Note", "Nature", "Pied", "Numéro"]
    assert [name.split()[0] for name in names] == order


def test_every_run_is_french(made):
    roots = [made.slide_master._element, made.part._element]
    roots += [layout._element for layout in made.slide_layouts]
    for page in made.slides:
        roots += [page._element, page.notes_slide._element, *(chart._chartSpace for chart in charts(page))]
    looked = 0
    for root in roots:
        for run in root.iter(qn("a:r"), qn("a:fld")):
            looked += 1
            assert run.find(qn("a:rPr")).get("lang") == "fr-FR"
        assert {node.get("lang") for node in root.iter(qn("a:endParaRPr"), qn("a:defRPr"))} <= {"fr-FR"}
    assert looked > 300
    assert all(chart._chartSpace.find(qn("c:lang")).get("val") == "fr-FR" for p in made.slides for chart in charts(p))


def test_fictional_figures_say_so_on_every_slide_and_real_ones_never(made):
    assert all("Données fictives" in texts(page) for page in made.slides)
    real = opened(decks.deck(*decks.slides()[:3], fictional=False))
    assert not any("Données fictives" in texts(page) for page in real.slides)
    assert not any("Données fictives" in page.notes_slide.notes_text_frame.text for page in real.slides)


def test_the_foot_says_whose_figures_and_which_slide(made):
    for page in made.slides:
        assert "Orvault · 2e trimestre 2026 · Comité de pilotage" in texts(page)
        assert page._element.xpath(".//a:fld[@type='slidenum']")


def test_the_file_names_no_person(made):
    known = made.core_properties
    assert known.title == "Comité de pilotage de la médiation"
    assert known.subject == "Orvault, 2e trimestre 2026, Comité de pilotage"
    assert (known.language, known.author, known.last_modified_by) == ("fr-FR", "Optimédia", "Optimédia")
    assert known.created.date() == decks.deck().built_at.date()
    with zipfile.ZipFile(io.BytesIO(pptx(decks.deck(decks.slides()[0])))) as file:
        inside = b"".join(file.read(name) for name in file.namelist())
        assert not [name for name in file.namelist() if "thumbnail" in name or "printer" in name]
    assert b"Steve Canny" not in inside


def test_hidden_cells_are_told_apart_and_stay_legible(made):
    table = next(shape.table for shape in made.slides[5].shapes if shape.has_table)
    hidden = [cell for row in table.rows for cell in row.cells if cell.text_frame.text == MASKED]
    assert len(hidden) == 3
    for cell in hidden:
        run = cell.text_frame.paragraphs[0].runs[0]
        assert run.font.italic
        assert contrast(str(run.font.color.rgb), str(cell.fill.fore_color.rgb)) >= 4.5
    assert contrast(GREY.lstrip("#"), template.CARD.lstrip("#")) >= 4.5
    assert contrast(template.AMBER.lstrip("#"), template.AMBER_SOFT.lstrip("#")) >= 4.5


def contrast(one: str, other: str) -> float:
    """Contrast ratio of WCAG 2."""

    def luminance(colour: str) -> float:
        parts = [int(colour[place : place + 2], 16) / 255 for place in (0, 2, 4)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_a_long_table_goes_on_then_says_what_is_left():
    deck = opened(decks.deck(decks.slide("a", "Points chauds", "Quarante lieux.", tables=(decks.wide_table(40),))))
    tables = [shape.table for page in deck.slides for shape in page.shapes if shape.has_table]
    assert [page.shapes.title.text for page in deck.slides][1:] == ["Points chauds", "Points chauds (suite)"]
    shown = sum(len(list(table.rows)) - 1 for table in tables)
    assert f"et {40 - shown}\u00a0autres lignes, voir le livret" in texts(deck.slides[2])
    assert all(table.cell(0, 0).text_frame.text == "Lieu" for table in tables)
    places = [row.cells[0].text_frame.text for table in tables for row in list(table.rows)[1:]]
    assert places == [f"Lieu n°\u00a0{place} (fictif)" for place in range(1, shown + 1)]


def test_room_is_left_to_write_or_holds_the_comment(made, hostile):
    room = holes(made.slides[14])[template.ROOM]
    assert room.text_frame.text == ""
    prompt = next(hole for hole in made.slides[14].slide_layout.placeholders if hole.placeholder_format.idx == 15)
    assert prompt.text_frame.text == "Cliquez ici pour écrire"
    written = holes(hostile.slides[-1])[template.ROOM].text_frame.text.splitlines()
    assert written[0] == "Une ligne"
    assert written[-1] == "… (suite dans les notes)"


def test_nothing_in_a_workbook_is_a_formula_or_a_link(hostile):
    names = []
    for page in hostile.slides:
        for chart in charts(page):
            blob = chart.part.chart_workbook.xlsx_part.blob
            with zipfile.ZipFile(io.BytesIO(blob)) as file:
                sheet = file.read("xl/worksheets/sheet1.xml").decode()
            assert "<f>" not in sheet
            assert "hyperlink" not in sheet
            rows = openpyxl.load_workbook(io.BytesIO(blob)).worksheets[0].iter_rows()
            cells = [cell for row in rows for cell in row]
            names += [str(cell.value) for cell in cells]
    assert any("=cmd" in name for name in names)


def test_texts_lose_what_no_format_takes():
    assert cleaned("a\x00b\u202ec\ud800\ufffe\nd\u00a0e") == "abc d\u00a0e"
    assert cleaned(replace(decks.figure(0), title="x\x07")).title == "x"


@pytest.mark.parametrize("name", ["made", "hostile"])
def test_nothing_leaves_the_slide_or_overlaps(name: str, request: pytest.FixtureRequest):
    for number, page in enumerate(request.getfixturevalue(name).slides, 1):
        boxes = [(shape.name, box(shape)) for shape in page.shapes]
        for what, (left, top, right, bottom) in boxes:
            assert left >= 0 and top >= 0 and right <= template.WIDTH and bottom <= template.HEIGHT, (number, what)
            assert right > left and bottom > top, (number, what)
        for (one, a), (other, b) in combinations(boxes, 2):
            width, height = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
            assert width <= 0.1 or height <= 0.1, (number, one, other)


@pytest.mark.parametrize("name", ["made", "hostile"])
def test_every_text_fits_its_box(name: str, request: pytest.FixtureRequest):
    """Measured anew, with the font itself where this machine has it."""
    looked = 0
    for number, page in enumerate(request.getfixturevalue(name).slides, 1):
        for what, frame, width, height in frames(page):
            if not frame.text:
                continue
            looked += 1
            needed = sum(
                lines(paragraph, width) * max((run.font.size.pt for run in paragraph.runs), default=12) * 1.2
                + (paragraph.space_before.pt if paragraph.space_before else 0)
                for paragraph in frame.paragraphs
            )
            assert needed <= height + 0.5, (number, what, frame.text[:40])
    assert looked > 100


def frames(page) -> Iterator[tuple[str, Any, float, float]]:
    """Texts of a slide with the room that they have."""
    for shape in page.shapes:
        if shape.has_text_frame and not shape.name.startswith(("Pied", "Numéro")):
            frame = shape.text_frame
            sides = (frame.margin_left + frame.margin_right) / EMU if shape.name.startswith("Chiffre") else 0
            # A placeholder's own margins are its layout's: none, or 8 and 4 points in the room to write in.
            sides = 16 if shape.name.startswith("Propositions") else sides
            yield shape.name, frame, shape.width / EMU - sides, shape.height / EMU - sides / 2
        if shape.has_table:
            for row in shape.table.rows:
                for cell, column in zip(row.cells, shape.table.columns, strict=True):
                    yield shape.name, cell.text_frame, column.width / EMU - 16, row.height / EMU - 6


def lines(paragraph, width: float) -> int:
    """Lines of a paragraph, wrapped word by word; words that are too long are broken."""
    bullet = 20 if paragraph._p.getparent().getparent().xpath(".//p:ph[@idx='14' or @idx='15']") else 0
    count, used = 1, 0.0
    for run in paragraph.runs:
        font = font_of(round(run.font.size.pt), bool(run.font.bold))
        for word in run.text.replace("\u200b", "").split(" "):
            inked = font.getlength(word)
            if used and used + inked > width - bullet:
                count, used = count + 1, 0.0
            extra = int(inked // (width - bullet))
            count, used = count + extra, used + inked - extra * (width - bullet) + font.getlength(" ")
    return count


class Estimate:
    """Where the machine has no font of Arial's widths: our own."""

    def __init__(self, size: float, is_bold: bool) -> None:
        self.size, self.is_bold = size, is_bold

    def getlength(self, text: str) -> float:
        return measure.width(text, self.size, is_bold=self.is_bold)


def font_of(size: int, is_bold: bool) -> Any:
    file = LIBERATION / f"LiberationSans-{'Bold' if is_bold else 'Regular'}.ttf"
    return ImageFont.truetype(str(file), size) if file.exists() else Estimate(size, is_bold)
