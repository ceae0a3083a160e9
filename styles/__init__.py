"""Themes and stylesheets: one `.tcss` per screen or widget, tokens only."""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).parent
"""Where the stylesheets lie."""

BASE = [FOLDER / name for name in ("tones.tcss", "frame.tcss", "grid.tcss")]
"""What the first frame needs; parsing costs time, so a screen that needs more names it in its `CSS_PATH`."""


def sheet(name: str) -> Path:
    """Path of the stylesheet `name`, without its ending."""
    return FOLDER / f"{name}.tcss"
