"""`logs`: the log of a job, from the local file, asked of the engine where it is not there yet."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Iterable, Iterator
from enum import StrEnum
from typing import BinaryIO

import click

from data.clean import clean
from data.errors import UsageError
from data.logtext import LineAssembler, LogLine, Sgr
from data.model import JobRun, SyncState
from data.model.vocabulary import BLOCKED, FINISHED
from tui.cli.failures import say
from tui.cli.jobs import with_jobs
from tui.cli.output import to_terminal, with_color
from tui.cli.session import in_context
from tui.cli.targets import JOB_OF_RUN, find_job, find_run
from tui.cli.waiting import Waiter, deadline_error, waiter
from tui.context import Context
from tui.options import DashboardOptions

FETCH_SECONDS = 60.0
"""How long a log that we do not hold yet is waited for."""
FOLLOW_SECONDS = 24 * 3600.0
"""How long a job is followed."""
RESET = "\x1b[0m"
"""Ends all colours and attributes."""
CHUNK = 1 << 18
"""Bytes read from the file at a time."""


class Form(StrEnum):
    """How a log is written."""

    PLAIN = "plain"
    COLOR = "color"
    RAW = "raw"


@click.command("logs", epilog="JOB: a number, an id, RUN/NAME (4312/train), or an address of GitLab.")
@click.argument("job")
@click.option("--follow", "-f", is_flag=True, help="Go on until the job has ended.")
@click.option(
    "--plain",
    "form",
    flag_value=Form.PLAIN,
    type=Form,
    help="Without colours and control sequences (the default in pipes).",
)
@click.option(
    "--color", "form", flag_value=Form.COLOR, type=Form, help="With colours, and nothing else that a terminal obeys."
)
@click.option(
    "--raw", "form", flag_value=Form.RAW, type=Form, help="Every byte as the server has it; not to a terminal."
)
@click.option("--timeout", type=click.FloatRange(min=0), help="Seconds to wait; the default suits the wait.")
@click.pass_obj
def logs_cli(options: DashboardOptions, job: str, follow: bool, form: Form | None, timeout: float | None) -> int:
    """Print a job's log."""
    chosen = form or (Form.COLOR if with_color() else Form.PLAIN)
    if chosen is Form.RAW and to_terminal():
        raise UsageError(
            "your terminal would obey the control sequences of a raw log", hint="send it to a file or a pipe"
        )

    async def work(context: Context) -> None:
        if named := JOB_OF_RUN.fullmatch(job):
            await with_jobs(context, await find_run(context, named["run"]), start=options.engine)
        found = await find_job(context, job)
        if reason := why_no_log(found):
            raise UsageError(reason)
        writer = Writer(sys.stdout.buffer, chosen)
        async for data in _bytes(context, found, follow=follow, start=options.engine, timeout=timeout):
            writer.write(data)
        writer.end()

    in_context(options, work)
    return 0


def why_no_log(job: JobRun) -> str:
    """Why a job cannot have a log."""
    if job.bridge:
        return f"{job.name} is a trigger job: it has no log of its own"
    if job.status in {"skipped", *BLOCKED} and not job.log.size:
        return f"{job.name} never ran: its status is {job.status}"
    return ""


async def _bytes(
    context: Context, job: JobRun, *, follow: bool, start: bool, timeout: float | None
) -> AsyncIterator[bytes]:
    """The log's bytes, as they come to be known.

    Raises:
        LinesideError: they do not come in time.
    """
    reader = Reader(context, job.id)
    if job.log.complete and reader.held:
        for data in reader.rest():
            yield data
        return
    async with waiter(context, start=start, lease=job.project_id) as waiting:
        usual = FOLLOW_SECONDS if follow else FETCH_SECONDS if start else 0.0
        wait = usual if timeout is None else timeout
        deadline = asyncio.get_running_loop().time() + wait
        over = False
        while not over:
            left = max(0.0, deadline - asyncio.get_running_loop().time())
            over = await _more(waiting, reader, job, follow=follow, timeout=left)
            for data in reader.rest():
                yield data


