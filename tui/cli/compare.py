"""`compare`: runs side by side, only what differs or everything."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import click

from data.clean import clean
from data.errors import UsageError
from data.model import PipelineRun, TrackedRun
from tui.cli.failures import say
from tui.cli.runs import names_of, sort_by
from tui.cli.session import in_context
from tui.cli.tables import (
    TABLE,
    FilterCommand,
    expression,
    format_option,
    print_table_of,
    query_of,
    window_options,
)
from tui.cli.targets import find_comparable, find_tracked
from tui.context import Context, collect
from tui.options import DashboardOptions
from tui.present.compare import MAX_RUNS, run_label

if TYPE_CHECKING:
    from data.compare import Comparison, Line
    from data.export import Row, Table, Value

Run: TypeAlias = PipelineRun | TrackedRun

EPILOG: Final = (
    "CSV, text and md have one line per param, metric or fact: section, name, differs, best, then a column per run. "
    "json and jsonl have the values under `values`, by the runs' ids. A run is 4312, #4312, project#12, an id or an "
    "address; an MLflow run also its name, or the beginning of its id."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What the options say."""

    runs: Sequence[str]
    filter: str
    tracked: bool
    everything: bool
    metric: str
    param: str
    baseline: str
    sort: str | None
    since: str
    before: str
    form: str
    spreadsheet: bool


@click.command("compare", cls=FilterCommand, epilog=EPILOG)
@click.argument("runs", nargs=-1, metavar="RUN...")
@click.option("--where", "filter", metavar="FILTER", default="", help="Runs that match, in place of names of runs.")
@click.option("--tracked", is_flag=True, help="MLflow runs, whether or not a pipeline started them.")
@click.option("--all", "everything", is_flag=True, help="Also what is the same in all runs.")
@click.option("--metric", metavar="RE", default="", help="Only metrics whose names match (and params of --param).")
@click.option("--param", metavar="RE", default="", help="Only params whose names match (and metrics of --metric).")
@click.option("--baseline", metavar="RUN", default="", help="Tell the differences to this run, too.")
@click.option("--sort", metavar="FIELD", help="Order of the runs of --where; -FIELD for the greatest first.")
@window_options
@format_option
@click.pass_obj
def compare_cli(options: DashboardOptions, /, **given: Any) -> None:
    """Compare runs: params, metrics, commit, data, image.

    `lineside compare 4312 4310` or `lineside compare --where 'label:sweep' --metric val`
    """
    request = Request(**given)
    if bool(request.runs) == bool(request.filter or request.since or request.before):
        raise UsageError("name the runs, or give --where", hint="lineside compare --help has examples")
    for option in ("metric", "param"):
        expression(getattr(request, option), f"--{option}")

    async def work(context: Context) -> None:
        kind, runs = await _chosen(context, request)
        base = await _baseline(context, kind, request)
        if base is not None and base.id not in {run.id for run in runs}:
            runs = [base, *runs]
        _check(runs)
        names = await names_of(context)
        comparison = await _read(context, kind, runs, names)
        lines = [line for line in comparison.lines if _wanted(line, request)]
        if not lines:
            say(_nothing(len(runs), request))
            return
        directions = context.settings.directions
        if request.form == TABLE:
            _print_for_people(comparison, lines, runs, names, directions, base)
        else:
            flat = request.form not in {"json", "jsonl"}
            table = (_flat if flat else _nested)(comparison, lines, directions, base)
            await print_table_of(table, request.form, safe=request.spreadsheet)  # type: ignore[arg-type]

    in_context(options, work)


async def _chosen(context: Context, request: Request) -> tuple[type[Run], list[Run]]:
    """The runs, and their kind."""
    if request.runs:
        find: Callable[..., Any] = find_tracked if request.tracked else find_comparable
        found = [await find(context, text) for text in dict.fromkeys(request.runs)]
        if len({type(run) for run in found}) > 1:
            raise UsageError("these are runs and MLflow runs", hint="--tracked compares the MLflow runs of these names")
        return type(found[0]), list({run.id: run for run in found}.values())
    kind: type[Run] = TrackedRun if request.tracked else PipelineRun
    query = await query_of(context, request.filter, request.since, request.before)
    order = sort_by(kind, request.sort)
    runs: list[Run] = list(await collect(context.store, kind, MAX_RUNS + 1, query=query, sort=order))
    if len(runs) > MAX_RUNS:
        say(f"more than {MAX_RUNS} runs match; these are the first {MAX_RUNS}")
    return kind, runs[:MAX_RUNS]


