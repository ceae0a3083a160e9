"""Proposals for a new pipeline: its jobs as CI lint found them, stage types guessed, and ways to start it. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Final, NamedTuple

from msgspec.structs import replace

from data.define.fields import Definitions, named
from data.model import CiPreview, Pipeline, PipelineAPI, PipelineJob, Project, Variable
from data.model.vocabulary import E2E, SUB_API, guess_stage_type

CI_FILE: Final = ".gitlab-ci.yml"
"""The CI configuration that GitLab runs where a project names no other."""
CUSTOM: Final = "CUSTOM"
"""Stage type of jobs whose name does not tell."""
PHASES: Final[dict[str, frozenset[str]]] = {
    "data": frozenset({
        "DATA_INGESTION", "DATA_VALIDATION", "DATA_PREPROCESSING", "FEATURE_ENGINEERING", "DATA_SPLITTING",
        "EXPLORATORY_DATA_ANALYSIS",
    }),
    "training": frozenset({
        "MODEL_TRAINING", "MODEL_VALIDATION", "MODEL_EVALUATION", "MODEL_TESTING", "HYPERPARAMETER_TUNING",
        "MODEL_COMPARISON",
    }),
    "deployment": frozenset({"MODEL_REGISTRATION", "MODEL_DEPLOYMENT", "MODEL_MONITORING"}),
}  # fmt: skip
"""Names of APIs for a part of a pipeline, with the stage types that they are about."""


class Proposal(NamedTuple):
    """A pipeline that could be made; every part of it can be edited first."""

    pipeline: Pipeline
    jobs: tuple[PipelineJob, ...]
    """As far as the CI file is known; empty where it was never validated. They come by themselves, too."""
    apis: tuple[PipelineAPI, ...]


def propose(known: Definitions, name: str, *, file: str = CI_FILE, preview: CiPreview | None = None) -> Proposal:
    """A new pipeline of a project for a CI file.

    Args:
        known: what is defined there already: a pipeline of the same file tells the jobs and the variables.
        preview: what CI lint says of a ref, where no pipeline has that file.
    """
    pipeline = _pipeline(known.project, name, file)
    like = next((one for one in known.pipelines if one.pipeline_file_name == file and known.of(one.id)[0]), None)
    found: Sequence[PipelineJob] = ()
    asked: Sequence[Variable] = ()
    if like is not None:
        found, apis = known.of(like.id)
        asked = next((one.user_variables for one in apis if one.type == E2E), ())
        pipeline = replace(
            pipeline,
            type=like.type,
            pipeline_config=like.pipeline_config,
            last_commit_hash=like.last_commit_hash,
            inputs=like.inputs,
        )
    elif preview is not None and preview.valid and file == CI_FILE:
        found = preview.jobs
        pipeline = replace(pipeline, inputs=preview.inputs)
    jobs = tuple(_job(job, order, pipeline.id) for order, job in enumerate(sorted(found, key=lambda job: job.order)))
    return Proposal(pipeline, jobs, (propose_api(pipeline, name, jobs, asked), *propose_parts(pipeline, jobs, asked)))


def propose_api(
    pipeline: Pipeline, name: str, jobs: Sequence[PipelineJob], asked: Sequence[Variable] = ()
) -> PipelineAPI:
    """The API that runs everything."""
    made = replace(_api(pipeline, name), type=E2E, user_variables=tuple(asked))
    return replace(made, jobs=tuple(job.name for job in jobs))


def propose_parts(
    pipeline: Pipeline, jobs: Sequence[PipelineJob], asked: Sequence[Variable] = ()
) -> tuple[PipelineAPI, ...]:
    """APIs for parts of a pipeline: of its data, its training, its deployment, as far as it has jobs besides those."""
    found = []
    for name, kinds in PHASES.items():
        kept = required(jobs, [job.name for job in jobs if job.stage_type in kinds])
        if kept and len(kept) < len(jobs):
            states = {job.name: job.name in kept for job in jobs}
            made = replace(_api(pipeline, name), type=SUB_API, flow_control=states, user_variables=tuple(asked))
            found.append(replace(made, jobs=tuple(job.name for job in jobs if job.name in kept)))
    return tuple(found)


def required(jobs: Iterable[PipelineJob], names: Collection[str]) -> frozenset[str]:
    """Jobs with all those that they cannot run without."""
    needs = {job.name: set(job.needs) - set(job.optional_needs) for job in jobs}
    kept: set[str] = set()
    waiting = [name for name in names if name in needs]
    while waiting:
        name = waiting.pop()
        if name not in kept:
            kept.add(name)
            waiting += [one for one in needs[name] if one in needs]
    return frozenset(kept)


def _pipeline(project: Project, name: str, file: str) -> Pipeline:
    return Pipeline(
        id=f"{project.id}:{name}",
        project_id=project.id,
        name=name,
        pipeline_file_name=file,
        default_ref=project.default_ref,
        repository_id=project.git_project_id,
        repository_url=project.web_url,
    )


def _api(pipeline: Pipeline, name: str) -> PipelineAPI:
    return PipelineAPI(id=f"{pipeline.id}:{name}", pipeline_id=pipeline.id, name=name)


def _job(job: PipelineJob, order: int, pipeline_id: str) -> PipelineJob:
    kind = guess_stage_type(job.name, job.stage) if job.stage_type == CUSTOM else job.stage_type
    return replace(named(job, job.name, pipeline_id), order=order, stage_type=kind)
