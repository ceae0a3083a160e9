"""Reads GitLab's test reports of runs that somebody looks at."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from msgspec.structs import replace

from data.engine.budget import Rank
from data.engine.context import ProjectContext
from data.engine.previews import unless_same
from data.errors import Forbidden, NotFound
from data.model import PipelineRun, TestReport
from data.model.vocabulary import FINISHED

MAX_ENDED: Final = 1_000
"""Runs of which it is remembered when they were first seen to have ended."""


class ReportReader:
    """Reads a run's report until the run has ended, and once more when the server's cache has forgotten older ones."""

    def __init__(self, context: ProjectContext) -> None:
        self._context = context
        self._ended: dict[str, datetime] = {}

    async def read(self, run: PipelineRun) -> bool:
        """Read it unless it is complete; says whether it is now, and stays as it is."""
        context, ended = self._context, self._end(run)
        stored = await context.store.get(TestReport, run.id)
        if stored is not None and self._is_settled(stored, ended):
            return True
        try:
            found = await context.server.call(lambda source: source.test_report(run), rank=Rank.PERSON)
        except (NotFound, Forbidden):  # the run is gone, or this login may not see its tests
            return True
        fresh = replace(found, project_id=run.project_id, read=datetime.now(UTC))
        if self._is_settled(fresh, ended):  # its time is what counts: it is written though nothing else is new
            await context.desk.put(context.id, [fresh])
            return True
        await context.desk.merge(context.id, TestReport, [fresh], unless_same)
        return False

    def _end(self, run: PipelineRun) -> datetime | None:
        """When a run ended, by our clock where the server's is ahead; None while it has not."""
        if run.status not in FINISHED:
            self._ended.pop(run.id, None)
            return None
        if len(self._ended) >= MAX_ENDED:
            self._ended.clear()
        seen = self._ended.setdefault(run.id, datetime.now(UTC))
        return min(run.completion or seen, seen)

    def _is_settled(self, report: TestReport, ended: datetime | None) -> bool:
        if ended is None or not report.complete or report.read is None:
            return False
        return report.read >= ended + timedelta(seconds=self._context.timing.report)
