"""The trainer process against a real MLflow database: past, live and resumed runs, cancel, registry, a server away."""

from __future__ import annotations

import json
import math
import os
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from data.simulator import ManualClock, Simulator, SimulatorSettings
from data.simulator.build import build_world
from data.simulator.clock import MANUAL_START
from data.simulator.messages import ENCODER, Begin, End, EndSweep, Message, Progress
from data.simulator.plans import training_plan
from data.simulator.scheduler import cancel_job
from data.simulator.settings import DAY
from data.simulator.tracking import ENVIRONMENT, past_messages
from data.simulator.training import DIVERGENCE_STEP, SYSTEM_SAMPLES, TrainingPlan, metrics_at, step_instant, steps_until
from tests.simulator.conftest import QUIET, Bench, serving

pytestmark = [pytest.mark.server, pytest.mark.timeout(180)]

DEADLINE = 90.0
"""Seconds of real time in which MLflow must have got what was sent."""

PAST = 20
"""Past training runs that are written."""

OF_JOBS = (
    "select start_time from runs where status = 'FINISHED' and name not like '%-sweep' and name not like 'explore-%'"
)
"""Finished runs that jobs logged themselves."""

GIVEN = "0123456789abcdef0123456789abcdef"
"""Id of a run that was made before the pipeline."""


def rows(folder: Path, query: str, *values: object) -> list[tuple[Any, ...]]:
    """Ask the database that the trainer writes; an empty answer while it does not exist yet."""
    try:
        with closing(sqlite3.connect(f"file:{folder / 'mlflow.db'}?mode=ro", uri=True, timeout=5)) as database:
            return database.execute(query, values).fetchall()
    except sqlite3.OperationalError:
        return []


def until(reached: Callable[[], Any], what: str = "") -> Any:
    """Poll until `reached` is true and return what it gave."""
    end = time.monotonic() + DEADLINE
    while not (found := reached()):
        assert time.monotonic() < end, f"never reached: {what}"
        time.sleep(0.1)
    return found


def uri(folder: Path) -> str:
    """Return the tracking URI of the test's database."""
    return f"sqlite:///{folder / 'mlflow.db'}"


