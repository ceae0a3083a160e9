"""Chance as a pure function: the same key always gives the same draw, whatever was drawn before."""

from __future__ import annotations

import hashlib
import random

_BITS = 64


def digest(*key: object) -> str:
    """Return 40 hexadecimal digits that belong to `key`; they serve as commit ids."""
    return hashlib.sha1("\0".join(map(str, key)).encode(), usedforsecurity=False).hexdigest()


def unit(*key: object) -> float:
    """Return a number in [0, 1) that belongs to `key`."""
    raw = hashlib.blake2b("\0".join(map(str, key)).encode(), digest_size=_BITS // 8).digest()
    return int.from_bytes(raw) / float(1 << _BITS)


def stream(*key: object) -> random.Random:
    """Return a generator that belongs to `key`."""
    return random.Random("\0".join(map(str, key)))
