"""What the launch form reads of the store: the project, what can be started in it, and what it is filled from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from data.launch.asked import Target
from data.model.ci import CiPreview, Refs
from data.model.pipeline import Pipeline, PipelineAPI, PipelineJob, Submission
from data.model.project import Project
from data.model.run import PipelineRun, RunInfo
from data.model.vocabulary import ACTIVE, COMMAND_OPEN, E2E
from data.model.work import Command, Connection
from data.store.port import Between, Where
from tui.present.launch_request import Queue

if TYPE_CHECKING:
    from data.store.port import Store

AT_ONCE = 200
"""Pipelines, APIs, refs of RUN_IDs and runs of one project that are read."""
MANY_JOBS = 1000
"""Jobs of one pipeline that are read."""
OFFERED_RUNS = 20
"""Active runs that are offered to wait for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """The records around a launch, as they were read together."""

    project: Project
    connection: Connection | None
    pipelines: Sequence[Pipeline]
    apis: Sequence[PipelineAPI]
    jobs: Mapping[str, tuple[PipelineJob, ...]]
    """Jobs by the id of their pipeline."""
    refs: Refs | None
    run_infos: Sequence[RunInfo]
    """RUN_IDs that have not ended, the newest first."""
    active: Sequence[PipelineRun]
    """Runs of the project that have not ended, the newest first."""

    def pipeline(self, wanted: str) -> Pipeline | None:
        """The pipeline with this id, or else the first one."""
        first = next(iter(self.pipelines), None)
        return next((one for one in self.pipelines if one.id == wanted), first)

    def apis_of(self, pipeline: Pipeline | None) -> list[PipelineAPI]:
        """The APIs of a pipeline."""
        return [api for api in self.apis if pipeline is not None and api.pipeline_id == pipeline.id]

    def api(self, pipeline: Pipeline | None, *wanted: str) -> PipelineAPI | None:
        """The API of a pipeline with the first id or name that there is, or else the one that runs all of it."""
        own = self.apis_of(pipeline)
        for name in filter(None, wanted):
            for api in own:
                if name in (api.id, api.name):
                    return api
        return next((api for api in own if api.type == E2E), next(iter(own), None))

    def target(self, pipeline: Pipeline | None, api: PipelineAPI | None, preview: CiPreview | None) -> Target:
        """What a request is about."""
        return Target(
            project=self.project,
            pipeline=pipeline,
            api=api,
            jobs=self.jobs.get(pipeline.id, ()) if pipeline else (),
            refs=self.refs,
            preview=preview,
            connection=self.connection,
        )


async def read_source(store: Store, project_id: str) -> Source | None:
    """Read what there is; None where the project is not in the store."""
    project = await store.get(Project, project_id)
    if project is None:
        return None
    pipelines = (await store.page(Pipeline, where={"project_id": project.id}, limit=AT_ONCE)).records
    ids = [pipeline.id for pipeline in pipelines]
    apis = (await store.page(PipelineAPI, where={"pipeline_id": ids}, limit=AT_ONCE)).records
    jobs: dict[str, tuple[PipelineJob, ...]] = {}
    for id_ in ids:
        found = (await store.page(PipelineJob, where={"pipeline_id": id_}, limit=MANY_JOBS)).records
        jobs[id_] = tuple(sorted(found, key=lambda job: job.order))
    infos = (await store.page(RunInfo, where={"pipeline_id": ids}, limit=AT_ONCE)).records
    runs: Where = {"project_id": project.id, "parent_run_id": "", "status": sorted(ACTIVE)}
    return Source(
        project=project,
        connection=await store.get(Connection, project.connection),
        pipelines=pipelines,
        apis=apis,
        jobs=jobs,
        refs=await store.get(Refs, project.id),
        run_infos=[info for info in infos if info.finish_time is None],
        active=(await store.page(PipelineRun, where=runs, limit=OFFERED_RUNS)).records,
    )


async def read_preview(store: Store, project_id: str, ref: str) -> CiPreview | None:
    """What CI lint said of a ref; None where nobody asked yet."""
    return await store.get(CiPreview, f"{project_id}@{ref}") if ref else None


async def last_run(store: Store, project_id: str, pipeline_id: str, api: str) -> PipelineRun | None:
    """The newest run of a project, of one of its pipelines, or of the API with this name."""
    asked = {"pipeline_id": pipeline_id, "api": api}
    where: Where = {"project_id": project_id, "parent_run_id": "", **{key: one for key, one in asked.items() if one}}
    return next(iter((await store.page(PipelineRun, where=where, limit=1)).records), None)


async def read_like(store: Store, like: PipelineRun | Submission) -> tuple[PipelineRun | None, Submission | None]:
    """A run and the submission that it came of, or a submission alone."""
    if isinstance(like, Submission):
        return None, like
    submission = await store.get(Submission, like.submission_id) if like.submission_id else None
    return like, submission


async def read_queue(store: Store, target: Target, most_there: int) -> Queue:
    """What stands before a launch. `most_there` is the limit of its connection, 0 for none."""
    pipeline = target.pipeline
    if pipeline is None:
        return Queue()
    active: Where = {"status": sorted(ACTIVE), "gone": False}
    waiting: Where = {"kind": "launch", "state": sorted(COMMAND_OPEN), "project_id": target.project.id}
    queued = (await store.page(Command, where=waiting, limit=AT_ONCE)).records
    launched: Where = {"connection": target.project.connection, "submission_id": Between(low=" "), **active}
    return Queue(
        running=await store.count(PipelineRun, where={"pipeline_id": pipeline.id, "parent_run_id": "", **active}),
        waiting=sum(command.payload.get("pipeline") == pipeline.id for command in queued),
        most=pipeline.max_concurrent,
        launched=await store.count(PipelineRun, where=launched) if most_there else 0,
        most_there=most_there,
    )


async def find_run(store: Store, project_id: str, name: str) -> PipelineRun | None:
    """The run of a project that `#4312`, `4312` or its id names."""
    number = name.strip().lstrip("#")
    if number.isdecimal():
        where: Where = {"project_id": project_id, "git_pipeline_id": int(number)}
        return next(iter((await store.page(PipelineRun, where=where, limit=1)).records), None)
    return await store.get(PipelineRun, name.strip())
