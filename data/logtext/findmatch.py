"""Which lines of a window match a pattern."""

from __future__ import annotations

import re

from data.logtext.findneedle import FOLDS_TO_ASCII, Needle
from data.logtext.findtext import WindowText

MANY = 4
"""Up to one hit in so many lines they are found one by one; more in all lines at once."""

SAMPLE = 16
"""The part of a window that tells how many hits there are: one of so many."""


def matching(pattern: re.Pattern[str], needle: Needle, window: WindowText) -> list[int]:
    """Numbers in `window` of the lines in whose clean text `pattern` is found, ascending."""
    numbers = _plain_lines(pattern, needle, window)
    if not window.others or not _may_be_in(needle, "\n".join(window.others.values())):
        return numbers
    return sorted([*numbers, *(number for number, text in window.others.items() if pattern.search(text))])


def _may_be_in(needle: Needle, text: str) -> bool:
    if not needle.options:
        return True
    if needle.fold:
        if any(character in text for character in FOLDS_TO_ASCII):
            return True
        text = text.lower()
    return any(option.decode() in text for option in needle.options)


def _plain_lines(pattern: re.Pattern[str], needle: Needle, window: WindowText) -> list[int]:
    if needle.fold and not FOLDS_TO_ASCII.isdisjoint(window.foreign):
        needle = Needle()
    bare = folded = window.bare.lower() if needle.fold else window.bare
    if needle.options and not _may_hold(bare, needle.options):
        return []
    text = window.text()
    if text is not window.bare:
        folded = text.lower() if needle.fold else text
    found = [_holding(folded, option, window.lines) for option in needle.options]
    if needle.exact and len(found) == 1:
        return found[0]
    numbers = sorted(set().union(*found)) if found else range(window.lines)
    if needle.exact:
        return list(numbers)
    lines = text.decode().split("\n")
    return [number for number in numbers if number not in window.others and pattern.search(lines[number])]


def _may_hold(bare: bytes, options: tuple[bytes, ...]) -> bool:
    """Whether one of `options` may be in the text whose `bare` form this is; tabs become spaces in it."""
    tabs = b"\t" in bare
    return any(option in bare or (tabs and b" " in option) for option in options)


def _holding(text: bytes, option: bytes, lines: int) -> list[int]:
    """Numbers of the lines, of `lines` in `text`, that hold `option`."""
    at = text.find(option)
    if at < 0:
        return []
    if text.count(option, 0, len(text) // SAMPLE) * SAMPLE * MANY > lines:
        return [number for number, line in enumerate(text.split(b"\n")) if option in line]
    numbers = []
    number = position = 0
    while at >= 0:
        number += text.count(b"\n", position, at)
        numbers.append(number)
        position = text.find(b"\n", at) + 1
        if not position:
            break
        number += 1
        at = text.find(option, position)
    return numbers
