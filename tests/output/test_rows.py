"""Cells from segments: widths, clusters, and nothing that a terminal obeys."""

from __future__ import annotations

import pytest
from rich.cells import cell_len, get_character_cell_size
from rich.control import Control
from rich.segment import Segment

from tests.terminal.corpus import HALVES, ORDERS, TRICKS, Entry
from tui.output.pens import PLAIN, Pens
from tui.output.rows import ALL_NARROW, BLANK, REST, Row, blank, cells, fitted, is_certain, joined, laid_over
from tui.output.terminal import Depth


def row(*texts: str) -> Row:
    return cells([Segment(text) for text in texts], Pens(Depth.TRUE))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ab", ["a", "b"]),
        ("需x", ["需", REST, "x"]),
        ("e\u0301a", ["e\u0301", "a"]),
        ("👩\u200d👩\u200d👧!", ["👩\u200d👩\u200d👧", REST, "!"]),
        ("❤\ufe0f", ["❤\ufe0f", REST]),
        ("🇩🇪🇫🇷", ["🇩🇪", REST, "🇫🇷", REST]),
        ("👍🏽", ["👍🏽", REST]),
        ("", []),
    ],
)
def test_a_cell_holds_a_whole_cluster(text: str, expected: list[str]) -> None:
    assert row(text).chars == expected


@pytest.mark.parametrize(
    "text", ["ab", "需x", "e\u0301a", "👩\u200d👩\u200d👧!", "❤\ufe0f", "🇩🇪🇫🇷", "👍🏽", "ก็", "\u200b"]
)
def test_there_are_as_many_cells_as_textual_counts(text: str) -> None:
    assert len(row(text).chars) == cell_len(text)


def test_what_belongs_to_the_cell_before_goes_there_from_another_segment_too() -> None:
    assert row("ae", "\u0301b").chars == ["a", "e\u0301", "b"]
    assert row("\u0301b").chars == ["b"]


@pytest.mark.parametrize("entry", [*ORDERS, *TRICKS, *HALVES], ids=lambda entry: entry.name)
@pytest.mark.parametrize("errors", ["surrogateescape", "surrogatepass", "replace"])
def test_nothing_a_terminal_obeys_gets_into_a_cell(entry: Entry, errors: str) -> None:
    try:
        payload = entry.data.decode("utf-8", errors)
    except UnicodeDecodeError:
        payload = entry.data.decode("latin-1")
    text = "".join(row("a" + payload + "b").chars)
    assert not any(ord(char) < 0x20 or 0x7F <= ord(char) < 0xA0 for char in text)
    assert not any(0xD800 <= ord(char) < 0xE000 or char in "\u202e\u2066\u200e\ufeff" for char in text)
    text.encode()


def test_control_segments_take_no_cell() -> None:
    assert cells([Control.home().segment, Segment("a")], Pens(Depth.TRUE)).chars == ["a"]


def test_certain_characters_are_as_wide_as_rich_says() -> None:
    narrow = [char for code in range(0x20, 0x3000) if ALL_NARROW.fullmatch(char := chr(code))]
    wide = [char for code in range(0x3000, 0x10000) if is_certain(char := chr(code))]
    assert {get_character_cell_size(char) for char in narrow} == {1}
    assert {get_character_cell_size(char) for char in wide} == {2}
    assert not is_certain("e\u0301") and not is_certain("😀") and not is_certain("\ue0b0")


def test_a_row_is_cut_and_filled() -> None:
    assert fitted(row("abc"), 2).chars == ["a", "b"]
    assert fitted(row("a"), 3) == Row(["a", BLANK, BLANK], [PLAIN] * 3, False, False)
    assert fitted(row("a需"), 2).chars == ["a", BLANK]


def test_half_of_a_wide_character_is_never_left() -> None:
    under = row("需要予測")
    assert laid_over(under, 1, row("x")).chars == [BLANK, "x", "要", REST, "予", REST, "測", REST]
    assert laid_over(under, 2, row("x")).chars == ["需", REST, "x", BLANK, "予", REST, "測", REST]
    assert under.chars == ["需", REST, "要", REST, "予", REST, "測", REST]


def test_rows_are_joined_and_blank() -> None:
    assert joined([row("ab"), row("需")]).chars == ["a", "b", "需", REST]
    assert joined([row("ab"), row("需")]).wide
    assert blank(2, 3) == Row([BLANK, BLANK], [3, 3], False, False)
