"""Erase, keep, delete, rename and schedules that are run now, against the simulated server."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from data.engine.actions_more import RunSchedule
from data.errors import RateLimited
from data.model import Artifact, Command, JobRun, PipelineRun, Schedule, git_id
from tests.engine.conftest import CHURN, Lab, until

pytestmark = pytest.mark.server

ERASE, KEEP, DELETE, RENAME, PLAY = "/erase$", "/artifacts/keep$", r"/pipelines/\d+$", "/metadata$", "/play$"
"""Paths of the requests."""


async def ended(lab: Lab) -> int:
    """A pipeline that has run to its end."""
    number = await lab.pipeline(EPOCHS="3")
    lab.pass_time_until(lambda: lab.simulator.world.pipelines[number].status in ("success", "manual"))
    return number


async def job_with_artifacts(lab: Lab, number: int) -> JobRun:
    """A job of the run whose artifacts the store knows."""
    await lab.run(number)
    await lab.look(f"run:{lab.run_id(number)}")

    async def known() -> JobRun | None:
        jobs = (await lab.jobs(number)).values()
        return next((job for job in jobs if job.output_artifacts and not job.bridge), None)

    return await until(known, "no artifacts were read")


async def stored(lab: Lab, job_id: str) -> JobRun:
    """The job as the store has it."""
    job = await lab.store.get(JobRun, job_id)
    assert job is not None
    return job


async def test_an_erased_job_keeps_what_is_held_of_its_log(lab: Lab) -> None:
    number = await ended(lab)
    async with lab.running():
        job = await job_with_artifacts(lab, number)
        await lab.look(f"log:{job.id}")

        async def held() -> JobRun | None:
            now = await stored(lab, job.id)
            return now if now.log.complete and now.log.size else None

        before = await until(held, "the log was never copied")
        content = lab.logs.read(job.id, 0, before.log.size)
        done = await lab.settled(await lab.submit("erase", job.id))
        assert (done.state, done.result_id) == ("done", job.id)
        assert f"{before.log.size:,} bytes of its log are held here and stay" in done.answer

        async def erased() -> JobRun | None:
            now = await stored(lab, job.id)
            return now if now.erased is not None and now.log.erased and not now.artifacts_size else None

        after = await until(erased)
        assert after.log.size == before.log.size
        assert lab.logs.read(job.id, 0, after.log.size) == content
        left = (await lab.store.page(Artifact, where={"job_run_id": job.id})).records
        assert left and {(one.is_active, one.status) for one in left} == {(False, "erased")}
        again = await lab.settled(await lab.submit("erase", job.id))
        assert again.state == "refused" and "not erasable" in again.answer
    assert lab.simulator.world.jobs[job.git_job_id].erased_at is not None


@pytest.mark.parametrize(("kind", "sent"), [("cut_after", 1), ("cut_before", 2)])
async def test_an_erase_without_an_answer_is_looked_for_before_it_is_sent_again(lab: Lab, kind: str, sent: int) -> None:
    number = await ended(lab)
    async with lab.running():
        await lab.run(number)
        job = next(job for job in (await lab.jobs(number)).values() if job.status == "success" and not job.bridge)
        await lab.fault(kind, method="POST", path=ERASE)
        done = await lab.settled(await lab.submit("erase", job.id))
    assert (done.state, done.attempts) == ("done", sent), done.answer
    assert lab.simulator.world.jobs[job.git_job_id].erased_at is not None


async def test_kept_artifacts_expire_no_more(lab: Lab) -> None:
    number = await ended(lab)
    async with lab.running():
        job = await job_with_artifacts(lab, number)
        before = (await lab.store.page(Artifact, where={"job_run_id": job.id})).records
        assert any(one.expires for one in before)
        done = await lab.settled(await lab.submit("keep", job.id))
        assert done.state == "done" and "expire no more" in done.answer
        after = (await lab.store.page(Artifact, where={"job_run_id": job.id})).records
        assert [one.expires for one in after] == [None] * len(before)
    assert (await lab.call("GET", f"/projects/{lab.git()}/jobs/{job.git_job_id}"))["artifacts_expire_at"] is None


@pytest.mark.parametrize(("kind", "sent"), [("cut_after", 1), ("cut_before", 2)])
async def test_keeping_without_an_answer_is_looked_for(lab: Lab, kind: str, sent: int) -> None:
    number = await ended(lab)
    async with lab.running():
        job = await job_with_artifacts(lab, number)
        await lab.fault(kind, method="POST", path=KEEP)
        done = await lab.settled(await lab.submit("keep", job.id))
    assert (done.state, done.attempts) == ("done", sent), done.answer
    assert lab.simulator.world.jobs[job.git_job_id].artifacts_kept


async def test_a_deleted_run_keeps_our_copy(lab: Lab) -> None:
    number = await ended(lab)
    async with lab.running(lab.settings(who="owner")) as engine:
        run = await lab.run(number)
        jobs = await lab.jobs(number)
        done = await lab.settled(await lab.submit("delete", run.id))
        assert (done.state, done.result_id) == ("done", run.id)
        sync = engine._sessions[0]._sync
        assert sync is not None

        async def left_alone() -> bool:
            return run.id not in sync._tracked and f"run {run.id}" not in sync._agenda

        await until(left_alone, "a deleted run is looked after for ever")
        kept = await lab.store.get(PipelineRun, run.id)
        assert kept is not None and kept.gone and kept.status == run.status
        assert (await lab.jobs(number)).keys() == jobs.keys()
        again = await lab.settled(await lab.submit("delete", run.id))
        assert again.state == "done" and again.answer.startswith("it was gone already")
    assert number not in lab.simulator.world.pipelines


async def test_who_is_no_owner_deletes_nothing(lab: Lab) -> None:
    number = await ended(lab)
    async with lab.running():
        run = await lab.run(number)
        refused = await lab.settled(await lab.submit("delete", run.id))
        assert refused.state == "refused" and refused.answer
        kept = await lab.store.get(PipelineRun, run.id)
        assert kept is not None and not kept.gone
    assert number in lab.simulator.world.pipelines


@pytest.mark.parametrize(("kind", "sent"), [("cut_after", 1), ("cut_before", 2)])
async def test_a_deletion_without_an_answer_is_looked_for(lab: Lab, kind: str, sent: int) -> None:
    number = await ended(lab)
    async with lab.running(lab.settings(who="owner")):
        run = await lab.run(number)
        await lab.fault(kind, method="DELETE", path=DELETE)
        done = await lab.settled(await lab.submit("delete", run.id))
        assert (done.state, done.attempts) == ("done", sent), done.answer
        kept = await lab.store.get(PipelineRun, run.id)
        assert kept is not None and kept.gone
    assert number not in lab.simulator.world.pipelines


@pytest.mark.parametrize(("kind", "sent"), [("", 1), ("cut_after", 1), ("cut_before", 2)])
async def test_a_renamed_run_has_its_name_here_and_there(lab: Lab, kind: str, sent: int) -> None:
    number = await ended(lab)
    async with lab.running():
        run = await lab.run(number)
        if kind:
            await lab.fault(kind, method="PUT", path=RENAME)
        done = await lab.settled(await lab.submit("rename", run.id, name="nightly baseline"))
        assert (done.state, done.attempts) == ("done", sent), done.answer

        async def named() -> bool:
            now = await lab.store.get(PipelineRun, run.id)
            return now is not None and now.name == "nightly baseline"

        await until(named)
        refused = await lab.settled(await lab.submit("rename", run.id, name=" "))
        assert refused.state == "refused" and "needs a name" in refused.answer
    assert lab.simulator.world.pipelines[number].name == "nightly baseline"


def a_schedule(lab: Lab) -> Schedule:
    """One of the server's schedules, as the store knows it."""
    found = lab.simulator.world.paths[CHURN].schedules[0]
    git = lab.git()
    return Schedule(
        id=git_id("work", git, "schedule", found.id), project_id=lab.project_id(), connection="work",
        git_project_id=git, git_schedule_id=found.id, description=found.description, ref=found.ref,
    )  # fmt: skip


