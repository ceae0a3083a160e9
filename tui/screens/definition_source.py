"""What the form of a definition reads of the store: the record as it is, its neighbours, and what to propose."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from data.define.fields import Definition
from data.model.ci import CiPreview, Refs
from data.model.pipeline import Pipeline, PipelineAPI, PipelineJob
from data.model.project import Project
from tui.context import collect
from widgets.suggest import Offer

if TYPE_CHECKING:
    from collections.abc import Iterable

    from data.store.port import Store


@dataclass
class Around:
    """What stands around a record.

    Attributes:
        project: its project; None where that is not in the store any more.
        stored: the record as it is stored; None for a new one.
        pipeline: its pipeline; None for a pipeline.
        jobs: the jobs of the pipeline, in order.
        siblings: records of its kind beside it.
        refs: branches and tags of the project, where they were read.
        preview: what the CI configuration of the default branch has, where that was read.
    """

    project: Project | None = None
    stored: Definition | None = None
    pipeline: Pipeline | None = None
    jobs: list[PipelineJob] = field(default_factory=list)
    siblings: list[Definition] = field(default_factory=list)
    refs: Refs | None = None
    preview: CiPreview | None = None

    @property
    def proposals(self) -> dict[str, PipelineJob]:
        """Jobs of the CI configuration that the pipeline does not have yet, by name."""
        known = {job.name for job in self.jobs}
        return {job.name: job for job in self.preview.jobs if job.name not in known} if self.preview else {}

    def offers(self) -> dict[str, list[Offer]]:
        """What fields offer, by their names."""
        refs = self.refs
        branches = [Offer(one.name, "branch") for one in refs.branches] if refs else []
        tags = [Offer(one.name, "tag") for one in refs.tags] if refs else []
        jobs = [*self.jobs, *(self.preview.jobs if self.preview else ())]
        return {
            "default_ref": [*branches, *tags],
            "name": [Offer(name, f"stage {job.stage}") for name, job in self.proposals.items()],
            "stage": _distinct(job.stage for job in jobs),
            "image": _distinct(job.image for job in jobs),
            "runner_tag": _distinct(job.runner_tag for job in jobs),
            "environment": _distinct(job.environment for job in jobs),
        }

    def topics(self) -> list[str]:
        """What the engine is to read for it."""
        if self.project is None:
            return []
        ref = self.pipeline.default_ref if self.pipeline else ""
        ref = ref or self.project.default_ref
        return [f"refs:{self.project.id}", *([f"preview:{self.project.id}@{ref}"] if ref else [])]


async def read_around(store: Store, record: Definition, *, new: bool) -> Around:
    """Read what stands around a record."""
    around = Around(stored=None if new else await store.get(type(record), record.id))
    if isinstance(record, Pipeline):
        project_id = record.project_id
        around.siblings = list(await collect(store, Pipeline, where={"project_id": project_id}))
    else:
        around.pipeline = await store.get(Pipeline, record.pipeline_id)
        project_id = around.pipeline.project_id if around.pipeline else ""
        mine = {"pipeline_id": record.pipeline_id}
        around.jobs = await collect(store, PipelineJob, where=mine)
        is_job = isinstance(record, PipelineJob)
        around.siblings = [*around.jobs] if is_job else list(await collect(store, PipelineAPI, where=mine))
    around.project = await store.get(Project, project_id) if project_id else None
    if around.project is not None:
        around.refs = await store.get(Refs, project_id)
        ref = (around.pipeline.default_ref if around.pipeline else "") or around.project.default_ref
        around.preview = await store.get(CiPreview, f"{project_id}@{ref}") if ref else None
    return around


def _distinct(values: Iterable[str]) -> list[Offer]:
    return [Offer(value) for value in dict.fromkeys(values) if value]
