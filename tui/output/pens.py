"""Pens: what colours, attributes and link a cell has, and the shortest SGR sequence from one pen to another.

Sequences: ECMA-48 (SGR), ISO 8613-6 as terminals read it (`38;2;r;g;b`, `38;5;n`), OSC 8 for links.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

from rich.color import Color, ColorSystem, ColorType

from tui.output.terminal import Depth

if TYPE_CHECKING:
    from rich.style import Style

PLAIN = 0
"""The pen of a terminal that was reset: its own colours, no attributes."""

ON = {
    "bold": "1",
    "dim": "2",
    "italic": "3",
    "underline": "4",
    "blink": "5",
    "blink2": "6",
    "reverse": "7",
    "conceal": "8",
    "strike": "9",
    "underline2": "21",
    "frame": "51",
    "encircle": "52",
    "overline": "53",
}
"""Attribute of a Rich style -> the code that switches it on."""

LOOKS = ("link", "color", "bgcolor", "_attributes", "_set_attributes")
"""What is seen of a style. What a widget gives to a place of its text has the place in it, too, and is used only once;
the thirteen public properties that the two numbers stand for take three times as long to read."""
LOOK = attrgetter(*LOOKS)

OFF = {
    **dict.fromkeys(("1", "2"), "22"),
    **dict.fromkeys(("4", "21"), "24"),
    **dict.fromkeys(("5", "6"), "25"),
    **dict.fromkeys(("51", "52"), "54"),
    "3": "23",
    "7": "27",
    "8": "28",
    "9": "29",
    "53": "55",
}
"""Code that switches an attribute on -> the one that switches it, and sometimes its neighbour, off."""

DRAWN_ON_BLANKS = frozenset({"4", "7", "9", "21", "51", "52", "53"})
"""Attributes that are seen on a blank. Cells that have one are never erased: terminals erase with colours only."""

RESET = "\x1b[m"
LINK_END = "\x1b]8;;\x1b\\"
CLEAN_LINK = re.compile(r"(?:https?|mailto|file):[!-~]{1,2000}")
"""Links that are passed on: printable ASCII without spaces, so that nothing in them ends the sequence."""

MOST_STYLES = 8192
"""Styles and transitions that are remembered."""

CUBE = (0, 95, 135, 175, 215, 255)
"""Levels of the colour cube, 16 to 231, of a terminal with 256 colours (xterm)."""
CUBE_FIRST = 16
GREY_FIRST, GREYS, GREY_LEAST, GREY_STEP = 232, 24, 8, 10
"""The ramp of greys behind the cube."""


class Pen(NamedTuple):
    """What SGR says about a cell."""

    attributes: frozenset[str]
    """Codes that switch attributes on."""
    foreground: str
    """Codes after `CSI`; empty: the terminal's own."""
    background: str
    link: str
    """`id=…;URL` of OSC 8, or nothing."""


@lru_cache(maxsize=1024)
def nearest_of_256(red: int, green: int, blue: int) -> int:
    """Number (16 to 255) of the fixed colour of a 256-colour terminal that lies nearest to one of 24 bits.

    The first 16 are left out: every terminal gives them other colours.
    """
    wanted = (red, green, blue)
    steps = [min(range(len(CUBE)), key=lambda step: abs(CUBE[step] - channel)) for channel in wanted]
    cube = CUBE_FIRST + 36 * steps[0] + 6 * steps[1] + steps[2]
    step = min(max(round((sum(wanted) / 3 - GREY_LEAST) / GREY_STEP), 0), GREYS - 1)
    grey = GREY_LEAST + GREY_STEP * step
    by_cube = sum((CUBE[step] - channel) ** 2 for step, channel in zip(steps, wanted, strict=True))
    by_grey = sum((grey - channel) ** 2 for channel in wanted)
    return cube if by_cube <= by_grey else GREY_FIRST + step


def colour_codes(colour: Color | None, depth: Depth, foreground: bool) -> str:
    """SGR codes of a colour at a depth; empty for the terminal's own."""
    if colour is None or colour.type is ColorType.DEFAULT or depth is Depth.NONE:
        return ""
    if depth is Depth.EIGHT_BIT and colour.type is ColorType.TRUECOLOR and colour.triplet is not None:
        return f"{38 if foreground else 48};5;{nearest_of_256(*colour.triplet)}"
    if depth is Depth.SIXTEEN:
        colour = colour.downgrade(ColorSystem.STANDARD)
    return ";".join(colour.get_ansi_codes(foreground))


