"""The engine: every connection and project of a configuration, the outbox and the logs, in one event loop."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import time
from collections.abc import Callable, Collection, Coroutine, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

from data.config import ProjectSettings, Secret, Settings
from data.config.credentials import credential_for
from data.engine.board import Board
from data.engine.capacity import Capacity
from data.engine.desk import Desk
from data.engine.feed import Announcing, Feed, News
from data.engine.handover import Notices
from data.engine.leases import Leases
from data.engine.quota import Quota
from data.engine.secrets import Secrets
from data.engine.server import Opener, Server
from data.engine.session import ProjectSession, Tools, heed_end
from data.engine.timing import Timing
from data.engine.tracking_session import TrackingSession
from data.errors import LinesideError, SourceError, StoreError, UsageError
from data.model import Connection, EngineState
from data.sources.gitlab import GitLabSource
from data.sources.mlflow import TrackingSource, open_tracking
from data.store.logs import LogFiles, LogStore
from data.store.port import Store

log = logging.getLogger(__name__)

ALIVE: Final = 10.0
"""Seconds between two signs of life of an engine (`EngineState.seen`)."""
FORGOTTEN: Final = timedelta(days=1)
"""After so long without a sign of life an engine's record is removed."""
REST: Final = 5.0
"""Seconds of rest after a fault of ours before a part of the work begins anew."""


Part = Callable[[], Coroutine[Any, Any, None]]
"""A part of the work, which can be begun anew."""


class Outcome(NamedTuple):
    """What became of one part of a single synchronisation; `error` is None where all went well."""

    what: str
    error: LinesideError | None


