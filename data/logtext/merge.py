"""Several growing logs in one file: each line with its job's name in front, in the order of time.

    job's log ── _Tap: new bytes -> logical lines, rendered, with the job's name ──┐
    job's log ── _Tap ────────────────────────────────────────────────────────────┼── MergedLog ── spool file
    …                                                                              ┘

The spool is a log like any other: `LogIndex` reads it. Its lines keep the runner's header, so that times are known.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from heapq import heapify, heappop, heapreplace
from pathlib import Path
from threading import Lock
from typing import Final

from data.errors import StoreError
from data.logtext.tap import LATE, JobLog, Tap, cells, note

NAME_CELLS: Final = 16
"""Widest job name in front of lines; a longer one is cut."""
SPOOL_BYTES: Final = 64 * 1024 * 1024
"""Size at which the older half of the spool is dropped; each job's own log keeps everything."""
FOLDER: Final = "merged-"
"""Beginning of the names of spool folders."""
LOCK: Final = "lock"
"""File in a spool folder that its process keeps locked, so that the others know that it is in use."""
DROPPED: Final = "… what came before is in the jobs' own logs"
"""First line of a spool whose older half was dropped."""

__all__ = ["JobLog", "MergedLog"]


class MergedLog:
    """The lines of several jobs' logs in one file, `path`, in a private folder below `parent`.

    Everything but `path` blocks on the disk; one thread at a time works, a second one waits.

    Args:
        parent: folder in which the spool's own folder is made; those that dead processes left there are removed.
        names: the names that will stand in front of lines, as far as they are known; they decide the width.
        limit: bytes at which the older half of the spool is dropped.

    Raises:
        StoreError: the folder cannot be made or written.
    """

    def __init__(self, parent: Path, names: Iterable[str] = (), *, limit: int = SPOOL_BYTES) -> None:
        self.width = min(NAME_CELLS, max((cells(name) for name in names), default=NAME_CELLS))
        self.dropped = False
        """Whether older lines were dropped."""
        self._limit = limit
        self._taps: dict[str, Tap] = {}
        self._lock = Lock()
        self._closed = False
        with _as_store_error(parent):
            parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            _sweep(parent)
            self.folder = Path(tempfile.mkdtemp(prefix=FOLDER, dir=parent))
            self._held = _locked(self.folder)
            self.path = self.folder / "merged.log"
            self._file = self.path.open("ab", buffering=0)

    def pump(self, jobs: Iterable[JobLog], now: float) -> bool:
        """Take over what was written to the logs of `jobs`, and of those that were given before.

        A line waits a moment for older ones of other jobs that may still come; logs without times do not wait.

        Args:
            jobs: the logs to follow; one that is known may have ended meanwhile.
            now: seconds of a monotonic clock.

        Returns:
            Whether there is more to read at once.

        Raises:
            StoreError: the spool cannot be written.
        """
        with self._lock:
            if self._closed:
                return False
            for job in jobs:
                tap = self._taps.get(job.key)
                if tap is None:
                    tap = self._taps[job.key] = Tap(job, len(self._taps), self.width)
                tap.ended = job.ended
            for tap in self._taps.values():
                tap.read(now)
            self._write(b"".join(self._merged(now)))
            return any(tap.behind for tap in self._taps.values())

    def close(self) -> None:
        """Remove the spool."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            for tap in self._taps.values():
                tap.close()
            self._file.close()
            shutil.rmtree(self.folder, ignore_errors=True)
            os.close(self._held)

    def _merged(self, now: float) -> Iterator[bytes]:
        """The lines whose turn it is, oldest first; those of one job stay in their order."""
        taps = list(self._taps.values())
        heads = [(tap.lines[0].time, place) for place, tap in enumerate(taps) if tap.lines]
        heapify(heads)
        awaited = {place for place, tap in enumerate(taps) if tap.awaited}
        starved = any(tap.behind and not tap.lines for tap in taps)
        while heads and not starved:
            time, place = heads[0]
            tap = taps[place]
            if awaited and time > LATE and not tap.overdue(now):
                return
            yield tap.lines.popleft().data
            if tap.lines:
                heapreplace(heads, (tap.lines[0].time, place))
            else:
                heappop(heads)
                starved = tap.behind
                if tap.awaited:
                    awaited.add(place)

    def _write(self, data: bytes) -> None:
        if not data:
            return
        with _as_store_error(self.path):
            rest = memoryview(data)
            while rest:
                rest = rest[self._file.write(rest) or 0 :]
            if self._file.tell() > self._limit:
                self._drop_older()

    def _drop_older(self) -> None:
        """Begin a new file with the newer half; a reader notices by the inode."""
        keep = self._limit // 2
        with self.path.open("rb") as old:
            old.seek(-keep, os.SEEK_END)
            old.readline()
            kept = old.read()
        new = self.folder / "merged.new"
        self._file.close()
        self._file = new.open("ab", buffering=0)
        self._file.write(note(DROPPED) + kept)
        new.replace(self.path)
        self.dropped = True


@contextmanager
def _as_store_error(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StoreError(
            f"the merged log {path} cannot be written: {error.strerror}",
            hint="LINESIDE_STATE_DIR chooses another folder",
        ) from None


def _locked(folder: Path) -> int:
    """A handle that keeps `folder` from being swept as long as this process lives."""
    handle = os.open(folder / LOCK, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    fcntl.flock(handle, fcntl.LOCK_EX)
    return handle


def _sweep(parent: Path) -> None:
    """Remove the spools of processes that were killed: nobody holds their lock any more."""
    for folder in parent.glob(f"{FOLDER}*"):
        with suppress(OSError):  # it is in use, or somebody else sweeps it at this moment
            handle = os.open(folder / LOCK, os.O_RDWR | os.O_CLOEXEC)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
            finally:
                os.close(handle)
