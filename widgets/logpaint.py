"""How a log looks: line numbers, timestamps, headings of sections, the program's own colours, what was found."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from datetime import datetime, tzinfo
from itertools import pairwise
from typing import ClassVar, NamedTuple, TypeAlias

from rich.cells import cell_len
from rich.style import Style
from textual.selection import Selection
from textual.strip import Strip

from data.logtext import LogIndex, LogLine, Section
from data.logtext.stamps import STAMP_CELLS, Stamps, clock, stamp_text
from widgets.cells import Cell, crop_spans
from widgets.glyphs import glyphs
from widgets.logcolours import LogColours
from widgets.logwrap import cuts, window
from widgets.paint import Run

NUMBER_WIDTH = 4
"""Least digits of a line number, so that a short log does not jump to the right as it grows."""

NOWHERE = -1
"""The line gone to last when there is none."""

STAMP_WIDTH = STAMP_CELLS + 1
"""Cells of a timestamp with the space behind it."""

LOOK_BACK = 20
"""Lines before one, among which the last time before its own is looked for."""

HEADING_WIDTH = 2
"""Cells of the arrow before a heading."""

CACHED_STRIPS = 300
"""Drawn rows that are kept, some 4 KB each: a few pages.

In Textual strips refer to themselves (`Strip.divide` keeps what it returned), so those that live long wait for a rare
garbage collection, and a log that grows fast draws hundreds a second.
"""

CACHED_CUTS = 4000
"""Wrapped lines of which it is kept where they are cut."""

Look: TypeAlias = tuple[int, int, Style]
"""Characters `start` to `end` (exclusive) are drawn in this style."""


class Painted(NamedTuple):
    """What is drawn of a line beside its gutter.

    Attributes:
        line: the line.
        text: its text and, behind that of a heading, how long the section took.
        seen: the character up to which matches were looked for.
        base: how what no layer says anything of is drawn.
        layers: looks, ascending and without overlap in each layer; a later layer lies over the earlier ones.
    """

    line: LogLine
    text: str
    seen: int
    base: Style
    layers: tuple[list[Look], ...]


class LogPaint(LogColours):
    """The lines of a log index, drawn. A long line takes several rows of the screen when `wrap` is on."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "log--number",
        "log--section",
        "log--command",
        "log--match",
        "log--hit",
    }

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.index: LogIndex | None = None
        self.number_width = NUMBER_WIDTH
        self.pan = 0
        self.wrap = False
        self.stamps: Stamps = "off"
        self.zone: tzinfo | None = None
        """Time zone of absolute timestamps; None is the machine's own."""
        self.status = Cell()
        self.pattern: re.Pattern[str] | None = None
        self.hit = NOWHERE
        """The line that was found, or gone to, last."""
        self.marked: set[int] = set()
        """Lines that the user marked."""
        self.chosen: tuple[int, int] | None = None
        """First and last of the lines that the user selected."""
        self._headings: dict[int, Section] = {}
        self._folded: set[int] = set()
        self._strips: dict[tuple[int, int], Strip] = {}
        self._cuts: dict[int, list[int]] = {}
        self._first_time: datetime | None = None
        self._painted: Painted | None = None
        """The line drawn last: its next row is likely to be drawn next."""

    def forget_lines(self) -> None:
        """Drop the drawn rows."""
        self._strips.clear()
        self._cuts.clear()
        self._painted = None

    def forget_from(self, first: int) -> None:
        """Drop what is drawn of the lines from `first` on."""
        for place in [place for place in self._strips if place[0] >= first]:
            del self._strips[place]
        for number in [number for number in self._cuts if number >= first]:
            del self._cuts[number]
        self._painted = None

    def shift_lines(self, count: int) -> None:
        """What is drawn belongs to lines whose numbers are `count` higher now; numbers are not drawn yet."""
        self._strips = {(number + count, part): strip for (number, part), strip in self._strips.items()}
        self._cuts = {number + count: found for number, found in self._cuts.items()}
        self._painted = None

    def forget_line(self, number: int) -> None:
        """Drop what is drawn of line `number`."""
        for place in [place for place in self._strips if place[0] == number]:
            del self._strips[place]
        self._cuts.pop(number, None)
        self._painted = None

    # Rows of a line

    def height_of(self, number: int) -> int:
        """Rows of the screen that line `number` takes."""
        return len(self.cuts_of(number)) - 1 if self.wrap else 1

    def cuts_of(self, number: int) -> list[int]:
        """Characters of line `number` at which its rows begin, and the end of the last one."""
        found = self._cuts.get(number)
        if found is None:
            if len(self._cuts) >= CACHED_CUTS:
                self._cuts.clear()
            line = self._read(number)
            found = self._cuts[number] = cuts(line.text + self._duration(line), self.room_of(number))
        return found

    def part_at(self, number: int, character: int) -> int:
        """In which row of line `number` its `character` is."""
        if not self.wrap:
            return 0
        return max(0, min(self.height_of(number), bisect_right(self.cuts_of(number), character)) - 1)

    def cells_of(self, number: int) -> int:
        """Cells that the whole text of line `number` takes."""
        line = self._read(number)
        return cell_len(line.text + self._duration(line))

    def room_of(self, number: int) -> int:
        """Cells for the text of line `number`."""
        stamp = STAMP_WIDTH if self.stamps != "off" else 0
        heading = HEADING_WIDTH if number in self._headings else 0
        return max(1, self.line_width - self.number_width - 1 - stamp - heading)

    # Drawing

    def draw_row(self, number: int, part: int, row: int) -> Strip:
        """Row `part` of line `number`, which stands in `row`."""
        selection = self.text_selection
        if selection is not None:
            return self._draw(number, part, row, selection)
        strip = self._strips.get((number, part))
        if strip is None:
            if len(self._strips) >= CACHED_STRIPS:
                self._strips.clear()
            strip = self._strips[number, part] = self._draw(number, part, row, None)
        return strip

    def draw_status(self) -> Strip:
        """The line behind the last one: what the log waits for."""
        spans = self.status.spans or ((self.status.text, self.status.tone or "dim"),)
        return self.strip(self.toned(crop_spans([(" ", ""), *spans], self.line_width)), self.line_width)

    def ruled(self, number: int, part: int, row: int) -> bool:  # noqa: ARG002 - all lines are in sight
        """Whether lines are left out below this row of the screen, which the gutter tells of."""
        return False

    def _draw(self, number: int, part: int, row: int, selection: Selection | None) -> Strip:
        line = self._read(number)
        gutter = self.strip(self._gutter(line, part, rule=self.ruled(number, part, row)), None)
        room = max(0, self.line_width - gutter.cell_length)
        start, runs, fill = self._row(line, part, room, None if selection is None else selection.get_span(row))
        text = self.strip(runs, room, fill)
        if self.app.ALLOW_SELECT:
            text = text.apply_offsets(start, row)
        return Strip([*gutter, *text], self.line_width)

    def _row(
        self, line: LogLine, part: int, room: int, selected: tuple[int, int] | None
    ) -> tuple[int, list[Run], Style | None]:
        """The first character of a row, its runs, and what fills the rest of it."""
        fill = self._selection_style() if self._is_chosen(line.number) else None
        text = line.text + self._duration(line)
        if self.wrap:
            cut = self.cuts_of(line.number)
            part = min(part, len(cut) - 2)  # a new width may be drawn in before the rows are counted for it
            start, end = cut[part : part + 2]
            return start, overlay(self._paint(line, text, len(text), selected), start, end), fill
        seen = window(text, self.pan, room)
        if seen.more:
            seen = window(text, self.pan, room - 1)
        painted = self._paint(line, text, seen.end, selected)
        runs = overlay(painted, seen.start, seen.end)
        if seen.pad:
            runs.insert(0, (" " * seen.pad, painted.base))
        if seen.more:
            shown = seen.pad + cell_len(text[seen.start : seen.end])
            runs.append((" " * (room - 1 - shown), painted.base))
            runs.append((glyphs().crumb, self.tone("dim")))
        return seen.start, runs, fill

    def _gutter(self, line: LogLine, part: int, *, rule: bool) -> list[Run]:
        number, heading = line.number, self._headings.get(line.number)
        sign = " "
        looks = ["log--hit" if number == self.hit >= 0 else "log--number", "tone--dim"]
        words = ["", ""]
        if part:
            looks[0], sign = "log--number", glyphs().wrapped
        else:
            if self.index is not None and self.index.complete:
                words[0] = str(number + 1)
            if number in self.marked:
                looks[1], sign = "tone--accent", glyphs().mark
            words[1] = self._stamp(line) if self.stamps != "off" else ""
        runs = [(words[0].rjust(self.number_width), self.look(looks[0])), (sign, self.look(looks[1]))]
        if self.stamps != "off":
            runs.append((words[1].ljust(STAMP_WIDTH), self.tone("dim")))
        if rule:
            runs = [(text, style + Style(underline=True)) for text, style in runs]
        if heading is not None:
            arrow = glyphs().closed if number in self._folded else glyphs().open
            runs.append((" " * HEADING_WIDTH if part else f"{arrow} ", self.look("log--section")))
        return runs

    def _stamp(self, line: LogLine) -> str:
        if line.timestamp is None:
            return ""
        first = self._begun(line) if self.stamps == "relative" else None
        previous = self._time_before(line.number) if self.stamps == "delta" else None
        return stamp_text(self.stamps, line, first, previous, self.zone)

    def _begun(self, line: LogLine) -> datetime | None:
        """The first time in the log; that of `line` where none is found near the beginning."""
        if self._first_time is None and self.index is not None:
            from data.logtext.when import LogTimes

            first = LogTimes(self.index, self.zone).first
            self._first_time = line.timestamp if first is None else first.time
        return self._first_time

    def _time_before(self, number: int) -> datetime | None:
        """The time of the line before line `number` that has one."""
        times = (self._read(before).timestamp for before in range(number - 1, max(-1, number - 1 - LOOK_BACK), -1))
        return next((time for time in times if time is not None), None)

    def _read(self, number: int) -> LogLine:
        assert self.index is not None
        return self.index.line(number)

    # What is drawn of the text

    def _paint(self, line: LogLine, text: str, seen: int, selected: tuple[int, int] | None) -> Painted:
        """The looks of `text`, which is that of `line` with what stands behind it; matches up to character `seen`."""
        kept = self._painted
        if selected is None and kept is not None and kept.line is line and kept.seen == seen:
            return kept
        end = len(line.text)
        layers: list[list[Look]] = [[(start, stop, self.sgr(sgr)) for start, stop, sgr in line.spans]]
        if len(text) > end:
            layers.append([(end, len(text), self.tone("dim"))])
        if self.pattern is not None:
            over = self.look("log--hit" if line.number == self.hit else "log--match")
            layers.append(_matches(self.pattern, line.text, seen, over))
        if self._is_chosen(line.number):
            layers.append([(0, len(text), self._selection_style())])
        if selected is not None:
            layers.append([(selected[0], end if selected[1] < 0 else selected[1], self._selection_style())])
        painted = Painted(line, text, seen, self._base(line), tuple(layers))
        self._painted = painted if selected is None else None
        return painted

    def _duration(self, line: LogLine) -> str:
        """What stands behind a heading: how long its section took."""
        section = self._headings.get(line.number)
        if section is None or section.hide_duration:
            return ""
        return f"  {glyphs().ellipsis if section.seconds is None else clock(section.seconds)}"

    def _is_chosen(self, number: int) -> bool:
        return self.chosen is not None and self.chosen[0] <= number <= self.chosen[1]

    def _selection_style(self) -> Style:
        return self.screen.get_component_rich_style("screen--selection")

    def _base(self, line: LogLine) -> Style:
        if line.kind == "section_start":
            return self.look("log--section")
        if line.kind == "error" and not line.spans:
            return self.tone("failed")
        return self.look("log--command", "tone--bold") if line.kind == "command" else self.look()


