"""Showing only the lines that match, with lines around them."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right

from textual.strip import Strip

from data.logtext import compile_pattern
from widgets.logfind import Asked, LogFind
from widgets.logmoves import counted
from widgets.logsearch import LineSearch
from widgets.logseek import Way

MAX_CONTEXT = 20
"""Lines that are shown around a match at most."""

LEAPS = 2000
"""Matches that the filter leaves out and that are passed over in one go; it takes some 5 ms."""


class LogFilter(LogFind):
    """`filter` and its keys. Line numbers stay those of the log."""

    _sieve: LineSearch | None = None
    _filtered_by: Asked | None = None
    _reach = 0
    """Lines shown around each match."""
    _fresh = False
    """The filter has shown nothing yet; what was in sight before stays until it has."""
    _counted = True
    """How many lines the filter found was said."""

    def searches(self) -> list[LineSearch]:
        """Those of searching, and that of the filter."""
        return [*super().searches(), *([] if self._sieve is None else [self._sieve])]

    def restarted(self) -> None:
        """Filter the new log in the same way."""
        by, old = self._filtered_by, self._sieve
        super().restarted()
        self._sieve = self._filtered_by = None
        if by is not None and old is not None and self.index is not None:
            self._filtered_by = by
            self._sieve = self.start_search(old.pattern, 0)
            self.set_filter(self._sieve.lines, self._reach)

    def shifted(self, count: int) -> None:
        """The lines that match can be shown as soon as the numbers are true ones."""
        super().shifted(count)
        self._take()

    def filter(self, text: str, *, regex: bool = False, case: bool | None = None) -> str:
        """Show only the lines with `text`; "" shows all again. The current line stays in sight.

        Returns what is wrong with a regular expression, "" when nothing is. `case` None: as `compile_pattern` decides.
        """
        asked = Asked(text, regex, case)
        if asked == self._filtered_by or self.index is None:
            return ""
        try:
            pattern = compile_pattern(text, regex=regex, case=case)
        except re.error as error:
            return f"not a regular expression: {error}"
        if self._sieve is not None:
            self._sieve.stop()
        self._sieve = self._filtered_by = None
        if text:
            self._filtered_by, self._fresh, self._counted = asked, True, False
            self._sieve = self.start_search(pattern, self.current)
        elif self.filtered:
            self.set_filter(None, 0)
            self.draw_ticks()
        return ""

    def on_log_view_progress(self, message: LogFind.Progress) -> None:
        """Show the lines that match; searching takes the message too."""
        if message.search is self._sieve:
            self._take()

    def _take(self) -> None:
        """Show what the filter has found so far; its numbers fit once the log is known from its beginning."""
        found, index = self._sieve, self.index
        if found is None or index is None or not index.complete:
            return
        if self._fresh and (found.lines or found.done):
            self._fresh = False
            self.set_filter(found.lines, self._reach)
        elif not self._fresh:
            self.filter_grew()
        self.draw_ticks()
        if found.done and not self._counted:
            self._counted = True
            many = len(found.lines)
            self.tell(f"{counted(many, 'line')} of {self.lines:,}" if many else "no line matches",
                      "" if many else "warning")  # fmt: skip

    # What is left

    def leaves_out(self, line: int) -> bool:
        """Whether the filter leaves `line` out."""
        return self.filtered and self.nearest(line) != line

    def nearest(self, line: int) -> int | None:
        """The first line from `line` on that the filter leaves; None when there is none."""
        found = self._sieve
        if found is None or not self.filtered:
            return super().nearest(line)
        at = bisect_left(found.lines, line - self._reach)
        return super().nearest(max(line, found.lines[at] - self._reach)) if at < len(found.lines) else None

    def _nearest_before(self, line: int) -> int | None:
        assert self._sieve is not None
        at = bisect_right(self._sieve.lines, line + self._reach) - 1
        return min(line, self._sieve.lines[at] + self._reach) if at >= 0 else None

    def match_beyond(self, search: LineSearch, line: int, way: Way) -> int | None:
        """The match next to `line` that the filter leaves; after `LEAPS` one that it leaves out."""
        found = super().match_beyond(search, line, way)
        if not self.filtered or self._sieve is None:
            return found
        for _ in range(LEAPS):
            if found is None:
                return None
            left = self.nearest(found) if way == 1 else self._nearest_before(found)
            if left == found or left is None:
                return left
            found = super().match_beyond(search, left - way, way)
        return found

    # Context

    def action_context_more(self) -> None:
        """One more line around each match."""
        self._set_context(self._reach + 1)

    def action_context_less(self) -> None:
        """One line fewer around each match."""
        self._set_context(self._reach - 1)

    def _set_context(self, context: int) -> None:
        if self._sieve is None:
            self.tell("nothing is filtered; & shows only the lines that match", "dim")
            return
        self._reach = max(0, min(context, MAX_CONTEXT))
        if not self._fresh:
            self.set_filter(self._sieve.lines, self._reach)
            self.draw_ticks()
        around = counted(self._reach, "line") if self._reach else "no lines"
        self.tell(f"{around} around each match", "dim")

    # Drawing

    def line(self, y: int) -> Strip:
        """A line of the log; where the filter leaves none, a sentence instead."""
        if self.rows or not self.filtered or self._sieve is None:
            return super().line(y)
        if y == 1 and self.status.text:
            return self.draw_status()
        words = "No line matches. & with no text shows all lines again." if self._sieve.done else "Filtering…"
        return self.strip(((words if y == 0 else "", self.tone("dim")),), self.line_width)
