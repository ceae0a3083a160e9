"""A table with many columns: the names of its rows stay at the left edge while the columns move sideways.

Rows and columns are drawn when they come into sight, so both may be many. The cursor stands on one cell.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, NamedTuple, Protocol

from rich.cells import cell_len
from textual import events
from textual.binding import Binding, BindingType
from textual.strip import Strip

from widgets.cells import Cell, Span, fit, spans_width, truncate, truncate_left
from widgets.cursor import CursorView
from widgets.glyphs import ASCII, glyphs
from widgets.paint import Run
from widgets.rows import Row
from widgets.series import LINE_TONES

GUTTER = 1
"""Cells left of the names, and right of the columns, where is shown that there are more."""
GAP = 1
"""Cells between two columns."""
LEAST, MOST = 12, 40
"""Cells of a column: at least, and at most where there is room."""
LEAST_NAME = 10
"""Cells of the names, at least."""
NAME_SHARE = 3
"""One of so many parts of the width is what the names take at most."""


class SideSource(Protocol):
    """Rows with a name and one cell per column, all at hand. It is a `widgets.rows.RowSource` as well."""

    @property
    def size(self) -> int:
        """How many rows there are."""

    @property
    def widest(self) -> int:
        """Cells of the longest name."""

    def row(self, index: int) -> Row | None:
        """Key and name of row `index`; its cells are those of `cell`."""

    def index_of(self, key: str) -> int | None:
        """Where the row `key` stands."""

    def cell(self, index: int, column: int) -> Cell:
        """What stands in row `index` under column `column`."""


class EmptySource:
    """No rows."""

    size = 0
    widest = 0

    def row(self, index: int) -> Row | None:  # noqa: ARG002 - there is none
        """None."""
        return None

    def index_of(self, key: str) -> int | None:  # noqa: ARG002 - there is none
        """None."""
        return None

    def cell(self, index: int, column: int) -> Cell:  # noqa: ARG002 - there is none
        """An empty one."""
        return Cell()


class Heading(NamedTuple):
    """What stands over a column: signs, a name that may be cut in its middle, and what follows it."""

    signs: tuple[Span, ...] = ()
    name: str = ""
    after: tuple[Span, ...] = ()


class Sides(NamedTuple):
    """How the width is shared: cells of the names, cells of a column, columns in sight."""

    name: int
    column: int
    shown: int


def heading_cell(heading: Heading, width: int) -> Cell:
    """A heading in `width` cells. Names of runs often differ at their ends only, so they are cut in the middle."""
    room = max(1, width - spans_width((*heading.signs, *heading.after)))
    name = heading.name
    if cell_len(name) > room:
        begin = truncate(name, room // 2).removesuffix(glyphs().ellipsis)
        name = begin + truncate_left(name, room - cell_len(begin))
    return Cell.of(*heading.signs, (name, ""), *heading.after)


def share(width: int, widest: int, columns: int, least: int = LEAST) -> Sides:
    """Share `width` cells among names (`widest` cells long) and `columns` columns of at least `least` cells."""
    name = max(LEAST_NAME, min(widest, width // NAME_SHARE))
    room = max(1, width - 2 * GUTTER - name)
    shown = max(1, min(columns, room // (least + GAP)))
    column = min(max(least, MOST), room // shown - GAP)
    return Sides(name, max(1, column), shown)


class SideTable(CursorView):
    """Rows with their names, and columns that move under a heading."""

    HEADER = 1
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "mark", "Mark", show=False, id="grid.mark"),
        Binding("v", "mark_range", "Mark up to here", show=False, id="grid.mark_range"),
    ]
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        *(f"tone--{tone}" for tone in LINE_TONES),
        "grid--header",
        "grid--cursor",
        "grid--blurred",
        "grid--marked",
    }

    @dataclass(eq=False, repr=False)
    class ColumnMoved(CursorView.Sent, bubble=True, namespace="side_table"):
        """The cursor stands on another column."""

        column: int

    @dataclass(eq=False, repr=False)
    class Marked(CursorView.Sent, bubble=True, namespace="side_table"):
        """The user marked rows or took marks away; `keys` are all that are marked now."""

        keys: frozenset[str]

    def __init__(self, *, empty_text: Sequence[Cell] = (), id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.sides: SideSource = EmptySource()
        self.source = self.sides
        self.headings: tuple[Heading, ...] = ()
        self.empty_text = tuple(empty_text)
        self.column = 0
        """Column of the cursor."""
        self.first = 0
        """First column in sight."""
        self.least = LEAST
        """Cells of a column, at least."""
        self.marks: frozenset[str] = frozenset()
        """Keys of the rows that the user marked."""
        self._last_mark: str | None = None

    @property
    def layout_now(self) -> Sides:
        """How the width is shared."""
        return share(self.line_width, self.sides.widest, len(self.headings), self.least)

    def show(self, source: SideSource, headings: Sequence[Heading], *, least: int = LEAST) -> None:
        """Show other rows and columns; the cursor stays on its row, and on its column by number."""
        self.sides, self.headings, self.least = source, tuple(headings), least
        self.set_source(source)
        self.move_column(self.column)
        self.refresh()

    def set_empty(self, lines: Sequence[Cell]) -> None:
        """Show `lines` in the middle when there are no rows."""
        self.empty_text = tuple(lines)
        if not self.source.size:
            self.refresh()

    def move_column(self, column: int) -> None:
        """Put the cursor on `column`, the nearest that exists, and bring it into sight."""
        old = self.column, self.first
        self.column = max(0, min(len(self.headings) - 1, column))
        if self.laid_out:  # else `on_resize` does it
            shown = self.layout_now.shown
            self.first = max(0, min(self.first, self.column, len(self.headings) - shown))
            self.first = max(self.first, self.column - shown + 1)
        if self.first != old[1]:
            self.refresh()
        elif self.column != old[0]:
            self.repaint(0)
            self.repaint_rows(self.cursor, self.cursor + 1)
        if self.column != old[0]:
            self.post_message(self.ColumnMoved(self, self.column))

    def clear_marks(self) -> None:
        """Take all marks away."""
        self._change_marks(frozenset())

    def action_mark(self) -> None:
        """Mark the row under the cursor, or take its mark away, and go on to the next."""
        if self.cursor_key is not None:
            self._last_mark = self.cursor_key
            self._change_marks(self.marks ^ {self.cursor_key})
            self.action_cursor_down()

    def action_mark_range(self) -> None:
        """Mark every row between the last one marked and the cursor."""
        start = None if self._last_mark is None else self.source.index_of(self._last_mark)
        first, last = sorted((self.cursor if start is None else start, self.cursor))
        keys = {key for index in range(first, last + 1) if (key := self.key_at(index)) is not None}
        self._last_mark = self.cursor_key
        self._change_marks(self.marks | keys)

    def _change_marks(self, marks: frozenset[str]) -> None:
        if marks != self.marks:
            self.marks = marks
            self.repaint_rows()
            self.post_message(self.Marked(self, marks))

    def on_resize(self) -> None:
        """Keep the cursor in sight, sideways as well."""
        super().on_resize()
        self.move_column(self.column)

    def on_click(self, event: events.Click) -> None:
        """A click puts the cursor on a cell; one on the cell of the cursor opens it."""
        sides = self.layout_now
        at = (event.x - GUTTER - sides.name) // (sides.column + GAP)
        if event.x >= GUTTER + sides.name and 0 <= at < sides.shown and self.first + at != self.column:
            self.move_column(self.first + at)
            if event.y >= self.HEADER:
                self.move_to(self.top + event.y - self.HEADER)
            return
        super().on_click(event)

    # Drawing

    def repaint_rows(self, start: int = 0, stop: int | None = None) -> None:
        """Draw those rows in sight, from `start` to `stop` (exclusive), again."""
        first, last = max(self.top, start), self.top + self.page
        last = last if stop is None else min(last, stop)
        if last > first:
            self.repaint(first - self.top + self.HEADER, last - first)

    def line(self, y: int) -> Strip:
        """The heading, a row, a line of the empty state, or nothing."""
        width = self.line_width
        if not self.source.size:
            return self._empty(y, width)
        if y < self.HEADER:
            return self._heading(width)
        index = self.top + y - self.HEADER
        row = self.sides.row(index) if index < self.source.size else None
        return self.strip((), width) if row is None else self._row(index, row, width)

    def _heading(self, width: int) -> Strip:
        sides = self.layout_now
        style = self.look("grid--header")
        more = ("<", ">") if glyphs() is ASCII else ("‹", "›")
        hidden = self.first > 0, self.first + sides.shown < len(self.headings)
        runs: list[Run] = [(" " * (GUTTER + sides.name - 1) + (more[0] if hidden[0] else " "), style)]
        for column in self._columns(sides):
            under = ["grid--header", *self._under(column == self.column)]
            cell = heading_cell(self.headings[column], sides.column)
            runs += [(" " * GAP, style), *self.toned(fit(cell, sides.column), *under)]
        if hidden[1]:
            used = GUTTER + sides.name + sides.shown * (sides.column + GAP)
            runs.append((" " * max(0, width - used - 1) + more[1], style))
        return self.strip(runs, width, style)

    def _row(self, index: int, row: Row, width: int) -> Strip:
        sides = self.layout_now
        here = index == self.cursor
        marked = row.key in self.marks
        under = [name for name in ("grid--marked" * marked, "grid--blurred" * here) if name]
        base = self.look(*under)
        sign = glyphs().mark if marked else " "
        runs: list[Run] = [(sign, base), *self.toned(fit(row.cells[0], sides.name), *under)]
        for column in self._columns(sides):
            cell = self.sides.cell(index, column)
            at = self._under(here and column == self.column)
            runs += [(" " * GAP, base), *self.toned(fit(cell, sides.column), *(at or under))]
        return self.strip(runs, width, base)

    def _columns(self, sides: Sides) -> range:
        return range(self.first, min(len(self.headings), self.first + sides.shown))

    def _under(self, cursor: bool) -> list[str]:
        if not cursor:
            return []
        return ["grid--cursor" if self.has_focus else "grid--marked"]

    def _empty(self, y: int, width: int) -> Strip:
        first = max(0, (self.size.height - len(self.empty_text)) // 2)
        if not first <= y < first + len(self.empty_text):
            return self.strip((), width)
        spans = fit(self.empty_text[y - first], min(width, self.empty_text[y - first].width))
        return self.strip([(" " * max(0, (width - spans_width(spans)) // 2), self.look()), *self.toned(spans)], width)
