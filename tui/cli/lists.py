"""`projects` and `pipelines`: what the store holds, filtered in the language of the screens."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

import click

from data.errors import UsageError
from data.model import Experiment, Pipeline, PipelineRun, Project, Record, Schedule
from data.model.vocabulary import ACTIVE
from data.store.port import Sort
from tui.cli.failures import say
from tui.cli.output import print_records, print_table
from tui.cli.session import in_context
from tui.context import Context, collect, personal_query
from tui.options import DashboardOptions
from tui.present import projects as present_projects
from tui.present import runs as present_runs
from tui.present.definitions import next_runs

R = TypeVar("R", bound=Record)
F = TypeVar("F", bound=Callable[..., Any])

LIMIT = 30
"""Records listed where the user does not say."""

Show = Callable[[Context, Sequence[R]], Awaitable[None]]


def listing_options(limit: int = LIMIT) -> Callable[[F], F]:
    """The arguments and options that every listing has. Unknown options are filter words: `-ref:main` excludes."""

    def decorate(command: F) -> F:
        for option in (
            click.option("--json", "as_json", is_flag=True, help="A JSON array with all fields of each record."),
            click.option("--sort", metavar="FIELD", help="Field to sort by; -FIELD for the greatest first."),
            click.option("--limit", type=click.IntRange(min=0), default=limit, show_default=True, help="0 lists all."),
            click.argument("words", nargs=-1, metavar="[FILTER]..."),
        ):
            command = option(command)
        return command

    return decorate


SETTINGS = {"ignore_unknown_options": True, "help_option_names": ["--help"]}
"""Lets `-ref:main` reach the filter; `-h` would be found in the middle of `-churn`."""
EPILOG = (
    "FILTER: words to search for, and status:failed, project:churn, ref:main, by:ada, mine … A - before one excludes."
)


@click.command("projects", context_settings=SETTINGS, epilog=EPILOG)
@listing_options()
@click.pass_obj
def projects_cli(options: DashboardOptions, /, **given: Any) -> None:
    """List the projects that Lineside follows."""
    _list(options, Project, _show_projects, **given)


@click.command("pipelines", context_settings=SETTINGS, epilog=EPILOG)
@listing_options()
@click.pass_obj
def pipelines_cli(options: DashboardOptions, /, **given: Any) -> None:
    """List the pipelines of the projects."""
    _list(options, Pipeline, _show_pipelines, **given)


def _list(
    options: DashboardOptions,
    kind: type[R],
    show: Show[R],
    *,
    words: Sequence[str],
    limit: int,
    sort: str | None,
    as_json: bool,
) -> None:
    text = filter_text(words)

    async def work(context: Context) -> None:
        order = sort_order(kind, sort)
        query = await personal_query(context.store, text)
        records = await collect(context.store, kind, limit, query=query, sort=order)
        if as_json:
            print_records(records)
        elif records:
            await show(context, records)
        if not records:
            say_nothing_found(kind, text)

    in_context(options, work)


def say_nothing_found(kind: type[Record], text: str) -> None:
    """Say on stderr that a listing is empty, and why."""
    from data.store.kinds import KINDS

    say(f"no {KINDS[kind].name} " + ("fit the filter" if text else "yet"))


def filter_text(words: Sequence[str]) -> str:
    """The filter that the words make.

    Raises:
        UsageError: a word looks like an option that does not exist.
    """
    if wrong := next((word for word in words if word.startswith("--") or word == "-h"), ""):
        raise UsageError(f"there is no option {wrong}", hint="--help lists the options")
    return " ".join(words)


def sort_order(kind: type[Record], sort: str | None) -> Sort | None:
    """The order that `--sort` names; None for the kind's own.

    Raises:
        UsageError: the kind cannot be sorted by it.
    """
    if not sort:
        return None
    from data.store.kinds import KINDS

    field, descending = sort.removeprefix("-"), sort.startswith("-")
    known = sorted(KINDS[kind].sorts)
    if field not in known:
        raise UsageError(f"cannot sort by {field}", hint=f"fields are {', '.join(known)}")
    return Sort(field, descending)


async def _show_projects(context: Context, projects: Sequence[Project]) -> None:
    now = datetime.now(UTC)
    rows = []
    for project in projects:
        seen = await glance(context, {"project_id": project.id}, now)
        experiment = await context.store.get(Experiment, f"{project.tracking}:{project.mlflow_experiment_id}")
        name = experiment.name if experiment else project.mlflow_experiment_id
        rows.append(present_projects.project_cells(project, seen, name, now))
    print_table(present_projects.PROJECT_COLUMNS, rows)


async def _show_pipelines(context: Context, pipelines: Sequence[Pipeline]) -> None:
    now = datetime.now(UTC)
    names = await project_names(context)
    schedules = await collect(context.store, Schedule)
    last = await context.store.get_many(PipelineRun, [one.last_run_id for one in schedules if one.last_run_id])
    upcoming = next_runs(pipelines, schedules, {id_: run.pipeline_id for id_, run in last.items()})
    rows = []
    for pipeline in pipelines:
        seen = await glance(context, {"pipeline_id": pipeline.id}, now)
        name = names.get(pipeline.project_id, pipeline.project_id)
        rows.append(present_projects.pipeline_cells(pipeline, name, seen, upcoming.get(pipeline.id), now))
    print_table(present_projects.PIPELINE_COLUMNS, rows)


async def show_runs(context: Context, runs: Sequence[PipelineRun]) -> None:
    """Runs as rows of the history."""
    now = datetime.now(UTC)
    names = await project_names(context)
    print_table(present_runs.COLUMNS, [present_runs.run_cells(run, names, (), now) for run in runs])


async def project_names(context: Context) -> dict[str, str]:
    """Project id -> name."""
    return {project.id: project.name for project in await collect(context.store, Project)}


async def glance(context: Context, where: dict[str, Any], now: datetime) -> present_projects.Glance:
    """What the newest runs of a project or pipeline say."""
    top = {**where, "parent_run_id": ""}
    store = context.store
    recent = (await store.page(PipelineRun, where=top, limit=present_projects.RECENT)).records
    total = await store.count(PipelineRun, where=top)
    active = await store.count(PipelineRun, where={**top, "status": sorted(ACTIVE)})
    return present_projects.glance(recent, total, active, now)
