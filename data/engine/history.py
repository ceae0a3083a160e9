"""The past of a project: the back-fill of its runs, the details of those that ended, and what was deleted since."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from msgspec.structs import replace

from data.engine.budget import Rank
from data.engine.context import ProjectContext
from data.engine.progress import Progress
from data.errors import NotFound
from data.model import PipelineRun
from data.store.port import Sort

log = logging.getLogger(__name__)

BATCH: Final = 50
"""Runs without details that are looked up in the store at a time."""
SLACK: Final = timedelta(days=1)
"""A history that reaches back this much less than configured counts as complete: the window moves on with time."""
CHILD: Final = "parent_pipeline"
"""GitLab's source of child pipelines, which are in no list."""
NEWEST: Final = Sort("created", descending=True)

Take = Callable[[Sequence[PipelineRun]], Awaitable[None]]
"""Stores runs of a list."""


class History:
    """Works off the past in small steps, each a request or a few."""

    def __init__(
        self, context: ProjectContext, progress: Progress, take: Take, detail: Callable[[str], Awaitable[None]]
    ):
        self._context, self._progress, self._take, self._detail = context, progress, take, detail
        self.rank = Rank.BACKGROUND
        """Rank of all requests; a single synchronisation that somebody waits for makes it higher."""
        self._page: int | None = 1
        self._waiting: list[str] = []
        self._maybe_more = True
        self._pass_page: int | None = None
        self._pass_start: datetime | None = None
        self._alive: set[int] = set()

    @property
    def complete(self) -> bool:
        """Whether the runs of the configured window are all here."""
        reached = self._progress.state.backfilled_to
        return reached is not None and reached <= self._since() + SLACK

    async def step(self) -> bool:
        """One page of the back-fill; false when there is nothing left to do."""
        if self.complete or self._page is None:
            return False
        page, since = self._page, self._since()
        found = await self._context.server.call(
            lambda source: source.pipelines(self._context.git, updated_after=since, page=page), rank=self.rank
        )
        await self._take(found.runs)
        self._page = found.next_page
        if self._page is None:
            await self._progress.backfilled(since)
            if self._progress.state.last_full is None:
                await self._progress.passed()
            log.info("%s: history complete back to %s", self._context.project.path, since.date())
        return True

    def more_details(self) -> None:
        """There may be runs again whose jobs were not read."""
        self._maybe_more = True

    async def detail(self) -> bool:
        """Details of one finished run that lacks them, the newest first; false when there is none."""
        if not self._waiting and self._maybe_more:
            self._maybe_more = False
            page = await self._context.store.page(
                PipelineRun,
                where={"project_id": self._context.id, "jobs_synced": False, "gone": False},
                sort=NEWEST,
                limit=BATCH,
            )
            self._waiting = [run.id for run in reversed(page.records)]
            self._maybe_more = self._maybe_more or bool(self._waiting)
        if not self._waiting:
            return False
        await self._detail(self._waiting.pop())
        return True

    def is_due_for_a_pass(self) -> bool:
        """Whether a full pass is under way, or the last one was long ago; the first back-fill counts as one."""
        last = self._progress.state.last_full
        if self._pass_start is not None or last is None:
            return self._pass_start is not None or self.complete
        return datetime.now(UTC) - last >= timedelta(seconds=self._context.timing.full_pass)

    async def full_pass(self) -> bool:
        """One page of a pass over all runs of the window; at its end, those that are missing are marked `gone`.

        False when the pass is done.
        """
        if self._pass_start is None:
            self._pass_start, self._pass_page = self._since(), 1
            self._alive.clear()
        start, page = self._pass_start, self._pass_page
        if page is not None:
            found = await self._context.server.call(
                lambda source: source.pipeline_ids(self._context.git, created_after=start, page=page),
                rank=self.rank,
            )
            self._alive |= set(found.ids)
            self._pass_page = found.next_page
            return True
        await self._mark_gone(start)
        self._pass_start = None
        await self._progress.passed()
        return False

    async def _mark_gone(self, start: datetime) -> None:
        after: str | None = None
        until = datetime.now(UTC) - timedelta(minutes=1)
        while True:
            page = await self._context.store.page(
                PipelineRun, where={"project_id": self._context.id}, sort=NEWEST, after=after, limit=BATCH
            )
            for run in page.records:
                listed = run.trigger_type != CHILD and not run.gone and start < run.created < until
                if listed and run.git_pipeline_id not in self._alive:
                    await self._confirm(run)
            after = page.after
            if after is None or page.records[-1].created <= start:
                return

    async def _confirm(self, run: PipelineRun) -> None:
        """A deletion during the pass shifts the pages, so the server is asked about every run that seems missing."""
        try:
            await self._context.server.call(
                lambda source: source.run(run.git_project_id, run.git_pipeline_id), rank=self.rank
            )
        except NotFound:
            log.info("run %s is no longer on the server; kept here", run.id)
            await self._context.desk.edit(self._context.id, PipelineRun, run.id, lambda now: replace(now, gone=True))

    def _since(self) -> datetime:
        window = self._context.sync.history
        return datetime.now(UTC) - timedelta(seconds=window) if window else datetime(2011, 1, 1, tzinfo=UTC)
