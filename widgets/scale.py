"""Axes: round numbers between two values, and numbers in few cells."""

from __future__ import annotations

import math

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


def nice_step(span: float, count: int) -> float:
    """The distance, 1, 2 or 5 times a power of ten, that divides `span` into at most `count` parts."""
    rough = span / max(1, count)
    if rough <= 0 or not math.isfinite(rough):
        return 1.0
    power = 10.0 ** math.floor(math.log10(rough))
    return next(step * power for step in STEPS if step * power >= rough * (1 - ROUNDING))


def ticks(low: float, high: float, count: int) -> list[float]:
    """Round numbers from `low` to `high`, about `count` of them; `low` alone when there is no span."""
    if not high > low or not math.isfinite(high - low):
        return [low]
    step = nice_step(high - low, count)
    first = math.ceil(low / step - ROUNDING)
    last = math.floor(high / step + ROUNDING)
    return [number * step for number in range(first, last + 1)]


def short(value: float, digits: int = 4) -> str:
    """`value` with up to `digits` significant digits: `0.9132`, `12.5k`, `3e-5`; `nan` and `inf` as they are."""
    if not math.isfinite(value):
        return str(value)
    if value == 0:
        return "0"
    value = float(f"{value:.{digits - 1}e}")
    exponent = math.floor(math.log10(abs(value)))
    if PLAIN_FROM <= exponent < digits:
        return _trim(f"{value:.{max(0, digits - 1 - exponent)}f}")
    power = 3 * (exponent // 3)
    if 0 < power <= max(PREFIXES):
        return _trim(f"{value / 10.0**power:.{max(0, digits - 1 - (exponent - power))}f}") + PREFIXES[power]
    mantissa, _, _ = f"{value:.{digits - 2}e}".partition("e")
    return f"{_trim(mantissa)}e{exponent}"


def _trim(number: str) -> str:
    return number.rstrip("0").rstrip(".") if "." in number else number


def tick_label(value: float, step: float) -> str:
    """A tick's number with as many decimals as `step` needs."""
    if value == 0:
        return "0"
    if abs(value) >= LONG or step < 10.0**PLAIN_FROM:
        return short(value)
    decimals = max(0, -math.floor(math.log10(step) + ROUNDING))
    return f"{value:.{decimals}f}"
