"""How a log looks: line numbers, timestamps, headings of sections, the program's own colours, what was found."""

from __future__ import annotations

import re
from datetime import datetime, tzinfo
from itertools import pairwise
from typing import ClassVar, Literal, TypeAlias

from rich.style import Style
from textual.color import Color
from textual.selection import Selection
from textual.strip import Strip

from data.logtext import PLAIN, LogIndex, LogLine, Section, Sgr
from data.logtext.sgr import Colour
from widgets.cells import Cell, crop_spans
from widgets.glyphs import glyphs
from widgets.lines import LineView
from widgets.paint import TONE_CLASSES, Run

Stamps: TypeAlias = Literal["off", "absolute", "relative"]

NUMBER_WIDTH = 4
"""Least digits of a line number, so that a short log does not jump to the right as it grows."""

STAMP_WIDTH = 9
"""Cells of a timestamp with the space behind it."""

CACHED_STRIPS = 2000
"""Drawn lines that are kept."""

TERMINAL_COLOURS = 16
"""Numbers of the palette below this are drawn as the theme's `log-0` to `log-15`."""

HOUR, MINUTE = 3600, 60


def clock(seconds: int) -> str:
    """A duration as `0:07` or `1:02:03`."""
    hours, rest = divmod(max(0, seconds), HOUR)
    minutes, left = divmod(rest, MINUTE)
    return f"{hours}:{minutes:02}:{left:02}" if hours else f"{minutes}:{left:02}"


