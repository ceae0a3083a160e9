"""`logs`: the log of a job, whole or in part, fit for pipes and pagers."""

from __future__ import annotations

import re
import sys
from contextlib import aclosing
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import click
from click.core import ParameterSource

from data.clean import clean
from data.errors import UsageError
from data.logtext import compile_pattern
from data.model import JobRun
from tui.cli.failures import FAILED, NoSuchThing, PipeClosed
from tui.cli.jobs import with_jobs
from tui.cli.loggroup import LogsCommand, complete_word
from tui.cli.logoptions import EPILOG, Request, check, with_options
from tui.cli.logplace import Since, failing_start, parse_since, since_start, tail_start
from tui.cli.logreader import Wish, pieces, why_no_log
from tui.cli.logsections import print_sections
from tui.cli.logselect import Matching, Sections
from tui.cli.logwriter import Form, LineWriter, RawWriter, Stamper, Writer
from tui.cli.output import with_color
from tui.cli.session import in_context
from tui.cli.targets import JOB_OF_RUN, find_job, find_run
from tui.context import Context
from tui.options import DashboardOptions

BEFORE_FAILURE = 5
"""Lines that --failing prints before the one that tells of the failure."""
LISTED_NAMES = 30
"""Names of sections that are listed where none fits."""


class Part(NamedTuple):
    """What of a log is wanted, as it was understood: from when on, and which lines."""

    since: Since | None
    pattern: re.Pattern[str] | None


@click.command("logs", cls=LogsCommand, epilog=EPILOG)
@click.argument("job", shell_complete=complete_word)
@with_options
@click.pass_context
def logs_cli(ctx: click.Context, /, job: str, **given: Any) -> int:
    """Print a job's log, or a part of it.

    --since, --section and --grep narrow it together; --tail takes the end of what is left.
    """
    options: DashboardOptions = ctx.obj
    request = Request(**given)
    if sys.stdout is None:  # the shell's `>&-`
        raise PipeClosed
    check(request, {name for name in given if ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE})
    part = Part(
        since=None if request.since is None else parse_since(request.since, datetime.now(UTC)),
        pattern=_pattern(request),
    )

    async def work(context: Context) -> int:
        if named := JOB_OF_RUN.fullmatch(job):
            await with_jobs(context, await find_run(context, named["run"]), start=options.engine)
        found = await find_job(context, job)
        if reason := why_no_log(found):
            raise UsageError(reason)
        context.logs.touch(found.id)
        if request.sections:
            return await _print_sections(context, found, request, start=options.engine)
        return await _print_log(context, found, request, part, start=options.engine)

    return in_context(options, work)


def _pattern(request: Request) -> re.Pattern[str] | None:
    """What `--grep` looks for.

    Raises:
        UsageError: it is no regular expression.
    """
    if request.grep is None:
        return None
    try:
        return compile_pattern(request.grep, regex=True, case=False if request.ignore_case else None)
    except re.error as error:
        raise UsageError(f"--grep: `{clean(request.grep)}` is no regular expression: {error.msg}") from None


async def _print_sections(context: Context, job: JobRun, request: Request, *, start: bool) -> int:
    size = partial(context.logs.size, job.id)
    wish = Wish(follow=request.follow, start=start, timeout=request.timeout, all_first=True, begin=size)
    async for _ in pieces(context, job, wish):
        pass
    now = await context.store.get(JobRun, job.id) or job
    print_sections(context.logs.path(job.id), failed=now.status == "failed", as_json=request.as_json)
    return 0


async def _print_log(context: Context, job: JobRun, request: Request, part: Part, *, start: bool) -> int:
    sections = None if request.section is None else Sections(request.section, told=part.pattern is None)
    matching = None if part.pattern is None else Matching(part.pattern, request.context or 0)
    path = context.logs.path(job.id)
    form = request.form or (Form.COLOR if with_color() else Form.PLAIN)
    stamps = None if request.timestamps == "off" else Stamper(request.timestamps)
    out = sys.stdout.buffer
    writer: Writer = RawWriter(out)
    if form is not Form.RAW:
        writer = LineWriter(out, form, sections=sections, matching=matching, tail=request.tail, stamps=stamps)
    wish = Wish(
        follow=request.follow,
        start=start,
        timeout=request.timeout,
        all_first=request.failing or (request.tail is not None and not request.follow),
        settled_first=request.tail is not None and request.follow,
        begin=partial(_begin, path, request, part, writer),
    )
    async with aclosing(pieces(context, job, wish)) as coming:
        async for piece in coming:
            if piece.anew:
                writer.restart()
            writer.write(piece.data)
            if piece.paused:
                writer.pause()
            if piece.idle:
                writer.idle()
    writer.end()
    if sections is not None and not sections.found:
        raise _no_section(request.section or "", list(sections.names))
    return FAILED if matching is not None and not matching.found else 0


def _begin(path: Path, request: Request, part: Part, writer: Writer) -> int:
    """The byte at which to begin to read.

    Raises:
        LinesideError: there is no such place.
    """
    start = 0
    if part.since is not None:
        start = since_start(path, part.since)
    elif request.failing:
        before = BEFORE_FAILURE if request.context is None or request.grep is not None else request.context
        start = failing_start(path, before)
    elif request.tail is not None and request.grep is None and request.section is None:
        start = tail_start(path, request.tail)
    if isinstance(writer, LineWriter):
        return writer.begin(path, start)
    return start


def _no_section(name: str, known: list[str]) -> NoSuchThing:
    if not known:
        return NoSuchThing(f"there is no section {clean(name)}: this log has none")
    more = f" and {len(known) - LISTED_NAMES} more" if len(known) > LISTED_NAMES else ""
    return NoSuchThing(
        f"there is no section {clean(name)} in this log", hint=f"there are {', '.join(known[:LISTED_NAMES])}{more}"
    )
