"""Runs a program in a pseudo terminal, with a terminal emulator (pyte) at the other end."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import signal
import struct
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType

from tests.servers import readable
from tests.terminal.emulator import Responder, Screen, Stream

DEADLINE = 60.0
"""Seconds after which a wait gives up; nothing that is tested takes that long on a busy machine."""


class Terminal:
    """A program in a terminal of `columns` by `rows`, which answers it unless it is `silent`."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        columns: int = 120,
        rows: int = 40,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        silent: bool = False,
    ) -> None:
        self.screen = Screen(columns, rows)
        self.stream = Stream(self.screen)
        self.responder = Responder(silent=silent)
        self.raw = bytearray()
        self.status: int | None = None
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
            if cwd is not None:
                os.chdir(cwd)
            inherited = {name: value for name, value in os.environ.items() if name not in {"COLUMNS", "LINES"}}
            os.execvpe(command[0], list(command), {**inherited, "TERM": "xterm-256color", **(env or {})})

    def _size(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def resize(self, columns: int, rows: int) -> None:
        """Make the terminal another size, as a person does with a window."""
        self.screen.resize(rows, columns)
        self._size(columns, rows)
        os.kill(self.pid, signal.SIGWINCH)

    def send(self, keys: str | bytes) -> None:
        """Type."""
        os.write(self.fd, keys.encode() if isinstance(keys, str) else keys)

    def read(self, seconds: float = 0.05) -> bytes:
        """Take over what the program writes within `seconds`."""
        got = b""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if not readable(self.fd, left):
                break
            try:
                chunk = os.read(self.fd, 65_536)
            except OSError:
                break
            if not chunk:
                break
            got += chunk
            self.answer(chunk)
        self.raw += got
        self.stream.feed(got)
        return got

    def answer(self, chunk: bytes) -> None:
        """Say what a terminal says to this part of the output."""
        if said := self.responder.answer(chunk):
            with contextlib.suppress(OSError):  # the program has ended meanwhile
                os.write(self.fd, said)

    @property
    def text(self) -> str:
        """What the screen shows; unlike pyte's own, also with half a wide character, as after a resize."""
        rows = (self.screen.buffer[row] for row in range(self.screen.lines))
        return "\n".join("".join(row[x].data for x in range(self.screen.columns)).rstrip() for row in rows)

    def wait(self, condition: str | Callable[[str], bool], *, seconds: float = DEADLINE) -> str:
        """Wait until the screen shows a text, or fulfils a condition.

        Raises:
            AssertionError: it did not within `seconds`; the message holds the screen.
        """
        fits = (lambda text: condition in text) if isinstance(condition, str) else condition
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.read()
            if fits(self.text):
                return self.text
            if self.poll() is not None and not fits(self.text):
                break
        raise AssertionError(f"the screen never showed {condition!r}; exit status {self.status}:\n{self.text}")

    def poll(self) -> int | None:
        """The exit status; None while the program runs."""
        if self.status is None:
            with contextlib.suppress(ChildProcessError):
                pid, status = os.waitpid(self.pid, os.WNOHANG)
                if pid:
                    self.status = os.waitstatus_to_exitcode(status)
        return self.status

    def wait_exit(self, *, seconds: float = DEADLINE) -> int:
        """Wait until the program has ended."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.read(0.02)
            if (status := self.poll()) is not None:
                return status
        raise AssertionError(f"the program did not end:\n{self.text}")

    def close(self) -> None:
        """End the program if it still runs."""
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
            with contextlib.suppress(ChildProcessError):
                os.waitpid(self.pid, 0)
        with contextlib.suppress(OSError):
            os.close(self.fd)

    def __enter__(self) -> Terminal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
