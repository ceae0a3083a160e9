"""Colours are legible, and nothing is said by colour alone."""

from __future__ import annotations

import re

import pytest
from textual.color import Color
from textual.theme import BUILTIN_THEMES, Theme

from styles import BASE, FOLDER
from styles.contrast import LEGIBLE, contrast
from styles.eight_bit import EIGHT_BIT
from styles.plain import ANSI, ANSI_LIGHT, ANSI_NAMES, MONO, PLAIN
from styles.themes import DARK, LIGHT, THEMES, variable_defaults
from styles.tokens import LOGS, SERIES, TONE_SOURCES
from tui.output.colours import shown
from tui.output.terminal import Depth
from widgets.cells import TONES
from widgets.glyphs import STATUS, UNICODE

GROUNDS = ("cursor-background", "blurred-background", "marked-background")
TEXT = (*TONE_SOURCES, "cursor-foreground")


def tokens(theme: Theme) -> dict[str, str]:
    return {**theme.to_color_system().generate(), **variable_defaults(theme), **theme.variables}


def test_black_on_white_has_the_greatest_contrast() -> None:
    assert contrast(Color(0, 0, 0), Color(255, 255, 255)) == pytest.approx(21)
    assert contrast(Color(119, 119, 119), Color(255, 255, 255)) == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=lambda theme: theme.name)
def test_our_tones_are_legible_on_every_ground(theme: Theme) -> None:
    values = tokens(theme)
    for ground in ("background", "panel", *GROUNDS):
        for token in (*TEXT, "foreground"):
            ratio = contrast(Color.parse(values[token]), Color.parse(values[ground]))
            assert ratio >= LEGIBLE, f"{token} on {ground}: {ratio:.2f}"
    for token in (*SERIES, *(f"log-{number}" for number in range(16))):
        ratio = contrast(Color.parse(values[token]), Color.parse(values["background"]))
        assert ratio >= LEGIBLE, f"{token}: {ratio:.2f}"
    for name in ("match", "hit"):
        pair = Color.parse(values[f"{name}-foreground"]), Color.parse(values[f"{name}-background"])
        assert contrast(*pair) >= LEGIBLE, name


def nearest(colour: Color) -> Color:
    """What a terminal of 256 colours shows."""
    return shown(colour, Depth.EIGHT_BIT)


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=lambda theme: theme.name)
def test_with_256_colours_our_tones_are_legible_and_grounds_differ(theme: Theme) -> None:
    values = {**tokens(theme), **EIGHT_BIT[theme.name]}
    assert set(EIGHT_BIT[theme.name]) <= set(tokens(theme))
    grounds = [nearest(Color.parse(values[ground])) for ground in ("background", "surface", *GROUNDS)]
    assert len(set(grounds)) == len(grounds)
    for ground in grounds:
        for token in (*TEXT, "foreground"):
            ratio = contrast(nearest(Color.parse(values[token])), ground)
            assert ratio >= LEGIBLE, f"{token} on {ground.hex}: {ratio:.2f}"
    for token in (*SERIES, *LOGS):
        ratio = contrast(nearest(Color.parse(values[token])), grounds[0])
        assert ratio >= LEGIBLE, f"{token}: {ratio:.2f}"
    looks = [nearest(Color.parse(values[f"{name}-background"])) for name in ("match", "hit")]
    assert len({*looks, *grounds}) == len(looks) + len(grounds)
    for name, look in zip(("match", "hit"), looks, strict=True):
        assert contrast(nearest(Color.parse(values[f"{name}-foreground"])), look) >= LEGIBLE, name


@pytest.mark.parametrize("name", sorted(name for name, theme in BUILTIN_THEMES.items() if not theme.ansi))
def test_with_256_colours_themes_of_textual_are_legible_too(name: str) -> None:
    theme = BUILTIN_THEMES[name]
    values = {**tokens(theme), **variable_defaults(theme, nearest)}
    background = nearest(Color.parse(values["background"]))
    for ground in GROUNDS:
        for token in TEXT:
            ratio = contrast(nearest(Color.parse(values[token])), nearest(Color.parse(values[ground])))
            assert ratio >= LEGIBLE, f"{token} on {ground}: {ratio:.2f}"
    assert background not in {nearest(Color.parse(values[f"{line}-background"])) for line in ("cursor", "marked")}


