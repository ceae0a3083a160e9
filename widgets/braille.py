"""Lines of a chart drawn with braille dots, two by four to a cell; one sign per cell in ASCII.

Rows of dots count from the bottom. A line is one vertical span per dot column (`trace`), so that drawing it costs as
much as the chart has columns, however many points it has.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeAlias

from widgets.columns import Parts

BLANK = 0x2800
"""The braille cell without a dot; the dots are its lowest eight bits (Unicode, Braille Patterns)."""

DOT_COLUMNS, DOT_ROWS = 2, 4

COLUMN_BITS = ((0x40, 0x04, 0x02, 0x01), (0x80, 0x20, 0x10, 0x08))
"""Bits of the dots of a cell, by column, from the bottom."""

SPANS = tuple(
    tuple(tuple(sum(bits[low : high + 1]) for high in range(DOT_ROWS)) for low in range(DOT_ROWS))
    for bits in COLUMN_BITS
)
"""Bits of a vertical span in a cell, by column, lowest and highest dot."""

SIGNS = " " + "".join(chr(BLANK + bits) for bits in range(1, 256))
"""What a cell with certain dots looks like."""

FAR = 1_000_000
"""Rows away from the picture beyond which a place is not told exactly."""

DASH_COLUMNS = 8
"""Dot columns after which a dash recurs."""

SOLID = 0xFF
"""Bits of a line that is drawn in every column."""


Place: TypeAlias = Callable[[Sequence[float]], list[int]]
"""What tells the rows of values."""


class Trace(NamedTuple):
    """The vertical span of a line in each dot column; `highs` is less than `lows` where there is none."""

    lows: list[int]
    highs: list[int]


def trace(parts: Parts, place: Place, columns: int, rows: int) -> Trace:
    """The line through `parts` on `columns` by `rows` dots."""
    drawn = Trace([rows] * columns, [-1] * columns)
    lows, highs = drawn
    bottoms, tops = _spans(parts, place, columns)
    seen, places = parts.seen(columns), parts.columns
    for column, bottom, top in zip(places[seen], bottoms[seen], tops[seen], strict=True):
        lows[column], highs[column] = bottom, top
    both = zip(places, places[1:], bottoms, bottoms[1:], tops, tops[1:], strict=False)
    for at, (before, column, bottom, low, top, high) in enumerate(both, 1):
        near = column == before + 1 and before >= 0
        if (near and top >= low - 1 and bottom <= high + 1) or not parts.is_joined(at):
            continue
        if not near:
            row = bottom if bottom == top else _far(place, parts.last(at - 1))
            _link(drawn, before, row, column, low if low == high else _far(place, parts.first(at)))
        elif top < low:
            _link(drawn, before, top, column, low)
        else:
            _link(drawn, before, bottom, column, high)
    return drawn


def _spans(parts: Parts, place: Place, columns: int) -> tuple[list[int], list[int]]:
    """Lowest and highest row of each part."""
    seen = parts.seen(columns)
    lows = place(parts.leasts[seen])
    highs = lows if parts.leasts is parts.greatests else place(parts.greatests[seen])
    left = [_far(place, y) for y in parts.leasts[: seen.start]]
    right = [_far(place, y) for y in parts.leasts[seen.stop :]]
    return [*left, *lows, *right], [*left, *highs, *right]


def _far(place: Place, value: float) -> int:
    """The row of a value that is not in sight, and can lie far outside of the scale."""
    try:
        return max(-FAR, min(FAR, place([value])[0]))
    except OverflowError:
        return FAR if value > 0 else -FAR


def _link(drawn: Trace, column: int, row: int, to_column: int, to_row: int) -> None:
    """A straight line between two dots: from column to column the spans meet halfway."""
    lows, highs = drawn
    width, rise = to_column - column, to_row - row
    first = max(column, -1)
    here = row if first == column else row + round(rise * (first - column) / max(1, width))
    for at in range(first + 1, min(to_column, len(lows)) + 1):
        there = to_row if at == to_column else row + round(rise * (at - column) / width)
        middle = (here + there) // 2
        if there < here:
            _widen(lows, highs, at - 1, middle + 1, here)
            _widen(lows, highs, at, there, middle)
        else:
            _widen(lows, highs, at - 1, here, middle)
            _widen(lows, highs, at, min(middle + 1, there), there)
        here = there


def _widen(lows: list[int], highs: list[int], column: int, low: int, high: int) -> None:
    if 0 <= column < len(lows):
        lows[column] = low if low < lows[column] else lows[column]
        highs[column] = high if high > highs[column] else highs[column]


class Canvas:
    """Cells with dots. Each cell shows the dots of the line in front that touches it.

    Attributes:
        width, height: in cells.
        ascii: one sign per cell instead of dots.
    """

    def __init__(self, width: int, height: int, *, ascii: bool = False) -> None:  # noqa: A002 - as the option of the program
        self.width, self.height, self.ascii = width, height, ascii
        self._bits = bytearray(width * height)
        self._owners = bytearray(width * height)
        self._marks: dict[int, str] = {}

    @property
    def columns(self) -> int:
        """Dots from left to right."""
        return self.width if self.ascii else self.width * DOT_COLUMNS

    @property
    def rows(self) -> int:
        """Dots from bottom to top."""
        return self.height if self.ascii else self.height * DOT_ROWS

    def draw(self, line: Trace, owner: int, *, dash: int = SOLID, sign: str = "*") -> None:
        """Draw a line in front of all others; `owner`, 1 to 255, is what `row` tells of its cells.

        `sign` is drawn where there are no dots, in ASCII.
        """
        if self.ascii:
            self._draw_signs(line, owner, ord(sign))
            return
        bits, owners, width, top = self._bits, self._owners, self.width, self.rows - 1
        for column, (low, high) in enumerate(zip(*line, strict=True)):
            if high < 0 or low > top or not dash >> column % DASH_COLUMNS & 1:
                continue
            low, high = (low if low > 0 else 0), (high if high < top else top)  # noqa: PLW2901 - cut off
            spans = SPANS[column % DOT_COLUMNS]
            cell = low // DOT_ROWS * width + column // DOT_COLUMNS
            last = high // DOT_ROWS * width + column // DOT_COLUMNS
            begin = spans[low % DOT_ROWS]
            while cell < last:
                dots = begin[-1]
                bits[cell] = bits[cell] | dots if owners[cell] == owner else dots
                owners[cell] = owner
                cell += width
                begin = spans[0]
            dots = begin[high % DOT_ROWS]
            bits[cell] = bits[cell] | dots if owners[cell] == owner else dots
            owners[cell] = owner

    def _draw_signs(self, line: Trace, owner: int, sign: int) -> None:
        for column, (low, high) in enumerate(zip(*line, strict=True)):
            for row in range(max(low, 0), min(high, self.rows - 1) + 1):
                cell = row * self.width + column
                self._bits[cell], self._owners[cell] = sign, owner

    def mark(self, column: int, row: int, sign: str, owner: int) -> None:
        """Put `sign` into the cell at `column` and `row` (cells, from the bottom)."""
        if 0 <= column < self.width and 0 <= row < self.height:
            cell = row * self.width + column
            self._marks[cell], self._owners[cell] = sign, owner

    def is_blank(self, column: int, row: int) -> bool:
        """Whether nothing is drawn in a cell (`row` from the bottom)."""
        cell = row * self.width + column
        return not self._bits[cell] and cell not in self._marks

    def row(self, row: int) -> list[tuple[str, int]]:
        """The cells of `row`, from the bottom, as runs of (text, owner); blanks join the run before them."""
        start, stop = row * self.width, (row + 1) * self.width
        bits = self._bits[start:stop]
        text = bits.decode("ascii").replace("\0", " ") if self.ascii else "".join([SIGNS[one] for one in bits])
        if self._marks:
            text = "".join(self._marks.get(start + at, sign) for at, sign in enumerate(text))
        runs: list[tuple[str, int]] = []
        begin, current = 0, 0
        for at, owner in enumerate(self._owners[start:stop]):
            if not owner or owner == current:
                continue
            if current:
                runs.append((text[begin:at], current))
                begin = at
            current = owner
        runs.append((text[begin:], current))
        return runs
