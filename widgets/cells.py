"""What presentation hands to the widgets: cells with tones, columns, and how they share a width.

A tone names a meaning ("failed"), never a colour; the widgets look its style up in the theme. Widths are in cells.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

from rich.cells import cell_len, set_cell_size

from widgets.glyphs import glyphs

Align: TypeAlias = Literal["left", "right"]
Span: TypeAlias = tuple[str, str]
"""(text, tone)."""

TONES = (
    "dim",
    "bold",
    "accent",
    "success",
    "failed",
    "running",
    "pending",
    "canceled",
    "manual",
    "warning",
)
"""Every tone beside "", the normal one."""

GAP = 1
"""Empty cells between two columns."""


class Cell(NamedTuple):
    """Text of one table cell or one item of a line.

    Attributes:
        text: what is drawn when there are no spans; one line, already clean.
        tone: one of `TONES` or "".
        spans: pieces with a tone each, drawn instead of `text` (a strip such as `✓✓●◌◌`).
    """

    text: str = ""
    tone: str = ""
    spans: tuple[Span, ...] = ()

    @classmethod
    def of(cls, *spans: Span) -> Cell:
        """A cell of several pieces; its text is theirs joined."""
        return cls("".join(text for text, _ in spans), "", spans)

    @property
    def width(self) -> int:
        """Cells that the whole text takes."""
        return cell_len(self.text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """How one column of a grid is laid out.

    Attributes:
        key: name by which sorting and choosing columns refer to it.
        title: its heading.
        width: cells that it wants.
        align: side to which its text keeps.
        flex: share of the width that is left over; 0 keeps `width`.
        min_width: cells below which it is not drawn; 0 means `width`.
        priority: 0 stays longest; where the width does not suffice the column with the highest number goes first.
    """

    key: str
    title: str
    width: int
    align: Align = "left"
    flex: int = 0
    min_width: int = 0
    priority: int = 0

    @property
    def least(self) -> int:
        """The narrowest that it is drawn."""
        return min(self.min_width, self.width) if self.min_width else self.width


class Placed(NamedTuple):
    """A column that is drawn: its index in the list of columns, its first cell and its width."""

    column: int
    x: int
    width: int


def layout(columns: Sequence[Column], width: int, *, gap: int = GAP) -> tuple[Placed, ...]:
    """Share `width` cells among `columns`; those that do not fit are left out, the least important first.

    What is left first widens columns up to their `width`, the most important first; the rest goes to flex columns by
    their shares. One column is always placed, cropped if it must be.
    """
    chosen = list(range(len(columns)))
    while len(chosen) > 1 and sum(columns[i].least for i in chosen) + gap * (len(chosen) - 1) > width:
        chosen.remove(max(chosen, key=lambda i: (columns[i].priority, i)))
    if not chosen or width <= 0:
        return ()
    widths = {i: columns[i].least for i in chosen}
    left = width - sum(widths.values()) - gap * (len(chosen) - 1)
    for i in sorted(chosen, key=lambda i: (columns[i].priority, i)):
        grown = max(0, min(left, columns[i].width - widths[i]))
        widths[i] += grown
        left -= grown
    _share(columns, widths, left)
    placed, x = [], 0
    for i in chosen:
        placed.append(Placed(i, x, max(0, min(widths[i], width - x))))
        x += widths[i] + gap
    return tuple(placed)


def _share(columns: Sequence[Column], widths: dict[int, int], left: int) -> None:
    """Give `left` cells to the flex columns in `widths`, by their shares, to the last cell."""
    shares = sum(columns[i].flex for i in widths)
    for i in widths:
        if left <= 0 or not columns[i].flex:
            continue
        part = left * columns[i].flex // shares
        widths[i] += part
        left -= part
        shares -= columns[i].flex


def truncate(text: str, width: int) -> str:
    """`text` in at most `width` cells; an ellipsis ends it where something was cut."""
    if cell_len(text) <= width:
        return text
    if width <= 0:
        return ""
    return _crop(text, width - 1) + glyphs().ellipsis


def truncate_left(text: str, width: int) -> str:
    """Like `truncate`, cutting at the beginning."""
    if cell_len(text) <= width:
        return text
    if width <= 0:
        return ""
    start = len(text)
    while start > 0 and cell_len(text[start - 1 :]) < width:
        start -= 1
    return glyphs().ellipsis + text[start:]


def _crop(text: str, width: int) -> str:
    """The beginning of `text` in at most `width` cells; a wide character that would be halved is left out."""
    if text.isascii():
        return text[:width]
    cropped = set_cell_size(text, width)
    if text.startswith(cropped):
        return cropped
    return cropped.removesuffix(" ")


def fit_text(text: str, width: int, align: Align = "left") -> str:
    """`text` in exactly `width` cells: cut with an ellipsis, or padded with spaces on the side away from `align`."""
    size = len(text) if text.isascii() else cell_len(text)
    if size > width:
        text = truncate(text, width)
        size = cell_len(text)
    if size < width:
        return text.rjust(len(text) + width - size) if align == "right" else text.ljust(len(text) + width - size)
    return text


def fit(cell: Cell, width: int, align: Align = "left") -> tuple[Span, ...]:
    """The pieces of `cell` in exactly `width` cells; nothing for no width."""
    if width <= 0:
        return ()
    if not cell.spans:
        return ((fit_text(cell.text, width, align), cell.tone),)
    pieces = crop_spans(cell.spans, width)
    space = width - spans_width(pieces)
    if not space:
        return pieces
    pad: Span = (" " * space, "")
    return (pad, *pieces) if align == "right" else (*pieces, pad)


def spans_width(spans: Iterable[Span]) -> int:
    """Cells that `spans` take."""
    return sum(cell_len(text) for text, _ in spans)


def crop_spans(spans: Sequence[Span], width: int) -> tuple[Span, ...]:
    """`spans` in at most `width` cells; an ellipsis in the tone of the cut piece ends them where something was cut."""
    if width <= 0:
        return ()
    if spans_width(spans) <= width:
        return tuple(spans)
    kept: list[Span] = []
    left = width - 1
    for text, tone in spans:
        size = cell_len(text)
        if size > left:
            kept.append((_crop(text, left) + glyphs().ellipsis, tone))
            break
        kept.append((text, tone))
        left -= size
    return tuple(kept)
