"""The sections of a log with their durations; one goes to the chosen one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen

from data.logtext.failing import failing_line
from data.logtext.sections import summary
from styles import sheet
from tui.present.text import percent, plural, took
from widgets.cells import Cell, Column
from widgets.facts import Facts
from widgets.glyphs import glyphs
from widgets.grid import Grid, ListSource, Row

if TYPE_CHECKING:
    from data.logtext import LogIndex, Section
    from tui.reading import Reading

COLUMNS: tuple[Column, ...] = (
    Column(key="name", title="section", width=30, min_width=16, flex=1, priority=0),
    Column(key="took", title="took", width=8, align="right", priority=1),
    Column(key="share", title="", width=5, align="right", priority=3),
    Column(key="bar", title="", width=20, min_width=8, priority=2),
)
"""Columns of the list."""
BAR = 20
"""Cells of the bar of a section that takes all the time."""
AROUND = 4
"""Rows of the box beside those of the sections: its border, the heading, the titles of the columns."""


class SectionRow(NamedTuple):
    """One section of the list.

    Attributes:
        offset: byte of its heading; line numbers may change while a large log is being read.
        name: as in the log.
        depth: 0 for one that lies in no other.
        seconds: how long it took, or has taken so far; None where the log does not want it shown, or does not say.
        state: "failed" for the one in which the job failed, "running", or "".
        current: whether one is in it.
    """

    offset: int
    name: str
    depth: int
    seconds: int | None
    state: str
    current: bool


def choose_section(screen: Reading) -> None:
    """Show the sections of the log of `screen`, and go to the one that is chosen."""
    index = screen.index
    if index is None or not index.sections:
        screen.say("this log has no sections", "dim")
        return
    rows = section_rows(index, screen.view.section_of(screen.view.current), int(screen.now().timestamp()))

    def go(offset: int | None) -> None:
        if offset is not None and screen.index is not None:
            screen.view.show_line(screen.index.line_at(offset))

    screen.app.push_screen(SectionsScreen(rows), go)


def section_rows(index: LogIndex, current: int | None, now: int) -> list[SectionRow]:
    """The sections of a log; `current` is the line of the heading of the one that one is in, `now` a Unix time."""
    times = zip(index.sections, summary(index.sections, failing_line(index)), strict=True)
    failing = [time.start for _, time in times if time.failing][-1:]
    return [
        SectionRow(
            index.offset_of(section.start),
            section.name,
            section.depth,
            _seconds(section, now),
            "failed" if section.start in failing else "running" if section.end is None else "",
            section.start == current,
        )
        for section in index.sections
    ]


def _seconds(section: Section, now: int) -> int | None:
    if section.hide_duration:
        return None
    return max(0, now - section.started) if section.end is None else section.seconds


class SectionsScreen(ModalScreen[int | None]):
    """The list; returns the byte offset of the chosen section's heading, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [("escape,q,S", "dismiss(None)", "Close")]
    AUTO_FOCUS = "#sections"
    CSS_PATH: ClassVar = [sheet("sections")]

    def __init__(self, rows: Sequence[SectionRow]) -> None:
        super().__init__()
        self._rows = rows

    def compose(self) -> ComposeResult:
        """A heading above the list."""
        with Vertical(id="sections-box") as box:
            box.styles.height = len(self._rows) + AROUND
            yield Facts(1, id="sections-head")
            yield Grid(COLUMNS, ListSource(_drawn(self._rows)), id="sections")

    def on_mount(self) -> None:
        """Begin at the section that one is in, else at the one that failed."""
        total = sum(row.seconds or 0 for row in self._rows if row.depth == 0)
        head = [Cell(plural(len(self._rows), "section"), "bold"), Cell(took(total)), Cell("enter goes there", "dim")]
        self.query_one(Facts).update([head])
        for wanted in ("current", "failed"):
            for place, row in enumerate(self._rows):
                if row.current if wanted == "current" else row.state == wanted:
                    self.query_one(Grid).move_to(place)
                    return

    def on_grid_opened(self, message: Grid.Opened) -> None:
        """`enter`: go there."""
        self.dismiss(int(message.key))


def _drawn(rows: Sequence[SectionRow]) -> list[Row]:
    """Rows of the grid; the share is that of the time of all outermost sections."""
    total = sum(row.seconds or 0 for row in rows if row.depth == 0)
    return [Row(str(row.offset), _cells(row, total)) for row in rows]


def _cells(row: SectionRow, total: int) -> tuple[Cell, ...]:
    tone = "failed" if row.state == "failed" else ""
    mark = {"failed": glyphs().failed, "running": glyphs().running}.get(row.state, "")
    name = Cell.of(("  " * row.depth, ""), (row.name, tone or "accent"), (f" {mark}".rstrip(), row.state))
    if row.seconds is None:
        return (name, Cell("", "dim"), Cell(), Cell())
    cells = max(1, round(BAR * row.seconds / total)) if row.seconds and total else 0
    share = percent(row.seconds, total) if total else ""
    return (name, Cell(took(row.seconds) or "0:00"), Cell(share, "dim"), Cell(glyphs().ramp[-1] * cells, tone or "dim"))
