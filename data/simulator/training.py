"""Learning curves of the simulated training jobs, as pure functions of a plan: log and MLflow show the same figures."""

from __future__ import annotations

import math

import msgspec

from data.simulator.chance import stream, unit

BEST_RATE = 0.001
"""Learning rate that converges best."""

DIVERGENCE_STEP = 7
"""Epoch in which a diverging training first sees a loss that is no number."""

OVERFLOWING, OVERFLOWS, OVERFLOW_INFINITE = 0.5, 0.1, 3
"""Share of trainings in half precision, of their epochs that overflow, and the last one that overflows to infinity."""

GPU_MEGABYTES = 81_920
"""Memory of the GPUs that train."""

HOST_MEGABYTES = 32_768
"""Memory of the machines that train."""

SYSTEM_SAMPLES = 24
"""System metric samples over one training job; MLflow itself samples every 10 s."""


class TrainingPlan(msgspec.Struct, frozen=True, kw_only=True):
    """All that one training job will do, known when it starts.

    Attributes:
        key: id of the GitLab job.
        run_id: MLflow run to resume, empty to create one in `experiment`.
        started: instant of the start; seconds: planned run time; both in seconds.
        steps: epochs; last_step: epochs that will be reached, fewer than `steps` where it fails.
        metric: leading metric, rises; `loss` and `val_loss` fall.
        outcome: failure reason, empty for success.
        sweep: id of the child pipeline whose trials share a parent run, 0 for a run that is no trial; `sweep_tags` are
            that parent's.
        note: what somebody wrote about the run, as Markdown.
    """

    key: int
    experiment: str
    run_name: str
    run_id: str
    parent_run_id: str
    user: str
    seed: str
    started: float
    seconds: float
    steps: int
    last_step: int
    learning_rate: float
    diverges: bool
    metric: str
    gpu: bool
    outcome: str
    params: dict[str, str]
    tags: dict[str, str]
    dataset: str
    dataset_digest: str
    dataset_rows: int
    model: str
    sweep: int = 0
    sweep_name: str = ""
    sweep_started: float = 0.0
    sweep_tags: dict[str, str] = {}
    note: str = ""


def quality(plan: TrainingPlan) -> float:
    """Return how well the learning rate suits, 1 for the best and towards 0 the farther away it is."""
    return math.exp(-((math.log10(plan.learning_rate / BEST_RATE)) ** 2) / 2.2)


def metrics_at(plan: TrainingPlan, step: int) -> dict[str, float]:
    """Return the metrics at the end of epoch `step` (1-based). A diverged training has a NaN loss."""
    draw = stream(plan.seed, "curve", step)
    fit = quality(plan)
    floor = 0.16 + 0.05 * unit(plan.seed, "floor") + 0.3 * (1 - fit)
    speed = (2.5 + 3.0 * unit(plan.seed, "speed")) * (0.35 + 0.65 * fit)
    progress = 1 - math.exp(-speed * step / max(plan.steps, 8))
    if plan.diverges:
        loss = math.nan if step >= DIVERGENCE_STEP else 0.7 * 1.9**step
        norm = math.inf if step >= DIVERGENCE_STEP else loss
        return {
            "loss": loss, "val_loss": loss * 1.1, plan.metric: 0.5, "learning_rate": plan.learning_rate,
            "grad_norm": norm,
        }  # fmt: skip
    loss = 0.69 - (0.69 - floor) * progress + draw.gauss(0, 0.006)
    gap = 0.02 + 0.06 * max(0.0, step / plan.steps - 0.7)
    best = 0.80 + 0.15 * fit + 0.02 * (unit(plan.seed, "best") - 0.5)
    score = 0.52 + (best - 0.52) * progress + draw.gauss(0, 0.004)
    return {
        "loss": round(max(loss, 0.01), 5),
        "val_loss": round(max(loss + gap + draw.gauss(0, 0.008), 0.01), 5),
        plan.metric: round(min(max(score, 0.0), 0.999), 5),
        "learning_rate": plan.learning_rate * 0.5 * (1 + math.cos(math.pi * (step - 1) / plan.steps)),
        "grad_norm": _grad_norm(plan, step, progress),
    }


def _grad_norm(plan: TrainingPlan, step: int, progress: float) -> float:
    """Norm of the gradients; in mixed precision it overflows now and then, which is no failure of the training."""
    if unit(plan.seed, "half precision") < OVERFLOWING and unit(plan.seed, "overflow", step) < OVERFLOWS:
        return math.inf if step <= OVERFLOW_INFINITE else math.nan
    return round(6.0 * (1 - 0.9 * progress) * (0.6 + 0.8 * unit(plan.seed, "norm", step)), 4)


def step_instant(plan: TrainingPlan, step: int) -> float:
    """Return the instant at which epoch `step` ends; step 0 is the begin of the first one."""
    begin, end = 0.12, 0.93
    return plan.started + plan.seconds * (begin + (end - begin) * step / max(plan.last_step, 1))


def steps_until(plan: TrainingPlan, instant: float) -> int:
    """Return the number of epochs that have ended at `instant`."""
    first, last = step_instant(plan, 0), step_instant(plan, max(plan.last_step, 1))
    if instant < first:
        return 0
    share = (instant - first) / max(last - first, 1e-9)
    return min(plan.last_step, int(share * max(plan.last_step, 1) + 1e-6))


def system_at(plan: TrainingPlan, index: int) -> dict[str, float]:
    """Return system metrics of sample `index` under MLflow's own names."""
    draw = stream(plan.seed, "system", index)
    megabytes = 5_200 + 2_400 * (1 - math.exp(-index / 4)) + draw.uniform(0, 80)
    found = {
        "system/cpu_utilization_percentage": round(min(100.0, 38 + 12 * math.sin(index / 3) + draw.uniform(0, 9)), 1),
        "system/system_memory_usage_megabytes": round(megabytes, 1),
        "system/system_memory_usage_percentage": round(100 * megabytes / HOST_MEGABYTES, 1),
        "system/network_receive_megabytes": round(12 + 3.1 * index + draw.uniform(0, 2), 1),
    }
    if plan.gpu:
        busy = 0.0 if index == 0 else min(100.0, 86 + draw.gauss(0, 6))
        held = (0.35 + 0.4 * unit(plan.seed, "gpu memory")) * (0.1 if index == 0 else 1.0)
        found["system/gpu_0_utilization_percentage"] = round(busy, 1)
        found["system/gpu_0_memory_usage_megabytes"] = round(GPU_MEGABYTES * held, 1)
        found["system/gpu_0_memory_usage_percentage"] = round(100 * held, 1)
        found["system/gpu_0_power_usage_watts"] = round(60 + 2.9 * busy + draw.uniform(0, 15), 1)
    return found


def sample_instant(plan: TrainingPlan, index: int) -> float:
    """Return the instant of system sample `index`."""
    return plan.started + plan.seconds * (index + 1) / (SYSTEM_SAMPLES + 1)
