"""The variables that a job sees, by GitLab's precedence (GitLab docs, ci/variables): job and pipeline variables win."""

from __future__ import annotations

from data.simulator.ci import PipelineSpec, interpolate
from data.simulator.entities import Job, Pipeline, Project, Variable
from data.simulator.templates import DEFAULT_EPOCHS

FALLBACK_RATE = 0.001
"""Learning rate where LR is no number; the training script's own default."""

MAX_EPOCHS = 1_000
"""Most epochs that a training job accepts."""


def pipeline_variables(
    project: Project,
    spec: PipelineSpec,
    ref: str,
    sha: str,
    source: str,
    given: tuple[Variable, ...],
    inputs: dict[str, object],
    *,
    tag: bool = False,
) -> dict[str, str]:
    """Return the variables that rules and `workflow:name` see in a pipeline."""
    predefined = {
        "CI": "true",
        "CI_COMMIT_REF_NAME": ref,
        "CI_COMMIT_TAG" if tag else "CI_COMMIT_BRANCH": ref,
        "CI_COMMIT_SHA": sha,
        "CI_COMMIT_SHORT_SHA": sha[:8],
        "CI_DEFAULT_BRANCH": project.default_branch,
        "CI_PIPELINE_SOURCE": source,
        "CI_PROJECT_ID": str(project.id),
        "CI_PROJECT_PATH": project.full_path,
    }
    written = {key: interpolate(value, inputs) for key, value in spec.variables}
    settings = {item.key: item.value for item in project.variables}
    return predefined | written | settings | {item.key: item.value for item in given}


def of_pipeline(pipeline: Pipeline) -> dict[str, str]:
    """Return the variables of an existing pipeline."""
    found = pipeline_variables(
        pipeline.project, pipeline.spec, pipeline.ref, pipeline.sha, pipeline.source, pipeline.variables,
        pipeline.inputs, tag=pipeline.tag,
    )  # fmt: skip
    return found | {"CI_PIPELINE_ID": str(pipeline.id), "CI_PIPELINE_IID": str(pipeline.iid)}


def of_job(job: Job) -> dict[str, str]:
    """Return the variables of a job."""
    found = of_pipeline(job.pipeline)
    given = {item.key for item in job.pipeline.variables}
    found |= {key: value for key, value in job.spec.variables if key not in given}
    found |= {"CI_JOB_ID": str(job.id), "CI_JOB_NAME": job.name, "CI_JOB_STAGE": job.spec.stage}
    found["GITLAB_USER_LOGIN"] = job.user.username
    return found | {item.key: item.value for item in job.variables}


def learning_rate(variables: dict[str, str]) -> float:
    """Return the learning rate of a training job, the script's default where the variable is no number above 0."""
    try:
        rate = float(variables.get("TRIAL_LR") or variables.get("LR", ""))
    except ValueError:
        return FALLBACK_RATE
    return rate if 0 < rate < float("inf") else FALLBACK_RATE


def epochs(variables: dict[str, str]) -> int:
    """Return the number of epochs of a training job, between 1 and `MAX_EPOCHS`."""
    text = variables.get("TRIAL_EPOCHS") or variables.get("EPOCHS", "")
    return min(max(int(text), 1), MAX_EPOCHS) if text.isdecimal() else DEFAULT_EPOCHS
