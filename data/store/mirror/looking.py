"""What viewers of this file look at: told to the team store, so that an engine serves it, and brought here at once."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from msgspec.structs import replace

from data.errors import LinesideError, StoreError
from data.model import Interest
from data.store.mirror.filling import Filler
from data.store.mirror.local import Displaced, Entry, Local, LocalTrouble
from data.store.mirror.logcopy import Logs
from data.store.mirror.pulling import BATCH, Guard, Puller, write_unless_newer
from data.store.mirror.tasks import Tasks
from data.store.mirror.team import Team, answered
from data.store.mirror.timing import MirrorTiming
from data.store.mirror.topics import ALWAYS, histories, log_of, records_of

log = logging.getLogger(__name__)

BRINGING: Final = 4
"""Topics that are brought at the same time."""


class Looking:
    """The interests of one file's viewers."""

    def __init__(
        self, local: Local, team: Team, guard: Guard, filler: Filler, puller: Puller, logs: Logs, timing: MirrorTiming
    ) -> None:
        self._local, self._team, self._guard, self._timing = local, team, guard, timing
        self._filler, self._puller, self._logs = filler, puller, logs
        self._told: dict[str, tuple[Interest, float]] = {}
        self._brought: set[str] = set()
        self._turn = asyncio.Semaphore(BRINGING)
        self._busy = 0
        self._again_at = 0.0

    async def run(self) -> None:
        """Follow the interests until cancelled."""
        tasks = Tasks()
        try:
            while True:
                tasks.check()
                await self._look(tasks)
                await asyncio.sleep(self._timing.look)
        finally:
            await tasks.close()

    async def _look(self, tasks: Tasks) -> None:
        interests = await self._local.store.interests(datetime.now(UTC))
        topics = {interest.topic for interest in interests}
        self._puller.watched = histories(topics)
        self._logs.follow({job for topic in topics if (job := log_of(topic))}, tasks)
        self._brought &= topics
        for topic in sorted(topics - self._brought):
            self._brought.add(topic)
            tasks.start(self._try(topic))
        await self._tell(interests)

    async def _tell(self, interests: Sequence[Interest]) -> None:
        """Say what is looked at, and what is not any more."""
        now, clock = datetime.now(UTC), asyncio.get_running_loop().time()
        here = {interest.id: interest for interest in interests}
        lasting = self._timing.interest
        due = [one for one in interests if one.id not in self._told or self._told[one.id][1] <= clock]
        over = [one for id_, (one, _) in self._told.items() if id_ not in here]
        if not (due or over) or clock < self._again_at:
            return
        told = [replace(one, expires=now + timedelta(seconds=lasting)) for one in due]
        told += [replace(one, expires=now) for one in over]
        try:
            async with answered(self._timing.answer):
                await self._team.store.watch(told)
        except StoreError as error:  # whether the store is away is found out elsewhere
            log.info("interests wait: %s", error)
            self._again_at = clock + self._timing.retry[-1]
            return
        for one in over:
            del self._told[one.id]
        for one in due:
            self._told[one.id] = one, clock + lasting / 3

    async def leave(self) -> None:
        """Nobody looks at anything here any more."""
        await self._tell(())

    async def _try(self, topic: str) -> None:
        try:
            await self.bring(topic)
        except (Displaced, LocalTrouble):
            raise
        except LinesideError as error:
            log.info("%s waits: %s", topic, error)
            await asyncio.sleep(self._timing.retry[-1])
            self._brought.discard(topic)

    async def bring(self, topic: str) -> None:
        """Bring what a topic names, before anything older.

        Raises:
            StoreError: the team store is away.
        """
        self._busy += 1
        self._filler.free.clear()
        try:
            async with self._turn:
                await self._bring(topic)
        finally:
            self._busy -= 1
            if not self._busy:
                self._filler.free.set()

    async def _bring(self, topic: str) -> None:
        if self._filler.left or topic.partition(":")[0] in ALWAYS:
            with self._guard.reading() as touched:
                async with answered(self._timing.page):
                    records = await records_of(self._team.store, topic)
                for start in range(0, len(records), BATCH):
                    await write_unless_newer(self._local, self._guard, touched, records[start : start + BATCH])
        if job_id := log_of(topic):
            await self._logs.copy(job_id)
        await self._local.apply((), {}, entries=[Entry("brought", topic, datetime.now(UTC).isoformat())])
