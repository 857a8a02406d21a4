"""Tables of a slide: how many rows fit, at which size, then the native table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from dashboard.charts import ACCENT, GRID
from dashboard.report import pptx_measure as measure
from dashboard.report.pptx_measure import Box
from dashboard.report.pptx_text import Native, Run, describe, emu, paint, style
from dashboard.report.slides import MASKED, Cell, Table

SIZES = (18.0, 16.0, 14.0)
SPLIT_SIZES = SIZES[1:]
MOST_PAGES = 2
_FLAT_LEAST = 16.0
_SIDE, _OVER = 8.0, 3.0  # margins of a cell
_WIDEST = 1.6  # a table is not stretched further than this over what its texts need
_PLAIN_STYLE = "{2D5ABB26-0587-4C30-8999-92F81FD0307C}"  # « No style, no grid »
_STRIPE = "#f4f8f9"


@dataclass(frozen=True)
class Grid:
    """A table, or a part of its rows, as it fits; `left_out` rows are said to be in the booklet."""

    table: Table
    rows: tuple[tuple[Cell, ...], ...]
    size: float
    widths: tuple[float, ...]
    heights: tuple[float, ...]
    left_out: int = 0

    @property
    def width(self) -> float:
        """Width of the whole table."""
        return sum(self.widths)

    @property
    def height(self) -> float:
        """Height of the whole table."""
        return sum(self.heights)


def whole(table: Table, room: Box, most: float = SIZES[0]) -> Grid | None:
    """The table with all its rows at the largest size that the room holds; None when it holds none.

    `most` is the largest size allowed. One a little smaller is preferred when it keeps every row on one line.
    """
    sizes = (size for size in SIZES if size <= most)
    held = [grid for size in sizes if _holds(grid := _grid(table, table.rows, size, room.width), room)]
    flat = (grid for grid in held if grid.size >= _FLAT_LEAST and _is_flat(grid))
    return next(flat, held[0] if held else None)


def needed(table: Table) -> float:
    """Width under which the table can't go at its smallest size without breaking words or numbers."""
    return sum(_least(table, table.rows, SIZES[-1])) if table.columns else 0.0


def parts(table: Table, room: Box, under: float, most: float = SIZES[0]) -> list[Grid]:
    """The table on one slide, else on two at most; the rows that still do not fit are counted.

    `under` points are kept on the last for the line that counts them.
    """
    one = whole(table, room, most)
    if one is not None:
        return [one]
    low = replace(room, height=room.height - under)
    cuts = [_cut(_grid(table, table.rows, size, room.width), low) for size in SPLIT_SIZES]
    cut = next((cut for cut in cuts if len(cut) <= MOST_PAGES), cuts[-1])
    shown, left = cut[:MOST_PAGES], sum(len(part.rows) for part in cut[MOST_PAGES:])
    return [*shown[:-1], replace(shown[-1], left_out=left)]


def draw(page: Native, box: Box, grid: Grid) -> None:
    """The native table, its cells measured beforehand."""
    from pptx.oxml.ns import qn
    from pptx.util import Pt

    frame: Native = page.shapes.add_table(len(grid.rows) + 1, len(grid.widths), *emu(box))
    describe(frame, f"Tableau : {grid.table.caption}"[:120], grid.table.caption)
    made = frame.table
    made.first_row = made.first_col = True
    made.horz_banding = False
    made._tbl.tblPr.find(qn("a:tableStyleId")).text = _PLAIN_STYLE
    for column, width in zip(made.columns, grid.widths, strict=True):
        column.width = Pt(width)
    for row, height in zip(made.rows, grid.heights, strict=True):
        row.height = Pt(height)
    for place, column in enumerate(grid.table.columns):
        _write(made.cell(0, place), Run(column.header, grid.size, "white", is_bold=True), ACCENT, column.is_number)
    for line, cells in enumerate(grid.rows, 1):
        fill = "#ffffff" if line % 2 else _STRIPE
        for place, (column, cell) in enumerate(zip(grid.table.columns, cells, strict=True)):
            is_hidden = cell[0] == MASKED
            run = Run(cell[0], grid.size, "grey" if is_hidden else "ink", is_italic=is_hidden)
            _write(made.cell(line, place), run, fill, column.is_number)


