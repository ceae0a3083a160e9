"""A table of any number of rows that draws only what is in sight and asks its owner for rows that are not in memory."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar, TypeAlias

from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.strip import Strip

from widgets.cells import Cell, Column, Placed, fit, fit_text, layout, spans_width, truncate
from widgets.cursor import CursorView
from widgets.glyphs import glyphs
from widgets.paint import Run
from widgets.rows import ListSource, Row, RowSource

__all__ = ["Column", "Grid", "ListSource", "Row", "RowSource"]

CACHED_STRIPS = 120
"""Drawn rows that are kept, at least two screens of them: one is drawn in some 100 microseconds, and takes ten
kilobytes.
"""

GUTTER = 1
"""Cells left of the first column, where marks are drawn."""

Token: TypeAlias = tuple[Row | None, str, bool, bool]
"""What decides how a row looks: itself, the component class of the cursor when that is on it, whether it is marked, and
whether it is fresh.
"""


class Grid(CursorView):
    """Rows under a heading. Columns that do not fit are left out; there is no horizontal scroll bar."""

    HEADER = 1
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "grid--header",
        "grid--cursor",
        "grid--blurred",
        "grid--marked",
        "grid--stale",
    }
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "mark", "Mark", show=False, id="grid.mark"),
        Binding("v", "mark_range", "Mark up to here", show=False, id="grid.mark_range"),
    ]

    @dataclass(eq=False, repr=False)
    class Marked(CursorView.Sent, bubble=True, namespace="grid"):
        """The user marked rows or took marks away; `keys` are all that are marked now."""

        keys: frozenset[str]

    @dataclass(eq=False, repr=False)
    class HeaderClicked(CursorView.Sent, bubble=True, namespace="grid"):
        """The heading of column `column` (its key) was clicked."""

        column: str

    @dataclass(eq=False, repr=False)
    class RangeWanted(CursorView.Sent, bubble=True, namespace="grid"):
        """Rows `start` to `end` (exclusive) are to be marked, and not all of them are in memory."""

        start: int
        end: int

    def __init__(
        self,
        columns: Sequence[Column] = (),
        source: RowSource | None = None,
        *,
        empty_text: Sequence[Cell] = (),
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(source, id=id, classes=classes)
        self.columns = tuple(columns)
        self.empty_text = tuple(empty_text)
        self.sort_column = ""
        self.sort_descending = False
        self.fresh: Container[str] = ()
        """Keys of rows with something new that nobody has looked at; a sign before the first column says so."""
        self._marks: frozenset[str] = frozenset()
        self._last_mark: str | None = None
        self._placed: tuple[Placed, ...] = ()
        self._placed_in = -1
        self._strips: dict[Token, Strip] = {}
        self._drawn: dict[int, Token] = {}
        self._was_empty = True

    @property
    def marks(self) -> frozenset[str]:
        """Keys of the rows that the user marked."""
        return self._marks

    @property
    def placed_keys(self) -> tuple[str, ...]:
        """Keys of the columns that have room."""
        return tuple(self.columns[placed.column].key for placed in self._placed)

    def set_columns(self, columns: Sequence[Column]) -> None:
        """Show other columns; the rows of the source must have their cells in the same order."""
        if tuple(columns) != self.columns:
            self.columns = tuple(columns)
            self._place(self.line_width)
            self.refresh()

    def set_sort(self, column: str, *, descending: bool) -> None:
        """Mark the heading of the column with the key `column`; "" marks none."""
        if (column, descending) != (self.sort_column, self.sort_descending):
            self.sort_column, self.sort_descending = column, descending
            self.repaint(0)

    def set_empty(self, lines: Sequence[Cell]) -> None:
        """Show `lines` in the middle when there are no rows."""
        if tuple(lines) != self.empty_text:
            self.empty_text = tuple(lines)
            if not self.source.size:
                self.refresh()

    def clear_marks(self) -> None:
        """Take all marks away."""
        self._change_marks(frozenset())

    def set_marks(self, keys: Iterable[str]) -> None:
        """Mark these rows and no others."""
        self._change_marks(frozenset(keys))

    def action_mark(self) -> None:
        """Mark the row under the cursor, or take its mark away, and go on to the next."""
        key = self.cursor_key
        if key is not None:
            self._last_mark = key
            self._change_marks(self._marks ^ {key})
            self.action_cursor_down()

    def action_mark_range(self) -> None:
        """Mark every row between the last one marked and the cursor; the owner loads what is not in memory first."""
        start = None if self._last_mark is None else self.source.index_of(self._last_mark)
        first, last = sorted((self.cursor if start is None else start, self.cursor))
        if not self.mark_rows(first, last + 1):
            self.post_message(self.RangeWanted(self, first, last + 1))

    def mark_rows(self, start: int, stop: int) -> bool:
        """Mark rows `start` to `stop` (exclusive); False, and nothing marked, when one of them is not in memory."""
        keys: set[str] = set()
        for index in range(start, stop):
            key = self.key_at(index)
            if key is None:
                return False
            keys.add(key)
        self._last_mark = self.cursor_key
        self._change_marks(self._marks | keys)
        return True

    def _change_marks(self, marks: frozenset[str]) -> None:
        if marks != self._marks:
            self._marks = marks
            self.repaint_rows()
            self.post_message(self.Marked(self, marks))

    def on_click(self, event: events.Click) -> None:
        """Tell which heading was clicked."""
        x = event.x - GUTTER
        for placed in self._placed if event.y < self.HEADER else ():
            if placed.x <= x <= placed.x + placed.width:
                self.post_message(self.HeaderClicked(self, self.columns[placed.column].key))
                return

    # Drawing

    def forget_lines(self) -> None:
        """Drop the drawn rows; whoever changes how they look draws them all again."""
        self._strips.clear()

    def line(self, y: int) -> Strip:
        """The heading, a row, a line of the empty state, or nothing."""
        width = self.line_width
        if width != self._placed_in:
            self._place(width)
        if y < self.HEADER:
            return self._header(width)
        if not self.source.size:
            return self._empty(y, width)
        index = self.top + y - self.HEADER
        if index >= self.source.size:
            self._drawn.pop(y, None)
            return self.strip((), width)
        token = self._drawn[y] = self._token(index)
        strip = self._strips.get(token)
        if strip is None:
            if len(self._strips) >= max(CACHED_STRIPS, 2 * self.size.height):
                self._strips.clear()
            strip = self._strips[token] = self._draw(token, width)
        return strip

    def repaint_rows(self, start: int = 0, stop: int | None = None) -> None:
        """Draw those rows in sight, from `start` to `stop` (exclusive), again that look different now."""
        empty = not self.source.size
        if empty != self._was_empty:
            self._was_empty = empty
            self._drawn.clear()
            self.refresh()
        if empty:
            return
        first, last = self.top, self.top + self.page
        for index in range(max(first, start), last if stop is None else min(last, stop)):
            y = index - first + self.HEADER
            if self._drawn.get(y) != (self._token(index) if index < self.source.size else None):
                self.repaint(y)

    def _token(self, index: int) -> Token:
        row = self.source.row(index)
        marked = row is not None and (row.marked or row.key in self._marks)
        fresh = row is not None and row.key in self.fresh
        cursor = "" if index != self.cursor else "grid--cursor" if self.has_focus else "grid--blurred"
        return row, cursor, marked, fresh

    def _draw(self, token: Token, width: int) -> Strip:
        row, cursor, marked, fresh = token
        stale = row is not None and row.stale
        under = [name for name in ("grid--stale" * stale, "grid--marked" * marked, cursor) if name]
        base = self.look(*under)
        lead = self.tone("accent", *under) if fresh and not marked else base
        runs: list[Run] = [(glyphs().mark if marked else glyphs().fresh if fresh else " ", lead)]
        if row is None:
            runs.append((glyphs().ellipsis, self.tone("dim", *under)))
        elif len(row.cells) == 1 < len(self.columns):
            runs += self.toned(fit(row.cells[0], width - GUTTER), *under)
        else:
            runs += self._cells(row, under, base)
        return self.strip(runs, width, base)

    def _cells(self, row: Row, under: list[str], base: Style) -> list[Run]:
        runs: list[Run] = []
        x = 0
        for index, start, cells in self._placed:
            if start > x:
                runs.append((" " * (start - x), base))
            cell = row.cells[index] if index < len(row.cells) else Cell()
            runs += self.toned(fit(cell, cells, self.columns[index].align), *under)
            x = start + cells
        return runs

    def _header(self, width: int) -> Strip:
        style = self.look("grid--header")
        text = " " * GUTTER
        x = 0
        for index, start, cells in self._placed:
            column = self.columns[index]
            title = column.title
            if column.key == self.sort_column:
                arrow = glyphs().descending if self.sort_descending else glyphs().ascending
                title = f"{truncate(title, cells - 2)} {arrow}"
            text += " " * (start - x) + fit_text(title, cells, column.align)
            x = start + cells
        return self.strip(((text, style),), width, style)

    def _empty(self, y: int, width: int) -> Strip:
        first = max(self.HEADER, (self.size.height - len(self.empty_text)) // 2)
        if not first <= y < first + len(self.empty_text):
            return self.strip((), width)
        spans = fit(self.empty_text[y - first], min(width, self.empty_text[y - first].width))
        return self.strip([(" " * max(0, (width - spans_width(spans)) // 2), self.look()), *self.toned(spans)], width)

    def _place(self, width: int) -> None:
        """Share `width` cells among the columns; done when drawing, so that the first frame has them already."""
        self._placed, self._placed_in = layout(self.columns, width - GUTTER), width
        self.forget_lines()
