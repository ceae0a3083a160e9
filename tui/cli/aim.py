"""What a launch is about: the project, pipeline and API that the words on the command line mean."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from data.clean import clean
from data.config import ProjectSettings
from data.errors import NotFound, UsageError
from data.launch.asked import Target
from data.model import (
    CiPreview,
    Connection,
    Pipeline,
    PipelineAPI,
    PipelineJob,
    PipelineRun,
    Project,
    Refs,
    Submission,
    SyncState,
)
from data.query import Field
from tui.cli.failures import NoSuchThing, say
from tui.cli.targets import BEGINNING, FOUND_LIMIT, find_pipeline, find_project, find_run
from tui.cli.waiting import deadline_error, waiter
from tui.context import Context, collect

STALE_SECONDS = 5.0
"""For so long an error that stood there before is not believed: the engine is just asking anew."""


PREVIEW_SECONDS = 10.0
"""How long an engine may take to ask GitLab what a ref would run; without an answer the server decides."""
PREVIEW_AGE = timedelta(minutes=5)
"""What was asked within this time is believed."""
UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""Id of a submission."""


class Aim(NamedTuple):
    """What is launched."""

    project: Project
    pipeline: Pipeline | None = None
    api: PipelineAPI | None = None


async def find_aim(context: Context, what: str, api: str | None, *, start: bool, timeout: float) -> Aim:
    """What `what` and `api` name. A configured project that was never read is read first, up to `timeout` seconds.

    Raises:
        NoSuchThing: there is no such project, pipeline or API.
        UsageError: several have that name.
    """
    aim = await _known(context, what)
    configured = _configured(context, what)
    if aim is None and configured is not None:
        say("reading the project for the first time")
        aim = await _read(context, what, configured, start=start, timeout=timeout)
    if aim is None:
        raise NoSuchThing(
            f"there is no project or pipeline {clean(what)} here",
            hint="lineside projects and lineside pipelines list them; others are added to the configuration",
        )
    if api:
        return await with_api(context, aim, api)
    pipelines = [] if aim.pipeline or aim.api else await _pipelines(context, aim.project)
    return aim._replace(pipeline=pipelines[0]) if len(pipelines) == 1 else aim


async def aim_of(context: Context, earlier: PipelineRun | Submission) -> Aim:
    """What an earlier launch was about. An API that is defined no more is left out, and that is said.

    Raises:
        NoSuchThing: its project is not known any more.
    """
    store = context.store
    project = await store.get(Project, earlier.project_id)
    if project is None:
        raise NoSuchThing("the project of that launch is not known here any more")
    api = await store.get(PipelineAPI, earlier.pipeline_api_id) if earlier.pipeline_api_id else None
    if earlier.pipeline_api_id and api is None:
        say(f"the API {clean(earlier.pipeline_api_id)} is not defined any more; its variables are sent as they were")
    pipeline_id = api.pipeline_id if api else earlier.pipeline_id
    return Aim(project, await store.get(Pipeline, pipeline_id) if pipeline_id else None, api)


async def find_earlier(context: Context, text: str) -> PipelineRun | Submission:
    """The submission that `text` names, or that the run which it names came of; else that run.

    A submission is named by its id or the beginning of it, a run as everywhere.

    Raises:
        NoSuchThing: neither is known here.
        UsageError: several are meant.
    """
    store = context.store
    wanted = text.strip().lower()
    if submission := await store.get(Submission, wanted):
        return submission
    if BEGINNING.fullmatch(wanted.replace("-", "")) and not wanted.isdecimal():
        found = (await store.page(Submission, query=Field("id", (f"{wanted}*",)), limit=FOUND_LIMIT)).records
        matches = [one for one in found if one.id.startswith(wanted)]
        if len(matches) > 1:
            raise UsageError(f"{clean(text)} begins several submissions", hint="lineside submissions lists them")
        if matches:
            return matches[0]
    if UUID.fullmatch(wanted):
        raise NoSuchThing(f"there is no submission {wanted} here", hint="lineside submissions lists them")
    run = await find_run(context, text)
    return (await store.get(Submission, run.submission_id) if run.submission_id else None) or run


async def read_target(context: Context, aim: Aim) -> Target:
    """What a request is about, as far as it is known here; without what CI lint says of a ref."""
    store, pipeline = context.store, aim.pipeline
    where = {"pipeline_id": pipeline.id} if pipeline else {}
    jobs = await collect(store, PipelineJob, where=where) if pipeline else []
    return Target(
        project=aim.project,
        pipeline=pipeline,
        api=aim.api,
        jobs=tuple(sorted(jobs, key=lambda job: job.order)),
        refs=await store.get(Refs, aim.project.id),
        connection=await store.get(Connection, aim.project.connection),
    )


