"""Which finished runs are kept no longer: those older than the history, and those beyond a number for each pipeline.

What people wrote on stays: runs with labels or notes, and those that were launched from here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Collection, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from data.model import Command, JobRun, PipelineRun
from data.model.vocabulary import COMMAND_OPEN, FINISHED
from data.store.port import Between, Sort, Store, Where

BATCH: Final = 50
"""Runs that are looked at, and deleted, together."""
MAX_DEPTH: Final = 10
"""Levels of runs below a run that go with it."""
OLDEST: Final = Sort("created")
NEWEST: Final = Sort("created", descending=True)
AGE: Final = "age"
"""Why a run goes: it is older than the history that is kept."""
NUMBER: Final = "number"
"""Why a run goes: its pipeline has as many newer ones as are kept."""
MARKED: Final = "marked"
"""Why a run stays: somebody gave it a label or wrote a note on it."""
LAUNCHED: Final = "launched"
"""Why a run stays: it was launched from here."""
FOREIGN: Final = "of another tool"
"""Why a run stays: it was found in a document that another tool wrote (`data.store.mongo.keys.FOREIGN`)."""
_FOREIGN: Final = "@mongo:"
IN_USE: Final = "in use"
"""Why a run stays: somebody looks at it, a command waits for it, or a run below it goes on."""


class Rules(NamedTuple):
    """What is kept.

    Attributes:
        history: seconds for which finished runs are kept, counted from their last change; 0 for ever.
        runs: finished runs that are kept of each pipeline, the newest; 0 for all. Child pipelines do not count.
        launched: whether launched runs are kept in any case.
        marked: whether runs with labels or notes are kept in any case.
    """

    history: float = 0
    runs: int = 0
    launched: bool = True
    marked: bool = True

    @property
    def all(self) -> bool:
        """Whether everything is kept."""
        return not (self.history or self.runs)


class Family(NamedTuple):
    """A run that goes, and those below it; `why` is `AGE` or `NUMBER`."""

    runs: tuple[PipelineRun, ...]
    why: str


class Choice:
    """Chooses runs of one project.

    Attributes:
        floors: for each pipeline the time before which finished runs are not kept, by number.
        kept: how many runs stay although they are older, by the reason; once `batches` was read to its end.
    """

    def __init__(self, store: Store, rules: Rules, project_id: str, separate: Collection[str], now: datetime) -> None:
        """`separate` are projects that are looked at by themselves: their runs do not go with a parent elsewhere."""
        self._store, self._rules, self._project, self._separate = store, rules, project_id, separate
        self._limit = now - timedelta(seconds=rules.history) if rules.history else None
        self.floors: dict[str, datetime] = {}
        self.kept: Counter[str] = Counter()

    async def measure(self) -> None:
        """Find out where the kept number of each pipeline begins; to be done before anything else."""
        if not self._rules.runs:
            return
        where = self._finished(parent_run_id="")
        for pipeline, count in (await self._store.tally(PipelineRun, "pipeline_id", where=where)).items():
            if pipeline and count >= self._rules.runs:
                self.floors[pipeline] = await self._oldest_kept(pipeline)

    def is_too_old(self, run: PipelineRun) -> bool:
        """Whether a run would go by its age, or by what `measure` found."""
        if run.status not in FINISHED:
            return False
        if self._limit is not None and (run.updated or run.created) < self._limit:
            return True
        floor = self.floors.get(run.pipeline_id)
        return floor is not None and run.created < floor and not run.parent_run_id

    def goes(self, run: PipelineRun) -> bool:
        """Whether a stored run is too old and nothing is on it for which it would stay."""
        return self.is_too_old(run) and self._reason(run) is None

    async def batches(self) -> AsyncIterator[list[Family]]:
        """The runs that go, the oldest first; what is yielded may be deleted meanwhile. Batches may be empty."""
        ranges: list[tuple[Where, str]] = []
        if self._limit is not None:
            ranges.append((self._finished(created=Between(None, self._limit)), AGE))
        for pipeline, floor in self.floors.items():
            if self._limit is None or self._limit < floor:
                created = Between(self._limit, floor)
                ranges.append((self._finished(pipeline_id=pipeline, parent_run_id="", created=created), NUMBER))
        for where, why in ranges:
            after: str | None = None
            while True:
                page = await self._store.page(PipelineRun, where=where, sort=OLDEST, after=after, limit=BATCH)
                yield await self._families(page.records, why)
                after = page.after
                if after is None:
                    break

    def _finished(self, **more: str | Between) -> Where:
        where: dict[str, str | Between | list[str]] = {"project_id": self._project, "status": sorted(FINISHED)}
        return {**where, **more}

    async def _oldest_kept(self, pipeline: str) -> datetime:
        where, left, after = self._finished(pipeline_id=pipeline, parent_run_id=""), self._rules.runs, None
        while True:
            page = await self._store.page(PipelineRun, where=where, sort=NEWEST, after=after, limit=min(left, BATCH))
            left, after = left - len(page.records), page.after
            if not left or after is None:
                return page.records[-1].created

    async def _families(self, runs: Sequence[PipelineRun], why: str) -> list[Family]:
        old = [run for run in runs if self.is_too_old(run)]
        parents = await self._store.get_many(PipelineRun, sorted({one.parent_run_id for one in old} - {""}))
        heads = [run for run in old if not self._goes_with(run, parents.get(run.parent_run_id))]
        free = [run for run in heads if not self._stays(run)]
        families = await self._with_those_below(free)
        used = await in_use(self._store) if families else frozenset()
        going: list[Family] = []
        for family in families:
            ended = all(run.status in FINISHED or run.gone for run in family)
            if not ended or used.intersection(run.id for run in family):
                self.kept[IN_USE] += len(family)
            elif not any(self._stays(run) for run in family[1:]):
                going.append(Family(family, why))
        return going

    def _goes_with(self, run: PipelineRun, parent: PipelineRun | None) -> bool:
        return parent is not None and (parent.project_id == run.project_id or run.project_id not in self._separate)

    def _stays(self, run: PipelineRun) -> bool:
        """Whether it stays for a reason of its own; that is counted."""
        reason = self._reason(run)
        if reason is not None:
            self.kept[reason] += 1
        return reason is not None

    def _reason(self, run: PipelineRun) -> str | None:
        """Why a run stays however old it is: people wrote on it, or launched it, or it is not ours."""
        reasons = {
            FOREIGN: run.id.startswith(_FOREIGN),
            MARKED: self._rules.marked and bool(run.labels or run.notes),
            LAUNCHED: self._rules.launched and bool(run.submission_id),
        }
        return next((one for one, holds in reasons.items() if holds), None)

    async def _with_those_below(self, heads: Sequence[PipelineRun]) -> list[tuple[PipelineRun, ...]]:
        families = {run.id: [run] for run in heads}
        head_of = {run.id: run.id for run in heads}
        level = list(heads)
        for _ in range(MAX_DEPTH):
            if not level:
                break
            above = {run.id: run for run in level}
            level = []
            async for run in self._below(list(above)):
                if run.id not in head_of and self._goes_with(run, above[run.parent_run_id]):
                    head_of[run.id] = head_of[run.parent_run_id]
                    families[head_of[run.id]].append(run)
                    level.append(run)
        return [tuple(family) for family in families.values()]

    async def _below(self, ids: list[str]) -> AsyncIterator[PipelineRun]:
        after: str | None = None
        while True:
            page = await self._store.page(PipelineRun, where={"parent_run_id": ids}, after=after)
            for run in page.records:
                yield run
            after = page.after
            if after is None:
                return


async def in_use(store: Store) -> frozenset[str]:
    """Runs that somebody looks at now, or that an open command acts on or waits for."""
    runs: set[str] = set()
    jobs: set[str] = set()
    for interest in await store.interests(datetime.now(UTC)):
        topic, _, name = interest.topic.partition(":")
        (jobs if topic == "log" else runs).add(name)
    after: str | None = None
    while True:
        page = await store.page(Command, where={"state": sorted(COMMAND_OPEN)}, after=after)
        for command in page.records:
            runs.update((command.after, command.target_id))
            jobs.add(command.target_id)
        after = page.after
        if after is None:
            break
    found = await store.get_many(JobRun, sorted(jobs - {""}))
    return frozenset(runs | {job.pipeline_run_id for job in found.values()})
