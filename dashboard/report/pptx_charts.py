"""Native charts of a slide: they stay editable, and their workbook holds what is shown and nothing else."""

from __future__ import annotations

import re
from dataclasses import replace

from dashboard.charts import ACCENT, GREY, GRID, INK, SOFT
from dashboard.report import pptx_measure as measure
from dashboard.report.pptx_measure import Box
from dashboard.report.pptx_template import AMBER, FONT
from dashboard.report.pptx_text import LANGUAGE, Native, Run, describe, emu, in_french, paint, text_box, write
from dashboard.report.slides import Chart

EMPTY = "Aucune valeur ne peut être montrée."
COLOURS = (ACCENT, SOFT, AMBER)
MOST_LABELS, MOST_LINE_LABELS = 26, 13
_BIG, _MIDDLE, _SMALL, _LEAST = 16.0, 14.0, 12.0, 10.0
# Sizes of the names under an axis and the lines that they take, the best first.
_NAME_LOOKS = ((_BIG, 1), (_MIDDLE, 1), (_BIG, 2), (_MIDDLE, 2), (_SMALL, 1), (_SMALL, 2), (_LEAST, 2))
_LABEL_SHARE = 0.4  # of the width: what the names of lying bars may take
_BAR_GAP = 45  # per cent of a bar, between two categories
_WIDEST_NAME = 120.0  # of a name under an axis
_FOOT = 50.0  # what names under an axis take of the height
_AXES = 70.0  # what axis, unit and margins take of the width of upright charts
# The workbook's writer would take these texts for a formula or for a link.
_ACTIVE = re.compile(r"\{?=|(?:https?|ftps?|mailto|internal|external|file):", re.IGNORECASE)


def is_empty(chart: Chart) -> bool:
    """Whether nothing of the chart may be shown."""
    return all(value is None for series in chart.series for value in series.values)


def draw(page: Native, box: Box, chart: Chart) -> None:
    """The chart; where every value is hidden, a panel that says so. Columns lie down where their names are too long."""
    if is_empty(chart):
        _panel(page, box, chart)
        return
    if chart.kind == "columns" and not _names_stand(chart, box):
        chart = replace(chart, kind="bars")
    chart = _with_short_names(chart, box)
    frame = page.shapes.add_chart(_kind(chart), *emu(box), _data(chart))
    describe(frame, f"Graphique : {chart.title}"[:120], chart.alternative)
    made = frame.chart
    _frame(made, chart)
    for place, series in enumerate(reversed(list(made.plots[0].series))):
        _look(series, place, chart.kind)
    has_labels = _has_labels(chart, box)
    _value_axis(made, chart, box, has_labels=has_labels)
    _category_axis(made, chart, box)
    if has_labels:
        _labels(made.plots[0], chart, _label_size(chart, box))
    in_french(made._chartSpace)


def _with_short_names(chart: Chart, box: Box) -> Chart:
    """Names of categories and series cut to what an axis and a legend can hold; the booklet has them in full."""
    room = _LABEL_SHARE * box.width if chart.kind == "bars" else _WIDEST_NAME

    def short(name: str, width: float, size: float, lines: int) -> str:
        return measure.fit(name, Box(0, 0, width, lines * size * measure.LINE), (size,)).text

    return replace(
        chart,
        categories=tuple(short(name, room, _SMALL, 2) for name in chart.categories),
        series=tuple(
            replace(series, name=short(series.name, 0.8 * box.width / len(chart.series), _BIG, 1))
            for series in chart.series
        ),
        unit=short(chart.unit, _axis_length(chart, box), _SMALL, 2),
    )


def _axis_length(chart: Chart, box: Box) -> float:
    return box.width * (1 - _LABEL_SHARE) if chart.kind == "bars" else box.height - _FOOT


def _panel(page: Native, box: Box, chart: Chart) -> None:
    from pptx.enum.dml import MSO_PATTERN
    from pptx.enum.text import MSO_ANCHOR, PP_ALIGN

    shape = text_box(page, box, f"Graphique sans valeur : {chart.title}"[:120])
    describe(shape, shape.name, chart.alternative)
    shape.fill.patterned()
    shape.fill.pattern = MSO_PATTERN.WIDE_UPWARD_DIAGONAL
    paint(shape.fill.fore_color, GRID)
    paint(shape.fill.back_color, "#ffffff")
    shape.text_frame.vertical_anchor = MSO_ANCHOR.MIDDLE
    write(shape.text_frame, [(Run(EMPTY, 20),)])
    shape.text_frame.paragraphs[0].alignment = PP_ALIGN.CENTER