def by_mlflow(folder: Path, code: str) -> str:
    """Run code with MLflow's own client in another process, where its warnings stay; `client` is the client."""
    start = f"from mlflow import MlflowClient\nclient = MlflowClient({uri(folder)!r}, {uri(folder)!r})\n"
    command = [sys.executable, "-W", "ignore", "-c", start + code]
    done = subprocess.run(
        command, capture_output=True, text=True, env={**os.environ, **ENVIRONMENT}, timeout=DEADLINE, cwd=folder
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def plan_of(steps: int = 5, **changes: Any) -> TrainingPlan:
    """Return a plan of one small training."""
    with serving() as bench:
        made = bench.pipeline(bench.project(), EPOCHS=str(steps), **changes)
        job = bench.job(made, "train", "running")
        world = bench.simulator.world
        return training_plan(world, world.jobs[job.id])


@contextmanager
def trainer(address: str) -> Iterator[Callable[..., None]]:
    """Run a trainer; yields a function that sends it messages."""
    process = subprocess.Popen(
        [sys.executable, "-m", "data.simulator.trainer", address], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, env={**os.environ, **ENVIRONMENT},
    )  # fmt: skip
    assert process.stdin is not None

    def send(*messages: Message) -> None:
        assert process.stdin is not None
        process.stdin.write(b"".join(ENCODER.encode(message) + b"\n" for message in messages))
        process.stdin.flush()

    try:
        yield send
        process.stdin.close()
        process.stdin = None
        process.wait(DEADLINE)
        assert process.returncode == 0
    finally:
        process.kill()
        process.communicate()


def test_a_run_has_everything_that_a_training_logs(tmp_path: Path) -> None:
    plan = plan_of()
    with trainer(uri(tmp_path)) as send:
        send(Begin(plan), Progress(plan.key, 2, 3))
        until(lambda: rows(tmp_path, "select 1 from metrics where key = 'loss' and step = 2"), "two epochs")
        assert rows(tmp_path, "select status, name from runs") == [("RUNNING", plan.run_name)]
        send(Progress(plan.key, 5, SYSTEM_SAMPLES), End(plan.key, "FINISHED", plan.started + plan.seconds))
        until(lambda: rows(tmp_path, "select 1 from runs where status = 'FINISHED'"), "the end")
    (times,) = rows(tmp_path, "select start_time, end_time from runs")
    assert times == (int(plan.started * 1000), int((plan.started + plan.seconds) * 1000))
    got = rows(tmp_path, "select step, value, timestamp from metrics where key = 'val_auc' order by step")
    assert got == [(n, metrics_at(plan, n)["val_auc"], int(step_instant(plan, n) * 1000)) for n in range(1, 6)]
    names = {key for (key,) in rows(tmp_path, "select distinct key from metrics")}
    assert names >= {"system/cpu_utilization_percentage", "system/gpu_0_utilization_percentage", "grad_norm"}
    assert names >= {f"system/gpu_0_{name}" for name in ("memory_usage_megabytes", "power_usage_watts")}
    tags = dict(rows(tmp_path, "select key, value from tags"))
    assert tags["gitlab.CI_JOB_ID"] == str(plan.key) and tags["mlflow.user"] == "bo"
    assert set(tags) >= {"CI_PIPELINE_ID", "mlflow.source.git.commit", "mlflow.runName"}
    params = dict(rows(tmp_path, "select key, value from params"))
    assert params["lr"] == "0.001" and params["epochs"] == "5"
    data = dict(rows(tmp_path, "select name, digest from datasets"))
    assert data[plan.dataset] == plan.dataset_digest and set(data) == {plan.dataset, f"{plan.dataset}_holdout"}
    (artifact,) = list((tmp_path / "mlartifacts").rglob("metrics.json"))
    assert '"epochs": 5' in artifact.read_text()
    assert {path.name for path in (tmp_path / "mlartifacts").rglob("*.*")} >= {"model.txt", "loss.csv", "metrics.json"}
    assert rows(tmp_path, "select name, status from logged_models") == [(plan.model, 2)]


def test_a_given_run_is_resumed(tmp_path: Path) -> None:
    code = """
run = client.create_run("0", tags={"who": "lineside"}).info.run_id
client.update_run(run, status="SCHEDULED")
client.log_param(run, "lr", "mine")
print(run)
"""
    given = by_mlflow(tmp_path, code)
    plan = plan_of(MLFLOW_RUN_ID=given)
    assert plan.run_id == given
    with trainer(uri(tmp_path)) as send:
        send(Begin(plan), Progress(plan.key, 5, 2))
        until(lambda: rows(tmp_path, "select 1 from metrics where key = 'loss' and step = 5"), "all epochs")
        assert rows(tmp_path, "select status from runs") == [("RUNNING",)]
        send(End(plan.key, "FAILED", plan.started + plan.seconds))
        until(lambda: rows(tmp_path, "select 1 from runs where status = 'FAILED'"), "the end")
    tags = dict(rows(tmp_path, "select key, value from tags"))
    assert tags["who"] == "lineside" and tags["gitlab.CI_JOB_ID"] == str(plan.key)
    assert "mlflow.source.git.commit" not in tags
    assert dict(rows(tmp_path, "select key, value from params"))["lr"] == "mine"


def test_history_then_live_jobs_then_cancel(tmp_path: Path) -> None:
    clock = ManualClock(MANUAL_START + 2 * DAY)
    settings = SimulatorSettings(
        history_days=1, activity=0, failure_rate=0, mlflow_uri=uri(tmp_path), mlflow_history=PAST
    )
    with Simulator(settings, clock) as simulator:
        until(lambda: len(rows(tmp_path, OF_JOBS)) == PAST, "history")
        world = simulator.world
        until(lambda: rows(tmp_path, "select 1 from model_versions"), "a model version")
        until(lambda: rows(tmp_path, "select 1 from registered_model_aliases where alias = 'champion'"), "its alias")
        with world.lock:
            oldest = min(job.started_at for job in world.jobs.values() if job.spec.kind == "train" and job.started_at)
        starts = [start / 1000 for (start,) in rows(tmp_path, OF_JOBS)]
        assert all(oldest <= start < world.born for start in starts)
        alone = "select status from runs where name like 'explore-%' order by status"
        statuses = until(lambda: (found := rows(tmp_path, alone)) and len(found) == 18 and found, "runs without a job")
        assert [status for (status,) in statuses].count("RUNNING") == 6, "one of each project was never ended"
        bench_job = until(lambda: _running_training(simulator, clock), "a training job")
        tag = "select run_uuid from tags where key = 'gitlab.CI_JOB_ID' and value = ?"
        (run,) = until(lambda: rows(tmp_path, tag, str(bench_job)), "its run")
        with world.lock:
            cancel_job(world, world.jobs[bench_job])
        clock.advance(10)
        logged = until(lambda: rows(tmp_path, "select count(*) from metrics where run_uuid = ?", run[0]), "its metrics")
        clock.advance(3_000)
        with world.lock:
            world.advance()
        assert world.jobs[bench_job].status == "canceled"
        assert rows(tmp_path, "select status from runs where run_uuid = ?", run[0]) == [("RUNNING",)]
        assert logged


def _running_training(simulator: Simulator, clock: ManualClock) -> int:
    """Move on a little and return a running training job's id, 0 when there is none."""
    clock.advance(5)
    with simulator.world.lock:
        simulator.world.advance()
        running = [job for job in simulator.world.jobs.values() if job.spec.kind == "train" and job.status == "running"]
        return running[0].id if running else 0


def test_trials_are_children_of_the_given_run(tmp_path: Path) -> None:
    with serving(**QUIET) as bench:
        made = bench.pipeline(bench.project(), MLFLOW_RUN_ID=GIVEN)
        plans = _child_plans(bench, made)
    assert {plan.parent_run_id for plan in plans} == {GIVEN} and {plan.run_id for plan in plans} == {""}
    assert len({plan.learning_rate for plan in plans}) == 4
    with trainer(uri(tmp_path)) as send:
        send(*(Begin(plan) for plan in plans))
        parent = "select count(*) from tags where key = 'mlflow.parentRunId' and value = ?"
        until(lambda: rows(tmp_path, parent, GIVEN) == [(4,)], "four children")


def test_trials_without_a_given_run_have_one_above_them(tmp_path: Path) -> None:
    with serving(**QUIET) as bench:
        made = bench.pipeline(bench.project())
        plans = _child_plans(bench, made)
        sweep = plans[0].sweep
        assert sweep in bench.simulator.world.pipelines and {plan.sweep for plan in plans} == {sweep}
    ends = [End(plan.key, "FINISHED", plan.started + plan.seconds) for plan in plans]
    with trainer(uri(tmp_path)) as send:
        for plan, end in zip(plans, ends, strict=True):
            send(Begin(plan), Progress(plan.key, plan.last_step, 0), end)
        send(EndSweep(sweep, "FINISHED", ends[-1].time))
        until(lambda: rows(tmp_path, "select 1 from runs where name like '%-sweep' and status = 'FINISHED'"), "the end")
    ((above,),) = rows(tmp_path, "select run_uuid from runs where name = ?", plans[0].sweep_name)
    children = rows(tmp_path, "select run_uuid from tags where key = 'mlflow.parentRunId' and value = ?", above)
    assert len(children) == len(plans) == 4
    best = rows(tmp_path, "select value from metrics where run_uuid = ? order by step", above)
    assert len(best) == 4 and best == sorted(best)
    reached = max(metrics_at(plan, step)["val_auc"] for plan in plans for step in range(1, plan.last_step + 1))
    assert best[-1] == (reached,)
    assert dict(rows(tmp_path, "select key, value from params where run_uuid = ?", above))["n_trials"] == "4"


def test_the_past_has_what_screens_show() -> None:
    """Runs left behind, searches, notes, params that differ, metrics that are no number: the demo has them."""
    world = build_world(SimulatorSettings(history_days=4), ManualClock())
    messages = past_messages(world)
    plans = [message.plan for message in messages if isinstance(message, Begin)]
    assert any(isinstance(message, End) and not message.status and message.key > 0 for message in messages)
    assert any(isinstance(message, EndSweep) for message in messages)
    assert any(plan.note for plan in plans) and len({frozenset(plan.params) for plan in plans}) > 3
    values = [metrics_at(plan, step)["grad_norm"] for plan in plans for step in range(1, plan.last_step + 1)]
    assert any(math.isnan(value) for value in values) and any(math.isinf(value) for value in values)
    assert sum(map(math.isfinite, values)) > 0.9 * len(values)
    assert {plan.experiment for plan in plans if plan.key < 0} == {project.path for project in world.projects.values()}
    assert not any("gitlab.CI_JOB_ID" in plan.tags for plan in plans if plan.key < 0)
    assert past_messages(build_world(SimulatorSettings(history_days=4), ManualClock())) == messages


def _child_plans(bench: Bench, made: Any) -> list[TrainingPlan]:
    bench.until(lambda: bool(made.bridges.list(scope="running", get_all=True)))
    bench.clock.advance(5)
    bench.get("/version")
    world = bench.simulator.world
    return [
        training_plan(world, job) for job in world.jobs.values() if job.name.startswith("trial:") and job.started_at
    ]


def test_a_locked_database_and_a_refused_run_only_delay(tmp_path: Path) -> None:
    by_mlflow(tmp_path, "client.get_experiment_by_name('x')")
    lost, good = plan_of(MLFLOW_RUN_ID=GIVEN), plan_of()
    with closing(sqlite3.connect(tmp_path / "mlflow.db", isolation_level=None)) as lock:
        lock.execute("begin exclusive")
        with trainer(uri(tmp_path)) as send:
            send(Begin(lost), Begin(good), Progress(good.key, 3, 0))
            lock.execute("rollback")
            until(lambda: rows(tmp_path, "select 1 from metrics where key = 'loss' and step = 3"), "the good run")
    assert rows(tmp_path, "select count(*) from runs") == [(1,)]


def test_a_server_that_is_away_neither_ends_nor_blocks_the_trainer() -> None:
    plan = plan_of()
    began = time.monotonic()
    with trainer("http://127.0.0.1:9") as send:
        send(Begin(plan), Progress(plan.key, 5, 0), End(plan.key, "FINISHED", plan.started))
    assert time.monotonic() - began < DEADLINE


def test_curves_fall_rise_and_depend_on_the_learning_rate() -> None:
    good, bad, broken = plan_of(30), plan_of(30, LR="0.1"), plan_of(30, LR="3")
    first, last = metrics_at(good, 1), metrics_at(good, 30)
    assert last["loss"] < first["loss"] - 0.2 and last["val_auc"] > first["val_auc"] + 0.2
    assert metrics_at(bad, 30)["val_auc"] < last["val_auc"] - 0.05
    assert math.isnan(metrics_at(broken, DIVERGENCE_STEP)["loss"])
    assert (broken.diverges, broken.last_step, broken.outcome) == (True, DIVERGENCE_STEP, "script_failure")
    assert [steps_until(good, step_instant(good, n)) for n in (0, 1, 29, 30)] == [0, 1, 29, 30]
    assert steps_until(good, good.started) == 0 and steps_until(good, good.started + good.seconds) == 30


def test_the_program_says_how_to_connect_and_ends_quickly(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "data.simulator",
        "--json",
        "--history-days",
        "0",
        "--activity",
        "0",
        "--port",
        "0",
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        told = json.loads(process.stdout.readline())
        assert told["pid"] == process.pid and told["tokens"]["maintainer"].startswith("glpat-sim-")
        request = urllib.request.Request(
            f"{told['url']}/api/v4/version", headers={"PRIVATE-TOKEN": told["tokens"]["reader"]}
        )
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=5) as answer:
            assert answer.status == 200
        process.send_signal(signal.SIGTERM)
        out, errors = process.communicate(timeout=10)
        assert (process.returncode, out, errors) == (0, b"", b"")


def test_the_program_tells_people_how_to_connect() -> None:
    command = [sys.executable, "-m", "data.simulator", "--history-days", "0", "--activity", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(12)]
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 0
    assert lines[0].startswith("GitLab simulator on http://127.0.0.1:") and lines[1] == "Tokens:\n"
    assert any(line.split()[:1] == ["maintainer"] for line in lines) and "curl -H" in "".join(lines)


def test_the_program_refuses_wrong_settings() -> None:
    command = [sys.executable, "-m", "data.simulator", "--speed", "0"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30)
    assert done.returncode == 1 and "speed" in done.stderr and "Traceback" not in done.stderr
