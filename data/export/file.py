"""Writes a table to a file: all of it or nothing, and never over another one that nobody was asked about."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Final

from data.errors import UsageError
from data.export.formats import Format, Writer, writer
from data.export.table import Row, Table

REPEATED: Final = 40
"""Characters of the file's name that the name of its draft repeats; file systems allow 255 bytes."""


class Draft:
    """A file beside the one that is to be: it takes its place when it is whole, and goes away when it is not.

    Args:
        path: the file that is to be.
        replace: whether a file of that name may be replaced; its permissions are kept.
    """

    def __init__(self, path: Path, *, replace: bool = False) -> None:
        self.path, self.replace = path, replace
        self._draft = path.with_name(f".{path.name[:REPEATED]}.{os.getpid()}.part")

    def __enter__(self) -> Draft:
        """Begin.

        Raises:
            UsageError: nothing can be written there.
        """
        try:
            if not self.replace and self.path.exists():
                raise FileExistsError(None, "it exists already")
            mode = self.path.stat().st_mode & 0o777 if self.path.exists() else 0o666
            opened = os.open(self._draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
        except OSError as error:
            raise self._refused(error) from None
        self._file = open(opened, "w", encoding="utf-8", errors="replace", newline="")
        return self

    def write(self, text: str) -> None:
        """Append some text.

        Raises:
            UsageError: there is no room, for instance.
        """
        try:
            self._file.write(text)
        except OSError as error:
            raise self._refused(error) from None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Put the file in its place if all went well, and clear away what is left if not."""
        try:
            self._file.close()
            if kind is None:
                self._place()
        except OSError as refused:
            raise self._refused(refused) from None
        finally:
            with contextlib.suppress(OSError):
                self._draft.unlink(missing_ok=True)

    def _place(self) -> None:
        if self.replace:
            self._draft.replace(self.path)
            return
        try:
            os.link(self._draft, self.path)  # unlike a rename, it never takes the place of another file
        except FileExistsError:
            raise
        except OSError:  # a file system without links
            if self.path.exists():
                raise FileExistsError(None, "it has come to be meanwhile") from None
            self._draft.replace(self.path)

    def _refused(self, error: OSError) -> UsageError:
        return UsageError(f"cannot write {self.path}: {str(error.strerror or error).lower()}")


async def save(
    table: Table,
    path: Path,
    form: Format,
    *,
    replace: bool = False,
    safe: bool = False,
    told: Callable[[int], None] = lambda _: None,
) -> int:
    """Write a table to `path`, a page at a time; returns the number of rows. `told` hears how many are written.

    Text is made and written in a thread, so that the event loop goes on. When the caller is cancelled, no file is left.

    Raises:
        UsageError: it cannot be written, or exists and is not to be replaced.
    """
    count = 0
    made = writer(form, table.columns, safe=safe)
    with Draft(path, replace=replace) as draft:
        draft.write(made.begin())
        async for rows in table.pages():
            await asyncio.to_thread(_append, draft, made, rows)
            count += len(rows)
            told(count)
        draft.write(made.end())
    return count


def _append(draft: Draft, made: Writer, rows: Sequence[Row]) -> None:
    draft.write(made.rows(rows))
