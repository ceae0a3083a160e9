"""Brings what the team store had before this mirror, newest first, a page of every kind in turn."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from typing import Final

from data.errors import LinesideError, UsageError
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
    encode,
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
BYTES: Final = 4 << 20
"""About so much of a kind is asked for at a time, once it is known how large its records are."""
MEASURED: Final = 10
"""Records of a page that are measured."""
LEAST, MOST = 10, 2_000
"""Records of a page."""
PAUSE: Final = 5.0
"""Seconds of rest after a page that did not come."""


class Filler:
    """What is missing of older records; where it is, is kept in the file, so that it goes on after a restart."""

    def __init__(self, local: Local, team: Team, guard: Guard, timing: MirrorTiming) -> None:
        self._local, self._team, self._guard, self._timing = local, team, guard, timing
        self._cursors: dict[str, str] = {}
        self._limits: dict[type[Record], int] = {}
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
                await self._try(kind)
                await asyncio.sleep(max(self._timing.fill, loop.time() - asked))

    async def _try(self, kind: type[Record]) -> None:
        try:
            await self._page(kind)
        except (Displaced, LocalTrouble):
            raise
        except UsageError:  # another version of the store has written where we were
            self._cursors.pop(_name(kind), None)
            await self._local.write(journal.drop, "cursor", _name(kind))
        except LinesideError as error:  # whether the store is away is found out elsewhere
            log.info("older %s wait: %s", KINDS[kind].name, error)
            await asyncio.sleep(PAUSE)

    async def _page(self, kind: type[Record]) -> None:
        after = self._cursors.get(_name(kind)) or None
        with self._guard.reading() as touched:
            async with answered(self._timing.page):
                page = await self._team.store.page(kind, after=after, limit=self._limits.get(kind, BATCH))
            cursor = page.after or journal.END
            starts = range(0, max(len(page.records), 1), BATCH)
            for start in starts:
                entries = [Entry("cursor", _name(kind), cursor)] if start == starts[-1] else []
                some = page.records[start : start + BATCH]
                await write_unless_newer(self._local, self._guard, touched, some, entries)
        self._cursors[_name(kind)] = cursor
        self._limits[kind] = _fitting(page.records)


def _fitting(records: Sequence[Record]) -> int:
    """How many records like these to ask for at a time."""
    sizes = [len(encode(record)) for record in records[:MEASURED]]
    return max(LEAST, min(MOST, BYTES * len(sizes) // max(sum(sizes), 1)))


def _name(kind: type[Record]) -> str:
    return KINDS[kind].table
