"""Reads what people look at besides runs: refs and previews of a launch, schedules, test reports.

Topics: `refs:<project id>`, `preview:<project id>@<ref>`, `schedules:<project id>`, `tests:<run id>`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

from data.engine.agenda import Act, Agenda
from data.engine.budget import Rank
from data.engine.context import ProjectContext
from data.engine.previews import Previewer, RefReader
from data.engine.schedules import ScheduleReader
from data.engine.testreports import ReportReader
from data.model import CiPreview, PipelineRun

REFS: Final = "branches and tags"
SCHEDULES: Final = "schedules"
ONCE: Final = "schedules that ran"
MAX_REF: Final = 255
"""Characters of a ref that is looked up: git's file systems allow no longer names."""
MAX_ITEMS: Final = 20
"""Previews, and test reports, of a project that come round at a time."""

Items = dict[str, tuple[Act, Callable[[], float]]]
"""What to do for each thing that is looked at, and how often."""


class Looking:
    """Puts on the agenda of one project what is looked at, and takes off what is not any more."""

    def __init__(self, context: ProjectContext, agenda: Agenda, is_ours: Callable[[PipelineRun], bool]) -> None:
        """`is_ours` says whether a run is read by this project's engine."""
        self._context, self._agenda, self._is_ours = context, agenda, is_ours
        self._refs, self._previewer = RefReader(context), Previewer(context)
        self.schedules, self._reports = ScheduleReader(context), ReportReader(context)
        self._shown: set[str] = set()
        self._settled: set[str] = set()

    def follow(self) -> None:
        """Viewers look at something else."""
        wanted = self._wanted()
        for name in self._shown - set(wanted):
            self._agenda.remove(name)
        for name, (act, every) in wanted.items():
            self._agenda.add(name, act, every, lambda: Rank.PERSON)
        self._shown = set(wanted)

    def schedules_changed(self, schedule_id: str = "") -> None:
        """A schedule was run: what is told of it is old."""
        self.schedules.again(schedule_id)
        self._soon()

    def ran(self, runs: Sequence[PipelineRun]) -> None:
        """Runs were listed."""
        if self.schedules.ran(runs):
            self._soon()

    def _soon(self) -> None:
        """Read the schedules once, whether somebody looks at them or not."""
        self._agenda.add(ONCE, lambda: self.schedules.read(Rank.ROUTINE))

    def _wanted(self) -> Items:
        context, board, sync = self._context, self._context.board, self._context.sync
        found: Items = {}
        if context.id in board.ids("refs"):
            found[REFS] = self._read_refs, self._refs.pace
        if context.id in board.ids("schedules"):
            found[SCHEDULES] = partial(self.schedules.read, Rank.PERSON), lambda: sync.medium
        for ref in self._previewed():
            found[_preview(ref)] = partial(self._previewer.read, ref), lambda: context.timing.preview
        tests = {run_id for run_id in board.ids("tests") if self._may_be_ours(run_id)}
        self._settled &= tests
        for run_id in sorted(tests)[:MAX_ITEMS]:
            found[f"tests of {run_id}"] = partial(self._read_tests, run_id), partial(self._tests_pace, run_id)
        return found

    def _previewed(self) -> list[str]:
        """Refs of this project of which a preview is looked at."""
        begin = f"{self._context.id}@"
        names = sorted(id.removeprefix(begin) for id in self._context.board.ids("preview") if id.startswith(begin))
        return [name for name in names if 0 < len(name) <= MAX_REF][:MAX_ITEMS]

    def _may_be_ours(self, run_id: str) -> bool:
        """Whether a run is of this project, or of one that nobody copies."""
        project = run_id.rpartition(":")[0]
        return project == self._context.id or project not in self._context.siblings

    async def _read_refs(self) -> None:
        """Read them; a ref that moved is previewed anew."""
        previewed = self._previewed()
        refs = await self._refs.read(previewed)
        heads = {one.name: one.sha for one in (*refs.tags, *refs.branches)}
        for ref in previewed:
            preview = await self._context.store.get(CiPreview, f"{self._context.id}@{ref}")
            if preview is not None and heads.get(ref, "") != preview.sha and (ref in heads or preview.valid):
                self._agenda.soon(_preview(ref))

    async def _read_tests(self, run_id: str) -> None:
        run = await self._context.store.get(PipelineRun, run_id)
        if run is None or not self._is_ours(run):
            return
        if await self._reports.read(run):
            self._settled.add(run_id)
        else:
            self._settled.discard(run_id)

    def _tests_pace(self, run_id: str) -> float:
        """A settled report is only looked at again for a run that was retried."""
        return self._context.sync.slow if run_id in self._settled else self._context.sync.medium


def _preview(ref: str) -> str:
    return f"preview of {ref}"
