"""Programs in panes of a tmux server of our own, and what the panes show."""

from __future__ import annotations

import contextlib
import os
import shlex
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType

from pyte.screens import Char

from tests.terminal.emulator import Screen, Stream

Cell = tuple[object, ...]
"""Text and looks of a cell; of a blank one, only what one sees of it."""
ASKED = 10.0
"""Seconds after which tmux itself is given up."""
SEEN = ("underscore", "reverse", "strikethrough")
"""What one sees of a blank, beside its background."""


class Tmux:
    """A server with a socket of its own, which ends with it."""

    def __init__(self, columns: int, rows: int) -> None:
        self.size = (columns, rows)
        # Not in a test's own folder, whose name may be too long for a socket.
        self._folder = tempfile.TemporaryDirectory(prefix="lineside-")
        self._socket = str(Path(self._folder.name) / "tmux")

    def ask(self, *words: str) -> str:
        """Give tmux a command; returns what it prints."""
        command = ["tmux", "-S", self._socket, "-f", "/dev/null", *words]
        return subprocess.run(command, check=True, capture_output=True, text=True, timeout=ASKED).stdout

    def start(self, name: str, command: Sequence[str], env: Mapping[str, str]) -> None:
        """Run a program in a session `name`, whose pane stays when it ends."""
        columns, rows = self.size
        words = [*(f"-e{key}={value}" for key, value in env.items()), f"-x{columns}", f"-y{rows}"]
        # Sizes in the environment would hide that of the pane.
        program = shlex.join(["env", "-u", "COLUMNS", "-u", "LINES", *command])
        self.ask("new-session", "-d", "-s", name, *words, program)
        self.ask("set-option", "-t", name, "remain-on-exit", "on")

    def send(self, name: str, keys: str) -> None:
        """Type into a session."""
        self.ask("send-keys", "-t", name, "-H", *(f"{byte:02x}" for byte in keys.encode()))

    def resize(self, name: str, columns: int, rows: int) -> None:
        """Make a session's window another size, as attaching a terminal of that size does."""
        self.ask("resize-window", "-t", name, "-x", str(columns), "-y", str(rows))
        self.size = (columns, rows)

    def text(self, name: str) -> str:
        """The text of a pane."""
        return self.ask("capture-pane", "-p", "-t", name)

    def cells(self, name: str) -> list[list[Cell]]:
        """The cells of a pane."""
        columns, rows = self.size
        screen = Screen(columns, rows)
        stream = Stream(screen)
        for row, line in enumerate(self.ask("capture-pane", "-e", "-N", "-p", "-t", name).split("\n")[:rows], 1):
            stream.feed(f"\x1b[{row}H{line}".encode())  # colours go on from line to line
        return [[_looks(screen.buffer[row][column]) for column in range(columns)] for row in range(rows)]

    def __enter__(self) -> Tmux:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the server, and with it its programs."""
        with contextlib.suppress(subprocess.CalledProcessError):  # none was started
            server = int(self.ask("display-message", "-p", "#{pid}"))
            self.ask("kill-server")
            _wait_for_end(server)
        self._folder.cleanup()


def _wait_for_end(pid: int) -> None:
    """Wait until a process that is no child of ours has ended."""
    end = time.monotonic() + ASKED
    with contextlib.suppress(ProcessLookupError):
        while time.monotonic() < end:
            os.kill(pid, 0)
            time.sleep(0.01)


def _looks(cell: Char) -> Cell:
    """What one sees of pyte's cell."""
    seen = any(getattr(cell, name) for name in SEEN)
    return tuple(cell) if cell.data.strip() or seen else (" ", cell.bg)
