"""Our own tokens: what the styles of this program use beside the tokens of Textual."""

from __future__ import annotations

from collections.abc import Sequence

TONE_SOURCES = {
    "tone-dim": "foreground",
    "tone-accent": "primary",
    "tone-success": "success",
    "tone-failed": "error",
    "tone-running": "secondary",
    "tone-pending": "accent",
    "tone-canceled": "foreground",
    "tone-manual": "primary",
    "tone-warning": "warning",
}
"""Our token -> the colour of a foreign theme from which it is made."""

GREYED = {"tone-dim", "tone-canceled"}
"""Tokens that are blended towards the background as far as they stay legible."""

SERIES = tuple(f"series-{number}" for number in range(1, 9))
"""Tokens of the lines of a chart, in the order in which they are given out."""

LOGS = tuple(f"log-{number}" for number in range(16))
"""Tokens of the 16 colours of a terminal as they are drawn in logs."""

TEXT_STYLES = {
    "cursor-text-style": "bold",
    "blurred-text-style": "none",
    "marked-text-style": "none",
    "header-text-style": "bold",
    "failed-text-style": "none",
    "match-text-style": "none",
    "hit-text-style": "bold",
}
"""Tokens that are text styles; a theme without colours says with them what others say with colours."""


def named(prefix: str, colours: Sequence[str], first: int) -> dict[str, str]:
    """Tokens `prefix-N` for `colours`, counted from `first`."""
    return {f"{prefix}-{number}": colour for number, colour in enumerate(colours, first)}
