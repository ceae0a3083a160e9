"""Colours and attributes that a program asks a terminal for (ECMA-48 SELECT GRAPHIC RENDITION)."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple, TypeAlias

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


PLAIN = Sgr()
"""No wish."""

_SWITCHES: dict[int, dict[str, bool]] = {
    1: {"bold": True},
    2: {"dim": True},
    3: {"italic": True},
    4: {"underline": True},
    7: {"reverse": True},
    21: {"underline": True},
    22: {"bold": False, "dim": False},
    23: {"italic": False},
    24: {"underline": False},
    27: {"reverse": False},
}

_EXTENDED_FG, _DEFAULT_FG, _EXTENDED_BG, _DEFAULT_BG = 38, 39, 48, 49
_PALETTE, _RGB = 5, 2
_MAX_CHANNEL = 255
_MAX_DIGITS = 3

_BASES = ((30, "fg", 0), (40, "bg", 0), (90, "fg", 8), (100, "bg", 8))
"""First code of eight colours, what they colour, number of the first in the palette."""


@lru_cache(1024)
def apply(state: Sgr, params: str) -> Sgr:
    """`state` after a sequence with `params`, what stands between `ESC [` and `m`; unknown codes change nothing."""
    codes = [
        int(part) if part.isdecimal() and len(part) <= _MAX_DIGITS else 0 if not part else -1
        for part in params.replace(":", ";").split(";")
    ]
    position = 0
    while position < len(codes):
        code = codes[position]
        position += 1
        if code == 0:
            state = PLAIN
        elif code in _SWITCHES:
            state = state._replace(**_SWITCHES[code])
        elif code in {_EXTENDED_FG, _EXTENDED_BG}:
            colour, position = _extended(codes, position)
            if colour is not None:
                state = state._replace(fg=colour) if code == _EXTENDED_FG else state._replace(bg=colour)
        elif code == _DEFAULT_FG:
            state = state._replace(fg=None)
        elif code == _DEFAULT_BG:
            state = state._replace(bg=None)
        else:
            state = _basic(state, code)
    return state


def _basic(state: Sgr, code: int) -> Sgr:
    for first, name, offset in _BASES:
        if first <= code < first + 8:
            number = code - first + offset
            return state._replace(fg=number) if name == "fg" else state._replace(bg=number)
    return state


def _extended(codes: list[int], position: int) -> tuple[Colour, int]:
    """Colour after 38 or 48, and where the next code stands."""
    kind = codes[position] if position < len(codes) else -1
    if kind == _PALETTE:
        values = codes[position + 1 : position + 2]
        number = values[0] if values and 0 <= values[0] <= _MAX_CHANNEL else None
        return number, position + 2
    if kind == _RGB:
        channels = codes[position + 1 : position + 4]
        if len(channels) == len("rgb") and all(0 <= channel <= _MAX_CHANNEL for channel in channels):
            return (channels[0], channels[1], channels[2]), position + 4
        return None, position + 4
    return None, position + 1
