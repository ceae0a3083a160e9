"""Job logs that somebody reads: growth, the end, erasure, what they wait for, and how often the server is asked."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

import pytest
from msgspec.structs import replace

from data.model import JobRun, LogState, PipelineRun, SyncState
from tests.engine.conftest import TIMING, Lab, until
from tests.engine.joblogs import (
    WAYS,
    add,
    asked,
    end,
    finished,
    held,
    holds,
    log_state,
    on_server,
    said,
    started,
    write,
)

pytestmark = pytest.mark.server

MakeLab = Callable[..., Awaitable[Lab]]


def _reaches(size: int, log: LogState) -> bool:
    return log.size >= size


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
        end(lab, job)
        final = await log_state(lab, job, lambda log: log.complete)
        assert held(lab, job) == await on_server(lab, job)
        assert (final.generation, final.erased) == (0, False) and final.size == len(held(lab, job))


@pytest.mark.parametrize("way", WAYS)
async def test_a_log_that_was_shortened_is_fetched_anew(make_lab: MakeLab, way: dict[str, bool]) -> None:
    lab = await make_lab(**way)
    async with lab.running():
        job = await started(lab)
        await lab.look(f"log:{job.id}")
        lab.pass_time(60)
        await log_state(lab, job, lambda log: log.size > 500)
        await lab.call("POST", "/-/simulator/job", json={"id": job.git_job_id, "action": "truncate", "bytes": 200})
        cut = await log_state(lab, job, lambda log: log.generation > 0)
        assert (cut.size, cut.erased) == (200, False)
        assert held(lab, job) == await on_server(lab, job)


async def test_what_was_printed_last_between_two_polls_is_fetched_after_the_end(make_lab: MakeLab) -> None:
    """The job ends while the tail waits: it is woken, and asks once more when the runner has had time to send."""
    lab = await make_lab(trace_byte_offset=True)
    timing = replace(TIMING, tail_steps=(0.05, 60.0))
    async with lab.running(timing=timing):
        job = await started(lab)
        write(lab, job, b"begun\n")
        await lab.look(f"log:{job.id}")
        await said(lab, job, "60 s")
        end(lab, job)
        write(lab, job, b"begun\nand the last words\n")

        async def fetched_after_the_end() -> bool:
            return held(lab, job).endswith(b"last words\n")

        await until(fetched_after_the_end)
        add(lab, job, b"what the runner sent late\n")
        await log_state(lab, job, lambda log: log.complete)
        assert held(lab, job) == b"begun\nand the last words\nwhat the runner sent late\n"


async def test_a_finished_log_is_fetched_once_for_all_viewers(make_lab: MakeLab) -> None:
    lab = await make_lab(behind=7200)
    async with lab.running():
        job = await finished(lab)
        await lab.call("POST", "/-/simulator/reset")
        await lab.look(f"log:{job.id}")
        await lab.look(f"log:{job.id}", viewer="another")
        await log_state(lab, job, lambda log: log.complete)
        assert await asked(lab) == 1
        assert held(lab, job) == await on_server(lab, job)


async def test_viewers_of_a_running_job_share_one_tail(make_lab: MakeLab) -> None:
    """However many look, the server is asked as often as for one: never two requests for the same bytes."""
    lab = await make_lab(trace_byte_offset=True)
    async with lab.running(timing=replace(TIMING, tail_steps=(0.05, 60.0))):
        job = await started(lab)
        write(lab, job, b"x" * 300 + b"\n")
        for viewer in ("ada", "bo", "chen", "dora"):
            await lab.look(f"log:{job.id}", viewer=viewer)
        await said(lab, job, "60 s")
        before = await asked(lab)
        assert before <= 5, "one for the log; the offset found out and asked for; nothing new, twice at most"
        for viewer in ("eve", "fay"):
            await lab.look(f"log:{job.id}", viewer=viewer)
        await lab.look("projects", viewer="ada")
        await lab.run(await lab.pipeline(EPOCHS="3"))
        assert await asked(lab) == before


async def test_an_erased_log_of_a_finished_job_stays_readable_and_says_so(lab: Lab) -> None:
    async with lab.running():
        job = await finished(lab)
        await lab.look(f"log:{job.id}")
        whole = await log_state(lab, job, lambda log: log.complete)
        await lab.call("POST", f"/projects/{job.git_project_id}/jobs/{job.git_job_id}/erase", who="owner")
        assert await on_server(lab, job) == b""
        before = await asked(lab)
        await lab.look(f"run:{job.pipeline_run_id}")

        async def known() -> bool:
            found = await lab.store.get(JobRun, job.id)
            return found is not None and found.erased is not None

        await until(known)
        await said(lab, job, "erased on the server")
        state = await log_state(lab, job, lambda log: log.erased)
        assert len(held(lab, job)) == whole.size == state.size > 0
        assert await asked(lab) == before


async def test_a_log_that_seemed_to_have_expired_and_is_there_again_is_fetched(make_lab: MakeLab) -> None:
    lab = await make_lab(behind=7200)
    job_log = b"line\n" * 100
    async with lab.running():
        job = await finished(lab)
        write(lab, job, job_log)
        lab.logs.append(job.id, 0, job_log[:50])
        state = LogState(size=50, complete=True, erased=True)
        await lab.store.put([replace(job, log=state)])
        await lab.look(f"log:{job.id}")
        await holds(lab, job, job_log)
        assert not (await log_state(lab, job, lambda log: log.size == len(job_log) and log.complete)).erased


@pytest.mark.parametrize("way", WAYS)
async def test_a_log_that_is_erased_while_it_is_read_stays_readable_and_says_so(
    make_lab: MakeLab, way: dict[str, bool]
) -> None:
    lab = await make_lab(**way)
    async with lab.running():
        job = await started(lab)
        write(lab, job, b"line\n" * 50)
        await lab.look(f"log:{job.id}")
        await holds(lab, job, b"line\n" * 50)
        write(lab, job, b"")
        assert "expired or was erased on the server" in await said(lab, job, "erased")
        state = await log_state(lab, job, lambda log: log.erased)
        assert not state.complete, "the job still runs, and may print more"
        assert held(lab, job) == b"line\n" * 50
        end(lab, job)
        state = await log_state(lab, job, lambda log: log.complete)
        assert (state.erased, state.size, held(lab, job)) == (True, 250, b"line\n" * 50)


async def test_a_log_that_had_expired_before_anybody_read_it_says_so(make_lab: MakeLab) -> None:
    lab = await make_lab(behind=7200)
    async with lab.running():
        job = await finished(lab)
        write(lab, job, b"")
        await lab.look(f"log:{job.id}")
        await said(lab, job, "the server holds no log of this job")
        assert (await log_state(lab, job, lambda log: log.complete)).erased


async def test_a_quiet_log_says_what_it_waits_for_and_stops_when_something_comes(lab: Lab) -> None:
    async with lab.running():
        job = await started(lab)
        await lab.look(f"log:{job.id}")
        await said(lab, job, "60 s")
        lab.pass_time(30)
        await said(lab, job, "")


async def test_what_a_log_said_is_forgotten_when_nobody_reads_it_any_more(lab: Lab) -> None:
    async with lab.running():
        job = await started(lab)
        await lab.look(f"log:{job.id}", viewer="brief", seconds=6.0)
        await said(lab, job, "60 s")

        async def forgotten() -> bool:
            return await lab.store.get(SyncState, f"log:{job.id}") is None

        await until(forgotten)


async def test_what_an_engine_said_that_was_killed_is_forgotten(lab: Lab) -> None:
    await lab.store.put(
        [SyncState(id="log:x", connection="work", what="log:x", project_id=lab.project_id(), last_error="stale")]
    )
    async with lab.running():

        async def forgotten() -> bool:
            return await lab.store.get(SyncState, "log:x") is None

        await until(forgotten)


async def test_a_job_that_has_not_begun_says_which_runner_it_waits_for(lab: Lab) -> None:
    for runner in lab.simulator.world.runners:
        await lab.call("POST", "/-/simulator/runner", json={"id": runner.id, "paused": True})
    async with lab.running():
        number = await lab.pipeline()
        await lab.look("projects", f"run:{lab.run_id(number)}")

        async def pending() -> JobRun | None:
            return next((job for job in (await lab.jobs(number)).values() if job.status == "pending"), None)

        job = await until(pending)
        await lab.look(f"log:{job.id}")
        told = await said(lab, job, "the job waits for a runner")
        assert all(tag in told for tag in job.runner_tags) and job.runner_tags


async def test_a_log_says_that_its_server_is_away_and_goes_on_when_it_is_back(make_lab: MakeLab) -> None:
    lab = await make_lab()
    async with lab.running():
        job = await started(lab)
        write(lab, job, b"begun\n")
        await lab.look(f"log:{job.id}")
        await holds(lab, job, b"begun\n")
        await lab.fault("cut_before", count=100_000)
        await said(lab, job, "offline")
        add(lab, job, b"meanwhile\n")
        await lab.call("POST", "/-/simulator/reset")
        await holds(lab, job, b"begun\nmeanwhile\n")


async def test_a_log_says_that_the_server_asked_for_a_pause(lab: Lab) -> None:
    async with lab.running():
        job = await started(lab)
        write(lab, job, b"begun\n")
        await lab.look(f"log:{job.id}")
        await holds(lab, job, b"begun\n")
        await lab.fault("rate_limit", retry_after=30, path="/trace")
        await said(lab, job, "limits requests")


async def test_polls_become_rare_while_nothing_comes_and_quick_again(make_lab: MakeLab) -> None:
    lab = await make_lab(trace_byte_offset=True)
    timing = replace(TIMING, tail_steps=(0.02, 0.05, 0.4))
    async with lab.running(timing=timing):
        job = await started(lab)
        write(lab, job, b"line\n" * 100)
        await lab.look(f"log:{job.id}")
        await said(lab, job, "60 s")
        quiet = [await _interval(lab, 3) for _ in range(2)][-1]
        assert quiet > 0.3
        before = await asked(lab)
        for number in range(5):
            add(lab, job, b"%d\n" % number)
            await holds(lab, job, b"line\n" * 100 + b"".join(b"%d\n" % n for n in range(number + 1)))
        assert await asked(lab) > before


async def _interval(lab: Lab, polls: int) -> float:
    """Seconds between two polls, the mean of some."""
    loop = asyncio.get_running_loop()
    first, began = await asked(lab), loop.time()

    async def enough() -> bool:
        return await asked(lab) >= first + polls

    await until(enough)
    return (loop.time() - began) / polls


async def test_a_log_of_a_job_below_in_a_project_that_nobody_copies_is_followed(lab: Lab) -> None:
    """Jobs of a downstream project have an id of that project, which has no lease and no tails of its own."""
    async with lab.running():
        job = await started(lab)
        world = lab.simulator.world
        other = next(id for id in world.projects if id != job.git_project_id)
        foreign = replace(
            job, id=f"work:{other}:job:{job.git_job_id}", project_id=f"work:{other}", pipeline_run_id="work:x:child"
        )
        parent = await lab.store.get(PipelineRun, job.pipeline_run_id)
        assert parent is not None
        child = replace(parent, id="work:x:child", project_id=f"work:{other}", parent_run_id=parent.id, gone=True)
        await lab.store.put([foreign, child])
        await lab.look(f"log:{foreign.id}")
        await log_state(lab, foreign, lambda log: log.size > 0)
