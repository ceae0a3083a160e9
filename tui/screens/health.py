"""The tab Health of Activity: each connection, who works, what the disk holds, and what is wrong."""

from __future__ import annotations

import asyncio
import time
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult

from data.model.base import Record
from data.model.vocabulary import TEAM_STORE
from data.model.work import Connection, EngineState, Lease, SyncState
from tui.present.activity import CONNECTION_COLUMNS, connection_cells, space_cells
from tui.present.text import age, plural
from tui.screens.activity_lists import ActivityPane
from tui.workers import workers
from widgets.cells import Cell, Column
from widgets.facts import Facts
from widgets.grid import Grid, ListSource, Row

if TYPE_CHECKING:
    from data.store.port import Changes
    from data.store.space import Space
    from tui.feed import Feed
    from tui.opening import Backend

SYNC_STATES = 500
"""Projects, experiments and logs whose copies are shown."""
CONNECTION_LINES = 6
"""Lines for the connections at most: a heading and five servers; more scroll."""
SPACE_PACE = 30.0
"""Seconds between two looks at the sizes of all files."""
LOG = "log:"
"""Beginning of the ids of states that say what a log waits for: that is no trouble, and is said below the log."""
SYNC_COLUMNS: tuple[Column, ...] = (
    Column(key="what", title="copy of", width=30, min_width=14, flex=2, priority=0),
    Column(key="on", title="on", width=12, min_width=6, priority=2),
    Column(key="success", title="up to date", width=10, min_width=10, align="right", priority=1),
    Column(key="back", title="complete back to", width=16, min_width=16, priority=3),
    Column(key="error", title="", width=40, min_width=20, flex=4, priority=0),
)
"""Columns of the copies of projects and experiments."""


class HealthPane(ActivityPane):
    """Connections above, then engines and space, then how far each copy is."""

    TITLE = "Health"
    KINDS: ClassVar[frozenset[type[Record]]] = frozenset({Connection, EngineState, Lease, SyncState})

    _space: Space | None = None
    _measured = float("-inf")

    def compose(self) -> ComposeResult:
        """Connections, facts, copies."""
        yield Grid(CONNECTION_COLUMNS, empty_text=(Cell("no connection yet", "dim"),), id="connections")
        yield Facts(2, id="engines")
        yield Grid(SYNC_COLUMNS, empty_text=(Cell("nothing was copied yet", "dim"),), id="copies", classes="pane-list")

    async def load(self) -> None:
        """Read all of it."""
        feed = self.home.feed
        if feed is None:
            return
        self._show_connections()
        await self._show_engines(feed)
        await self._show_copies(feed)
        if time.monotonic() - self._measured >= SPACE_PACE:
            self._measured = time.monotonic()
            self.home.work(self._measure, group="space")

    async def data_changed(self, changes: Changes) -> None:
        """Read again what changed."""
        if self.KINDS & {*changes.put, *changes.deleted}:
            await self.load()

    def set_filter(self, text: str) -> str:
        """Only the copies whose name or trouble holds the text."""
        self.filter = text
        self.home.work(self.load, group="load-health")
        return ""

    def tick(self) -> None:
        """Ages."""
        self._show_connections()

    def _show_connections(self) -> None:
        connections = self.home.feed.overview.connections if self.home.feed else ()
        rows = [Row(connection.id, connection_cells(connection, self.now())) for connection in connections]
        grid = self.query_one("#connections", Grid)
        height = min(len(rows) + 1, CONNECTION_LINES)
        if grid.styles.height is None or grid.styles.height.value != height:
            grid.styles.height = height
        grid.set_source(ListSource(rows))

    async def _show_engines(self, feed: Feed) -> None:
        words = await engine_words(feed, self.home.dashboard.backend, self.now())
        if self.is_attached:
            self.query_one("#engines", Facts).update([words, self._space_line(feed)])

    async def _show_copies(self, feed: Feed) -> None:
        page = await feed.context.store.page(SyncState, limit=SYNC_STATES)
        wanted = self.filter.lower()
        states = [one for one in page.records if not one.id.startswith(LOG)]
        shown = [one for one in states if wanted in f"{one.what or one.id} {one.connection} {one.last_error}".lower()]
        shown.sort(key=lambda one: (not one.last_error, one.what or one.id))
        if self.is_attached:
            self.nothing("Nothing was copied yet", "An engine reads the projects of the configuration")
            self.grid.set_source(ListSource(Row(one.id, sync_cells(one, self.now())) for one in shown))

    async def _measure(self) -> None:
        """Read the sizes of all logs, in a thread: there may be very many."""
        from data.store.space import measure

        feed = self.home.feed
        if feed is not None:
            context = feed.context
            names = context.settings.names("gitlab")
            self._space = await asyncio.to_thread(measure, context.logs, context.store_path, names)
            await self._show_engines(feed)

    def _space_line(self, feed: Feed) -> list[Cell]:
        if self._space is None:
            return []
        return space_cells(self._space, feed.context.settings.logs.quota, feed.overview.names)


def sync_cells(state: SyncState, now: datetime) -> tuple[Cell, ...]:
    """A row: a cell per entry of `SYNC_COLUMNS`."""
    back = state.backfilled_to
    error = f"{state.last_error}. {state.hint}" if state.hint else state.last_error
    return (
        Cell(state.what or state.id),
        Cell(state.connection, "dim"),
        Cell(age(state.last_success, now), "dim"),
        Cell(f"{back.astimezone():%Y-%m-%d}" if back else "", "dim"),
        Cell(error, "failed"),
    )


async def engine_words(feed: Feed, backend: Backend | None, now: datetime) -> list[Cell]:
    """Who works: each engine with its leases; what to do where there is none."""
    found = await workers(feed.context, now)
    words = [Cell("engine", "dim")]
    words += [Cell(f"{one.where}: {plural(len(one.leases), 'lease')}") for one in found]
    team = next((one for one in feed.overview.connections if one.id == TEAM_STORE), None)
    own = backend.engine if backend else None
    if found:
        return words
    if team is not None and team.state != "ok":
        words.append(Cell("nobody knows who works while the team store is away", "warning"))
    elif own is not None and own.running:
        words.append(Cell(f"pid {own.pid}, no project yet"))
    else:
        words.append(Cell("none is running; start one with: lineside engine", "warning"))
    return words


async def trouble_cells(feed: Feed) -> list[Cell]:
    """What is wrong, in full: columns cut long sentences. Empty where nothing is."""
    if feed.trouble:
        return [Cell(feed.trouble, "failed")]
    for one in feed.overview.connections:
        if one.state not in {"ok", "unknown"}:
            return [Cell(f"{one.name}: {one.last_error}", "failed"), Cell(one.hint, "dim")]
    for state in (await feed.context.store.page(SyncState, limit=SYNC_STATES)).records:
        if state.last_error and not state.id.startswith(LOG):
            return [Cell(f"{state.what or state.id}: {state.last_error}", "failed"), Cell(state.hint, "dim")]
    return []


def output_cells(off: str) -> list[Cell]:
    """Why screens are sent whole, where something switched the lean output off."""
    return [Cell(off, "warning")] if off else []
