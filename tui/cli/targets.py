"""What people name on the command line, as records: numbers, `#4312`, `project#12`, ids, and addresses of GitLab."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TypeVar

from data.clean import clean
from data.errors import UsageError
from data.model import JobRun, Pipeline, PipelineRun, Project, Record, TrackedRun
from data.query import Field
from data.store.port import Where
from tui.actions import Runnable, title_of
from tui.cli.failures import NoSuchThing
from tui.context import Context, collect
from tui.links import LinkTarget, find, is_link, parse_link

R = TypeVar("R", bound=Record)

NUMBER = re.compile(r"#?(?P<number>\d{1,18})")
"""A pipeline id as GitLab shows it; without the sign also a job id."""
IN_PROJECT = re.compile(r"(?P<project>[^#]+)#(?P<number>\d{1,18})")
"""`project#12`: the project's twelfth run, as GitLab's `iid` counts."""
JOB_OF_RUN = re.compile(r"(?P<run>(?:[^#/]+(?:/[^#]+)*)?#\d{1,18}|\d{1,18}|[^/:]+:\d+:\d+)/(?P<job>.+)")
"""`4312/train`, `#4312/train`, `project#12/train`."""
BEGINNING = re.compile(r"[0-9a-fA-F]{6,32}")
"""The beginning of an MLflow run's id, long enough to mean one."""
FOUND_LIMIT = 20
"""Records read to tell whether a name is unique."""


async def find_run(context: Context, text: str) -> PipelineRun:
    """The run that `text` names.

    Raises:
        NoSuchThing: none is known here.
        UsageError: several are meant.
    """
    matches = await _runs(context, text)
    return _only(matches, text, "run")


async def find_tracked(context: Context, text: str) -> TrackedRun:
    """The MLflow run that `text` names: its id (or the beginning of it), its name, its address.

    Raises:
        NoSuchThing: none is known here.
        UsageError: several are meant.
    """
    return _only(await _tracked(context, text), text, "MLflow run")


async def find_comparable(context: Context, text: str) -> PipelineRun | TrackedRun:
    """The run, or else the MLflow run, that `text` names; the address of an MLflow run means that.

    Raises:
        NoSuchThing: none is known here.
        UsageError: several are meant.
    """
    if is_link(text) and _link(context, text).kind is TrackedRun:
        return await find_tracked(context, text)
    runs: Sequence[PipelineRun | TrackedRun] = await _runs(context, text) or await _tracked(context, text)
    return _only(runs, text, "run")


async def find_job(context: Context, text: str) -> JobRun:
    """The job that `text` names: its number, its id, its address, or `RUN/NAME` for the newest attempt.

    Raises:
        NoSuchThing: none is known here.
        UsageError: several are meant.
    """
    matches = await _jobs(context, text)
    return _only(matches, text, "job")


async def find_runnable(context: Context, text: str) -> Runnable:
    """The run or job that `text` names.

    Raises:
        NoSuchThing: none is known here.
        UsageError: several are meant, or the number is that of a run and of a job.
    """
    runs: list[Runnable] = [*await _runs(context, text)]
    jobs = [] if text.startswith("#") else await _jobs(context, text)
    return _only([*runs, *jobs], text, "run or job")


async def find_project(context: Context, text: str) -> Project | None:
    """The project of this name, path (or its last part), id or (project's own) address; None where there is none.

    Raises:
        UsageError: several have that name.
    """
    if is_link(text):
        target = _link(context, text)
        found = await find(target, context.store) if target.kind is Project else None
        return found.record if found and isinstance(found.record, Project) else None
    exact = await context.store.get(Project, text)
    if exact:
        return exact
    wanted = text.lower()
    projects = await collect(context.store, Project)
    matches = [one for one in projects if wanted in {one.name.lower(), one.path.lower()}]
    matches = matches or [one for one in projects if wanted == one.path.rpartition("/")[2].lower()]
    return _only(matches, text, "project") if matches else None


