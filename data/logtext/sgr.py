"""Colours and attributes that a program asks a terminal for (ECMA-48 SELECT GRAPHIC RENDITION)."""

from __future__ import annotations

from functools import lru_cache
from typing import Final, NamedTuple, TypeAlias

Colour: TypeAlias = int | tuple[int, int, int] | None
"""A number of the palette (0-15 the terminal's own, 16-255 fixed), red, green and blue (0-255), None for default."""


class Sgr(NamedTuple):
    """How text is to be drawn."""

    fg: Colour = None
    bg: Colour = None
    bold: bool = False
    dim: bool = False
    italic: bool = False
    underline: bool = False
    reverse: bool = False
    strike: bool = False


PLAIN = Sgr()
"""No wish."""

MAX_PARAMS: Final = 256
"""Characters of a sequence's parameters; a longer one is no program's and changes nothing."""

_SWITCHES: Final[dict[int, dict[str, bool]]] = {
    1: {"bold": True},
    2: {"dim": True},
    3: {"italic": True},
    4: {"underline": True},
    7: {"reverse": True},
    9: {"strike": True},
    21: {"underline": True},
    22: {"bold": False, "dim": False},
    23: {"italic": False},
    24: {"underline": False},
    27: {"reverse": False},
    29: {"strike": False},
}

_UNDERLINE, _UNDERLINE_COLOUR = 4, 58
_EXTENDED = {38: "fg", 48: "bg"}
_DEFAULT = {39: "fg", 49: "bg"}
_PALETTE, _RGB = 5, 2
_MAX_CHANNEL = 255
_MAX_DIGITS = 3
_RGB_WITH_SPACE = 6
"""Parts of `38:2:SPACE:r:g:b`; most programs leave out the colour space and its colon."""

_BASES: Final = ((30, "fg", 0), (40, "bg", 0), (90, "fg", 8), (100, "bg", 8))
"""First code of eight colours, what they colour, number of the first in the palette."""


def apply(state: Sgr, params: str) -> Sgr:
    """`state` after a sequence with `params`, what stands between `ESC [` and `m`; unknown codes change nothing."""
    return state if len(params) > MAX_PARAMS else _apply(state, params)


@lru_cache(1024)
def _apply(state: Sgr, params: str) -> Sgr:
    parts = params.split(";")
    position = 0
    while position < len(parts):
        part = parts[position]
        position += 1
        if ":" in part:
            state = _with_colons(state, [_number(value) for value in part.split(":")])
            continue
        code = _number(part)
        if code in _EXTENDED or code == _UNDERLINE_COLOUR:
            values = [_number(value) for value in parts[position : position + 4]]
            state = _coloured(state, code, values)
            position += 2 if values[:1] == [_PALETTE] else 4 if values[:1] == [_RGB] else 1
        else:
            state = _basic(state, code)
    return state


def _number(text: str) -> int:
    """The code that `text` means: 0 for none, -1 for one that there is not."""
    if not text:
        return 0
    return int(text) if text.isdecimal() and len(text) <= _MAX_DIGITS else -1


def _basic(state: Sgr, code: int) -> Sgr:
    """`state` after a code that stands for itself."""
    if code == 0:
        return PLAIN
    if code in _SWITCHES:
        return state._replace(**_SWITCHES[code])
    if code in _DEFAULT:
        return _with(state, _DEFAULT[code], None)
    for first, name, offset in _BASES:
        if first <= code < first + 8:
            return _with(state, name, code - first + offset)
    return state


def _with_colons(state: Sgr, values: list[int]) -> Sgr:
    """`state` after a code and what belongs to it, such as `38:2::255:0:0` or `4:3`, a wavy underline."""
    code, *rest = values
    if code == _UNDERLINE:
        return state._replace(underline=rest[0] != 0)
    if rest[0] == _RGB and len(values) >= _RGB_WITH_SPACE:
        del rest[1]
    return _coloured(state, code, rest)


def _coloured(state: Sgr, code: int, values: list[int]) -> Sgr:
    """`state` after 38 or 48 with `values`, which tell the colour; another code changes nothing."""
    channels: list[int] = []
    if code in _EXTENDED and values[:1] == [_PALETTE]:
        channels = values[1:2]
    elif code in _EXTENDED and values[:1] == [_RGB]:
        channels = values[1:4]
    if not all(0 <= channel <= _MAX_CHANNEL for channel in channels):
        return state
    match channels:
        case [number]:
            return _with(state, _EXTENDED[code], number) if values[0] == _PALETTE else state
        case [red, green, blue]:
            return _with(state, _EXTENDED[code], (red, green, blue))
    return state


def _with(state: Sgr, name: str, colour: Colour) -> Sgr:
    return state._replace(fg=colour) if name == "fg" else state._replace(bg=colour)
