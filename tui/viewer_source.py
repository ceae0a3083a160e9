"""What the viewer shows: files that grow, and streams (pipes, compressed files), which a spool makes files of."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from data.clean import clean
from data.errors import LinesideError, UsageError
from tui.viewer_packed import compression
from widgets.cells import Cell

if TYPE_CHECKING:
    from tui.viewer_spool import Spool

News: TypeAlias = Literal["", "grown", "another"]
"""What happened to a source: nothing that is seen, more of it or less, or its `path` is that of another file now."""

MAGIC_BYTES = 6
"""Bytes that tell how a file is compressed."""


class Look(NamedTuple):
    """What a look at a source found, and a sentence about it; "" when there is nothing to say."""

    news: News
    said: str = ""


class Source:
    """Something to view: `name` for people, and `path` for a `LogIndex`."""

    name: str
    path: Path
    status: Cell = Cell()
    """What stands behind the last line."""

    def look(self) -> Look:
        """What happened since the last call."""
        raise NotImplementedError

    @property
    def flows(self) -> bool:
        """Whether it is a stream of which more may come; a file that may grow is none."""
        return False

    def interrupt(self) -> bool:
        """Stop taking more; False where nothing is being taken."""
        return False

    def close(self) -> None:
        """Let go of it."""
        raise NotImplementedError


class FileSource(Source):
    """A file, held open: what happens to its name changes nothing of what is seen before it is said."""

    def __init__(self, name: str, handle: int) -> None:
        self.name = clean(os.path.basename(name.rstrip("/")) or name)
        self._file = name
        self._take(handle)

    def _take(self, handle: int) -> None:
        self._handle = handle
        found = os.fstat(handle)
        self._identity = found.st_dev, found.st_ino
        self._size = found.st_size
        self.path = path_of(handle)

    def look(self) -> Look:
        """Whether it grew, shrank, lost its name, or its name is another file's now."""
        size, before = os.fstat(self._handle).st_size, self._size
        self._size = size
        try:
            found = os.stat(self._file)
        except OSError:
            said = "" if self.status.text else "the file was removed; what it held is still shown"
            self.status = Cell("the file was removed or renamed; waiting for a new one of that name", "warning")
            return Look("grown" if size != before else "", said)
        if (found.st_dev, found.st_ino) != self._identity and stat.S_ISREG(found.st_mode):
            return self._replaced()
        self.status = Cell()
        said = "the file was truncated; it begins anew" if size < before else ""
        return Look("grown" if size != before else "", said)

    def _replaced(self) -> Look:
        try:
            handle = os.open(self._file, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        except OSError as error:
            self.status = Cell(f"the file was replaced by one that cannot be read: {error.strerror}", "warning")
            return Look("")
        os.close(self._handle)
        self._take(handle)
        self.status = Cell()
        return Look("another", "the file was replaced; this is the new one")

    def close(self) -> None:
        """Close the file."""
        os.close(self._handle)


class StreamSource(Source):
    """A stream, in a file without a name that vanishes with the program, however it ends."""

    def __init__(self, name: str, spool: Spool) -> None:
        self.name = name
        self._spool = spool
        self._seen = -1
        self.path = path_of(spool.handle)
        self.status = spool.status()
        spool.start()

    def look(self) -> Look:
        """Whether more has come, and what is waited for."""
        self.status = self._spool.status()
        size, before = self._spool.size, self._seen
        self._seen = size
        return Look("grown" if size != before else "", self._spool.take_sentence())

    @property
    def flows(self) -> bool:
        """Whether the stream has not ended."""
        return not self._spool.over

    def interrupt(self) -> bool:
        """Stop reading; whoever writes finds nobody at the other end."""
        return self._spool.stop()

    def close(self) -> None:
        """Stop reading, and give the space back."""
        self._spool.close()


def path_of(handle: int) -> Path:
    """A path that leads to an open file whatever its name is, and whether it has one."""
    return Path(f"/dev/fd/{handle}")


def openers(names: list[str], pipe: int | None) -> tuple[list[Callable[[], Source]], list[LinesideError]]:
    """What opens each of `names` (`-` is what comes through `pipe`), and what is wrong with those that cannot be."""
    good: list[Callable[[], Source]] = []
    bad: list[LinesideError] = []
    for name in names:
        try:
            good.append(_opener(name, pipe))
        except LinesideError as error:
            bad.append(error)
    return good, bad


def _opener(name: str, pipe: int | None) -> Callable[[], Source]:
    if name == "-":
        if pipe is None:
            raise UsageError("nothing is piped into this program", hint="name a file, or: some-command | lineside view")
        return lambda: _piped(pipe)
    _check(name)
    return lambda: open_source(name)


def _piped(pipe: int) -> Source:
    from tui.viewer_spool import STDIN, Spool

    return StreamSource("stdin", Spool.of_pipe(pipe, STDIN))


def _check(name: str) -> None:
    """Say early what cannot be shown. A named pipe is not opened for that: its writer would find that nobody stays.

    Raises:
        LinesideError: it cannot be shown.
    """
    try:
        other = not stat.S_ISREG(os.stat(name).st_mode) and not os.path.isdir(name)
    except (OSError, ValueError):
        other = False
    if not other:
        os.close(open_file(name))


def open_source(name: str) -> Source:
    """A file by its name.

    Raises:
        LinesideError: it cannot be shown.
    """
    handle = open_file(name)
    found = os.fstat(handle)
    shown = clean(os.path.basename(name.rstrip("/")) or name)
    regular = stat.S_ISREG(found.st_mode)
    begin = os.pread(handle, MAGIC_BYTES, 0) if regular else b""
    unpack = compression(begin, shown)
    if regular and unpack is None and (found.st_size or not begin):
        return FileSource(name, handle)
    from tui.viewer_spool import Spool

    if unpack is not None:
        return StreamSource(shown, Spool.of_packed(handle, unpack, shown))
    # Not a file, or one that the kernel makes while it is read, as those in /proc.
    os.set_blocking(handle, True)
    return StreamSource(shown, Spool.of_pipe(handle, shown))


def open_file(name: str) -> int:
    """A handle of a file for reading.

    Raises:
        NoSuchThing: there is none.
        UsageError: it is a folder, may not be read, or is compressed in a way that Python cannot undo.
    """
    shown = clean(name)
    try:
        handle = os.open(name, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except FileNotFoundError:
        from tui.cli.failures import NoSuchThing

        raise NoSuchThing(f"there is no file {shown}") from None
    except (OSError, ValueError) as error:
        raise UsageError(f"{shown} cannot be read: {getattr(error, 'strerror', '') or error}") from None
    found = os.fstat(handle)
    try:
        if stat.S_ISDIR(found.st_mode):
            raise UsageError(f"{shown} is a folder", hint="name a file in it")
        if stat.S_ISREG(found.st_mode):
            compression(os.pread(handle, MAGIC_BYTES, 0), shown)
    except LinesideError:
        os.close(handle)
        raise
    except OSError as error:
        os.close(handle)
        raise UsageError(f"{shown} cannot be read: {error.strerror}") from None
    return handle
