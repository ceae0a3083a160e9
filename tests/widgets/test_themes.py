"""Colours are legible, and nothing is said by colour alone."""

from __future__ import annotations

import re

import pytest
from textual.color import Color
from textual.theme import BUILTIN_THEMES, Theme

from styles import BASE, FOLDER
from styles.themes import DARK, LEGIBLE, LIGHT, MONO, SERIES, THEMES, TONE_SOURCES, contrast, variable_defaults
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
