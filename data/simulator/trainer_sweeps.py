"""Runs above the trials of a search for hyper-parameters; imported in the trainer process only."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from data.simulator.messages import EndSweep
from data.simulator.training import TrainingPlan, metrics_at

if TYPE_CHECKING:
    from mlflow import MlflowClient


@dataclass(slots=True)
class Sweep:
    """A parent run: the best value of its trials so far, and how many of them have ended."""

    run_id: str
    best: float = -math.inf
    ended: int = 0


class Sweeps:
    """The parent runs of one tracking store; `client` makes or gives MLflow's client."""

    def __init__(self, client: Callable[[], MlflowClient]) -> None:
        self._client = client
        self._known: dict[int, Sweep] = {}

    def above(self, plan: TrainingPlan, experiment: str) -> str:
        """Return the id of the run above a trial, made with the first one; empty for a run that is no trial."""
        if not plan.sweep:
            return ""
        if plan.sweep not in self._known:
            client = self._client()
            made = client.create_run(
                experiment, start_time=int(plan.sweep_started * 1000), tags=plan.sweep_tags, run_name=plan.sweep_name
            )
            self._known[plan.sweep] = Sweep(made.info.run_id)
            for key, value in {"sampler": "grid", "search_space": "lr", "direction": "maximize"}.items():
                client.log_param(made.info.run_id, key, value)
        return self._known[plan.sweep].run_id

    def trial_ended(self, plan: TrainingPlan, time: float) -> None:
        """Log the best value of all trials so far at the run above them."""
        sweep = self._known.get(plan.sweep)
        if sweep is None:
            return
        values = [metrics_at(plan, step)[plan.metric] for step in range(1, plan.last_step + 1)]
        sweep.best, sweep.ended = max([sweep.best, *values]), sweep.ended + 1
        if math.isfinite(sweep.best):
            self._client().log_metric(sweep.run_id, f"best_{plan.metric}", sweep.best, int(time * 1000), sweep.ended)

    def close(self, order: EndSweep) -> None:
        """End the run above; one whose pipeline was killed stays as it is."""
        sweep = self._known.pop(order.key, None)
        if sweep is not None and order.status:
            self._client().log_param(sweep.run_id, "n_trials", str(sweep.ended))
            self._client().set_terminated(sweep.run_id, order.status, int(order.time * 1000))
