"""Durations and sizes as people write them: `90d`, `12h`, `1h30m`, `500MB`. The command line uses them, too."""

from __future__ import annotations

import re
from typing import Final

from data.errors import ConfigError

SECONDS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
"""Seconds of each unit of time."""
BYTES: Final = {
    "": 1,
    "K": 10**3,
    "M": 10**6,
    "G": 10**9,
    "T": 10**12,
    "KI": 2**10,
    "MI": 2**20,
    "GI": 2**30,
    "TI": 2**40,
}
"""Bytes of each unit of size, in capitals."""
MAX_DURATION: Final = 100 * 366 * 86_400.0
"""A hundred years in seconds; longer is a mistake, and dates could not be reckoned with."""
MAX_SIZE: Final = 2**63 - 1
"""The largest size of a file (`off_t`); more is a mistake."""

DURATION_RULE: Final = "a duration such as 30s, 15m, 12h, 90d, 2w or 1h30m; a plain number is seconds"
"""How a duration is written."""
SIZE_RULE: Final = "a size such as 500MB, 5GB or 2GiB; a plain number is bytes"
"""How a size is written."""

DURATION_PATTERN: Final = r"^(\d+(\.\d+)?|(\d+(\.\d+)?[wdhms])+)$"
"""Regular expression of a duration without spaces, in lower case."""
SIZE_PATTERN: Final = r"^\d+(\.\d+)? ?([KMGTkmgt][iI]?)?[bB]?$"
"""Regular expression of a size."""

_PART: Final = re.compile(r"(\d+(?:\.\d+)?)([wdhms])")
_SIZE: Final = re.compile(r"(\d+(?:\.\d+)?) ?([KMGT]?I?)B?")


def parse_duration(text: str) -> float:
    """Seconds of a duration: `90d`, `1h30m`; a plain number is seconds.

    Raises:
        ConfigError: not a duration.
    """
    compact = re.sub(r"\s+", "", text).lower()
    if not re.fullmatch(DURATION_PATTERN, compact, re.ASCII):
        raise ConfigError(f"`{text}` is not {DURATION_RULE}")
    parts = _PART.findall(compact)
    seconds = sum(float(number) * SECONDS[unit] for number, unit in parts) if parts else float(compact)
    if seconds > MAX_DURATION:
        raise ConfigError(f"`{text}` is longer than a hundred years")
    return seconds


def format_duration(seconds: float) -> str:
    """A duration as `parse_duration` reads it, in the largest units that are exact: 5400 -> `1h30m`, 2.5 -> `2.5s`."""
    whole, fraction = divmod(seconds, 60)
    words, rest = [], int(whole) * 60
    for unit, size in sorted(SECONDS.items(), key=lambda item: -item[1]):
        count, rest = divmod(rest, size) if unit not in "sw" else (0, rest)
        if count:
            words.append(f"{count}{unit}")
    if fraction or not words:
        words.append(f"{fraction:g}s")
    return "".join(words)


def parse_size(text: str) -> int:
    """Bytes of a size: `500MB` (powers of ten), `2GiB` (powers of two); a plain number is bytes.

    Raises:
        ConfigError: not a size.
    """
    found = _SIZE.fullmatch(text.strip().upper())
    if found is None or found[2] not in BYTES or not text.isascii():
        raise ConfigError(f"`{text}` is not {SIZE_RULE}")
    size = float(found[1]) * BYTES[found[2]]
    if size > MAX_SIZE:
        raise ConfigError(f"`{text}` is larger than any disk")
    return round(size)


def format_size(count: int) -> str:
    """A size as people read it, three digits: 1_234_567 -> `1.23MB`."""
    value, unit = float(count), ""
    for name in ("K", "M", "G", "T"):
        if round(value) < BYTES["K"]:
            break
        value, unit = value / BYTES["K"], name
    return f"{value:.3g}{unit}B"
