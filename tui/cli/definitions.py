"""`apis`, `components` and `define`: what is defined in the projects, listed and deleted."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final, TypeVar

import click

from data.clean import clean, clean_block
from data.define.fields import CALLED, Definition, called
from data.define.plan import plan
from data.errors import UsageError
from data.model import Pipeline, PipelineAPI, PipelineJob, Project
from tui.actions_define import define_command
from tui.cli.apply import definitions_of
from tui.cli.failures import FAILED, NoSuchThing, say
from tui.cli.lists import EPILOG, SETTINGS, filter_text, listing_options, project_names, say_nothing_found, sort_order
from tui.cli.outbox import ANSWER_SECONDS, check_writable, confirm, send
from tui.cli.output import print_records, print_table
from tui.cli.session import in_context
from tui.cli.waiting import waiter
from tui.context import Context, collect, personal_query
from tui.options import DashboardOptions
from widgets.cells import Cell, Column

R = TypeVar("R", PipelineAPI, PipelineJob)

API_COLUMNS: Final = (
    Column(key="project", title="project", width=18, min_width=10, flex=1, priority=2),
    Column(key="pipeline", title="pipeline", width=14, min_width=8, flex=1, priority=1),
    Column(key="name", title="api", width=18, min_width=10, flex=2, priority=0),
    Column(key="type", title="type", width=14, priority=4),
    Column(key="off", title="off", width=18, flex=1, priority=5),
    Column(key="asked", title="asks for", width=24, flex=2, priority=6),
    Column(key="test", title="test repository", width=18, flex=1, priority=7),
    Column(key="by", title="defined by", width=13, priority=8),
)
"""Columns of the APIs."""
JOB_COLUMNS: Final = (
    Column(key="project", title="project", width=18, min_width=10, flex=1, priority=3),
    Column(key="pipeline", title="pipeline", width=14, min_width=8, flex=1, priority=2),
    Column(key="order", title="order", width=5, align="right", priority=5),
    Column(key="name", title="job", width=18, min_width=10, flex=2, priority=0),
    Column(key="stage", title="stage", width=12, priority=4),
    Column(key="type", title="stage type", width=22, priority=1),
    Column(key="needs", title="needs", width=18, flex=1, priority=6),
    Column(key="os", title="os", width=8, priority=9),
    Column(key="image", title="image", width=24, flex=1, priority=7),
    Column(key="tag", title="runner", width=10, priority=8),
    Column(key="by", title="defined by", width=13, priority=8),
)
"""Columns of the jobs of pipelines."""
KINDS: Final[dict[str, type[Definition]]] = {"pipeline": Pipeline, "api": PipelineAPI, "job": PipelineJob}
"""What `define` takes."""


@click.command("apis", context_settings=SETTINGS, epilog=EPILOG)
@listing_options()
@click.pass_obj
def apis_cli(options: DashboardOptions, /, **given: Any) -> None:
    """List the APIs: the ways to start the pipelines."""
    _list(options, PipelineAPI, _show_apis, **given)


@click.command("components", context_settings=SETTINGS, epilog=EPILOG)
@listing_options()
@click.pass_obj
def components_cli(options: DashboardOptions, /, **given: Any) -> None:
    """List the components (jobs) that the pipelines are made of."""
    _list(options, PipelineJob, _show_jobs, **given)


@click.group("define")
def define_cli() -> None:
    """Delete definitions; `lineside apply` changes them."""


@define_cli.command("delete", epilog="NAME: its name, PIPELINE/NAME, PROJECT/PIPELINE/NAME, or its id.")
@click.argument("kind", type=click.Choice(sorted(KINDS)))
@click.argument("name")
@click.option("--yes", "-y", is_flag=True, help="Delete it without a question.")
@click.option("--timeout", type=click.FloatRange(min=0), default=ANSWER_SECONDS, help="Seconds to wait.")
@click.pass_obj
def delete_cli(options: DashboardOptions, /, kind: str, name: str, yes: bool, timeout: float) -> int:
    """Delete a pipeline with its jobs and APIs, an API, or a job.

    What the configuration names comes back as it says; a job that the CI file has comes back as that says.
    """

    async def work(context: Context) -> int:
        check_writable(context)
        record, project = await find_definition(context, KINDS[kind], name)
        gone: list[Definition] = [record]
        if isinstance(record, Pipeline):
            jobs, apis = (await definitions_of(context, project)).of(record.id)
            gone += [*jobs, *apis]
        deletion = plan(gone, [])
        command = define_command(project, deletion, context.user)
        if not confirm([command], deletion.lines(), yes=yes):
            return FAILED
        async with waiter(context, start=options.engine, lease=project.id) as waiting:
            ended = await send(waiting, command, timeout=timeout)
        say(clean_block(ended.answer))
        print(record.id)
        return 0

    return in_context(options, work)


async def find_definition(context: Context, kind: type[Definition], text: str) -> tuple[Definition, Project]:
    """The record that a text names, with its project.

    Raises:
        NoSuchThing: none is known here.
        UsageError: several are meant.
    """
    projects = {one.id: one for one in await collect(context.store, Project)}
    pipelines = {one.id: one for one in await collect(context.store, Pipeline)}
    records: Sequence[Definition] = await collect(context.store, kind)
    found = [one for one in records if text == one.id]
    found = found or [one for one in records if text.lower() in _names(one, projects, pipelines)]
    if not found:
        raise NoSuchThing(f"there is no {CALLED[kind]} {clean(text)}", hint="lineside apis, pipelines and components")
    if len(found) > 1:
        ids = ", ".join(one.id for one in found[:5])
        raise UsageError(f"{clean(text)} means {len(found)} of them", hint=f"name one by its id: {ids}")
    record = found[0]
    pipeline = record if isinstance(record, Pipeline) else pipelines.get(record.pipeline_id)
    project = projects.get(pipeline.project_id) if pipeline else None
    if project is None:
        raise NoSuchThing(f"the project of {called(record)} is not known here")
    return record, project


def _names(record: Definition, projects: Mapping[str, Project], pipelines: Mapping[str, Pipeline]) -> tuple[str, ...]:
    """What a record can be called, in small letters."""
    name = record.name.lower()
    pipeline = record if isinstance(record, Pipeline) else pipelines.get(record.pipeline_id)
    project = projects.get(pipeline.project_id) if pipeline else None
    within = name if isinstance(record, Pipeline) or pipeline is None else f"{pipeline.name.lower()}/{name}"
    owners = (project.name.lower(), project.path.lower()) if project else ()
    return (name, within, *(f"{owner}/{within}" for owner in owners))


def _list(
    options: DashboardOptions,
    kind: type[R],
    show: Callable[[Context, Sequence[R]], Awaitable[None]],
    *,
    words: Sequence[str],
    limit: int,
    sort: str | None,
    as_json: bool,
) -> None:
    text = filter_text(words)

    async def work(context: Context) -> None:
        query = await personal_query(context.store, text)
        records = await collect(context.store, kind, limit, query=query, sort=sort_order(kind, sort))
        if as_json:
            print_records(records)
        elif records:
            await show(context, records)
        if not records:
            say_nothing_found(kind, text)

    in_context(options, work)


async def _show_apis(context: Context, apis: Sequence[PipelineAPI]) -> None:
    places = await _places(context)
    rows = []
    for api in apis:
        off = ", ".join(name for name, on in api.flow_control.items() if not on)
        asked = ", ".join(one.key for one in api.user_variables)
        test = api.test_repository_url or (str(api.test_repository_id) if api.test_repository_id else "")
        rows.append(_cells(*_place(api, places), api.name, api.type, off, asked, test, api.defined_by))
    print_table(API_COLUMNS, rows)


async def _show_jobs(context: Context, jobs: Sequence[PipelineJob]) -> None:
    places = await _places(context)
    ordered = sorted(jobs, key=lambda job: (job.pipeline_id, job.order))
    rows = []
    for job in ordered:
        needs = ", ".join(f"{name}?" if name in job.optional_needs else name for name in job.needs)
        order, place = str(job.order), _place(job, places)
        about = (job.stage, job.stage_type, needs, job.os, job.image, job.runner_tag, job.defined_by)
        rows.append(_cells(*place, order, job.name, *about))
    print_table(JOB_COLUMNS, rows)


async def _places(context: Context) -> dict[str, tuple[str, str]]:
    """Names of project and pipeline, by the pipeline's id."""
    names = await project_names(context)
    pipelines = await collect(context.store, Pipeline)
    return {one.id: (names.get(one.project_id, one.project_id), one.name) for one in pipelines}


def _place(record: PipelineAPI | PipelineJob, places: Mapping[str, tuple[str, str]]) -> tuple[str, str]:
    return places.get(record.pipeline_id, ("", record.pipeline_id))


def _cells(*texts: str) -> list[Cell]:
    return [Cell(clean(text)) for text in texts]
