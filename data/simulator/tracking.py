"""Feeds the trainer process: watches the world's training jobs and says what they would log to MLflow now."""

from __future__ import annotations

import contextlib
import os
import queue
import subprocess
import sys
import threading
from pathlib import Path

import data
from data.simulator.entities import COMPLETED, Job, Pipeline
from data.simulator.messages import ENCODER, Begin, End, EndSweep, Message, Progress, Register
from data.simulator.notebooks import notebook_messages
from data.simulator.plans import MAIN_TRAINING, training_plan
from data.simulator.training import SYSTEM_SAMPLES, TrainingPlan, sample_instant, steps_until
from data.simulator.world import World

TICK_SECONDS = 0.5
"""Seconds between two looks at the running training jobs."""

STOP_SECONDS = 0.4
"""Seconds that the trainer has to end by itself once its standard input is closed."""

ENVIRONMENT = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "10",
    "MLFLOW_ENABLE_ASYNC_LOGGING": "false",
    "GIT_PYTHON_REFRESH": "quiet",
}
"""Environment of the trainer process: MLflow must neither phone home nor print nor wait long."""

_STATUSES = {"": "FINISHED", "script_failure": "FAILED"}


class Tracking:
    """Tells one trainer process about the training jobs of a world."""

    def __init__(self, world: World, uri: str) -> None:
        self._world, self._uri = world, uri
        self._messages: queue.SimpleQueue[Message | None] = queue.SimpleQueue()
        self._active: dict[int, tuple[Job, TrainingPlan]] = {}
        self._process: subprocess.Popen[bytes] | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Spawn the trainer and begin to feed it."""
        root = str(Path(data.__file__).resolve().parent.parent)
        path = os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH", ""))))
        self._process = subprocess.Popen(
            [sys.executable, "-m", "data.simulator.trainer", self._uri],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=_folder(self._uri),
            env={**os.environ, **ENVIRONMENT, "PYTHONPATH": path},
        )
        with self._world.lock:
            self._world.advance()
            for message in past_messages(self._world):
                self._messages.put(message)
            for job in self._world.jobs.values():
                if job.status == "running":
                    self._watch(job)
            self._world.watchers.append(self._watch)
            self._world.settled.append(self._settled)
        self._thread = threading.Thread(target=self._feed, name="gitlab-simulator-tracking", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Close the trainer's standard input and end it."""
        if self._process is None or self._thread is None or self._process.stdin is None:
            return
        with self._world.lock:
            self._world.watchers.remove(self._watch)
            self._world.settled.remove(self._settled)
        self._messages.put(None)
        self._thread.join(STOP_SECONDS)
        if self._thread.is_alive():
            self._process.kill()  # it does not read, and the thread waits in a write that closing would wait for too
        with contextlib.suppress(OSError):
            self._process.stdin.close()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _watch(self, job: Job) -> None:
        """Hear that a job changed; called with the world's lock held."""
        if job.spec.kind == "register" and job.status == "success":
            self._messages.put(register_message(job))
        if job.spec.kind != "train" or job.outcome == "runner_system_failure":
            return
        if job.status == "running":
            plan = training_plan(self._world, job)
            self._active[job.id] = job, plan
            self._messages.put(Begin(plan))
        elif job.id in self._active and (job.status in COMPLETED or job.status == "canceling"):
            _, plan = self._active.pop(job.id)
            for message in ending(job, plan, self._world.time):
                self._messages.put(message)

    def _settled(self, pipeline: Pipeline) -> None:
        """Hear that a pipeline ended or blocked; called with the world's lock held."""
        if pipeline.is_child and pipeline.status in COMPLETED:
            self._messages.put(sweep_end(pipeline))

    def _feed(self) -> None:
        with contextlib.suppress(OSError):  # the trainer is gone: GitLab goes on without MLflow
            while True:
                try:
                    message = self._messages.get(timeout=TICK_SECONDS)
                except queue.Empty:
                    self._tick()
                    continue
                if message is None:
                    return
                self._write(message)

    def _write(self, message: Message) -> None:
        process = self._process
        if process is not None and process.stdin is not None:
            process.stdin.write(ENCODER.encode(message) + b"\n")
            if self._messages.empty():
                process.stdin.flush()

    def _tick(self) -> None:
        with self._world.lock:
            now = self._world.advance()
            for job, plan in list(self._active.values()):
                self._messages.put(progress(job, plan, now))


def _folder(uri: str) -> str | None:
    """Return where the trainer works: beside a SQLite file, so that MLflow's relative artifact paths end there."""
    return str(Path(uri.removeprefix("sqlite:///")).parent) if uri.startswith("sqlite:////") else None


def progress(job: Job, plan: TrainingPlan, now: float) -> Progress:
    """Return how far a training job is at `now`."""
    samples = sum(sample_instant(plan, index) <= now for index in range(SYSTEM_SAMPLES))
    return Progress(job.id, steps_until(plan, now), samples)


def ending(job: Job, plan: TrainingPlan, now: float) -> list[Message]:
    """Return the last messages of a training job; one that was canceled or timed out leaves its run RUNNING."""
    finished = job.canceled_at or job.finished_at or now
    killed = job.canceled_at is not None or plan.outcome not in _STATUSES
    return [progress(job, plan, finished), End(job.id, "" if killed else _STATUSES[plan.outcome], finished)]


def sweep_end(pipeline: Pipeline) -> EndSweep:
    """Return the end of the run above the trials of a child pipeline; one that was canceled leaves it RUNNING."""
    status = {"success": "FINISHED", "failed": "FAILED"}.get(pipeline.status, "")
    return EndSweep(pipeline.id, status, pipeline.finished_at or pipeline.updated_at)


def register_message(job: Job) -> Register:
    """Return what a register job does."""
    trained = [other.id for other in job.pipeline.jobs if other.name == MAIN_TRAINING and other.status == "success"]
    return Register(trained[-1] if trained else 0, job.project.theme.model, job.id, job.pipeline.id)


def past_messages(world: World) -> list[Message]:
    """Return the training jobs that ended before now, newest first; then runs without a job, the ends of searches, and
    what was registered, oldest first."""
    ended = [
        job
        for job in world.jobs.values()
        if job.spec.kind == "train" and job.started_at is not None and job.status in COMPLETED
        and job.outcome != "runner_system_failure"
    ]  # fmt: skip
    chosen = sorted(ended, key=lambda job: -(job.started_at or 0.0))[: world.settings.mlflow_history]
    found: list[Message] = []
    for job in chosen:
        plan = training_plan(world, job)
        found += [Begin(plan, past=True), *ending(job, plan, world.time)]
    keys = {job.id for job in chosen}
    registered = [job for job in world.jobs.values() if job.spec.kind == "register" and job.status == "success"]
    versions = [register_message(job) for job in sorted(registered, key=lambda job: job.finished_at or 0.0)]
    sweeps = {job.pipeline.id: job.pipeline for job in chosen if job.pipeline.is_child}
    ends = [sweep_end(pipeline) for pipeline in sweeps.values() if pipeline.status in COMPLETED]
    return [*found, *notebook_messages(world), *ends, *(version for version in versions if version.key in keys)]
