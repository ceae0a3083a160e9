"""Counts with a checksum: whether two sets are the same, in whatever order their members come."""

from __future__ import annotations

from hashlib import sha256
from typing import Final

_BITS: Final = 256
_MODULUS: Final = 1 << _BITS


class Tally:
    """How many there are, their bytes in all, and a checksum: the sum of their SHA-256, so that no order counts."""

    def __init__(self) -> None:
        self.count = 0
        self.size = 0
        self._sum = 0

    def add(self, data: bytes) -> None:
        """Count a thing by its bytes."""
        self._add(sha256(data).digest(), len(data))

    def add_named(self, name: str, digest: bytes, size: int) -> None:
        """Count a thing of which a name and the SHA-256 of its `size` bytes are known: a log."""
        self._add(sha256(name.encode() + b"\0" + digest).digest(), size)

    def _add(self, digest: bytes, size: int) -> None:
        self.count += 1
        self.size += size
        self._sum = (self._sum + int.from_bytes(digest, "big")) % _MODULUS

    @property
    def digest(self) -> str:
        """The checksum in hexadecimal digits."""
        return f"{self._sum:0{_BITS // 4}x}"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Tally) and self.facts() == other.facts()

    __hash__ = None  # type: ignore[assignment]  # it changes

    def facts(self) -> dict[str, int | str]:
        """For `--json` and for the end of a backup."""
        return {"count": self.count, "bytes": self.size, "digest": self.digest}
