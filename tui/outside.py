"""What the program tells the terminal beside the screen: texts for the clipboard, notifications, a title."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING

from textual import events
from textual.app import App

from data.errors import LinesideError
from tui.output.clipboard import fits
from tui.output.title import Title

if TYPE_CHECKING:
    from tui.output.pace import Pace
    from tui.output.terminal import Terminal


class Outside(App[str]):
    """Mixed into an application, beside the output layer."""

    output_off: str
    output_pace: Pace

    def __init__(self, *args: object, **options: object) -> None:
        super().__init__(*args, **options)  # type: ignore[arg-type]
        self._window_title = Title()

    @property
    def outer_terminal(self) -> Terminal:
        """What is known of the terminal."""
        raise NotImplementedError

    def say(self, sentence: str, tone: str = "") -> None:
        """Put a sentence into the last line of the screen on top."""
        raise NotImplementedError

    def attended(self) -> None:
        """Somebody is here: a key was pressed, or the terminal got the focus."""

    def _send_aside(self, sequence: str) -> None:
        if sequence and self._driver is not None:
            self._driver.write(sequence)

    # Life

    def on_mount(self) -> None:
        """Give the title back while another program has the terminal."""
        given_back, told = self._window_title.give_back, self._window_title.tell
        # At once: a message would come when the other program has the terminal already.
        self.app_suspend_signal.subscribe(self, lambda _: self._send_aside(given_back()), immediate=True)
        self.app_resume_signal.subscribe(self, lambda _: self._send_aside(told()), immediate=True)

    async def on_unmount(self) -> None:
        """Leave the title as it was."""
        self._send_aside(self._window_title.give_back())

    async def on_event(self, event: events.Event) -> None:
        """Notice that somebody is here."""
        if isinstance(event, events.Key | events.MouseDown):
            self.attended()
        await super().on_event(event)

    def watch_app_focus(self, focus: bool) -> None:
        """Notice that somebody is here again."""
        if focus:
            self.attended()

    # The clipboard

    def copy(self, text: str, what: str = "") -> None:
        """Copy `text`, and say so: `copied 3 lines`, where `what` is `3 lines`."""
        self.copy_to_clipboard(text)
        if fits(text):
            self.say(f"copied {what}".rstrip())

    def copy_to_clipboard(self, text: str) -> None:
        """Copy to the clipboard of the terminal; a text that is too long for it goes to a file, which is said."""
        self._clipboard = text
        if not fits(text):
            self._keep_copied(text)
        elif os.environ.get("TMUX"):
            work: Callable[[], Awaitable[None]] = partial(self._copy_in_tmux, text)
            self.run_worker(work, group="copy", exclusive=True, exit_on_error=False)
        else:
            self._send_copy(text)

    async def _copy_in_tmux(self, text: str) -> None:
        """Have tmux copy it; one that cannot gets the order that a terminal gets."""
        from tui.output.clipboard import give_to_tmux

        if not await asyncio.to_thread(give_to_tmux, text):
            self._send_copy(text)

    def _send_copy(self, text: str) -> None:
        from tui.output.clipboard import sequence
        from tui.output.pace import QUESTION

        order = sequence(text, self.outer_terminal.multiplexer)
        self._send_aside(order)
        # A long text keeps a slow line busy for seconds: what is drawn meanwhile has to wait behind it.
        if not self.output_off and self.output_pace.sent(len(order), time.monotonic()):
            self._send_aside(QUESTION)

    def _keep_copied(self, text: str) -> None:
        from tui.output.clipboard import encoded
        from tui.present.text import size
        from tui.reading_save import keep_copied, short

        much = f"{size(len(encoded(text)))} are too much for a terminal's clipboard"
        try:
            self.say(f"{much}: saved to a file instead: {short(keep_copied(text))}", "warning")
        except LinesideError as error:
            self.say(f"{much}, and {error}", "failed")

    # Notifications and title

    def tell_desktop(self, text: str) -> None:
        """Ask the terminal for a notification."""
        from tui.output.notify import notification

        terminal = self.outer_terminal
        self._send_aside(notification(text, terminal.name, terminal.multiplexer))

    def entitle(self, text: str) -> None:
        """Give the terminal's window a title; one that it has already is not sent again."""
        from tui.output.title import has_title

        terminal = self.outer_terminal
        if has_title(terminal.name, terminal.multiplexer):
            self._send_aside(self._window_title.set(text))
