"""The bytes of job logs: what every store of them does, and one append-only file for each job, so that `less`, `grep`
and editors work on them too.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import os
import re
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple, Protocol

from data.errors import StoreError, StoreReadOnly

SUFFIX: Final = ".log"
NEW: Final = ".new"
"""End of the name under which a log that begins anew is written until it takes the old one's place."""

_FOLDER_MODE: Final = 0o700
_FILE_MODE: Final = 0o600
_ID_PARTS: Final = 4
"""A job's id is `<connection>:<project>:job:<job>` (`data.model.git_id`)."""
_ELSEWHERE: Final = "other"
"""Folder of jobs whose id has another form."""
_MAX_NAME: Final = 80
"""Characters of a name from outside that a file name keeps."""
_DIGEST: Final = 12
"""Hexadecimal digits that tell names apart which become equal when they are made safe."""
_SAFE: Final = re.compile(r"\w[\w.-]*", re.ASCII)
_UNSAFE: Final = re.compile(r"[^\w.-]", re.ASCII)


class LogChanged(StoreError):
    """A log is not what the writer takes it for: somebody else wrote, began it anew, or dropped it."""


class LogUse(NamedTuple):
    """One log that is held.

    Attributes:
        path: its file, None where logs are no files.
        job_id: id of its `JobRun`; empty where the file's name does not tell it.
        size: bytes.
        read: when a viewer opened it last or, where that is later, when it was written; seconds since the epoch.
    """

    path: Path | None
    job_id: str
    size: int
    read: float


class LogStore(Protocol):
    """Logs of jobs, wherever they are held. Synchronous, to be called in threads; one process at a time writes one."""

    @property
    def appended(self) -> int:
        """Bytes that this process has written so far, about."""

    def size(self, job_id: str) -> int:
        """Bytes that are held of a log, 0 where there is none."""

    def append(self, job_id: str, offset: int, data: bytes, *, after: bytes = b"") -> int:
        """Write `data` behind what is held; returns the new size in bytes.

        `after` are bytes that the log must end with, so that what continues another log than the one held (it was
        begun anew meanwhile, and has by chance the same size) is not written.

        Raises:
            LogChanged: `offset` is not the size of the log, or it does not end so, or somebody else writes it.
            StoreError: whatever else goes wrong.
        """

    def read(self, job_id: str, start: int, length: int) -> bytes:
        """Up to `length` bytes from byte `start`; fewer at the end, none where there is no log."""

    def touch(self, job_id: str) -> None:
        """Note that somebody reads a log now: the logs that were not read for longest are dropped first."""

    def reset(self, job_id: str, data: bytes = b"") -> None:
        """Begin a log anew, with `data`; without, it is not there until something is appended."""

    def remove(self, job_id: str) -> None:
        """Drop a log."""

    def discard(self, use: LogUse) -> None:
        """Drop the log that `usage` told of."""

    def total(self) -> int:
        """Bytes of all logs."""

    def usage(self, connections: Iterable[str] = ()) -> list[LogUse]:
        """All logs that are held, in no order. `connections` are the names of those whose folders may have others."""