def _write(cell: Native, run: Run, fill: str, is_number: bool) -> None:
    from pptx.enum.text import MSO_ANCHOR, PP_ALIGN
    from pptx.oxml import parse_xml
    from pptx.util import Pt

    cell.margin_left = cell.margin_right = Pt(_SIDE)
    cell.margin_top = cell.margin_bottom = Pt(_OVER)
    cell.vertical_anchor = MSO_ANCHOR.MIDDLE
    paragraph = cell.text_frame.paragraphs[0]
    paragraph.alignment = PP_ALIGN.RIGHT if is_number else PP_ALIGN.LEFT
    style(paragraph.add_run(), run)
    cell.fill.solid()
    paint(cell.fill.fore_color, fill)
    line = (
        '<a:lnB xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" w="9525"><a:solidFill>'
        f'<a:srgbClr val="{GRID.lstrip("#")}"/></a:solidFill></a:lnB>'
    )
    cell._tc.tcPr.insert(0, parse_xml(line))


def _holds(grid: Grid, room: Box) -> bool:
    """Whether the grid is within the room, no word of it broken."""
    is_narrow = grid.width <= room.width + 0.01
    return is_narrow and grid.height <= room.height and sum(_least(grid.table, grid.rows, grid.size)) <= room.width


def _is_flat(grid: Grid) -> bool:
    one = grid.size * measure.LINE + 2 * _OVER
    return all(height <= one + 0.01 for height in grid.heights[1:])


def _grid(table: Table, rows: Sequence[tuple[Cell, ...]], size: float, room: float) -> Grid:
    widths = _widths(table, rows, size, room)
    header = _row_height([column.header for column in table.columns], widths, size, is_bold=True)
    body = [_row_height([shown for shown, _ in row], widths, size) for row in rows]
    return Grid(table, tuple(rows), size, widths, (header, *body))


def _cut(grid: Grid, room: Box) -> list[Grid]:
    """The rows in parts that the room holds, under the header each; a row higher than the room stands alone."""
    header, *heights = grid.heights
    found: list[Grid] = []
    start, used = 0, header
    for place, height in enumerate(heights):
        if used + height > room.height and place > start:
            found.append(replace(grid, rows=grid.rows[start:place], heights=(header, *heights[start:place])))
            start, used = place, header
        used += height
    return [*found, replace(grid, rows=grid.rows[start:], heights=(header, *heights[start:]))]


def _row_height(texts: Sequence[str], widths: Sequence[float], size: float, *, is_bold: bool = False) -> float:
    heights = (
        measure.height(text, size, width - 2 * _SIDE, is_bold=is_bold)
        for text, width in zip(texts, widths, strict=True)
    )
    return max(heights, default=size) + 2 * _OVER


def _widths(table: Table, rows: Sequence[tuple[Cell, ...]], size: float, room: float) -> tuple[float, ...]:
    """What each column needs; when that is too much, the widest give way, down to their longest word."""
    least = _least(table, rows, size)
    wanted = [
        max([low, *(measure.width(row[place][0], size) + 2 * _SIDE for row in rows)]) for place, low in enumerate(least)
    ]
    if sum(wanted) <= room:
        stretch = min(room / sum(wanted), _WIDEST)
        return tuple(width * stretch for width in wanted)
    if sum(least) >= room:
        return tuple(width * room / sum(least) for width in least)
    return _levelled(least, wanted, room)


def _levelled(least: Sequence[float], wanted: Sequence[float], room: float) -> tuple[float, ...]:
    """Every column at most as wide as one level, so that the widest give way and short cells stay on one line."""
    low, high = 0.0, max(wanted)
    for _ in range(30):
        level = (low + high) / 2
        used = sum(max(floor, min(width, level)) for floor, width in zip(least, wanted, strict=True))
        low, high = (level, high) if used <= room else (low, level)
    return tuple(max(floor, min(width, low)) for floor, width in zip(least, wanted, strict=True))


def _least(table: Table, rows: Sequence[tuple[Cell, ...]], size: float) -> list[float]:
    """What each column can't do without: its widest word, the whole of its widest cell where it holds numbers."""
    found = []
    for place, column in enumerate(table.columns):
        inked = measure.width if column.is_number else measure.longest_word
        cells = [inked(row[place][0], size) for row in rows]
        found.append(max([size, measure.longest_word(column.header, size, is_bold=True), *cells]) + 2 * _SIDE)
    return found
