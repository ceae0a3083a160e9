"""`apply`: make a project's pipelines, jobs and APIs what a file says."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Final

import click

from data.clean import clean, clean_block
from data.config.problem import Problem
from data.define.document import Document, from_yaml
from data.define.fields import Definitions
from data.define.plan import Change, Plan
from data.define.wanted import plan_of
from data.errors import UsageError
from data.model import Pipeline, PipelineAPI, PipelineJob, Project
from tui.actions_define import define_command
from tui.cli.failures import FAILED, USAGE, NoSuchThing, say
from tui.cli.outbox import ANSWER_SECONDS, check_writable, confirm, send
from tui.cli.output import print_json
from tui.cli.session import in_context
from tui.cli.targets import find_project
from tui.cli.waiting import waiter
from tui.context import Context, collect
from tui.options import DashboardOptions

STDIN: Final = "-"
"""In place of a file: read stdin."""
EPILOG: Final = """\
The file is one that `lineside export PROJECT` writes; the keys of its pipelines are those of the configuration's
`pipelines:`. What it does not name is left as it is: records, and fields of those that it names; `null` takes a field
back to its default. Applying it twice changes nothing the second time. The exit code is 0 whether or not something
changed, 1 where the engine refused it, and 2 where the file cannot be used."""


@click.command("apply", epilog=EPILOG)
@click.option("-f", "--file", required=True, metavar="FILE", help="YAML file of definitions; - reads stdin.")
@click.option("--project", "name", default="", metavar="NAME", help="Project, in place of the one that the file names.")
@click.option("--prune", is_flag=True, help="Also delete what people made here and the file does not name.")
@click.option("--dry-run", is_flag=True, help="Only show what would change.")
@click.option("--yes", "-y", is_flag=True, help="Change it without a question.")
@click.option("--json", "as_json", is_flag=True, help="The changes, and whether they were made, as JSON.")
@click.option("--timeout", type=click.FloatRange(min=0), default=ANSWER_SECONDS, help="Seconds to wait.")
@click.pass_obj
def apply_cli(options: DashboardOptions, /, file: str, **given: Any) -> int:
    """Make a project's pipelines, jobs and APIs what a file says.

    It shows what would change, and asks. No server is told: definitions are shared through Lineside's store.
    """
    document = from_yaml(read_text(file), file="" if file == STDIN else file)
    if isinstance(document, list):
        return _tell(document)
    return in_context(options, lambda context: _apply(context, document, start=options.engine, **given))


def read_text(file: str) -> str:
    """The text of a file, or of stdin.

    Raises:
        ConfigError: it cannot be read, or is no text.
    """
    from data.config.document import MAX_FILE, decoded, read

    stdin = file == STDIN
    text = decoded(sys.stdin.buffer.read(MAX_FILE + 1), "stdin") if stdin else read(Path(file).expanduser())
    if isinstance(text, Problem):
        raise text.error()
    return text


async def _apply(
    context: Context,
    document: Document,
    *,
    start: bool,
    name: str,
    prune: bool,
    dry_run: bool,
    yes: bool,
    as_json: bool,
    timeout: float,
) -> int:
    project = await project_of(context, name or document.project)
    plan = plan_of(document, await definitions_of(context, project), prune=prune)
    if isinstance(plan, list):
        return _tell(plan)
    for remark in plan.remarks:
        say(clean(remark))
    answer = ""
    if plan.empty:
        say(f"{project.name} is as the file says: nothing to change")
    elif not dry_run:
        check_writable(context)
        command = define_command(project, plan, context.user)
        if not confirm([command], plan.lines(), yes=yes):
            return FAILED
        async with waiter(context, start=start, lease=project.id) as waiting:
            answer = (await send(waiting, command, timeout=timeout)).answer
        say(clean_block(answer))
    if as_json:
        print_json(as_data(project, plan, applied=bool(answer), answer=answer))
    elif dry_run:
        print("\n".join(plan.lines()), end="\n" if plan.changes else "")
    else:
        print("\n".join(change.record.id for change in plan.changes), end="\n" if plan.changes else "")
    return 0


async def project_of(context: Context, text: str) -> Project:
    """The project of this name, path, id or number on its server.

    Raises:
        NoSuchThing: it is not known here.
        UsageError: none is named, or several have that name.
    """
    if not text:
        raise UsageError("the file names no project", hint="write `project: group/name` at its top, or give --project")
    if text.isdecimal():
        found = (await context.store.page(Project, where={"git_project_id": int(text)}, limit=2)).records
        if len(found) == 1:
            return found[0]
    project = await find_project(context, text)
    if project is None:
        raise NoSuchThing(f"there is no project {clean(text)}", hint="lineside projects lists them")
    return project


async def definitions_of(context: Context, project: Project) -> Definitions:
    """All that is defined in a project."""
    pipelines = await collect(context.store, Pipeline, where={"project_id": project.id})
    ids = [one.id for one in pipelines]
    return Definitions(
        project,
        tuple(pipelines),
        tuple(await collect(context.store, PipelineJob, where={"pipeline_id": ids})),
        tuple(await collect(context.store, PipelineAPI, where={"pipeline_id": ids})),
    )


def as_data(project: Project, plan: Plan, *, applied: bool, answer: str) -> dict[str, Any]:
    """A plan for scripts."""
    return {
        "project": project.id,
        "applied": applied,
        "answer": answer,
        "changes": [_change(change) for change in plan.changes],
        "remarks": list(plan.remarks),
    }


def _change(change: Change) -> dict[str, Any]:
    return {
        "action": {"+": "add", "~": "change", "-": "delete"}[change.sign],
        "record": type(change.record).__name__,
        "id": change.record.id,
        "name": change.record.name,
        "fields": [edit._asdict() for edit in change.edits],
    }


def _tell(problems: list[Problem]) -> int:
    """Say all that is wrong with a file."""
    for problem in problems:
        say(clean_block(str(problem)))
    return USAGE
