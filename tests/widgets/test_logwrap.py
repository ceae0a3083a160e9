"""Cutting long lines into rows and windows: by cells, never through a character."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len, split_graphemes

from widgets.logwrap import cuts, window

TEXTS = st.text(st.sampled_from("ab 1漢字é\u0301👍\ufe0f\u200d─"), max_size=60)
PLAIN = st.text(st.sampled_from("ab 漢字é─"), max_size=60)


@given(TEXTS, st.integers(2, 20))
def test_rows_hold_the_whole_text_and_fit_the_width(text: str, width: int) -> None:
    begins = cuts(text, width)
    assert (begins[0], begins[-1]) == (0, len(text))
    parts = [text[start:end] for start, end in pairwise(begins)]
    assert "".join(parts) == text
    spans = split_graphemes(text)[0]
    assert set(begins) <= {0, len(text), *(start for start, _, _ in spans)}
    for start, end in pairwise(begins):
        assert sum(cells for first, _, cells in spans if start <= first < end) <= width


@given(PLAIN, st.integers(2, 20))
def test_rows_are_as_full_as_they_can_be(text: str, width: int) -> None:
    begins = cuts(text, width)
    for start, end in pairwise(begins[:-1]):
        assert cell_len(text[start : end + 1]) > width


def test_a_short_text_is_one_row() -> None:
    assert cuts("", 10) == [0, 0]
    assert cuts("0123456789", 10) == [0, 10]
    assert cuts("01234567890", 10) == [0, 10, 11]
    assert cuts("漢字", 3) == [0, 1, 2]
    assert cuts("漢字", 1) == [0, 1, 2]


@given(PLAIN, st.integers(0, 50), st.integers(1, 20))
def test_a_window_shows_the_cells_that_it_stands_for(text: str, first: int, width: int) -> None:
    cells: list[str] = []
    for character in text:
        cells += [character] + [""] * (cell_len(character) - 1)
    seen = window(text, first, width)
    part = text[seen.start : seen.end]
    assert seen.pad + cell_len(part) <= width
    assert seen.more == (len(cells) > first + width)
    expected = cells[first : first + width]
    assert seen.pad == (1 if expected and expected[0] == "" else 0)
    if cells[first + width : first + width + 1] == [""]:
        expected = expected[:-1]
    assert part == "".join(expected)


def test_a_window_finds_its_place_among_characters_without_width() -> None:
    text = "e" + "\u0301" * 300 + "ab漢"
    assert text[slice(*window(text, 1, 2)[:2])] == "ab"
    assert window(text, 0, 3).more
    assert not window(text, 0, 5).more
