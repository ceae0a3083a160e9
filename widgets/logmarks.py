"""Lines that the user marks, and the ticks on the scroll bar."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import ClassVar

from rich.color import Color
from textual.scrollbar import ScrollBar

from widgets.glyphs import glyphs
from widgets.logbar import MarkedBar, Tick, buckets
from widgets.logselect import LogSelect

TICKS = ("log--tick-match", "log--tick-error", "log--tick-mark")
"""Component classes of the ticks, in the order of `logbar.KINDS`."""


class LogMarks(LogSelect):
    """`M` marks the current line, `'` goes to the next marked one."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {*TICKS}

    def shifted(self, count: int) -> None:
        """Draw the ticks where the lines are now."""
        super().shifted(count)
        self.draw_ticks()

    def action_mark(self) -> None:
        """Mark the current line, or take its mark away."""
        if not self.rows:
            return
        line = self.current
        self.marked ^= {line}
        self.hit = line
        self.redraw()
        self.draw_ticks()
        self.tell("marked; ' goes to the next mark" if line in self.marked else "the mark is taken away", "dim")

    def action_next_mark(self) -> None:
        """To the next marked line; behind the last one comes the first."""
        marks = [line for line in sorted(self.marked) if self.nearest(line) == line]
        if not marks:
            self.tell("no line is marked; M marks the current one", "dim")
            return
        at = bisect_right(marks, self.here)
        self.show_line(marks[at % len(marks)])
        self.tell(f"mark {at % len(marks) + 1} of {len(marks)}", "dim")

    # The scroll bar

    @property
    def vertical_scrollbar(self) -> ScrollBar:
        """The scroll bar, created as Textual does it when it is first asked for."""
        if self._vertical_scrollbar is None:
            self._vertical_scrollbar = bar = MarkedBar(self._tick_looks, thickness=self.scrollbar_size_vertical)
            bar.display = False
            self.app._start_widget(self, bar)
        return self._vertical_scrollbar

    def set_count(self, count: int) -> None:
        """Tell how many lines there are; the ticks move with it."""
        super().set_count(count)
        self.draw_ticks()

    def ticked(self) -> tuple[Sequence[int], ...]:
        """Lines that get a tick, ascending, for each of `logbar.KINDS`."""
        return (), (), sorted(self.marked)

    def draw_ticks(self) -> None:
        """Draw the ticks where they belong now."""
        bar = self._vertical_scrollbar
        if isinstance(bar, MarkedBar) and self.is_attached:
            places = self.ticked()
            bar.show(buckets(self._edges(), places) if any(places) else ())

    def _edges(self) -> list[int]:
        """The lines at which the halves of the scroll bar's cells begin, and the end of the last one."""
        halves = 2 * self.size.height
        total = max(self.virtual_size.height, self.size.height)
        rows = [-(-half * total // halves) for half in range(halves + 1)] if halves else []
        return [self.line_of_row(row) if row < self.rows else self.lines for row in rows]

    def _tick_looks(self) -> tuple[Tick, ...]:
        signs = glyphs()
        colours = [self.look(name).color or Color.default() for name in TICKS]
        return tuple(map(Tick, colours, (signs.rule, signs.failed, signs.mark)))
