"""What it means that two values differ, and that one is the best."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Final, TypeAlias

from data.direction import Direction

Value: TypeAlias = str | int | float | datetime | None
"""A value of a run. None: the run has no such value; an empty text is a value, and so is NaN."""

NAN: Final = "\0nan"
"""Stands for NaN among values that are compared: two NaNs do not differ."""
NAMES_OF_TEXTS: Final = re.compile(
    r"(^|[^a-z])(versions?|commit|sha\d*|hash|digest|revision|uuid|ids?|tag)$", re.IGNORECASE
)
"""Names of params that hold a word, even if it reads as a number: version 1.10 is not 1.1."""

_WHOLE: Final = re.compile(r"\s*[+-]?\d+\s*", re.ASCII)
_LONGEST: Final = 400
"""Characters of a text that may be a number: the greatest double has 309 digits before the point."""


def number(value: Value) -> int | float | None:
    """The finite number that a value is, or that Python's `float` reads in a text; None for everything else.

    Whole numbers of any length stay exact.
    """
    if isinstance(value, str):
        if not value or len(value) > _LONGEST:
            return None
        if _WHOLE.fullmatch(value):
            return int(value)
        try:
            value = float(value)
        except ValueError:
            return None
    return value if isinstance(value, int | float) and math.isfinite(value) else None


def differ(values: Sequence[Value], *, as_text: bool = False) -> bool:
    """Whether not all values are the same. Numbers are compared as numbers (`0.01` and `1e-2` are the same).

    A missing value is a difference, where others have one. With `as_text`, texts are compared letter by letter.
    """
    first = values[0] if values else None
    if values.count(first) == len(values):
        return False
    if as_text:
        return True
    wanted = _meaning(first)
    return any(_meaning(value) != wanted for value in values)


def _meaning(value: Value) -> Value:
    """What two values that are the same have in common."""
    found = number(value)
    if found is not None:
        return found
    return NAN if isinstance(value, float) and math.isnan(value) else value


def best(values: Sequence[Value], direction: Direction) -> frozenset[int]:
    """Places of the best values: all of them at a tie, none where all that can be compared are the same or only one is.

    NaN, infinities, missing values and texts that are no number take no part.
    """
    if not direction:
        return frozenset()
    numbers = [(place, found) for place, value in enumerate(values) if (found := number(value)) is not None]
    if not numbers:
        return frozenset()
    least, greatest = min(found for _, found in numbers), max(found for _, found in numbers)
    if least == greatest:
        return frozenset()
    wanted = greatest if direction == "max" else least
    return frozenset(place for place, found in numbers if found == wanted)


def relative(value: Value, reference: Value) -> float | None:
    """How much `value` is above the reference, as a share of the reference's size: 0.1 for 10 % more.

    None where one of them is no number, or the reference is 0 and the value is not.
    """
    mine, other = number(value), number(reference)
    if mine is None or other is None:
        return None
    if mine == other:
        return 0.0
    try:
        found = (mine - other) / abs(other)
    except (ZeroDivisionError, OverflowError):
        return None
    return found if math.isfinite(found) else None
