"""What the dashboard reads: changes in the store, what every screen shows of it, and what is looked at."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from data.errors import LinesideError, StoreError
from data.model.project import Project
from data.model.run import PipelineRun
from data.model.vocabulary import ACTIVE, COMMAND_OPEN
from data.model.work import Command, Connection, Interest
from tui.alerts import Alerts
from tui.journal import unexpected
from tui.seldom import SELDOM

if TYPE_CHECKING:
    from data.store.port import Changes
    from tui.context import Context

log = logging.getLogger(__name__)

POLL = 0.1
"""Seconds between two looks at the store's revision; a look costs microseconds."""
RETRY = 1.0
"""Seconds until a store that could not be read is asked again."""
INTEREST_TTL = timedelta(seconds=15)
"""How long the engine goes on serving a viewer that does not speak up again."""
INTEREST_EVERY = 5.0
"""Seconds between two renewals of what is looked at."""
AWAY = 20.0
"""Seconds without the focus after which servers are asked less often. The terminal may be in sight all the same."""
AWAY_EVERY = 30.0
"""Seconds between two renewals then: how old what is shown may be."""
AWAY_TTL = timedelta(seconds=3)
"""How long the engine serves each of those: for a look or two at the servers."""
COMMANDS_SHOWN = 200
"""Open commands read for the first line and the pending marks."""
WATCHED = 500
"""Runs whose end is noticed; a first synchronisation brings many more at once, of which nobody wants to hear."""


@dataclass
class Overview:
    """What every screen shows: connections, names, what is under way."""

    connections: tuple[Connection, ...] = ()
    names: dict[str, str] = field(default_factory=dict)
    """Project id to name."""
    projects: dict[str, Project] = field(default_factory=dict)
    """The same with all that is known of them: what our role allows, for instance."""
    active: int = 0
    pending: tuple[Command, ...] = ()
    """Commands that wait for their outcome."""

    def pending_for(self, target_id: str) -> Command | None:
        """The open command on a record."""
        return next((command for command in self.pending if command.target_id == target_id), None)


