"""Jobs of a lab whose logs a test writes, and what is held of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from data.model import JobRun, LogState, SyncState
from tests.engine.conftest import CHURN, Lab, until

WAYS = [{}, {"trace_range": True}, {"trace_byte_offset": True}]
"""Servers that send the whole log, honour Range, and take `byte_offset`."""
TRACE = "GET /api/v4/projects/{id}/jobs/{jid}/trace"
"""The route of logs, as the server counts it."""


async def started(lab: Lab, name: str = "train") -> JobRun:
    """A running job of a new pipeline, known to the store."""
    number = await lab.pipeline(EPOCHS="40")
    pipeline = lab.simulator.world.pipelines[number]
    lab.pass_time_until(lambda: any(job.spec.name == name and job.status == "running" for job in pipeline.jobs))

    async def known() -> JobRun | None:
        job = (await lab.jobs(number)).get(name)
        return job if job is not None and job.status == "running" else None

    await lab.look(f"run:{lab.run_id(number)}", "projects")
    return await until(known)


async def finished(lab: Lab, name: str = "train", *, path: str = CHURN) -> JobRun:
    """A job of a new pipeline that has succeeded, known to the store."""
    number = await lab.pipeline(path, EPOCHS="3")
    world = lab.simulator.world
    lab.pass_time_until(lambda: world.pipelines[number].status in {"success", "manual"})
    await lab.look("projects")
    await lab.run(number, "success", "manual", path=path)
    return (await lab.jobs(number, path=path))[name]


def end(lab: Lab, job: JobRun) -> None:
    """Let time pass until a job has ended."""
    lab.pass_time_until(lambda: lab.simulator.world.jobs[job.git_job_id].finished_at is not None)


def write(lab: Lab, job: JobRun, data: bytes) -> None:
    """Put `data` in the place of the server's log."""
    world = lab.simulator.world
    with world.lock:
        world.jobs[job.git_job_id].printed = bytearray(data)


def add(lab: Lab, job: JobRun, data: bytes) -> None:
    """Append to a log that was written."""
    world = lab.simulator.world
    with world.lock:
        printed = world.jobs[job.git_job_id].printed
        assert printed is not None
        printed += data


async def log_state(lab: Lab, job: JobRun, fits: Callable[[LogState], bool]) -> LogState:
    """The log's state, once it fits."""

    async def check() -> LogState | None:
        found = await lab.store.get(JobRun, job.id)
        return found.log if found is not None and fits(found.log) else None

    return await until(check, f"the log of {job.name} never got there")


async def holds(lab: Lab, job: JobRun, data: bytes) -> None:
    """Wait until exactly `data` is held."""

    async def check() -> bool:
        return await asyncio.to_thread(held, lab, job) == data

    await until(check, "the log never was what it had to be")


async def on_server(lab: Lab, job: JobRun) -> bytes:
    """The log as the server has it."""
    url = f"{lab.simulator.url}/api/v4/projects/{job.git_project_id}/jobs/{job.git_job_id}/trace"
    headers = {"PRIVATE-TOKEN": lab.simulator.tokens["maintainer"]}
    return (await asyncio.to_thread(lambda: lab.http.get(url, headers=headers, timeout=10))).content


def held(lab: Lab, job: JobRun) -> bytes:
    """The log as we have it."""
    return lab.logs.read(job.id, 0, 1_000_000_000)


async def asked(lab: Lab) -> int:
    """How often a log was asked for."""
    return (await lab.requests()).get(TRACE, 0)


async def said(lab: Lab, job: JobRun, words: str) -> str:
    """Wait until the log says that it waits for something; the whole sentence."""
    told = ""

    async def check() -> bool:
        nonlocal told
        state = await lab.store.get(SyncState, f"log:{job.id}")
        told = state.last_error if state is not None else ""
        return words in told if words else not told

    try:
        await until(check)
    except AssertionError:
        raise AssertionError(f"{words!r} was never said; last {told!r}") from None
    return told


async def being_read(lab: Lab, data: bytes) -> JobRun:
    """A running job with this log, which somebody reads and of which all is held."""
    job = await started(lab)
    write(lab, job, data)
    await lab.look(f"log:{job.id}")
    await holds(lab, job, data)
    return job
