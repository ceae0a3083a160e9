"""One connection to the team store: everything that goes on while it answers."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Collection
from datetime import UTC, datetime, timedelta

from data.errors import StoreError
from data.store.logs import LogFiles
from data.store.mirror import journal
from data.store.mirror.filling import Filler
from data.store.mirror.health import Health
from data.store.mirror.local import Entry, Local
from data.store.mirror.logcopy import Logs
from data.store.mirror.looking import Looking
from data.store.mirror.pulling import Guard, Puller
from data.store.mirror.pushing import Pusher
from data.store.mirror.tasks import together
from data.store.mirror.team import Team, answered
from data.store.mirror.timing import MirrorTiming

log = logging.getLogger(__name__)


class Session:
    """The local file and the team store, together. Use `begin`."""

    def __init__(
        self, local: Local, files: LogFiles, team: Team, health: Health, timing: MirrorTiming, state: dict[str, str]
    ) -> None:
        self.team = team
        self._local, self._health, self._timing = local, health, timing
        guard = Guard()
        self.puller = Puller(local, team, guard, timing, int(state[journal.POSITION]))
        self.pusher = Pusher(local, team, timing, int(state.get(journal.PUSHED, 0)))
        self.filler = Filler(local, team, guard, timing)
        self.logs = Logs(local, files, team.logs, timing)
        self.looking = Looking(local, team, guard, self.filler, self.puller, self.logs, timing)
        self._gone: set[str] = set()

    @classmethod
    async def begin(cls, local: Local, files: LogFiles, team: Team, health: Health, timing: MirrorTiming) -> Session:
        """Go on where the file is, or begin anew where the team store is another one, or was not seen for too long.

        Raises:
            StoreError: the team store went away again.
        """
        async with answered(timing.answer):
            newest = await team.store.revision()
        state = await local.read(journal.read_all, "state")
        if not _goes_on(state, team.identity, newest, timing):
            if state:
                log.warning("the team store is another one than before, or was away for long: the mirror begins anew")
            jobs = await local.purge()
            await Logs(local, files, team.logs, timing).remove(jobs)
            entries = {journal.IDENTITY: team.identity, journal.POSITION: str(newest)}
            await local.apply((), {}, entries=[Entry("state", name, value) for name, value in entries.items()])
            state = entries
        session = cls(local, files, team, health, timing, state)
        await session.filler.load()
        await session.seen()
        return session

    async def catch_up(self) -> None:
        """Tell what waits, and bring what is new and the newest of everything.

        Raises:
            StoreError: the team store went away.
        """
        await self.pusher.push()
        await self.puller.all(self._jobs)
        if not self.filler.begun:
            await self.filler.begin()
        await self._tidy()
        await self.good()

    async def run(self) -> None:
        """Keep both equal until cancelled.

        Raises:
            StoreError: the team store went away, or the file is not ours any more.
        """
        await self.catch_up()
        await self._local.write(journal.drop, "brought")
        await together(self._push(), self._pull(), self.looking.run(), self.filler.run(), self._trim())

    async def _push(self) -> None:
        while True:
            if await self.pusher.push():
                await self.good()
            await asyncio.sleep(self._timing.look)

    async def _pull(self) -> None:
        while True:
            async with answered(self._timing.news + self._timing.answer):
                newest = await self.team.news(self.puller.position, self._timing.news)
            if newest < self.puller.position:
                raise StoreError("the team store holds less than before", hint="the mirror begins anew")
            if newest > self.puller.position:
                await self.puller.all(self._jobs)
                await self._tidy()
                await asyncio.sleep(self._timing.rest)
            await self.good()

    async def _trim(self) -> None:
        while True:
            await self.logs.trim()
            await self._local.store.sweep(self._timing.traces)
            await asyncio.sleep(self._timing.trim)

    def _jobs(self, put: Collection[str], gone: Collection[str]) -> None:
        self.logs.changed(put, gone)
        self._gone.update(gone)

    async def _tidy(self) -> None:
        """Remove the logs of jobs that are gone."""
        gone, self._gone = self._gone, set()
        if gone:
            await self.logs.remove(gone)

    async def good(self) -> None:
        """All is well: say so now and then."""
        if await self._health.good(self.team, self.pusher.trouble, filling=bool(self.filler.left)):
            await self.seen()

    async def seen(self) -> None:
        """Note that the team store answered, and up to where it was told of changes."""
        now = datetime.now(UTC).isoformat()
        state = {journal.SEEN: now, journal.PUSHED: str(self.pusher.pushed), journal.IDENTITY: self.team.identity}
        await self._local.apply((), {}, entries=[Entry("state", name, value) for name, value in state.items()])

    async def end(self) -> None:
        """Tell what waits, and that nobody looks at anything any more, as far as the team store answers."""
        with contextlib.suppress(StoreError):
            async with answered(self._timing.close):
                await self.pusher.push()
                await self.looking.leave()
                await self.seen()


def _goes_on(state: dict[str, str], identity: str, newest: int, timing: MirrorTiming) -> bool:
    """Whether the file is the mirror of this database as it is now."""
    known = state.get(journal.IDENTITY, "")
    if (known and identity and known != identity) or int(state.get(journal.POSITION, newest + 1)) > newest:
        return False
    seen = state.get(journal.SEEN, "")
    return not seen or datetime.now(UTC) - datetime.fromisoformat(seen) < timedelta(seconds=timing.away)
