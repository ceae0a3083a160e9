"""`export`: metric histories, last values and params of runs, and definitions of projects, for other programs."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias, TypeVar

import click

from data.errors import UsageError
from data.export import FORMATS, Format, Table, format_of, save
from data.model import MetricSeries, PipelineRun, TrackedRun
from tui.cli.failures import say
from tui.cli.runs import names_of
from tui.cli.session import in_context
from tui.cli.tables import FilterCommand, expression, print_table_of, query_of, window_options
from tui.cli.targets import find_comparable, find_tracked
from tui.cli.waiting import waiter
from tui.context import Context
from tui.options import DashboardOptions

if TYPE_CHECKING:
    from data.export.tables import Selection

F = TypeVar("F", bound=Callable[..., Any])
Kind: TypeAlias = type[PipelineRun] | type[TrackedRun]

SECONDS: Final = 60.0
"""How long histories are waited for where the user does not say."""
ASKED: Final = 100
"""Histories that an engine is asked for at a time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What the options say."""

    runs: Sequence[str]
    filter: str
    tracked: bool
    key: str
    since: str
    before: str
    form: Format | None
    output: Path | None
    replace: bool
    spreadsheet: bool


def export_options(command: F) -> F:
    """What all exports have in common."""
    kinds = click.Choice(FORMATS)
    for option in (
        click.option("--spreadsheet", is_flag=True, help="In CSV, put ' in front of what would run as a formula."),
        click.option("--replace", is_flag=True, help="Write over an existing file."),
        click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
                     help="Write to a file, whole or not at all; its ending is the format."),
        click.option("--format", "form", type=kinds, help="Format; csv where neither this nor a file's ending says."),
        window_options,
        click.option("--key", metavar="RE", default="", help="Only those whose names match."),
        click.option("--tracked", is_flag=True, help="MLflow runs, whether or not a pipeline started them."),
        click.option("--where", "filter", metavar="FILTER", default="", help="Runs that match, in place of names."),
        click.argument("runs", nargs=-1, metavar="RUN..."),
    ):  # fmt: skip
        command = option(command)
    return command


class ExportGroup(click.Group):
    """Takes what is no subcommand for the name of a project whose definitions are wanted."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The subcommand, else `definitions` with the same words."""
        known = not args or args[0] in self.commands or args[0].startswith("-")
        return super().resolve_command(ctx, args if known else ["definitions", *args])


@click.group("export", cls=ExportGroup, subcommand_metavar="PROJECT | COMMAND [ARGS]...")
def export_cli() -> None:
    """Export definitions of a project, metrics or params.

    `lineside export PROJECT` writes its pipelines, jobs and APIs as YAML, which `lineside apply` takes.
    `lineside runs --format` exports the runs themselves.
    """


@export_cli.command("definitions")
@click.argument("project")
@click.pass_obj
def definitions_cli(options: DashboardOptions, project: str) -> None:
    """Pipelines, jobs and APIs of a project as YAML; `export PROJECT` is the same."""
    from data.define.writing import to_yaml
    from tui.cli.apply import definitions_of, project_of

    async def work(context: Context) -> None:
        found = await definitions_of(context, await project_of(context, project))
        print(to_yaml(*found), end="")

    in_context(options, work)


@export_cli.command("metrics", cls=FilterCommand)
@export_options
@click.option("--last", is_flag=True, help="Last, least and greatest values in place of the histories.")
@click.option("--fetch/--no-fetch", default=True, help="Let an engine read what is missing here (the default).")
@click.option("--timeout", type=click.FloatRange(min=0), default=SECONDS, show_default=True, metavar="SECONDS",
              help="How long to wait for that.")  # fmt: skip
@click.pass_obj
def metrics_cli(options: DashboardOptions, /, last: bool, fetch: bool, timeout: float, **given: Any) -> None:
    """Histories of metrics: one row per run, metric and point.

    Long histories are samples, as the charts show them; the column `sampled` says so.
    """
    from data.export.tables import history_table, metric_table

    request = Request(**given)

    async def make(context: Context, runs: Selection) -> Table:
        names = await names_of(context)
        if last:
            return metric_table(context.store, runs, names, keys=request.key)
        table = history_table(context.store, runs, names, keys=request.key)
        if fetch and options.engine:
            await _fetch(context, runs, request.key, timeout)
            return replace(table, remark=str)  # what did not come was told
        return table

    _export(options, request, make)


