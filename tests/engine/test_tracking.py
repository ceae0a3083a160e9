"""MLflow: experiments, runs, histories and links, against a tracking store in a SQLite file."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from data.config import ConnectionSettings, ProjectSettings, Settings
from data.model import (
    Connection,
    Experiment,
    JobRun,
    MetricSeries,
    ModelVersion,
    PipelineRun,
    Project,
    Submission,
    SyncState,
    TrackedRun,
)
from tests.engine.conftest import CHURN, Lab, until

pytestmark = [pytest.mark.server, pytest.mark.filterwarnings("ignore::DeprecationWarning:mlflow")]
MakeLab = Callable[..., Awaitable[Lab]]


class Mlflow:
    """A tracking store, and what jobs would write into it."""

    def __init__(self, uri: str) -> None:
        from mlflow import MlflowClient

        self.uri = uri
        self.client: Any = MlflowClient(tracking_uri=uri, registry_uri=uri)
        self._experiments = 0

    def experiment(self) -> tuple[str, str]:
        """Name and id of a new experiment."""
        self._experiments += 1
        name = f"churn-{self._experiments}-{time.monotonic_ns()}"
        return name, str(self.client.create_experiment(name))

    def run(self, experiment: str, *, tags: dict[str, str] | None = None, **metrics: float) -> str:
        """Id of a new running run."""
        run = self.client.create_run(experiment, tags=tags or {})
        for key, value in metrics.items():
            self.client.log_metric(run.info.run_id, key.replace("__", "/"), value)
        return str(run.info.run_id)


@pytest.fixture(scope="module")
def mlflow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mlflow]:
    """One tracking store for this module: making one takes seconds."""
    pytest.importorskip("mlflow")
    folder: Path = tmp_path_factory.mktemp("mlflow")
    yield Mlflow(f"sqlite:///{folder / 'mlflow.db'}")


def with_mlflow(lab: Lab, mlflow: Mlflow, name: str, test: str = "", path: str = CHURN) -> Settings:
    """A configuration with one project and its experiments."""
    project = ProjectSettings(project=path, connection="work", mlflow="ml", experiment=name, test_experiment=test)
    connection = ConnectionSettings(kind="mlflow", url=mlflow.uri)
    return lab.settings(projects=[project], connections={"ml": connection})


async def tracked(lab: Lab, run_id: str, fits: Callable[[TrackedRun], object] = bool) -> TrackedRun:
    """The stored MLflow run, once it fits."""

    async def check() -> TrackedRun | None:
        found = await lab.store.get(TrackedRun, f"ml:{run_id}")
        return found if found is not None and fits(found) else None

    return await until(check, f"MLflow run {run_id} never got there")


async def stored_run(lab: Lab, number: int, fits: Callable[[PipelineRun], object]) -> PipelineRun:
    """The stored run, once it fits."""

    async def check() -> PipelineRun | None:
        found = await lab.store.get(PipelineRun, lab.run_id(number))
        return found if found is not None and fits(found) else None

    return await until(check, f"run {number} never got there")


async def test_runs_are_read_followed_and_linked_by_gitlabs_tag(lab: Lab, mlflow: Mlflow) -> None:
    name, experiment = mlflow.experiment()
    number = await lab.pipeline(EPOCHS="3")
    job = lab.simulator.world.pipelines[number].jobs[3]
    mine = mlflow.run(
        experiment, tags={"gitlab.CI_JOB_ID": str(job.id)}, auc=0.5, system__cpu_utilization_percentage=20
    )
    other = mlflow.run(experiment, tags={"unrelated": "yes"}, auc=0.1)
    async with lab.running(with_mlflow(lab, mlflow, name)):
        await lab.look("projects")
        linked = await tracked(lab, mine, lambda run: run.pipeline_run_id)
        assert (linked.pipeline_run_id, linked.linked_by) == (lab.run_id(number), "job")
        assert linked.job_run_id == f"{lab.project_id()}:job:{job.id}"
        run = await stored_run(lab, number, lambda run: run.metrics)
        assert run.metrics["auc"] == 0.5 and run.mlflow_run_ids == (f"ml:{mine}",)
        assert run.link is not None and run.link.certain
        alone = await tracked(lab, other, lambda run: run.project_id)
        assert alone.project_id == lab.project_id() and not alone.pipeline_run_id
        mlflow.client.log_metric(mine, "auc", 0.75, step=2)
        await stored_run(lab, number, lambda run: run.metrics["auc"] == 0.75)
        mlflow.client.log_metric(mine, "system/cpu_utilization_percentage", 80, step=1)
        mlflow.client.log_metric(mine, "system/cpu_utilization_percentage", 30, step=2)
        mlflow.client.set_terminated(mine)
        await tracked(lab, mine, lambda run: run.status == "FINISHED")
        run = await stored_run(lab, number, lambda run: run.max_cpu_usage == 80)

        async def used() -> bool:
            found = await lab.store.get(JobRun, linked.job_run_id)
            return found is not None and found.cpu_usage == 80

        await until(used)
        project = await lab.store.get(Project, lab.project_id())
        assert project is not None and project.mlflow_experiment_id == experiment
        found = await lab.store.get(Experiment, f"ml:{experiment}")
        assert found is not None and found.name == name
        assert await until(lambda: _connection_ok(lab))


async def test_a_run_that_appears_after_its_mlflow_run_is_linked_by_tag_and_by_commit(lab: Lab, mlflow: Mlflow) -> None:
    name, experiment = mlflow.experiment()
    number = await lab.pipeline(EPOCHS="3")
    sha = lab.simulator.world.pipelines[number].sha
    by_tag = mlflow.run(experiment, tags={"CI_PIPELINE_ID": str(number)})
    by_info = mlflow.run(experiment, tags={"RUN_ID": "r77"})
    likely = mlflow.run(experiment, tags={"mlflow.source.git.commit": sha})
    nested = mlflow.run(experiment, tags={"mlflow.parentRunId": by_tag})
    settings = with_mlflow(lab, mlflow, name)
    async with lab.running(settings):
        await lab.look("projects")
        for run_id, by in ((by_tag, "tag"), (likely, "commit"), (nested, "tag")):
            found = await tracked(lab, run_id, lambda run: run.pipeline_run_id)
            assert (found.pipeline_run_id, found.linked_by) == (lab.run_id(number), by)
        assert not (await tracked(lab, by_info)).pipeline_run_id
        lab.pass_time(120)
        later = await lab.pipeline(EPOCHS="3", RUN_ID="r77")
        found = await tracked(lab, by_info, lambda run: run.pipeline_run_id)
        assert found.pipeline_run_id == lab.run_id(later)
        run = await stored_run(lab, number, lambda run: len(run.mlflow_run_ids) == 3)
        assert run.link is not None and run.link.by == "tag"


async def test_a_launch_makes_the_mlflow_run_first_and_joins_it(lab: Lab, mlflow: Mlflow) -> None:
    (name, experiment), (test_name, test_experiment) = mlflow.experiment(), mlflow.experiment()
    variables = [{"key": "EPOCHS", "value": "3"}, {"key": "RUN_ID", "value": "r9"}]
    async with lab.running(with_mlflow(lab, mlflow, name, test_name)):

        async def described() -> bool:
            project = await lab.store.get(Project, lab.project_id())
            return project is not None and project.test_mlflow_experiment_id == test_experiment

        await until(described)
        asked: dict[str, Any] = {"ref": "main", "variables": variables, "run_id": "r9", "track": True}
        command = await lab.settled(await lab.submit("launch", **asked))
        assert command.state == "done", command.answer
        sent = (await lab.requested())[0]["variables"]
        assert sent["MLFLOW_EXPERIMENT_ID"] == experiment and sent["RUN_ID"] == "r9"
        assert "MLFLOW_TRACKING_URI" not in sent, "a file of this machine is of no use to a runner"
        made = mlflow.client.get_run(sent["MLFLOW_RUN_ID"])
        assert made.info.status == "SCHEDULED"
        tags = made.data.tags
        assert (tags["mlflow.user"], tags["RUN_ID"], tags["mlflow.source.git.branch"]) == ("ada", "r9", "main")

        async def told() -> bool:
            now = mlflow.client.get_run(sent["MLFLOW_RUN_ID"]).data.tags
            return bool(now.get("CI_PIPELINE_ID") == command.result_id.rpartition(":")[2])

        await until(told)
        linked = await tracked(lab, sent["MLFLOW_RUN_ID"], lambda run: run.linked_by == "launch")
        assert linked.pipeline_run_id == command.result_id
        run = await lab.store.get(PipelineRun, command.result_id)
        assert run is not None and run.mlflow_run_ids == (linked.id,)
        tested = await lab.settled(await lab.submit("launch", **{**asked, "kind": "test", "run_id": "r10"}))
        assert tested.state == "done"
        assert (await lab.requested())[1]["variables"]["MLFLOW_EXPERIMENT_ID"] == test_experiment


async def test_the_mlflow_run_of_a_canceled_launch_is_ended(make_lab: MakeLab, mlflow: Mlflow) -> None:
    """A job that is killed cannot end its MLflow run itself."""
    lab = await make_lab(behind=600)
    name, _ = mlflow.experiment()
    async with lab.running(with_mlflow(lab, mlflow, name)):
        await until(lambda: _has_experiment(lab))
        variables = [{"key": "RUN_ID", "value": "r12"}]
        launched = await lab.settled(
            await lab.submit("launch", ref="main", variables=variables, run_id="r12", track=True)
        )
        assert launched.state == "done", launched.answer
        made = (await lab.requested())[0]["variables"]["MLFLOW_RUN_ID"]
        assert (await lab.settled(await lab.submit("cancel", launched.result_id))).state == "done"
        lab.pass_time(60)

        async def ended() -> bool:
            return bool(mlflow.client.get_run(made).info.status == "KILLED")

        await until(ended)


async def test_the_mlflow_run_of_a_refused_launch_is_settled(lab: Lab, mlflow: Mlflow) -> None:
    name, _ = mlflow.experiment()
    async with lab.running(with_mlflow(lab, mlflow, name)):
        await until(lambda: _has_experiment(lab))
        command = await lab.settled(
            await lab.submit("launch", ref="no-such-branch", variables=[], run_id="r11", track=True)
        )
        assert command.state == "refused" and "Reference not found" in command.answer
        submission = await lab.store.get(Submission, command.id)
        assert submission is not None
        made = next(one.value for one in submission.variables if one.key == "MLFLOW_RUN_ID")

        async def killed() -> bool:
            return bool(mlflow.client.get_run(made).info.status == "KILLED")

        await until(killed)


async def test_histories_are_read_for_what_is_looked_at_and_continued(lab: Lab, mlflow: Mlflow) -> None:
    name, experiment = mlflow.experiment()
    watched, unwatched = mlflow.run(experiment), mlflow.run(experiment, auc=1)
    for step in range(5):
        mlflow.client.log_metric(watched, "loss", 5.0 - step, step=step)
    async with lab.running(with_mlflow(lab, mlflow, name)):
        await lab.look("projects")
        await tracked(lab, watched)
        await lab.look(f"metrics:ml:{watched}")

        async def series(length: int) -> MetricSeries | None:
            found = await lab.store.get(MetricSeries, f"ml:{watched}:loss")
            return found if found is not None and len(found.steps) == length else None

        first = await until(lambda: series(5))
        assert first.values == (5.0, 4.0, 3.0, 2.0, 1.0) and not first.sampled
        for step in range(5, 8):
            mlflow.client.log_metric(watched, "loss", 5.0 - step, step=step)
        more = await until(lambda: series(8))
        assert more.steps == tuple(range(8)) and len(more.times) == 8
        summary = (await tracked(lab, watched, lambda run: run.metrics["loss"].min == -2)).metrics["loss"]
        assert summary.max == 5
        assert await lab.store.get(MetricSeries, f"ml:{unwatched}:auc") is None


async def test_the_registry_points_to_the_run_that_made_a_version(lab: Lab, mlflow: Mlflow) -> None:
    name, experiment = mlflow.experiment()
    number = await lab.pipeline(EPOCHS="3")
    run_id = mlflow.run(experiment, tags={"CI_PIPELINE_ID": str(number)})
    model = f"model-{time.monotonic_ns()}"
    mlflow.client.create_registered_model(model)
    mlflow.client.create_model_version(model, source=f"runs:/{run_id}/model", run_id=run_id)
    mlflow.client.set_registered_model_alias(model, "champion", "1")
    async with lab.running(with_mlflow(lab, mlflow, name)):
        await lab.look("projects")

        async def linked() -> ModelVersion | None:
            found = await lab.store.get(ModelVersion, f"ml:{model}:1")
            return found if found is not None and found.pipeline_run_id else None

        version = await until(linked)
        assert (version.pipeline_run_id, version.aliases) == (lab.run_id(number), ("champion",))


async def test_a_missing_experiment_is_said_and_stops_nothing(lab: Lab, mlflow: Mlflow) -> None:
    number = await lab.pipeline(EPOCHS="3")
    async with lab.running(with_mlflow(lab, mlflow, "no-such-experiment")):

        async def said() -> bool:
            state = await lab.store.get(SyncState, "ml:runs")
            return state is not None and "no-such-experiment" in state.last_error

        await until(said)
        await lab.run(number)


async def _connection_ok(lab: Lab) -> bool:
    found = await lab.store.get(Connection, "ml")
    return found is not None and found.state == "ok" and found.kind == "mlflow"


async def _has_experiment(lab: Lab) -> bool:
    project = await lab.store.get(Project, lab.project_id())
    return project is not None and bool(project.mlflow_experiment_id)
