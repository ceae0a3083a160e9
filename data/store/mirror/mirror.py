"""The mirror of a team's store in a local file."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final

from data.errors import LinesideError, StoreError, UsageError
from data.model import Connection, Interest, Lease
from data.model.vocabulary import TEAM_STORE
from data.store.logs import LogFiles
from data.store.mirror import journal, status
from data.store.mirror.health import Health
from data.store.mirror.local import Displaced, Local, LocalTrouble
from data.store.mirror.lock import Lock
from data.store.mirror.session import Session
from data.store.mirror.tasks import together
from data.store.mirror.team import Connect, Team, answered, connect
from data.store.mirror.timing import MirrorTiming
from data.store.port import Store
from data.store.sqlite.store import SqliteStore

log = logging.getLogger(__name__)

ASKED: Final = timedelta(seconds=15)
"""For how long another process is asked to look after topics."""
PATIENCE: Final = 10.0
"""Seconds for what another process is asked to bring."""
LEAVING: Final = 0.3
"""Seconds for the connections to close: those of a server that is away would take far longer."""
USUAL: Final = MirrorTiming()


class Mirror:
    """Keeps a local file equal to a team's store, and tells the team store what viewers write to the file.

    Any number of processes may have one for the same file: the one that holds the lease does the work.
    """

    def __init__(
        self,
        local: Store,
        logs: LogFiles,
        url: str,
        *,
        place: str,
        owner: str,
        timing: MirrorTiming = USUAL,
        opener: Connect | None = None,
    ) -> None:
        """Nothing is opened yet.

        Args:
            local: the SQLite file.
            logs: where copies of logs go.
            url: of the team's store. It holds a password.
            place: what people call the team's store.
            owner: name of this process, unlike all others.
            opener: how the team's store is opened, if not by its URL.
        """
        if not isinstance(local, SqliteStore):
            raise UsageError("a mirror is a SQLite file", hint="name a file for it")
        self._local, self._logs, self._owner, self._timing = Local(local), logs, owner, timing
        self._lock = Lock(local.path)
        self._health = Health(self._local, place, timing)
        self._open_team = opener or partial(connect, url)
        self._session: Session | None = None
        self._turn = asyncio.Lock()
        self._closing: set[asyncio.Task[None]] = set()
        self._prepared = self._closed = False

    @property
    def connected(self) -> bool:
        """Whether this process has reached the team store, and not lost it since."""
        return self._session is not None

    @property
    def complete(self) -> bool:
        """Whether everything older is here, as far as this process knows."""
        return self._session is not None and not self._session.filler.left

    # Work

    async def run(self) -> None:
        """Keep both equal until cancelled. A team store that is away never ends it, nor does another process's work."""
        tries = 0
        while True:
            held, trouble = await self._serve()
            if trouble is not None:
                await self._failed(trouble)
                tries = 0 if held else tries + 1
            pauses = self._timing.retry
            await asyncio.sleep(pauses[min(tries, len(pauses) - 1)])

    async def _serve(self) -> tuple[bool, LinesideError | None]:
        """Work until something goes wrong; whether the team store was there, and what went wrong, if anything."""
        held = False

        async def work() -> None:
            nonlocal held
            session = await self._begun()
            held = True
            await session.run()

        try:
            if await self._take():
                await together(self._keep(), work())
        except LinesideError as error:
            return held, error
        except Exception:  # a fault of ours in the mirror must not end the engine beside it
            log.exception("the mirror begins anew after a fault")
            return held, StoreError("something went wrong in the mirror", hint="it begins anew; engine.log says more")
        return held, None

    async def _failed(self, trouble: LinesideError) -> None:
        session, self._session = self._session, None
        if session is not None:
            self._drop(session)
        if isinstance(trouble, Displaced):
            log.info("another process mirrors the team store now")
        else:
            await self._say(trouble)

    async def _say(self, trouble: LinesideError) -> None:
        """Tell viewers that the team store is away, unless the file itself is what is wrong, or not ours."""
        error = trouble if isinstance(trouble, StoreError) else StoreError(trouble.message, hint=trouble.hint)
        try:
            if self._local.fence is not None and await self._health.bad(error):
                log.warning("%s", trouble)
        except StoreError as again:
            log.warning("%s; %s", trouble, again)

    def _drop(self, session: Session) -> None:
        session.logs.close()
        self._close_soon(session.team)

    def _close_soon(self, team: Team) -> None:
        """A team store that is away takes its time to close."""
        task = asyncio.create_task(_closed(team))
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    async def _take(self) -> bool:
        """Take the lease or renew it; False where another process holds it.

        Raises:
            LocalTrouble: the file cannot be written.
        """
        try:
            if not self._prepared:
                await self._local.open()
                self._prepared = True
            self._local.fence = await self._leased()
        except (LocalTrouble, Displaced):
            raise
        except StoreError as error:
            raise LocalTrouble(error.message, hint=error.hint) from None
        if self._local.fence is None:
            self._lock.free()
        return self._local.fence is not None

    async def _leased(self) -> Lease | None:
        store, alone = self._local.store, self._lock.take()
        take = partial(store.lease, status.LEASE, self._owner, host=socket.gethostname(), seconds=self._timing.lease)
        found = await take()
        if found is None and alone and (left := await store.get(Lease, status.LEASE)) is not None:
            log.info("the process that mirrored the team store has ended without a word")
            await store.release(status.LEASE, left.owner)
            found = await take()
        return found

    async def _keep(self) -> None:
        """Renew the lease.

        Raises:
            Displaced: another process has it.
        """
        while True:
            await asyncio.sleep(self._timing.renew)
            if not await self._take():
                raise Displaced("another process mirrors the team store now")

    async def _begun(self) -> Session:
        """The session; a new one where there is none.

        Raises:
            StoreError: the team store is away, or does not let us in.
        """
        async with self._turn:
            if self._session is None:
                async with answered(self._timing.page):
                    team = await self._open_team()
                try:
                    self._session = await Session.begin(self._local, self._logs, team, self._health, self._timing)
                except BaseException:  # whatever it was, no connection stays open
                    self._close_soon(team)
                    raise
            return self._session

    # For commands, which last for a moment

    async def catch_up(self, patience: float) -> bool:
        """Tell the team store what waits, and bring what is new; on a new file the newest records of everything.

        False when the team store is away, or this is not done within `patience` seconds. Where another process mirrors
        the file, that it does so well is enough.
        """
        session: Session | None = None
        try:
            async with asyncio.timeout(patience):
                if not await self._take():
                    return await self._others()
                session = await self._begun()
                await session.catch_up()
                return True
        except TimeoutError:
            if session is None:
                await self._say(StoreError("the team store did not answer in time", hint="is it running?"))
        except LinesideError as error:
            if session is not None and session is self._session:
                self._session = None
                self._drop(session)
            await self._say(error)
        return False

    async def _others(self) -> bool:
        """Whether another process mirrors the file well, as soon as it has told the team store what waits."""
        while True:
            found = await self._local.store.get(Connection, TEAM_STORE)
            if found is not None and found.state != "ok":
                return False
            if found is not None and not await self._local.read(status.waiting):
                return True
            await asyncio.sleep(self._timing.look)

    async def bring(self, topics: Sequence[str]) -> None:
        """Bring what topics of Interests name, now; nothing happens while the team store is away."""
        session = self._session
        if session is not None and self._local.fence is not None:
            done = await asyncio.gather(*map(session.looking.bring, topics), return_exceptions=True)
            for error in done:
                if isinstance(error, LinesideError):
                    log.info("%s", error)
                elif error is not None:
                    raise error
        elif await self._is_others():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(PATIENCE):
                    await self._ask(topics)

    async def _is_others(self) -> bool:
        held = await self._local.store.get(Lease, status.LEASE)
        return held is not None and held.owner != self._owner and held.expires > datetime.now(UTC)

    async def _ask(self, topics: Sequence[str]) -> None:
        """Have the process bring it that mirrors the file."""
        expires = datetime.now(UTC) + ASKED
        asked = [Interest(id=f"{self._owner}:{one}", viewer=self._owner, topic=one, expires=expires) for one in topics]
        await self._local.store.watch(asked)
        while set(topics) - (await self._local.read(journal.read_many, "brought", list(topics))).keys():
            await asyncio.sleep(self._timing.look)

    async def close(self) -> None:
        """Tell what waits, within a moment, and let go of the team store and the lease; the file stays open."""
        if self._closed:
            return
        self._closed = True
        session, self._session = self._session, None
        try:
            if session is not None:
                await session.end()
        finally:
            if session is not None:
                self._drop(session)
            if self._local.fence is not None:
                with contextlib.suppress(StoreError):
                    await self._local.store.release(status.LEASE, self._owner)
            self._lock.free()
            await self._local.close()
            if self._closing:
                await asyncio.wait(self._closing, timeout=LEAVING)


async def _closed(team: Team) -> None:
    with contextlib.suppress(LinesideError):
        await team.close()
