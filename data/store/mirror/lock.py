"""Tells whether the process that mirrors a file still lives: its lease alone would outlast it by many seconds."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import Final

SUFFIX: Final = ".mirror"
"""End of the name of the file beside the store's that is locked; the system lets go of it when its holder ends."""
_MODE: Final = 0o600


class Lock:
    """A lock that one living process has, frozen or not. Where the file system has none, only the lease counts."""

    def __init__(self, file: Path) -> None:
        self._path = file.with_name(file.name + SUFFIX)
        self._handle: int | None = None

    def take(self) -> bool:
        """Take it, if nobody has it; whether it is ours."""
        if self._handle is not None:
            return True
        try:
            handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _MODE)
        except OSError:
            return False
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(handle)
            return False
        self._handle = handle
        return True

    def free(self) -> None:
        """Let go of it."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None
