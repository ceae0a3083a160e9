"""Two people on one team store: what one of them asks for, both see; an engine process carries it out, once."""

from __future__ import annotations

from data.model import Command, JobRun, PipelineRun
from tests.engine.conftest import until
from tests.engine.joblogs import add, end, holds, on_server, write
from tests.team.members import Team, Viewer

FIRST, NEXT = b"epoch 1\n" * 20_000, b"epoch 2 \xe2\x86\x92 done\n" * 100
"""What a job prints: more than a request brings, and something behind it."""


async def running(viewer: Viewer, number: int, name: str = "train") -> JobRun:
    """A job of a pipeline, once the viewer sees it run."""
    pipeline = viewer.simulator.world.pipelines[number]
    viewer.pass_time_until(lambda: any(job.spec.name == name and job.status == "running" for job in pipeline.jobs))

    async def check() -> JobRun | None:
        job = (await viewer.jobs(number)).get(name)
        return job if job is not None and job.status == "running" else None

    return await until(check, f"{viewer.name} never saw {name} run")


async def test_what_one_launches_and_another_cancels(team: Team) -> None:
    ada = await team.behind(team.engine("ada"))
    bo = await team.viewer("bo")
    for one in (ada, bo):
        await one.look("projects")
        await one.known()

    launch = await bo.submit("launch", ref="main", run_id="r1", variables=[{"key": "RUN_ID", "value": "r1"}])
    for one in (bo, ada):
        done = await one.settled(launch)
        assert (done.state, done.by) == ("done", "ada"), team.told()
    [made] = await ada.requested()
    assert made["variables"]["RUN_ID"] == "r1"
    number = int(made["id"])
    for one in (ada, bo):
        await one.look(f"run:{one.run_id(number)}", "projects")
        assert (await one.run(number)).run_info_id == "r1"

    job = await running(ada, number)
    write(ada, job, FIRST)
    for one in (ada, bo):
        await one.look(f"log:{job.id}")
        await holds(one, job, FIRST)
    add(ada, job, NEXT)
    for one in (ada, bo):
        await holds(one, job, FIRST + NEXT)

    cancel = await ada.submit("cancel", ada.run_id(number))
    for one in (ada, bo):
        assert (await one.settled(cancel)).state == "done", team.told()
    end(ada, job)
    for one in (ada, bo):
        await one.run(number, "canceled")
        await holds(one, job, await on_server(ada, job))
    assert [one.state for one in (await bo.store.page(Command)).records] == ["done", "done"]
    assert len(await ada.requested()) == 1


async def test_a_newcomer_gets_the_past_and_what_it_looks_at(team: Team) -> None:
    """The engine finished before; what somebody opens comes from the team's store, not from the server."""
    early = team.engine("early")
    ada = await team.behind(early)
    await ada.look("projects")
    await ada.known()
    number = await ada.pipeline(EPOCHS="3")
    job = await running(ada, number)
    write(ada, job, FIRST)
    await ada.look(f"log:{job.id}")
    await holds(ada, job, FIRST)
    early.stop()
    team.simulator.stop()

    bo = await team.viewer("bo")

    async def arrived() -> PipelineRun | None:
        return await bo.store.get(PipelineRun, bo.run_id(number))

    run = await until(arrived, "the run never came")
    assert run.status == "running"
    await bo.look(f"run:{run.id}", f"log:{job.id}")
    await holds(bo, job, FIRST)
    assert (await bo.jobs(number))["train"].log.size == len(FIRST)
