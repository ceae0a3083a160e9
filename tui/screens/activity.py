"""Activity: what was asked for and what became of it; the health of each connection; who polls; what the disk holds."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.widget import Widget

from data.model.work import Command, Connection, EngineState, Lease, SyncState
from styles import sheet
from tui.present.activity import COMMAND_COLUMNS, CONNECTION_COLUMNS, command_cells, connection_cells, space_cells
from tui.present.text import plural
from tui.rows import StoreRows
from tui.screens.base import bindings
from tui.screens.listing import ListScreen
from widgets.cells import Cell
from widgets.facts import Facts
from widgets.grid import Grid, ListSource, Row

if TYPE_CHECKING:
    from data.store.port import Changes
    from data.store.space import Space

SYNC_STATES = 500
"""Projects, experiments and logs among which one looks for what is wrong."""
CONNECTION_LINES = 5
"""Lines for the connections: a heading and four servers; more scroll."""
SPACE_PACE = 30.0
"""Seconds between two looks at the sizes of all files."""


class ActivityScreen(ListScreen):
    """Commands and connections."""

    NAME = "activity"
    TAB = "activity"
    BINDINGS = bindings("activity")
    CSS_PATH: ClassVar = [sheet("activity")]
    COLUMNS = COMMAND_COLUMNS
    EMPTY: ClassVar[tuple[str, ...]] = (
        "Nothing was asked for yet",
        "Launches, cancels, retries and plays appear here with the server's answer",
    )

    _space: Space | None = None
    _measured = float("-inf")

    def body(self) -> Iterable[Widget]:
        """Connections, the engines, the space taken, and the commands below."""
        connections = Grid(CONNECTION_COLUMNS, empty_text=(Cell("no connection yet", "dim"),), id="connections")
        connections.styles.height = CONNECTION_LINES
        yield connections
        yield Facts(3, id="engines")
        yield Grid(COMMAND_COLUMNS, empty_text=self.opening(), id="list")

    def topics(self) -> Sequence[str]:
        """All projects, at the slow pace of an overview."""
        return ("projects",)

    async def reload(self) -> None:
        """Read connections, engines and commands."""
        feed = self.feed
        if feed is None:
            return
        store = feed.context.store
        self._show_connections()
        await self._show_engines()
        if time.monotonic() - self._measured >= SPACE_PACE:
            self._measured = time.monotonic()
            self.work(self._measure, group="space")
        listing = await store.listing(Command, query=self.parsed())
        rows = StoreRows(listing, lambda command: command_cells(command, self.now()))
        start, stop = self.grid.in_sight
        await rows.load(0, max(stop, self.grid.page) + 1)
        await rows.load(start, stop + 1)
        self.grid.set_source(rows)
        if not rows.size:
            self.nothing()

    def _show_connections(self) -> None:
        connections = self.feed.overview.connections if self.feed else ()
        rows = [Row(connection.id, connection_cells(connection, self.now())) for connection in connections]
        self.query_one("#connections", Grid).set_source(ListSource(rows))

    async def _show_engines(self) -> None:
        assert self.feed is not None
        store = self.feed.context.store
        leases = (await store.page(Lease, limit=200)).records
        live = [lease for lease in leases if lease.expires > self.now()]
        owners = sorted({lease.owner for lease in live})
        engines = await store.get_many(EngineState, owners)
        words = [Cell("engine", "dim")]
        for owner in owners:
            engine = engines.get(owner)
            where = f"{engine.host} pid {engine.pid}" if engine else owner
            words.append(Cell(f"{where}: {plural(sum(lease.owner == owner for lease in live), 'lease')}"))
        own = self.dashboard.backend.engine if self.dashboard.backend else None
        if not owners and own is not None and own.running:
            words.append(Cell(f"pid {own.pid}, no project yet"))
        elif not owners:
            words.append(Cell("none is running; start one with: lineside engine", "warning"))
        self.query_one("#engines", Facts).update([words, self._space_line(), await self._trouble()])

    async def _measure(self) -> None:
        """Read the sizes of all logs, in a thread: there may be very many."""
        from data.store.space import measure

        if self.feed is not None:
            context = self.feed.context
            names = context.settings.names("gitlab")
            self._space = await asyncio.to_thread(measure, context.logs, context.store_path, names)
            await self._show_engines()

    def _space_line(self) -> list[Cell]:
        if self._space is None or self.feed is None:
            return []
        return space_cells(self._space, self.feed.context.settings.logs.quota, self.feed.overview.names)

    async def _trouble(self) -> list[Cell]:
        """What is wrong, in full: the columns above cut long sentences."""
        assert self.feed is not None
        if self.feed.trouble:
            return [Cell(self.feed.trouble, "failed")]
        for one in self.feed.overview.connections:
            if one.state not in {"ok", "unknown"}:
                hint = Cell(one.hint, "dim")
                return [Cell(f"{one.name}: {one.last_error}", "failed"), hint]
        page = await self.feed.context.store.page(SyncState, limit=SYNC_STATES)
        for state in page.records:
            # what a log waits for is no trouble, and is said below the log
            if state.last_error and not state.id.startswith("log:"):
                return [Cell(f"{state.what or state.id}: {state.last_error}", "failed"), Cell(state.hint, "dim")]
        return []

    async def data_changed(self, changes: Changes) -> None:
        """Read again when commands, connections or engines changed."""
        touched = {*changes.put, *changes.deleted}
        if touched & {Command, EngineState, Lease, SyncState}:
            self.load()
        elif Connection in touched:
            self._show_connections()
            await self._show_engines()

    def on_grid_opened(self, message: Grid.Opened) -> None:
        """`enter`: the run that came of a command, or the one it acted on."""
        rows = self.grid.source
        command = rows.record(message.index) if message.grid.id == "list" and isinstance(rows, StoreRows) else None
        if command is None:
            return
        target = command.result_id or command.target_id
        if ":job:" in target:
            self.dashboard.open_log(target)
        elif target:
            self.dashboard.open_run(target)
        else:
            self.say("nothing came of it yet", "dim")

    def why_not(self, id: str) -> str:
        """Only a queued command can be taken back."""
        if id == "withdraw":
            rows = self.grid.source if self.is_attached else None
            command = rows.record(self.grid.cursor) if isinstance(rows, StoreRows) else None
            if command is None or command.state != "queued":
                return "only a queued command can be taken back"
        return super().why_not(id)

    async def do_withdraw(self) -> None:
        """`D`: take back a queued command."""
        if self.feed is None or self.grid.cursor_key is None:
            return
        done = await self.feed.context.store.withdraw(self.grid.cursor_key)
        self.say("taken back" if done else "too late: it is being sent", "" if done else "warning")
