"""Keys that move through a log and change how it is shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import get_args

from textual.message import Message

from data.logtext.stamps import Stamps
from widgets.logbody import LogBody

PAN_STEP = 16
"""Cells by which the left and right keys move a log."""

STAMP_WORDS: dict[Stamps, str] = {
    "off": "no times",
    "absolute": "time of day",
    "relative": "time since the first line",
    "delta": "time since the line before",
}
"""What is said of each way to show timestamps."""


def counted(count: int, word: str) -> str:
    """`1 line`, `4,312 lines`."""
    return f"{count:,} {word}" if count == 1 else f"{count:,} {word}s"


class LogMoves(LogBody):
    """Scrolling, panning, wrapping, times, sections."""

    @dataclass(eq=False, repr=False)
    class Said(Message, namespace="log_view"):
        """What a key did, or why it could not, in a short sentence, and its tone."""

        text: str
        tone: str = ""

    def tell(self, text: str, tone: str = "") -> None:
        """Have the owner say `text`."""
        self.post_message(self.Said(text, tone))

    # Moving

    def action_scroll_lines(self, count: int) -> None:
        """Move by `count` lines."""
        self.move(count)

    def action_scroll_pages(self, halves: int) -> None:
        """Move by `halves` half pages."""
        self.action_scroll_lines((self.page * halves) // 2)

    def action_top(self) -> None:
        """To the beginning."""
        self.go_top()

    def action_bottom(self) -> None:
        """To the end, and follow it."""
        self.go_end()

    def action_follow(self) -> None:
        """Follow the end, or stop to."""
        if self.following:
            self.follow(False)
        else:
            self.go_end()

    def action_pan(self, steps: int) -> None:
        """Move to the right, or left, by steps."""
        if self.wrap:
            self.tell("long lines are wrapped; w lets them run on", "dim")
        else:
            self.pan_by(steps * PAN_STEP)

    # How it is shown

    def action_wrap(self) -> None:
        """Wrap long lines, or let them run on."""
        self.set_wrap(not self.wrap)
        self.tell("long lines are wrapped" if self.wrap else "long lines run on; left and right move them", "dim")

    def action_stamps(self) -> None:
        """The next way to show timestamps."""
        from data.logtext.when import LogTimes

        ways: tuple[Stamps, ...] = get_args(Stamps)
        if self.stamps == "off" and (self.index is None or not LogTimes(self.index).by_runner):
            self.tell("the runner wrote no timestamps into this log", "dim")
            return
        at_top = self.at_top()
        self.stamps = ways[(ways.index(self.stamps) + 1) % len(ways)]
        self.reflow(at_top)
        self.tell(STAMP_WORDS[self.stamps], "dim")

    # Sections

    def action_fold(self) -> None:
        """Fold or unfold the section that the current line lies in."""
        section = self.section_of(self.current)
        if section is None:
            self.tell("this line lies in no section", "dim")
        else:
            self.hit = section
            self.toggle(section)

    def action_fold_all(self) -> None:
        """Fold all sections; when they are, unfold all."""
        sections = self.index.sections if self.index is not None else []
        if not sections:
            self.tell("this log has no sections", "dim")
            return
        fold = any(section.start not in self._folded for section in sections)
        self.fold_all(fold)
        self.tell(f"{counted(len(sections), 'section')} {'folded' if fold else 'unfolded'}", "dim")

    def action_next_section(self) -> None:
        """To the next heading."""
        line: int | None = self.here
        while line is not None and (line := self.heading_after(line)) is not None:
            found = self.nearest(line)
            if found is not None and found > self.here:
                self.show_line(found)
                return
        self.tell("there is no further section", "dim")

    def action_previous_section(self) -> None:
        """To the heading before."""
        line: int | None = self.current
        while line is not None and (line := self.heading_before(line)) is not None:
            found = self.nearest(line)
            if found is not None and found < self.current:
                self.show_line(found)
                return
        self.tell("there is no section before", "dim")

    @property
    def here(self) -> int:
        """The line behind which the next one of a kind is looked for.

        The current one where it was gone to, else the one before: what stands first on the page was not gone to yet.
        """
        return self.hit if self.hit == self.current else self.current - 1

    def nearest(self, line: int) -> int | None:
        """The first line from `line` on that the filter leaves; None when there is none."""
        return line if line < self.lines else None
