"""`runs` and `tracked`: runs of GitLab and of MLflow, in any format, with any columns, counted in groups."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import click

from data.errors import UsageError
from data.model import Experiment, PipelineRun, Project, TrackedRun
from data.store.port import GROUPS, Sort
from tui.cli.lists import LIMIT, SETTINGS, project_names, say_nothing_found, show_runs
from tui.cli.output import print_records
from tui.cli.session import in_context
from tui.cli.tables import (
    TABLE,
    FilterCommand,
    Request,
    format_option,
    print_for_people,
    print_table_of,
    query_of,
    rows_in,
    window_options,
)
from tui.context import Context, collect
from tui.options import DashboardOptions

if TYPE_CHECKING:
    from data.query import Query

Kind: TypeAlias = type[PipelineRun] | type[TrackedRun]

EPILOG: Final = (
    "Columns: id, status, project, took …, fields of --json, metric.KEY, param.KEY, tag.KEY, variable.KEY (runs), "
    "min.KEY and max.KEY (tracked); metric.* for all that these runs have; +metric.* in addition to the usual ones."
)
TRACKED_COLUMNS: Final = ("run_id", "name", "status", "project", "experiment", "by", "started", "took")
"""What is told of MLflow runs where nobody says."""
GROUP_COLUMNS: Final = ("count", "succeeded", "failed", "active", "newest", "best")
EXTREMES: Final = ("min", "max")
"""Beginnings of columns with the least and the greatest value of a metric."""
ID: Final = "_id"
"""End of the names of fields that hold ids."""
NAMED_GROUPS: Final = frozenset({"pipeline_id", "project_id", "experiment_id"})
"""Groups whose values are ids of things with names."""


def run_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The arguments and options of both listings. Unknown options are filter words: `-ref:main` excludes."""
    limit = f"Most runs that are listed, 0 for all. [default: {LIMIT} in a table and with --json, else all]"
    for option in (
        click.option("--group", metavar="FIELD", default="", help="Count runs by pipeline, commit, dataset, ref, by …"),
        window_options,
        click.option("--json", "as_json", is_flag=True, help="A JSON array with all fields of each run."),
        click.option("--columns", metavar="LIST", default="", help="Columns with commas between; see below."),
        format_option,
        click.option("--sort", metavar="FIELD", help="Sort by a column; -FIELD for the greatest first."),
        click.option("--limit", type=click.IntRange(min=0), help=limit),
        click.argument("words", nargs=-1, metavar="[FILTER]..."),
    ):
        command = option(command)
    return command


@click.command("runs", cls=FilterCommand, context_settings=SETTINGS, epilog=EPILOG)
@run_options
@click.pass_obj
def runs_cli(options: DashboardOptions, /, **given: Any) -> None:
    """List runs, the newest first.

    `lineside runs status:failed --since 7d --sort -took --format csv --columns id,took,metric.val_auc`
    """
    _list(options, PipelineRun, Request(**given))


@click.command("tracked", cls=FilterCommand, context_settings=SETTINGS, epilog=EPILOG)
@run_options
@click.pass_obj
def tracked_cli(options: DashboardOptions, /, **given: Any) -> None:
    """List MLflow runs, the newest first.

    `lineside tracked 'metric.val_auc>0.9' --sort -metric.val_auc --columns name,metric.val_auc,param.*`
    """
    _list(options, TrackedRun, Request(**given))


def _list(options: DashboardOptions, kind: Kind, request: Request) -> None:
    text = request.filter
    if request.as_json and (request.form != TABLE or request.columns or request.group):
        raise UsageError("--json has all fields of each run", hint="--format json takes --columns and --group")

    async def work(context: Context) -> None:
        query = await query_of(context, text, request.since, request.before)
        if request.group:
            shown = await _grouped(context, kind, request, query)
        else:
            shown = await _listed(context, kind, request, query)
        if not shown:
            say_nothing_found(kind, text or request.since or request.before)

    in_context(options, work)


async def _listed(context: Context, kind: Kind, request: Request, query: Query | None) -> int:
    """Print the runs; returns how many."""
    from data.export.columns import columns_of
    from data.export.tables import run_table, selection, whole, without_patterns

    order = sort_by(kind, request.sort)
    plain = request.form == TABLE
    limit = LIMIT if request.limit is None and plain else request.limit or 0
    usual = not request.columns and plain
    if request.as_json or (usual and kind is PipelineRun):
        records: Sequence[Any] = await collect(context.store, kind, limit, query=query, sort=order)
        if request.as_json:
            print_records(records)
        elif records:
            await show_runs(context, records)
        return len(records)
    wanted = TRACKED_COLUMNS if usual else columns_of(kind, request.columns)
    runs = whole(context.store, selection(context.store, kind, query=query, sort=order, limit=limit), wanted)
    table = run_table(kind, runs, await without_patterns(wanted, runs), await names_of(context))
    if not plain:
        return (await print_table_of(table, request.form, safe=request.spreadsheet)).rows  # type: ignore[arg-type]
    rows = await rows_in(table)
    if rows:
        print_for_people(table.columns, rows)
    return len(rows)