class LogFiles:
    """Log files below one folder. Synchronous; safe for several processes, of which one at a time writes a log.

    Attributes:
        appended: bytes that this process has written so far, about.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.appended = 0

    def path(self, job_id: str) -> Path:
        """Where a job's log lies, whether there is one or not: `<root>/<connection>/<project>/<job>.log`."""
        parts = job_id.rsplit(":", _ID_PARTS - 1)
        if len(parts) == _ID_PARTS and parts[2] == "job":
            return self.root / _safe(parts[0]) / _safe(parts[1]) / f"{_safe(parts[3])}{SUFFIX}"
        return self.root / _ELSEWHERE / f"{_safe(job_id)}{SUFFIX}"

    def size(self, job_id: str) -> int:
        """Bytes that are held of a log, 0 where there is none."""
        with _as_store_errors(self.path(job_id)) as path:
            try:
                return path.stat().st_size
            except FileNotFoundError:
                return 0

    def append(self, job_id: str, offset: int, data: bytes, *, after: bytes = b"") -> int:
        """Write `data` behind what is held; returns the new size in bytes.

        `after` are bytes that the log must end with, so that what continues another log than the one held (it was
        begun anew meanwhile, and has by chance the same size) is not written.

        Raises:
            LogChanged: `offset` is not the size of the log, or it does not end so.
            StoreError: the disk is full.
            StoreReadOnly: the folder cannot be written.
        """
        with _as_store_errors(self.path(job_id)) as path:
            if offset and not path.exists():
                raise LogChanged(f"the log of {job_id} is not here any more", hint="read its size again")
            with _opened(path) as handle:
                fcntl.flock(handle, fcntl.LOCK_EX)
                stat = os.fstat(handle)
                if stat.st_size != offset:
                    raise LogChanged(
                        f"the log of {job_id} holds {stat.st_size} bytes, not {offset}", hint="read its size again"
                    )
                if not stat.st_nlink or os.pread(handle, len(after), offset - len(after)) != after:
                    raise LogChanged(f"the log of {job_id} was begun anew", hint="read its size again")
                _write(handle, offset, data)
        self.appended += len(data)
        return offset + len(data)

    def read(self, job_id: str, start: int, length: int) -> bytes:
        """Up to `length` bytes from byte `start`; fewer at the end, none where there is no log."""
        with _as_store_errors(self.path(job_id)) as path:
            try:
                with path.open("rb") as file:
                    file.seek(max(start, 0))
                    return file.read(max(length, 0))
            except FileNotFoundError:
                return b""

    def touch(self, job_id: str) -> None:
        """Note that somebody reads a log now: the logs that were not read for longest are dropped first.

        It is noted as the file's time of access. Where that cannot be set, only this order suffers.
        """
        path = self.path(job_id)
        with contextlib.suppress(OSError):
            os.utime(path, ns=(time.time_ns(), path.stat().st_mtime_ns))

    def reset(self, job_id: str, data: bytes = b"") -> None:
        """Begin a log anew, with `data`; without, it is not there until something is appended.

        The old file is replaced, not cut, so that a viewer that has it mapped can go on; and not before the new bytes
        are on the disk.
        """
        if not data:
            self.remove(job_id)
            return
        with _as_store_errors(self.path(job_id)) as path:
            fresh = path.with_name(path.name + NEW)
            try:
                with _opened(fresh, os.O_TRUNC) as handle:
                    _write(handle, 0, data)
                os.replace(fresh, path)
            finally:
                fresh.unlink(missing_ok=True)
        self.appended += len(data)

    def remove(self, job_id: str) -> None:
        """Drop a log, and the folders that are empty then."""
        self._drop(self.path(job_id))

    def discard(self, use: LogUse) -> None:
        """Drop the log that `usage` told of, and the folders that are empty then."""
        self._drop(use.path or self.path(use.job_id))

    def _drop(self, path: Path) -> None:
        with _as_store_errors(path):
            path.unlink(missing_ok=True)
        for folder in path.parents:
            if folder == self.root or not folder.is_relative_to(self.root):
                return
            try:
                folder.rmdir()
            except OSError:  # there are other logs in it
                return

    def total(self) -> int:
        """Bytes of all logs."""
        return sum(use.size for use in self.usage())

    def usage(self, connections: Iterable[str] = ()) -> list[LogUse]:
        """All logs that are held, in no order. `connections` are the names of those whose folders have other names."""
        names = {_safe(name): name for name in connections}
        with _as_store_errors(self.root) as root:
            return [
                LogUse(path, self._job_id(path, names), stat.st_size, max(stat.st_atime, stat.st_mtime))
                for path, stat in _logs(root)
            ]

    def _job_id(self, path: Path, connections: dict[str, str]) -> str:
        parts = path.relative_to(self.root).parts
        if len(parts) != _ID_PARTS - 1:
            return ""
        connection, project, name = parts
        job_id = f"{connections.get(connection, connection)}:{project}:job:{name.removesuffix(SUFFIX)}"
        return job_id if self.path(job_id) == path else ""


def _logs(folder: Path) -> Iterator[tuple[Path, os.stat_result]]:
    """The logs below a folder; what goes while we look is passed over."""
    try:
        entries = list(os.scandir(folder))
    except FileNotFoundError:
        return
    for entry in entries:
        try:
            if entry.is_dir(follow_symlinks=False):
                yield from _logs(Path(entry.path))
            elif entry.name.endswith(SUFFIX):
                yield Path(entry.path), entry.stat()
        except FileNotFoundError:
            continue


@contextmanager
def _opened(path: Path, flags: int = 0) -> Iterator[int]:
    """A descriptor of the file, made where there is none, to write at its end."""
    flags |= os.O_RDWR | os.O_CREAT | os.O_APPEND
    path.parent.mkdir(parents=True, exist_ok=True, mode=_FOLDER_MODE)
    try:
        handle = os.open(path, flags, _FILE_MODE)
    except FileNotFoundError:  # the folder was empty, and was removed at this very moment
        path.parent.mkdir(parents=True, exist_ok=True, mode=_FOLDER_MODE)
        handle = os.open(path, flags, _FILE_MODE)
    try:
        yield handle
    finally:
        os.close(handle)


def _write(handle: int, held: int, data: bytes) -> None:
    """Write all or nothing: half a chunk would look like another chunk's end."""
    view = memoryview(data)
    try:
        while view:
            view = view[os.write(handle, view) :]
    except OSError:
        os.ftruncate(handle, held)
        raise


def _safe(name: str) -> str:
    """A file name for a name from outside, different for different names."""
    if len(name) <= _MAX_NAME and _SAFE.fullmatch(name):
        return name
    digest = hashlib.sha256(name.encode(errors="surrogatepass")).hexdigest()[:_DIGEST]
    return f"{_UNSAFE.sub('_', name)[:_MAX_NAME].lstrip('.')}-{digest}".lstrip("-")


@contextmanager
def _as_store_errors(path: Path) -> Iterator[Path]:
    try:
        yield path
    except PermissionError:
        raise _read_only(path) from None
    except OSError as error:
        if error.errno == errno.EROFS:
            raise _read_only(path) from None
        if error.errno == errno.ENOSPC:
            raise StoreError(
                f"the disk that holds {path} is full", hint="make room; the log goes on from there"
            ) from None
        raise StoreError(f"the log {path} cannot be read or written: {error.strerror}") from None


def _read_only(path: Path) -> StoreReadOnly:
    return StoreReadOnly(f"the log {path} cannot be written", hint="make the file and its folder writable")
