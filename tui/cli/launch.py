"""`launch`: start a run of a project, of one of its pipelines, or of one of its APIs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click
from msgspec.structs import replace

from data.errors import UsageError
from data.launch.asked import Request, Target
from data.launch.document import from_yaml
from data.launch.filling import from_defaults, from_run, from_submission
from data.model import PipelineRun, Submission
from tui.cli.aim import Aim, aim_of, find_aim, find_earlier, read_target, with_api
from tui.cli.launch_edit import read_document, tell
from tui.cli.launch_options import Wish, check, request_options
from tui.cli.launch_steps import launch
from tui.cli.outbox import check_writable
from tui.cli.session import in_context
from tui.context import Context
from tui.options import DashboardOptions

MAX_DOCUMENT = 4_000_000
"""Largest document in characters that is read."""


@click.command(
    "launch",
    epilog="WHAT: a project (name or path), a pipeline (name or project/name), or an API (project/name). With --like "
    "it may be left out.",
)
@click.argument("what", required=False, default="")
@click.option("--api", metavar="NAME", help="API of the pipeline; the launch sends its variables.")
@click.option("--like", metavar="RUN|SUBMISSION", help="Begin with all that this one was started with.")
@click.option("--from", "document", metavar="FILE", help="Begin with a request as YAML or JSON; - reads stdin.")
@request_options
@click.pass_obj
def launch_cli(
    options: DashboardOptions, /, what: str, api: str | None, like: str | None, document: str | None, **given: Any
) -> int:
    """Start a run. It shows what will be sent, and asks."""
    wish = Wish(**given)
    check(wish)
    if like and document:
        raise UsageError("--like and --from contradict each other", hint="name one of them")
    if not (what or like):
        raise UsageError("name a project, a pipeline or an API", hint="lineside projects lists them")

    async def work(context: Context) -> int:
        if not wish.dry_run:
            check_writable(context)
        start = options.engine
        if like:
            aim, base = await _like(context, what, api, like)
        else:
            aim = await find_aim(context, what, api, start=start, timeout=wish.answer_seconds)
            base = None
        target = await read_target(context, aim)
        if document:
            base, target = await _documented(context, aim, target, document, api)
        return await launch(context, aim, target, base or from_defaults(target), wish, start=start)

    return in_context(options, work)


async def _like(context: Context, what: str, api: str | None, like: str) -> tuple[Aim, Request]:
    """What an earlier run or submission was about, and its request.

    Raises:
        UsageError: it is not one of the project that was named, too.
    """
    earlier = await find_earlier(context, like)
    aim = await aim_of(context, earlier)
    if what:
        named = await find_aim(context, what, None, start=False, timeout=0)
        if named.project.id != aim.project.id:
            raise UsageError(f"{like} was launched in {aim.project.name}, not in {named.project.name}")
    aim = await with_api(context, aim, api) if api is not None else aim
    return aim, request_like(await read_target(context, aim), earlier)


def request_like(target: Target, earlier: PipelineRun | Submission) -> Request:
    """The request of a submission or a run."""
    return from_submission(target, earlier) if isinstance(earlier, Submission) else from_run(target, earlier)


async def _documented(
    context: Context, aim: Aim, target: Target, document: str, api: str | None
) -> tuple[Request, Target]:
    """The request of a document; `--api` wins over the one that it names.

    Raises:
        UsageError: it cannot be read.
    """
    text = _text_of(document)

    async def retarget(name: str) -> Target:
        return await read_target(context, await with_api(context, aim, name))

    if api is None:
        read, target = await read_document(text, target, retarget)
    else:
        read = from_yaml(text, target)
    if isinstance(read, Request):
        return (read if api is None else replace(read, api=target.api.name if target.api else "")), target
    tell(read)
    raise UsageError(f"{document} is no request that can be read", hint="--dry-run prints one to begin with")


def _text_of(document: str) -> str:
    try:
        if document == "-":
            return sys.stdin.read(MAX_DOCUMENT) if sys.stdin is not None else ""
        with Path(document).open(encoding="utf-8") as stream:
            return stream.read(MAX_DOCUMENT)
    except OSError as error:
        raise UsageError(f"{document} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise UsageError(f"{document} is no UTF-8 text") from None
