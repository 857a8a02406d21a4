"""HTML made from other people's words: nothing of theirs is ever markup."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard import markup
from dashboard.markup import Cell, Column
from tests.dashboard.warehouses import HOSTILE

COLUMNS = (Column("Nom"), Column("Nombre", is_number=True))


class Reader(HTMLParser):
    """Tags, attributes and words of a piece of HTML, as a browser would find them."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.words = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.words += data


PIECES = {
    "table": lambda words: markup.table([Column(words)], [[words]], words),
    "tiles": lambda words: markup.tiles([(words, words, words)]),
    "numbered": lambda words: markup.numbered([(words, words, words)], words),
    "bar": lambda words: markup.bar(0.5, words),
    "key": lambda words: markup.key([("is-band", words)]),
    "element": lambda words: markup.element("p", markup.text(words), data_label=words),
}


@pytest.mark.parametrize("piece", PIECES)
@settings(deadline=None)
@given(words=st.text() | st.sampled_from([HOSTILE, '"><script>alert(1)</script>', "</td></table>", "&lt;b&gt;"]))
def test_words_stay_words(piece: str, words: str):
    """The same tags come out whatever the words, and the words come out as they were."""
    usual, found = Reader(PIECES[piece]("mot")), Reader(PIECES[piece](words))
    assert found.tags == usual.tags
    assert [name for name, _ in found.attributes] == [name for name, _ in usual.attributes]
    assert markup.plain(words) in found.words


@settings(deadline=None)
@given(st.text(max_size=400), st.integers(1, 300))
def test_plain_text_has_no_control_or_direction_character_and_an_end(words: str, longest: int):
    shown = markup.plain(words, longest)
    assert len(shown) <= longest
    assert not set(shown) & set("\0\n\r\t\u202e\u2066\u200b\u200f")


def test_no_break_spaces_and_accents_are_kept():
    assert markup.plain("1\u202f234\u00a0h à l’été") == "1\u202f234\u00a0h à l’été"


def test_a_table_has_headers_that_a_screen_reader_follows():
    html = markup.table(COLUMNS, [["Nord", "12"]], "Par quartier")
    found = Reader(html)
    assert found.tags.count("th") == 3
    assert ("scope", "row") in found.attributes
    assert ("scope", "col") in found.attributes
    assert "caption" in found.tags


def test_narrow_screens_get_a_table_or_cards_by_the_number_of_columns():
    words, numbers = Column("a"), Column("b", is_number=True)
    for columns, css in (
        ([words] * 3, "is-slim"),
        ([words, words, numbers, numbers, numbers], "is-slim"),
        ([words] * 4, "is-wide"),
        ([words, *[numbers] * 5], "is-wide"),
    ):
        assert css in markup.table(columns, [], "")


def test_a_row_must_have_a_cell_per_column():
    with pytest.raises(ValueError, match="zip"):
        markup.table(COLUMNS, [["Nord"]], "")


@pytest.mark.parametrize(("share", "width"), [(0.256, "25.6%"), (-1, "0.0%"), (7, "100.0%"), (float("nan"), "0.0%")])
def test_a_bar_is_filled_at_its_share(share: float, width: str):
    assert f"width:{width}" in markup.bar(share, "")


def test_a_cell_made_here_is_drawn_as_it_is():
    assert "<b>1</b>" in markup.table(COLUMNS, [["Nord", Cell("<b>1</b>")]], "")
