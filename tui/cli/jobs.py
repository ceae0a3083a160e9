"""`jobs`: the jobs of one run, in the order of its stages."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import click

from data.clean import clean
from data.model import JobRun, PipelineRun
from tui.cli.failures import say
from tui.cli.lists import EPILOG, SETTINGS, filter_text, listing_options, say_nothing_found, sort_order
from tui.cli.output import print_records, print_table
from tui.cli.session import in_context
from tui.cli.targets import find_run
from tui.cli.waiting import waiter
from tui.context import Context, collect, personal_query
from tui.options import DashboardOptions
from tui.present.jobs import job_seconds, job_why
from tui.present.text import took
from widgets.cells import Cell, Column
from widgets.glyphs import status_glyph, status_tone

JOBS_SECONDS = 30.0
"""How long the jobs of a run are waited for that were not read yet."""

COLUMNS: tuple[Column, ...] = (
    Column(key="id", title="id", width=10, align="right", priority=0),
    Column(key="name", title="job", width=26, min_width=12, priority=0),
    Column(key="stage", title="stage", width=14, min_width=6, priority=3),
    Column(key="status", title="status", width=12, min_width=8, priority=1),
    Column(key="took", title="took", width=8, align="right", priority=2),
    Column(key="queued", title="queued", width=7, align="right", priority=6),
    Column(key="runner", title="runner", width=14, min_width=6, priority=5),
    Column(key="image", title="image", width=20, min_width=8, priority=7),
    Column(key="environment", title="environment", width=20, min_width=8, priority=8),
    Column(key="why", title="", width=30, min_width=10, priority=4),
)
"""What is told of a job."""


@click.command("jobs", context_settings=SETTINGS, epilog=EPILOG)
@click.argument("run")
@click.option("--all", "attempts", is_flag=True, help="Earlier attempts of retried jobs, too.")
@listing_options(limit=0)
@click.pass_obj
def jobs_cli(
    options: DashboardOptions,
    /,
    run: str,
    attempts: bool,
    words: Sequence[str],
    limit: int,
    sort: str | None,
    as_json: bool,
) -> None:
    """List the jobs of a run: a number, #4312, project#12."""
    text = filter_text(words)

    async def work(context: Context) -> None:
        order = sort_order(JobRun, sort)
        query = await personal_query(context.store, text)
        found = await with_jobs(context, await find_run(context, run), start=options.engine)
        where = {"pipeline_run_id": found.id} | ({} if attempts else {"retried": False})
        jobs = await collect(context.store, JobRun, where=where, query=query, sort=order)
        if order is None:
            jobs.sort(key=lambda job: (_place(found, job), job.git_job_id))
        shown = jobs[:limit] if limit else jobs
        if as_json:
            print_records(shown)
        elif shown:
            now = datetime.now(UTC)
            print_table(COLUMNS, [cells(job, now) for job in shown])
        if not shown:
            say_nothing_found(JobRun, text)

    in_context(options, work)


async def with_jobs(context: Context, run: PipelineRun, *, start: bool) -> PipelineRun:
    """The run once its jobs are in the store. Without an engine, or when they do not come in time, as it is."""
    if run.jobs_synced or run.gone or not start:
        return run

    async def read() -> PipelineRun | None:
        now = await context.store.get(PipelineRun, run.id)
        return now if now is not None and now.jobs_synced else None

    async with waiter(context, start=start, lease=run.project_id) as waiting:
        found = await waiting.until(read, timeout=JOBS_SECONDS, topics=[f"run:{run.id}"], connection=run.connection)
        if found is None:
            trouble = await waiting.trouble(run.connection)
            reason = f": {clean(trouble.last_error)}" if trouble else ""
            say(f"not all jobs of #{run.git_pipeline_id} could be read{reason}")
    return found or run


def _place(run: PipelineRun, job: JobRun) -> int:
    """Place of a job's stage among those of the run; unknown ones come last."""
    return next((index for index, stage in enumerate(run.stages) if stage.name == job.stage), len(run.stages))


def cells(job: JobRun, now: datetime) -> tuple[Cell, ...]:
    """A row of the table, a cell per entry of `COLUMNS`."""
    tone = "warning" if job.status == "failed" and job.allows_failure else status_tone(job.status)
    return (
        Cell(str(job.git_job_id)),
        Cell(job.name, "dim" if job.retried else ""),
        Cell(job.stage, "dim"),
        Cell(f"{status_glyph(job.status)} {job.status.replace('_', ' ')}", tone),
        Cell(took(job_seconds(job, now))),
        Cell(took(job.queued_time), "dim"),
        Cell(job.endpoint, "dim"),
        Cell(job.image, "dim"),
        Cell(" ".join(f"{key}={value}" for key, value in job.environment.items()), "dim"),
        Cell(job_why(job), "dim"),
    )