def _kind(chart: Chart) -> Native:
    from pptx.enum.chart import XL_CHART_TYPE as KINDS

    kinds = {"columns": KINDS.COLUMN_CLUSTERED, "bars": KINDS.BAR_CLUSTERED, "line": KINDS.LINE_MARKERS}
    return kinds[chart.kind]


def _data(chart: Chart) -> Native:
    from pptx.chart.data import CategoryChartData

    data = CategoryChartData(number_format=number_format(chart))
    data.categories = [inert(name) for name in chart.categories]
    for series in chart.series:
        data.add_series(inert(series.name), series.values)
    return data


def inert(name: str) -> str:
    """The name, so that the workbook behind a chart takes it for a text: an invisible space goes first."""
    return f"\u200b{name}" if _ACTIVE.match(name) else name


def number_format(chart: Chart) -> str:
    """Format of the values: French separators wherever the program honours the language of a format."""
    return "[$-40C]#,##0" + (f".{'0' * chart.decimals}" if chart.decimals else "")


def _frame(made: Native, chart: Chart) -> None:
    """Font, language, legend: what does not depend on the kind."""
    from pptx.enum.chart import XL_LEGEND_POSITION
    from pptx.oxml.ns import qn
    from pptx.util import Pt

    made.font.size, made.font.name = Pt(_MIDDLE), FONT
    paint(made.font.color, INK)
    made.has_title = False
    made.has_legend = len(chart.series) > 1
    if made.has_legend:
        made.legend.position, made.legend.include_in_layout = XL_LEGEND_POSITION.TOP, False
        made.legend.font.size = Pt(_BIG)
    space = made._chartSpace
    first = space.find(qn("c:date1904"))
    for tag, value in (("c:roundedCorners", "0"), ("c:lang", LANGUAGE)):
        first.addnext(space.makeelement(qn(tag), {"val": value}))
    for identity in space.iter(qn("c:axId"), qn("c:crossAx")):
        identity.set("val", identity.get("val").lstrip("-"))  # python-pptx's are negative: the format wants none


def _look(series: Native, place: int, kind: str) -> None:
    """A colour and, beside it, a pattern or a dash and a mark: colour never speaks alone. 0 is the period at hand."""
    from pptx.enum.chart import XL_MARKER_STYLE
    from pptx.enum.dml import MSO_LINE, MSO_PATTERN
    from pptx.util import Pt

    colour = COLOURS[place]
    if kind != "line":
        series.invert_if_negative = False
        if place:
            series.format.fill.patterned()
            series.format.fill.pattern = (MSO_PATTERN.WIDE_UPWARD_DIAGONAL, MSO_PATTERN.NARROW_HORIZONTAL)[place - 1]
            paint(series.format.fill.back_color, "#ffffff")
        else:
            series.format.fill.solid()
        paint(series.format.fill.fore_color, colour)
        paint(series.format.line.color, colour)
        return
    series.smooth = False
    series.format.line.width = Pt(3)
    series.format.line.dash_style = (MSO_LINE.SOLID, MSO_LINE.DASH, MSO_LINE.ROUND_DOT)[place]
    paint(series.format.line.color, colour)
    series.marker.style = (XL_MARKER_STYLE.CIRCLE, XL_MARKER_STYLE.SQUARE, XL_MARKER_STYLE.TRIANGLE)[place]
    series.marker.size = 9
    series.marker.format.fill.solid()
    paint(series.marker.format.fill.fore_color, "#ffffff" if place else colour)
    paint(series.marker.format.line.color, colour)


def _value_axis(made: Native, chart: Chart, box: Box, *, has_labels: bool) -> None:
    from pptx.enum.chart import XL_TICK_LABEL_POSITION, XL_TICK_MARK
    from pptx.util import Pt

    axis = made.value_axis
    if all(value >= 0 for series in chart.series for value in series.values if value is not None):
        axis.minimum_scale = 0
    axis.major_tick_mark = XL_TICK_MARK.NONE
    axis.format.line.fill.background()
    axis.has_major_gridlines = not has_labels
    if has_labels:
        axis.tick_label_position = XL_TICK_LABEL_POSITION.NONE
    else:
        paint(axis.major_gridlines.format.line.color, GRID)
        axis.tick_labels.font.size = Pt(_MIDDLE)
    axis.tick_labels.number_format, axis.tick_labels.number_format_is_linked = number_format(chart), False
    axis.has_title = True
    paragraph = axis.axis_title.text_frame.paragraphs[0]
    run = paragraph.add_run()
    run.text = chart.unit
    run.font.size = Pt(_MIDDLE if measure.width(chart.unit, _MIDDLE) <= _axis_length(chart, box) else _SMALL)
    run.font.bold = False
    paint(run.font.color, GREY)


