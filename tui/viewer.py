"""The viewer of `lineside view`: files of any size, and pipes, with the keys of the log screen and no dashboard."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual.screen import Screen

from data.errors import LinesideError
from styles import sheet
from tui.commands import BY_ID
from tui.options import DashboardOptions
from tui.shell import Shell
from tui.signals import BY_SIGNAL
from tui.viewer_screen import ViewScreen, Wishes

if TYPE_CHECKING:
    from data.config.settings import Settings
    from tui.viewer_source import Source

SIGNALS = (signal.SIGTERM, signal.SIGINT)
"""What ends the viewer as a key would, so that the terminal is left as it was."""
LATER = ("grid", "prompt")
"""Stylesheets that the first frame does without: those of the help and of the prompt."""


class Viewer(Shell):
    """An application with one screen. What screens ask of the dashboard, they can ask of it."""

    CSS_PATH: ClassVar = [sheet(name) for name in ("tones", "frame", "log")]
    feed = None
    read_only = True

    def __init__(self, openers: Sequence[Callable[[], Source]], wishes: Wishes, options: DashboardOptions) -> None:
        super().__init__(options)
        self.viewed = ViewScreen(openers, wishes)
        self.error: LinesideError | None = None
        """Why it ended, where that was not the user's wish."""

    def get_default_screen(self) -> Screen[None]:
        """The only one."""
        return self.viewed

    def top_screen(self) -> ViewScreen | None:
        """The only one, while it is there."""
        return self.viewed if self.viewed.is_attached else None

    # Life

    def on_mount(self) -> None:
        """End by a signal like a program that the user quits."""
        if not self.is_headless:
            for number in SIGNALS:
                asyncio.get_running_loop().add_signal_handler(number, self._ended_by, number)
            signal.signal(signal.SIGHUP, self._hung_up)

    def _ended_by(self, number: signal.Signals) -> None:
        self.exit(return_code=BY_SIGNAL + number)

    def on_view_screen_failed(self, message: ViewScreen.Failed) -> None:
        """There is nothing to show: end, and leave it to the command line to say why."""
        self.error = message.error
        self.exit()

    def _hung_up(self, *_: object) -> None:
        """The terminal is gone: there is nothing to restore, and Textual would wait for it to take what is written."""
        self.viewed.give_up_copy()
        os._exit(BY_SIGNAL + signal.SIGHUP)

    def on_ready(self) -> None:
        """Wait for the first frame."""
        self.viewed.call_after_refresh(self._begin)

    def _begin(self) -> None:
        self.imports_stand()
        self.stylesheet.read_all([sheet(name) for name in LATER])
        self.viewed.first_frame_stands()
        self.later(self._configure, "configure")

    async def _configure(self) -> None:
        """Take theme and keys out of the configuration, if there is one; the first frame does without."""
        settings = await asyncio.to_thread(read_settings, self.options.config)
        if settings is not None:
            self.take_settings(settings)
            self.viewed.refresh_frame()

    # Commands

    def leave(self) -> None:
        """`q`: quit."""
        self.exit()

    def do_quit(self) -> None:
        """`ctrl+q`: quit."""
        self.exit()

    def run_line(self, text: str) -> None:
        """Carry out what was typed after `:`."""
        word, _, rest = text.strip().partition(" ")
        if not word or self.viewed.take_line(text.strip()):
            return
        spec = next((one for one in self.viewed.commands() if word in {one.id, one.title}), None)
        if word == "theme":
            self.set_theme(rest.strip())
        elif word == "q":
            self.leave()
        elif spec is not None:
            self.viewed.perform(spec.id)
        else:
            self.say(f"there is no command {word}; ? shows what there is", "warning")

    def complete_line(self, text: str) -> list[str]:
        """Completions of the command line."""
        names = [f"theme {name}" for name in self.theme_names()]
        names += [spec.id for spec in self.viewed.commands() if spec.id in BY_ID]
        return [name for name in names if name.startswith(text)]


def read_settings(config: Path | None) -> Settings | None:
    """The configuration, None where there is none.

    Raises:
        ConfigError: it cannot be used.
    """
    from data.config import load, locate

    with contextlib.suppress(FileNotFoundError):  # the current folder was removed
        located = locate(config, Path.cwd())
        if located is not None:
            return load(located.path, trusted=located.trusted)
    return None


def run_viewer(openers: Sequence[Callable[[], Source]], wishes: Wishes, options: DashboardOptions) -> int:
    """Show files until the user quits; returns the exit code of the program.

    Raises:
        LinesideError: the first one cannot be opened any more.
    """
    app = Viewer(openers, wishes, options)
    app.run()
    if app.error is not None:
        raise app.error
    return app.return_code or 0
