"""Axes of numbers: round ones between two values, what they are called, and linear, log and symlog scales."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, TypeAlias

Scaling: TypeAlias = Literal["linear", "log", "symlog"]

SCALINGS: tuple[Scaling, ...] = ("linear", "log", "symlog")

STEPS = (1.0, 2.0, 5.0, 10.0)
"""Distances of ticks, times a power of ten."""

PREFIXES = {3: "k", 6: "M", 9: "G", 12: "T"}
"""Powers of a thousand and their SI prefixes."""

PLAIN_FROM = -3
"""Least power of ten that is written without an exponent."""

LONG = 10_000
"""Numbers from here on are written with a prefix on an axis."""

ROUNDING = 1e-9
"""Part of a step by which a value may lie outside and still count as on the edge."""

DIGITS = 4
"""Significant digits of a number where nothing asks for more."""

MOST_DIGITS = 15
"""Significant digits that a double has at least."""

EDGE_DIGITS = 3
"""Digits of the least and the greatest value where no round numbers lie between them."""

DECADE = 10.0

LEAST = sys.float_info.min
"""The least number with all its digits; scales tell nothing below it."""

FEW_DECADES = 2.0
"""Decades below which a log axis needs numbers between the powers of ten."""

TYPICAL = 0.25
"""Share of the magnitudes that lie in the linear part of a symlog scale, at most."""

SYMLOG_DECADES = 5
"""Decades below the greatest magnitude that a symlog scale shows as decades, at most."""


def nice_step(span: float, count: int) -> float:
    """The distance, 1, 2 or 5 times a power of ten, that divides `span` into at most `count` parts."""
    rough = span / max(1, count)
    if rough <= 0 or not math.isfinite(rough):
        return 1.0
    power = DECADE ** math.floor(math.log10(rough))
    if power < LEAST:
        return LEAST
    return next((step * power for step in STEPS if step * power >= rough * (1 - ROUNDING)), DECADE * power)


def ticks(low: float, high: float, count: int) -> list[float]:
    """Round numbers from `low` to `high`, about `count` of them; `low` alone when there is no span."""
    if not high > low or not math.isfinite(high - low):
        return [low]
    step = nice_step(high - low, count)
    if not math.isfinite(low / step) or not math.isfinite(high / step):
        return [low]
    first = math.ceil(low / step - ROUNDING)
    last = math.floor(high / step + ROUNDING)
    return [number * step for number in range(first, last + 1)]


def short(value: float, digits: int = DIGITS) -> str:
    """`value` with up to `digits` significant digits: `0.9132`, `12.5k`, `3e-5`; `nan` and `inf` as they are."""
    if not math.isfinite(value):
        return str(value)
    if value == 0:
        return "0"
    exponent = int(f"{value:.{digits - 1}e}".partition("e")[2])
    if PLAIN_FROM <= exponent < digits:
        return _trim(f"{value:.{max(0, digits - 1 - exponent)}f}")
    power = 3 * (exponent // 3)
    if 0 < power <= max(PREFIXES):
        return _trim(f"{value / DECADE**power:.{max(0, digits - 1 - (exponent - power))}f}") + PREFIXES[power]
    mantissa, _, written = f"{value:.{max(0, digits - 2)}e}".partition("e")
    return f"{_trim(mantissa)}e{int(written)}"


def _trim(number: str) -> str:
    return number.rstrip("0").rstrip(".") if "." in number else number


def tick_label(value: float, step: float) -> str:
    """A tick's number with as many decimals as `step` needs."""
    if value == 0:
        return "0"
    if abs(value) >= LONG or step < DECADE**PLAIN_FROM:
        needed = math.floor(math.log10(abs(value)) + ROUNDING) - math.floor(math.log10(step) + ROUNDING) + 1
        return short(value, max(DIGITS, min(MOST_DIGITS, needed + 1)))
    decimals = max(0, -math.floor(math.log10(step) + ROUNDING))
    return f"{value:.{decimals}f}"


