"""The bytes of job logs: one append-only file for each job, so that `less`, `grep` and editors work on them too."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from data.errors import StoreError, StoreReadOnly

SUFFIX: Final = ".log"

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


class LogFiles:
    """Log files below one folder. Synchronous; safe for several processes, of which one at a time writes a log."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, job_id: str) -> Path:
        """Where a job's log lies, whether there is one or not: `<root>/<connection>/<project>/<job>.log`."""
        parts = job_id.rsplit(":", _ID_PARTS - 1)
        if len(parts) == _ID_PARTS and parts[2] == "job":
            return self.root / _safe(parts[0]) / _safe(parts[1]) / f"{_safe(parts[3])}{SUFFIX}"
        return self.root / _ELSEWHERE / f"{_safe(job_id)}{SUFFIX}"

    def size(self, job_id: str) -> int:
        """Bytes that are held of a log, 0 where there is none."""
        with _as_store_errors(self.path(job_id)) as path:
            return path.stat().st_size if path.exists() else 0

    def append(self, job_id: str, offset: int, data: bytes) -> int:
        """Write `data` behind what is held; returns the new size in bytes.

        Raises:
            StoreError: `offset` is not the size of the log (somebody else wrote), or the disk is full.
            StoreReadOnly: the folder cannot be written.
        """
        with _as_store_errors(self.path(job_id)) as path:
            path.parent.mkdir(parents=True, exist_ok=True, mode=_FOLDER_MODE)
            handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, _FILE_MODE)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX)
                held = os.fstat(handle).st_size
                if held != offset:
                    raise StoreError(
                        f"the log of {job_id} holds {held} bytes, not {offset}", hint="read its size again"
                    )
                _write(handle, held, data)
            finally:
                os.close(handle)
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

    def reset(self, job_id: str) -> None:
        """Begin a log anew. The old file is unlinked, not cut, so that a viewer that has it mapped can go on."""
        self.remove(job_id)

    def remove(self, job_id: str) -> None:
        """Drop a log."""
        with _as_store_errors(self.path(job_id)) as path:
            path.unlink(missing_ok=True)

    def total(self) -> int:
        """Bytes of all logs."""
        with _as_store_errors(self.root) as root:
            return sum(_size(path) for path in root.rglob(f"*{SUFFIX}"))


def _write(handle: int, held: int, data: bytes) -> None:
    """Write all or nothing: half a chunk would look like another chunk's end."""
    view = memoryview(data)
    try:
        while view:
            view = view[os.write(handle, view) :]
    except OSError:
        os.ftruncate(handle, held)
        raise


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:  # dropped while we were looking
        return 0


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
