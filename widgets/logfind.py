"""Searching a log: each new text at once, then with every match counted."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from textual.message import Message

from data.logtext import compile_pattern
from widgets.logsearch import LineSearch
from widgets.logseek import Goal, LogSeek, Place


class Asked(NamedTuple):
    """What is searched for: text, whether it is a regular expression, and how case counts."""

    text: str
    regex: bool
    case: bool | None


class LogFind(LogSeek):
    """`search` and its keys."""

    @dataclass(eq=False, repr=False)
    class Searched(Message, namespace="log_view"):
        """What a search found so far: matching lines, which of them is current (from 1; 0 none), and if it is over."""

        count: int
        place: int
        done: bool

        def can_replace(self, message: Message) -> bool:
            """The newest suffices."""
            return isinstance(message, LogFind.Searched)

    _asked: Asked | None = None
    _search: LineSearch | None = None
    _origin: Place | None = None
    """Where the view stood when the search that is being typed began."""
    _landed: Place | None = None
    """Where that search brought it."""
    _told: tuple[int, int, bool] | None = None
    """What was said last of what was found: a log that grows is not to say the same again and again."""

    def restarted(self) -> None:
        """Search the new log for the same."""
        asked = self._asked
        super().restarted()
        if asked is not None and self.pattern is not None and self.index is not None:
            self._asked = asked
            self._search = self.start_search(self.pattern, 0)

    def shifted(self, count: int) -> None:
        """Keep to the same lines."""
        self._origin = self._origin and self._origin.moved(count)
        self._landed = self._landed and self._landed.moved(count)
        super().shifted(count)
        if self.index is not None and self.index.complete:
            self._tell_found()

    def searches(self) -> list[LineSearch]:
        """That of searching too."""
        return [*super().searches(), *([] if self._search is None else [self._search])]

    def end_searches(self) -> None:
        """End every search for good."""
        super().end_searches()
        self._search = self._asked = self._origin = self._landed = self._told = None

    # Searching

    def search(self, text: str, *, regex: bool = False, case: bool | None = None) -> str:
        """Search for `text` from the current line on, and go to the first match; "" ends searching and goes back.

        Each further text, while one types, begins where the first one did. The same text once more keeps the place.
        Returns what is wrong with a regular expression, "" when nothing is. `case` None: as `compile_pattern` decides.
        """
        asked = Asked(text, regex, case)
        if asked == self._asked and self._search is not None:
            self._origin = self._landed = None
            return ""
        if not self._still_typing(text):
            self._origin, self._landed = self.place_now(), None
        self._drop_search()
        if not text or self.index is None:
            self._return()
            self._origin = self._asked = None
            return ""
        try:
            self.pattern = compile_pattern(text, regex=regex, case=case)
        except re.error as error:
            self._return()
            self._asked = asked
            return f"not a regular expression: {error}"
        self._asked = asked
        begin = self._origin.hit if self._origin and self._origin.hit >= 0 else self._origin.line if self._origin else 0
        self._search = self.start_search(self.pattern, begin)
        self.seek(Goal(self._search, "match", begin - 1, quick=True, typed=True))
        return ""

    def _drop_search(self) -> None:
        if self._search is not None:
            self._search.stop()
        if self._goal is not None and self._goal.search is self._search:
            self.seek(None)
        self._search = self.pattern = self._told = None
        self.redraw()
        self.draw_ticks()

    def _still_typing(self, text: str) -> bool:
        """Whether `text` goes on with what was typed last, and nothing else has moved the view since."""
        if self._origin is None or self._asked is None:
            return False
        last = self._asked.text
        related = text.startswith(last) or last.startswith(text)
        return related and self.place_now() == (self._landed or self._origin)

    def _return(self) -> None:
        """Back to where the search that is typed began."""
        origin, landed, self._landed = self._origin, self._landed, None
        if origin is None or landed is None or self.selecting:
            return
        self.hit = origin.hit
        if origin.following:
            self.go_end()
        else:
            self.jump(self.row_of(origin.line))
        self.redraw()

    def on_log_view_progress(self, message: LogSeek.Progress) -> None:
        """Say how many there are."""
        if message.search is self._search:
            self._tell_found()

    def _tell_found(self) -> None:
        if self._search is not None and self.index is not None:
            place = self._search.place(self.hit) if self.hit >= 0 and self.index.complete else 0
            found = len(self._search.lines), place, self._search.done
            if found != self._told:
                self._told = found
                self.post_message(self.Searched(*found))

    def show_match(self, goal: Goal, line: int) -> None:
        """Go to what `goal` was, and say which one it is, even the same again; while one types, remember where it was.

        A view that ceases to follow the end for it says so too, which is not to stand there instead.
        """
        self._told = None
        super().show_match(goal, line)
        if goal.typed:
            self._landed = self.place_now()

    def missed(self, goal: Goal) -> None:
        """There is no such line; back to where typing began."""
        if goal.typed:
            self._return()
        super().missed(goal)

    def show_line(self, line: int) -> None:
        """Bring a line into sight, and say which match it is."""
        super().show_line(line)
        self._tell_found()

    def action_next_match(self) -> None:
        """To the next match; behind the last one comes the first."""
        if self._search is None:
            self.tell("nothing is searched for; / searches", "dim")
        else:
            self.seek(self.next_of(self._search, "match", 1))

    def action_previous_match(self) -> None:
        """To the match before; before the first one comes the last."""
        if self._search is None:
            self.tell("nothing is searched for; / searches", "dim")
        else:
            self.seek(self.next_of(self._search, "match", -1))
            if self._goal is not None:
                self.tell("searching up to here", "dim")

    def ticked(self) -> tuple[Sequence[int], ...]:
        """Matches, errors and marks."""
        matches, *others = super().ticked()
        if self._search is not None and self.index is not None and self.index.complete:
            matches = self._search.lines
        return matches, *others
