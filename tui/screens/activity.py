"""Activity: what was asked for and what became of it, the queue, submissions, schedules, and how all of it is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual.containers import Vertical
from textual.widget import Widget

from data.model.base import Record
from data.model.pipeline import Submission
from data.model.work import Command, Connection, EngineState, Lease, SyncState
from styles import sheet
from tui.look import Look
from tui.present.queue import queue_words
from tui.screens.activity_lists import CommandsPane, StorePane
from tui.screens.base import bindings
from tui.screens.health import HealthPane, engine_words, output_cells, trouble_cells
from tui.screens.listing import ListScreen
from tui.screens.pane import TabPane
from tui.screens.queue import QueuePane
from tui.screens.schedules import SchedulesPane
from tui.screens.submissions import SubmissionsPane
from tui.screens.tabs import Tabbed
from widgets.cells import Cell
from widgets.facts import Facts
from widgets.grid import Grid
from widgets.rows import Row
from widgets.tabstrip import TabStrip

if TYPE_CHECKING:
    from data.store.port import Changes
    from tui.screens.marking import Submitted
    from tui.snapshot import Snapshot

IN_TAB: dict[str, tuple[type[TabPane], ...]] = {
    "withdraw": (CommandsPane, QueuePane),
    "queue.hold": (QueuePane,),
    "queue.up": (QueuePane,),
    "queue.down": (QueuePane,),
    "queue.when": (QueuePane,),
    "launch.like": (CommandsPane, QueuePane, SubmissionsPane),
    "submission.compare": (SubmissionsPane,),
    "schedule.run": (SchedulesPane,),
    "browse": (SchedulesPane,),
}
"""Commands that mean something in some tabs only."""

HEALTH: frozenset[type[Record]] = frozenset({Connection, EngineState, Lease, SyncState})
"""Records that the head tells of."""


class ActivityScreen(Tabbed, ListScreen):
    """The tabs, and a line on the engines and on what is wrong."""

    NAME = "activity"
    TAB = "activity"
    BINDINGS = bindings("activity")
    AUTO_FOCUS = "#commands"
    CSS_PATH: ClassVar = [sheet("tabs"), sheet("activity")]
    PANES: ClassVar[tuple[type[TabPane], ...]] = (
        CommandsPane, QueuePane, SubmissionsPane, SchedulesPane, HealthPane,
    )  # fmt: skip

    def __init__(self, filter: str = "", seen: Snapshot | None = None, tab: str = "") -> None:
        super().__init__()
        self._seen, self._first = seen, filter
        self._tab = tab.lower()
        self._engines: list[Cell] = []
        self._trouble: list[Cell] = []

    def body(self) -> Iterable[Widget]:
        """Head, tabs and the first tab, with its filter."""
        yield Facts(1, id="facts")
        yield TabStrip(id="run-tabs")
        pane = self.active()
        pane.filter = self._first
        with Vertical(id="panes"):
            yield pane

    def crumbs(self) -> tuple[str, ...]:
        """The tab."""
        return ("lineside", "activity", self.active.TITLE.lower())

    def topics(self) -> Sequence[str]:
        """All projects, at the slow pace of an overview, and what the tab looks at."""
        return ("projects", *super().topics())

    @property
    def grid(self) -> Grid:
        """The list of the tab."""
        return self.pane.grid

    def seen_rows(self) -> Sequence[Row]:
        """The commands as they stood when one left."""
        return self._seen.rows if self._seen is not None else ()

    def seen_cursor(self) -> str:
        """The command under the cursor when one left."""
        return self._seen.cursor if self._seen is not None else ""

    def look(self) -> Look:
        """How the commands are looked at, for the next start."""
        return Look(filter=self.query_one(CommandsPane).filter)

    def snapshot_rows(self, count: int) -> list[Row]:
        """The first commands, for the next start."""
        source = self.query_one(CommandsPane).grid.source
        rows = (source.row(index) for index in range(min(source.size, count)))
        return [row for row in rows if row is not None]

    # Data

    async def read(self) -> bool:
        """Who works, and what is wrong; then the tab that was asked for."""
        await self._read_head()
        wanted, self._tab = self._tab, ""
        kind = next((one for one in self.PANES if wanted and wanted == one.TITLE.lower()), None)
        if kind is not None and kind is not self.active:
            await self.show_tab(kind)
        return True

    async def _read_head(self) -> None:
        if self.feed is not None:
            self._engines = await engine_words(self.feed, self.dashboard.backend, self.now())
            self._trouble = await trouble_cells(self.feed)

    async def data_changed(self, changes: Changes) -> None:
        """The head, then the tab that is shown; the others read again when they are shown."""
        touched = {*changes.put, *changes.deleted}
        if touched & HEALTH:
            await self._read_head()
        for pane in self.panes():
            pane.ready = pane.ready and pane is self.pane
        await super().data_changed(changes)

    def head_lines(self) -> Sequence[Sequence[Cell]]:
        """Who works and what waits; what is wrong, and why whole screens are sent, where that is so."""
        pending = self.feed.overview.pending if self.feed else ()
        first = [*queue_words(pending), *self._engines]
        return [first, *filter(None, (self._trouble, output_cells(self.dashboard.output_trouble)))]

    def head_height(self) -> int:
        """One line, and more where something is wrong."""
        return len(self.head_lines())

    def show_head(self) -> None:
        """Draw head and tabs."""
        if self.is_attached:
            self.fit_head()
            super().show_head()

    async def _want(self, start: int, stop: int) -> None:
        if isinstance(self.pane, StorePane):
            await self.pane.want(start, stop)

    def on_grid_moved(self) -> None:
        """Other keys may do something on another row."""
        self.refresh_frame()

    # The filter

    def filter_text(self) -> str:
        """What restricts the tab that is shown."""
        return self.pane.filter if self.query(self.active) else self._first

    def set_filter(self, text: str) -> None:
        """Show what matches `text`."""
        if wrong := self.pane.set_filter(text):
            self.say(wrong, "warning")
        self.refresh_frame()

    def do_filter(self) -> None:
        """`/`: type a filter; the list follows while one types."""
        self._before = self.pane.filter
        complete = None if isinstance(self.pane, HealthPane) else self.complete_filter
        self.dashboard.ask(self, "/", self.pane.filter, complete)

    # Commands

    def why_not(self, id: str) -> str:
        """Why a command cannot be used now: it may belong to another tab."""
        tabs = IN_TAB.get(id)
        if id == "withdraw" and self.just_sent():
            return ""
        if id == "schedule.run" and self.dashboard.read_only:
            return "Lineside runs read-only"
        if tabs is not None and self.active not in tabs:
            titles = [one.TITLE for one in tabs]
            return f"that is done in the tab{'s' * (len(titles) > 1)} {' and '.join(titles)}"
        return super().why_not(id)

    def open_target(self, target: str) -> None:
        """Open what a command acted on, or what came of it."""
        if ":job:" in target:
            self.dashboard.open_log(target)
        elif ":schedule:" in target or not target:
            self.say("nothing came of it yet", "dim")
        else:
            self.dashboard.open_run(target)

    def ask_line(self, name: str, head: str, value: str, answered: Submitted, reads: Callable[[str], object]) -> None:
        """Ask for a line of text in a prompt of the tab; `name` is that of its history."""
        self._prompt(name, head, value, answered, reads, None)

    async def waiting(self) -> list[Command]:
        """The commands that are chosen in the tab."""
        pane = self.pane
        if isinstance(pane, CommandsPane):
            return await pane.chosen()
        return pane.chosen() if isinstance(pane, QueuePane) else []

    async def do_withdraw(self) -> None:
        """`D`: take back what waits; several only after a question. Right after a launch was sent, that one."""
        if self.just_sent():
            return await self.take_back_sent()
        chosen = [one for one in await self.waiting() if one.state == "queued"]
        if not chosen:
            self.say("only a queued command can be taken back", "warning")
        elif len(chosen) == 1:
            await self._take_back(chosen)
        else:
            go = partial(self.work, partial(self._take_back, chosen), group="take-back")
            self.dashboard.confirm(f"Take back {len(chosen)} commands?", [one.title for one in chosen], go)

    async def _take_back(self, commands: Sequence[Command]) -> None:
        if self.feed is None:
            return
        from tui.queueing import take_back

        store, user = self.feed.context.store, self.dashboard.user
        late = [one for one in commands if not await take_back(store, one, user)]
        if not late:
            self.say("taken back" if len(commands) == 1 else f"{len(commands)} taken back")
        elif len(commands) == 1:
            self.say("too late: it is being sent", "warning")
        else:
            names = ", ".join(one.title for one in late)
            self.say(f"{len(commands) - len(late)} of {len(commands)} taken back; being sent: {names}", "warning")

    async def do_queue_hold(self) -> None:
        """`h`: hold back, or let go."""
        await self.query_one(QueuePane).hold()

    async def do_queue_up(self) -> None:
        """`K`: one place earlier."""
        await self.query_one(QueuePane).move(-1)

    async def do_queue_down(self) -> None:
        """`J`: one place later."""
        await self.query_one(QueuePane).move(1)

    def do_queue_when(self) -> None:
        """`w`: when it goes."""
        self.query_one(QueuePane).ask_when()

    async def do_submission_compare(self) -> None:
        """`c`: the marked submissions side by side."""
        await self.query_one(SubmissionsPane).compare()

    def do_launch_like(self) -> None:
        """`T`: the launch form, filled from the submission under the cursor, or from that of the command."""
        self.work(self._launch_like, group="like")

    async def _launch_like(self) -> None:
        pane = self.pane
        found = pane.current if isinstance(pane, SubmissionsPane) else None
        command = pane.current if isinstance(pane, CommandsPane | QueuePane) else None
        if command is not None and self.feed is not None:
            found = await self.feed.context.store.get(Submission, command.id)
        if found is None:
            self.say("it has not been written down yet: that is done when it is sent", "warning")
        else:
            self.dashboard.open_launch(found.project_id, like=found)

    async def do_schedule_run(self) -> None:
        """`p`: run the chosen schedules now, after a question."""
        from tui.actions_more import schedule_command

        by = self.dashboard.user
        self.offer(
            await self.query_one(SchedulesPane).chosen(),
            lambda one: schedule_command(one, self.project_record(one), self.connection_record(one), by=by),  # type: ignore[arg-type]
            ["GitLab makes the pipeline at once, as you: the schedule's own times stay as they are."],
        )

    def address(self) -> str:
        """Where GitLab shows the schedule under the cursor."""
        return self.pane.address() if isinstance(self.pane, SchedulesPane) else ""
