"""Job logs: growth, the end, erasure, and the three ways in which servers hand them out."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

import pytest

from data.model import JobRun, LogState, SyncState
from tests.engine.conftest import Lab, until

pytestmark = pytest.mark.server

MakeLab = Callable[..., Awaitable[Lab]]
WAYS = [{}, {"trace_range": True}, {"trace_byte_offset": True}]
"""Servers that send the whole log, honour Range, and take `byte_offset`."""


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


async def log_state(lab: Lab, job: JobRun, fits: Callable[[LogState], bool]) -> LogState:
    """The log's state, once it fits."""

    async def check() -> LogState | None:
        found = await lab.store.get(JobRun, job.id)
        return found.log if found is not None and fits(found.log) else None

    return await until(check, f"the log of {job.name} never got there")


def _reaches(size: int, log: LogState) -> bool:
    return log.size >= size


async def on_server(lab: Lab, job: JobRun) -> bytes:
    """The log as the server has it."""
    url = f"{lab.simulator.url}/api/v4/projects/{job.git_project_id}/jobs/{job.git_job_id}/trace"
    headers = {"PRIVATE-TOKEN": lab.simulator.tokens["maintainer"]}
    return (await asyncio.to_thread(lambda: lab.http.get(url, headers=headers, timeout=10))).content


def held(lab: Lab, job: JobRun) -> bytes:
    """The log as we have it."""
    return lab.logs.read(job.id, 0, 10_000_000)


@pytest.mark.parametrize("way", WAYS)
async def test_a_log_grows_and_is_complete_at_the_end(make_lab: MakeLab, way: dict[str, bool]) -> None:
    lab = await make_lab(**way)
    async with lab.running():
        job = await started(lab)
        await lab.look(f"log:{job.id}")
        sizes = []
        for _ in range(4):
            lab.pass_time(20)
            wanted = len(await on_server(lab, job))
            sizes.append((await log_state(lab, job, partial(_reaches, wanted))).size)
            assert held(lab, job) == await on_server(lab, job)
        assert sizes == sorted(set(sizes))
        world = lab.simulator.world
        lab.pass_time_until(lambda: world.jobs[job.git_job_id].status == "success")
        final = await log_state(lab, job, lambda log: log.complete)
        assert held(lab, job) == await on_server(lab, job)
        assert (final.generation, final.erased) == (0, False) and final.size == len(held(lab, job))


@pytest.mark.parametrize("way", WAYS)
async def test_an_erased_log_stays_readable_and_a_new_one_replaces_it(make_lab: MakeLab, way: dict[str, bool]) -> None:
    lab = await make_lab(**way)
    async with lab.running():
        job = await started(lab)
        await lab.look(f"log:{job.id}")
        lab.pass_time(60)
        await log_state(lab, job, lambda log: log.size > 500)
        await lab.call("POST", "/-/simulator/job", json={"id": job.git_job_id, "action": "truncate", "bytes": 200})
        cut = await log_state(lab, job, lambda log: log.generation > 0)
        assert cut.size == len(await on_server(lab, job)) or cut.size >= 200
        assert held(lab, job)[:200] == (await on_server(lab, job))[:200]


async def test_a_finished_log_is_fetched_once_for_all_viewers(make_lab: MakeLab) -> None:
    lab = await make_lab(behind=7200)
    number = await lab.pipeline(EPOCHS="3")
    world = lab.simulator.world
    lab.pass_time_until(lambda: world.pipelines[number].status == "success")
    async with lab.running():
        await lab.run(number, "success")
        job = (await lab.jobs(number))["train"]
        await lab.call("POST", "/-/simulator/reset")
        await lab.look(f"log:{job.id}")
        await lab.look(f"log:{job.id}", viewer="another")
        await log_state(lab, job, lambda log: log.complete)
        assert held(lab, job) == await on_server(lab, job)
        counts = await lab.requests()
        [route] = [one for one in counts if one.endswith("/trace")]
        assert counts[route] == 2, "one by the engine, one by this test"


async def test_an_erased_log_of_a_finished_job_is_kept(lab: Lab) -> None:
    number = await lab.pipeline(EPOCHS="3")
    world = lab.simulator.world
    lab.pass_time_until(lambda: world.pipelines[number].status == "success")
    async with lab.running():
        await lab.run(number, "success")
        job = (await lab.jobs(number))["train"]
        await lab.look(f"log:{job.id}")
        whole = await log_state(lab, job, lambda log: log.complete)
        await lab.call("POST", f"/projects/{job.git_project_id}/jobs/{job.git_job_id}/erase", who="owner")
        assert await on_server(lab, job) == b""
        await lab.look(f"log:{job.id}")
        assert len(held(lab, job)) == whole.size > 0


async def test_a_quiet_log_says_what_it_waits_for(lab: Lab) -> None:
    async with lab.running():
        job = await started(lab)
        await lab.look(f"log:{job.id}")

        async def said() -> bool:
            state = await lab.store.get(SyncState, f"log:{job.id}")
            return state is not None and "60 s" in state.last_error

        await until(said)
        lab.pass_time(30)

        async def silent() -> bool:
            state = await lab.store.get(SyncState, f"log:{job.id}")
            return state is None or not state.last_error

        await until(silent)
