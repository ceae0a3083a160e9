"""Text from outside, made safe for a terminal."""

from __future__ import annotations

import random

import pytest

from data.clean import ESCAPES, MAX_TEXT, clean, clean_block, is_clean

UNSAFE = "".join(map(chr, [*range(0x20), 0x7F, *range(0x80, 0xA0)])) + "\u202e\u2066\u200f\u061c\ufeff\u2028\ud800"

CASES = [
    ("plain text", "plain text"),
    ("", ""),
    ("naïve 漢字 🚀 e\u0301", "naïve 漢字 🚀 e\u0301"),
    ("\x1b[31mred\x1b[0m", "red"),
    ("\x1b]52;c;ZXZpbA==\x07after", "after"),
    ("\x1b]0;title\x1b\\after", "after"),
    ("\x1b]8;;http://evil\x07link\x1b]8;;\x07", "link"),
    ("\x1bP1$r0m\x1b\\x", "x"),
    ("\x1b_apc\x1b\\x", "x"),
    ("\x9b31mred", "red"),
    ("\x9d52;c;AAAA\x9cx", "x"),
    ("\x1bc\x1b7\x1b(Bx", "x"),
    ("\x1b[?1049h\x1b[2J\x1b[Hx", "x"),
    ("unfinished \x1b]52;c;AAAA", "unfinished "),
    ("unfinished \x1b[31", "unfinished "),
    ("at the end \x1b", "at the end "),
    ("a\nb\r\nc\td\x0be\x0cf\x85g\u2028h", "a b  c d e f g h"),
    ("over\rwritten\b\b", "over written"),
    ("gpj\u202etxt.exe", "gpjtxt.exe"),
    ("\u2066iso\u2069late\u200e\u200f\u061c", "isolate"),
    ("nul\x00bell\x07del\x7f", "nulbelldel"),
    ("lone \ud800 surrogate", "lone \N{REPLACEMENT CHARACTER} surrogate"),
    ("\x1b\x1b[31m[31mx", "[31mx"),
    ("\x1b[\x1b[31m31mx", "31mx"),
    ("[bold]markup[/bold] stays text", "[bold]markup[/bold] stays text"),
    ("zero\u200bwidth\u00a0space", "zero\u200bwidth\u00a0space"),
]


@pytest.mark.parametrize(("dirty", "expected"), CASES)
def test_one_line(dirty: str, expected: str) -> None:
    assert clean(dirty) == expected
    assert is_clean(expected)


def test_a_block_keeps_lines_and_tabs() -> None:
    assert clean_block("a\n\tb\r\nc\rd") == "a\n\tb\nc\nd"
    assert clean_block("\x1b[31ma\x1b[0m\n\x1b]0;t\x07b\x00\u202e") == "a\nb"


@pytest.mark.parametrize("function", [clean, clean_block])
def test_cleaning_twice_changes_nothing_and_leaves_nothing(function: type[str]) -> None:
    chance = random.Random(11)
    alphabet = UNSAFE + "\x1b\x1b\x1b[]P\\;0123mABC@~ \u00e9漢"
    for _ in range(3000):
        dirty = "".join(chance.choice(alphabet) for _ in range(chance.randrange(40)))
        once = function(dirty)
        assert function(once) == once, ascii(dirty)
        assert is_clean(once.replace("\n", "").replace("\t", "")), ascii(dirty)
        assert "\x1b" not in once


@pytest.mark.parametrize("function", [clean, clean_block])
def test_length_is_limited(function: type[str]) -> None:
    assert function("x" * (MAX_TEXT + 1)) == "x" * MAX_TEXT
    assert len(function("\x1b[0mx" * MAX_TEXT)) <= MAX_TEXT
    assert clean("abcdef", limit=3) == clean_block("abcdef", limit=3) == "abc"


@pytest.mark.parametrize("hostile", ["\x1b]", "\x1b[0;", "\x1b[", "\x1bP\x9d", "\x1b ", "\x9b "])
def test_time_is_linear_in_the_length(hostile: str) -> None:
    """An expression that looks back and forth would not come to its end within the test's time limit."""
    assert "\x1b" not in ESCAPES.sub("", hostile * 1_000_000)


def test_what_is_clean() -> None:
    assert is_clean("naïve 漢字")
    assert not any(is_clean(f"a{character}b") for character in UNSAFE)
