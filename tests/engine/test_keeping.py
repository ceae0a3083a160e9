"""Logs that are kept by configuration, read or not."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from data.config import LogSettings, PipelineSettings, ProjectSettings, Settings, SyncSettings
from data.model import JobRun
from tests.engine.conftest import CHURN, SYNC, TIMING, Lab, until
from tests.engine.joblogs import asked, finished, held, log_state, on_server, said, write

pytestmark = pytest.mark.server
MakeLab = Callable[..., Awaitable[Lab]]
SWEEPING = replace(TIMING, sweep=0.3)


def keeping(lab: Lab, keep: bool | list[str] = True, **more: Any) -> Settings:
    """A configuration that keeps logs."""
    project = ProjectSettings(project=CHURN, connection="work", keep_logs=keep, **more.pop("project", {}))
    return lab.settings(projects=[project], **more)


async def jobs_of(lab: Lab, job: JobRun | None = None) -> list[JobRun]:
    """All jobs that ran; those of the same run as `job`, or of all runs and their children."""
    where = {"pipeline_run_id": job.pipeline_run_id} if job is not None else {}
    page = await lab.store.page(JobRun, where=where, limit=500)
    return [one for one in page.records if one.start is not None and not one.bridge and one.completion is not None]


async def all_kept(lab: Lab, job: JobRun | None = None, but: str = "") -> list[JobRun]:
    """Wait until the log of every one of these jobs is complete, but one."""

    async def check() -> list[JobRun] | None:
        jobs = [one for one in await jobs_of(lab, job) if one.id != but]
        return jobs if jobs and all(one.log.complete for one in jobs) else None

    return await until(check, "the logs were never kept")


async def test_the_logs_of_a_run_are_fetched_when_its_jobs_end(lab: Lab) -> None:
    async with lab.running(keeping(lab)):
        job = await finished(lab)
        kept = await all_kept(lab, job)
        assert len(kept) > 2
        for one in kept:
            assert held(lab, one) == await on_server(lab, one) != b""
            assert (one.log.size, one.log.erased) == (len(held(lab, one)), False)


async def test_without_the_setting_nothing_is_fetched(lab: Lab) -> None:
    async with lab.running(timing=SWEEPING):
        job = await finished(lab)
        await lab.look(f"log:{job.id}")
        await log_state(lab, job, lambda log: log.complete)
        assert [one.name for one in await jobs_of(lab, job) if one.log.size] == [job.name]


async def test_jobs_that_ended_while_no_engine_ran_are_found_one_after_the_other(make_lab: MakeLab) -> None:
    lab = await make_lab(behind=7200)
    async with lab.running():
        await finished(lab)
    before = await asked(lab)
    assert [one for one in await jobs_of(lab) if one.log.size] == []
    async with lab.running(keeping(lab), owner="another"):
        kept = await all_kept(lab)
        assert len(kept) > 2
        assert await asked(lab) - before == len(kept), "one request for each"


async def test_only_the_window_of_the_history_is_swept(make_lab: MakeLab) -> None:
    lab = await make_lab(behind=7200)
    async with lab.running():
        job = await finished(lab)
    old = replace(job, id=f"{job.id}0", git_job_id=job.git_job_id * 10, created=job.created - timedelta(days=40))  # type: ignore[operator]
    await lab.store.put([old])
    sync = SyncSettings(fast=SYNC.fast, medium=SYNC.medium, slow=SYNC.slow, history=30 * 86_400.0)
    async with lab.running(keeping(lab, sync=sync), owner="another", timing=SWEEPING):
        await all_kept(lab, but=old.id)
        found = await lab.store.get(JobRun, old.id)
        assert found is not None and not found.log.complete


@pytest.mark.parametrize(("names", "kept"), [(["train"], True), (["score"], False)])
async def test_the_logs_of_chosen_pipelines(lab: Lab, names: list[str], kept: bool) -> None:
    """The run belongs to the project's first pipeline."""
    pipelines = [PipelineSettings(name="train"), PipelineSettings(name="score")]
    async with lab.running(keeping(lab, names, project={"pipelines": pipelines}), timing=SWEEPING):
        job = await finished(lab)
        if kept:
            await all_kept(lab, job)
        else:
            await lab.look(f"log:{job.id}")
            await log_state(lab, job, lambda log: log.complete)
            assert [one.name for one in await jobs_of(lab, job) if one.log.size] == [job.name]


