"""`run-ids`: the runs that belong together by their RUN_ID, and everything of one of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import click

from data.clean import clean
from data.errors import UsageError
from data.model import Record, RunInfo, builtins
from data.query import Field
from tui.cli.failures import NoSuchThing
from tui.cli.lists import (
    EPILOG,
    SETTINGS,
    filter_text,
    listing_options,
    project_names,
    say_nothing_found,
    show_runs,
    sort_order,
)
from tui.cli.output import print_json, print_records, print_table
from tui.cli.session import in_context
from tui.cli.subcommands import Listing
from tui.cli.targets import find_run
from tui.context import Context, collect, personal_query
from tui.gathering import read_gathered
from tui.options import DashboardOptions
from tui.present.text import age, clock, took
from tui.present.together import CASE_COLUMNS, Gathered, case_row, cases_of, span, together_status
from widgets.cells import Cell, Column
from widgets.glyphs import status_glyph, status_tone

COLUMNS: tuple[Column, ...] = (
    Column(key="id", title="RUN_ID", width=36, min_width=12, priority=0),
    Column(key="kind", title="kind", width=10, priority=2),
    Column(key="status", title="status", width=12, min_width=8, priority=1),
    Column(key="runs", title="runs", width=4, align="right", priority=1),
    Column(key="project", title="project", width=20, min_width=10, priority=2),
    Column(key="api", title="api", width=18, min_width=8, priority=3),
    Column(key="age", title="age", width=5, align="right", priority=3),
    Column(key="took", title="took", width=8, align="right", priority=4),
    Column(key="by", title="by", width=12, min_width=6, priority=4),
)
"""What is told of a RUN_ID."""
FOUND_LIMIT = 20
"""Records read to tell whether the beginning of an id is unique."""


@click.command("show", epilog="ID: a RUN_ID (or its beginning), or a run that has one.")
@click.argument("id")
@click.option("--json", "as_json", is_flag=True, help="A JSON object with all fields, and the runs.")
@click.pass_obj
def show_cli(options: DashboardOptions, /, id: str, as_json: bool) -> None:
    """Print what is known of a RUN_ID, its runs, and for tests the cases."""

    async def work(context: Context) -> None:
        found = await read_gathered(context.store, await find_run_id(context, id))
        if as_json:
            print_json(_object(found))
            return
        names = await project_names(context)
        for name, value in facts(found, names, datetime.now(UTC)):
            print(f"{name:<14} {clean(value)}".rstrip())
        if found.every:
            print()
            await show_runs(context, found.every)
        if found.test is not None:
            print()
            print_table(CASE_COLUMNS, [case_row(case, datetime.now(UTC)).cells for case in cases_of(found)])

    in_context(options, work)


@click.command("run-ids", cls=Listing, commands={"show": show_cli}, context_settings=SETTINGS, epilog=EPILOG)
@listing_options()
@click.pass_obj
def run_ids_cli(
    options: DashboardOptions, /, words: Sequence[str], limit: int, sort: str | None, as_json: bool
) -> None:
    """List RUN_IDs: runs that belong together.

    The newest come first, those of productions and of tests.
    """
    text = filter_text(words)

    async def work(context: Context) -> None:
        order = sort_order(RunInfo, sort)
        query = await personal_query(context.store, text)
        found = await collect(context.store, RunInfo, limit, query=query, sort=order)
        if as_json:
            print_records(found)
        elif found:
            names, now = await project_names(context), datetime.now(UTC)
            rows = [cells(await read_gathered(context.store, one.id), names, now) for one in found]
            print_table(COLUMNS, rows)
        if not found:
            say_nothing_found(RunInfo, text)

    in_context(options, work)


def cells(found: Gathered, names: dict[str, str], now: datetime) -> tuple[Cell, ...]:
    """A cell per entry of `COLUMNS`."""
    status = together_status(found)
    info, tone = found.info, status_tone(status)
    return (
        Cell(found.id),
        Cell(found.kind, "warning" if found.kind == "test" else "dim"),
        Cell(f"{status_glyph(status)} {status}", tone) if found.every else Cell("no run yet", "dim"),
        Cell(str(len(found.runs))),
        Cell(names.get(found.project_id, found.project_id)),
        Cell(_apis(found)),
        Cell(age(info.create_time if info else None, now), "dim"),
        Cell(took(span(found, now)) if found.every else ""),
        Cell(info.requester if info else "", "dim"),
    )


def _apis(found: Gathered) -> str:
    return found.api.name if found.api else ", ".join(sorted({run.api for run in found.runs if run.api}))


def facts(found: Gathered, names: dict[str, str], now: datetime) -> Iterator[tuple[str, str]]:
    """Every field, by name; what is empty is left out."""
    info, test = found.info, found.test
    told = (
        ("RUN_ID", found.id),
        ("kind", found.kind),
        ("status", together_status(found) if found.every else "no run yet"),
        ("project", names.get(found.project_id, found.project_id)),
        ("pipeline", found.pipeline.name if found.pipeline else ""),
        ("api", _apis(found)),
        ("test pipeline", f"#{test.git_pipeline_id} {test.name} {test.web_url}" if test else ""),
        ("created", clock(info.create_time if info else None)),
        ("finished", clock(info.finish_time) if info and info.finish_time else "not yet"),
        ("took", took(span(found, now))),
        ("by", info.requester if info else ""),
    )
    return ((name, value) for name, value in told if value)


def _object(found: Gathered) -> dict[str, object]:
    info: Record = found.info or RunInfo(id=found.id, kind=found.kind or "production")
    runs = [builtins(run) for run in found.runs]
    return {**builtins(info), "runs": runs, "test_run": builtins(found.test) if found.test else None}


async def find_run_id(context: Context, text: str) -> str:
    """The RUN_ID of this name, the one that begins so, or that of the run that `text` names.

    Raises:
        NoSuchThing: none is known here.
        UsageError: several are meant.
    """
    store = context.store
    if await store.get(RunInfo, text) is not None:
        return text
    if text.strip("*"):
        found = (await store.page(RunInfo, query=Field("run", (f"{text}*",)), limit=FOUND_LIMIT)).records
        if len(found) > 1:
            raise UsageError(f"{clean(text)} means several: {', '.join(one.id for one in found)}")
        if found:
            return found[0].id
    try:
        run = await find_run(context, text)
    except NoSuchThing:
        raise NoSuchThing(f"there is no RUN_ID {clean(text)} here", hint="lineside run-ids lists them") from None
    if not run.run_info_id:
        raise NoSuchThing(f"#{run.git_pipeline_id} has no RUN_ID")
    return run.run_info_id
