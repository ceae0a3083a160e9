"""Pens: SGR at each depth of colours, the shortest change, what a blank shows of it, links."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.color import Color
from rich.style import Style

from tests.output.emulator import Emulator
from tui.output.pens import LINK_END, ON, PLAIN, Pens, colour_codes, nearest_of_256
from tui.output.terminal import Depth

STYLES = [
    Style(color="red", bold=True),
    Style(color="#102030", bgcolor="#405060"),
    Style(color="#102030", bgcolor="#405060", bold=True),
    Style(bold=True, italic=True, underline=True),
    Style(bgcolor="color(200)", reverse=True, strike=True),
    Style(color="bright_blue"),
    Style(),
]


@pytest.mark.parametrize(("old", "new"), itertools.permutations(range(len(STYLES)), 2))
def test_a_change_leaves_what_the_whole_pen_would(old: int, new: int) -> None:
    pens = Pens(Depth.TRUE)
    numbers = [pens.number(style) for style in STYLES]
    changed, fresh = Emulator(4, 1), Emulator(4, 1)
    changed.feed(pens.change(None, numbers[old]) + pens.change(numbers[old], numbers[new]) + "a")
    fresh.feed(pens.change(None, numbers[new]) + "a")
    assert changed.looks()[0][0] == fresh.looks()[0][0]


def test_a_change_says_only_what_is_new() -> None:
    pens = Pens(Depth.TRUE)
    plain, bold = pens.number(STYLES[1]), pens.number(STYLES[2])
    assert pens.change(plain, bold) == "\x1b[1m"
    assert pens.change(bold, plain) == "\x1b[22m"
    assert pens.change(bold, PLAIN) == "\x1b[m"
    assert pens.change(bold, bold) == ""


def test_bold_stays_when_dim_goes() -> None:
    pens = Pens(Depth.TRUE)
    change = pens.change(pens.number(Style(bold=True, dim=True)), pens.number(Style(bold=True)))
    assert change in {"\x1b[22;1m", "\x1b[0;1m"}


@pytest.mark.parametrize(
    ("depth", "codes"),
    [
        (Depth.TRUE, "38;2;255;0;0"),
        (Depth.EIGHT_BIT, "38;5;196"),
        (Depth.SIXTEEN, "31"),
        (Depth.NONE, ""),
    ],
)
def test_a_colour_is_told_at_the_depth_of_the_terminal(depth: Depth, codes: str) -> None:
    assert colour_codes(Color.parse("#ff0000"), depth, True) == codes


def test_without_colours_only_attributes_are_left() -> None:
    pens = Pens(Depth.NONE)
    red, green = pens.number(Style(color="red", bgcolor="blue", bold=True)), pens.number(Style(color="green"))
    assert pens.change(PLAIN, red) == "\x1b[1m"
    assert pens.change(red, green) == "\x1b[m"
    assert pens.change(PLAIN, green) == ""


def test_the_terminals_own_colour_is_no_colour() -> None:
    assert colour_codes(Color.parse("default"), Depth.TRUE, False) == ""


@given(st.integers(0, 255), st.integers(0, 255), st.integers(0, 255))
def test_no_fixed_colour_lies_nearer(red: int, green: int, blue: int) -> None:
    def distance(number: int) -> int:
        triplet = Color.from_ansi(number).get_truecolor()
        return sum((a - b) ** 2 for a, b in zip(triplet, (red, green, blue), strict=True))

    found = nearest_of_256(red, green, blue)
    assert distance(found) == min(map(distance, range(16, 256)))


def test_blanks_look_alike_in_pens_that_differ_on_letters_only() -> None:
    pens = Pens(Depth.TRUE)
    one, other = pens.number(Style(color="red", bgcolor="blue")), pens.number(Style(bold=True, bgcolor="blue"))
    lined = pens.number(Style(underline=True, bgcolor="blue"))
    assert pens.blanks[one] == pens.blanks[other] != pens.blanks[lined]
    assert pens.erases(one, True) and not pens.erases(one, False) and not pens.erases(lined, True)
    assert pens.erases(PLAIN, False)


def test_links_are_opened_closed_and_never_hostile() -> None:
    pens = Pens(Depth.TRUE)
    linked = pens.number(Style(link="https://example.org/a?b=1"))
    assert pens.change(PLAIN, linked).endswith(";https://example.org/a?b=1\x1b\\")
    assert pens.change(linked, PLAIN) == LINK_END
    for url in ("https://x\x1b\\\x1b[2J", "https://x y", "javascript:alert(1)", "https://é"):
        assert pens.pens[pens.number(Style(link=url))].link == ""


def test_every_attribute_of_rich_can_be_switched_off() -> None:
    pens = Pens(Depth.TRUE)
    for name in ON:
        number = pens.number(Style(**{name: True}))
        assert pens.change(number, pens.number(Style(color="red"))) != "\x1b[31m"
