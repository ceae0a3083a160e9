"""Where a run comes from and what came of it, line by line, in groups from the request to the deployments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from data.model.run import JobRun, PipelineRun
from data.query.tree import quote_value
from tui.present.artifacts import is_model
from tui.present.lineage_mlflow import dataset_lines, deployment_lines, mlflow_lines, model_lines, tag_lines
from tui.present.lineage_parts import Line, Opens, group, line, run_line
from tui.present.run import ago, trigger_words
from tui.present.text import clock, plural, sha, size
from widgets.cells import Cell

if TYPE_CHECKING:
    from data.model.artifact import Artifact
    from tui.lineage import Lineage
    from tui.subject import Subject

IMAGES = 8
"""Container images that are named."""


def lineage_lines(subject: Subject, around: Lineage, names: Mapping[str, str], now: datetime) -> list[Line]:
    """All lines of a run, or of an MLflow run; `names` maps project ids to names."""
    jobs = subject.family.all_jobs()
    found: list[Line] = []
    if subject.run is not None:
        found += group("Came of", request_lines(subject.run, around, now))
        found += group("Code", code_lines(subject.run))
        found += group("Environment", environment_lines(subject.run, jobs))
    elif around.pipeline is not None:
        project = names.get(around.pipeline.project_id, "")
        found += group("Came of", [run_line("pipeline", around.pipeline, project, now), *job_lines(subject)])
    if subject.run is None and subject.tracked:
        found += group("Code", tag_lines(subject.tracked[0]))
    found += group("Inputs", [*dataset_lines(subject.tracked), *input_lines(around, jobs)])
    found += group("MLflow", mlflow_lines(subject.tracked, around, now, alone=subject.run is None))
    found += group("Outputs", [*model_lines(around, now), *output_lines(around, jobs)])
    found += group("Deployments", deployment_lines(around, now))
    if subject.run is not None:
        found += group("Pipelines", pipeline_lines(subject, around, names, now))
    return found


def request_lines(run: PipelineRun, around: Lineage, now: datetime) -> list[Line]:
    """Who asked for it, how, and what became of the request."""
    found = [line("trigger", "trigger", trigger_words(run.trigger_type), clock(run.created))]
    if run.triggered_by:
        opens = Opens("runs", f"by:{quote_value(run.triggered_by)}")
        found.append(line("by", "by", Cell(run.triggered_by, "accent"), "their runs", opens))
    for one in around.submissions:
        told = ", ".join(f"{pair.key}={pair.value}" for pair in one.variables)
        more = f"{one.requester}, {ago(one.timestamp, now)}, {one.state}"
        found.append(line(f"submission:{one.id}", "request", " ".join(filter(None, [one.kind, one.ref, told])), more))
        inputs = ", ".join(f"{key}={value}" for key, value in one.inputs.items())
        if inputs:
            found.append(line(f"inputs:{one.id}", "CI inputs", inputs))
    for command in around.commands:
        more = f"{command.by}, {ago(command.created, now)}, {command.state}"
        found.append(line(f"command:{command.id}", "launch", command.title, more))
    if run.api:
        found.append(line("api", "API", run.api, run.kind))
    return found


def code_lines(run: PipelineRun) -> list[Line]:
    """Commit and ref."""
    found = []
    if run.git_commit_hash:
        opens = Opens("runs", f"sha:{run.git_commit_hash}")
        value = Cell.of((sha(run.git_commit_hash), "accent"), (f"  {run.commit_title}", ""))
        found.append(line("commit", "commit", value, "runs of this commit", opens))
    if run.ref:
        opens = Opens("runs", f"ref:{quote_value(run.ref)}")
        found.append(line("ref", "ref", Cell(run.ref, "accent"), "runs of this ref", opens))
    return found


def environment_lines(run: PipelineRun, jobs: Sequence[JobRun]) -> list[Line]:
    """Images, runners, environment."""
    found = []
    of_image: dict[str, list[JobRun]] = {}
    for job in sorted(jobs, key=lambda one: one.git_job_id):
        if job.image:
            of_image.setdefault(job.image, []).append(job)
    for image, users in list(of_image.items())[:IMAGES]:
        who = users[0].name if len(users) == 1 else plural(len(users), "job")
        found.append(line(f"image:{image}", "image", image, who, Opens("job", users[0].id)))
    if len(of_image) > IMAGES:
        found.append(line("images", "", f"and {len(of_image) - IMAGES} more images"))
    if jobs and not of_image:
        found.append(line("image", "image", Cell("unknown: no job told its image", "dim")))
    runners = sorted({job.endpoint for job in jobs if job.endpoint})
    if runners:
        found.append(line("runners", "runners", ", ".join(runners)))
    if run.environment:
        found.append(line("environment", "environment", run.environment))
    return found


def _size(artifact: Artifact) -> str:
    """How great an artifact is; nothing for one of unknown size, such as a model of the registry."""
    return size(artifact.file_size) if artifact.file_size else ""


def input_lines(around: Lineage, jobs: Sequence[JobRun]) -> list[Line]:
    """Artifacts that its jobs took, with the jobs that had left them."""
    names = {job.id: job.name for job in jobs}

    def value(one: Artifact) -> Cell:
        maker = names.get(one.job_run_id, "")
        return Cell.of((one.path or one.name, ""), (f" of {maker}" if maker else "", "dim"))

    return [
        line(f"input:{one.id}", "artifact", value(one), _size(one), Opens("job", one.job_run_id))
        for one in around.inputs
    ]


def output_lines(around: Lineage, jobs: Sequence[JobRun]) -> list[Line]:
    """Models among the artifacts, files that may hold one or a data set, and how much there is in all."""
    opens = Opens("tab", "Artifacts")
    found = [
        line(f"output:{one.id}", "model" if is_model(one) else "file", one.path or one.name, _size(one), opens)
        for one in around.outputs
    ]
    left = [job for job in jobs if job.artifacts_size]
    if left:
        told = f"{size(sum(job.artifacts_size for job in left))} of {plural(len(left), 'job')}"
        found.append(line("artifacts", "artifacts", Cell(told, "accent"), "tab Artifacts", opens))
    return found


def job_lines(subject: Subject) -> list[Line]:
    """The job that an MLflow run was made by."""
    run = subject.tracked[0] if subject.tracked else None
    if run is None or not run.job_run_id:
        return []
    number = run.job_run_id.rpartition(":")[2]
    opens = Opens("job", run.job_run_id)
    return [line("job", "job", Cell(f"job {number}", "accent"), f"found by {run.linked_by}", opens)]


def pipeline_lines(subject: Subject, around: Lineage, names: Mapping[str, str], now: datetime) -> list[Line]:
    """Parents, children to any depth, and the other runs with the same RUN_ID."""
    assert subject.run is not None

    def project(run: PipelineRun) -> str:
        return names.get(run.project_id, run.project_id)

    found = [run_line("parent", run, project(run), now, depth) for depth, run in enumerate(around.parents)]
    found += [run_line("child", run, project(run), now, depth) for depth, run in _below(subject)]
    if subject.run.run_info_id:
        opens = Opens("runs", f"run:{quote_value(subject.run.run_info_id)}")
        told = "runs with it" if around.siblings else "no other run has it"
        found.append(line("run_id", "RUN_ID", Cell(subject.run.run_info_id, "accent"), told, opens))
    return found + [run_line("sibling", run, project(run), now) for run in around.siblings]


def _below(subject: Subject) -> list[tuple[int, PipelineRun]]:
    """(depth, run) of the runs below, each behind the one that started it."""
    assert subject.run is not None
    started: dict[str, list[PipelineRun]] = {}
    for run_id, jobs in subject.family.jobs.items():
        for job in sorted(jobs, key=lambda one: one.git_job_id):
            child = subject.family.children.get(job.downstream)
            if child is not None:
                started.setdefault(run_id, []).append(child)
    found: list[tuple[int, PipelineRun]] = []
    seen = {subject.run.id}
    left = [(0, child) for child in reversed(started.get(subject.run.id, ()))]
    while left:
        depth, run = left.pop()
        if run.id in seen:
            continue
        seen.add(run.id)
        found.append((depth, run))
        left += [(depth + 1, child) for child in reversed(started.get(run.id, ()))]
    return found
