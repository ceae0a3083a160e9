"""Pipelines' APIs, jobs and schedules as rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from data.launch.components import components
from data.model.ci import Schedule
from data.model.pipeline import Pipeline, PipelineAPI, PipelineJob
from widgets.cells import Cell, Column

API_COLUMNS: tuple[Column, ...] = (
    Column(key="name", title="API", width=24, min_width=12, flex=2, priority=0),
    Column(key="type", title="type", width=14, min_width=14, priority=2),
    Column(key="on", title="components", width=10, priority=1),
    Column(key="test", title="test repository", width=24, min_width=15, flex=1, priority=3),
    Column(key="callback", title="callback", width=28, min_width=14, flex=1, priority=5),
    Column(key="defined", title="defined by", width=13, priority=4),
    Column(key="about", title="description", width=20, min_width=12, flex=2, priority=6),
)
"""Columns of a list of APIs."""

JOB_COLUMNS: tuple[Column, ...] = (
    Column(key="order", title="#", width=3, align="right", priority=3),
    Column(key="name", title="job", width=22, min_width=12, flex=2, priority=0),
    Column(key="stage", title="stage", width=14, min_width=8, priority=1),
    Column(key="type", title="stage type", width=22, min_width=16, priority=2),
    Column(key="os", title="os", width=8, priority=6),
    Column(key="image", title="image", width=30, min_width=16, flex=1, priority=5),
    Column(key="tag", title="runner", width=10, min_width=6, priority=4),
    Column(key="needs", title="needs", width=22, min_width=14, flex=1, priority=3),
    Column(key="variables", title="vars", width=4, align="right", priority=7),
    Column(key="lines", title="lines", width=5, align="right", priority=7),
    Column(key="defined", title="defined by", width=13, priority=8),
)
"""Columns of a list of jobs."""

WORDS = {"": "CI file", "user": "user"}
"""What says so, where that is not told in the record's own word."""


def defined_by(record: Pipeline | PipelineAPI | PipelineJob) -> Cell:
    """Who defined it: the CI file, the configuration or a user."""
    return Cell(WORDS.get(record.defined_by, record.defined_by), "accent" if record.defined_by == "user" else "dim")


def components_on(api: PipelineAPI, jobs: Iterable[PipelineJob]) -> tuple[int, int]:
    """How many components run in an API, with all consequences of those that are off, and of how many."""
    found = components(jobs, api.flow_control)
    return sum(one.on for one in found), len(found)


def api_cells(api: PipelineAPI, jobs: Iterable[PipelineJob]) -> tuple[Cell, ...]:
    """A row of a list of APIs, a cell per entry of `API_COLUMNS`; `jobs` are those of its pipeline."""
    on, every = components_on(api, jobs)
    return (
        Cell(api.name),
        Cell(api.type, "dim"),
        Cell(f"{on} of {every}", "" if on == every else "accent") if every else Cell("–", "dim"),
        Cell(tested_in(api), "dim"),
        Cell(api.callback_url, "dim"),
        defined_by(api),
        Cell(api.description.partition("\n")[0], "dim"),
    )


def tested_in(api: PipelineAPI) -> str:
    """Where the tests of an API are: path or address, else the project's number; empty for nowhere."""
    return api.test_repository_url or (str(api.test_repository_id) if api.test_repository_id else "")


def job_cells(job: PipelineJob) -> tuple[Cell, ...]:
    """A row of a list of jobs, a cell per entry of `JOB_COLUMNS`."""
    optional = frozenset(job.optional_needs)
    needs = " ".join(f"{name}?" if name in optional else name for name in job.needs)
    return (
        Cell(str(job.order), "dim"),
        Cell(job.name),
        Cell(job.stage),
        Cell(job.stage_type, "dim"),
        Cell(job.os, "dim"),
        Cell(job.image),
        Cell(job.runner_tag),
        Cell(needs, "dim"),
        Cell(str(len(job.variables)) if job.variables else "–", "dim"),
        Cell(str(len(job.instructions)) if job.instructions else "–", "dim"),
        defined_by(job),
    )


def next_runs(
    pipelines: Iterable[Pipeline], schedules: Sequence[Schedule], last: Mapping[str, str]
) -> dict[str, datetime]:
    """When each pipeline is started next by an active schedule, by its id.

    `last` maps the runs that schedules started last to their pipelines.
    """
    by_project: dict[str, list[Schedule]] = {}
    for schedule in schedules:
        by_project.setdefault(schedule.project_id, []).append(schedule)
    times: dict[str, datetime] = {}
    for pipeline in pipelines:
        near = by_project.get(pipeline.project_id, ())
        own = [one.next_run for one in near if one.active and one.next_run and belongs(one, pipeline, last)]
        if own:
            times[pipeline.id] = min(own)
    return times


def belongs(schedule: Schedule, pipeline: Pipeline, last: Mapping[str, str]) -> bool:
    """Whether a schedule starts a pipeline: the one of its last run; before that, any of its project may be meant.

    GitLab's schedules belong to a project and do not name a pipeline of ours.
    """
    if schedule.project_id != pipeline.project_id:
        return False
    return last.get(schedule.last_run_id) in (None, "", pipeline.id)