async def test_a_schedule_that_is_run_now_names_its_run(lab: Lab) -> None:
    schedule = a_schedule(lab)
    await lab.store.put([schedule])
    async with lab.running():
        done = await lab.settled(await lab.submit("schedule", schedule.id))
        assert done.state == "done", done.answer
        run = await lab.run(int(done.result_id.rpartition(":")[2]))
        assert (run.id, run.trigger_type, run.ref) == (done.result_id, "schedule", schedule.ref)

        async def noted() -> bool:
            now = await lab.store.get(Schedule, schedule.id)
            return now is not None and now.last_run_id == run.id

        await until(noted)
        second = await lab.settled(await lab.submit("schedule", schedule.id))
        assert second.state == "done" and second.result_id != done.result_id
    made = [one for one in lab.simulator.world.paths[CHURN].schedules if one.id == schedule.git_schedule_id]
    assert len(made[0].pipelines) == 2


async def test_a_schedule_whose_answer_is_lost_is_not_run_twice(lab: Lab) -> None:
    schedule = a_schedule(lab)
    await lab.store.put([schedule])
    await lab.fault("cut_after", method="POST", path=PLAY)
    async with lab.running():
        done = await lab.settled(await lab.submit("schedule", schedule.id))
        assert (done.state, done.attempts) == ("done", 1), done.answer
    assert len(lab.simulator.world.paths[CHURN].schedules[0].pipelines) == 1
    assert done.result_id.endswith(f":{lab.simulator.world.paths[CHURN].schedules[0].pipelines[0].id}")