async def _more(waiting: Waiter, reader: Reader, job: JobRun, *, follow: bool, timeout: float) -> bool:
    """Wait until there is more to read; True when that is all."""
    store = waiting.context.store

    async def news() -> bool | None:
        now = await store.get(JobRun, job.id) or job
        told = await store.get(SyncState, f"log:{job.id}")
        if told is not None and told.last_error:
            waiting.say_once(f"{job.name}: {clean(told.last_error)}")
        if now.log.complete and now.status in FINISHED:
            return True
        if reader.grown:
            return not follow and now.status not in FINISHED
        return None

    over = await waiting.until(news, timeout=timeout, topics=[f"log:{job.id}"], connection=job.connection)
    if over is not None:
        return over
    if reader.offset or follow:
        say("the time is up; there may be more of this log")
        return True
    trouble = await waiting.trouble(job.connection)
    if trouble is None and (await store.get(JobRun, job.id) or job).status not in FINISHED:
        say(f"{job.name} has printed nothing yet")
        return True
    raise deadline_error(f"the log of {job.name}", timeout, trouble)


class Reader:
    """Reads the local file of a job's log from where it stopped."""

    def __init__(self, context: Context, job_id: str) -> None:
        self._logs, self._job_id = context.logs, job_id
        self._path = context.logs.path(job_id)
        self._file = 0
        self.offset = 0

    @property
    def held(self) -> bool:
        """Whether there is a file at all."""
        return self._path.exists()

    @property
    def grown(self) -> bool:
        """Whether there is something that was not read yet."""
        return self._logs.size(self._job_id) != self.offset

    def rest(self) -> Iterator[bytes]:
        """What was not read yet. A log that was written anew is another file, and is read from its beginning."""
        if not self.held:
            return
        file = self._path.stat().st_ino
        if self.offset and file != self._file:
            say("the log was written anew on the server; here it begins again")
            self.offset = 0
        self._file = file
        while data := self._logs.read(self._job_id, self.offset, CHUNK):
            self.offset += len(data)
            yield data


class Writer:
    """Writes a log's bytes in one of the forms, line by line as they become complete."""

    def __init__(self, out: BinaryIO, form: Form) -> None:
        self._out, self._form = out, form
        self._lines = LineAssembler()

    def write(self, data: bytes) -> None:
        """Take bytes, cut anywhere."""
        if self._form is Form.RAW:
            self._out.write(data)
        else:
            self._print(self._lines.feed(data))
        self._out.flush()

    def end(self) -> None:
        """Write what is left."""
        self._print(self._lines.flush())
        self._out.flush()

    def _print(self, lines: Iterable[LogLine]) -> None:
        for line in lines:
            if line.marks and not line.text.strip():
                continue  # the end of a section: a line of its own on the server, nothing to read
            text = painted(line) if self._form is Form.COLOR else line.text
            self._out.write(text.encode("utf-8", "replace") + b"\n")


def painted(line: LogLine) -> str:
    """A line with its colours, as sequences that can do nothing else."""
    pieces, position = [], 0
    for span in line.spans:
        pieces += [line.text[position : span.start], sgr_codes(span.sgr), line.text[span.start : span.end], RESET]
        position = span.end
    return "".join([*pieces, line.text[position:]])


def sgr_codes(sgr: Sgr) -> str:
    """The sequence that asks a terminal to draw as `sgr` says (ECMA-48, SELECT GRAPHIC RENDITION)."""
    codes = [
        code
        for code, wanted in zip("12347", (sgr.bold, sgr.dim, sgr.italic, sgr.underline, sgr.reverse), strict=True)
        if wanted
    ]
    for extended, colour in (("38", sgr.fg), ("48", sgr.bg)):
        if isinstance(colour, int):
            codes.append(f"{extended};5;{colour}")
        elif colour is not None:
            codes.append(f"{extended};2;{';'.join(map(str, colour))}")
    return f"\x1b[{';'.join(codes)}m" if codes else ""
