"""The viewer's screen: name, size and section above the log, keys and sentences below it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from textual.app import ComposeResult
from textual.binding import Binding
from textual.message import Message

from data.errors import LinesideError
from data.logtext import Lead, LogIndex
from tui.present.text import size
from tui.reading import Reading
from tui.screens.base import LinesideScreen, bindings
from tui.seldom import Seldom
from tui.viewer_source import Source
from widgets.cells import Cell
from widgets.frame import Foot, Head
from widgets.logview import LogView

LOOK_SECONDS = 0.1
"""Seconds between two looks at a file: what is appended seems to appear at once, and looking costs some 10 µs."""


FIRST_LOOK = 131_072
"""Bytes of a large file that are read for the first frame: some pages."""


class TailFirst(LogIndex):
    """An index of which the end is shown before anything else is read, so that the first frame need not wait."""

    waits = True

    def lead(self) -> Lead | None:
        """What lies before the end, as soon as somebody has time for it."""
        return None if self.waits else super().lead()


class Wishes(NamedTuple):
    """How to begin.

    Attributes:
        place: where to go, as `ctrl+g` takes it; empty for the end.
        search: what to search for.
        wrap: wrap long lines.
        said: a sentence to begin with.
    """

    place: str = ""
    search: str = ""
    wrap: bool = False
    said: str = ""


class ViewScreen(Reading, LinesideScreen):
    """One of several files at a time."""

    class Failed(Message):
        """There is nothing to show."""

        def __init__(self, error: LinesideError) -> None:
            super().__init__()
            self.error = error

    NAME = "view"
    AUTO_FOCUS = "#log"
    BINDINGS = [
        *bindings("view"),
        Binding("ctrl+c", "interrupt", "Stop reading", show=False, id="view.interrupt"),
    ]

    def __init__(self, openers: Sequence[Callable[[], Source]], wishes: Wishes) -> None:
        super().__init__()
        self._openers = openers
        self._wishes = wishes
        self._sources: dict[int, Source] = {}
        self._place = 0
        self._ready = False
        """Whether the first frame stands."""
        self.index: TailFirst | None = None
        self._seldom = Seldom()
        self._section = ""
        self._section_of: tuple[int, int] | None = None

    def compose(self) -> ComposeResult:
        """Three parts: no rules and no tabs, so that as much as can be is the log's."""
        yield Head(id="head")
        yield LogView(id="log")
        yield Foot(id="foot")

    async def on_mount(self) -> None:
        """Open the first file: what the first frame shows."""
        try:
            self._show(0)
        except LinesideError as error:  # it could be opened a moment ago
            self.post_message(self.Failed(error))

    @property
    def source(self) -> Source:
        """What is shown."""
        return self._sources[self._place]

    def log_path(self) -> Path:
        """The file of what is shown."""
        return self.source.path

    def log_name(self) -> str:
        """The name of what is shown, made another one so that a copy beside it is no question."""
        return f"{Path(self.source.name).stem}-copy"

    # The file

    def _show(self, place: int) -> None:
        """Show one of the files.

        Raises:
            LinesideError: it cannot be opened any more.
        """
        if place not in self._sources:
            self._sources[place] = self._openers[place]()
        self._place = place
        self._open()

    def _open(self) -> None:
        self.index = TailFirst(self.source.path, tail=FIRST_LOOK)
        self.index.waits = not self._ready
        self.view.open(self.index)
        self.view.set_status(self.source.status)
        self.refresh_frame()

    def first_frame_stands(self) -> None:
        """Read all of the file, and go where the command line said."""
        self._ready = True
        if self.index is not None:
            self.index.waits = False
            self.view.grow()
        if self._wishes.wrap:
            self.view.set_wrap(True)
        if self._wishes.said:
            self.say(self._wishes.said, "warning")
        self._grant_wishes()
        self.set_interval(LOOK_SECONDS, self._look_in_turn)

    def _grant_wishes(self) -> None:
        """Search and go to the place that was asked for; of a stream, as soon as it has come."""
        search, place, flows = self._wishes.search, self._wishes.place, self.source.flows
        if not self.view.lines and flows:
            return
        if search:
            self._say_wrong(self.search_for(search))
        wrong = self.view.goto(place) if place else ""
        if wrong and flows:
            self._wishes = self._wishes._replace(search="")
            return
        self._say_wrong(wrong)
        self._wishes = Wishes()

    def _look_in_turn(self) -> None:
        if self._seldom.is_due(self.app.app_focus):
            self.look()

    def look(self) -> None:
        """See what happened to the file."""
        look = self.source.look()
        if look.news == "another":
            self._open()
        elif look.news == "grown":
            self.view.grow()
        if self._wishes.search or self._wishes.place:
            self._grant_wishes()
        self.view.set_status(self.source.status)
        if look.said:
            self.say(look.said, "warning")
        self.refresh_frame()

    def do_view_next_file(self) -> None:
        """`}`: the next file."""
        self._neighbour(1)

    def do_view_previous_file(self) -> None:
        """`{`: the previous file."""
        self._neighbour(-1)

    def _neighbour(self, step: int) -> None:
        place = self._place + step
        if not 0 <= place < len(self._openers):
            self.say(f"this is the {'last' if step > 0 else 'first'} file", "dim")
            return
        self.give_up_copy()
        try:
            self._show(place)
        except LinesideError as error:
            self.say(str(error), "failed")

    def action_interrupt(self) -> None:
        """`ctrl+c`: copy what the mouse selected, else read no more of a stream."""
        selected = self.get_selected_text()
        if selected:
            self.dashboard.copy(selected)
        elif self.source.interrupt():
            self.look()
        else:
            self.say("q quits", "dim")

    def on_unmount(self) -> None:
        """Let go of everything."""
        if self.index is not None:
            self.index.close()
        for source in self._sources.values():
            source.close()

    # The frame

    def refresh_frame(self) -> None:
        """Draw the first and the last line again where they differ from what stands there."""
        if not self.is_attached or not self._sources:
            return
        self.query_one(Head).update(("lineside", *self._titles()), self._measures())
        self._refresh_foot()

    def _titles(self) -> tuple[str, ...]:
        """Name of the file, its place among several, and the section that one is in."""
        many = len(self._openers)
        place = f"{self._place + 1}/{many} " if many > 1 else ""
        section = self._section_name()
        return (place + self.source.name, *([section] if section else []))

    def _measures(self) -> tuple[Cell, ...]:
        index = self.index
        if index is None:
            return ()
        if index.complete:
            lines = Cell(f"{index.lines:,} line{'' if index.lines == 1 else 's'}", "dim")
        else:
            lines = Cell(f"indexing {100 * (index.size - index.start) // max(1, index.size)} %", "running")
        shown = (Cell.of((f"{self.filter_sign()} ", "dim"), (self.filtered_by, "accent")),) if self.filtered_by else ()
        return (*shown, lines, Cell(size(index.size)))

    def _section_name(self) -> str:
        """Heading of the section that the current line lies in."""
        index = self.index
        if index is None or not index.lines or not index.sections:
            return ""
        state = (self.view.current, len(index.sections))
        if state != self._section_of:
            self._section_of = state
            start = self.view.section_of(self.view.current)
            self._section = "" if start is None else index.line(start).text.strip()
        return self._section

    # Commands

    def do_back(self) -> None:
        """`esc`: end the search, else the filter."""
        if self.searched:
            self.end_search()
        elif self.filtered_by:
            self.end_filter()

    def perform(self, id: str) -> None:
        """Carry a command out soon, for callers that no key has called."""
        self.app.call_later(partial(self.action_command, id))
