"""What the store holds of a GitLab project, against the simulator."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
from msgspec.structs import replace

from data.config import StoreSettings
from data.model import (
    Artifact,
    Connection,
    LogState,
    Membership,
    Pipeline,
    PipelineAPI,
    PipelineJob,
    PipelineRun,
    Project,
    RunInfo,
    SyncState,
)
from data.store.port import Where
from tests.engine.conftest import CHURN, Lab, until

pytestmark = pytest.mark.server


async def test_first_sync_reads_project_pipeline_and_runs(lab: Lab) -> None:
    number = await lab.pipeline(EPOCHS="3")
    async with lab.running():
        run = await lab.run(number, "running", "pending", "created")
        assert (run.ref, run.trigger_type, run.project_id) == ("main", "api", lab.project_id())
        assert [stage.name for stage in run.stages][:2] == ["data", "validate"]
        assert run.pipeline_id == f"{lab.project_id()}:default"

        async def described() -> Pipeline | None:
            found = await lab.store.get(Pipeline, f"{lab.project_id()}:default")
            return found if found is not None and found.pipeline_config else None

        pipeline = await until(described)
        assert pipeline.default_ref == "main" and pipeline.last_commit_hash == run.git_commit_hash
        project = await lab.store.get(Project, lab.project_id())
        assert project is not None and project.path == CHURN and project.access_level == 40
        jobs = await lab.store.page(PipelineJob, where={"pipeline_id": pipeline.id})
        assert jobs.records[0].order == 0 and "train" in {job.name for job in jobs.records}
        apis = await lab.store.page(PipelineAPI, where={"pipeline_id": pipeline.id})
        assert [api.name for api in apis.records] == ["default"]

        async def probed() -> Connection | None:
            found = await lab.store.get(Connection, "work")
            return found if found is not None and found.user else None

        connection = await until(probed)
        assert connection.state == "ok" and connection.can_write and connection.version

        async def members() -> int:
            return await lab.store.count(Membership, where={"project_id": lab.project_id()})

        assert await until(members) >= 3


async def test_a_run_is_followed_to_its_end_with_children(lab: Lab) -> None:
    number = await lab.pipeline(EPOCHS="3")
    async with lab.running():
        await lab.look("projects")
        await lab.run(number, "running", "pending", "created")
        world = lab.simulator.world
        lab.pass_time_until(lambda: world.pipelines[number].status == "success")
        run = await lab.run(number, "success")
        assert run.completion is not None and run.execution_time > 0
        jobs = await lab.jobs(number)
        assert run.job_count == len(jobs)
        assert run.success_count == sum(job.status == "success" for job in jobs.values()) > 0
        assert jobs["train"].image and jobs["train"].script and jobs["train"].stage_type == "MODEL_TRAINING"
        child = next(p for p in world.pipelines.values() if p.parent is world.pipelines[number])
        stored = await lab.run(child.id, "success")
        assert stored.parent_run_id == run.id and stored.job_count > 0


async def test_unchanged_data_writes_nothing(lab: Lab) -> None:
    number = await lab.pipeline(EPOCHS="3")
    lab.pass_time_until(lambda: lab.simulator.world.pipelines[number].status == "success")
    async with lab.running():
        await lab.look("projects")
        await lab.run(number, "success")

        async def lists() -> int:
            return (await lab.requests())["GET /api/v4/projects/{id}/pipelines"]

        async def quiet() -> bool:
            """Whether five polls in a row wrote nothing but signs of life."""
            before, polled = await lab.store.revision(), await lists()

            async def more() -> bool:
                return await lists() > polled + 5

            await until(more)
            changes = await lab.store.changes(before)
            return {kind.__name__ for kind in changes.put} <= {"Connection", "SyncState", "EngineState"}

        await until(quiet)


async def test_a_second_engine_start_asks_only_for_what_is_new(lab: Lab) -> None:
    old = await lab.pipeline(EPOCHS="3")
    world = lab.simulator.world
    lab.pass_time_until(lambda: world.pipelines[old].status == "success")
    await lab.engine().sync_once()
    await lab.call("POST", "/-/simulator/reset")
    new = await lab.pipeline(EPOCHS="3")
    async with lab.running():
        await lab.run(new, "running", "pending", "created")

        async def enriched() -> bool:
            run = await lab.store.get(PipelineRun, lab.run_id(new))
            return run is not None and bool(run.commit_title) and run.variables == {"EPOCHS": "3"}

        await until(enriched)
    counts = await lab.requests()
    assert counts["GET /api/v4/projects/{id}/pipelines"] < 20
    assert (await lab.run(old, "success")).commit_title


async def test_runs_that_vanish_are_kept_and_marked(make_lab: Callable[..., Awaitable[Lab]]) -> None:
    lab = await make_lab(behind=7200)
    numbers = [await lab.pipeline(EPOCHS="3") for _ in range(3)]
    world = lab.simulator.world
    lab.pass_time_until(lambda: all(world.pipelines[number].status == "success" for number in numbers))
    lab.pass_time(600)
    await lab.engine().sync_once()
    await lab.call("DELETE", f"/projects/{lab.git()}/pipelines/{numbers[1]}", who="owner")
    await _full_pass_is_due(lab)
    async with lab.running():

        async def gone() -> bool:
            run = await lab.store.get(PipelineRun, lab.run_id(numbers[1]))
            return run is not None and run.gone

        await until(gone)
    for number in (numbers[0], numbers[2]):
        run = await lab.store.get(PipelineRun, lab.run_id(number))
        assert run is not None and not run.gone


async def test_history_is_filled_in_behind_the_newest(make_lab: Callable[..., Awaitable[Lab]]) -> None:
    lab = await make_lab(history_days=20)
    project = lab.simulator.world.paths[CHURN]
    expected = {number for number, one in project.pipelines.items() if not one.is_child}
    assert len(expected) > 100
    async with lab.running():

        async def filled() -> bool:
            state = await lab.store.get(SyncState, f"work:{CHURN}")
            return state is not None and state.backfilled_to is not None

        await until(filled)
        page = await lab.store.page(PipelineRun, where={"project_id": lab.project_id()}, limit=1000)
        assert expected <= {run.git_pipeline_id for run in page.records}

        async def detailed() -> bool:
            where: Where = {"project_id": lab.project_id(), "jobs_synced": True}
            return await lab.store.count(PipelineRun, where=where) > 20

        await until(detailed)


async def test_downstream_in_another_project_is_found_and_an_invisible_one_is_passed_over(lab: Lab) -> None:
    ranking, tickets = "ml/search/search-ranking", "ml/support/nlp/nlp-tickets"
    number = await lab.pipeline(ranking)
    world = lab.simulator.world
    lab.pass_time_until(lambda: any(p.project.full_path == tickets for p in world.pipelines.values()))
    below = next(p for p in world.pipelines.values() if p.project.full_path == tickets)
    async with lab.running(lab.settings(ranking, tickets)):
        stored = await lab.run(below.id, path=tickets)

        async def joined() -> bool:
            found = await lab.store.get(PipelineRun, stored.id)
            return found is not None and found.parent_run_id == lab.run_id(number, ranking)

        await until(joined)


async def test_a_project_that_cannot_be_seen_says_so_and_stops_nobody(lab: Lab) -> None:
    number = await lab.pipeline(EPOCHS="3")
    async with lab.running(lab.settings("ml/no/such-thing", CHURN)):
        await lab.run(number)

        async def said() -> bool:
            state = await lab.store.get(SyncState, "work:ml/no/such-thing")
            return state is not None and "such-thing" in state.last_error

        await until(said)


async def test_what_users_added_survives_a_refresh(lab: Lab) -> None:
    number = await lab.pipeline(EPOCHS="3")
    async with lab.running():
        await lab.look("projects", f"run:{lab.run_id(number)}")
        await lab.run(number, "running", "pending", "created")
        label = await lab.submit("label", lab.run_id(number), add=["baseline", "keep"], remove=[])
        note = await lab.submit("note", lab.run_id(number), text="first try\nwith 3 epochs")
        assert (await lab.settled(label)).state == (await lab.settled(note)).state == "done"
        lab.pass_time_until(lambda: lab.simulator.world.pipelines[number].status == "success")
        run = await lab.run(number, "success")
        assert run.labels == ("baseline", "keep") and run.notes == "first try\nwith 3 epochs"


async def test_artifacts_are_read_for_what_is_open(lab: Lab) -> None:
    number = await lab.pipeline(EPOCHS="3")
    lab.pass_time_until(lambda: lab.simulator.world.pipelines[number].status == "success")
    async with lab.running():
        await lab.run(number, "success")
        assert await lab.store.count(Artifact) == 0
        await lab.look(f"run:{lab.run_id(number)}")

        async def read() -> bool:
            jobs = (await lab.jobs(number)).values()
            with_some = [job for job in jobs if job.artifacts_size]
            return bool(with_some) and all(job.output_artifacts for job in with_some)

        await until(read)
        job = next(job for job in (await lab.jobs(number)).values() if job.output_artifacts)
        found = await lab.store.get_many(Artifact, job.output_artifacts)
        assert len(found) == len(job.output_artifacts) and all(one.job_run_id == job.id for one in found.values())


async def test_a_run_info_is_finished_with_its_last_run(lab: Lab) -> None:
    numbers = [await lab.pipeline(EPOCHS="3", RUN_ID="together") for _ in range(2)]
    world = lab.simulator.world
    async with lab.running():
        await lab.look("projects")

        async def gathered() -> bool:
            info = await lab.store.get(RunInfo, "together")
            return info is not None and len(info.runs) >= 2 and info.finish_time is None

        await until(gathered)
        lab.pass_time_until(lambda: all(world.pipelines[number].status == "success" for number in numbers))

        async def finished() -> bool:
            info = await lab.store.get(RunInfo, "together")
            return info is not None and info.finish_time is not None

        await until(finished)


async def test_old_runs_are_forgotten_unless_somebody_wrote_on_them(make_lab: Callable[..., Awaitable[Lab]]) -> None:
    lab = await make_lab(behind=40 * 86_400)
    first, noted = [await lab.pipeline(EPOCHS="3") for _ in range(2)]
    world = lab.simulator.world
    lab.pass_time_until(lambda: world.pipelines[first].status == world.pipelines[noted].status == "success")
    await lab.engine().sync_once()
    await lab.store.put([replace(await lab.run(noted, "success"), notes="the good one")])
    await lab.run(first, "success")
    job = (await lab.jobs(first))["train"]
    lab.logs.append(job.id, 0, b"some log\n")
    await lab.store.put([replace(job, log=LogState(size=9, complete=True))])
    async with lab.running(lab.settings(store=StoreSettings(history=30 * 86_400.0))):

        async def forgotten() -> bool:
            return await lab.store.get(PipelineRun, lab.run_id(first)) is None

        await until(forgotten)
        assert not await lab.jobs(first) and lab.logs.size(job.id) == 0
        assert (await lab.run(noted)).notes == "the good one"


async def test_the_limit_of_one_call_pauses_that_call_only(lab: Lab) -> None:
    """GitLab's application limits (here that of lint) come without a time and concern nothing else."""
    await lab.fault("application_limit", path="/ci/lint", count=100)
    async with lab.running():
        await lab.run(await lab.pipeline(EPOCHS="3"))
        connection = await until(lambda: _connection(lab))
        assert connection.state == "ok" and connection.retry_at is None


async def _connection(lab: Lab) -> Connection | None:
    return await lab.store.get(Connection, "work")


async def _full_pass_is_due(lab: Lab) -> None:
    state = await lab.store.get(SyncState, f"work:{CHURN}")
    assert state is not None and state.last_full is not None
    await lab.store.put([replace(state, last_full=state.last_full - timedelta(hours=2))])
