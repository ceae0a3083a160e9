"""What is read of MLflow runs that somebody looks at, and of the registry, from a tracking store in a SQLite file."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from data.engine import merge, tracking_views
from data.model import Artifact, Interest, MetricSummary, ModelVersion, TrackedRun
from data.sources.mlflow import FOLDER
from tests.engine.copying import NAME, Copying, copying

pytestmark = [pytest.mark.server, pytest.mark.filterwarnings("ignore::DeprecationWarning:mlflow")]


class Mlflow:
    """A tracking store whose artifacts lie beside it."""

    def __init__(self, folder: Path) -> None:
        from mlflow import MlflowClient

        self.folder, self.uri = folder, f"sqlite:///{folder / 'mlflow.db'}"
        self.client: Any = MlflowClient(tracking_uri=self.uri, registry_uri=self.uri)

    def run(self) -> str:
        """Id of a new run in an experiment of its own."""
        name = f"views-{time.monotonic_ns()}"
        made = self.client.create_experiment(name, artifact_location=(self.folder / "artifacts").as_uri())
        return str(self.client.create_run(made).info.run_id)


@pytest.fixture(scope="module")
def mlflow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mlflow]:
    """One tracking store for this module: making one takes seconds."""
    pytest.importorskip("mlflow")
    yield Mlflow(tmp_path_factory.mktemp("mlflow"))


async def looking(copy: Copying, *topics: str) -> None:
    """Somebody looks at something, and what there is of it was read."""
    expires = datetime.now(UTC) + timedelta(seconds=60)
    copy.board.update([Interest(id=f"me:{topic}", viewer="me", topic=topic, expires=expires) for topic in topics])
    await copy.sync._read_views()


async def artifacts(copy: Copying, run_id: str) -> dict[str, Artifact]:
    """The stored artifacts of a run by path, or by name where they have none."""
    page = await copy.store.page(Artifact, where={"tracked_run_id": f"{NAME}:{run_id}"}, limit=200)
    return {one.path or one.name: one for one in page.records}


async def tracked(copy: Copying, run_id: str) -> TrackedRun:
    """The stored run."""
    found = await copy.store.get(TrackedRun, f"{NAME}:{run_id}")
    assert found is not None
    return found


async def test_artifacts_and_models_of_a_run_that_is_looked_at(mlflow: Mlflow, tmp_path: Path) -> None:
    run, other = mlflow.run(), mlflow.run()
    for each in (run, other):
        mlflow.client.log_text(each, "{}", "metrics.json")
        mlflow.client.log_text(each, "12345", "plots/deep/curve.csv")
    experiment = mlflow.client.get_run(run).info.experiment_id
    model = mlflow.client.create_logged_model(experiment, name="churn", source_run_id=run).model_id
    from mlflow.entities import LoggedModelOutput

    mlflow.client.log_outputs(run, [LoggedModelOutput(model, 3)])
    async with copying(mlflow.uri, tmp_path) as copy:
        assert await copy.sync.once() is None
        assert await artifacts(copy, run) == {}
        await looking(copy, f"metrics:{NAME}:{run}")
        found = await artifacts(copy, run)
        assert set(found) == {"metrics.json", "plots/deep/curve.csv", "churn"}
        assert (found["plots/deep/curve.csv"].file_size, found["churn"].metadata["model_id"]) == (5, model)
        assert await artifacts(copy, other) == {}
        before = await copy.store.revision()
        await looking(copy, f"metrics:{NAME}:{run}")
        assert await copy.store.revision() == before, "looking on costs no write"


async def test_a_run_that_ends_is_listed_again_and_what_is_gone_goes(mlflow: Mlflow, tmp_path: Path) -> None:
    run = mlflow.run()
    mlflow.client.log_text(run, "1", "first.txt")
    async with copying(mlflow.uri, tmp_path) as copy:
        assert await copy.sync.once() is None
        await looking(copy, f"metrics:{NAME}:{run}")
        assert set(await artifacts(copy, run)) == {"first.txt"}
        next((mlflow.folder / "artifacts").rglob(f"{run}/**/first.txt")).unlink()
        mlflow.client.log_text(run, "2", "last.txt")
        mlflow.client.set_terminated(run)
        await looking(copy, f"metrics:{NAME}:{run}")
        await copy.refresh()
        await looking(copy, f"metrics:{NAME}:{run}")
        assert set(await artifacts(copy, run)) == {"last.txt"}


async def test_a_run_with_very_many_folders_is_listed_in_part(
    mlflow: Mlflow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tracking_views, "MAX_FOLDERS", 3)
    run = mlflow.run()
    for number in range(5):
        mlflow.client.log_text(run, "1", f"fold_{number}/file.txt")
    async with copying(mlflow.uri, tmp_path) as copy:
        assert await copy.sync.once() is None
        await looking(copy, f"metrics:{NAME}:{run}")
        found = await artifacts(copy, run)
        assert set(found) == {"fold_0/file.txt", "fold_1/file.txt", "fold_2", "fold_3", "fold_4"}
        assert {path for path, one in found.items() if FOLDER in one.metadata} == {"fold_2", "fold_3", "fold_4"}


async def test_who_compares_many_runs_does_not_have_each_read_closely(mlflow: Mlflow, tmp_path: Path) -> None:
    runs = [mlflow.run() for _ in range(tracking_views.FEW + 1)]
    mlflow.client.log_text(runs[0], "1", "a.txt")
    async with copying(mlflow.uri, tmp_path) as copy:
        assert await copy.sync.once() is None
        await looking(copy, *(f"metrics:{NAME}:{run}" for run in runs))
        assert await artifacts(copy, runs[0]) == {}


async def test_a_quiet_run_is_read_while_somebody_looks(mlflow: Mlflow, tmp_path: Path) -> None:
    run = mlflow.run()
    long_ago = int(time.time() * 1000) - 3_600_000
    mlflow.client.log_metric(run, "loss", 1.0, long_ago, 1)
    async with copying(mlflow.uri, tmp_path) as copy:
        assert await copy.sync.once() is None
        known = copy.sync._copy._known
        known[run] = known[run]._replace(news=known[run].news - 2 * 3600)
        assert copy.sync._copy.is_quiet(run)
        mlflow.client.log_metric(run, "loss", 0.5, long_ago + 1, 2)
        await copy.refresh()
        assert (await tracked(copy, run)).metrics["loss"].last == 1.0, "it is asked for with all others, later"
        await looking(copy, f"metrics:{NAME}:{run}")
        assert (await tracked(copy, run)).metrics["loss"].last == 0.5
        assert not copy.sync._copy.is_quiet(run)


async def test_runs_know_the_models_that_they_made_versions_of(mlflow: Mlflow, tmp_path: Path) -> None:
    maker, later = mlflow.run(), mlflow.run()
    names = [f"model-{time.monotonic_ns()}-{letter}" for letter in "ba"]
    for name in names:
        mlflow.client.create_registered_model(name)
        mlflow.client.create_model_version(name, source=f"runs:/{maker}/model", run_id=maker)
    async with copying(mlflow.uri, tmp_path) as copy:
        assert await copy.sync.once() is None
        await copy.sync._registry.read()
        assert (await tracked(copy, maker)).models == tuple(sorted(names))
        version = await copy.store.get(ModelVersion, f"{NAME}:{names[0]}:1")
        assert version is not None and version.tracked_run_id == f"{NAME}:{maker}"
        before = await copy.store.revision()
        await copy.sync._registry.read()
        assert await copy.store.revision() == before
        mlflow.client.delete_model_version(names[0], "1")
        mlflow.client.create_model_version(names[1], source=f"runs:/{later}/model", run_id=later)
        await copy.sync._registry.read()
        assert (await tracked(copy, maker)).models == (names[1],)
        assert (await tracked(copy, later)).models == (names[1],)
        assert await copy.store.get(ModelVersion, f"{NAME}:{names[0]}:1") is None
        mlflow.client.set_tag(later, "touched", "yes")
        await copy.sync._read_active()
        found = await tracked(copy, later)
        assert (found.models, found.tags["touched"]) == ((names[1],), "yes"), "kept when the run is read again"


def summary(last: float | None, step: int, **more: Any) -> MetricSummary:
    return MetricSummary(last=last, step=step, **more)


@pytest.mark.parametrize(
    ("known", "fresh", "expected"),
    [
        (summary(2, 5, min=1, max=3, min_step=1, max_step=2), summary(4, 6), (1, 4, 1, 6)),
        (summary(2, 5, min=1, max=3, min_step=1, max_step=2), summary(0.5, 6), (0.5, 3, 6, 2)),
        (summary(2, 5, min=1, max=3, min_step=1, max_step=2), summary(3, 6), (1, 3, 1, 2)),
        (summary(2, 5, min=1, max=3, min_step=1, max_step=2), summary(None, 6), (1, 3, 1, 2)),
        (summary(2, 5), summary(4, 6), (None, None, None, None)),
        (None, summary(4, 6), (None, None, None, None)),
    ],
)
def test_extremes_are_widened_by_the_newest_value(
    known: MetricSummary | None, fresh: MetricSummary, expected: tuple[float | None, ...]
) -> None:
    run = TrackedRun(id="ml:r", connection="ml", run_id="r")
    stored = replace(run, metrics={"loss": known}) if known else run
    found = merge.tracked(stored, replace(run, metrics={"loss": fresh})).metrics["loss"]
    assert (found.min, found.max, found.min_step, found.max_step) == expected
    assert (found.last, found.step) == (fresh.last, fresh.step)


@pytest.mark.parametrize(("step", "sampled"), [(5, False), (6, False), (9, True)])
def test_extremes_are_those_of_samples_once_points_were_passed_over(step: int, sampled: bool) -> None:
    run = TrackedRun(id="ml:r", connection="ml", run_id="r")
    stored = replace(run, metrics={"loss": summary(2, 5, min=1, max=3, min_step=1, max_step=2)})
    found = merge.tracked(stored, replace(run, metrics={"loss": summary(2, step)})).metrics["loss"]
    assert found.sampled is sampled


def test_what_people_and_the_engine_added_to_a_run_is_kept() -> None:
    fresh = TrackedRun(id="ml:r", connection="ml", run_id="r", name="new")
    stored = replace(
        fresh, name="old", project_id="p", pipeline_run_id="x", linked_by="job", ended_as="canceled", labels=("a",),
        models=("m",),
    )  # fmt: skip
    found = merge.tracked(stored, fresh)
    assert found == replace(stored, name="new")
