"""Which colours a terminal shows, and which theme suits it: how many there are, NO_COLOR, light or dark."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from rich._palettes import EIGHT_BIT_PALETTE
from rich.color import ColorSystem
from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter

from styles.contrast import is_light
from styles.plain import ANSI, ANSI_LIGHT, MONO
from styles.themes import DARK, LIGHT
from tui.output.pens import nearest_of_256
from tui.output.terminal import Depth, Terminal

LIGHT_NUMBERS = {7, *range(9, 16)}
"""Backgrounds of `COLORFGBG` that are light: white and all bright colours but black (as Vim reads it)."""
REMEMBERED = 4_096
"""Styles of which the form without colours is kept."""


@lru_cache(REMEMBERED)
def shown(colour: Color, depth: Depth) -> Color:
    """What a terminal of that depth shows for a colour; the 16 are taken for those of a usual palette."""
    if depth is Depth.EIGHT_BIT and colour.ansi is None:
        return Color(*EIGHT_BIT_PALETTE[nearest_of_256(*colour.rgb)])
    if depth is Depth.SIXTEEN:
        return Color(*colour.rich_color.downgrade(ColorSystem.STANDARD).get_truecolor())
    return colour


def light_background(terminal: Terminal | None, environ: Mapping[str, str]) -> bool | None:
    """Whether the terminal's background is light: by its answer to OSC 11, else by `COLORFGBG`; None: unknown."""
    if terminal is not None and terminal.background is not None:
        return is_light(Color(*terminal.background))
    number = environ.get("COLORFGBG", "").rpartition(";")[2]  # "15;0", or "15;default;0" of rxvt
    return int(number) in LIGHT_NUMBERS if number.isdecimal() else None


def suitable(depth: Depth, light: bool | None) -> str:
    """Name of the theme for a terminal whose user has chosen none; dark where nothing is known."""
    if depth is Depth.NONE:
        return MONO.name
    if depth is Depth.SIXTEEN:
        return (ANSI_LIGHT if light else ANSI).name
    return (LIGHT if light else DARK).name


@lru_cache(REMEMBERED)
def without_colours(style: Style) -> Style:
    """`style` with its attributes only, and what widgets have noted in it."""
    bare = style.without_color
    return bare + Style.from_meta(style.meta) if style.meta else bare


class Colourless(LineFilter):
    """Takes all colours away. Textual's own filters leave greys, or the codes of the default colours."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """`segments` without colours; what they stand on does not matter."""
        del background  # the filter's signature
        return [_bare(segment) for segment in segments]


def _bare(segment: Segment) -> Segment:
    text, style, control = segment
    return segment if style is None else Segment(text, without_colours(style), control)