def _check(runs: Sequence[Run]) -> None:
    if not runs:
        raise UsageError("no run matches", hint="lineside runs lists what is known")
    if len(runs) > MAX_RUNS:
        raise UsageError(f"{len(runs)} runs are more than the {MAX_RUNS} that can be compared")


def _nothing(count: int, request: Request) -> str:
    """Why there is no line."""
    if request.metric or request.param:
        return "no line matches" if request.everything else "nothing that matches differs; --all shows what is the same"
    if request.everything:
        return "there is nothing to compare"
    same = "there is only one run to compare" if count == 1 else "nothing differs"
    return f"{same}; --all shows {'it' if count == 1 else 'what is the same'}"


async def _baseline(context: Context, kind: type[Run], request: Request) -> Run | None:
    if not request.baseline:
        return None
    find: Callable[..., Any] = find_tracked if kind is TrackedRun else find_comparable
    found: Run = await find(context, request.baseline)
    if type(found) is not kind:
        raise UsageError(f"{clean(request.baseline)} is a run of the other kind")
    return found


async def _read(context: Context, kind: type[Run], runs: Sequence[Run], names: Mapping[str, str]) -> Comparison:
    from data.compare import Comparison
    from data.compare.reading import read_facts
    from tui.present.runs import metric_rank

    comparison = Comparison([run.id for run in runs], rank=metric_rank)
    async for part in read_facts(context.store, kind, comparison.ids, names):
        for run, facts in part:
            comparison.put(run.id, facts)
    comparison.refresh()
    return comparison


def _wanted(line: Line, request: Request) -> bool:
    if not (line.differs or request.everything):
        return False
    if not (request.metric or request.param):
        return True
    wanted = request.metric if line.measured else request.param if line.section == "params" else ""
    return bool(wanted) and re.search(wanted, line.name) is not None


def _flat(comparison: Comparison, lines: Sequence[Line], directions: Mapping[str, str], base: Run | None) -> Table:
    """One column per run; with a baseline one more per run, with the difference to it as a share of it."""
    from data.export import Table

    others = [id_ for id_ in comparison.ids if base is not None and id_ != base.id]
    reference = comparison.place(base.id) if base is not None else None

    def row(line: Line) -> Row:
        best = [comparison.ids[place] for place in sorted(line.best(directions))]
        shares = [] if reference is None else [_share(comparison, line, id_, reference) for id_ in others]
        return [line.section, line.name, line.differs, best or None, *line.values, *shares]

    columns = ["section", "name", "differs", "best", *comparison.ids, *(f"{id_} relative" for id_ in others)]
    return Table.of("comparison", columns, map(row, lines))


def _nested(comparison: Comparison, lines: Sequence[Line], directions: Mapping[str, str], base: Run | None) -> Table:
    """Values by the ids of the runs that have one; with a baseline the differences to it in the same way."""
    from data.export import Table

    reference = comparison.place(base.id) if base is not None else None

    def row(line: Line) -> Row:
        best = [comparison.ids[place] for place in sorted(line.best(directions))]
        values = {id_: value for id_, value in zip(comparison.ids, line.values, strict=True) if value is not None}
        head: list[Value] = [line.section, line.name, line.differs, line.direction(directions) or None, best, values]
        if reference is None:
            return head
        shares = {id_: _share(comparison, line, id_, reference) for id_ in values if base and id_ != base.id}
        return [*head, {id_: share for id_, share in shares.items() if share is not None}]

    columns = ["section", "name", "differs", "direction", "best", "values", *(["relative"] if base else [])]
    return Table.of("comparison", columns, map(row, lines))


def _share(comparison: Comparison, line: Line, id_: str, reference: int) -> float | None:
    place = comparison.place(id_)
    return None if place is None else line.relative(place, reference)


def _print_for_people(
    comparison: Comparison,
    lines: Sequence[Line],
    runs: Sequence[Run],
    names: Mapping[str, str],
    directions: Mapping[str, str],
    base: Run | None,
) -> None:
    """As many runs side by side as fit; the others follow below, under the same names."""
    from tui.cli.output import print_table, width_of_terminal
    from tui.present.compare import blocks, text_table

    reference = comparison.place(base.id) if base is not None else None
    titles = [run_label(run, names) for run in runs]
    cells = text_table(lines, directions, reference)
    for number, (columns, rows) in enumerate(blocks(titles, cells, width_of_terminal())):
        if number:
            print()
        print_table(columns, rows)
