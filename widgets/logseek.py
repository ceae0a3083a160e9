"""Going to lines that are found in the background: the next match, the next error, as soon as it is known."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

from textual.message import Message

from data.logtext import LogIndex, error_pattern
from widgets.loggoto import LogGoto
from widgets.logsearch import LineSearch

PAUSE = 0.001
"""Seconds left for keys while matches that a filter leaves out are passed over."""

Way: TypeAlias = Literal[1, -1]
"""Towards the end, or the beginning."""


class Place(NamedTuple):
    """Where the view stands: first line in sight, the line gone to last, whether the end is followed."""

    line: int
    hit: int
    following: bool

    def moved(self, count: int) -> Place:
        """The same place after every line number grew by `count`."""
        return self._replace(line=self.line + count, hit=self.hit + count if self.hit >= 0 else -1)


@dataclass(eq=False)
class Goal:
    """The match to go to as soon as it is known.

    Attributes:
        search: whose match.
        what: "match" or "error".
        line: it lies behind, or before, this line.
        way: which of both.
        quick: what was found first, by `scout` or the search itself, may be shown until all before it is known.
        typed: the search is being typed.
        scout: looks for the first match behind `line` while the search has not come that far.
        landed: where the view stood after it showed what was found first.
        around: whether the end of the log was passed.
    """

    search: LineSearch
    what: str
    line: int
    way: Way = 1
    quick: bool = False
    typed: bool = False
    scout: LineSearch | None = None
    landed: Place | None = None
    around: bool = False

    def __post_init__(self) -> None:
        self.at = self.line
        """Up to where a filter left out every match."""

    @property
    def first(self) -> int | None:
        """Byte at which the line begins that was found first."""
        return (self.scout or self.search).first

    def moved(self, count: int) -> None:
        """Every line number grew by `count`."""
        self.line += count
        self.at += count
        self.landed = self.landed and self.landed.moved(count)


class LogSeek(LogGoto):
    """Searches that go on with what is written, the next error, and the line at which a job failed."""

    @dataclass(eq=False, repr=False)
    class NotFound(Message, namespace="log_view"):
        """There is no such line: "match" or "error"."""

        what: str

    @dataclass(eq=False, repr=False)
    class Progress(Message, namespace="log_view"):
        """A search found more, or is over; sent by its thread."""

        search: LineSearch

    _errors: LineSearch | None = None
    _goal: Goal | None = None

    # Searches

    def grown(self, first: int) -> None:
        """Search the new lines too."""
        super().grown(first)
        if self.index is not None and first < self.index.lines:
            for search in self.searches():
                search.resume()
            self._pursue()

    def restarted(self) -> None:
        """What was found is void."""
        super().restarted()
        self.end_searches()

    def shifted(self, count: int) -> None:
        """Keep to the same lines; what waited for true numbers can go on."""
        super().shifted(count)
        if self._goal is not None:
            self._goal.moved(count)
        self._pursue()

    def on_unmount(self) -> None:
        """End the searches."""
        self.end_searches()

    def searches(self) -> list[LineSearch]:
        """Every search that is to go on with what is written."""
        return [] if self._errors is None else [self._errors]

    def end_searches(self) -> None:
        """End every search for good."""
        for search in self.searches():
            search.stop()
        self._errors = None
        self.seek(None)

    def start_search(self, pattern: re.Pattern[str], line: int) -> LineSearch:
        """Search for `pattern`, first from `line` on."""
        assert self.index is not None
        near = self.index.offset_of(line) if 0 <= line < self.index.lines else 0
        search = LineSearch(self.index.path, pattern, self._report, near=near)
        search.resume()
        return search

    def _report(self, search: LineSearch) -> None:
        try:
            self.post_message(self.Progress(search))
        except RuntimeError:  # the event loop is closed: the program ends, nobody wants to know
            search.stop()

    def on_log_view_progress(self, message: Progress) -> None:
        """Show a match as soon as it is known."""
        message.stop()
        if self._goal is not None and message.search is self._goal.scout:
            message.search.stop()  # what it found first is all that is wanted of it
            self._pursue()
        elif message.search in self.searches():
            self._pursue()
            self.draw_ticks()

    # Going to what is found

    def seek(self, goal: Goal | None) -> None:
        """Go to `goal` as soon as it is known; None gives up the one before."""
        if self._goal is not None and self._goal.scout is not None:
            self._goal.scout.stop()
        self._goal = goal
        self._pursue()

    def next_of(self, search: LineSearch, what: str, way: Way) -> Goal:
        """The match next to the current line; one behind it is looked for at once if `search` is not there yet."""
        line = self.here if way == 1 else self.current
        goal = Goal(search, what, line, way)
        counted = self.index is not None and self.index.complete
        if way == 1 and not (counted and (search.done or search.after(line) is not None)):
            goal.quick, goal.scout = True, self.start_search(search.pattern, line + 1)
        return goal

    def _pursue(self) -> None:
        """Go to the match that is the goal, if it is known."""
        goal, index = self._goal, self.index
        if goal is None or index is None:
            return
        if goal.landed is not None and goal.landed != self.place_now():
            self.seek(None)  # the user has gone on from what was found first
            return
        if goal.quick and goal.landed is None:
            self._show_first(goal, index)
        if goal.search.done and not goal.search.lines:
            self.missed(goal)
        elif index.complete:
            self._show_exact(goal)

    def _show_first(self, goal: Goal, index: LogIndex) -> None:
        """Show what the search found first."""
        first = goal.first
        if first is None or first < index.start:
            return
        line = index.line_at(first)
        if line < self.lines and not self.leaves_out(line):
            self.show_match(goal, line)
            goal.landed = self.place_now()

    def _show_exact(self, goal: Goal) -> None:
        """Show the match that is the next one of all, if it is known which."""
        search = goal.search
        found = self.match_beyond(search, goal.at, goal.way)
        if found is None and search.done and not goal.around:
            goal.around, goal.at = True, -1 if goal.way == 1 else self.lines
            found = self.match_beyond(search, goal.at, goal.way)
        if found is None:
            if search.done:
                self.missed(goal)
            return
        if self.leaves_out(found):
            goal.at = found
            self.set_timer(PAUSE, self._pursue)
            return
        passed = search.done or goal.way == 1 or search.lines[-1] >= goal.line
        if passed and found < self.lines:
            self.seek(None)
            if goal.landed is None or found != self.hit:
                self.show_match(goal, found)
            else:
                self._say_match(goal, found)

    def show_match(self, goal: Goal, line: int) -> None:
        """Go to what `goal` was."""
        self.show_line(line)
        self._say_match(goal, line)

    def _say_match(self, goal: Goal, line: int) -> None:
        """Say which one it is, as far as `Searched` does not say it, and that it was found around the end."""
        around = (line - goal.line) * goal.way <= 0
        words = [self._count(goal)] if around or goal.what == "error" else []
        if around:
            words.append(f"from the {'beginning' if goal.way == 1 else 'end'} again")
        if any(words):
            self.tell(", ".join(filter(None, words)), "dim")

    def _count(self, goal: Goal) -> str:
        """Which of the lines found the current one is: `3 of 41`, `error 1 of 7 so far`; "" while that is not known."""
        search = goal.search
        place = search.place(self.hit) if self.index is not None and self.index.complete else 0
        what = "error " if goal.what == "error" else ""
        return f"{what}{place:,} of {len(search.lines):,}{'' if search.done else ' so far'}" if place else ""

    def missed(self, goal: Goal) -> None:
        """There is no such line."""
        self.seek(None)
        if goal.search.lines:
            self.tell(f"no {goal.what} is among the lines that the filter shows", "dim")
        else:
            self.post_message(self.NotFound(goal.what))

    def place_now(self) -> Place:
        """Where the view stands."""
        hit = self.hit if self.hit == self.current else -1
        return Place(self.line_of_row(self.top), hit, self.following)

    def match_beyond(self, search: LineSearch, line: int, way: Way) -> int | None:
        """The match next to `line` that a filter leaves; one that it leaves out where it would take long to go on."""
        return search.after(line) if way == 1 else search.before(line)

    def leaves_out(self, line: int) -> bool:  # noqa: ARG002 - without a filter
        """Whether a filter leaves `line` out."""
        return False

    # Errors

    def action_next_error(self) -> None:
        """To the next line that tells of an error."""
        if self.index is None or not self.index.lines:
            return
        if self._errors is None:
            self._errors = self.start_search(error_pattern(), self.here + 1)
            self.seek(Goal(self._errors, "error", self.here, quick=True))
        else:
            self.seek(self.next_of(self._errors, "error", 1))

    def show_failing(self) -> bool:
        """Show the line at which a job failed; whether there is one. It lies in what is known at once."""
        from data.logtext.failing import failing_line

        if self.index is None:
            return False
        line = failing_line(self.index)
        if line is None or line >= self.lines:
            return False
        self.show_line(line)
        return True

    def ticked(self) -> tuple[Sequence[int], ...]:
        """Errors, whose numbers fit when the log is known from its beginning, and marks."""
        matches, errors, marks = super().ticked()
        if self._errors is not None and self.index is not None and self.index.complete:
            errors = self._errors.lines
        return matches, errors, marks
