"""Reads the training plan of a job out of the world: what it will log to its log and to MLflow."""

from __future__ import annotations

from collections.abc import Mapping

from data.simulator import environment
from data.simulator.chance import digest, stream, unit
from data.simulator.entities import Job
from data.simulator.outcome import DIVERGES_ABOVE
from data.simulator.settings import DAY
from data.simulator.training import DIVERGENCE_STEP, TrainingPlan
from data.simulator.world import World

MAIN_TRAINING = "train"
"""Name of the job that resumes the run given as MLFLOW_RUN_ID; trials become that run's children."""

SCHEDULED = 0.7
"""Share of the trainings that change their learning rate by a schedule."""

NOTED = 0.15
"""Share of the runs that somebody wrote a note on."""
NOTES = (
    "Baseline before the new features.\n\nCompare with **this** one.",
    "Warm-up was too short, see the first epochs.",
    "Größerer Batch, gleiche Lernrate 🚀",
    "Same data as last week, other seed: the difference is noise.",
)
"""What they wrote."""


def training_plan(world: World, job: Job) -> TrainingPlan:
    """Return the plan of a training job that has started."""
    project, variables = job.project, environment.of_job(job)
    rate, steps = environment.learning_rate(variables), environment.epochs(variables)
    diverges = rate > DIVERGES_ABOVE and bool(job.outcome)
    seed = f"{world.settings.seed}/{project.full_path}/{job.pipeline.iid}/{job.name}/{job.attempt}"
    last = steps if not job.outcome else int(steps * (0.3 + 0.6 * unit(seed, "reached")))
    if diverges:
        last = min(steps, DIVERGENCE_STEP)
    if job.outcome == "runner_system_failure":
        last = 0
    given, main = variables.get("MLFLOW_RUN_ID", ""), job.name == MAIN_TRAINING
    sweep = job.pipeline if job.pipeline.is_child and not given else None
    return TrainingPlan(
        key=job.id,
        experiment=variables.get("MLFLOW_EXPERIMENT_NAME", project.path),
        run_name=f"{project.path}-{job.pipeline.iid}" if main else f"{project.path}-{job.pipeline.iid}-{job.name}",
        run_id=given if main else "",
        parent_run_id="" if main else given,
        user=job.user.username,
        seed=seed,
        started=job.started_at or job.created_at,
        seconds=job.seconds,
        steps=steps,
        last_step=last,
        learning_rate=rate,
        diverges=diverges,
        metric=project.theme.metric,
        gpu=job.spec.runner_tag == "gpu",
        outcome=job.outcome,
        params=params_of(seed, variables, rate, steps)
        | {"dataset": project.theme.dataset, "seed": str(job.pipeline.iid)},
        tags=_tags(job, variables),
        dataset=project.theme.dataset,
        dataset_digest=digest(project.theme.dataset, int((job.started_at or 0) // DAY))[:8],
        dataset_rows=20_000 + int(80_000 * unit(project.theme.dataset)),
        model=project.theme.model,
        sweep=sweep.id if sweep else 0,
        sweep_name=f"{project.path}-{sweep.iid}-sweep" if sweep else "",
        sweep_started=(sweep.started_at or sweep.created_at) if sweep else 0.0,
        sweep_tags=_sweep_tags(job) if sweep else {},
        note=note_of(seed),
    )


def params_of(seed: str, variables: Mapping[str, str], rate: float, steps: int) -> dict[str, str]:
    """Return the parameters that a training logs; which there are depends on the optimizer and on who tried what."""
    draw = stream(seed, "params")
    optimizer = draw.choice(("adamw", "adamw", "adamw", "sgd", "lion"))
    found = {
        "lr": f"{rate:g}",
        "epochs": str(steps),
        "batch_size": variables.get("BATCH_SIZE", "256"),
        "optimizer": optimizer,
        "dropout": draw.choice(("0.1", "0.1", "0.2", "0.0")),
        "model.hidden_units": draw.choice(("128", "256", "256", "512")),
    }
    if optimizer == "sgd":
        found |= {"momentum": "0.9", "nesterov": draw.choice(("true", "false"))}
    else:
        found["weight_decay"] = draw.choice(("0.01", "0.01", "0.05"))
    if draw.random() < SCHEDULED:
        found |= {"scheduler": "cosine", "scheduler.warmup_epochs": str(draw.choice((1, 2, 3)))}
    return found


def note_of(seed: str) -> str:
    """Return what somebody wrote about a run, empty for most."""
    return stream(seed, "note").choice(NOTES) if unit(seed, "noted") < NOTED else ""


def _sweep_tags(job: Job) -> dict[str, str]:
    """Return the tags of the run above all trials of a child pipeline."""
    return {
        "CI_PIPELINE_ID": str(job.pipeline.id),
        "mlflow.user": job.user.username,
        "mlflow.source.git.commit": job.pipeline.sha,
        "mlflow.source.name": f"{job.project.path.replace('-', '_')}/sweep.py",
        "mlflow.source.type": "JOB",
    }


def _tags(job: Job, variables: dict[str, str]) -> dict[str, str]:
    passed = ("CI_PIPELINE_ID", "CI_JOB_NAME", "CI_COMMIT_REF_NAME", "RUN_ID")
    found = {name: variables[name] for name in passed if name in variables}
    return found | {
        "gitlab.CI_JOB_ID": str(job.id),
        "mlflow.user": job.user.username,
        "mlflow.source.git.commit": job.pipeline.sha,
        "mlflow.source.name": f"{job.project.path.replace('-', '_')}/train.py",
        "mlflow.source.type": "JOB",
    }