def _category_axis(made: Native, chart: Chart, box: Box) -> None:
    from pptx.enum.chart import XL_AXIS_CROSSES, XL_TICK_LABEL_POSITION, XL_TICK_MARK
    from pptx.oxml.ns import qn
    from pptx.util import Pt

    axis = made.category_axis
    axis.major_tick_mark = XL_TICK_MARK.NONE
    axis.tick_label_position = XL_TICK_LABEL_POSITION.LOW
    paint(axis.format.line.color, GREY)
    if chart.kind != "line":
        made.plots[0].gap_width, made.plots[0].overlap = _BAR_GAP, 0
    if chart.kind == "bars":
        axis.reverse_order = True
        axis.crosses = XL_AXIS_CROSSES.MAXIMUM
    size, step = (_bar_names(chart, box), 1) if chart.kind == "bars" else _names(chart, box)
    axis.tick_labels.font.size = Pt(size)
    element = axis._element
    skip = element.makeelement(qn("c:tickLblSkip"), {"val": str(step)})
    element.find(qn("c:noMultiLvlLbl")).addprevious(skip)
    element.find(qn("c:txPr")).find(qn("a:bodyPr")).set("rot", "0")  # never turned: it wraps


def _bar_names(chart: Chart, box: Box) -> float:
    """Size of the names of lying bars: every one is shown, on as many lines as it takes."""
    slot = (box.height - 40) / max(len(chart.categories), 1)
    for size in (_BIG, _MIDDLE, _SMALL):
        room = box.width * _LABEL_SHARE
        if all(measure.height(name, size, room) <= slot for name in chart.categories):
            return size
    return _LEAST


def _names(chart: Chart, box: Box) -> tuple[float, int]:
    """Size and step of the names under upright bars or along a line; only a line may skip some."""
    slot = _slot(chart, box)
    for size, lines in _NAME_LOOKS:
        if all(_stands(name, size, slot, lines) for name in chart.categories):
            return size, 1
    widest = max(measure.width(name, _SMALL) for name in chart.categories)
    return _SMALL, max(int(-(-widest * 1.15 // slot)), 1)


def _names_stand(chart: Chart, box: Box) -> bool:
    size, lines = _NAME_LOOKS[-1]
    return all(_stands(name, size, _slot(chart, box), lines) for name in chart.categories)


def _slot(chart: Chart, box: Box) -> float:
    return 0.94 * (box.width - _AXES) / max(len(chart.categories), 1)


def _stands(name: str, size: float, slot: float, lines: int) -> bool:
    is_whole = measure.longest_word(name, size) <= slot
    return is_whole and measure.line_count(name, size, slot) <= lines


def _has_labels(chart: Chart, box: Box) -> bool:
    """Whether each value can be written at its bar or point without touching the next."""
    count = sum(len(series.values) for series in chart.series)
    if chart.kind == "bars":
        return count <= MOST_LABELS
    if chart.kind == "line":
        return len(chart.series) == 1 and count <= MOST_LINE_LABELS
    values = [value for series in chart.series for value in series.values if value is not None]
    widest = max(measure.width(f"{value:,.{chart.decimals}f}", _MIDDLE) for value in values)
    return count <= MOST_LABELS and widest <= 0.75 * (box.width - _AXES) / max(count, 1) + 6


def _label_size(chart: Chart, box: Box) -> float:
    """Labels of lying bars are no higher than a bar, so that none touches the next."""
    if chart.kind != "bars":
        return _MIDDLE
    bars = len(chart.categories) * (len(chart.series) + _BAR_GAP / 100)
    return min(max((box.height - _AXES) / bars, _LEAST), _MIDDLE)


def _labels(plot: Native, chart: Chart, size: float) -> None:
    from pptx.enum.chart import XL_LABEL_POSITION
    from pptx.util import Pt

    plot.has_data_labels = True
    labels = plot.data_labels
    labels.number_format, labels.number_format_is_linked = number_format(chart), False
    labels.position = XL_LABEL_POSITION.ABOVE if chart.kind == "line" else XL_LABEL_POSITION.OUTSIDE_END
    labels.font.size = Pt(size)
    labels.show_value = True
