"""Moves jobs and pipelines through their statuses, by GitLab's rules; every function acts at `world.time`."""

from __future__ import annotations

from collections import deque

from data.simulator.ci import interpolate
from data.simulator.entities import CANCELABLE, COMPLETED, Deployment, Environment, Job, Pipeline, Runner
from data.simulator.factory import CreationError, Order, downstream_order, make_pipeline
from data.simulator.outcome import draw_outcome
from data.simulator.status import composite, decision
from data.simulator.world import World

PICKUP_SECONDS = 2.0
"""Seconds between two questions of a runner for work."""

BRIDGE_SECONDS = 1.0
"""Seconds until a trigger job has created its downstream pipeline."""

CANCEL_SECONDS = 3.0
"""Seconds that a job stays `canceling` while its runner ends the script."""

_SETTLED = COMPLETED | {"manual"}


def create_pipeline(world: World, order: Order) -> Pipeline:
    """Create a pipeline and start what can start.

    Raises:
        CreationError: with the sentences that GitLab would answer.
    """
    pipeline = make_pipeline(world, order)
    process(world, pipeline)
    return pipeline


def process(world: World, pipeline: Pipeline) -> None:
    """Decide on every `created` job, then derive the pipeline's status (app/services/ci/pipeline_processing)."""
    again = True
    while again:
        again = False
        for job in pipeline.latest:
            verdict = decision(job) if job.status == "created" else "wait"
            if verdict == "wait":
                continue
            again = True
            if verdict == "skip":
                move(world, job, "skipped")
                continue
            _deployment(world, job)
            if verdict == "manual":
                move(world, job, "manual")
            else:
                enqueue(world, job)
    set_status(world, pipeline)


def move(world: World, job: Job, status: str) -> None:
    """Give `job` a status and tell the watchers."""
    job.status = status
    if status in COMPLETED and status != "skipped":
        job.finished_at = world.time
    job.log_size = job.archive_size = None
    world.changed(job)


def set_status(world: World, pipeline: Pipeline) -> None:
    """Derive the status of `pipeline`; where it moved, its times move and its upstream job hears of it."""
    status = composite(pipeline.latest)
    if status == pipeline.status:
        return
    pipeline.status, pipeline.updated_at = status, world.time
    if status == "running" and pipeline.started_at is None:
        pipeline.started_at = world.time
    if status in COMPLETED:
        pipeline.finished_at = world.time
    if pipeline.bridge is not None:
        _mirror(world, pipeline.bridge, pipeline)
    if status in _SETTLED:
        for listener in world.settled:
            listener(pipeline)


def enqueue(world: World, job: Job) -> None:
    """Make `job` wait for a runner; a trigger job needs none."""
    job.queued_at = world.time
    move(world, job, "pending")
    if job.is_bridge:
        world.after(BRIDGE_SECONDS, lambda: _trigger(world, job))
        return
    world.queues.setdefault(job.spec.runner_tag, deque()).append(job)
    world.after(PICKUP_SECONDS, lambda: _pick(world, job.spec.runner_tag))


def wake(world: World, runner: Runner) -> None:
    """Let `runner` look for waiting jobs, after it was switched on."""
    world.after(PICKUP_SECONDS, lambda: _pick(world, runner.tag))


def _pick(world: World, tag: str) -> None:
    """Give waiting jobs to runners with room."""
    queue = world.queues.get(tag, deque())
    while queue:
        if queue[0].status != "pending":
            queue.popleft()
            continue
        free = [r for r in world.runners if r.tag == tag and r.online and not r.paused and r.busy < r.capacity]
        if not free:
            return
        _start(world, queue.popleft(), min(free, key=lambda runner: runner.busy / runner.capacity))


def _start(world: World, job: Job, runner: Runner) -> None:
    runner.busy += 1
    job.runner, job.started_at = runner, world.time
    job.seconds, job.outcome = draw_outcome(world, job)
    move(world, job, "running")
    world.at(world.time + job.seconds, lambda: _end(world, job))
    set_status(world, job.pipeline)


def _release(world: World, job: Job) -> None:
    if job.runner is not None:
        job.runner.busy -= 1
        world.after(PICKUP_SECONDS, lambda: _pick(world, job.spec.runner_tag))


def _end(world: World, job: Job) -> None:
    if job.status != "running":
        return
    _release(world, job)
    job.failure_reason = job.outcome or None
    move(world, job, "failed" if job.outcome else "success")
    process(world, job.pipeline)


