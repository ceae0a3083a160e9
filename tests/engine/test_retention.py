"""The engine forgets runs that are kept no longer, in batches and under its lease."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from data.config import ProjectSettings, StoreSettings, SyncSettings
from data.engine.retention import Retention
from data.errors import StoreError
from data.model import JobRun, PipelineRun, make
from data.store.retention.choice import Rules
from tests.engine.conftest import CHURN, Lab, until

pytestmark = pytest.mark.server
NOW = datetime.now(UTC)


def old_run(lab: Lab, number: int, days: float, **values: Any) -> PipelineRun:
    """A finished run of days ago."""
    at, git, project = NOW - timedelta(days=days), lab.git(), lab.project_id()
    return make(
        PipelineRun, id=lab.run_id(number), project_id=project, pipeline_id=f"{project}:default", connection="work",
        git_project_id=git, git_pipeline_id=number, status="success", created=at, updated=at, jobs_synced=True,
        **values,
    )  # fmt: skip


def job_of(run: PipelineRun) -> JobRun:
    """A job of it."""
    return make(
        JobRun, id=f"work:{run.git_project_id}:job:{run.git_pipeline_id}", pipeline_run_id=run.id,
        project_id=run.project_id, connection="work", git_project_id=run.git_project_id,
        git_job_id=run.git_pipeline_id, name="train", status="success",
    )  # fmt: skip


async def numbers(lab: Lab) -> list[int]:
    """Numbers of the runs that are here."""
    page = await lab.store.page(PipelineRun, limit=1000)
    return sorted(run.git_pipeline_id for run in page.records)


async def test_more_than_a_batch_goes_with_its_jobs_and_what_people_wrote_on_stays(lab: Lab) -> None:
    runs = [old_run(lab, 10_000 + number, 100 - number / 10) for number in range(130)]
    marked, newer = old_run(lab, 20_000, 101, labels=("good",)), old_run(lab, 20_001, 10)
    await lab.store.put([*runs, marked, newer, *map(job_of, [*runs, marked, newer])])

    async def gone() -> bool:
        return await numbers(lab) == [20_000, 20_001]

    async with lab.running(lab.settings(store=StoreSettings(history=60 * 86_400.0))):
        await until(gone, "what is too old was never forgotten")
    assert sorted(one.git_job_id for one in (await lab.store.page(JobRun)).records) == [20_000, 20_001]


async def test_only_the_newest_of_a_pipeline_stay_and_older_ones_are_not_read_again(lab: Lab) -> None:
    made = []
    for _ in range(5):
        made.append(await lab.pipeline(EPOCHS="1"))
        lab.pass_time(5.0)
    world = lab.simulator.world
    lab.pass_time_until(lambda: all(world.pipelines[one].status in {"success", "manual"} for one in made))
    lab.pass_time(30.0)
    settings = lab.settings(
        projects=[ProjectSettings(project=CHURN, connection="work")],
        store=StoreSettings(keep_runs=2),
        sync=SyncSettings(fast=0.5, medium=0.5, slow=0.5),
    )
    finished = [one for one in made if world.pipelines[one].status == "success"]
    kept = [one for one in made if one not in finished[:-2]]

    async def forgotten() -> bool:
        found = [one for one in await numbers(lab) if one in made]
        return found == kept

    assert len(finished) > 2
    async with lab.running(settings):
        await until(forgotten, "older runs were never forgotten")
        before = (await lab.requests()).get("GET /api/v4/projects/{id}/pipelines", 0)

        async def listed_again() -> bool:
            return (await lab.requests()).get("GET /api/v4/projects/{id}/pipelines", 0) > before + 2

        await until(listed_again)
        # One that was being read meanwhile may be here for a moment.
        await until(forgotten, "older runs came back")


async def test_without_the_lease_nothing_is_deleted(lab: Lab) -> None:
    old = old_run(lab, 10_000, 100)
    await lab.store.put([old, job_of(old)])
    async with lab.running() as engine:
        session = engine._sessions[0]

        async def ready() -> Any:
            return session.context

        context = await until(ready)
        await lab.run(old.git_pipeline_id)
    retention = Retention(context, lab.logs, Rules(history=60 * 86_400.0))
    with pytest.raises(StoreError):
        await retention.step()
    assert await numbers(lab) == [10_000]
    assert retention.is_too_old(old)
    assert not retention.is_too_old(replace(old, status="running"))