@pytest.mark.parametrize(("failures", "state"), [(1, "done"), (10_000, "unknown")])
async def test_a_schedule_is_not_run_twice_when_its_runs_cannot_be_read_afterwards(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, failures: int, state: str
) -> None:
    schedule = a_schedule(lab)
    await lab.store.put([schedule])
    played, reading, left = lab.simulator.world.paths[CHURN].schedules[0], RunSchedule._runs, [failures]

    async def limited(self: RunSchedule, about: Schedule, since: datetime) -> list[PipelineRun]:
        if played.pipelines and left[0]:
            left[0] -= 1
            raise RateLimited("too many requests", retry_after=0.0)
        return await reading(self, about, since)

    monkeypatch.setattr(RunSchedule, "_runs", limited)
    async with lab.running():
        done = await lab.settled(await lab.submit("schedule", schedule.id))
        assert (done.state, done.attempts) == (state, 1), done.answer
    assert len(played.pipelines) == 1


async def test_a_schedule_of_which_nothing_came_is_left_to_a_person(lab: Lab) -> None:
    """GitLab makes the pipeline in the background: that there is none so far does not mean that none will come."""
    schedule = a_schedule(lab)
    await lab.store.put([schedule])
    await lab.fault("cut_before", method="POST", path=PLAY)
    async with lab.running():
        left = await lab.settled(await lab.submit("schedule", schedule.id))
    assert left.state == "unknown" and "look at the pipelines of the schedule" in left.answer
    assert lab.simulator.world.paths[CHURN].schedules[0].pipelines == []


async def test_a_schedule_that_makes_no_pipeline_says_so(lab: Lab) -> None:
    """The server answers 201 and refuses in the background: a schedule on a branch that is gone."""
    found = lab.simulator.world.paths[CHURN].schedules[0]
    found.ref = "gone"
    schedule = a_schedule(lab)
    await lab.store.put([schedule])
    async with lab.running():
        refused = await lab.settled(await lab.submit("schedule", schedule.id))
    assert refused.state == "refused" and "made no pipeline" in refused.answer


@pytest.mark.parametrize("kind", ["erase", "keep", "delete", "rename", "schedule"])
async def test_what_is_not_here_is_refused_without_a_request(lab: Lab, kind: str) -> None:
    async with lab.running():
        await lab.run(await lab.pipeline())
        before = await lab.requests()
        target = "work:1:job:999999" if kind in {"erase", "keep"} else "work:1:999999"
        refused = await lab.settled(await lab.submit(kind, target, name="x"))
        after = await lab.requests()
    assert refused.state == "refused" and "here any more" in refused.answer
    writes = [route for route in after if not route.startswith("GET") and after[route] != before.get(route, 0)]
    assert writes == []


async def test_a_read_only_configuration_changes_nothing(lab: Lab) -> None:
    number = await ended(lab)
    async with lab.running(lab.settings(read_only=True)):
        run = await lab.run(number)
        asked = [await lab.submit("delete", run.id), await lab.submit("rename", run.id, name="x")]
        states = [(await lab.settled(one)).state for one in asked]
    assert states == ["refused", "refused"]
    assert lab.simulator.world.pipelines[number].name != "x"


def test_the_words_that_say_that_there_was_nothing_to_do() -> None:
    from data.engine.actions_words import WAS_GONE, was_idle

    done = Command(id="1", kind="delete", created=datetime.now(UTC), state="done", answer=f"{WAS_GONE}; the copy stays")
    assert was_idle(done)