class Engine:
    """Keeps `store` equal to the servers of `settings` and carries out its commands, as `owner`.

    Any number of engines may work on one store: leases share out the work.
    """

    def __init__(
        self,
        settings: Settings,
        store: Store,
        logs: LogStore,
        owner: str,
        *,
        timing: Timing | None = None,
        env: Mapping[str, str] | None = None,
        secrets: Secrets | None = None,
    ) -> None:
        self.settings, self.store, self.owner = settings, store, owner
        self._timing = timing or Timing()
        self._env = os.environ if env is None else env
        self._leases = Leases(store, owner, self._timing)
        self._board = Board()
        self._secrets = Secrets() if secrets is None else secrets
        self.feed = Feed(store, self._timing, self._tell)
        self._stopping = asyncio.Event()
        self._started = datetime.now(UTC)
        self._gitlab = {name: self._server(name, self._open_gitlab(name)) for name in settings.names("gitlab")}
        self._mlflow = {name: self._server(name, self._open_tracking(name)) for name in settings.names("mlflow")}
        desk = Desk(store, self._leases)
        # The quota is one of this machine's disk; logs of a team's store are kept as long as their runs.
        limit = settings.logs.quota if isinstance(logs, LogFiles) else 0
        quota = Quota(logs, desk, limit, self._timing, lambda: self._board.ids("log"), settings.names("gitlab"))
        self._tools = Tools(
            settings,
            self._timing,
            desk,
            self._leases,
            self._board,
            logs,
            quota,
            self._secrets,
            self._gitlab,
            self._mlflow,
            set(),
            {name: self._capacity(name) for name in self._gitlab},
            self._env,
        )
        self._sessions = [ProjectSession(self._tools, one) for one in settings.projects]
        used = {name: projects for name in self._mlflow if (projects := self._projects_of(name))}
        self._trackings = [TrackingSession(self._tools, name, projects) for name, projects in used.items()]

    async def run(self) -> None:
        """Work until `stop`; then everything is let go of within a second, whatever the network does."""
        log.info("engine %s: %d projects", self.owner, len(self._sessions))
        work = asyncio.create_task(self._work())
        stopping = asyncio.create_task(self._stopping.wait())
        try:
            await asyncio.wait({work, stopping}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopping.cancel()
            await self._end(work)
        if work.done() and not work.cancelled() and (error := work.exception()) is not None:
            raise error

    def stop(self) -> None:
        """Tell `run` to end. May be called from a signal handler of the event loop."""
        self._stopping.set()

    def give_secrets(self, command_id: str, values: Mapping[str, Secret]) -> None:
        """Hand over the values of a launch's secret variables; they are kept in memory until it was sent."""
        self._secrets.give(command_id, dict(values))

    @property
    def leases(self) -> tuple[str, ...]:
        """Names of what this engine works on now: projects and MLflow connections."""
        return self._leases.names()

    @property
    def connections(self) -> dict[str, Connection]:
        """How each server does, as far as this engine has asked it."""
        return {name: one.health.record for name, one in (*self._gitlab.items(), *self._mlflow.items())}

    async def sync_once(self, projects: Collection[str] | None = None) -> list[Outcome]:
        """Synchronise all projects (or those named by path, id or name) and their experiments once.

        Raises:
            UsageError: a project that is not in the configuration.
        """
        chosen = self._chosen(projects)
        names = {one.settings.mlflow for one in chosen}
        health = asyncio.create_task(self._watch_health())
        try:
            outcomes = [Outcome(one.name, await one.once()) for one in self._trackings if one.name in names]
            for session in chosen:
                try:
                    error = await session.once()
                except (SourceError, StoreError) as failure:
                    error = failure
                outcomes.append(Outcome(session.settings.project, error))
            await self._write_health()
            return outcomes
        finally:
            await self._end(health)

    # Parts

    async def _work(self) -> None:
        async with asyncio.TaskGroup() as group:
            for session in self._sessions:
                group.create_task(self._kept_up(session.settings.project, session.run))
            for tracking in self._trackings:
                group.create_task(self._kept_up(tracking.name, tracking.run))
            parts = {
                "interests": self._watch_interests, "health": self._watch_health, "changes": self.feed.run,
                "signs of life": self._show_life, "quota": self._tools.quota.run, "probe": self._probe,
                "secrets": Notices(self.store, self.owner, self._secrets, self._timing).run,
            }  # fmt: skip
            for name, part in parts.items():
                group.create_task(self._kept_up(name, part))

    async def _kept_up(self, name: str, part: Part) -> None:
        """Run a part; a fault in it is told, and it begins anew."""
        while True:
            try:
                await part()
                return
            except LinesideError as error:
                # That the store is away is said once, by the feed.
                log.log(logging.DEBUG if self.feed.trouble else logging.ERROR, "%s: %s", name, error)
            except asyncio.CancelledError:
                heed_end()
                # It came out of something that the part waited for; nobody wants the part itself to end.
                log.exception("%s: starting again, since what it waited for was given up", name)
            except Exception:  # a fault of ours in one part must not end the others
                log.exception("%s: starting again after a fault", name)
            heed_end()
            await asyncio.sleep(REST)

    async def _watch_interests(self) -> None:
        pace = self._timing.interests if isinstance(self.store, Announcing) else self._timing.looks
        while True:
            self._board.update(await self.store.interests(datetime.now(UTC)))
            if self._board.changed.is_set():
                self._board.changed.clear()
                refreshed = [one.settings.mlflow for one in self._sessions if one.wants_refresh()]
                for session in self._sessions:
                    session.wake()
                for tracking in self._trackings:
                    tracking.wake(refresh=tracking.name in refreshed)
            await asyncio.sleep(pace)

    def _tell(self, news: News) -> None:
        for session in self._sessions:
            session.tell(news)
        for tracking in self._trackings:
            tracking.tell(news)

    async def _watch_health(self) -> None:
        while True:
            await self._write_health()
            await asyncio.sleep(self._timing.interests)

    async def _write_health(self) -> None:
        for server in (*self._gitlab.values(), *self._mlflow.values()):
            server.health.budget(server.budget)
            if (record := server.health.due()) is not None:
                await self.store.put([record])

    async def _probe(self) -> None:
        """Ask each connection that we work on who and what it is; now and then again, since tokens change."""
        async with asyncio.TaskGroup() as group:
            running: dict[str, asyncio.Task[None]] = {}
            while True:
                for server in (*self._gitlab.values(), *self._mlflow.values()):
                    before = running.get(server.name)
                    if self._works_on(server.name) and (before is None or before.done()):
                        running[server.name] = group.create_task(server.probe())
                await asyncio.sleep(self._timing.interests)

    def _works_on(self, connection: str) -> bool:
        ours = (one.context.id for one in self._sessions if one.settings.connection == connection and one.context)
        return self._leases.holds(connection) or any(self._leases.holds(id) for id in ours)

    async def _show_life(self) -> None:
        for state in (await self.store.page(EngineState, limit=1000)).records:
            if state.seen is not None and datetime.now(UTC) - state.seen > FORGOTTEN:
                await self.store.delete(EngineState, [state.id])
        shown: tuple[str, ...] | None = None
        at = float("-inf")
        while True:
            names, now = self._leases.names(), time.monotonic()
            if names != shown or now - at >= ALIVE:
                shown, at = names, now
                await self.store.put([self._state(names)])
            await asyncio.sleep(self._timing.interests)

    def _state(self, leases: Sequence[str]) -> EngineState:
        now = datetime.now(UTC)
        counters = {name: str(one.budget.requests) for name, one in (*self._gitlab.items(), *self._mlflow.items())}
        return EngineState(
            id=self.owner,
            host=socket.gethostname(),
            pid=os.getpid(),
            started=self._started,
            seen=now,
            leases=tuple(leases),
            counters=counters,
            uptime=(now - self._started).total_seconds(),
        )

    async def _end(self, *tasks: asyncio.Task[None]) -> None:
        """Cancel, give back the leases, let go of the network; nothing here waits for a server."""
        await _cancel(tasks, seconds=self._timing.stop)
        with suppress(StoreError, TimeoutError):
            async with asyncio.timeout(self._timing.stop / 2):
                await self._leases.release()
                await self.store.delete(EngineState, [self.owner])
        for server in (*self._gitlab.values(), *self._mlflow.values()):
            server.close()
        log.info("engine %s: ended", self.owner)

    # Making

    def _server(self, name: str, opener: Opener[Any]) -> Server[Any]:
        return Server(name, self.settings.connections[name], opener, self._timing, lambda: self._board.watched)

    def _capacity(self, name: str) -> Capacity:
        return Capacity(self.store, self.owner, name, self.settings.connections[name].max_concurrent, self._timing)

    def _open_gitlab(self, name: str) -> Opener[GitLabSource]:
        def opened(heard: Any) -> GitLabSource:
            credential = credential_for(self.settings, name, self._env)
            return GitLabSource(name, self.settings.connections[name], credential, on_response=heard)

        return opened

    def _open_tracking(self, name: str) -> Opener[TrackingSource]:
        def opened(heard: Any) -> TrackingSource:
            credential = credential_for(self.settings, name, self._env)
            return open_tracking(name, self.settings.connections[name], credential, on_response=heard)

        return opened

    def _projects_of(self, mlflow: str) -> list[ProjectSettings]:
        return [one for one in self.settings.projects if one.mlflow == mlflow]

    def _chosen(self, projects: Collection[str] | None) -> list[ProjectSession]:
        if projects is None:
            return list(self._sessions)
        known = {name: one for one in self._sessions for name in (one.settings.project, one.settings.name) if name}
        if missing := [name for name in projects if name not in known]:
            raise UsageError(f"{missing[0]} is no project of this configuration", hint=f"there are {', '.join(known)}")
        return [known[name] for name in dict.fromkeys(projects)]


async def _cancel(tasks: Collection[asyncio.Task[Any]], *, seconds: float = 1.0) -> None:
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks, timeout=seconds)