async def test_a_log_that_has_expired_is_marked_and_not_asked_for_again(make_lab: MakeLab) -> None:
    lab = await make_lab(behind=7200)
    async with lab.running():
        job = await finished(lab)
    write(lab, job, b"")
    async with lab.running(keeping(lab), owner="another", timing=SWEEPING):
        before = len(await all_kept(lab))
        gone = await log_state(lab, job, lambda log: log.complete)
        assert (gone.erased, gone.size) == (True, 0)
    requests = await asked(lab)
    async with lab.running(keeping(lab), owner="a third", timing=SWEEPING):
        await finished(lab)
        now = await all_kept(lab)
        assert await asked(lab) - requests == len(now) - before
    # somebody who opens it is told, by a server that was asked once more
    async with lab.running(owner="a fourth"):
        await lab.look(f"log:{job.id}")
        await said(lab, job, "the server holds no log of this job")


async def test_a_job_that_is_gone_from_the_server_is_not_asked_for_again(make_lab: MakeLab) -> None:
    lab = await make_lab(behind=7200)
    async with lab.running():
        job = await finished(lab)
    ghost = replace(job, id=f"{job.id}0", git_job_id=job.git_job_id * 10)
    await lab.store.put([ghost])
    async with lab.running(keeping(lab), owner="another", timing=SWEEPING):
        state = await log_state(lab, ghost, lambda log: log.complete)
        assert state.erased


async def test_failures_are_tried_again(make_lab: MakeLab) -> None:
    lab = await make_lab(behind=7200)
    async with lab.running():
        job = await finished(lab)
    await lab.fault("status", status=500, path="/trace", count=2)
    await lab.fault("truncate", path="/trace", count=2)
    async with lab.running(keeping(lab), owner="another", timing=SWEEPING):
        for one in await all_kept(lab, job):
            assert held(lab, one) == await on_server(lab, one)


async def test_people_come_first(make_lab: MakeLab) -> None:
    """A log that somebody opens while others are being kept does not wait for them, and is fetched only once."""
    lab = await make_lab(behind=7200)
    async with lab.running():
        job = await finished(lab)
    await lab.fault_latency(200)
    before = await asked(lab)
    async with lab.running(keeping(lab), owner="another"):

        async def begun() -> bool:
            return await asked(lab) > before

        await until(begun)
        last = (await jobs_of(lab, job))[-1]
        await lab.look(f"log:{last.id}")
        await log_state(lab, last, lambda log: log.complete)
        await lab.fault_latency(0)
        kept = await all_kept(lab, job)
        for one in kept:
            assert held(lab, one) == await on_server(lab, one)


async def test_logs_of_earlier_days_do_not_push_out_others(make_lab: MakeLab) -> None:
    lab = await make_lab(behind=7200)
    async with lab.running():
        job = await finished(lab)
    lab.logs.append("work:1:job:1", 0, b"x" * 9_500)
    settings = keeping(lab, logs=LogSettings(quota=10_000))
    async with lab.running(settings, owner="another", timing=SWEEPING):
        # what has just ended is fetched all the same, and pushes out what was not read for longest
        lab.clock.advance(7200)
        now = await finished(lab)
        await log_state(lab, now, lambda log: log.complete)
        assert not [one.id for one in await jobs_of(lab, job) if one.log.complete]


async def test_a_sweep_leaves_alone_what_never_ran(lab: Lab) -> None:
    """Skipped, manual and cancelled jobs have no log, and nobody asks for one."""
    async with lab.running(keeping(lab), timing=SWEEPING):
        number = await lab.pipeline()
        await lab.run(number)
        await lab.call("POST", f"/projects/{lab.git()}/pipelines/{number}/cancel")
        run = await lab.run(number, "canceled")
        page = await lab.store.page(JobRun, where={"pipeline_run_id": run.id}, limit=200)
        idle = [one for one in page.records if one.start is None and not one.bridge]
        assert idle
        job = await finished(lab)
        await all_kept(lab, job)
        states = await asyncio.gather(*(lab.store.get(JobRun, one.id) for one in idle))
        assert not any(state is None or state.log.complete for state in states)
