"""Brings what the team store had before this mirror, newest first, a page of every kind in turn."""

from __future__ import annotations

import asyncio
import logging
from typing import Final

from data.errors import LinesideError
from data.model import (
    Command,
    Connection,
    EngineState,
    Experiment,
    JobRun,
    Pipeline,
    PipelineRun,
    Project,
    Record,
    Session,
    SyncState,
    TrackedRun,
    View,
)
from data.store.kinds import KINDS
from data.store.mirror import journal
from data.store.mirror.local import Displaced, Entry, Local, LocalTrouble
from data.store.mirror.merging import DETAILS, is_copied
from data.store.mirror.pulling import BATCH, Guard, write_unless_newer
from data.store.mirror.team import Team, answered
from data.store.mirror.timing import MirrorTiming

log = logging.getLogger(__name__)

FIRST: Final[tuple[type[Record], ...]] = (
    *(Connection, Project, Pipeline, PipelineRun, Command, JobRun, SyncState, EngineState),
    *(TrackedRun, Experiment, View, Session),
)
"""Kinds that a dashboard shows first."""
ORDER: Final = (*FIRST, *(kind for kind in KINDS if kind not in FIRST and kind not in DETAILS and is_copied(kind)))
"""The kinds that are brought, in order."""
LANES: Final = 4
"""Kinds of which a page is asked for at the same time in the first round."""
PAUSE: Final = 5.0
"""Seconds of rest after a page that did not come."""


class Filler:
    """What is missing of older records; where it is, is kept in the file, so that it goes on after a restart."""

    def __init__(self, local: Local, team: Team, guard: Guard, timing: MirrorTiming) -> None:
        self._local, self._team, self._guard, self._timing = local, team, guard, timing
        self._cursors: dict[str, str] = {}
        self.free = asyncio.Event()
        """Set while nobody waits for something in particular."""
        self.free.set()

    @property
    def left(self) -> list[type[Record]]:
        """Kinds of which not everything is here yet."""
        return [kind for kind in ORDER if self._cursors.get(_name(kind)) != journal.END]

    @property
    def begun(self) -> bool:
        """Whether the newest of every kind is here."""
        return all(_name(kind) in self._cursors for kind in ORDER)

    async def load(self) -> None:
        """Find out where we were."""
        self._cursors = await self._local.read(journal.read_all, "cursor")

    async def begin(self) -> None:
        """Bring the newest of every kind."""
        missing = [kind for kind in ORDER if _name(kind) not in self._cursors]
        for start in range(0, len(missing), LANES):
            await asyncio.gather(*(self._page(kind) for kind in missing[start : start + LANES]))

    async def run(self) -> None:
        """Bring everything else, at leisure; ends when all of it is here."""
        loop = asyncio.get_running_loop()
        while left := self.left:
            for kind in left:
                await self.free.wait()
                asked = loop.time()
                try:
                    await self._page(kind)
                except (Displaced, LocalTrouble):
                    raise
                except LinesideError as error:  # whether the store is away is found out elsewhere
                    log.info("older %s wait: %s", KINDS[kind].name, error)
                    self._cursors.pop(_name(kind), None)
                    await self.load()
                    await asyncio.sleep(PAUSE)
                await asyncio.sleep(max(self._timing.fill, loop.time() - asked))

    async def _page(self, kind: type[Record]) -> None:
        after = self._cursors.get(_name(kind)) or None
        with self._guard.reading() as touched:
            async with answered(self._timing.page):
                page = await self._team.store.page(kind, after=after, limit=BATCH)
            cursor = page.after or journal.END
            entry = Entry("cursor", _name(kind), cursor)
            await write_unless_newer(self._local, self._guard, touched, page.records, [entry])
        self._cursors[_name(kind)] = cursor


def _name(kind: type[Record]) -> str:
    return KINDS[kind].table
