"""What is written down of a launch: the request, and the run that came of it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from data.engine import merge
from data.engine.link import MLFLOW_RUN_ID
from data.launch.components import components
from data.launch.naming import MLFLOW_NAMES
from data.launch.payload import Payload
from data.model import (
    CiPreview,
    Command,
    Label,
    Link,
    Note,
    PipelineAPI,
    PipelineJob,
    PipelineRun,
    Record,
    Refs,
    RunInfo,
    Submission,
    Variable,
    make,
)
from data.model.base import Json
from data.model.vocabulary import TEST


class Known(NamedTuple):
    """What is known, when a launch is sent, of where it goes."""

    project_id: str
    pipeline_id: str = ""
    api: PipelineAPI | None = None
    refs: Refs | None = None
    preview: CiPreview | None = None
    jobs: Sequence[PipelineJob] = ()
    """What CI lint said of the jobs on the default branch."""

    def commit(self, ref: str) -> str:
        """The newest commit of a branch or tag that is known; empty where none is."""
        refs = (*self.refs.branches, *self.refs.tags) if self.refs is not None else ()
        found = next((one.sha for one in refs if one.name == ref and one.sha), "")
        return found or (self.preview.sha if self.preview is not None and self.preview.ref == ref else "")

    def blueprints(self, ref: str) -> list[PipelineJob]:
        """The jobs that a run of `ref` would have, in their order, as far as that is known."""
        preview = self.preview
        fits = preview is not None and preview.ref == ref and preview.valid and bool(preview.jobs)
        return list(preview.jobs) if fits and preview is not None else sorted(self.jobs, key=lambda job: job.order)


def submission_of(command: Command, payload: Payload, known: Known) -> Submission:
    """What was asked for. Of secret variables it holds the names."""
    jobs, api = known.blueprints(payload.ref), known.api
    switched = {**(api.flow_control if api is not None else {}), **payload.flow_control}
    tree: Json = [{"name": job.name, "stage": job.stage, "needs": list(job.needs)} for job in jobs]
    plan: Json = {one.name: one.on for one in components(jobs, switched)}
    return make(
        Submission,
        id=command.id,
        timestamp=command.created,
        requester=command.by,
        pipeline_api_id=api.id if api is not None else "",
        pipeline_id=known.pipeline_id,
        project_id=known.project_id,
        ref=payload.ref,
        repo_hash=known.commit(payload.ref),
        requested_image=payload.image,
        requested_environment=payload.environment,
        variables=list(_written(payload)),
        inputs=payload.inputs,
        flow_control=payload.flow_control,
        tree=tree or None,
        build_plan=plan or None,
        kind=payload.kind,
        run_id=payload.run_id,
        state=command.state,
        answer=command.answer,
        track=payload.track,
        timeout=payload.timeout,
        callback_url=payload.callback_url,
        labels=payload.labels,
        note=payload.note,
        why=command.why,
        like=payload.like,
        test_repository=payload.test_repository,
    )


def _written(payload: Payload) -> Iterable[Variable]:
    named = {one.key for one in payload.variables}
    for one in payload.variables:
        yield replace(one, value="", secret=True) if one.key in payload.secrets or one.secret else one
    for key in payload.secrets:
        if key not in named:
            yield Variable(key=key, kind="file" if key in payload.secret_files else "string", secret=True)


def with_tracking(submission: Submission, variables: Iterable[Variable]) -> Submission:
    """The same, with the variables of its MLflow run; those that the user gave win."""
    given = {one.key for one in submission.variables}
    return replace(submission, variables=(*submission.variables, *(one for one in variables if one.key not in given)))


def tracking_of(submission: Submission | None) -> list[Variable]:
    """The variables of the MLflow run that was made for a launch; none before there is one."""
    if submission is None or not mlflow_run_of(submission):
        return []
    return [one for one in submission.variables if one.key in MLFLOW_NAMES]


def mlflow_run_of(submission: Submission) -> str:
    """MLflow's id of the run that a launch passes on; empty without one."""
    return next((one.value for one in submission.variables if one.key == MLFLOW_RUN_ID), "")


def launched(
    stored: PipelineRun | None, fresh: PipelineRun, submission: Submission, api: PipelineAPI | None, tracked: str
) -> PipelineRun:
    """The run that came of a launch. `tracked` is the id of its `TrackedRun`, empty without one.

    A run in another project of the configuration, whose test repository it is, keeps its own pipeline.
    """
    now = merge.detail(stored, fresh)
    elsewhere = now.project_id != submission.project_id
    return replace(
        now,
        pipeline_id=now.pipeline_id if elsewhere else submission.pipeline_id,
        pipeline_api_id=submission.pipeline_api_id,
        api=api.name if api is not None else now.api,
        run_info_id=submission.run_id,
        submission_id=submission.id,
        kind=submission.kind,
        variables={one.key: "" if one.secret else one.value for one in submission.variables},
        variables_known=True,
        environment=now.environment or submission.requested_environment,
        callback_url=submission.callback_url,
        labels=tuple(dict.fromkeys((*now.labels, *submission.labels))),
        notes=now.notes or submission.note,
        mlflow_run_ids=now.mlflow_run_ids or ((tracked,) if tracked else ()),
        link=now.link or (Link(by="launch") if tracked else None),
    )


def marks_of(submission: Submission, run: PipelineRun) -> list[Record]:
    """Who gave the run its labels and its note, and when."""
    by, at = submission.requester, submission.timestamp
    marks: list[Record] = [
        Label(id=f"{run.id}:{name}", target_id=run.id, name=name, by=by, created=at) for name in submission.labels
    ]
    if submission.note and run.notes == submission.note:
        marks.append(Note(id=run.id, target_id=run.id, text=submission.note, by=by, created=at))
    return marks


def run_info_of(submission: Submission) -> RunInfo:
    """What a launch says of its RUN_ID before anything runs under it."""
    return RunInfo(
        id=submission.run_id,
        pipeline_id=submission.pipeline_id,
        pipeline_api_id=submission.pipeline_api_id if submission.kind == TEST else "",
        requester=submission.requester,
        kind=submission.kind,
        create_time=submission.timestamp,
    )


def joined(stored: RunInfo | None, fresh: RunInfo) -> RunInfo:
    """A RUN_ID that is used again keeps who made it and when."""
    if stored is None:
        return fresh
    return replace(
        stored,
        requester=stored.requester or fresh.requester,
        create_time=stored.create_time or fresh.create_time,
    )