class Pens:
    """All pens in use by number, so that cells compare quickly."""

    def __init__(self, depth: Depth) -> None:
        self.depth = depth
        self.pens: list[Pen] = []
        self.blanks: list[int] = []
        """For each pen the number of the look that a blank has in it: two pens with one differ on letters only."""
        self._orders: dict[tuple[int | None, tuple[int, ...]], dict[int, int]] = {}
        self._numbers: dict[Pen, int] = {}
        self._looks: dict[Pen, int] = {}
        self._styles: dict[tuple[object, ...], int] = {}
        self._known: dict[int, tuple[Style, int]] = {}
        """By identity; the style is kept, so that no other gets its identity."""
        self._changes: dict[tuple[int | None, int], str] = {}
        self._add(Pen(frozenset(), "", "", ""))

    def number(self, style: Style | None) -> int:
        """The number of the pen for a style."""
        if style is None:
            return PLAIN
        known = self._known.get(id(style))  # computing the hash of a style takes longer
        if known is not None:
            return known[1]
        if len(self._known) > MOST_STYLES:
            self._known.clear()
        found = self._numbered(style)
        self._known[id(style)] = (style, found)
        return found

    def _numbered(self, style: Style) -> int:
        look = LOOK(style) + ((style.link_id,) if style.link else ())
        found = self._styles.get(look)
        if found is not None:
            return found
        if len(self._styles) > MOST_STYLES:
            self._styles.clear()
        pen = Pen(
            frozenset(code for name, code in ON.items() if getattr(style, name)),
            colour_codes(style.color, self.depth, True),
            colour_codes(style.bgcolor, self.depth, False),
            f"id={style.link_id};{style.link}" if style.link and CLEAN_LINK.fullmatch(style.link) else "",
        )
        number = self._numbers.get(pen)
        found = self._styles[look] = self._add(pen) if number is None else number
        return found

    def _add(self, pen: Pen) -> int:
        number = self._numbers[pen] = len(self.pens)
        self.pens.append(pen)
        drawn = pen.attributes & DRAWN_ON_BLANKS
        look = Pen(drawn, pen.foreground if drawn else "", pen.background, pen.link)
        self.blanks.append(self._looks.setdefault(look, len(self._looks)))
        return number

    def erases(self, number: int, coloured: bool) -> bool:
        """Whether erasing leaves what a blank in this pen looks like; `coloured`: the terminal erases in colours."""
        pen = self.pens[number]
        return not pen.attributes & DRAWN_ON_BLANKS and not pen.link and (coloured or not pen.background)

    def change(self, old: int | None, new: int) -> str:
        """What to send for pen `new` where `old` is in use; None: nobody knows which."""
        key = (old, new)
        found = self._changes.get(key)
        if found is None:
            if len(self._changes) > MOST_STYLES:
                self._changes.clear()
            before = self.pens[PLAIN] if old is None else self.pens[old]
            after = self.pens[new]
            found = _whole(after) if old is None else min(_whole(after), _difference(before, after), key=len)
            if before.link != after.link or old is None:
                found += f"\x1b]8;{after.link}\x1b\\" if after.link else LINK_END
            self._changes[key] = found
        return found

    def nearest(self, pen: int | None, others: Iterable[int]) -> int:
        """The one of `others` to which the change from `pen` is shortest."""
        return min(others, key=lambda other: 0 if other == pen else len(self.change(pen, other)))

    def order(self, pen: int | None, others: tuple[int, ...]) -> dict[int, int]:
        """Ranks of `others` in the order in which they are taken after `pen`: always the nearest next."""
        found = self._orders.get((pen, others))
        if found is None:
            if len(self._orders) > MOST_STYLES:
                self._orders.clear()
            found = self._orders[pen, others] = {}
            left, last = set(others), pen
            while left:
                last = self.nearest(last, left)
                found[last] = len(found)
                left.remove(last)
        return found


def _whole(pen: Pen) -> str:
    codes = [*sorted(pen.attributes, key=int), pen.foreground, pen.background]
    said = ";".join(filter(None, codes))
    return f"\x1b[0;{said}m" if said else RESET


def _difference(before: Pen, after: Pen) -> str:
    off = {OFF[code] for code in before.attributes - after.attributes}
    left = {code for code in before.attributes if OFF[code] not in off}
    codes = sorted(off, key=int) + sorted(after.attributes - left, key=int)
    if before.foreground != after.foreground:
        codes.append(after.foreground or "39")
    if before.background != after.background:
        codes.append(after.background or "49")
    return f"\x1b[{';'.join(codes)}m" if codes else ""
