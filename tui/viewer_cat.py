"""`lineside view` where nobody looks: the clean text of files, one after the other, on stdout."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BufferedReader
from typing import TYPE_CHECKING, cast

from data.errors import LinesideError
from tui.cli.failures import report
from tui.cli.logwriter import Form, LineWriter
from tui.viewer_packed import compression
from tui.viewer_source import MAGIC_BYTES, open_file

if TYPE_CHECKING:
    from tui.viewer_packed import Unpacked

CHUNK = 1 << 16
"""Bytes read at a time; what a pipe holds."""


def cat(names: Sequence[str]) -> int:
    """Write all files. What is wrong with one is said, and makes the exit code; the others are written all the same."""
    code = 0
    for name in names:
        try:
            with _opened(name) as file:
                _write(file)
        except LinesideError as error:
            code = report(error)
        except (EOFError, ValueError) as error:  # a compressed file that breaks off
            code = report(LinesideError(f"{name} breaks off: {error}"))
    return code


@contextmanager
def _opened(name: str) -> Iterator[BufferedReader | Unpacked]:
    if name == "-":
        yield cast(BufferedReader, sys.stdin.buffer)
        return
    handle = open_file(name)
    os.set_blocking(handle, True)
    regular = stat.S_ISREG(os.fstat(handle).st_mode)
    unpack = compression(os.pread(handle, MAGIC_BYTES, 0), name) if regular else None
    with open(handle, "rb") as file:
        if unpack is None:
            yield file
        else:
            with unpack(file) as unpacked:
                yield unpacked


def _write(file: BufferedReader | Unpacked) -> None:
    writer = LineWriter(sys.stdout.buffer, Form.PLAIN)
    while data := file.read1(CHUNK):
        writer.write(data)
        writer.pause()
    writer.end()
