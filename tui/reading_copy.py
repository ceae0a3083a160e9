"""Copies of logs in other forms, streamed: memory stays flat whatever the size, and the program says how far it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event, Thread, current_thread
from time import monotonic, sleep
from typing import BinaryIO, NamedTuple

from data.errors import LinesideError
from tui.cli.logwriter import Form, LineWriter, RawWriter

CHUNK = 1 << 16
"""Bytes read at a time; between two the copy can be given up."""
PAUSE = 0.0001
"""Seconds between two chunks, in which the interpreter's lock is free for keys."""
TELL_SECONDS = 0.25
"""Seconds between two reports."""
STOP_SECONDS = 0.5
"""Seconds that a copy which is given up gets to remove what it has written."""


class Stopped(Exception):
    """The copy was given up."""


class Part(NamedTuple):
    """The bytes of a file from `start` on, up to `end` (exclusive); whole lines."""

    start: int
    end: int


class Copying(Thread):
    """Does `work` in a thread of its own, and calls `report` from there: from time to time, and when it is over.

    `doing` says what, in a word or two. Of what goes wrong `error` is one sentence. `undo` is called when it is given
    up, from either thread and perhaps twice.
    """

    def __init__(
        self,
        doing: str,
        work: Callable[[Copying], None],
        report: Callable[[Copying], None],
        *,
        undo: Callable[[], None] = lambda: None,
    ) -> None:
        super().__init__(name="lineside-copy", daemon=True)
        self.doing = doing
        self.written = 0
        self.percent = 0
        self.error = ""
        self.done = False
        self._work, self._report, self._undo = work, report, undo
        self._stopped = Event()
        self._told = monotonic()

    def stop(self) -> None:
        """Give it up, and wait a moment for the thread to clean up; nothing is reported any more."""
        self._stopped.set()
        if self.is_alive() and self is not current_thread():
            self.join(STOP_SECONDS)
        if self.done:
            self._undo()

    def at(self, read: int, size: int) -> None:
        """Report that `read` of `size` bytes are done.

        Raises:
            Stopped: it was given up.
        """
        if self._stopped.is_set():
            raise Stopped
        self.percent = min(99, 100 * read // max(1, size))
        if monotonic() - self._told >= TELL_SECONDS:
            self._told = monotonic()
            self._report(self)

    def run(self) -> None:
        """The thread."""
        try:
            self._work(self)
        except Stopped:
            return
        except LinesideError as error:
            self.error = str(error)
        except OSError as error:
            self.error = f"{self.doing} failed: {error.strerror or error}"
        self.done = True
        if self._stopped.is_set():
            self._undo()
        else:
            self._report(self)


def whole(path: Path) -> Part:
    """All that a file holds now."""
    return Part(0, path.stat().st_size)


def around(path: Path, offset: int, reach: int) -> Part:
    """The whole lines within about `reach` bytes on both sides of the line that begins at `offset`."""
    end = path.stat().st_size
    with path.open("rb") as file:
        first = 0 if offset <= reach else _next_line(file, offset - reach)
        last = end if offset + reach >= end else _next_line(file, offset + reach)
    return Part(min(first, offset), max(last, offset))


def _next_line(file: BinaryIO, offset: int) -> int:
    """Where the first line begins at or behind `offset`."""
    file.seek(offset)
    while chunk := file.read(CHUNK):
        newline = chunk.find(b"\n")
        if newline >= 0:
            return offset + newline + 1
        offset += len(chunk)
    return offset


def copy(source: Path, out: BinaryIO, form: Form, part: Part, job: Copying, *, of: Part | None = None) -> None:
    """Write `part` of a log to `out`; the program is told how much that is of the part `of`, by default the same.

    Raises:
        Stopped: the copy was given up.
    """
    of = of or part
    writer = RawWriter(out) if form is Form.RAW else LineWriter(out, form)
    if isinstance(writer, LineWriter):
        writer.begin(source, part.start)
    for chunk, offset in _chunks(source, part):
        writer.write(chunk)
        job.at(offset + len(chunk) - of.start, of.end - of.start)
        sleep(PAUSE)
    writer.end()
    job.written = out.tell()


def _chunks(source: Path, part: Part) -> Iterator[tuple[bytes, int]]:
    """Pieces of a file with where they begin."""
    offset = part.start
    with source.open("rb") as file:
        file.seek(offset)
        while chunk := file.read(min(CHUNK, part.end - offset)):
            yield chunk, offset
            offset += len(chunk)
