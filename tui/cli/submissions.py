"""`submissions`: every launch as it was asked for, and all fields of one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import click

from data.clean import clean, clean_block
from data.errors import UsageError
from data.model import Pipeline, PipelineAPI, PipelineRun, Submission, builtins
from data.query import Field
from tui.cli.failures import NoSuchThing
from tui.cli.lists import EPILOG, SETTINGS, filter_text, listing_options, project_names, say_nothing_found, sort_order
from tui.cli.output import print_json, print_records, print_table
from tui.cli.session import in_context
from tui.cli.subcommands import Listing
from tui.context import Context, collect, personal_query
from tui.options import DashboardOptions
from tui.present.submissions import COLUMNS, Known, all_values, submission_cells
from widgets.cells import Cell, Column

ID_COLUMN = Column(key="id", title="id", width=8, priority=0)
"""The beginning of a submission's id."""
SHORT = 8
"""Characters of an id that are shown; they suffice to name it."""
FOUND_LIMIT = 20
"""Records read to tell whether the beginning of an id is unique."""


@click.command("show", epilog="ID: of a submission (or its beginning), or of the run that came of it.")
@click.argument("id")
@click.option("--json", "as_json", is_flag=True, help="A JSON object with all fields.")
@click.pass_obj
def show_cli(options: DashboardOptions, /, id: str, as_json: bool) -> None:
    """Print every field of a submission."""

    async def work(context: Context) -> None:
        found = await find_submission(context, id)
        if as_json:
            print_json(builtins(found))
            return
        for value in all_values(found, await known_of(context, [found])):
            if not value.kind:
                print(f"\n{value.name}" if value.key != "heading:result" else value.name)
                continue
            first, *rest = clean_block(value.value).split("\n")
            print(f"  {clean(value.name):<16} {first}".rstrip())
            for line in rest:
                print(f"  {'':<16} {line}".rstrip())

    in_context(options, work)


@click.command("submissions", cls=Listing, commands={"show": show_cli}, context_settings=SETTINGS, epilog=EPILOG)
@listing_options()
@click.pass_obj
def submissions_cli(
    options: DashboardOptions, /, words: Sequence[str], limit: int, sort: str | None, as_json: bool
) -> None:
    """List what was launched here, as asked for, newest first."""
    text = filter_text(words)

    async def work(context: Context) -> None:
        order = sort_order(Submission, sort)
        query = await personal_query(context.store, text)
        found = await collect(context.store, Submission, limit, query=query, sort=order)
        if as_json:
            print_records(found)
        elif found:
            known, now = await known_of(context, found), datetime.now(UTC)
            rows = [(Cell(one.id[:SHORT]), *submission_cells(one, known, now)) for one in found]
            print_table((ID_COLUMN, *COLUMNS), rows)
        if not found:
            say_nothing_found(Submission, text)

    in_context(options, work)


async def known_of(context: Context, submissions: Sequence[Submission]) -> Known:
    """Names and runs around submissions."""
    store = context.store
    runs = await store.get_many(PipelineRun, sorted({one.pipeline_run_id for one in submissions} - {""}))
    apis = await store.get_many(PipelineAPI, sorted({one.pipeline_api_id for one in submissions} - {""}))
    pipelines = await store.get_many(Pipeline, sorted({one.pipeline_id for one in submissions} - {""}))
    named = {id_: api.name for id_, api in apis.items()} | {id_: one.name for id_, one in pipelines.items()}
    return Known(await project_names(context), named, runs)


async def find_submission(context: Context, text: str) -> Submission:
    """The submission of this id, the one whose id begins so, or that of the run that `text` names.

    Raises:
        NoSuchThing: none is known here.
        UsageError: several are meant.
    """
    from tui.cli.targets import find_run

    store = context.store
    if exact := await store.get(Submission, text):
        return exact
    if text.strip("*"):
        found = (await store.page(Submission, query=Field("id", (f"{text}*",)), limit=FOUND_LIMIT)).records
        if len(found) > 1:
            raise UsageError(f"{clean(text)} means several: {', '.join(one.id for one in found)}")
        if found:
            return found[0]
    try:
        run = await find_run(context, text)
    except NoSuchThing:
        raise NoSuchThing(
            f"there is no submission {clean(text)} here", hint="lineside submissions lists them"
        ) from None
    own = await store.get(Submission, run.submission_id) if run.submission_id else None
    if own is None:
        raise NoSuchThing(f"#{run.git_pipeline_id} was not launched from Lineside")
    return own
