"""Takes a stream into a file without a name, in a thread: what is shown can then be any place of it at any time."""

from __future__ import annotations

import lzma
import os
import select
import shutil
import tempfile
import zlib
from collections.abc import Callable, Iterator
from threading import Thread

from data.errors import UsageError
from tui.present.text import size as size_text
from tui.viewer_packed import Unpack
from widgets.cells import Cell

CHUNK = 1 << 18
"""Bytes taken at a time."""
LIMIT = 4 * 1024**3
"""Bytes that are kept of a stream at most."""
FREE_SHARE = 0.9
"""Share of the free space that a stream may take."""
STOP_SECONDS = 0.5
"""Seconds that a thread gets to end; a read that blocks in a device may take longer."""
STDIN = "the pipe"
"""How the standard input is called in sentences."""


class Spool(Thread):
    """Writes what `chunks` yields into a file until it ends, `limit` is reached, or it is stopped.

    `size` is what was written so far, and safe to read from every thread.

    Raises:
        UsageError: there is no folder for temporary files that can be written.
    """

    def __init__(self, chunks: Callable[[Spool], Iterator[bytes]], name: str, *, limit: int | None = None) -> None:
        super().__init__(name="lineside-spool", daemon=True)
        try:
            folder = tempfile.gettempdir()
            self._file = tempfile.TemporaryFile(buffering=0, prefix="lineside-", dir=folder)  # noqa: SIM115 - kept open
        except OSError as error:
            raise UsageError(
                f"there is no room for a temporary file: {error.strerror or error}", hint="TMPDIR names another folder"
            ) from None
        self.handle = self._file.fileno()
        self.size = 0
        self.percent: int | None = None
        """How much of a compressed file was read; None where nobody knows how long the stream is."""
        self._chunks, self._name = chunks, name
        self._limit = limit if limit is not None else _limit(folder)
        self.over = self._stopping = False
        self._trouble = ""
        self._sentence = ""
        self._wake, self._waker = os.pipe()

    @classmethod
    def of_pipe(cls, handle: int, name: str, *, limit: int | None = None) -> Spool:
        """Of what can be read from `handle`, which becomes the spool's own."""
        return cls(lambda spool: spool.from_handle(handle), name, limit=limit)

    @classmethod
    def of_packed(cls, handle: int, unpack: Unpack, name: str, *, limit: int | None = None) -> Spool:
        """Of what is compressed in the file `handle`, which becomes the spool's own."""
        return cls(lambda spool: spool.from_packed(handle, unpack), name, limit=limit)

    # The thread

    def run(self) -> None:
        """Take what comes."""
        try:
            for chunk in self._chunks(self):
                if self._stopping:
                    break
                self._write(chunk)
                if self.size >= self._limit:
                    self._tell(f"{self._name} is held after {size_text(self.size)}: more would fill the disk")
                    self._wait_for_stop()
                    break
        except (OSError, EOFError, ValueError, zlib.error, lzma.LZMAError) as error:
            if not self._stopping:
                self._tell(f"{self._name} broke off: {str(getattr(error, 'strerror', '') or error).lower()}")
        self.over = True

    def _write(self, chunk: bytes) -> None:
        view = memoryview(chunk)
        while view:
            written = self._file.write(view)
            self.size += written or 0
            view = view[written or 0 :]

    def _tell(self, sentence: str) -> None:
        self._trouble = self._sentence = sentence

    def _wait_for_stop(self) -> None:
        select.select([self._wake], [], [])

    def from_handle(self, handle: int) -> Iterator[bytes]:
        """What can be read from a pipe, a terminal or a device, until its end or until it is stopped."""
        try:
            waiting = select.poll()
            waiting.register(handle, select.POLLIN | select.POLLHUP)
            waiting.register(self._wake, select.POLLIN)
            while self._wake not in dict(waiting.poll()):
                data = os.read(handle, CHUNK)
                if not data:
                    return
                yield data
        finally:
            os.close(handle)

    def from_packed(self, handle: int, unpack: Unpack) -> Iterator[bytes]:
        """What was compressed."""
        with open(handle, "rb") as packed, unpack(packed) as file:
            whole = max(1, os.fstat(handle).st_size)
            while data := file.read1(CHUNK):  # `read` would lose what comes before a file breaks off
                self.percent = min(100, 100 * packed.tell() // whole)
                yield data

    # The event loop

    def status(self) -> Cell:
        """What stands behind the last line."""
        if self._trouble:
            return Cell(self._trouble, "warning")
        if self.over:
            return Cell()
        if self.percent is not None:
            return Cell(f"unpacking {self._name}: {self.percent} %", "running")
        return Cell(f"reading {self._name}; ctrl+c stops", "running")

    def take_sentence(self) -> str:
        """What went wrong, once."""
        sentence, self._sentence = self._sentence, ""
        return sentence

    def stop(self) -> bool:
        """Take nothing more; False when it was over anyway."""
        if self.over or self._stopping:
            return False
        self._stopping = True
        os.write(self._waker, b"\0")
        if not self._trouble:
            self._trouble = f"stopped reading {self._name} after {size_text(self.size)}"
        return True

    def close(self) -> None:
        """Stop, and give the space back; a thread that cannot be stopped keeps it until the program ends."""
        self.stop()
        self.join(STOP_SECONDS)
        if not self.is_alive():
            for handle in (self._wake, self._waker):
                os.close(handle)
            self._file.close()


def _limit(folder: str) -> int:
    return min(LIMIT, int(shutil.disk_usage(folder).free * FREE_SHARE))
