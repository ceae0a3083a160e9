"""A log in the user's editor or pager: a private copy that holds nothing a terminal obeys but our own colours."""

from __future__ import annotations

import contextlib
import io
import os
import shlex
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from data.errors import UsageError
from tui.cli.logwriter import Form
from tui.present.text import size
from tui.reading_copy import Copying, Part, around, copy, whole
from tui.reading_save import suggested

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer
    from textual.app import App

LARGE = 64 * 1024 * 1024
"""Bytes of a log that is handed out whole; of a larger one, what lies within half of that around the current line."""
EDITORS = ("VISUAL", "EDITOR")
"""Environment variables that name the editor, the first one wins."""
USUAL_EDITORS = ("vi", "nano")
"""Editors where none is named."""
PAGER = "less -R"
"""The pager where none is named."""
GO_TO_LINE = frozenset(
    {"vi", "vim", "nvim", "view", "nano", "emacs", "emacsclient", "micro", "kak", "joe", "less", "more", "most"}
)
"""Programs that take `+N` for the line to begin at."""
TAKES_COLOURS = frozenset({"less", "more", "most", "bat", "batcat", "moar", "moor", "ov"})
"""Pagers that hand colours on to the terminal; others get plain text."""


@dataclass(frozen=True, slots=True)
class Program:
    """A program to open a file in: its command, and in which form it gets a log."""

    command: tuple[str, ...]
    form: Form

    @property
    def name(self) -> str:
        """Its name without the folder."""
        return os.path.basename(self.command[0])

    def with_file(self, path: Path, line: int) -> list[str]:
        """The command for `path`, beginning at `line` (from 1) where the program is known to take that."""
        place = [f"+{line}"] if self.name in GO_TO_LINE and line > 1 else []
        return [*self.command, *place, str(path)]


def editor(env: Mapping[str, str] | None = None) -> Program:
    """The user's editor.

    Raises:
        UsageError: none is named, or the one that is cannot be found.
    """
    env = os.environ if env is None else env
    named = next((env[name] for name in EDITORS if env.get(name, "").strip()), "")
    usual = next((name for name in USUAL_EDITORS if shutil.which(name)), "")
    if not named and not usual:
        raise UsageError("no editor is named", hint="set $VISUAL or $EDITOR")
    return Program(_parsed(named or usual, "$VISUAL or $EDITOR"), Form.PLAIN)


def pager(env: Mapping[str, str] | None = None) -> Program:
    """The user's pager; `less` is told to show colours.

    Raises:
        UsageError: the one that is named cannot be found.
    """
    env = os.environ if env is None else env
    command = _parsed(env.get("PAGER", "").strip() or PAGER, "$PAGER")
    program = Program(command, Form.PLAIN)
    if env.get("NO_COLOR") or program.name not in TAKES_COLOURS:
        return program
    if program.name == "less" and not any(word.startswith("-") and "R" in word for word in command[1:]):
        command = (*command, "-R")
    return Program(command, Form.COLOR)


def _parsed(text: str, where: str) -> tuple[str, ...]:
    try:
        command = tuple(shlex.split(text))
    except ValueError:
        raise UsageError(f"{where} cannot be read: a quote is not closed") from None
    if not command or shutil.which(os.path.expanduser(command[0])) is None:
        raise UsageError(f"there is no program {command[0] if command else text}", hint=f"it is named by {where}")
    return (os.path.expanduser(command[0]), *command[1:])


class LineCounter(io.BufferedWriter):
    """A file to write, which counts the lines that it gets."""

    lines = 0

    def write(self, data: ReadableBuffer) -> int:
        """Write, and count."""
        self.lines += bytes(data).count(b"\n")
        return super().write(data)


@dataclass(slots=True)
class Handout:
    """A log, or the part of it around byte `offset`, for a program.

    Attributes:
        note: what the user is to know about it; empty when it is the whole log.
    """

    source: Path
    title: str
    program: Program
    offset: int
    note: str = ""
    _folder: Path | None = None
    _file: Path = field(default_factory=Path)
    _line: int = 1

    def make(self, job: Copying) -> None:
        """Write the copy, in a folder that only the user may look into. Runs in a thread."""
        part = whole(self.source)
        if part.end > LARGE:
            part = around(self.source, self.offset, LARGE // 2)
            self.note = _partly(part, self.source.stat().st_size)
        self._folder = Path(tempfile.mkdtemp(prefix="lineside-"))
        self._file = self._folder / suggested(self.title)
        try:
            with LineCounter(io.FileIO(os.open(self._file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")) as out:
                copy(self.source, out, self.program.form, Part(part.start, self.offset), job, of=part)
                self._line = out.lines + 1
                copy(self.source, out, self.program.form, Part(self.offset, part.end), job, of=part)
        except BaseException:
            self.remove()
            raise

    def run(self, app: App[Any]) -> str:
        """Run the program in the terminal, and remove the copy; returns what went wrong, "" when nothing did."""
        try:
            return run_outside(app, self.program.with_file(self._file, self._line))
        finally:
            self.remove()

    def remove(self) -> None:
        """Remove the copy."""
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None


def _partly(part: Part, whole_size: int) -> str:
    return f"that was {size(part.end - part.start)} around the line, of {size(whole_size)}"


def run_outside(app: App[Any], command: Sequence[str]) -> str:
    """Give the terminal to `command` until it ends; returns what went wrong, "" when nothing did."""
    from textual.app import SuspendNotSupported

    wrong = ""
    try:
        with app.suspend(), _keys_that_interrupt_are_its_own():
            try:
                done = subprocess.run(command)
                wrong = _ended(os.path.basename(command[0]), done.returncode)
            except OSError as error:  # caught inside: `suspend` resumes only when nothing is raised
                wrong = f"{command[0]} could not be started: {error.strerror or error}"
    except SuspendNotSupported:
        return "this terminal cannot be lent to another program"
    app.refresh(layout=True)
    return wrong


def _ended(name: str, code: int) -> str:
    if code < 0:
        return f"{name} was ended by {signal.Signals(-code).name}"
    return f"{name} ended with exit code {code}" if code else ""


@contextlib.contextmanager
def _keys_that_interrupt_are_its_own() -> Iterator[None]:
    """While another program has the terminal, ctrl+c and ctrl+\\ are meant for it and do not end us.

    A handler, unlike SIG_IGN, is not inherited by the program.
    """
    signals = (signal.SIGINT, signal.SIGQUIT)
    before = [signal.signal(number, lambda *_: None) for number in signals]
    try:
        yield
    finally:
        for number, handler in zip(signals, before, strict=True):
            signal.signal(number, handler)
