"""The line filter: nothing that a terminal obeys leaves with the text that is drawn."""

from __future__ import annotations

import pytest
from rich.segment import ControlType, Segment
from rich.style import Style
from textual.color import Color

from tui.guard import Guard

BLACK = Color(0, 0, 0)


def through(*segments: Segment) -> list[Segment]:
    """What the filter makes of segments."""
    return Guard().apply(list(segments), BLACK)


def test_harmless_pieces_are_left_as_they_are():
    segments = [Segment("größe ✓ 日本語 ", Style(bold=True)), Segment(""), Segment("x", None)]
    assert Guard().apply(segments, BLACK) is segments


@pytest.mark.parametrize(
    "character",
    [
        "\x00",
        "\x07",
        "\x08",
        "\t",
        "\n",
        "\r",
        "\x1b",
        "\x7f",
        "\x85",
        "\x9b",
        "\x9d",
        "\u061c",
        "\u200e",
        "\u202e",
        "\u2066",
    ],
)
def test_control_and_bidi_characters_are_dropped(character):
    assert [segment.text for segment in through(Segment(f"a{character}b"))] == ["ab"]


def test_joiners_and_wide_spaces_stay():
    for text in ("👩\u200d💻", "a\u3000b", "a\u00a0b"):
        assert [segment.text for segment in through(Segment(text))] == [text]


def test_a_surrogate_is_made_writable():
    assert through(Segment("a\ud800b"))[0].text == "a?b"


def test_links_are_taken_off_and_the_words_stay():
    (segment,) = through(Segment("click", Style(bold=True, link="http://evil.example/\x07\x1b]52;c;AA")))
    assert segment.text == "click"
    assert segment.style is not None
    assert segment.style.link is None
    assert segment.style.bold


def test_control_segments_are_dropped():
    assert through(Segment("x"), Segment("\x1b[2J", None, [(ControlType.CLEAR,)])) == [Segment("x", None)]
