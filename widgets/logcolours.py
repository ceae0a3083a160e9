"""Styles for the colours that programs ask a terminal for, legible on the theme's background."""

from __future__ import annotations

from functools import lru_cache

from rich.style import Style
from textual.color import Color

from data.logtext import PLAIN, Sgr
from data.logtext.sgr import Colour
from widgets.lines import LineView

TERMINAL_COLOURS = 16
"""Numbers of the palette below this are drawn as the theme's `log-0` to `log-15`."""

CACHED_STYLES = 1000
"""Styles that are kept; a log in true colours can ask for millions."""

PALETTE = {number: f"log-{number}" for number in range(TERMINAL_COLOURS)}
"""The theme's names of the terminal's own colours."""


class LogColours(LineView):
    """Turns what a log asks for (`Sgr`) into styles."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._sgr: dict[Sgr, Style] = {}

    def notify_style_update(self) -> None:
        """Forget the styles of the old theme."""
        self._sgr.clear()
        super().notify_style_update()

    def sgr(self, sgr: Sgr) -> Style:
        """The style for what a program asked for."""
        found = self._sgr.get(sgr)
        if found is None:
            if len(self._sgr) >= CACHED_STYLES:
                self._sgr.clear()
            found = self._sgr[sgr] = self.look() if sgr == PLAIN else self._make_style(sgr)
        return found

    def _make_style(self, sgr: Sgr) -> Style:
        style = self.look()
        foreground, background = self._colour(sgr.fg), self._colour(sgr.bg)
        if background is not None:
            style += Style(bgcolor=background.rich_color)
            if background.ansi is None and (foreground is None or isinstance(sgr.bg, int)):
                foreground = background.get_contrast_text(1.0)
        elif sgr.bg is not None:
            style += Style(reverse=True)
        if foreground is not None:
            style += Style(color=foreground.rich_color)
        elif sgr.dim:
            style += self.tone("dim")
        return style + Style(
            bold=sgr.bold or None,
            italic=sgr.italic or None,
            underline=sgr.underline or None,
            reverse=sgr.reverse or None,
            strike=sgr.strike or None,
        )

    def _colour(self, colour: Colour) -> Color | None:
        variables = self.app.theme_variables
        if colour is None or variables[PALETTE[1]] == variables[PALETTE[2]]:  # a theme without colours
            return None
        if isinstance(colour, tuple):
            return Color(*colour)
        return Color.parse(variables[PALETTE[colour]]) if colour in PALETTE else _fixed(colour)


@lru_cache(256)
def _fixed(number: int) -> Color:
    """One of the fixed colours of the palette."""
    from rich.color import Color as RichColor

    return Color(*RichColor.from_ansi(number).get_truecolor())
