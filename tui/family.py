"""The jobs of a run and of the runs that its trigger jobs started."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from data.model.run import JobRun, PipelineRun

if TYPE_CHECKING:
    from data.store.port import Store

DEPTH = 6
"""Depth of child pipelines that is read; GitLab allows two below the first, multi-project chains go further."""
JOBS = 1000
"""Jobs of one level that are read; GitLab's own limit of a pipeline is 500 by default."""


class Family(NamedTuple):
    """Jobs by the id of their run, and the child runs by their own."""

    jobs: dict[str, list[JobRun]]
    children: dict[str, PipelineRun]


async def read_family(store: Store, run: PipelineRun) -> Family:
    """Jobs of the run and, level by level, of the runs that its trigger jobs started."""
    jobs: dict[str, list[JobRun]] = {}
    children: dict[str, PipelineRun] = {}
    level = [run.id]
    for _ in range(DEPTH):
        page = await store.page(JobRun, where={"pipeline_run_id": level}, limit=JOBS)
        for job in page.records:
            jobs.setdefault(job.pipeline_run_id, []).append(job)
        wanted = [job.downstream for job in page.records if job.downstream and job.downstream not in children]
        if not wanted:
            break
        found = await store.get_many(PipelineRun, wanted)
        children.update(found)
        level = list(found)
        if not level:
            break
    return Family(jobs, children)
