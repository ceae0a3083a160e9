"""The tab Queue of Activity: what waits, in the order in which it goes, and the keys that change that."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from textual.app import ComposeResult

from data.errors import LinesideError
from data.model.run import PipelineRun
from data.model.vocabulary import COMMAND_OPEN
from data.model.work import Command
from data.store.port import Sort
from tui.lazyrows import LazyRows
from tui.present.queue import COLUMNS, queue_cells, waits_for, when_text
from tui.present.text import plural
from tui.queueing import at_time, held, in_order, let_go, stepped, write
from tui.reasons_more import why_not_move
from tui.screens.activity_lists import DETAIL, ActivityPane
from widgets.cells import Cell
from widgets.facts import Facts
from widgets.grid import Grid, Row

if TYPE_CHECKING:
    from data.launch.when import When
    from data.store.port import Changes

MOST = 1_000
"""Waiting commands that are shown."""
WHEN = "when"
"""Beginning of the prompt for a time, and name of its history."""
LAUNCH = "launch"
"""Kind of the commands that wait in order."""


class QueuePane(ActivityPane):
    """Waiting commands: launches in order, and what goes as soon as it can."""

    TITLE = "Queue"

    def __init__(self) -> None:
        super().__init__()
        self.waiting: list[Command] = []
        self._runs: dict[str, str] = {}
        self._places: dict[str, int] = {}

    def compose(self) -> ComposeResult:
        """The list."""
        yield Grid(COLUMNS, empty_text=(Cell("reading the queue", "dim"),), id="queue", classes="pane-list")
        yield Facts(DETAIL, id="detail")

    async def load(self) -> None:
        """Read what waits, and the names of the runs that it waits for."""
        if self.store is None:
            return
        page = await self.store.page(Command, where={"state": sorted(COMMAND_OPEN)}, sort=Sort("place"), limit=MOST)
        self.waiting = in_order(page.records)
        behind = sorted({one.after for one in self.waiting if one.after})
        runs = await self.store.get_many(PipelineRun, behind)
        self._runs = {id_: f"#{run.git_pipeline_id}" for id_, run in runs.items()}
        if self.is_attached:
            self.show()
            self.home.refresh_frame()

    async def data_changed(self, changes: Changes) -> None:
        """Read again when a command changed."""
        if Command in changes.put or Command in changes.deleted:
            await self.load()

    def count(self) -> int:
        """What waits."""
        return len(self.waiting)

    def tick(self) -> None:
        """Ages, and times that are nearer now."""
        self.show()

    def set_filter(self, text: str) -> str:
        """Only what holds the text."""
        self.filter = text
        self.show()
        return ""

    def show(self) -> None:
        """Draw the list; places count all launches, also those that the filter hides."""
        self._places = {one.id: at for at, one in enumerate(self.launches(), 1)}
        wanted = self.filter.lower()
        shown = [one for one in self.waiting if wanted in f"{one.title} {one.by} {one.why} {one.answer}".lower()]
        self.nothing("Nothing waits", "Launches that cannot go yet wait here, with the reason")
        self.grid.set_source(LazyRows(shown, lambda one: one.id, self._row))
        self.show_detail()

    def detail(self) -> str:
        """What it waits for, whole, and why it was asked for."""
        command = self.current
        if command is None:
            return ""
        why = f"why: {command.why}" if command.why else ""
        return "  ".join(filter(None, [f"waits for {waits_for(command, self._runs, self.now())}", why]))

    def _row(self, command: Command) -> Row:
        place = self._places.get(command.id, 0)
        return Row(command.id, queue_cells(command, place, self._runs, self.now()))

    def launches(self) -> list[Command]:
        """The launches that wait, in order."""
        return [one for one in self.waiting if one.kind == LAUNCH and one.state == "queued"]

    @property
    def current(self) -> Command | None:
        """The command under the cursor."""
        rows = self.grid.source if self.is_attached else None
        return rows.item(self.grid.cursor_key) if isinstance(rows, LazyRows) else None

    def chosen(self) -> list[Command]:
        """The marked commands in order, else the one under the cursor."""
        marks = self.grid.marks
        marked = [one for one in self.waiting if one.id in marks]
        return marked or ([self.current] if self.current is not None else [])

    def on_grid_opened(self) -> None:
        """`enter`: what it acts on."""
        if self.current is not None:
            self.home.open_target(self.current.target_id)

    def why_not(self, id: str) -> str:
        """Why a waiting command cannot be changed so."""
        if id not in {"withdraw", "queue.hold", "queue.up", "queue.down", "queue.when", "launch.like"}:
            return ""
        if not (chosen := self.chosen()):
            return "nothing waits"
        if id == "launch.like":
            return "" if self.current and self.current.kind == LAUNCH else "only a launch can be made again"
        if len(chosen) > 1:
            return ""
        if id in {"queue.up", "queue.down", "queue.when"}:
            return why_not_move(chosen[0])
        return "" if chosen[0].state == "queued" else "it is being sent"

    def copied(self) -> str:
        """The id under the cursor."""
        return self.current.id if self.current else ""

    # Order

    async def move(self, by: int) -> None:
        """Let the chosen launches go one place earlier (-1) or later (1)."""
        ids = [one.id for one in self.chosen() if not why_not_move(one)]
        changed = stepped(self.launches(), ids, by)
        if not changed:
            self.home.say("it is the first already" if by < 0 else "it is the last already", "dim")
            return
        at = self.grid.cursor_key
        await self._amend(changed, "moved")
        if at is not None and self.is_attached:
            self.grid.go_to(at)

    async def hold(self) -> None:
        """Hold the chosen commands back, or let them go where all are held."""
        chosen = [one for one in self.chosen() if one.state == "queued"]
        if all(one.held for one in chosen):
            await self._amend([let_go(one) for one in chosen], "let go")
        else:
            user = self.home.dashboard.user
            await self._amend([held(one, user) for one in chosen if not one.held], "held back")

    async def _amend(self, commands: Sequence[Command], done: str) -> None:
        """Write changed commands, those that still wait, and say how many did."""
        if self.store is None or not commands:
            return
        seen = {one.id: one for one in self.waiting}
        late = [one for one in commands if not await write(self.store, one, seen.get(one.id, one))]
        await self.load()
        if late:
            went = plural(len(commands) - len(late), "command")
            self.home.say(f"{went} {done}; too late for {', '.join(one.title for one in late)}", "warning")
        elif len(commands) > 1 or done != "moved":
            self.home.say(f"{plural(len(commands), 'command')} {done}")

    # Time

    def ask_when(self) -> None:
        """Ask when the chosen launches go."""
        chosen = [one for one in self.chosen() if not why_not_move(one)]
        if not chosen:
            return
        texts = {when_text(one, self._runs) for one in chosen}
        head = WHEN if len(chosen) == 1 else f"{WHEN} {plural(len(chosen), 'launch')[:-1]}es"
        self._ask([one.id for one in chosen], head, texts.pop() if len(texts) == 1 else "")

    def _ask(self, ids: Sequence[str], head: str, text: str) -> None:
        self.home.ask_line(WHEN, head, text, partial(self._at, ids, head), self._reader())

    def _reader(self) -> Callable[[str], object]:
        from data.launch.when import parse_when

        return lambda text: parse_when(text, self.now())

    async def _at(self, ids: Sequence[str], head: str, text: str) -> None:
        from data.launch.when import parse_when

        when = parse_when(text, self.now())
        try:
            after = await self._run_named(when)
        except LinesideError:
            # What was typed is kept, and what is typed next is not taken for keys of the list.
            self._ask(ids, head, text)
            raise
        chosen = [one for one in self.waiting if one.id in set(ids) and not why_not_move(one)]
        await self._amend([at_time(one, when.not_before, after, when.after_status) for one in chosen], "timed")

    async def _run_named(self, when: When) -> str:
        """Id of the run that is waited for; empty for none.

        Raises:
            LinesideError: there is no such run, or several.
        """
        if not when.after or self.home.feed is None:
            return ""
        from tui.cli.targets import find_run

        return (await find_run(self.home.feed.context, when.after)).id
