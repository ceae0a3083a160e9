"""Beginnings of answers that screens and scripts tell apart. Light: no part of an engine is imported with it."""

from __future__ import annotations

from typing import Final

from data.engine.verdict import had_no_effect
from data.model import Command

WAS_GONE: Final = "it was gone already"
"""Beginning of the answer where there was nothing left to delete."""
CANCELED: Final = "canceled"
"""Answer to a cancel that took effect at once."""
UNDER_WAY: Final = "is being canceled"
"""Answer to a cancel that the server carries out after its answer."""


def was_idle(command: Command) -> bool:
    """Whether a command was done with because there was nothing to do."""
    return had_no_effect(command) or (command.state == "done" and command.answer.startswith(WAS_GONE))