async def find_pipeline(context: Context, text: str) -> Pipeline | None:
    """The pipeline of this id, name or `project/name`; None where the store has none.

    Raises:
        UsageError: several projects have one of that name.
    """
    names = {project.id: project for project in await collect(context.store, Project)}
    wanted = text.lower()
    matches = []
    for pipeline in await collect(context.store, Pipeline):
        project = names.get(pipeline.project_id)
        owners = (
            {project.name.lower(), project.path.lower(), project.path.rpartition("/")[2].lower()} if project else ()
        )
        known = {pipeline.id.lower(), pipeline.name.lower(), *(f"{owner}/{pipeline.name.lower()}" for owner in owners)}
        if wanted in known:
            matches.append(pipeline)
    return _only(matches, text, "pipeline") if matches else None


async def _runs(context: Context, text: str) -> Sequence[PipelineRun]:
    store = context.store
    if is_link(text):
        record = (await find(_link(context, text), store)).record
        if isinstance(record, TrackedRun) and record.pipeline_run_id:
            record = await store.get(PipelineRun, record.pipeline_run_id)
        return [record] if isinstance(record, PipelineRun) else []
    if exact := await store.get(PipelineRun, text):
        return [exact]
    if matched := NUMBER.fullmatch(text):
        number = int(matched["number"])
        return (await store.page(PipelineRun, where={"git_pipeline_id": number}, limit=FOUND_LIMIT)).records
    if matched := IN_PROJECT.fullmatch(text):
        project = await find_project(context, matched["project"])
        if project is None:
            raise NoSuchThing(f"there is no project {clean(matched['project'])}", hint="lineside projects lists them")
        return await _numbered(context, project, int(matched["number"]))
    return []


async def _numbered(context: Context, project: Project, number: int) -> list[PipelineRun]:
    """Runs of a project with this `iid` or, since people copy both from GitLab's pages, this id."""
    found: dict[str, PipelineRun] = {}
    for field in ("run_number", "git_pipeline_id"):
        where: Where = {"project_id": project.id, field: number}
        found |= {run.id: run for run in (await context.store.page(PipelineRun, where=where)).records}
    return list(found.values())


async def _tracked(context: Context, text: str) -> Sequence[TrackedRun]:
    store = context.store
    if is_link(text):
        found = await find(_link(context, text), store)
        return [found.record] if isinstance(found.record, TrackedRun) else []
    if exact := await store.get(TrackedRun, text):
        return [exact]
    for field in ("run_id", "name"):
        if held := (await store.page(TrackedRun, where={field: text}, limit=FOUND_LIMIT)).records:
            return held
    if BEGINNING.fullmatch(text) is None:
        return []
    return (await store.page(TrackedRun, query=Field("id", (f"{text}*",)), limit=FOUND_LIMIT)).records


async def _jobs(context: Context, text: str) -> Sequence[JobRun]:
    store = context.store
    if is_link(text):
        found = await find(_link(context, text), store)
        return [found.record] if isinstance(found.record, JobRun) else []
    if exact := await store.get(JobRun, text):
        return [exact]
    if text.isdigit():
        return (await store.page(JobRun, where={"git_job_id": int(text)}, limit=FOUND_LIMIT)).records
    if matched := JOB_OF_RUN.fullmatch(text):
        run = await find_run(context, matched["run"])
        jobs = await collect(store, JobRun, where={"pipeline_run_id": run.id})
        named = [job for job in jobs if job.name.lower() == matched["job"].lower()]
        return sorted(named, key=lambda job: job.git_job_id)[-1:]
    return []


def _link(context: Context, url: str) -> LinkTarget:
    return parse_link(url, context.addresses("gitlab"), context.addresses("mlflow"))


def _only(matches: Sequence[R], text: str, what: str) -> R:
    if len(matches) == 1:
        return matches[0]
    if not matches:
        raise NoSuchThing(f"there is no {what} {clean(text)} here", hint=_where_to_look(what))
    listed = ", ".join(_called(match) for match in matches[:FOUND_LIMIT])
    raise UsageError(f"{clean(text)} means several: {listed}", hint="give the id of one of them")


def _called(record: Record) -> str:
    if isinstance(record, (PipelineRun, JobRun)):
        return f"{record.id} ({title_of(record)}, {record.status})"
    return f"{record.id} ({record.name})" if isinstance(record, TrackedRun) and record.name else record.id


def _where_to_look(what: str) -> str:
    if what == "project":
        return "lineside projects lists them; others are added under projects: in the configuration"
    listing = "lineside tracked" if what == "MLflow run" else "lineside runs"
    return f"{listing} lists what is known; lineside sync --once asks the servers"