@dataclass(frozen=True, slots=True)
class Scale:
    """A y axis from `low` to `high`.

    Attributes:
        threshold: half of the linear part of a symlog scale, around zero.
    """

    kind: Scaling
    low: float
    high: float
    threshold: float = 1.0

    def rows(self, values: Iterable[float], count: int) -> list[int]:
        """The rows of values, of `count` rows from 0 at `low`; all in the middle where nothing differs.

        Raises:
            OverflowError: a value lies too far outside.
        """
        low, high, bent = self._bent(self.low), self._bent(self.high), self._bent
        if not high - low >= LEAST:
            return [count // 2 for _ in values]
        by = (count - 1) / (high - low)
        if self.kind == "linear":  # without a call for each value
            return [int((y / 2 - low) * by + 0.5) for y in values]
        return [int((bent(y) - low) * by + 0.5) for y in values]

    def _bent(self, y: float) -> float:
        """`y` as it is drawn. Halved where it is linear, so that no difference of two overflows."""
        if self.kind == "log":
            return math.log10(max(y, LEAST))
        if self.kind == "symlog":
            return math.copysign(math.log10(1 + abs(y) / self.threshold), y)
        return y / 2

    def ticks(self, count: int) -> dict[float, str]:
        """Values with their labels, about `count` of them, at least two where `low` and `high` differ."""
        found = {"linear": self._linear, "log": self._decades, "symlog": self._both_decades}[self.kind](max(1, count))
        if len(set(found.values())) < 2:  # noqa: PLR2004 - one number does not say how far the axis reaches
            digits = EDGE_DIGITS
            while digits < MOST_DIGITS and short(self.low, digits) == short(self.high, digits) and self.low < self.high:
                digits += 1
            found = {value: short(value, digits) for value in (self.low, self.high)}
        return found

    def _linear(self, count: int) -> dict[float, str]:
        step = nice_step(self.high - self.low, count)
        return {value: tick_label(value, step) for value in ticks(self.low, self.high, count)}

    def _decades(self, count: int) -> dict[float, str]:
        low, high = math.log10(self.low), math.log10(self.high)
        powers = range(math.ceil(low - ROUNDING), math.floor(high + ROUNDING) + 1)
        if high - low < FEW_DECADES:
            decades = range(math.floor(low), math.ceil(high) + 1)
            near = [step * DECADE**power for power in decades for step in STEPS[:3]]
            inside = [value for value in near if self.low <= value <= self.high]
            if len(inside) <= count + 1:
                return {value: short(value) for value in inside}
        return self._powers(powers, count)

    def _powers(self, powers: range, count: int) -> dict[float, str]:
        every = max(1, math.ceil(len(powers) / (count + 1)))
        return {DECADE**power: short(DECADE**power) for power in powers if power % every == 0}

    def _both_decades(self, count: int) -> dict[float, str]:
        least = round(math.log10(self.threshold))
        most = math.floor(math.log10(max(abs(self.low), abs(self.high), self.threshold)) + ROUNDING)
        sides = (self.low < 0) + (self.high > 0)
        every = max(1, math.ceil(((most - least + 1) * max(1, sides) + 1) / (count + 1)))
        sizes = [DECADE**power for power in range(most, least - 1, -every)]
        values = [*(-size for size in sizes), 0.0, *reversed(sizes)]
        return {value: short(value) for value in values if self.low <= value <= self.high}


def fit_scale(kind: Scaling, values: Iterable[float]) -> Scale | None:
    """The smallest scale that holds all `values`; None without one. A log scale leaves out what is not above zero."""
    known = [value for value in values if value > 0] if kind == "log" else list(values)
    if not known:
        return None
    return Scale(kind, min(known), max(known), symlog_threshold(known) if kind == "symlog" else 1.0)


def symlog_threshold(values: Iterable[float]) -> float:
    """Up to where a symlog scale of `values` is linear: the power of ten at or below a typical small magnitude.

    The lower quartile of what is not zero decides, so that a few values next to zero do not stretch the scale; a few
    decades below the greatest one it ends in any case.
    """
    sizes = sorted(abs(value) for value in values if value)
    if not sizes:
        return 1.0
    typical = math.floor(math.log10(sizes[int(len(sizes) * TYPICAL)]) + ROUNDING)
    greatest = math.floor(math.log10(sizes[-1]) + ROUNDING)
    return DECADE ** max(typical, greatest - SYMLOG_DECADES, -300)