PALETTES = {
    "console": (
        *("000000", "aa0000", "00aa00", "aa5500", "0000aa", "aa00aa", "00aaaa", "aaaaaa"),
        *("555555", "ff5555", "55ff55", "ffff55", "5555ff", "ff55ff", "55ffff", "ffffff"),
    ),
    "xterm": (
        *("000000", "cd0000", "00cd00", "cdcd00", "0000ee", "cd00cd", "00cdcd", "e5e5e5"),
        *("7f7f7f", "ff0000", "00ff00", "ffff00", "5c5cff", "ff00ff", "00ffff", "ffffff"),
    ),
}
"""The 16 colours of the Linux console (as VGA has them) and of xterm."""
READABLE = 4.0
"""Least contrast that is asked of colours which the terminal chose; blue is the one that is below 4.5."""


@pytest.mark.parametrize("palette", PALETTES)
@pytest.mark.parametrize(("theme", "ground"), [(ANSI, "black"), (ANSI_LIGHT, "white")], ids=["dark", "light"])
def test_the_terminals_own_colours_can_be_read(theme: Theme, ground: str, palette: str) -> None:
    colours = dict(zip(ANSI_NAMES, PALETTES[palette], strict=True)) | {PLAIN: "ffffff" if theme.dark else "000000"}
    parsed = {name: Color.parse(f"#{colour}") for name, colour in colours.items()}
    for token in (*TONE_SOURCES, *LOGS):
        assert contrast(parsed[theme.variables[token]], Color.parse(ground)) >= READABLE, token
    for name in ("match", "hit"):
        pair = [parsed[theme.variables[f"{name}-{part}"]] for part in ("foreground", "background")]
        assert contrast(*pair) >= READABLE, name
    assert theme.variables["cursor-text-style"] == "reverse"


@pytest.mark.parametrize("name", sorted(BUILTIN_THEMES))
def test_themes_of_textual_get_legible_tones_too(name: str) -> None:
    theme = BUILTIN_THEMES[name]
    values = tokens(theme)
    assert set(DARK.variables) <= set(values)
    if theme.ansi:
        assert {values[token][:5] for token in TONE_SOURCES} == {"ansi_"}
        return
    for ground in ("background", *GROUNDS):
        for token in TEXT:
            ratio = contrast(Color.parse(values[token]), Color.parse(values[ground]))
            assert ratio >= LEGIBLE, f"{token} on {ground}: {ratio:.2f}"


def test_every_theme_defines_the_same_tokens() -> None:
    for theme in THEMES:
        assert set(DARK.variables) <= set(tokens(theme)), theme.name


def test_the_theme_without_colours_has_none() -> None:
    for token, value in {**MONO.variables, "primary": MONO.primary, "error": MONO.error}.items():
        assert value == "ansi_default" or token.endswith("-style"), token


def test_no_two_kinds_of_status_share_a_sign() -> None:
    signs = {name: getattr(UNICODE, name) for name, _ in STATUS.values()}
    assert len(set(signs.values())) == len(signs)


def test_stylesheets_use_tokens_only() -> None:
    sheets = sorted(FOLDER.glob("*.tcss"))
    assert set(BASE) <= set(sheets)
    for sheet in sheets:
        text = sheet.read_text(encoding="utf-8")
        assert not re.search(r"#[0-9a-fA-F]{3,8}\s*[;%]|rgb\(|!important", text), sheet.name
    tones = (FOLDER / "tones.tcss").read_text(encoding="utf-8")
    assert set(re.findall(r"\.tone--([\w-]+)", tones)) == set(TONES)
