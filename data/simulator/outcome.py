"""Draws how long a job will run and how it will end, when a runner takes it."""

from __future__ import annotations

from data.simulator import environment
from data.simulator.chance import stream
from data.simulator.entities import Job
from data.simulator.reports import case_failed
from data.simulator.templates import EPOCH_SECONDS
from data.simulator.world import World

SPREAD = 0.16
"""Standard deviation of the logarithm of run times."""

DIVERGES_ABOVE = 0.5
"""Learning rate above which every training diverges."""

OVERHEAD_SECONDS = 12.0
"""Seconds of a training job around its epochs: image, sources, data loading, artifacts."""

REASONS = (("script_failure", 0.8), ("runner_system_failure", 0.12), ("job_execution_timeout", 0.08))
"""Failure reasons (GitLab: app/models/concerns/enums/ci/commit_status.rb) with their shares of chance failures."""

_PORTIONS = {"runner_system_failure": (0.02, 0.1), "job_execution_timeout": (1.5, 2.2)}
"""Part of the planned run time after which a job fails, by reason; anything else fails somewhere in the middle."""


def draw_outcome(world: World, job: Job) -> tuple[float, str]:
    """Return the seconds that `job` will run at the world's speed, and its failure reason, empty for success."""
    pipeline = job.pipeline
    draw = stream(world.settings.seed, job.project.full_path, pipeline.iid, job.name, job.attempt)
    variables = environment.of_job(job)
    life = job.spec.seconds
    if job.spec.kind == "train":
        life = OVERHEAD_SECONDS + EPOCH_SECONDS * environment.epochs(variables)
    planned = life * draw.lognormvariate(0, SPREAD)
    reason = _reason(world, job, variables, draw.random(), draw.random())
    if reason:
        planned *= draw.uniform(*_PORTIONS.get(reason, (0.35, 0.9)))
    return planned / world.settings.speed, reason


def _reason(world: World, job: Job, variables: dict[str, str], chance: float, which: float) -> str:
    forced = world.forced.get(job.name)
    if forced is not None:
        return "" if forced == "success" else forced
    if case_failed(job):
        return "script_failure"
    if job.spec.kind == "train" and environment.learning_rate(variables) > DIVERGES_ABOVE:
        return "script_failure"
    if chance >= job.spec.fails * world.settings.failure_rate:
        return ""
    for reason, share in REASONS:
        if which < share:
            return reason
        which -= share
    return REASONS[0][0]
