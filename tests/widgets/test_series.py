"""Lines of several runs can be told apart: by eyes that miss a colour, and without colours."""

from __future__ import annotations

import math
from itertools import combinations

import pytest
from textual.color import Color
from textual.theme import Theme

from styles.contrast import LEGIBLE, contrast
from styles.themes import DARK, LIGHT
from styles.tokens import SERIES
from widgets.series import DASHES, LETTERS, SERIES_TONES, Places, dash, letter, sample, series_tone

Linear = tuple[float, float, float]

SEES = {
    "all colours": ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
    "no red (protanopia)": (
        (0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998),
    ),
    "no green (deuteranopia)": (
        (0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881),
    ),
    "no blue (tritanopia)": (
        (1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900),
    ),
}  # fmt: skip
"""What eyes make of linear RGB (Machado, Oliveira, Fernandes 2009, severity 1)."""

APART = 0.1
"""Least distance of two colours in OKLab; 0.02 is about the least that one notices."""


def linear(colour: Color) -> Linear:
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour.normalized
    )
    return red, green, blue


def seen(colour: Linear, by: tuple[Linear, ...]) -> Linear:
    red, green, blue = (
        min(1.0, max(0.0, sum(weight * part for weight, part in zip(row, colour, strict=True)))) for row in by
    )
    return red, green, blue


def oklab(colour: Linear) -> Linear:
    """Björn Ottosson's perceptual space, of linear sRGB."""
    red, green, blue = colour
    long = math.cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue)
    medium = math.cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue)
    short = math.cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue)
    return (
        0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short,
        1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short,
    )


@pytest.mark.parametrize("eyes", SEES)
@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=lambda theme: theme.name)
def test_colours_of_lines_differ_for_all_eyes(theme: Theme, eyes: str) -> None:
    colours = {name: linear(Color.parse(theme.variables[name])) for name in SERIES}
    for one, other in combinations(SERIES, 2):
        distance = math.dist(oklab(seen(colours[one], SEES[eyes])), oklab(seen(colours[other], SEES[eyes])))
        assert distance >= APART, f"{one} and {other}: {distance:.3f}"


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=lambda theme: theme.name)
def test_colours_of_lines_are_legible(theme: Theme) -> None:
    ground = Color.parse(theme.background or "")
    for name in SERIES:
        assert contrast(Color.parse(theme.variables[name]), ground) >= LEGIBLE, name


def test_grey_is_told_from_grey() -> None:
    """The simulation itself: black and white stay what they are for all eyes."""
    for by in SEES.values():
        assert seen((1.0, 1.0, 1.0), by) == pytest.approx((1.0, 1.0, 1.0), abs=1e-3)
        assert seen((0.0, 0.0, 0.0), by) == (0.0, 0.0, 0.0)


def test_there_are_as_many_tones_as_colours() -> None:
    assert tuple(series_tone(number) for number in range(SERIES_TONES)) == SERIES


def test_no_two_of_the_first_lines_look_alike() -> None:
    looks = [(series_tone(number), dash(number), sample(number)) for number in range(SERIES_TONES * len(DASHES))]
    assert len(set(looks)) == len(looks)
    letters = [letter(number) for number in range(len(LETTERS))]
    assert len(set(letters)) == len(letters) == 61
    assert letter(61) == letter(500) == "+"


def test_a_run_keeps_its_number_as_long_as_it_is_looked_at() -> None:
    places = Places()
    places.keep(["a", "b", "c"])
    assert [places.of(run) for run in "abc"] == [0, 1, 2]
    places.keep(["c", "a", "d", "e"])
    assert [places.of(run) for run in "cade"] == [2, 0, 1, 3]
    places.keep(["b"])
    assert places.of("b") == 0