class LogPaint(LineView):
    """The lines of a log index, drawn; `LogView` adds the keys."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {*TONE_CLASSES, "log--number", "log--section", "log--match", "log--hit"}

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.index: LogIndex | None = None
        self.number_width = NUMBER_WIDTH
        self.pan = 0
        self.stamps: Stamps = "off"
        self.zone: tzinfo | None = None
        """Time zone of absolute timestamps; None is the machine's own."""
        self.status = Cell()
        self.pattern: re.Pattern[str] | None = None
        self.hit = -1
        """The line that was found, or gone to, last; -1 for none."""
        self._headings: dict[int, Section] = {}
        self._folded: set[int] = set()
        self._strips: dict[int, Strip] = {}
        self._sgr: dict[Sgr, Style] = {}

    def forget_lines(self) -> None:
        """Drop the drawn lines and the colours of programs."""
        self._strips.clear()
        self._sgr.clear()

    def line_of_row(self, row: int) -> int:
        """The line of the log that stands in `row`."""
        return row

    def draw_line(self, number: int, row: int) -> Strip:
        """Line `number` as it stands in `row`."""
        selection = self.text_selection
        if selection is not None:
            return self._draw(self._read(number), row, selection)
        strip = self._strips.get(number)
        if strip is None:
            if len(self._strips) >= CACHED_STRIPS:
                self._strips.clear()
            strip = self._strips[number] = self._draw(self._read(number), row, None)
        return strip

    def draw_unnumbered(self, line: LogLine) -> Strip:
        """A line whose number is not known yet."""
        return self._draw(line, 0, None)

    def _read(self, number: int) -> LogLine:
        assert self.index is not None
        return self.index.line(number)

    def draw_status(self) -> Strip:
        """The line behind the last one: what the log waits for."""
        spans = self.status.spans or ((self.status.text, self.status.tone or "dim"),)
        return self.strip(self.toned(crop_spans([(" ", ""), *spans], self.line_width)), self.line_width)

    def _draw(self, line: LogLine, row: int, selection: Selection | None) -> Strip:
        gutter = self.strip(self._gutter(line), None)
        room = max(0, self.line_width - gutter.cell_length)
        runs = self._runs(line, None if selection is None else selection.get_span(row))
        text = self.strip(runs, self.pan + room).crop(self.pan, self.pan + room)
        if self.app.ALLOW_SELECT:
            text = text.apply_offsets(self.pan, row)
        return Strip([*gutter, *text], self.line_width)

    def _gutter(self, line: LogLine) -> list[Run]:
        name = "log--hit" if line.number == self.hit >= 0 else "log--number"
        number = str(line.number + 1) if line.number >= 0 else ""
        runs = [(number.rjust(self.number_width), self.look(name)), (" ", self.look())]
        if self.stamps != "off":
            runs.append((self._stamp(line.timestamp).ljust(STAMP_WIDTH), self.tone("dim")))
        section = self._headings.get(line.number)
        if section is not None:
            folded = line.number in self._folded
            runs.append((f"{glyphs().closed if folded else glyphs().open} ", self.look("log--section")))
        return runs

    def _stamp(self, timestamp: datetime | None) -> str:
        if timestamp is None:
            return ""
        if self.stamps == "absolute":
            return timestamp.astimezone(self.zone).strftime("%H:%M:%S")
        assert self.index is not None
        first = self.index.line(0).timestamp or timestamp
        return f"+{clock(int((timestamp - first).total_seconds()))}"

    def _runs(self, line: LogLine, selected: tuple[int, int] | None) -> list[Run]:
        """The text of `line` with its looks, and behind the heading of a section how long it took."""
        base = self._base(line)
        looks: list[tuple[int, int, Style]] = []
        for start, end, sgr in line.spans:
            looks.append((start, end, self.sgr(sgr)))
        if self.pattern is not None:
            name = "log--hit" if line.number == self.hit else "log--match"
            over = self.look(name)
            looks += [(*found.span(), over) for found in self.pattern.finditer(line.text) if found.group()]
        if selected is not None:
            end = len(line.text) if selected[1] < 0 else selected[1]
            looks.append((selected[0], end, self.screen.get_component_rich_style("screen--selection")))
        runs = _overlay(line.text, base, looks)
        section = self._headings.get(line.number)
        if section is not None and not section.hide_duration:
            took = section.seconds
            runs.append((f"  {glyphs().ellipsis if took is None else clock(took)}", self.tone("dim")))
        return runs

    def _base(self, line: LogLine) -> Style:
        if line.kind == "section_start":
            return self.look("log--section")
        if line.kind == "error" and not line.spans:
            return self.tone("failed")
        return self.tone("bold") if line.kind == "command" else self.look()

    def sgr(self, sgr: Sgr) -> Style:
        """The style for what a program asked for, legible on the theme's background."""
        found = self._sgr.get(sgr)
        if found is None:
            found = self._sgr[sgr] = self.look() if sgr == PLAIN else self._make_style(sgr)
        return found

    def _make_style(self, sgr: Sgr) -> Style:
        style = self.look()
        foreground, background = self._colour(sgr.fg), self._colour(sgr.bg)
        if background is not None:
            style += Style(bgcolor=background.rich_color)
            if background.ansi is None and (foreground is None or isinstance(sgr.bg, int)):
                foreground = background.get_contrast_text(1.0)
        elif sgr.bg is not None:
            style += Style(reverse=True)
        if foreground is not None:
            style += Style(color=foreground.rich_color)
        elif sgr.dim:
            style += self.tone("dim")
        return style + Style(
            bold=sgr.bold or None,
            italic=sgr.italic or None,
            underline=sgr.underline or None,
            reverse=sgr.reverse or None,
        )

    def _colour(self, colour: Colour) -> Color | None:
        terminal = [Color.parse(self.app.theme_variables[f"log-{number}"]) for number in (1, 2)]
        if colour is None or terminal[0] == terminal[1]:  # a theme without colours
            return None
        if isinstance(colour, tuple):
            return Color(*colour)
        if colour < TERMINAL_COLOURS:
            return Color.parse(self.app.theme_variables[f"log-{colour}"])
        from rich.color import Color as RichColor

        return Color(*RichColor.from_ansi(colour).get_truecolor())


def _overlay(text: str, base: Style, looks: list[tuple[int, int, Style]]) -> list[Run]:
    """`text` in runs; where several of `looks` (start, end, style) meet, the last one wins what it sets."""
    if not looks:
        return [(text, base)]
    cuts = sorted({0, len(text), *(min(max(0, at), len(text)) for start, end, _ in looks for at in (start, end))})
    runs: list[Run] = []
    for start, end in pairwise(cuts):
        style = base
        for first, last, over in looks:
            if first <= start and end <= last:
                style = over if style is base else style + over
        runs.append((text[start:end], style))
    return runs
