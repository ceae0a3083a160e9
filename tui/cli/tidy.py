"""`erase`, `keep`, `delete` and `rename`: what tidies up on the server. What is held here of it stays."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

import click

from data.model import Artifact, Command, Connection, JobRun, PipelineRun, Project
from tui.actions import title_of
from tui.actions_more import delete_command, erase_command, keep_command, rename_command
from tui.cli.sending import Batch, Pace, build_each, question_options, send_all
from tui.cli.targets import find_job, find_run
from tui.context import Context, collect
from tui.options import DashboardOptions
from tui.present.losses import delete_losses, erase_losses

T = TypeVar("T", PipelineRun, JobRun)
Find = Callable[[Context, str], Awaitable[T]]
Build = Callable[[T, Project | None, Connection | None], Command]

JOBS = "JOB: a number, an id, RUN/NAME, or an address of GitLab."
RUNS = "RUN: a number, #4312, project#12, an id, or an address of GitLab."


@click.command("erase", epilog=JOBS)
@click.argument("jobs", nargs=-1, required=True, metavar="JOB...")
@question_options
@click.pass_obj
def erase_cli(options: DashboardOptions, /, jobs: Sequence[str], why: str, **given: Any) -> int:
    """Erase logs and artifacts of finished jobs on the server.

    They are lost there for everybody and for good; what Lineside holds of a log stays readable here.
    """

    async def prepare(context: Context) -> Batch:
        found, build = await _found(context, jobs, find_job), _with_why(erase_command, why)
        batch = build_each(found, await _bound(context, found, build), title_of)
        return batch._replace(details=erase_losses([one for one in found if one.id in batch.names]))

    return _send(options, prepare, **given)


@click.command("keep", epilog=JOBS)
@click.argument("jobs", nargs=-1, required=True, metavar="JOB...")
@question_options
@click.pass_obj
def keep_cli(options: DashboardOptions, /, jobs: Sequence[str], why: str, **given: Any) -> int:
    """Keep the artifacts of jobs: they expire no more."""

    async def prepare(context: Context) -> Batch:
        found = await _found(context, jobs, find_job)
        known: dict[str, list[Artifact]] = {}
        for one in await collect(context.store, Artifact, where={"job_run_id": [job.id for job in found]}):
            known.setdefault(one.job_run_id, []).append(one)

        def build(job: JobRun, project: Project | None, connection: Connection | None) -> Command:
            return keep_command(job, known.get(job.id, ()), project, connection, why=why)

        return build_each(found, await _bound(context, found, build), title_of)

    return _send(options, prepare, **given)


@click.command("delete", epilog=RUNS)
@click.argument("runs", nargs=-1, required=True, metavar="RUN...")
@question_options
@click.pass_obj
def delete_cli(options: DashboardOptions, /, runs: Sequence[str], why: str, **given: Any) -> int:
    """Delete runs on the server, with all that belongs to them.

    Jobs, logs and artifacts are lost there for everybody and for good; what Lineside holds of them stays here.
    """

    async def prepare(context: Context) -> Batch:
        found, build = await _found(context, runs, find_run), _with_why(delete_command, why)
        batch = build_each(found, await _bound(context, found, build), title_of)
        going = [one for one in found if one.id in batch.names]
        jobs = await collect(context.store, JobRun, where={"pipeline_run_id": [run.id for run in going]})
        return batch._replace(details=delete_losses(going, jobs))

    return _send(options, prepare, **given)


@click.command("rename", epilog=RUNS)
@click.argument("run")
@click.argument("name")
@question_options
@click.pass_obj
def rename_cli(options: DashboardOptions, /, run: str, name: str, why: str, **given: Any) -> int:
    """Give a run another name."""

    async def prepare(context: Context) -> Batch:
        found = await _found(context, [run], find_run)

        def build(one: PipelineRun, project: Project | None, connection: Connection | None) -> Command:
            return rename_command(one, name, project, connection, why=why)

        return build_each(found, await _bound(context, found, build), title_of)

    return _send(options, prepare, **given)


def _send(
    options: DashboardOptions,
    prepare: Callable[[Context], Awaitable[Batch]],
    *,
    yes: bool,
    timeout: float | None,
) -> int:
    return send_all(options, prepare, yes=yes, pace=Pace(timeout=timeout))


async def _found(context: Context, texts: Sequence[str], find: Find[T]) -> list[T]:
    return [await find(context, text) for text in dict.fromkeys(texts)]


async def _bound(context: Context, found: Sequence[T], build: Build[T]) -> Callable[[T], Command]:
    """`build` with the project and connection of each."""
    projects = await context.store.get_many(Project, sorted({one.project_id for one in found}))
    connections = await context.store.get_many(Connection, sorted({one.connection for one in found}))
    return lambda one: build(one, projects.get(one.project_id), connections.get(one.connection))


def _with_why(build: Callable[..., Command], why: str) -> Callable[[Any, Project | None, Connection | None], Command]:
    return lambda one, project, connection: build(one, project, connection, why=why)
