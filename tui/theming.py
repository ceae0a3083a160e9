"""How the program comes to its theme: what the user chose, else what suits the terminal."""

from __future__ import annotations

import enum
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual.app import App
from textual.filter import LineFilter, Monochrome, NoColor

from data.clean import clean
from data.errors import ConfigError
from styles.eight_bit import EIGHT_BIT
from styles.plain import MONO
from styles.themes import THEMES, variable_defaults
from tui.guard import Guard
from tui.output.colours import Colourless, light_background, shown, suitable
from tui.output.terminal import Depth, from_environment, refuses_colours

if TYPE_CHECKING:
    from textual.color import Color

    from tui.output.terminal import Terminal

AUTO = "auto"
"""In place of a theme's name: the one that suits the terminal."""
VARIABLE = "LINESIDE_THEME"
"""Environment variable that names a theme; it stands above the configuration."""


class By(enum.StrEnum):
    """Who chose the theme."""

    TERMINAL = "terminal"
    COMMAND = "command"
    CONFIGURATION = "configuration"
    ENVIRONMENT = "environment"


KEPT = {By.COMMAND, By.CONFIGURATION}
"""Whose choice holds when the program starts again; the configuration is read later, and may say something else."""


class Themed(App[str]):
    """Mixed into an application, which calls `begin_theme` before anything is drawn."""

    theme_by = By.TERMINAL
    """Who chose the theme; what the user chose is left alone."""
    _themed = False
    """Whether the theme has been chosen."""
    _followed = ""
    """The theme that was taken because it suits the terminal."""
    _painted_on: Terminal
    """What is known of the terminal."""

    def begin_theme(self, last: str, by: str) -> None:
        """Take a theme for the first frame: that of the environment, else the last one, else what suits the terminal.

        Args:
            last: the theme when the program was left; empty if it never ran.
            by: who had chosen it (`By`).
        """
        for own in THEMES:
            self.register_theme(own)
        self._colourless, self._guard = Colourless(), Guard()
        self._painted_on = from_environment(os.environ)
        if sys.__stderr__ is None or not sys.__stderr__.isatty():
            # Nobody sees what is drawn but tests, which look at what the best terminal would show.
            self._painted_on = self._painted_on._replace(depth=Depth.TRUE)
        self.no_color = refuses_colours(os.environ) or self._painted_on.depth is Depth.NONE
        self._themed = True
        self._begin_with(self._first_theme(last, by))

    def _begin_with(self, name: str) -> None:
        """Take a theme before the stylesheets are read; assigning it would have them read twice."""
        if self.available_themes[name].ansi:
            self.theme = name  # what it does to the terminal's own colours has to be done, too
            return
        self.set_reactive(App.theme, name)
        self.stylesheet.set_variables(self.get_css_variables())

    def _first_theme(self, last: str, by: str) -> str:
        if self.no_color:
            return MONO.name
        told = os.environ.get(VARIABLE, "")
        if told in self.available_themes:
            self.theme_by = By.ENVIRONMENT
            return told
        followed = {suitable(self._painted_on.depth, light) for light in (False, True)}
        light = light_background(None, os.environ)
        if by in KEPT and last in self.available_themes and told != AUTO:
            self.theme_by = By(by)
            return last
        self._followed = last if light is None and last in followed else suitable(self._painted_on.depth, light)
        return self._followed

    # What Textual asks for

    def get_css_variables(self) -> dict[str, str]:
        """The tokens of the theme; none for the one that Textual begins with and nobody sees."""
        if not self._themed:
            return {}
        found = super().get_css_variables()
        if self._painted_on.depth is Depth.EIGHT_BIT:
            found = self.theme_variables = {**found, **EIGHT_BIT.get(self.theme, {})}
        return found

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Our own tokens for themes that lack them."""
        return variable_defaults(self.current_theme, self._shown)

    def _shown(self, colour: Color) -> Color:
        return shown(colour, self._painted_on.depth)

    def get_line_filters(self) -> Sequence[LineFilter]:
        """What each line passes on its way to the terminal. NO_COLOR means none at all, not shades of grey."""
        if self.no_color:
            return (self._colourless, self._guard)
        # Textual's own come with any NO_COLOR, also an empty one.
        others = (one for one in super().get_line_filters() if not isinstance(one, Monochrome | NoColor))
        return (*others, self._guard)

    # The terminal

    @property
    def asks_background(self) -> bool:
        """Whether it matters what the terminal's background is."""
        return not self.no_color and self.theme_by is By.TERMINAL

    def follow(self, terminal: Terminal) -> None:
        """The terminal has told what it can show, and perhaps its background."""
        before, self._painted_on = self._painted_on.depth, terminal
        if self.no_color or self._painted_on.depth is Depth.NONE:
            return
        self._suit()
        if before is not self._painted_on.depth and not self.current_theme.ansi:
            self.refresh_css(animate=False)

    def _suit(self) -> None:
        """Take the theme that suits the terminal, unless somebody chose one."""
        if not self.asks_background or self.theme != self._followed:
            return
        light = light_background(self._painted_on, os.environ)
        if light is None and self._painted_on.answers is None:
            return  # it may still tell; until then it is taken for the one of last time
        self._followed = suitable(self._painted_on.depth, light)
        if self._followed != self.theme:
            self.theme = self._followed

    # The user

    def say(self, sentence: str, tone: str = "") -> None:
        """Put a sentence into the last line of the screen on top."""
        raise NotImplementedError

    def theme_names(self) -> list[str]:
        """What `:theme` and the configuration may name."""
        return sorted([*self.available_themes, AUTO])

    def set_theme(self, name: str) -> None:
        """`:theme NAME`."""
        if self.no_color:
            self.say("there are no colours to choose: NO_COLOR is set, or the terminal has none", "warning")
        elif not self._choose(name, By.COMMAND):
            self.say(f"themes: {', '.join(self.theme_names())}", "warning" if name else "")

    def take_theme(self, name: str) -> None:
        """Take over what the configuration says about the theme; `auto` leaves what was chosen by `:theme`."""
        if self.no_color or self.theme_by is By.ENVIRONMENT:
            return
        told = os.environ.get(VARIABLE, "")
        if told and told != AUTO:
            self.say(str(ConfigError(f"there is no theme {clean(told)}", field=VARIABLE)), "warning")
        if told == AUTO or (name in {"", AUTO} and self.theme_by is By.COMMAND):
            return
        if not self._choose(name or AUTO, By.CONFIGURATION):
            self.say(str(ConfigError(f"there is no theme {name}", field="ui.theme")), "warning")

    def _choose(self, name: str, by: By) -> bool:
        """Take a theme, or the one that suits the terminal; False: there is none of that name."""
        if name == AUTO:
            if self.theme_by is not By.TERMINAL:
                self.theme_by = By.TERMINAL
                light = light_background(self._painted_on, os.environ)
                self._followed = self.theme = suitable(self._painted_on.depth, light)
            return True
        if name not in self.available_themes:
            return False
        self.theme_by, self.theme = by, name
        return True