@export_cli.command("params", cls=FilterCommand)
@export_options
@click.pass_obj
def params_cli(options: DashboardOptions, /, **given: Any) -> None:
    """Params: one row per run and param."""
    from data.export.tables import param_table

    request = Request(**given)

    async def make(context: Context, runs: Selection) -> Table:
        return param_table(context.store, runs, await names_of(context), keys=request.key)

    _export(options, request, make)


def _export(
    options: DashboardOptions, request: Request, make: Callable[[Context, Selection], Awaitable[Table]]
) -> None:
    if bool(request.runs) == bool(request.filter or request.since or request.before):
        raise UsageError("name the runs, or give --where", hint="lineside export metrics --help tells more")
    expression(request.key, "--key")
    form = request.form or (format_of(request.output.name) if request.output else "csv")
    if form is None:
        raise UsageError(f"{request.output}: the ending names no format", hint=f"--format {', '.join(FORMATS)}")

    async def work(context: Context) -> None:
        table = await make(context, await _selected(context, request))
        if request.output is None:
            count = (await print_table_of(table, form, safe=request.spreadsheet)).rows
        else:
            count = await save(table, request.output, form, replace=request.replace, safe=request.spreadsheet)
            say(f"wrote {count} rows to {request.output}")
        if remark := table.remark():
            say(f"{remark}; --fetch has an engine read them")
        if not count:
            say(f"these runs have no {table.name}" + (" of such a name" if request.key else ""))

    in_context(options, work)


async def _selected(context: Context, request: Request) -> Selection:
    from data.export.tables import selection

    if not request.runs:
        kind: Kind = TrackedRun if request.tracked else PipelineRun
        query = await query_of(context, request.filter, request.since, request.before)
        return selection(context.store, kind, query=query)
    find: Callable[..., Any] = find_tracked if request.tracked else find_comparable
    found = [await find(context, text) for text in dict.fromkeys(request.runs)]
    if len({type(run) for run in found}) > 1:
        raise UsageError("these are runs and MLflow runs", hint="--tracked takes the MLflow runs of these names")
    return selection(context.store, type(found[0]), ids=list({run.id: None for run in found}))


async def _fetch(context: Context, runs: Selection, keys: str, timeout: float) -> None:
    """Have an engine read the histories that are not here to their end; what does not come in time is told."""
    wanted = await _wanted(context, runs, keys)
    missing = await _missing(context, wanted, list(wanted))
    if not missing:
        return
    async with waiter(context, start=True) as waiting:
        for start in range(0, len(missing), ASKED):
            part = missing[start : start + ASKED]

            async def read(part: Sequence[str] = part) -> bool | None:
                return None if await _missing(context, wanted, part) else True

            topics = [f"metric:{id_}" for id_ in part]
            if not await waiting.until(read, timeout=timeout, topics=topics, connection=wanted[part[0]].connection):
                late = await _missing(context, wanted, part)
                say(f"{len(late)} of {len(part)} histories did not come within {timeout:g} s")


async def _wanted(context: Context, runs: Selection, keys: str) -> dict[str, TrackedRun]:
    """Ids of the histories that are exported, with the MLflow run of each."""
    from data.export.tables import tracked_ids

    fits = re.compile(keys).search
    wanted: dict[str, TrackedRun] = {}
    async for records in runs():
        ids = [id_ for record in records for id_ in tracked_ids(record)]
        for run in (await context.store.get_many(TrackedRun, ids)).values():
            wanted |= {f"{run.id}:{key}": run for key in run.metrics if fits(key)}
    return wanted


async def _missing(context: Context, wanted: Mapping[str, TrackedRun], ids: Sequence[str]) -> list[str]:
    """Those histories that are not here, or end before the last value that is known."""
    found: list[str] = []
    for start in range(0, len(ids), ASKED):
        part = ids[start : start + ASKED]
        held = await context.store.get_many(MetricSeries, part)
        found += [id_ for id_ in part if id_ not in held or not _reaches(held[id_], wanted[id_])]
    return found


def _reaches(series: MetricSeries, run: TrackedRun) -> bool:
    return bool(series.steps) and series.steps[-1] >= run.metrics[series.key].step
