"""How lines of several runs are told apart: by colour, by dash where colours recur, and always by a letter.

A run's number is its place in what is looked at; whatever else is drawn, its look depends on that number alone.
"""

from __future__ import annotations

import string

SERIES_TONES = 8
"""Tones in which lines are drawn, `series-1` and so on."""

LETTERS = string.digits[1:] + string.ascii_lowercase + string.ascii_uppercase
"""Signs of lines, by number; lines beyond share the last one."""

MORE = "+"
"""Sign of a line for which no letter is left."""

DASHES = (0xFF, 0x1F, 0x55, 0x13)
"""Dot columns of a line that are drawn, as bits over eight columns: whole, dashed, dotted, dash and dot."""

SAMPLES = ("━", "╍", "┅", "┉")
"""How a line of each dash is shown in a legend."""


def series_tone(number: int) -> str:
    """Tone of a line."""
    return f"series-{number % SERIES_TONES + 1}"


def raw_tone(number: int) -> str:
    """Tone of what stands behind a line: the raw values of a smoothed one, and lines of runs that are not marked."""
    return f"series-{number % SERIES_TONES + 1}-raw"


def dash(number: int) -> int:
    """Bits of `DASHES` of a line."""
    return DASHES[number // SERIES_TONES % len(DASHES)]


def sample(number: int) -> str:
    """One cell that shows the dash of a line."""
    return SAMPLES[number // SERIES_TONES % len(SAMPLES)]


def letter(number: int) -> str:
    """One cell that names a line, in legends and at its end."""
    return LETTERS[number] if number < len(LETTERS) else MORE


LINE_TONES = tuple(tone for number in range(SERIES_TONES) for tone in (series_tone(number), raw_tone(number)))
"""Every tone of this module; `styles/chart.tcss` gives them their colours."""


class Places:
    """Numbers of runs: each keeps its own as long as it is looked at, a new one takes the least that is free."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def keep(self, runs: list[str]) -> None:
        """Look at these runs from now on."""
        kept = {run: self._numbers[run] for run in runs if run in self._numbers}
        taken = set(kept.values())
        number = 0
        for run in runs:
            if run in kept:
                continue
            while number in taken:
                number += 1
            kept[run] = number
            taken.add(number)
        self._numbers = kept

    def of(self, run: str) -> int:
        """The number of a run that is looked at."""
        return self._numbers[run]
