"""Keeps one GitLab project's runs equal to its server: what changed, what runs, and in the background what was."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from data.engine import merge
from data.engine.agenda import Agenda
from data.engine.artifacts import ArtifactReader
from data.engine.budget import Rank
from data.engine.context import ProjectContext
from data.engine.describe import Describer
from data.engine.gathering import gather
from data.engine.history import History
from data.engine.jobfacts import learn_environments
from data.engine.looking import Looking
from data.engine.progress import Progress
from data.engine.retention import Retention
from data.engine.runs import MAX_DEPTH, RunReader
from data.engine.testing import TestRepositories, adopt_cases
from data.engine.timing import OVERLAP
from data.errors import LinesideError, SourceError
from data.launch.naming import called
from data.model import PipelineRun
from data.model.vocabulary import ACTIVE, BLOCKED, FINISHED
from data.store.logs import LogStore
from data.store.port import Where
from data.store.retention.choice import Rules

log = logging.getLogger(__name__)

LIST: Final = "list"
DESCRIBE: Final = "project"
LINT: Final = "CI configuration"
SURROUNDINGS: Final = "members and deployments"
TESTS: Final = "test repositories"
BACKFILL: Final = "history"
DETAILS: Final = "details"
PASS: Final = "full pass"
RETENTION: Final = "retention"
RETENTION_PACE: Final = 6 * 3600.0
"""Seconds between two looks for runs that are kept no longer."""
IN_VIEW: Final = 2.5
"""Pace of running runs in a list that somebody looks at, relative to that of a run that is open."""
SHARE: Final = 4
"""Projects of an overview, or open runs, that are read at the fast pace; more share the requests of so many."""
MAX_ACTIVE: Final = 1000
"""Unfinished runs of a project that are polled; nobody has more, but a broken server may say so."""
CHECKS: Final = 4
"""How often within its period it is looked whether a full pass is due."""
ROUNDS: Final = 100_000
"""Bound on the steps of one complete synchronisation."""
ONCE_DETAILS: Final = 50
"""Finished runs whose details a single synchronisation reads; a running engine reads the rest in time."""


class Tracked(NamedTuple):
    """What is remembered of a run that comes round."""

    parent_id: str = ""
    status: str = ""


class ProjectSync:
    """The copy of one project, while its lease is ours."""

    def __init__(self, context: ProjectContext, files: LogStore, rules: Rules) -> None:
        """`files` are the logs; `rules` say which finished runs are kept."""
        self._context = context
        self._retention = Retention(context, files, rules)
        name = context.project.path or context.settings.project
        self.progress = Progress(context.desk, context.id, context.project.connection, name, context.timing)
        self._reader = RunReader(context, self._found)
        self._history = History(context, self.progress, self._take, self._detail)
        self._describer = Describer(context, self.progress)
        self._artifacts = ArtifactReader(context)
        self._tests = TestRepositories(context)
        self._agenda = Agenda(context.timing, self._report, lambda: context.board.watched)
        self._looking = Looking(context, self._agenda, self._is_ours)
        self._tracked: dict[str, Tracked] = {}
        self._outcomes: list[tuple[str, LinesideError | None]] = []
        self._said: dict[str, str] = {}
        self._news = asyncio.Event()

    async def load(self) -> None:
        """Take up what the store knows."""
        await self.progress.load(self._context.id)
        await self._describer.load()
        states = sorted(ACTIVE | BLOCKED)
        where: Where = {"project_id": self._context.id, "status": states, "gone": False}
        for run in await self._context.desk.all(PipelineRun, where, limit=MAX_ACTIVE):
            self._found(run)
        self._news.set()
        agenda, timing = self._agenda, self._context.timing
        agenda.add(DESCRIBE, self._describe, lambda: timing.describe)
        agenda.add(LIST, self._list, self._list_pace, self._context.rank)
        agenda.add(LINT, self._describer.lint, lambda: timing.describe)
        agenda.add(SURROUNDINGS, self._surroundings, lambda: timing.describe, lambda: Rank.BACKGROUND)
        agenda.add(TESTS, self._look_at_tests, self._list_pace, lambda: Rank.BACKGROUND)
        agenda.add(PASS, self._full_pass, lambda: timing.full_pass / CHECKS, lambda: Rank.BACKGROUND)
        agenda.add(RETENTION, self._forget_old, lambda: RETENTION_PACE, lambda: Rank.BACKGROUND)
        agenda.add(BACKFILL, self._backfill, None, lambda: Rank.BACKGROUND)
        agenda.add(DETAILS, self._details, None, lambda: Rank.BACKGROUND)
        self._looking.follow()

    async def run(self) -> None:
        """Synchronise until cancelled."""
        await self.load()
        async with asyncio.TaskGroup() as group:
            for rank in Rank:
                group.create_task(self._agenda.work(rank))
            group.create_task(self._watch())

    async def once(self) -> LinesideError | None:
        """Synchronise everything once; gives the first error that is left."""
        await self.load()
        agenda = self._agenda
        agenda.remove(PASS)
        agenda.remove(RETENTION)
        agenda.remove(DETAILS)
        self._history.rank = self._describer.rank = Rank.ROUTINE
        await agenda.finish(set(Rank), rounds=ROUNDS)
        try:
            for _ in range(ONCE_DETAILS):
                if not await self._history.detail():
                    break
        except SourceError as error:
            self._report(DETAILS, error)
        await self._describer.roll_up()
        first = next((error for _, error in self._outcomes if error is not None), None)
        await self._report_outcomes()
        return first

    def wake(self) -> None:
        """Somebody looks at something else now, or wants everything fresh."""
        if self._context.board.take_refresh(self._context.id):
            for name in (LIST, DESCRIBE, *map(_of, self._tracked)):
                self._agenda.soon(name, force=True)
        self._looking.follow()
        self._agenda.wake()
        self._news.set()

    def describe_again(self) -> None:
        """The project's experiments became known."""
        self._agenda.soon(DESCRIBE)

    def touch(self, run_id: str) -> None:
        """Read a run, or a schedule, again at once: we have just changed it on the server."""
        if is_schedule(run_id):
            self._looking.schedules_changed(run_id)
            self._agenda.soon(LIST)
            return
        self._track(run_id, Tracked())
        self._agenda.soon(_of(run_id))
        self._agenda.soon(LIST)

    async def _watch(self) -> None:
        """Follows what viewers open, and writes down how the work goes."""
        seen: frozenset[str] = frozenset()
        while True:
            await self._news.wait()
            self._news.clear()
            opened = self._context.board.ids("run")
            for run_id in opened - seen:
                run = await self._context.store.get(PipelineRun, run_id)
                if run is not None and self._is_ours(run):
                    self._track(run.id, Tracked(run.parent_run_id, run.status))
                    self._agenda.soon(_of(run.id))
            seen = opened
            await self._describer.roll_up()
            await self._report_outcomes()
            await asyncio.sleep(self._context.timing.interests)

    async def _list(self) -> None:
        watermark = self.progress.state.watermark
        since = watermark - timedelta(seconds=OVERLAP) if watermark else None
        rank, page = self._context.rank(), 1
        newest = [watermark]
        while True:
            number = page
            found = await self._context.server.call(
                lambda source: source.pipelines(self._context.git, updated_after=since, page=number),  # noqa: B023
                rank=rank,
            )
            await self._take(found.runs)
            newest += [run.updated for run in found.runs]
            if since is None or found.next_page is None:
                break
            page = found.next_page
        await self.progress.seen(merge.newest(newest))
        if watermark is None:
            self._agenda.soon(RETENTION)  # which may have looked before there was anything

    async def _take(self, runs: Sequence[PipelineRun]) -> None:
        """Store runs of a list, and plan to read those that changed."""
        own = [run for run in map(self._context.own, runs) if not self._retention.is_too_old(run)]
        if any(self._describer.is_news(run) for run in own):
            self._agenda.soon(LINT)
        self._looking.ran(own)
        changed = 0
        for run in await self._context.desk.merge(self._context.id, PipelineRun, own, merge.glance):
            changed += not run.jobs_synced
            self._found(run)
        if changed:
            log.info("%s: %d new or changed run%s", self._context.project.path, changed, "s" * (changed > 1))

    def _found(self, run: PipelineRun) -> None:
        """Plan what a run needs: unfinished ones come round, finished ones are read once more."""
        if not self._is_ours(run):
            return
        if self._retention.goes(run) and not self._is_open(run.id):
            self._agenda.soon(RETENTION)  # it was being read while it was forgotten
        name, here = _of(run.id), Tracked(run.parent_run_id, run.status)
        if not run.jobs_synced or self._tracked.get(run.id, here) != here:
            self._describer.stale = True
            self._news.set()
        if run.gone or (run.status in FINISHED and run.jobs_synced and not self._is_open(run.id)):
            self._tracked.pop(run.id, None)
            self._agenda.remove(name)
        elif run.status not in FINISHED or run.id in self._tracked or self._is_recent(run):
            self._track(run.id, here)
            if not run.jobs_synced:
                self._agenda.soon(name)
        elif not run.jobs_synced:
            self._history.more_details()
            self._agenda.add(DETAILS, self._details, None, lambda: Rank.BACKGROUND)

    def _track(self, run_id: str, here: Tracked) -> None:
        known = self._tracked.get(run_id)
        self._tracked[run_id] = here if here.status or known is None else known
        self._agenda.add(
            _of(run_id),
            lambda: self._refresh(run_id),
            lambda: self._run_pace(run_id),
            lambda: self._run_rank(run_id),
        )

    async def _refresh(self, run_id: str) -> None:
        rank = self._run_rank(run_id)
        run = await self._reader.refresh(run_id, rank)
        if run is None:
            known = await self._context.store.get(PipelineRun, run_id)
            if known is None or known.gone:  # whoever found that out
                self._tracked.pop(run_id, None)
                self._agenda.remove(_of(run_id))
        else:
            await self._learn(run, rank)
            if self._is_open(run_id):
                await self._reader.needs.read(run, rank)
                self._agenda.add(f"artifacts of {called(run)}", lambda: self._artifacts.read(run_id))

    async def _look_at_tests(self) -> None:
        """Take in what runs in the test repositories, whoever started it."""
        for run in await self._tests.look(Rank.BACKGROUND):
            self._found(run)

    async def _detail(self, run_id: str) -> None:
        run = await self._reader.refresh(run_id, self._history.rank)
        if run is not None:
            await self._learn(run, self._history.rank)

    async def _learn(self, run: PipelineRun, rank: Rank) -> None:
        """Read what no list tells of a run, and put it among those that it belongs to."""
        await self._reader.enrich(run, rank)
        for one in (*await adopt_cases(self._context, run.id), run):
            if one.run_info_id:
                await gather(self._context, one)

    async def _describe(self) -> None:
        await self._describer.describe()
        if self._tests.any:
            self._agenda.soon(TESTS)

    async def _surroundings(self) -> None:
        """Read what slowly changes, by the rank of what nobody waits for."""
        await self._describer.surroundings()
        await learn_environments(self._context)
        await self._looking.schedules.read(self._describer.rank)

    async def _backfill(self) -> None:
        if await self._history.step():
            self._agenda.soon(BACKFILL)
        else:
            self._agenda.soon(RETENTION)

    async def _details(self) -> None:
        if await self._history.detail():
            self._agenda.soon(DETAILS)

    async def _full_pass(self) -> None:
        if self._history.is_due_for_a_pass() and await self._history.full_pass():
            self._agenda.soon(PASS)

    async def _forget_old(self) -> None:
        if await self._retention.step():
            self._describer.stale = True
            self._agenda.soon(RETENTION)

    def _is_ours(self, run: PipelineRun) -> bool:
        """Whether it is a run of this project, or one below it in a project that nobody copies."""
        if run.project_id == self._context.id:
            return True
        below = run.parent_run_id in self._tracked or run.parent_run_id.startswith(f"{self._context.id}:")
        return below and run.project_id not in self._context.siblings

    def _is_open(self, run_id: str) -> bool:
        """Whether somebody looks at the run, at one of those above it, or at a log of it."""
        opened = self._context.board.ids("run") | self._context.log_runs
        for _ in range(MAX_DEPTH):
            if run_id in opened:
                return True
            run_id = self._tracked.get(run_id, Tracked()).parent_id
        return False

    def _is_recent(self, run: PipelineRun) -> bool:
        """Whether a finished run is read at once: it just ended, or it is on a screen."""
        at = run.updated or run.created
        return datetime.now(UTC) - at < timedelta(seconds=OVERLAP) or self._is_open(run.id)

    def _run_rank(self, run_id: str) -> Rank:
        return Rank.PERSON if self._is_open(run_id) else Rank.ROUTINE

    def _run_pace(self, run_id: str) -> float:
        sync, status = self._context.sync, self._tracked.get(run_id, Tracked()).status
        if self._is_open(run_id):
            return sync.medium if status in FINISHED else self._shared(len(self._context.board.ids("run")))
        if status in BLOCKED:
            return sync.slow
        return min(sync.fast * IN_VIEW, sync.medium) if self._context.looked_at else sync.medium

    def _shared(self, looked_at: int) -> float:
        """The pace of what is looked at: of so many things together the server is asked no more often than of a few, so
        that its load does not grow with the number of viewers.
        """
        sync = self._context.sync
        return max(sync.fast, min(sync.medium, sync.fast * looked_at / SHARE))

    def _list_pace(self) -> float:
        sync = self._context.sync
        if self._context.looked_at or any(self._is_open(run_id) for run_id in self._tracked):
            return self._shared(len(self._context.board.ids("project")))
        if self._context.board.everything:
            return self._shared(len(self._context.siblings))
        return sync.medium if any(one.status in ACTIVE for one in self._tracked.values()) else sync.slow

    def _report(self, name: str, error: LinesideError | None) -> None:
        if error is not None and self._said.get(name) != str(error):
            log.warning("%s: %s: %s", self._context.project.path, name, error)
        if error is not None:
            self._said[name] = str(error)
        else:
            self._said.pop(name, None)
        self._outcomes.append((name, error))
        self._news.set()

    async def _report_outcomes(self) -> None:
        outcomes, self._outcomes = self._outcomes, []
        for name, error in outcomes:
            await self.progress.outcome(name, error)


def is_schedule(id: str) -> bool:
    """Whether an id is that of a `Schedule` (see there)."""
    return ":schedule:" in id


def _of(run_id: str) -> str:
    """Name of a run's item."""
    return f"run {run_id}"
