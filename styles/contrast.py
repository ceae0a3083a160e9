"""How well text can be told from what it stands on (WCAG 2.2, relative luminance), on the terminal that shows it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from textual.color import Color

LEGIBLE = 4.5
"""Least contrast between text and what it stands on (WCAG 2.2, 1.4.3)."""

LINEAR_BELOW = 0.04045
"""Channel value up to which sRGB is linear (IEC 61966-2-1)."""

STEPS = 20
"""Steps in which a colour of a foreign theme is blended towards another one."""

Shown: TypeAlias = Callable[[Color], Color]
"""What a terminal shows for a colour: the same one, or the nearest of its palette."""

WHITE, BLACK = Color(255, 255, 255), Color(0, 0, 0)


def as_it_is(colour: Color) -> Color:
    """A terminal that shows every colour."""
    return colour


def luminance(colour: Color) -> float:
    """Relative luminance, 0 to 1 (WCAG 2.2)."""

    def linear(value: float) -> float:
        return value / 12.92 if value <= LINEAR_BELOW else float(((value + 0.055) / 1.055) ** 2.4)

    red, green, blue = colour.normalized
    return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)


def contrast(one: Color, other: Color) -> float:
    """Contrast of two colours, 1 to 21."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def is_light(background: Color) -> bool:
    """Whether black text is the more legible one on `background`."""
    return contrast(background, BLACK) > contrast(background, WHITE)


def legible(colour: Color, grounds: Sequence[Color], shown: Shown = as_it_is) -> Color:
    """`colour`, blended as little as it takes towards white or black, to be legible on all `grounds` when shown."""
    stands_on = [shown(ground) for ground in grounds]
    worst = {goal: min(contrast(goal, ground) for ground in stands_on) for goal in (BLACK, WHITE)}
    goal = max(worst, key=lambda one: worst[one])
    for step in range(STEPS + 1):
        found = colour.blend(goal, step / STEPS)
        seen = shown(found)
        if min(contrast(seen, ground) for ground in stands_on) >= LEGIBLE:
            return found
    return goal


def apart(ground: Color, towards: Color, share: float, shown: Shown = as_it_is) -> Color:
    """`ground` blended with at least `share` of `towards`, by as much as it takes to look different when shown."""
    for step in range(round(share * STEPS), STEPS + 1):
        found = ground.blend(towards, step / STEPS)
        if shown(found) != shown(ground):
            return found
    return towards
