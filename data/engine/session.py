"""One configured project, from finding it on its server to doing all that its lease holder does."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from msgspec.structs import replace

from data.config import ProjectSettings, Settings
from data.engine.actions import Cancel, Play, Retry
from data.engine.actions_more import Delete, Erase, Keep, Rename, RunSchedule
from data.engine.board import Board
from data.engine.budget import Rank
from data.engine.callbacks import Callback, Endings
from data.engine.capacity import Capacity
from data.engine.context import ProjectContext
from data.engine.define import Define
from data.engine.desk import Desk
from data.engine.feed import News
from data.engine.gitlab_sync import ProjectSync
from data.engine.keeping import Keeper
from data.engine.launch import Launch
from data.engine.launch_tracking import LaunchTracking
from data.engine.leases import Leases
from data.engine.linker import Linker
from data.engine.marks import Labels, Notes
from data.engine.outbox import Outbox
from data.engine.quota import Quota
from data.engine.reconcile import Reconciler
from data.engine.secrets import Secrets
from data.engine.server import Server
from data.engine.tails import Tails
from data.engine.timeouts import cancel_overdue
from data.engine.timing import Timing
from data.engine.verdict import Handler
from data.errors import LinesideError, SourceError, StoreError
from data.model import Command, Experiment, JobRun, Pipeline, PipelineRun, Project, SyncState, TrackedRun
from data.sources.gitlab import GitLabSource
from data.sources.mlflow import TrackingSource
from data.store.logs import LogStore
from data.store.retention.choice import Rules

log = logging.getLogger(__name__)

UNFOUND: Final = 30.0
"""Seconds until a project that the server does not show is looked for again."""
FAILED: Final = 5.0
"""Seconds of rest after a fault that ended the work on a project."""


@dataclass(frozen=True, slots=True)
class Tools:
    """What all projects of an engine share."""

    settings: Settings
    timing: Timing
    desk: Desk
    leases: Leases
    board: Board
    logs: LogStore
    quota: Quota
    secrets: Secrets
    gitlab: Mapping[str, Server[GitLabSource]]
    tracking: Mapping[str, Server[TrackingSource]]
    siblings: set[str]
    capacity: Mapping[str, Capacity]
    env: Mapping[str, str]
    """Environment of the engine, for keys that are named in definitions."""


class ProjectSession:
    """All work on one project."""

    def __init__(self, tools: Tools, settings: ProjectSettings) -> None:
        self._tools, self.settings = tools, settings
        self.context: ProjectContext | None = None
        self._sync: ProjectSync | None = None
        self._outbox: Outbox | None = None
        self._tails: Tails | None = None
        self._keeper: Keeper | None = None
        self._changes: dict[type, set[str]] = {}
        self._changed = asyncio.Event()

    async def run(self) -> None:
        """Work whenever the project's lease is ours, until cancelled."""
        project = await self._identify()
        if self.context is None and project.id in self._tools.siblings:
            log.warning("%s is configured twice; the second one is left out", self.settings.project)
            return
        self._tools.siblings.add(project.id)
        self.context = self._make_context(project)
        async with asyncio.TaskGroup() as group:
            group.create_task(self._tools.leases.keep(project.id))
            while True:
                await self._tools.leases.until(project.id, held=True)
                await self._hold(self.context)

    async def once(self) -> LinesideError | None:
        """Synchronise everything once; gives the first error that is left."""
        project = await self._find()
        self._tools.siblings.add(project.id)
        self.context = context = self._make_context(project)
        keeper = asyncio.create_task(self._tools.leases.keep(project.id))
        try:
            async with asyncio.timeout(2 * self._tools.timing.lease):
                await self._tools.leases.until(project.id, held=True)
            error = await self._make_sync(context).once()
            await Linker(context).load()
            await Reconciler(context).load()
            return error
        except TimeoutError:
            return LinesideError(f"{self.settings.project} is being synchronised by another engine")
        finally:
            keeper.cancel()

    def wants_refresh(self) -> bool:
        """Whether somebody asked to synchronise this project now."""
        return self.context is not None and self._tools.board.wants_refresh(self.context.id)

    def wake(self) -> None:
        """Viewers look at something else."""
        if self._sync is not None:
            self._sync.wake()
        if self._tails is not None:
            self._tails.wake()

    def tell(self, news: News) -> None:
        """Records changed in the store."""
        if self._outbox is not None and (Command in news or Pipeline in news):
            self._outbox.wake()
        if self._outbox is not None and PipelineRun in news:
            self._outbox.runs_changed()
        for part in (self._tails, self._keeper):
            if part is not None and JobRun in news:
                part.tell(news[JobRun])
        if self._sync is not None and Experiment in news and self._lacks_experiment():
            self._sync.describe_again()
        if self.context is not None and self.context.id in news.get(Project, ()):
            self._changed.set()
        for kind in (TrackedRun, PipelineRun, JobRun, Experiment):
            if kind in news:
                self._changes.setdefault(kind, set()).update(news[kind])
                self._changed.set()

    def _lacks_experiment(self) -> bool:
        """Whether an experiment of the configuration is not known by its id yet."""
        if self.context is None:
            return False
        project, settings = self.context.project, self.settings
        return bool(
            (settings.experiment and not project.mlflow_experiment_id)
            or (settings.test_experiment and not project.test_mlflow_experiment_id)
        )

    async def _hold(self, context: ProjectContext) -> None:
        """Everything that the lease holder does, until the lease is lost."""
        sync = self._sync = self._make_sync(context)
        linker, reconciler = Linker(context), Reconciler(context)
        tracking = self._launch_tracking(context)
        outbox = self._outbox = Outbox(
            context, self._handlers(context, sync, tracking), read_only=self._tools.settings.read_only
        )
        tails = self._tails = Tails(context, self._tools.logs)
        keeper = self._keeper = Keeper(context, self._tools.logs, self._tools.quota, self._window())
        self._changes.clear()
        rest = 0.0
        parts = (
            sync.run(), outbox.run(), tails.run(), keeper.run(), self._link(context, linker, reconciler),
            self._keep_house(context, reconciler, tracking),
        )  # fmt: skip
        try:
            await self._tools.leases.during(context.id, together(*parts))
        except* StoreError as faults:
            log.warning("%s: work stops for now: %s", context.project.path, first(faults))
            rest = FAILED if self._tools.leases.holds(context.id) else 0.0
        except* Exception as faults:  # a fault of ours in one project must not end the others
            log.exception("%s: starting again after a fault", context.project.path, exc_info=faults)
            rest = FAILED
        finally:
            self._sync = self._outbox = self._tails = self._keeper = None
        heed_end()
        await asyncio.sleep(rest)

    def _window(self) -> float:
        """Seconds of history whose logs are kept by configuration; 0 for all of it."""
        settings = self._tools.settings
        return min((one for one in (settings.sync.history, settings.store.history) if one), default=0.0)

    async def _link(self, context: ProjectContext, linker: Linker, reconciler: Reconciler) -> None:
        experiments: tuple[str, ...] | None = None
        # One that may send nothing leaves the ends to whoever comes after it.
        endings = None if self._tools.settings.read_only else Endings(context)
        if endings is not None:
            await endings.load()
        self._changed.set()
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(linker.summaries.pause):
                    await self._changed.wait()
            self._changed.clear()
            if experiments != context.experiments:
                experiments = context.experiments  # these become known a while after the project
                await linker.load()
                await reconciler.load()
            changes, self._changes = self._changes, {}
            runs, jobs = changes.get(PipelineRun, set()), changes.get(JobRun, set())
            if endings is not None:
                await endings.runs_changed(runs)
            tracked = [seen async for seen in linker.seen(changes.get(TrackedRun, set()))]
            await linker.experiments_changed(changes.get(Experiment, ()))
            await linker.tracked_changed(tracked)
            await linker.runs_changed(runs, jobs)
            await linker.summaries.write()
            await reconciler.tracked_changed([seen.run for seen in tracked])
            await reconciler.runs_changed(runs, jobs)
            await asyncio.sleep(self._tools.timing.watch)

    async def _keep_house(
        self, context: ProjectContext, reconciler: Reconciler, tracking: LaunchTracking | None
    ) -> None:
        """What has to be done without anybody asking: MLflow runs that nobody ends, and overdue runs."""
        while True:
            try:
                await reconciler.due()
                if not self._tools.settings.read_only:
                    await cancel_overdue(context)
                    if tracking is not None:
                        await tracking.reconcile()
            except LinesideError as error:
                log.warning("%s: %s", context.project.path, error)
            await asyncio.sleep(self._tools.timing.hold)

    def _launch_tracking(self, context: ProjectContext) -> LaunchTracking | None:
        mlflow = self._tools.tracking.get(self.settings.mlflow)
        return LaunchTracking(context, mlflow) if mlflow is not None else None

    def _handlers(
        self, context: ProjectContext, sync: ProjectSync, tracking: LaunchTracking | None
    ) -> dict[str, Handler]:
        tools, touch = self._tools, sync.touch
        capacity = tools.capacity[self.settings.connection]
        return {
            "launch": Launch(context, tracking, tools.secrets, touch, capacity),
            "cancel": Cancel(context, touch),
            "retry": Retry(context, touch),
            "play": Play(context, touch),
            "erase": Erase(context, touch),
            "keep": Keep(context, touch),
            "delete": Delete(context, touch),
            "rename": Rename(context, touch),
            "schedule": RunSchedule(context, touch),
            "note": Notes(context),
            "label": Labels(context, PipelineRun),
            "define": Define(context, sync.describe_again),
            "callback": Callback(context, tools.env),
        }

    def _make_sync(self, context: ProjectContext) -> ProjectSync:
        store = self._tools.settings.store
        return ProjectSync(context, self._tools.logs, Rules(store.history, store.keep_runs))

    def _make_context(self, project: Project) -> ProjectContext:
        tools = self._tools
        return ProjectContext(
            settings=self.settings,
            sync=tools.settings.sync,
            timing=tools.timing,
            project=project,
            server=tools.gitlab[self.settings.connection],
            desk=tools.desk,
            leases=tools.leases,
            board=tools.board,
            siblings=tools.siblings,
        )

    async def _identify(self) -> Project:
        """The project, as soon as it can be found."""
        while True:
            try:
                project = await self._find()
            except SourceError as error:
                log.warning("%s: %s", self.settings.project, error)
                await self._say(error)
                if self._tools.gitlab[self.settings.connection].wait(Rank.ROUTINE):
                    continue
                await asyncio.sleep(UNFOUND)
            else:
                await self._say(None)
                return project

    async def _find(self) -> Project:
        """From the store when it is known there, so that work begins without a network; else from the server."""
        reference, connection = self.settings.project, self.settings.connection
        where: dict[str, str | int] = {"connection": connection}
        where |= {"git_project_id": int(reference)} if reference.isdecimal() else {"path": reference}
        found = (await self._tools.desk.store.page(Project, where=where, limit=1)).records
        if found:
            return found[0]
        return await self._tools.gitlab[connection].call(lambda source: source.project(reference))

    async def _say(self, error: LinesideError | None) -> None:
        """A project that cannot be found has a `SyncState` all the same, which says why."""
        store = self._tools.desk.store
        connection, reference = self.settings.connection, self.settings.project
        stored = await store.get(SyncState, f"{connection}:{reference}")
        if error is not None:
            state = stored or SyncState(id=f"{connection}:{reference}", connection=connection, what=reference)
            await store.put([_with_error(state, error)])
        elif stored is not None and stored.last_error and not stored.project_id:
            await store.put([_with_error(stored, None)])


def first(fault: BaseException) -> BaseException:
    """The first fault that is no group of others."""
    while isinstance(fault, BaseExceptionGroup):
        fault = fault.exceptions[0]
    return fault


def heed_end() -> None:
    """Go no further where we were told to end: a fault at the same moment hides that from whoever catches it."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


async def together(*parts: Coroutine[Any, Any, None]) -> None:
    """Do all of these until one fails."""
    async with asyncio.TaskGroup() as group:
        for part in parts:
            group.create_task(part)


def _with_error(state: SyncState, error: LinesideError | None) -> SyncState:
    return replace(state, last_error=error.message if error else "", hint=error.hint if error else "")