async def _grouped(context: Context, kind: Kind, request: Request, query: Query | None) -> int:
    """Print the groups; returns how many. Ids stand behind the names of what has both, but not in the plain table."""
    from data.export import Table

    field = group_field(kind, request.group)
    best = sort_by(kind, request.sort)
    if best is not None and not best.field.startswith("metrics."):
        raise UsageError("groups are sorted by their newest run", hint="--sort metric.KEY tells the best value of each")
    groups = await context.store.groups(kind, field, query=query, best=best, limit=request.limit or GROUPS)
    names = await _group_names(context, field, [one.value for one in groups])
    columns = (request.group.removesuffix(ID), *GROUP_COLUMNS[: None if best else -1])
    rows = [
        (name, one.count, one.succeeded, one.failed, one.active, one.newest, one.best)[: len(columns)]
        for one, name in zip(groups, names, strict=True)
    ]
    if field in NAMED_GROUPS and request.form != TABLE:
        columns, rows = (*columns, field), [(*row, one.value) for row, one in zip(rows, groups, strict=True)]
    table = Table.of("groups", columns, rows)
    if request.form != TABLE:
        return (await print_table_of(table, request.form, safe=request.spreadsheet)).rows  # type: ignore[arg-type]
    if rows:
        print_for_people(columns, await rows_in(table))
    return len(rows)


async def _group_names(context: Context, field: str, values: Sequence[str]) -> list[str]:
    """What groups are called: where their values are ids, by the names of these; pipelines as `launch` takes them."""
    if field not in NAMED_GROUPS:
        return list(values)
    if field == "pipeline_id":
        from tui.present.pipelines import pipeline_name

        projects = {project.id: project for project in await collect(context.store, Project)}
        return [pipeline_name(value, projects, "/") for value in values]
    names = await names_of(context)
    if field == "experiment_id":
        names = {id_.partition(":")[2]: name for id_, name in names.items()}
    return [names.get(value, value) for value in values]


def sort_by(kind: Kind, sort: str | None) -> Sort | None:
    """The order that `--sort` names: a field, a field of the filter language, or `metric.KEY`, `param.KEY`, `tag.KEY`.

    Raises:
        UsageError: the kind cannot be sorted by it.
    """
    if not sort:
        return None
    from data.query.fields import ENTRIES
    from data.store.kinds import KINDS

    name, descending = sort.removeprefix("-"), sort.startswith("-")
    first, dot, key = name.partition(".")
    if dot and key and (first in ENTRIES or first in ENTRIES.values()):
        return Sort(f"{ENTRIES.get(first, first)}.{key.strip(chr(34))}", descending)
    if kind is TrackedRun and dot and first in EXTREMES:
        hint = f"--sort {'-' * descending}metric.{key} has the last values"
        raise UsageError(f"cannot sort by {name}: only the last values of metrics have an order", hint=hint)
    spec = KINDS[kind]
    field = _field_of(kind, name)
    if field not in spec.fields or spec.fields[field].type == "words":
        known = [*spec.sorts, *(f"{entries}.KEY" for entries in ENTRIES)]
        raise UsageError(f"cannot sort by {name}", hint=f"fields are {', '.join(known)}")
    return Sort(field, descending)


def group_field(kind: Kind, name: str) -> str:
    """The field that `--group` names.

    Raises:
        UsageError: the kind cannot be grouped by it.
    """
    from data.store.kinds import KINDS

    field = _GROUPS.get((kind, name)) or _field_of(kind, name)
    known = KINDS[kind].group_fields
    if field not in known:
        words = [next((word for (of, word), to in _GROUPS.items() if of is kind and to == one), one) for one in known]
        raise UsageError(f"cannot group by {name}", hint=f"fields are {', '.join(words)}")
    return field


_GROUPS: Final[dict[tuple[type, str], str]] = {
    (PipelineRun, "pipeline"): "pipeline_id",
    (PipelineRun, "commit"): "git_commit_hash",
    (PipelineRun, "by"): "triggered_by",
    (PipelineRun, "run"): "run_info_id",
    (TrackedRun, "experiment"): "experiment_id",
    (TrackedRun, "by"): "user",
    (TrackedRun, "parent"): "parent_run_id",
    (TrackedRun, "dataset"): "dataset",
    (TrackedRun, "project"): "project_id",
}
"""What people call the fields of groups."""


def _field_of(kind: Kind, name: str) -> str:
    """The field of a kind behind a word of the filter language."""
    from data.query.fields import ALIASES
    from data.store.kinds import KINDS

    spec = KINDS[kind]
    term = spec.terms.get(ALIASES.get(name, name))
    return name if name in spec.fields or term is None or not term.columns else term.columns[0]


async def names_of(context: Context) -> dict[str, str]:
    """Ids of projects and experiments -> their names."""
    experiments = await collect(context.store, Experiment)
    return {**(await project_names(context)), **{one.id: one.name for one in experiments}}
