"""Reads the training plan of a job out of the world: what it will log to its log and to MLflow."""

from __future__ import annotations

from data.simulator import environment
from data.simulator.chance import digest, unit
from data.simulator.entities import Job
from data.simulator.outcome import DIVERGES_ABOVE
from data.simulator.settings import DAY
from data.simulator.training import DIVERGENCE_STEP, TrainingPlan
from data.simulator.world import World

MAIN_TRAINING = "train"
"""Name of the job that resumes the run given as MLFLOW_RUN_ID; trials become that run's children."""


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
        params=_params(job, variables, rate, steps),
        tags=_tags(job, variables),
        dataset=project.theme.dataset,
        dataset_digest=digest(project.theme.dataset, int((job.started_at or 0) // DAY))[:8],
        dataset_rows=20_000 + int(80_000 * unit(project.theme.dataset)),
        model=project.theme.model,
    )


def _params(job: Job, variables: dict[str, str], rate: float, steps: int) -> dict[str, str]:
    return {
        "lr": f"{rate:g}",
        "epochs": str(steps),
        "batch_size": variables.get("BATCH_SIZE", "256"),
        "optimizer": "adamw",
        "dropout": "0.1",
        "seed": str(job.pipeline.iid),
        "dataset": job.project.theme.dataset,
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
