"""What every program of Lineside on a terminal is made of: themes, safe output, questions, and no traceback."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from textual.binding import BindingType

from data.errors import LinesideError
from tui.garbage import Garbage
from tui.inorder import KeysInOrder
from tui.options import STOCK, DashboardOptions, chosen_output
from tui.output.lean import LeanOutput
from tui.outside import Outside
from tui.theming import By, Themed
from tui.typed import terminal_driver
from widgets import glyphs
from widgets.paint import TONE_CLASSES, Painter

if TYPE_CHECKING:
    from textual.driver import Driver

    from data.config.settings import Settings
    from tui.output.terminal import Terminal
    from tui.screens.base import LinesideScreen
    from widgets.prompt import Prompt

BY_CHOICE = "whole screens were asked for"
"""Why the lean output is off where the user does not want it."""
PAUSE = 1.0
"""Seconds without a key after which garbage may be collected."""


class Shell(Outside, Themed, KeysInOrder, LeanOutput):
    """An application whose screens are `LinesideScreen`s."""

    TITLE = "lineside"
    ENABLE_COMMAND_PALETTE = False
    COMPONENT_CLASSES: ClassVar[set[str]] = TONE_CLASSES
    BINDINGS: ClassVar[list[BindingType]] = []

    def __init__(self, options: DashboardOptions, *, theme: str = "", theme_by: str = By.TERMINAL) -> None:
        super().__init__()
        self.animation_level = "none"
        self.options = options
        self.keymap_given: dict[str, str] = {}
        self.history: dict[str, list[str]] = {}
        self.prompt: Prompt | None = None
        self._garbage = Garbage()
        self._output_chosen = chosen_output(options)
        self.output_off = BY_CHOICE if self._output_chosen == STOCK else ""
        self.begin_theme(theme, theme_by)
        if options.ascii is not None:
            glyphs.use(glyphs.ASCII if options.ascii else glyphs.UNICODE)

    def get_driver_class(self) -> type[Driver]:
        """The driver of this system, which then takes any bytes."""
        return terminal_driver(super().get_driver_class())

    @property
    def outer_terminal(self) -> Terminal:
        """What is known of the terminal."""
        return self._painted_on

    def take_terminal(self, terminal: Terminal) -> None:
        """The terminal has told what it can: show what it can show."""
        super().take_terminal(terminal)
        self.follow(terminal)

    def terminal_gone(self) -> None:
        """Write nothing more: there is nobody to take it."""
        gone = getattr(self._driver, "hang_up", None)
        if gone is not None:
            gone()

    @property
    def output_trouble(self) -> str:
        """Why screens are sent whole, where nobody chose that."""
        return "" if self.output_off == BY_CHOICE else self.output_off

    def redraw(self) -> None:
        """Draw everything again, also what no style has changed: the signs are others."""
        for widget in self.screen.query(Painter):
            widget.forget_lines()
            widget.refresh()

    def now(self) -> datetime:
        """The time that ages are counted from."""
        return datetime.now(UTC)

    def imports_stand(self) -> None:
        """The program has started: collect garbage again, in pauses."""
        self._garbage.begin()
        self.set_interval(PAUSE, self._pause)

    def _pause(self) -> None:
        pause = time.monotonic() - self.last_typed
        if pause >= PAUSE:
            self._garbage.pause(pause)

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
        self.take_theme(ui.theme)
        if ui.output == STOCK and self._output_chosen is None and not self.output_off:
            self.switch_output_off(BY_CHOICE)

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
        screen.set_focus(prompt)

    def remember(self, label: str, text: str) -> None:
        """Keep what was typed after a label, for `up` in the prompt."""
        lines = self.history.setdefault(label, [])
        if text and lines[-1:] != [text]:
            lines.append(text)

    def do_line(self) -> None:
        """`:`: a command line."""
        screen = self.top_screen()
        if screen is not None:
            self.ask(screen, ":", "", self.complete_line)

    def complete_line(self, text: str) -> list[str]:
        """Completions of the command line: whole lines."""
        raise NotImplementedError

    # Help

    def do_suspend(self) -> None:
        """`ctrl+z`: hand the terminal back to the shell that started this."""
        self.action_suspend_process()

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