def _trigger(world: World, job: Job) -> None:
    """Create the downstream pipeline of a bridge."""
    if job.status != "pending" or job.spec.trigger is None:
        return
    job.started_at = world.time
    try:
        job.downstream = create_pipeline(world, downstream_order(world, job))
    except CreationError:
        job.failure_reason = "downstream_pipeline_creation_failed"
        move(world, job, "failed")
    else:
        depend = job.spec.trigger.depend
        move(world, job, "running" if depend else "success")
        if depend:
            _mirror(world, job, job.downstream)
    process(world, job.pipeline)


def _mirror(world: World, bridge: Job, downstream: Pipeline) -> None:
    """Give a bridge with `strategy: depend` the status of its downstream pipeline."""
    waiting = bridge.spec.trigger is not None and bridge.spec.trigger.depend and bridge.downstream is downstream
    if not waiting or bridge.retried:
        return
    ended = downstream.status in COMPLETED
    status = downstream.status if ended else "running"
    if status == bridge.status:
        return
    if not ended:
        bridge.finished_at = None
    bridge.failure_reason = "unknown_failure" if status == "failed" else None
    move(world, bridge, status)
    process(world, bridge.pipeline)


def cancel_job(world: World, job: Job, *, force: bool = False) -> None:
    """Cancel one job: at once where no runner has it, through `canceling` where one has."""
    if job.status == "canceling" and force:
        _canceled(world, job)
    elif job.is_bridge and job.downstream is not None and job.downstream.is_child and job.status in CANCELABLE:
        cancel_pipeline(world, job.downstream)
    elif job.status == "running" and not job.is_bridge:
        job.canceled_at = world.time
        move(world, job, "canceling")
        world.after(CANCEL_SECONDS, lambda: _canceled(world, job))
    elif job.status in CANCELABLE:
        move(world, job, "canceled")


def _canceled(world: World, job: Job) -> None:
    if job.status == "canceling":
        _release(world, job)
        move(world, job, "canceled")
        process(world, job.pipeline)


def cancel_pipeline(world: World, pipeline: Pipeline) -> None:
    """Cancel every job of `pipeline` that can be, and its child pipelines."""
    for job in pipeline.latest:
        cancel_job(world, job)
    process(world, pipeline)


def _deployment(world: World, job: Job) -> None:
    """Record that `job` deploys, when it is processed for the first time."""
    if not job.spec.environment:
        return
    project = job.project
    name = interpolate(job.spec.environment, job.pipeline.inputs)
    environment = next((item for item in project.environments if item.name == name), None)
    if environment is None:
        environment = Environment(world.next_id("environment"), name, "other", None, world.time, world.time)
        project.environments.append(environment)
    number = world.next_id("deployment", 301)
    project.deployments.append(Deployment(number, len(project.deployments) + 1, environment, job, world.time))


def play_job(world: World, job: Job) -> None:
    """Start a manual job."""
    enqueue(world, job)
    set_status(world, job.pipeline)


def retry_job(world: World, job: Job, *, start: bool = True) -> Job:
    """Replace `job` by a new attempt with a new id, and give skipped jobs behind it another chance."""
    clone = Job(
        id=world.next_id("job"),
        pipeline=job.pipeline,
        spec=job.spec,
        stage_index=job.stage_index,
        created_at=world.time,
        user=job.user,
        attempt=job.attempt + 1,
        when=job.when,
        variables=job.variables,
    )
    job.retried = True
    job.pipeline.jobs.append(clone)
    job.project.jobs[clone.id] = world.jobs[clone.id] = clone
    if start:
        _deployment(world, clone)
        enqueue(world, clone)
        _reset_skipped(world, clone)
        process(world, job.pipeline)
    return clone


def retry_pipeline(world: World, pipeline: Pipeline) -> None:
    """Retry everything that failed or was canceled; without any such job nothing happens."""
    failed = [job for job in pipeline.latest if job.status in ("failed", "canceled")]
    for job in failed:
        retry_job(world, job, start=False)
    for job in pipeline.latest if failed else ():
        if job.status == "skipped":
            move(world, job, "created")
    process(world, pipeline)


def _reset_skipped(world: World, job: Job) -> None:
    """Make `created` again what was skipped because of `job` (app/services/ci/reset_skipped_jobs_service.rb)."""
    behind = {job.name}
    for other in sorted(job.pipeline.latest, key=lambda item: item.stage_index):
        depends = (
            other.stage_index > job.stage_index if other.spec.needs is None else bool(behind & set(other.spec.needs))
        )
        if depends:
            behind.add(other.name)
            if other.status == "skipped":
                move(world, other, "created")