def _matches(pattern: re.Pattern[str], text: str, seen: int, style: Style) -> list[Look]:
    """What `pattern` matches in `text`, as far as it begins before character `seen`; neighbours as one."""
    looks: list[Look] = []
    for found in pattern.finditer(text):
        start, end = found.span()
        if start >= seen:
            break
        if looks and looks[-1][1] == start:
            looks[-1] = looks[-1][0], end, style
        elif end > start:
            looks.append((start, end, style))
    return looks


def overlay(painted: Painted, start: int, end: int) -> list[Run]:
    """Characters `start` to `end` of a line in runs; where looks of several layers meet, each adds what it sets."""
    layers = [
        [look for look in layer if look[0] < end and look[1] > start]
        for layer in painted.layers
        if layer and layer[0][0] < end and layer[-1][1] > start
    ]
    points = {start, end, *(max(start, look[0]) for layer in layers for look in layer)}
    points |= {min(end, look[1]) for layer in layers for look in layer}
    at = [0] * len(layers)
    runs: list[Run] = []
    for left, right in pairwise(sorted(points)):
        style = painted.base
        for place, layer in enumerate(layers):
            look, at[place] = _look_at(layer, at[place], left)
            if look is not None:
                style = look if style is painted.base else style + look
        runs.append((painted.text[left:right], style))
    return runs


def _look_at(layer: Sequence[Look], at: int, position: int) -> tuple[Style | None, int]:
    """The style of `layer` at `position`, and where in the layer the next question begins."""
    while at < len(layer) and layer[at][1] <= position:
        at += 1
    return (layer[at][2] if at < len(layer) and layer[at][0] <= position else None), at
