"""The runs that belong together: those with the same RUN_ID, whoever started them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from msgspec.structs import replace

from data.engine.context import ProjectContext
from data.engine.history import CHILD
from data.engine.testing import MAX_CASES, is_adopted
from data.model import PipelineRun, RunInfo
from data.model.vocabulary import FINISHED, TEST
from data.store.port import Sort

OLDEST: Final = Sort("created")


async def gather(context: ProjectContext, run: PipelineRun, *, test_run: bool = False) -> None:
    """Put a run among those of its RUN_ID, and learn from these: what was started for a test is a test run, too.

    `test_run` says that it is the pipeline of a test repository, which starts the others. A child pipeline is a part of
    its run and none of its own.
    """
    if run.trigger_type == CHILD:
        return
    test_run = test_run or is_adopted(run)
    runs: tuple[str, ...] = (run.id,)
    if test_run:
        where = {"parent_run_id": run.id, "run_info_id": run.run_info_id}
        cases = await context.desk.all(PipelineRun, where, limit=MAX_CASES, sort=OLDEST)
        runs = tuple(case.id for case in cases if case.trigger_type != CHILD)
    info = RunInfo(
        id=run.run_info_id,
        pipeline_id=run.pipeline_id,
        pipeline_api_id=run.pipeline_api_id if run.kind == TEST else "",
        test_run_id=run.id if test_run else "",
        requester=run.triggered_by,
        kind=run.kind,
        create_time=run.created,
        runs=runs,
    )
    [stored] = await context.desk.merge(context.id, RunInfo, [info], _gathered)
    if stored.kind == TEST:
        await _mark(context, run, stored)
    ids = [*stored.runs, *([stored.test_run_id] if stored.test_run_id else [])]
    finish = finished((await context.store.get_many(PipelineRun, ids)).values(), len(ids))
    if finish != stored.finish_time:
        await context.desk.edit(context.id, RunInfo, stored.id, lambda now: replace(now, finish_time=finish))


def finished(runs: Iterable[PipelineRun], count: int) -> datetime | None:
    """When the last of `count` runs ended; None while one has not, or is not known."""
    ends = [run.completion or run.updated or run.created for run in runs if run.status in FINISHED or run.gone]
    return max(ends) if ends and len(ends) == count else None


def _gathered(stored: RunInfo | None, fresh: RunInfo) -> RunInfo:
    """Keep what is known. What a test repository's pipeline starts are tests, even where it was found last."""
    if stored is None:
        return fresh
    test_run = stored.test_run_id or fresh.test_run_id
    runs = stored.runs + tuple(run for run in fresh.runs if run not in stored.runs)
    test = fresh.kind == TEST and bool(fresh.test_run_id)
    return replace(
        stored,
        pipeline_id=stored.pipeline_id or fresh.pipeline_id,
        pipeline_api_id=stored.pipeline_api_id or (fresh.pipeline_api_id if TEST in (stored.kind, fresh.kind) else ""),
        test_run_id=test_run,
        requester=stored.requester or fresh.requester,
        kind=TEST if test else stored.kind,
        create_time=stored.create_time or fresh.create_time,
        runs=tuple(run for run in runs if run != test_run),
    )


async def _mark(context: ProjectContext, run: PipelineRun, info: RunInfo) -> None:
    """A run of a test is a test run, of the API that is tested."""
    api = next((one for one in context.apis if one.id == info.pipeline_api_id), None)

    def marked(now: PipelineRun) -> PipelineRun:
        if now.pipeline_api_id or api is None:
            return replace(now, kind=TEST)
        return replace(now, kind=TEST, pipeline_api_id=api.id, api=api.name, pipeline_id=api.pipeline_id)

    if run.kind != TEST or not run.pipeline_api_id:
        await context.desk.edit(context.id, PipelineRun, run.id, marked)
