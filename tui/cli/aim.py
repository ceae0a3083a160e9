"""What a launch is about: the project, pipeline and API that the words on the command line mean."""

from __future__ import annotations

import asyncio
from typing import NamedTuple

from data.clean import clean
from data.config import ProjectSettings
from data.errors import NotFound, UsageError
from data.model import Connection, Pipeline, PipelineAPI, Project, SyncState
from tui.cli.failures import NoSuchThing, say
from tui.cli.targets import find_pipeline, find_project
from tui.cli.waiting import deadline_error, waiter
from tui.context import Context, collect

STALE_SECONDS = 5.0
"""For so long an error that stood there before is not believed: the engine is just asking anew."""


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
    return await _with_api(context, aim, api) if api else aim


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
    return Aim(owner, pipeline) if owner else None


async def _pipelines(context: Context, project: Project) -> list[Pipeline]:
    return await collect(context.store, Pipeline, 1, where={"project_id": project.id})


def _configured(context: Context, what: str) -> ProjectSettings | None:
    wanted = what.lower()
    for one in context.settings.projects:
        if wanted in {one.project.lower(), one.project.rpartition("/")[2].lower(), one.name.lower()}:
            return one
    return None


async def _with_api(context: Context, aim: Aim, name: str) -> Aim:
    pipelines = (
        [aim.pipeline] if aim.pipeline else await collect(context.store, Pipeline, where={"project_id": aim.project.id})
    )
    by_id = {pipeline.id: pipeline for pipeline in pipelines}
    apis = await collect(context.store, PipelineAPI, where={"pipeline_id": list(by_id)})
    matches = [api for api in apis if name.lower() in {api.name.lower(), api.id.lower()}]
    if not matches:
        known = ", ".join(api.name for api in apis) or "none"
        raise NoSuchThing(f"{aim.project.name} has no API {clean(name)}", hint=f"it has {known}")
    if len(matches) > 1:
        raise UsageError(
            f"several pipelines have an API {clean(name)}", hint="name the pipeline instead of the project"
        )
    return Aim(aim.project, by_id[matches[0].pipeline_id], matches[0])
