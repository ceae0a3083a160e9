"""What every program of Lineside on a terminal is made of: themes, safe output, questions, and no traceback."""

from __future__ import annotations

import gc
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from textual import events
from textual.app import App
from textual.binding import BindingType
from textual.filter import LineFilter, NoColor
from textual.message import Message

from data.errors import ConfigError, LinesideError
from styles.themes import MONO, THEMES, variable_defaults
from tui.guard import Guard
from tui.options import DashboardOptions
from tui.typed import forgive_rubbish
from widgets import glyphs
from widgets.paint import Painter

if TYPE_CHECKING:
    from textual.driver import Driver

    from data.config.settings import Settings
    from tui.screens.base import LinesideScreen
    from widgets.prompt import Prompt

GC_THRESHOLDS = (50_000, 20, 50)
"""Rare collections: the slowest key of a Textual program is the one that waits for the garbage collector."""
LOST = 0.5
"""Seconds after which a message that did not come back is given up: its way was through something that was removed."""


class Passed(Message):
    """Comes back behind the keys that were on their way when the prompt opened."""


class Shell(App[str]):
    """An application whose screens are `LinesideScreen`s."""

    TITLE = "lineside"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = []
    _themed = False
    """Whether the theme has been chosen."""

    def __init__(self, options: DashboardOptions, *, theme: str = "") -> None:
        super().__init__()
        self.animation_level = "none"
        self.options = options
        self.keymap_given: dict[str, str] = {}
        self.history: dict[str, list[str]] = {}
        self.prompt: Prompt | None = None
        self._kept_back: list[events.Key] | None = None
        self._guard = Guard()
        for own in THEMES:
            self.register_theme(own)
        self._themed = True
        self._begin_with(self._first_theme(theme))
        if options.ascii is not None:
            glyphs.use(glyphs.ASCII if options.ascii else glyphs.UNICODE)

    def get_driver_class(self) -> type[Driver]:
        """The driver of this system, which then takes any bytes."""
        forgive_rubbish()
        return super().get_driver_class()

    def _begin_with(self, name: str) -> None:
        """Take a theme before the stylesheets are read; assigning it would have them read twice."""
        if self.available_themes[name].ansi:
            self.theme = name  # what it does to the terminal's own colours has to be done, too
            return
        self.set_reactive(App.theme, name)
        self.stylesheet.set_variables(self.get_css_variables())

    def _first_theme(self, wanted: str) -> str:
        if self.no_color:
            return MONO.name
        return wanted if wanted in self.available_themes else THEMES[0].name

    def get_css_variables(self) -> dict[str, str]:
        """The tokens of the theme; none for the one that Textual begins with and nobody sees."""
        return super().get_css_variables() if self._themed else {}

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Our own tokens for themes that lack them."""
        return variable_defaults(self.current_theme)

    def get_line_filters(self) -> Sequence[LineFilter]:
        """What each line passes on its way to the terminal. NO_COLOR means none at all, not shades of grey."""
        if self.no_color:
            return (NoColor(), self._guard)
        return (*super().get_line_filters(), self._guard)

    def redraw(self) -> None:
        """Draw everything again, also what no style has changed: the signs are others."""
        for widget in self.screen.query(Painter):
            widget.forget_lines()
            widget.refresh()

    def now(self) -> datetime:
        """The time that ages are counted from."""
        return datetime.now(UTC)

    def first_frame_stands(self) -> None:
        """Collect garbage again, where the program's start put that off, and seldom: what was imported is none."""
        if gc.isenabled():
            return
        gc.enable()
        gc.freeze()
        gc.set_threshold(*GC_THRESHOLDS)

    def take_settings(self, settings: Settings) -> None:
        """Take over what the configuration says about keys and looks."""
        ui = settings.ui
        self.keymap_given = dict(settings.keys)
        if self.keymap_given:
            self.set_keymap(self.keymap_given)
        if not ui.mouse:
            self.leave_mouse()
        if isinstance(ui.ascii, bool) and self.options.ascii is None:
            glyphs.use(glyphs.ASCII if ui.ascii else glyphs.UNICODE)
            self.redraw()
        if ui.theme and not self.no_color:
            if ui.theme in self.available_themes:
                self.theme = ui.theme
            else:
                self.say(str(ConfigError(f"there is no theme {ui.theme}", field="ui.theme")), "warning")

    def leave_mouse(self) -> None:
        """Leave the mouse to the terminal."""
        release = getattr(self._driver, "_disable_mouse_support", None)
        if release is not None:
            release()

    # Talk

    def top_screen(self) -> LinesideScreen | None:
        """The topmost screen that is no question or table of keys."""
        raise NotImplementedError

    def say(self, sentence: str, tone: str = "") -> None:
        """Put a sentence into the last line of the screen on top."""
        screen = self.top_screen()
        if screen is not None:
            screen.say(sentence, tone)

    def later(self, what: Callable[[], Awaitable[Any]], group: str = "line") -> None:
        """Call `what` on the event loop; what goes wrong becomes a sentence. A newer one of a group counts."""
        work: Callable[[], Awaitable[None]] = partial(self._guarded, what)
        self.run_worker(work, group=group, exclusive=True, exit_on_error=False)

    async def _guarded(self, what: Callable[[], Awaitable[Any]]) -> None:
        try:
            await what()
        except LinesideError as error:
            self.say(str(error), "failed")
        except Exception as error:  # a key that fails must not end the program
            self.failed(error)

    def failed(self, error: BaseException) -> None:
        """Something went wrong that nobody expected: write it down, say a sentence, and go on."""
        from tui.journal import unexpected

        self.say(unexpected(error), "failed")

    def _fatal_error(self) -> None:
        """Textual's last word before it exits. A person reads a sentence; the traceback goes to a file."""
        import sys

        from rich.text import Text

        from tui.journal import unexpected

        error = sys.exception()
        if error is not None and not self._exit_renderables:
            self._exit_renderables.append(Text("lineside: " + unexpected(error)))
        self._close_messages_no_wait()

    # The prompt

    # A key goes to what has the focus and comes back to the application, where it opens the prompt. Keys that were
    # typed ahead are still on their way then: they belong to the prompt, before the ones that are typed from now on.

    def on_key(self, event: events.Key) -> None:
        """Give the prompt what was typed before it had the focus."""
        if self.prompt is not None and self.focused is self.prompt:
            self.prompt.on_key(event)

    async def on_event(self, event: events.Event) -> None:
        """Keep new keys back while older ones are on their way to the prompt."""
        if self._kept_back is not None and isinstance(event, events.Key) and not event.is_forwarded:
            self._kept_back.append(event)
        else:
            await super().on_event(event)

    async def on_passed(self) -> None:
        """All older keys are in the prompt: the newer ones follow."""
        kept, self._kept_back = self._kept_back or [], None
        for event in kept:
            await super().on_event(event)

    def ask(
        self,
        screen: LinesideScreen,
        label: str,
        value: str,
        complete: Callable[[str], Sequence[str]] | None = None,
    ) -> None:
        """Open the prompt of a screen, above the line of keys."""
        from widgets.prompt import Prompt

        if screen.query(Prompt):
            return
        prompt = self.prompt = Prompt(id="prompt")
        screen.mount(prompt, before=screen.query("#foot-rule, #foot").first())
        prompt.open(label, value, complete=complete or (lambda _: ()), history=self.history.setdefault(label, []))
        # At once, not by `focus()`, which comes later: keys that are typed ahead belong to the prompt.
        before = screen.focused or screen
        screen.set_focus(prompt)
        if before.post_message(Passed()):
            self._kept_back = []
            self.set_timer(LOST, self.on_passed)

    def remember(self, label: str, text: str) -> None:
        """Keep what was typed after a label, for `up` in the prompt."""
        lines = self.history.setdefault(label, [])
        if text and lines[-1:] != [text]:
            lines.append(text)

    def set_theme(self, name: str) -> None:
        """`:theme NAME`."""
        if name in self.available_themes:
            self.theme = name
        else:
            self.say(f"themes: {', '.join(sorted(self.available_themes))}", "warning" if name else "")

    def do_line(self) -> None:
        """`:`: a command line."""
        screen = self.top_screen()
        if screen is not None:
            self.ask(screen, ":", "", self.complete_line)

    def complete_line(self, text: str) -> list[str]:
        """Completions of the command line: whole lines."""
        raise NotImplementedError

    # Help

    def do_help(self) -> None:
        """`?`: the keys of this screen."""
        from tui.screens.help import HelpScreen

        screen = self.top_screen()
        if screen is not None and screen is self.screen:
            self.push_screen(HelpScreen(screen.NAME, self.keymap_given, screen.unavailable()))

    def do_palette(self) -> None:
        """`ctrl+p`: every command of this screen, found by typing."""
        from tui.screens.palette import PaletteScreen

        screen = self.top_screen()
        if screen is not None and screen is self.screen:
            palette = PaletteScreen(screen.NAME, self.keymap_given, screen.unavailable())
            self.push_screen(palette, lambda id: screen.perform(id) if id else None)
