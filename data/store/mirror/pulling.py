"""Brings what changes in the team store, revision by revision."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from data.model import JobRun, MetricSeries, Record
from data.store.mirror import journal
from data.store.mirror.local import Entry, Local
from data.store.mirror.merging import is_copied
from data.store.mirror.team import Team, answered
from data.store.mirror.timing import MirrorTiming

BATCH: Final = 200
"""Records that are fetched and written at a time."""

Key = tuple[type[Record], str]
Jobs = Callable[[Collection[str], Collection[str]], None]
"""Told of jobs whose records changed, and of jobs that are gone."""


class Guard:
    """Keeps what was read before a change from being written behind it."""

    def __init__(self) -> None:
        self._open: list[set[Key]] = []
        self._turn = asyncio.Lock()

    @property
    def turn(self) -> asyncio.Lock:
        """Held while records are written."""
        return self._turn

    @contextmanager
    def reading(self) -> Iterator[set[Key]]:
        """The records that the feed writes while others are read, which must not be written over."""
        touched: set[Key] = set()
        self._open.append(touched)
        try:
            yield touched
        finally:
            # By identity: two readers that nothing was written behind have equal sets.
            self._open = [one for one in self._open if one is not touched]

    def touch(self, keys: Collection[Key]) -> None:
        """The feed writes these."""
        for touched in self._open:
            touched.update(keys)


class Puller:
    """The feed of one team store into the local file. `position` is the revision up to which it is here."""

    def __init__(self, local: Local, team: Team, guard: Guard, timing: MirrorTiming, position: int) -> None:
        self._local, self._team, self._guard, self._timing = local, team, guard, timing
        self.position = position
        self.watched: frozenset[str] = frozenset()
        """What the topics of histories that are looked at name."""
        self._turn = asyncio.Lock()

    async def pull(self, jobs: Jobs) -> bool:
        """Bring what changed, about ten thousand changes at most; False where more follow."""
        async with self._turn:
            async with answered(self._timing.page):
                changes = await self._team.store.changes(self.position)
            keys = [(kind, id_) for kind, ids in changes.put.items() for id_ in sorted(ids) if self._wants(kind, id_)]
            for start in range(0, len(keys), BATCH):
                await self._bring(keys[start : start + BATCH])
            for kind, ids in changes.deleted.items():
                await self._remove(kind, sorted(ids))
            if changes.revision != self.position:
                await self._local.apply((), {}, entries=[Entry("state", journal.POSITION, str(changes.revision))])
                self.position = changes.revision
            jobs(changes.put.get(JobRun, frozenset()), changes.deleted.get(JobRun, frozenset()))
            return changes.complete

    async def all(self, jobs: Jobs) -> None:
        """Bring everything that changed so far."""
        while not await self.pull(jobs):
            pass

    def _wants(self, kind: type[Record], id_: str) -> bool:
        return is_copied(kind) and (kind is not MetricSeries or is_watched(id_, self.watched))

    async def _bring(self, keys: Sequence[Key]) -> None:
        ids: dict[type[Record], list[str]] = {}
        for kind, id_ in keys:
            ids.setdefault(kind, []).append(id_)
        async with answered(self._timing.page):
            found = await asyncio.gather(*(self._team.store.get_many(kind, some) for kind, some in ids.items()))
        records: list[Record] = [record for some in found for record in some.values()]
        async with self._guard.turn:
            self._guard.touch([(type(record), record.id) for record in records])
            await self._local.apply(records, {})

    async def _remove(self, kind: type[Record], ids: Sequence[str]) -> None:
        if not is_copied(kind):
            return
        for start in range(0, len(ids), BATCH):
            some = ids[start : start + BATCH]
            async with self._guard.turn:
                self._guard.touch([(kind, id_) for id_ in some])
                await self._local.apply((), {kind: some})


def is_watched(series: str, watched: Collection[str]) -> bool:
    """Whether a history (`<tracked run id>:<key>`) is one that somebody looks at."""
    return any(series == name or series.startswith((f"{name}:", f"{name}@")) for name in watched)


async def write_unless_newer(
    local: Local, guard: Guard, touched: set[Key], records: Sequence[Record], entries: Sequence[Entry] = ()
) -> None:
    """Write what was read within `guard.reading()`, without what the feed has written meanwhile."""
    async with guard.turn:
        fresh = [record for record in records if (type(record), record.id) not in touched and is_copied(type(record))]
        await local.apply(fresh, {}, entries=entries)
