"""Reads the runs of a RUN_ID with all that they belong to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from data.model.pipeline import Pipeline, PipelineAPI
from data.model.run import PipelineRun, RunInfo
from tui.family import read_jobs
from tui.present.together import Gathered

if TYPE_CHECKING:
    from data.store.port import Store

MOST = 500
"""Runs of one RUN_ID that are shown."""
CHILD = "parent_pipeline"
"""GitLab's source of child pipelines, which are a part of their run."""


async def read_gathered(store: Store, run_info_id: str) -> Gathered:
    """The runs of a RUN_ID with all that they belong to, as far as the store knows them."""
    info = await store.get(RunInfo, run_info_id)
    page = await store.page(PipelineRun, where={"run_info_id": run_info_id}, limit=MOST)
    found = {run.id: run for run in page.records}
    named = [*info.runs, *([info.test_run_id] if info.test_run_id else [])] if info else []
    found |= await store.get_many(PipelineRun, [id_ for id_ in named[:MOST] if id_ not in found])
    test = found.pop(info.test_run_id, None) if info else None
    own = [run for run in found.values() if run.trigger_type != CHILD]
    runs = tuple(sorted(own, key=lambda run: (run.created, run.id)))
    first = runs[0] if runs else test
    pipeline_id = (info.pipeline_id if info else "") or (first.pipeline_id if first else "")
    api_id = info.pipeline_api_id if info else ""
    return Gathered(
        id=run_info_id,
        info=info,
        runs=runs,
        test=test,
        jobs=tuple(await read_jobs(store, [test.id])) if test else (),
        pipeline=await store.get(Pipeline, pipeline_id) if pipeline_id else None,
        api=await store.get(PipelineAPI, api_id) if api_id else None,
    )
