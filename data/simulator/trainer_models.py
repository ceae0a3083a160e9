"""What trainings leave behind beside numbers: data sets, files, logged models; imported in the trainer process only."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

from data.simulator.chance import digest
from data.simulator.training import TrainingPlan, metrics_at

if TYPE_CHECKING:
    from mlflow import MlflowClient

HOLDOUT_SHARE = 5
"""Every how many-th row is held out for the evaluation."""


def log_datasets(client: MlflowClient, run_id: str, plan: TrainingPlan) -> None:
    """Log what a run trains on, and what it is evaluated with."""
    from mlflow.entities import Dataset, DatasetInput, InputTag

    columns = json.dumps({"mlflow_colspec": [{"type": "double", "name": "amount_eur", "required": True}]})
    held_out = digest(plan.dataset, "holdout")[:8]
    inputs = []
    for context, name, hash_, rows in (
        ("training", plan.dataset, plan.dataset_digest, plan.dataset_rows),
        ("evaluation", f"{plan.dataset}_holdout", held_out, plan.dataset_rows // HOLDOUT_SHARE),
    ):
        source = json.dumps({"uri": f"s3://lake/{name}/{hash_}"})
        profile = json.dumps({"num_rows": rows, "num_elements": rows * 8})
        tags = [InputTag("mlflow.data.context", context)]
        inputs.append(DatasetInput(Dataset(name, hash_, "s3", source, columns, profile), tags))
    client.log_inputs(run_id, inputs)


def log_files(client: MlflowClient, run_id: str, plan: TrainingPlan, *, finished: bool) -> None:
    """Log the artifacts of a run that was not killed; one that finished has a model."""
    last = metrics_at(plan, max(plan.last_step, 1))
    known: dict[str, Any] = {name: value if math.isfinite(value) else None for name, value in last.items()}
    client.log_dict(run_id, known | {"epochs": plan.last_step}, "metrics.json")
    client.log_text(run_id, _curve(plan), "plots/loss.csv")
    if finished:
        text = f"{plan.model}\nlr={plan.learning_rate:g}\nGröße: 148 Merkmale 🚀\n"
        client.log_text(run_id, text, "model/model.txt")
        client.log_text(run_id, "flavors:\n  python_function:\n    loader_module: churn\n", "model/MLmodel")


def log_model(client: MlflowClient, run_id: str, experiment: str, plan: TrainingPlan) -> None:
    """Log the model itself, where MLflow knows models beside runs (MLflow 3)."""
    if not hasattr(client, "create_logged_model"):
        return
    from mlflow.entities import LoggedModelOutput

    model = client.create_logged_model(experiment, name=plan.model, source_run_id=run_id, model_type="classifier")
    client.finalize_logged_model(model.model_id, "READY")
    client.log_outputs(run_id, [LoggedModelOutput(model.model_id, plan.last_step)])


def _curve(plan: TrainingPlan) -> str:
    steps = range(1, plan.last_step + 1)
    return "epoch,loss\n" + "".join(f"{step},{metrics_at(plan, step)['loss']:.5f}\n" for step in steps)
