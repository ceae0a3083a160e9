"""What a comparison reads of a store."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from data.compare.reading import read_facts
from data.model import JobRun, PipelineRun, TrackedRun
from data.store.open import open_store
from tests.compared import sweep, tracked_world
from tests.world import FAILED_RUN, RUNNING_RUN, records


@pytest.fixture
async def store(tmp_path: Path):
    opened = await open_store(tmp_path / "s.db")
    jobs = [one for one in records() if isinstance(one, JobRun) and one.pipeline_run_id == FAILED_RUN]
    images = [replace(job, image=image) for job, image in zip(jobs, ("torch:2", "py:3", "torch:2"), strict=False)]
    tracked = replace(sweep(1)[0], id="mlflow:job", job_run_id=images[0].id)
    await opened.put([*records(), *tracked_world(20), *images, tracked])
    yield opened
    await opened.close()


async def test_pipeline_runs_with_their_images_and_linked_params(store):
    ids = [FAILED_RUN, "gitlab:none", RUNNING_RUN]
    found = [one async for part in read_facts(store, PipelineRun, ids, {"gitlab:1": "churn"}) for one in part]
    assert [run.id for run, _ in found] == [FAILED_RUN, RUNNING_RUN]
    facts = found[0][1]
    assert facts["run"]["image"] == "py:3, torch:2"
    assert facts["run"]["project"] == "churn"
    assert facts["params"] == {"lr": "0.01", "epochs": "60"}
    assert "image" not in found[1][1]["run"]


async def test_mlflow_runs_with_their_experiment_and_the_image_of_their_job(store):
    found = [one async for part in read_facts(store, TrackedRun, ["mlflow:job", "mlflow:sweep000"], {}) for one in part]
    assert [facts["run"].get("image") for _, facts in found] == ["torch:2", None]
    assert {facts["run"]["experiment"] for _, facts in found} == {"churn-sweep"}


async def test_runs_come_in_pieces_in_their_order(store):
    ids = [run.id for run in reversed(sweep(20))]
    parts = [part async for part in read_facts(store, TrackedRun, ids, {})]
    assert len(parts) > 1
    assert [run.id for part in parts for run, _ in part] == ids
