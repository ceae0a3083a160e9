"""The queue of launches: its order, what waits and what passes, how many run at a time."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from data.config import Secret
from data.engine.capacity import CREATIONS
from data.model import Command, EngineState, Pipeline, PipelineRun, Submission
from data.model.vocabulary import FINISHED
from tests.engine.conftest import TIMING, Lab, until
from tests.engine.launching import PLAIN, launch, launch_command, limited, most_at_a_time, order_of, says, submission

pytestmark = pytest.mark.server
SEARCH = "ml/search/search-ranking"


async def queued(lab: Lab, count: int) -> list[Command]:
    """So many launches of one pipeline, one behind the other."""
    now = datetime.now(UTC).timestamp()
    commands = [
        launch_command(lab, f"r{number}", path=PLAIN, fields={"place": now + number}) for number in range(count)
    ]
    for command in commands:
        await lab.store.submit(command)
    return commands


async def let_go(lab: Lab, commands: list[Command], until_created: int) -> None:
    """Let the simulated world move on, wave after wave, until so many pipelines were created."""
    world = lab.simulator.world

    async def full() -> bool:
        """Five more run, and the next one says that it waits for a place."""
        count = len(world.requested)
        if count == len(commands):
            return True
        now = await lab.store.get(Command, commands[count].id)
        running = sum(one.status not in FINISHED for one in world.requested)
        return running == 5 and now is not None and "at a time" in now.answer

    while True:
        await until(full, f"{len(world.requested)} of {len(commands)} were created")
        if len(world.requested) >= until_created:
            return
        lab.pass_time_until(lambda: all(one.status in FINISHED for one in world.requested))


async def test_fifty_launches_keep_their_order_and_never_run_more_than_five_at_a_time(lab: Lab) -> None:
    """With a restart in the middle, while five run and twenty wait."""
    commands = await queued(lab, 50)
    settings, timing = limited(lab, PLAIN, most=5, connection=5), replace(TIMING, creations=0.1)
    async with lab.running(settings, owner="one", timing=timing):
        await let_go(lab, commands, 30)
    async with lab.running(settings, owner="two", timing=timing):
        await let_go(lab, commands, 50)
        for command in commands:
            assert (await lab.settled(command)).state == "done"
    assert await order_of(lab) == [f"r{number}" for number in range(50)]
    assert most_at_a_time(lab, [one.id for one in lab.simulator.world.requested]) == 5


async def test_one_that_is_held_or_delayed_lets_others_pass_and_goes_at_its_time(lab: Lab) -> None:
    later = datetime.now(UTC) + timedelta(hours=5)
    held = await launch(lab, "held", fields={"held": "ada"})
    delayed = await launch(lab, "delayed", fields={"not_before": later})
    async with lab.running():
        plain = await lab.settled(await launch(lab, "plain"))
        assert plain.state == "done"
        waiting = await says(lab, held, "held back by ada")
        await says(lab, delayed, f"it starts on {later.astimezone():%Y-%m-%d at %H:%M}")
        assert (await submission(lab, held)).answer == "held back by ada"
        assert await lab.store.amend(replace(waiting, held=""), was=waiting)
        assert (await lab.settled(held)).state == "done"
        soon = datetime.now(UTC) + timedelta(seconds=0.4)
        now = await lab.store.get(Command, delayed.id)
        assert now is not None and await lab.store.amend(replace(now, not_before=soon), was=now)
        assert (await lab.settled(delayed)).state == "done"
        assert datetime.now(UTC) >= soon
    assert await order_of(lab) == ["plain", "held", "delayed"]


async def test_a_later_launch_does_not_overtake_one_that_waits_for_a_free_place(lab: Lab) -> None:
    """The queue is turned round while the pipeline is full: the order of the places counts, not that of asking."""
    async with lab.running(limited(lab, PLAIN, most=1)):
        first = await lab.settled(await launch(lab, "first", path=PLAIN))
        second = await launch(lab, "second", path=PLAIN)
        third = await launch(lab, "third", path=PLAIN)
        await says(lab, second, "at most 1 run of train at a time")
        waiting = await says(lab, third, "at most 1 run of train at a time")
        assert await lab.store.amend(replace(waiting, place=second.created.timestamp() - 1), was=waiting)
        world = lab.simulator.world

        async def ended() -> bool:
            lab.pass_time_until(lambda: all(one.status in FINISHED for one in world.requested))
            return len(world.requested) == 3

        await until(ended)
        for command in (second, third):
            await lab.settled(command)
    assert first.state == "done" and await order_of(lab) == ["first", "third", "second"]


async def test_a_reason_that_stays_the_same_is_written_once(lab: Lab) -> None:
    async with lab.running(limited(lab, PLAIN, most=1)):
        await lab.settled(await launch(lab, "first", path=PLAIN))
        waiting = [await launch(lab, f"w{number}", path=PLAIN) for number in range(3)]
        for command in waiting:
            await says(lab, command, "at a time")
            await submission(lab, command, lambda one: "at a time" in one.answer)
        seen = await lab.store.revision()
        await asyncio.sleep(5 * TIMING.hold)  # it is looked at several times meanwhile
        changes = await lab.store.changes(seen)
    assert not changes.put.get(Command) and not changes.put.get(Submission)


async def test_a_connection_is_full_across_its_projects_and_engines(lab: Lab) -> None:
    """Two projects, each worked on by an engine of its own, and two places for all launches."""
    settings = [limited(lab, path, connection=2) for path in (PLAIN, SEARCH)]
    async with lab.running(settings[0], owner="one"), lab.running(settings[1], owner="two"):
        commands = [await launch(lab, f"r{number}", path=path) for number in range(4) for path in (PLAIN, SEARCH)]

        async def waits() -> bool:
            found = await lab.store.get_many(Command, [one.id for one in commands])
            states = [one.state for one in found.values()]
            said = [one for one in found.values() if "at most 2 launched runs at a time on work" in one.answer]
            return states.count("done") == 2 and len(said) == 6

        await until(waits)
        assert len(await lab.requested()) == 2
        world = lab.simulator.world

        async def all_went() -> bool:
            lab.pass_time_until(lambda: all(one.status in FINISHED for one in world.requested))
            return len(world.requested) == 8

        await until(all_went)
        for command in commands:
            await lab.settled(command)
    assert most_at_a_time(lab, [one.id for one in world.requested]) == 2


async def test_a_pipelines_limit_counts_what_others_started_and_a_changed_limit_counts_at_once(lab: Lab) -> None:
    number = await lab.pipeline(PLAIN, EPOCHS="3")
    async with lab.running(limited(lab, PLAIN, most=1)):
        await lab.run(number, "created", "pending", "running", path=PLAIN)
        command = await launch(lab, "mine", path=PLAIN)
        await says(lab, command, "at most 1 run of train at a time")
        pipeline = await lab.store.get(Pipeline, f"{lab.project_id(PLAIN)}:train")
        assert pipeline is not None
        await lab.store.put([replace(pipeline, max_concurrent=2)])
        assert (await lab.settled(command)).state == "done"


async def test_a_project_gets_no_more_than_25_new_pipelines_in_a_minute(lab: Lab) -> None:
    now = datetime.now(UTC)
    sent = {"state": "done", "sent": now, "finished": now}
    for number in range(CREATIONS):
        await lab.store.put([launch_command(lab, f"old{number}", fields=sent)])
    async with lab.running(timing=replace(TIMING, creations=3.0)):
        command = await launch(lab, "new")
        other = await lab.submit("note", "work:1:1", text="no launch")
        await says(lab, command, f"GitLab takes {CREATIONS} new pipelines of a project in a minute")
        assert (await lab.settled(other)).state == "refused", "what is no launch is not held up"
        assert (await lab.settled(command)).state == "done"
    assert datetime.now(UTC) - now >= timedelta(seconds=3)


@pytest.mark.parametrize(
    ("status", "ends", "state"),
    [("success", "success", "done"), ("success", "failed", "refused"), ("finished", "failed", "done")],
)
async def test_a_launch_after_a_run_waits_for_its_end(lab: Lab, status: str, ends: str, state: str) -> None:
    run = PipelineRun(
        id="work:9:77", project_id="work:9", connection="work", git_project_id=9, git_pipeline_id=77, run_number=12,
        created=datetime.now(UTC), status="running",
    )  # fmt: skip
    await lab.store.put([run])
    async with lab.running():
        command = await launch(lab, "next", fields={"after": run.id, "after_status": status})
        await says(lab, command, "it starts after #77 ends")
        await lab.store.put([replace(run, status=ends)])
        command = await lab.settled(command)
    assert command.state == state
    if state == "refused":
        assert command.answer == "#77 ended with failed; it was to start after success"
    assert len(await lab.requested()) == (state == "done")


async def test_a_launch_after_a_run_that_is_gone_is_refused(lab: Lab) -> None:
    run = PipelineRun(
        id="work:9:77", project_id="work:9", connection="work", git_project_id=9, git_pipeline_id=77, run_number=12,
        created=datetime.now(UTC), status="running", gone=True,
    )  # fmt: skip
    await lab.store.put([run])
    async with lab.running():
        deleted = await lab.settled(await launch(lab, "next", fields={"after": run.id}))
        unknown = await lab.settled(await launch(lab, "next", fields={"after": "work:9:78"}))
    assert deleted.state == unknown.state == "refused"
    assert "was deleted before it ended" in deleted.answer and "not known here" in unknown.answer


async def test_a_launch_that_is_taken_back_never_goes_and_its_submission_says_so(lab: Lab) -> None:
    async with lab.running():
        command = await launch(lab, "back", fields={"held": "ada"})
        seen = await submission(lab, command, lambda one: one.state == "queued")
        assert (seen.requester, seen.run_id, seen.ref) == ("ada", "back", "main")
        assert await lab.store.withdraw(command.id)
        await submission(lab, command, lambda one: one.state == "withdrawn")
    assert await lab.requested() == []


async def test_a_launch_that_was_taken_back_while_no_engine_ran_is_settled_by_the_next(lab: Lab) -> None:
    async with lab.running():
        command = await launch(lab, "back", fields={"held": "ada"})
        await submission(lab, command)
    assert await lab.store.withdraw(command.id)
    async with lab.running(owner="another"):
        await submission(lab, command, lambda one: one.state == "withdrawn")


async def test_many_launches_that_wait_do_not_hold_up_anything_else(lab: Lab) -> None:
    number = await lab.pipeline(EPOCHS="3")
    for count in range(300):
        await lab.store.submit(launch_command(lab, f"w{count}", fields={"held": "ada"}))
    async with lab.running():
        await lab.run(number)
        noted = await lab.settled(await lab.submit("note", lab.run_id(number), text="mine"))
    assert noted.state == "done"


async def test_a_turn_that_a_dead_engine_took_is_given_back_when_its_lease_expires(lab: Lab) -> None:
    assert await lab.store.lease("launching:work", "dead", seconds=1.0)
    async with lab.running():
        command = await lab.settled(await launch(lab, "r1"))
    assert command.state == "done"


async def test_an_engine_whose_lease_was_lost_on_the_way_sends_nothing(lab: Lab) -> None:
    """It claimed the launch and waits for its secrets while another engine takes over."""
    timing = replace(TIMING, secrets=20.0, lease=60.0)
    async with lab.running(limited(lab, who="developer"), owner="slow", timing=timing) as engine:
        command = await launch(lab, "r1", secrets=["API_TOKEN"])

        async def claimed() -> bool:
            now = await lab.store.get(Command, command.id)
            return now is not None and now.state == "sending"

        await until(claimed)
        await lab.store.release(lab.project_id(), "slow")
        assert await lab.store.lease(lab.project_id(), "other", seconds=60)
        engine.give_secrets(command.id, {"API_TOKEN": Secret("s3cret-value")})

        async def stopped() -> bool:
            found = await lab.store.get(EngineState, "slow")
            return found is not None and not found.leases

        await until(stopped)
        assert await lab.requested() == []
        now = await lab.store.get(Command, command.id)
        assert now is not None and now.state == "sending", "the other engine finds out what became of it"
