"""Writes runs and model versions through MLflow's own client; imported in the trainer process only."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from data.simulator.messages import End, EndSweep, Register
from data.simulator.trainer_models import log_datasets, log_files, log_model
from data.simulator.trainer_sweeps import Sweeps
from data.simulator.training import TrainingPlan, metrics_at, sample_instant, step_instant, system_at

if TYPE_CHECKING:
    from mlflow import MlflowClient

BATCH = 900
"""Metrics in one request; MLflow takes 1,000."""

HOPELESS = frozenset(
    {"INVALID_PARAMETER_VALUE", "RESOURCE_DOES_NOT_EXIST", "BAD_REQUEST", "PERMISSION_DENIED", "INVALID_STATE"}
)
"""Error codes that another attempt will not change."""

CHAMPION_EVERY = 3
"""Every how many-th version becomes the champion at once."""


def is_hopeless(error: Exception) -> bool:
    """Whether another attempt would be refused just the same."""
    return getattr(error, "error_code", "") in HOPELESS


def milliseconds(instant: float) -> int:
    """Return an instant in MLflow's unit."""
    return int(instant * 1000)


@dataclass(slots=True)
class RunState:
    """A run: what is asked for (`step`, `samples`, `end`), and what MLflow has (the fields after them)."""

    plan: TrainingPlan
    past: bool = False
    step: int = 0
    samples: int = 0
    end: End | None = None
    run_id: str = ""
    described: bool = False
    logged: int = 0
    sampled: int = 0
    ended: bool = False

    @property
    def is_behind(self) -> bool:
        """Whether MLflow lacks something."""
        short = self.logged < self.step or self.sampled < self.samples or (self.end is not None and not self.ended)
        return not self.described or short


class Recorder:
    """Brings MLflow up to what run states ask for."""

    def __init__(self, uri: str) -> None:
        self._uri = uri
        self._made: MlflowClient | None = None
        self._experiments: dict[str, str] = {}
        self._existing: dict[str, str] = {}
        self._sweeps = Sweeps(lambda: self._client)

    @property
    def _client(self) -> MlflowClient:
        if self._made is None:
            from mlflow import MlflowClient

            self._made = MlflowClient(tracking_uri=self._uri, registry_uri=self._uri)
        return self._made

    def _experiment(self, name: str) -> str:
        """Return the id of an experiment, made where there is none; beside a SQLite file lie its artifacts too."""
        if name not in self._experiments:
            found = self._client.get_experiment_by_name(name)
            location = None
            if self._uri.startswith("sqlite:///"):
                folder = Path(self._uri.removeprefix("sqlite:///")).absolute().parent
                location = (folder / "mlartifacts" / name.replace("/", "_")).as_uri()
            made = found.experiment_id if found else self._client.create_experiment(name, artifact_location=location)
            self._experiments[name] = str(made)
        return self._experiments[name]

    def record(self, state: RunState) -> None:
        """Write all that MLflow lacks of one run."""
        if not state.run_id:
            self._open(state)
        if not state.described:
            self._describe(state)
        self._metrics(state)
        if state.end is not None and not state.ended:
            self._close(state, state.end)

    def _open(self, state: RunState) -> None:
        """Resume the run that was given, or create one."""
        plan, client = state.plan, self._client
        if plan.run_id:
            self._existing = dict(client.get_run(plan.run_id).data.params)
            client.update_run(plan.run_id, status="RUNNING")
            state.run_id = plan.run_id
            return
        self._existing = {}
        experiment, tags = self._experiment(plan.experiment), dict(plan.tags)
        if above := plan.parent_run_id or self._sweeps.above(plan, experiment):
            tags["mlflow.parentRunId"] = above
        if plan.note:
            tags["mlflow.note.content"] = plan.note
        made = client.create_run(experiment, start_time=milliseconds(plan.started), tags=tags, run_name=plan.run_name)
        state.run_id = made.info.run_id

    def _describe(self, state: RunState) -> None:
        """Write parameters, tags and data sets; a resumed run gets no automatic tags, as with MLflow itself."""
        from mlflow.entities import Param, RunTag

        plan = state.plan
        tags = {key: value for key, value in plan.tags.items() if not (plan.run_id and key.startswith("mlflow."))}
        params = [Param(key, value) for key, value in plan.params.items() if key not in self._existing]
        self._client.log_batch(state.run_id, params=params, tags=[RunTag(key, value) for key, value in tags.items()])
        log_datasets(self._client, state.run_id, plan)
        state.described = True

    def _metrics(self, state: RunState) -> None:
        from mlflow.entities import Metric

        plan, points = state.plan, []
        until, sampled = state.step, state.samples
        for step in range(state.logged + 1, until + 1):
            at = milliseconds(step_instant(plan, step))
            points += [Metric(name, value, at, step) for name, value in metrics_at(plan, step).items()]
        for index in range(state.sampled, sampled):
            at = milliseconds(sample_instant(plan, index))
            points += [Metric(name, value, at, index) for name, value in system_at(plan, index).items()]
        for first in range(0, len(points), BATCH):
            self._client.log_batch(state.run_id, metrics=points[first : first + BATCH])
        state.logged, state.sampled = until, sampled

    def _close(self, state: RunState, end: End) -> None:
        """Write the artifacts and the status; a run that was killed stays as it is."""
        plan, finished = state.plan, end.status == "FINISHED"
        if end.status:
            log_files(self._client, state.run_id, plan, finished=finished)
            if finished and not plan.sweep:
                experiment = self._client.get_run(state.run_id).info.experiment_id
                log_model(self._client, state.run_id, experiment, plan)
            self._client.set_terminated(state.run_id, end.status, milliseconds(end.time))
        self._sweeps.trial_ended(plan, end.time)
        state.ended = True

    def sum_up(self, order: Register | EndSweep, runs: dict[int, RunState]) -> None:
        """Write what concerns several runs."""
        if isinstance(order, EndSweep):
            self._sweeps.close(order)
        else:
            self._register(order, runs)

    def _register(self, order: Register, runs: dict[int, RunState]) -> None:
        """Create a version of a model from a finished run, and move its aliases."""
        state = runs.get(order.key)
        if state is None or not state.run_id:
            return
        client, name = self._client, order.model
        if not client.search_registered_models(f"name = '{name}'"):
            client.create_registered_model(name, description="Trained on GitLab CI")
        tags = {"gitlab.CI_JOB_ID": str(order.job), "CI_PIPELINE_ID": str(order.pipeline)}
        score = metrics_at(state.plan, max(state.plan.last_step, 1))[state.plan.metric]
        text = f"{state.plan.metric} {score:.4f} on {state.plan.dataset}"
        source = f"runs:/{state.run_id}/model"
        version = client.create_model_version(name, source, state.run_id, tags=tags, description=text)
        alias = "champion" if int(version.version) % CHAMPION_EVERY == 1 else "challenger"
        client.set_registered_model_alias(name, alias, str(version.version))