async def with_preview(context: Context, target: Target, ref: str, *, start: bool, ask: bool) -> Target:
    """The same, with what CI lint says of the ref; `ask` has an engine ask GitLab where that is not fresh."""
    store, project = context.store, target.project
    name = f"{project.id}@{ref}"

    async def fresh() -> CiPreview | None:
        found = await store.get(CiPreview, name)
        return found if found and found.read and datetime.now(UTC) - found.read < PREVIEW_AGE else None

    found = await fresh()
    if found is None and ask:
        say(f"asking GitLab what {clean(ref)} declares")
        async with waiter(context, start=start, lease=project.id) as waiting:
            found = await waiting.until(fresh, timeout=PREVIEW_SECONDS, topics=[f"preview:{name}"])
    return target._replace(preview=found or await store.get(CiPreview, name))


async def _read(context: Context, what: str, configured: ProjectSettings, *, start: bool, timeout: float) -> Aim | None:
    """Let an engine read a project, and wait for it and its pipelines.

    Raises:
        NotFound: the server does not show it.
        LinesideError: it does not come in time.
    """
    store, name = context.store, f"{configured.connection}:{configured.project}"
    earlier = await store.get(SyncState, name)
    believed_at = asyncio.get_running_loop().time() + STALE_SECONDS

    async def read() -> Aim | None:
        found = await _known(context, what)
        if found and (found.pipeline or await _pipelines(context, found.project)):
            return found
        state = await store.get(SyncState, name)
        fresh = state != earlier or asyncio.get_running_loop().time() >= believed_at
        if found is None and fresh and state is not None and state.last_error and await _answers(context, configured):
            raise NotFound(f"{configured.project}: {state.last_error}", hint=state.hint)
        return None

    async with waiter(context, start=start) as waiting:
        aim = await waiting.until(read, timeout=timeout, topics=["projects"], connection=configured.connection)
        if aim is None:
            record = await waiting.trouble(configured.connection)
            raise deadline_error(f"reading {configured.project}", timeout, record)
    return aim


async def _answers(context: Context, configured: ProjectSettings) -> bool:
    """Whether the project's server answers; otherwise its troubles say more than the project's."""
    record = await context.store.get(Connection, configured.connection)
    return record is not None and record.state == "ok"


async def _known(context: Context, what: str) -> Aim | None:
    pipeline = await find_pipeline(context, what)
    project = await find_project(context, what)
    if project is not None:
        return Aim(project, pipeline if pipeline and pipeline.project_id == project.id else None)
    owner = await context.store.get(Project, pipeline.project_id) if pipeline else None
    return Aim(owner, pipeline) if owner else await _api_of_project(context, what)


async def _api_of_project(context: Context, what: str) -> Aim | None:
    """`churn/features`, where the project churn has an API of that name; None where it has none, or several."""
    head, _, name = what.rpartition("/")
    project = await find_project(context, head) if head else None
    apis = await _apis(context, await _pipelines(context, project), name) if project else []
    pipeline = await context.store.get(Pipeline, apis[0].pipeline_id) if len(apis) == 1 else None
    return Aim(project, pipeline, apis[0]) if project and pipeline else None


async def _pipelines(context: Context, project: Project) -> list[Pipeline]:
    return await collect(context.store, Pipeline, where={"project_id": project.id})


async def _apis(context: Context, pipelines: list[Pipeline], name: str) -> list[PipelineAPI]:
    """The APIs of pipelines; with a name only those that are called so."""
    apis = await collect(context.store, PipelineAPI, where={"pipeline_id": [one.id for one in pipelines]})
    return [api for api in apis if not name or name.lower() in {api.name.lower(), api.id.lower()}]


def _configured(context: Context, what: str) -> ProjectSettings | None:
    wanted = what.lower()
    for one in context.settings.projects:
        if wanted in {one.project.lower(), one.project.rpartition("/")[2].lower(), one.name.lower()}:
            return one
    return None


async def with_api(context: Context, aim: Aim, name: str) -> Aim:
    """The aim at another API of its pipeline, or of its project; an empty name is the pipeline as it is.

    Raises:
        NoSuchThing: there is no such API.
        UsageError: several pipelines have one of that name.
    """
    if not name:
        return aim._replace(api=None)
    pipelines = [aim.pipeline] if aim.pipeline else await _pipelines(context, aim.project)
    matches = await _apis(context, pipelines, name)
    if not matches:
        known = ", ".join(api.name for api in await _apis(context, pipelines, "")) or "none"
        raise NoSuchThing(f"{aim.project.name} has no API {clean(name)}", hint=f"it has {known}")
    if len(matches) > 1:
        raise UsageError(
            f"several pipelines have an API {clean(name)}", hint="name the pipeline instead of the project"
        )
    return Aim(aim.project, next(one for one in pipelines if one.id == matches[0].pipeline_id), matches[0])
