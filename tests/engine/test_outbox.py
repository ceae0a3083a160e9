"""Commands, from the outbox to the server and back."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from data.config import PipelineSettings, ProjectSettings, Secret
from data.engine.marks import Labels
from data.engine.outbox import TOGETHER
from data.engine.verdict import Done
from data.model import Command, JobRun, PipelineRun, RunInfo, Submission
from tests.engine.conftest import CHURN, Lab, until

pytestmark = pytest.mark.server

FRAUD, TICKETS = "ml/risk/fraud-detection", "ml/support/nlp/nlp-tickets"


def variables(**values: str) -> list[dict[str, str]]:
    """Variables as a payload holds them."""
    return [{"key": key, "value": value} for key, value in values.items()]


async def launch(lab: Lab, path: str = CHURN, ref: str = "main", run_id: str = "r1", **more: Any) -> Command:
    """Ask for a launch."""
    given: dict[str, Any] = {"ref": ref, "variables": variables(EPOCHS="3", RUN_ID=run_id), "run_id": run_id, **more}
    return await lab.submit("launch", path=path, **given)


async def test_a_launch_sends_exactly_its_variables_and_is_written_down(lab: Lab) -> None:
    async with lab.running():
        command = await lab.settled(await launch(lab))
    assert (command.state, command.attempts) == ("done", 1)
    sent = await lab.requested()
    assert [one["variables"] for one in sent] == [{"EPOCHS": "3", "RUN_ID": "r1"}]
    run = await lab.store.get(PipelineRun, command.result_id)
    assert run is not None and run.git_pipeline_id == sent[0]["id"]
    assert (run.run_info_id, run.submission_id, run.kind) == ("r1", command.id, "production")
    info = await lab.store.get(RunInfo, "r1")
    assert info is not None and info.runs == (run.id,)
    submission = await lab.store.get(Submission, command.id)
    assert submission is not None and (submission.state, submission.pipeline_run_id) == ("done", run.id)
    assert submission.repo_hash == run.git_commit_hash and submission.requester == "ada"


@pytest.mark.parametrize(
    ("who", "path", "words"),
    [
        ("developer", FRAUD, "sufficient permission to run a pipeline on 'main'"),
        ("maintainer", TICKETS, "Insufficient permissions to set pipeline variables"),
        ("reader", CHURN, "scope"),
        ("reporter", CHURN, "may not"),
    ],
)
async def test_a_refused_launch_says_why_in_the_servers_words(lab: Lab, who: str, path: str, words: str) -> None:
    async with lab.running(lab.settings(path, who=who)):
        command = await lab.settled(await launch(lab, path))

        async def kept() -> bool:
            submission = await lab.store.get(Submission, command.id)
            return submission is not None and submission.state == "refused"

        await until(kept)
    assert command.state == "refused" and words in command.answer
    assert await lab.requested() == []


async def test_a_read_only_configuration_sends_nothing_but_takes_notes(lab: Lab) -> None:
    number = await lab.pipeline(EPOCHS="3")
    async with lab.running(lab.settings(read_only=True)):
        await lab.run(number)
        refused = await lab.settled(await launch(lab))
        canceled = await lab.settled(await lab.submit("cancel", lab.run_id(number)))
        noted = await lab.settled(await lab.submit("note", lab.run_id(number), text="mine"))
    assert (refused.state, canceled.state, noted.state) == ("refused", "refused", "done")
    assert "read-only" in refused.answer
    assert len(await lab.requested()) == 1


async def test_of_many_commands_some_are_carried_out_at_a_time(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    under_way: list[str] = []
    most = 0
    perform = Labels.perform

    async def watched(self: Labels, command: Command) -> Done:
        nonlocal most
        under_way.append(command.id)
        most = max(most, len(under_way))
        done = await perform(self, command)
        under_way.remove(command.id)
        return done

    monkeypatch.setattr(Labels, "perform", watched)
    number = await lab.pipeline(EPOCHS="3")
    async with lab.running():
        run = await lab.run(number)
        commands = [await lab.submit("label", run.id, add=[f"l{n}"], remove=[]) for n in range(5 * TOGETHER)]
        for command in commands:
            assert (await lab.settled(command)).state == "done"
        found = await lab.store.get(PipelineRun, run.id)
    assert found is not None and len(found.labels) == len(commands)
    assert 1 < most <= TOGETHER


async def test_cancel_retry_and_play(lab: Lab) -> None:
    number = await lab.pipeline(EPOCHS="3")
    world = lab.simulator.world
    lab.pass_time_until(lambda: any(job.status == "running" for job in world.pipelines[number].jobs))
    async with lab.running():
        await lab.look(f"run:{lab.run_id(number)}")
        await lab.run(number, "running")
        done = await lab.settled(await lab.submit("cancel", lab.run_id(number)))
        assert done.state == "done" and "cancel" in done.answer
        lab.pass_time(60)
        await lab.run(number, "canceled")
        jobs = await lab.jobs(number)
        target = next(job for job in jobs.values() if job.status == "canceled")
        retried = await lab.settled(await lab.submit("retry", target.id))
        assert retried.state == "done"
        newest = await lab.store.get(JobRun, retried.result_id)

        async def numbered() -> bool:
            found = await lab.store.get(JobRun, retried.result_id)
            return found is not None and found.attempt_number == 2 and found.retry_of == target.id

        await until(numbered)
        assert newest is None or newest.name == target.name
        lab.pass_time(60)
        again = await lab.settled(await lab.submit("retry", lab.run_id(number)))
        assert again.state == "done", again.answer
        lab.pass_time_until(lambda: world.pipelines[number].status == "success")
        refused = await lab.settled(await lab.submit("play", target.id))
        assert refused.state == "refused" and refused.answer


async def test_a_manual_job_is_played(lab: Lab) -> None:
    number = await lab.pipeline(EPOCHS="3")
    world = lab.simulator.world
    lab.pass_time_until(lambda: world.pipelines[number].status == "success")
    async with lab.running():
        await lab.run(number, "success")
        manual = next(job for job in (await lab.jobs(number)).values() if job.status == "manual")
        played = await lab.settled(await lab.submit("play", manual.id, variables=variables(SIZE="3")))
        assert played.state == "done", played.answer
        lab.pass_time_until(lambda: world.jobs[manual.git_job_id].status == "success")

        async def finished() -> bool:
            found = await lab.store.get(JobRun, manual.id)
            return found is not None and found.status == "success"

        await until(finished)


async def test_a_launch_whose_answer_is_lost_is_found_by_its_run_id(lab: Lab) -> None:
    await lab.pipeline(EPOCHS="3", RUN_ID="somebody-elses")
    await lab.fault("cut_after", method="POST", path="/pipeline$")
    async with lab.running():
        command = await lab.settled(await launch(lab))
    assert command.state == "done"
    assert [one["variables"].get("RUN_ID") for one in await lab.requested()] == ["somebody-elses", "r1"]
    run = await lab.store.get(PipelineRun, command.result_id)
    assert run is not None and run.run_info_id == "r1"


@pytest.mark.parametrize("kind", ["cut_before", "status", "html"])
async def test_a_launch_that_never_took_effect_is_sent_again_after_looking(lab: Lab, kind: str) -> None:
    await lab.fault(kind, method="POST", path="/pipeline$")
    async with lab.running():
        command = await lab.settled(await launch(lab))
    assert command.state == "done", command.answer
    assert command.attempts == 2
    assert len(await lab.requested()) == 1


async def test_a_launch_that_cannot_be_identified_is_left_unknown(lab: Lab) -> None:
    """A project that forbids variables, and two pipelines of the same user on the same branch at the same time."""
    git = lab.git(TICKETS)
    async with lab.running(lab.settings(TICKETS)):
        await lab.call("POST", f"/projects/{git}/pipeline", json={"ref": "main"})
        await lab.fault("cut_after", method="POST", path="/pipeline$")
        command = await lab.settled(await lab.submit("launch", path=TICKETS, ref="main", run_id="r2", variables=[]))
    assert command.state == "unknown"
    assert "main" in command.answer and "variables" in command.answer


async def test_a_rate_limited_launch_waits_and_goes_later(lab: Lab) -> None:
    await lab.fault("rate_limit", method="POST", path="/pipeline$", retry_after=1)
    async with lab.running():
        command = await launch(lab)

        async def waits() -> bool:
            now = await lab.store.get(Command, command.id)
            return now is not None and now.state == "queued" and bool(now.answer)

        await until(waits)
        command = await lab.settled(command)
    assert command.state == "done" and len(await lab.requested()) == 1


async def test_a_full_pipeline_holds_launches_until_a_run_ends(lab: Lab) -> None:
    project = ProjectSettings(
        project=CHURN, connection="work", pipelines=[PipelineSettings(name="train", max_concurrent=1)]
    )
    async with lab.running(lab.settings(projects=[project])):
        first = await lab.settled(await launch(lab, run_id="r1"))
        second = await launch(lab, run_id="r2")

        async def held() -> bool:
            now = await lab.store.get(Command, second.id)
            return now is not None and now.state == "queued" and "at most 1 run of train at a time" in now.answer

        await until(held)
        other = await lab.settled(await lab.submit("note", first.result_id, text="goes past it"))
        assert other.state == "done"
        ended = await lab.settled(await lab.submit("cancel", first.result_id))
        assert ended.state == "done"
        lab.pass_time(60)
        second = await lab.settled(second)
    assert second.state == "done" and second.attempts == 1
    assert [one["variables"]["RUN_ID"] for one in await lab.requested()] == ["r1", "r2"]


async def test_a_run_over_its_timeout_is_cancelled_once_and_says_so(lab: Lab) -> None:
    project = ProjectSettings(project=CHURN, connection="work", pipelines=[PipelineSettings(name="train", timeout=0.5)])
    async with lab.running(lab.settings(projects=[project])):
        command = await lab.settled(await launch(lab))

        async def cancelled() -> Command | None:
            page = await lab.store.page(Command, where={"kind": "cancel", "state": "done"})
            return page.records[0] if page.records else None

        cancel = await until(cancelled)
        assert cancel.target_id == command.result_id and "timeout of train" in cancel.why
        run = await lab.store.get(PipelineRun, command.result_id)
        assert run is not None and "Cancelled by Lineside" in run.notes


async def test_secrets_reach_the_request_and_nothing_else(lab: Lab) -> None:
    async with lab.running() as engine:
        command = await launch(lab, secrets=["API_TOKEN"])
        engine.give_secrets(command.id, {"API_TOKEN": Secret("s3cret-value")})
        command = await lab.settled(command)
        missing = await lab.settled(await launch(lab, run_id="r2", secrets=["OTHER"]))
    assert command.state == "done"
    assert (await lab.requested())[0]["variables"]["API_TOKEN"] == "s3cret-value"
    assert missing.state == "refused" and "OTHER" in missing.answer
    for file in lab.folder.glob("lineside.db*"):
        assert b"s3cret-value" not in file.read_bytes()


async def test_a_command_that_cannot_be_read_is_refused(lab: Lab) -> None:
    async with lab.running():
        for payload in ({}, {"ref": ""}, {"ref": "main", "variables": "no list"}):
            refused = await lab.settled(await lab.submit("launch", **payload))
            assert refused.state == "refused" and refused.answer
        strange = await lab.settled(await lab.submit("dance"))
        nowhere = await lab.settled(await lab.submit("cancel", "work:101:999999"))
    assert strange.state == nowhere.state == "refused"


async def test_a_launch_offline_stays_queued_with_the_reason_and_goes_when_the_server_is_back(lab: Lab) -> None:
    await lab.engine().sync_once()
    port = int(lab.simulator.url.rpartition(":")[2])
    lab.simulator.stop()
    async with lab.running():
        await lab.look("projects")
        command = await launch(lab)

        async def waits() -> bool:
            now = await lab.store.get(Command, command.id)
            return now is not None and now.state == "queued" and "refuses connections" in now.answer

        await until(waits)
        lab.simulator.settings = dataclasses.replace(lab.simulator.settings, port=port)
        lab.simulator.start()
        command = await lab.settled(command)
    assert command.state == "done" and command.attempts == 1
