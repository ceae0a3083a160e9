"""How times, durations, sizes and numbers are written: short, and with the same width while they tick."""

from __future__ import annotations

import math
import sys
from datetime import datetime

MINUTE = 60
HOUR = 3600
DAY = 86_400
SHA_LENGTH = 8
"""Characters of a commit hash that are shown, as GitLab does."""
FOUR_DIGITS = 1e4
GREATEST = sys.float_info.max
"""What MLflow stores for infinity."""
"""Values from which on four significant digits would be told with an exponent: `45590` says more than `4.559e+04`."""
_STEPS = ((365 * DAY, "y"), (30 * DAY, "mo"), (7 * DAY, "w"), (DAY, "d"), (HOUR, "h"), (MINUTE, "m"), (1, "s"))


def age(then: datetime | None, now: datetime) -> str:
    """Time since `then` in its greatest unit: `12s`, `3m`, `5h`, `2d`, `3w`; empty for never, `now` for the future."""
    if then is None:
        return ""
    seconds = (now - then).total_seconds()
    for size, unit in _STEPS:
        if seconds >= size:
            return f"{int(seconds // size)}{unit}"
    return "now"


def took(seconds: float) -> str:
    """A duration as `m:ss`, `h:mm:ss` or `3d 4h`; empty for nothing."""
    if seconds <= 0 or not math.isfinite(seconds):
        return ""
    whole = int(seconds)
    if whole >= DAY:
        return f"{whole // DAY}d {whole % DAY // HOUR}h"
    if whole >= HOUR:
        return f"{whole // HOUR}:{whole % HOUR // MINUTE:02d}:{whole % MINUTE:02d}"
    return f"{whole // MINUTE}:{whole % MINUTE:02d}"


def about(seconds: float) -> str:
    """A rough duration: `~40s`, `~4m`, `~2h`; empty for nothing."""
    if seconds <= 0:
        return ""
    # What is rounded up to a greater unit is told in that one: 59.7 s are `~1m`, not `~60s`.
    for (size, unit), (finer, _) in zip(_STEPS, (*_STEPS[1:], _STEPS[-1]), strict=True):
        if round(seconds / finer) * finer >= size:
            return f"~{round(seconds / size)}{unit}"
    return "~1s"


def number(value: float | None) -> str:
    """A metric with at least four significant digits, in at most nine characters but for tiny and huge ones."""
    if value is None or math.isnan(value):
        return "NaN"
    if abs(value) >= GREATEST:
        return "inf" if value > 0 else "-inf"
    if value == int(value) and abs(value) < 1e6:  # noqa: PLR2004 - six digits fit the column
        return str(int(value))
    if FOUR_DIGITS <= abs(value) < 1e6:  # noqa: PLR2004 - six digits fit the column
        return f"{value:.0f}"
    return f"{value:.4g}"


def size(count: int) -> str:
    """Bytes in binary units: `0 B`, `1.4 MiB`."""
    value = float(count)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if value < 1024:  # noqa: PLR2004 - binary units
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1024
    return f"{value:.1f} TiB"


def sha(commit: str) -> str:
    """A commit hash as GitLab shortens it."""
    return commit[:SHA_LENGTH]


def percent(part: int, whole: int) -> str:
    """A share in per cent; a dash for nothing."""
    return f"{100 * part // whole}%" if whole else "–"


def plural(count: int, word: str) -> str:
    """`1 run`, `3 runs`."""
    return f"{count} {word}" if count == 1 else f"{count} {word}s"


def moment(then: datetime | None, now: datetime) -> str:
    """A local time as short as it is clear: `14:03:07` today, `02 Mar 14:03` this year, `2025-03-02` before."""
    if then is None:
        return ""
    local, today = then.astimezone(), now.astimezone()
    if local.date() == today.date():
        return local.strftime("%H:%M:%S")
    return local.strftime("%d %b %H:%M" if local.year == today.year else "%Y-%m-%d")


def clock(then: datetime | None) -> str:
    """Local date and time to the second; empty for never."""
    return then.astimezone().strftime("%Y-%m-%d %H:%M:%S") if then else ""
