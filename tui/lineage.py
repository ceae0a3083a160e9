"""Where a run comes from and what came of it: the records around it, read from the store."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from data.model.artifact import Artifact
from data.model.base import Record
from data.model.pipeline import Submission
from data.model.run import PipelineRun
from data.model.tracking import Deployment, Experiment, ModelVersion, TrackedRun
from data.model.work import Command

if TYPE_CHECKING:
    from data.store.port import Store, Where
    from tui.subject import Subject

R = TypeVar("R", bound=Record)

MOST = 200
"""Records of each kind that are shown."""
DEEP = 10
"""Levels of parents that are followed upwards."""


@dataclass
class Lineage:
    """What is around a run.

    Attributes:
        submissions: requests that it came of, as they were kept.
        commands: launches that it is the result of.
        siblings: other runs with its RUN_ID.
        parents: the runs above it, the topmost first.
        above: MLflow runs in which its MLflow runs are nested, the topmost first.
        below: MLflow runs nested in its MLflow runs and not linked with it themselves.
        experiments: by id.
        versions: model versions that it made.
        deployments: of its jobs, or of those versions.
        outputs: artifacts of its jobs and MLflow runs that are models or data sets.
        inputs: artifacts that its jobs took.
        pipeline: the GitLab run behind an MLflow run.
    """

    submissions: Sequence[Submission] = ()
    commands: Sequence[Command] = ()
    siblings: Sequence[PipelineRun] = ()
    parents: Sequence[PipelineRun] = ()
    above: Sequence[TrackedRun] = ()
    below: Sequence[TrackedRun] = ()
    experiments: dict[str, Experiment] = field(default_factory=dict)
    versions: Sequence[ModelVersion] = ()
    deployments: Sequence[Deployment] = ()
    outputs: Sequence[Artifact] = ()
    inputs: Sequence[Artifact] = ()
    pipeline: PipelineRun | None = None


async def read_lineage(store: Store, subject: Subject) -> Lineage:
    """The records around a run, or around an MLflow run."""
    found = Lineage()
    if subject.run is not None:
        await _around_run(store, subject.run, found)
    tracked = subject.tracked
    if subject.run is None and tracked and tracked[0].pipeline_run_id:
        found.pipeline = await store.get(PipelineRun, tracked[0].pipeline_run_id)
    found.above = await _above(store, tracked)
    found.below = await _below(store, tracked)
    experiments = {f"{one.connection}:{one.experiment_id}" for one in (*tracked, *found.above)}
    found.experiments = await store.get_many(Experiment, sorted(experiments))
    found.versions = await _versions(store, subject)
    jobs = [job.id for job in subject.family.all_jobs()]
    found.deployments = await _either(
        store, Deployment, ("job_run_id", jobs), ("model_version_id", [one.id for one in found.versions])
    )
    made = await _either(
        store, Artifact, ("job_run_id", jobs), ("tracked_run_id", [one.id for one in tracked]),
        where={"artifact_type": ["MODEL", "DATASET"]},
    )  # fmt: skip
    found.outputs = made
    taken = {id_ for job in subject.family.all_jobs() for id_ in job.input_artifacts}
    found.inputs = list((await store.get_many(Artifact, sorted(taken)[:MOST])).values())
    return found


async def _around_run(store: Store, run: PipelineRun, found: Lineage) -> None:
    by_run = await store.page(Submission, where={"pipeline_run_id": run.id}, limit=MOST)
    named = [run.submission_id] if run.submission_id else []
    known = {one.id: one for one in by_run.records} | await store.get_many(Submission, named)
    found.submissions = sorted(known.values(), key=lambda one: one.timestamp)
    launches = await store.page(Command, where={"result_id": run.id}, limit=MOST)
    found.commands = [one for one in launches.records if one.kind == "launch"]
    if run.run_info_id:
        same = await store.page(PipelineRun, where={"run_info_id": run.run_info_id}, limit=MOST)
        found.siblings = [one for one in same.records if one.id != run.id]
    parents: list[PipelineRun] = []
    above = run.parent_run_id
    while above and len(parents) < DEEP and above not in {one.id for one in parents}:
        parent = await store.get(PipelineRun, above)
        if parent is None:
            break
        parents.insert(0, parent)
        above = parent.parent_run_id
    found.parents = parents


async def _above(store: Store, tracked: Sequence[TrackedRun]) -> list[TrackedRun]:
    """The MLflow runs above, but for those that are among `tracked`."""
    mine = {one.id for one in tracked}
    found: dict[str, TrackedRun] = {}
    wanted = {f"{one.connection}:{one.parent_run_id}" for one in tracked if one.parent_run_id} - mine
    for _ in range(DEEP):
        new = await store.get_many(TrackedRun, sorted(wanted)) if wanted else {}
        found = {**new, **found}
        wanted = {f"{one.connection}:{one.parent_run_id}" for one in new.values() if one.parent_run_id} - found.keys()
        if not wanted:
            break
    return list(found.values())


async def _below(store: Store, tracked: Sequence[TrackedRun]) -> list[TrackedRun]:
    mine = {one.id for one in tracked}
    parents = [one.run_id for one in tracked]
    if not parents:
        return []
    page = await store.page(TrackedRun, where={"parent_run_id": parents}, limit=MOST)
    servers = {one.connection for one in tracked}
    return [one for one in page.records if one.id not in mine and one.connection in servers]


async def _versions(store: Store, subject: Subject) -> list[ModelVersion]:
    return await _either(
        store,
        ModelVersion,
        ("pipeline_run_id", list(subject.runs)),
        ("tracked_run_id", [one.id for one in subject.tracked]),
        ("run_id", [one.run_id for one in subject.tracked]),
    )


async def _either(
    store: Store, kind: type[R], *fields: tuple[str, Sequence[str]], where: Where | None = None
) -> list[R]:
    """Records of which one of these fields has one of these values."""
    found: dict[str, R] = {}
    for name, values in fields:
        if values:
            page = await store.page(kind, where={**(where or {}), name: list(values)}, limit=MOST)
            found.update({one.id: one for one in page.records})
    return list(found.values())