class Feed:
    """The dashboard's side of the store.

    Args:
        on_change: called on the event loop with what changed, after the overview was read again; with None after a
            time in which the store could not be read: anything may have changed.
        on_end: called with runs that were active and have ended.
    """

    def __init__(
        self,
        context: Context,
        viewer: str,
        on_change: Callable[[Changes | None], Awaitable[None]],
        on_end: Callable[[list[PipelineRun]], None],
    ) -> None:
        self.context = context
        self.viewer = viewer
        self.overview = Overview()
        self.trouble = ""
        """Why the store cannot be read at the moment; empty when it can."""
        self._on_change, self._on_end = on_change, on_end
        self._alerts = Alerts(())
        self._seen = 0
        self._topics: tuple[str, ...] = ()
        self._renewed = 0.0
        self._left: float | None = None
        """When the terminal lost the focus, as the event loop counts; None while it has it."""
        self._back = asyncio.Event()
        """Somebody is here again: look at once."""

    async def open(self) -> None:
        """Read the overview for the first time."""
        self._file = await asyncio.to_thread(self._file_id)
        self._seen = await self.context.store.revision()
        await self._read_overview(None)

    async def run(self) -> None:
        """Notice changes until cancelled. A store that cannot be read for a while is asked again."""
        while True:
            await self._rest()
            try:
                await self._look()
            except LinesideError as error:
                self._failed(str(error))
            except Exception as error:  # whatever went wrong, the next change is to be noticed all the same
                self._failed(unexpected(error))

    def attend(self, focus: bool) -> None:
        """The terminal has the focus, or has it no more: look at the store less often, and soon at the servers."""
        if not focus and self._left is None:
            self._left = asyncio.get_running_loop().time()
            self._back.clear()
        elif focus and self._left is not None:
            self._left, self._renewed = None, 0.0
            self._back.set()

    def _is_away(self) -> bool:
        """Whether the terminal has had no focus for a while."""
        return self._left is not None and asyncio.get_running_loop().time() - self._left > AWAY

    async def _rest(self) -> None:
        if self._left is None:
            await asyncio.sleep(RETRY if self.trouble else POLL)
            return
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._back.wait(), SELDOM)

    def _failed(self, sentence: str) -> None:
        if sentence != self.trouble:
            log.warning("store: %s", sentence)
        self.trouble = sentence

    async def _look(self) -> None:
        store = self.context.store
        loop = asyncio.get_running_loop()
        every = AWAY_EVERY if self._is_away() else INTEREST_EVERY
        if self.trouble or loop.time() - self._renewed > every:
            await self._check_file()
            await self._renew()
        revision = await store.revision()
        if self.trouble:
            self._seen = revision
            await self._read_overview(None)
            self.trouble = ""
            await self._on_change(None)
        elif revision != self._seen:
            changes = await store.changes(self._seen)
            self._seen = changes.revision
            if changes.put or changes.deleted:
                await self._read_overview(changes)
                await self._on_change(changes)

    def _file_id(self) -> tuple[int, int] | None:
        """What tells the store's file from another one of its name; None where there is none."""
        try:
            found = os.stat(self.context.store_path)
        except OSError:
            return None
        return found.st_dev, found.st_ino

    async def _check_file(self) -> None:
        """SQLite goes on with a file that was deleted, and so would we, without anybody else to see our writes."""
        found = await asyncio.to_thread(self._file_id)
        if found != self._file:
            what = "is gone" if found is None else "was replaced by another file"
            raise StoreError(f"the store {self.context.store_path} {what}", hint="start Lineside again")

    async def _read_overview(self, changes: Changes | None) -> None:
        store = self.context.store
        touched = None if changes is None else {*changes.put, *changes.deleted}
        if touched is None or Connection in touched:
            self.overview.connections = (await store.page(Connection, limit=100)).records
        if touched is None or Project in touched:
            projects = (await store.page(Project, limit=1000)).records
            self.overview.names = {project.id: project.name for project in projects}
            self.overview.projects = {project.id: project for project in projects}
        if touched is None or PipelineRun in touched:
            self.overview.active = await store.count(PipelineRun, where={"status": sorted(ACTIVE), "parent_run_id": ""})
        if touched is None or Command in touched:
            found = await store.page(Command, where={"state": sorted(COMMAND_OPEN)}, limit=COMMANDS_SHOWN)
            self.overview.pending = found.records
        if changes is None:
            running = await store.page(PipelineRun, where={"status": sorted(ACTIVE)}, limit=WATCHED)
            self._alerts = Alerts(run.id for run in running.records)
        elif (ids := changes.put.get(PipelineRun)) and len(ids) <= WATCHED:
            ended = self._alerts.ended((await store.get_many(PipelineRun, sorted(ids))).values())
            if ended:
                self._on_end(ended)

    async def look_at(self, topics: Sequence[str]) -> None:
        """Say what this viewer looks at from now on."""
        same = set(topics) == set(self._topics)
        self._topics = tuple(topics)
        if same and self._is_away():  # each change would make the engine look for the next one
            return
        with contextlib.suppress(LinesideError):
            await self._renew()

    async def ask(self, topics: Sequence[str]) -> None:
        """Say once what is wanted, beside what is looked at."""
        await self._watch(topics)

    async def _renew(self) -> None:
        self._renewed = asyncio.get_running_loop().time()
        if self._topics:
            await self._watch(self._topics, AWAY_TTL if self._is_away() else INTEREST_TTL)

    async def _watch(self, topics: Sequence[str], life: timedelta = INTEREST_TTL) -> None:
        expires = datetime.now(UTC) + life
        interests = [
            Interest(id=f"{self.viewer}:{topic}", viewer=self.viewer, topic=topic, expires=expires) for topic in topics
        ]
        await self.context.store.watch(interests)

    async def submit(self, *commands: Command) -> None:
        """Put commands in the outbox."""
        await self.context.store.submit(*commands)

    async def close(self) -> None:
        """Let go of the store."""
        with contextlib.suppress(LinesideError):
            await self.context.store.close()
