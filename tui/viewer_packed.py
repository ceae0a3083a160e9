"""Compressed files: how they begin, and what undoes that. The modules that do are loaded when there is such a file."""

from __future__ import annotations

from collections.abc import Callable
from typing import IO, TYPE_CHECKING, TypeAlias

from data.errors import UsageError

if TYPE_CHECKING:
    from bz2 import BZ2File
    from gzip import GzipFile
    from lzma import LZMAFile

    Unpacked: TypeAlias = GzipFile | BZ2File | LZMAFile

Unpack: TypeAlias = "Callable[[IO[bytes]], Unpacked]"
"""Makes of a compressed file one that reads as what was compressed."""


def _gzip(file: IO[bytes]) -> GzipFile:
    from gzip import GzipFile

    return GzipFile(fileobj=file)


def _bzip2(file: IO[bytes]) -> BZ2File:
    from bz2 import BZ2File

    return BZ2File(file)


def _xz(file: IO[bytes]) -> LZMAFile:
    from lzma import LZMAFile

    return LZMAFile(file)


MAGIC: tuple[tuple[bytes, Unpack], ...] = ((b"\x1f\x8b\x08", _gzip), (b"BZh", _bzip2), (b"\xfd7zXZ\x00", _xz))
"""How compressed files begin (RFC 1952; the bzip2 and xz file formats)."""
ZSTD = b"\x28\xb5\x2f\xfd"
"""How files of zstd begin (RFC 8878)."""


def compression(begin: bytes, name: str) -> Unpack | None:
    """How to undo the compression of a file that begins so; None when it is none.

    Raises:
        UsageError: this Python cannot undo it.
    """
    if begin.startswith(ZSTD):
        raise UsageError(f"{name} is compressed with zstd", hint=f"zstd -dc {name} | lineside view")
    return next((unpack for magic, unpack in MAGIC if begin.startswith(magic)), None)
