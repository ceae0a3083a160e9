"""A small, fixed world of records for tests of screens: projects, runs of every status, jobs, metrics, commands."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from data.model import (
    Command,
    Connection,
    Experiment,
    JobRun,
    Lease,
    Link,
    LogState,
    MetricSeries,
    MetricSummary,
    ModelVersion,
    Pipeline,
    PipelineAPI,
    PipelineRun,
    Project,
    Record,
    RegisteredModel,
    StageRun,
    TrackedRun,
    make,
)

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
"""The time in this world."""

PROJECTS = (("churn", "ml/churn"), ("fraud-detection", "ml/risk/fraud-detection"), ("需要予測 demand", "ml/demand"))
STATUSES = ("running", "failed", "success", "success", "canceled", "manual", "pending", "success", "skipped", "success")
STAGES = ("data", "features", "train", "evaluate", "deploy")
BRANCHES = ("main", "feat/long-branch-name-with-words", "fix/ünïcode-✓", "release/2026.03")
PEOPLE = ("ada", "bo", "maría", "chen")

LOG = b"".join(
    [
        b"\x1b[0KRunning with gitlab-runner 17.9.0\n",
        b"\x1b[0Ksection_start:1772452800:step_script\r\x1b[0K\x1b[0K\x1b[36;1mExecuting step_script\x1b[0;m\n",
        b"\x1b[32;1m$ python train.py --lr 0.01\x1b[0;m\n",
        *(f"epoch {n:3d} loss={1 / (n + 1):.4f} val_auc={0.7 + n / 400:.4f}\n".encode() for n in range(60)),
        "größe ✓ 日本語 done\n".encode(),
        b"Traceback (most recent call last):\n",
        b'  File "train.py", line 12, in <module>\n',
        b"RuntimeError: CUDA out of memory\n",
        b"\x1b[0Ksection_end:1772452860:step_script\r\x1b[0K\x1b[31;1mERROR: Job failed: exit code 1\x1b[0;m\n",
    ]
)
"""A job's log as a runner writes it."""

FAILED_JOB = "gitlab:1:job:1033"
"""The failed training job of the newest failed run; `write_log` gives it a log."""
FAILED_RUN = "gitlab:1:103"
RUNNING_RUN = "gitlab:1:100"


def _run(index: int) -> PipelineRun:
    number = 160 - index
    project = index % 3 + 1
    status = STATUSES[index % len(STATUSES)]
    created = NOW - timedelta(minutes=7 * index + 2)
    started = None if status in {"pending", "skipped"} else created + timedelta(seconds=20)
    done = status in {"success", "failed", "canceled"}
    reached = {"running": 2, "failed": 2, "manual": 4, "pending": 0, "skipped": 0, "canceled": 1}.get(status, 5)
    stages = tuple(
        StageRun(name=name, order=place, status=_stage(status, place, reached)) for place, name in enumerate(STAGES)
    )
    return make(
        PipelineRun,
        id=f"gitlab:{project}:{number}",
        project_id=f"gitlab:{project}",
        pipeline_id=f"gitlab:{project}:default",
        connection="gitlab",
        git_project_id=project,
        git_pipeline_id=number,
        run_number=number,
        status=status,
        warnings=index % 10 == 7,
        trigger_type=("push", "schedule", "web", "api")[index % 4],
        triggered_by=PEOPLE[index % 4],
        ref=BRANCHES[index % 4],
        git_commit_hash=f"{number * 0x9E3779B97F4A7C15:040x}"[-40:][::-1],
        commit_title=f"Tune the learning rate, take {index}",
        created=created,
        updated=created + timedelta(minutes=4),
        start=started,
        completion=created + timedelta(minutes=4) if done else None,
        execution_time=220 if done else 0,
        job_count=7,
        success_count=reached,
        failed_count=1 if status == "failed" else 0,
        stages=stages,
        web_url=f"https://gitlab.example/ml/p/-/pipelines/{number}",
        metrics={"val_auc": 0.9 + index / 1000, "loss": 0.3} if done else {},
        jobs_synced=True,
    )


def _stage(status: str, place: int, reached: int) -> str:
    if place < reached:
        return "success"
    if place == reached and status in {"running", "failed", "canceled", "manual"}:
        return status
    return "skipped" if status in {"failed", "skipped", "canceled"} else "created"


def _job(run: PipelineRun, place: int, name: str, stage: str, status: str, **values: object) -> JobRun:
    number = run.git_pipeline_id * 10 + place
    ran = status in {"success", "failed", "running"}
    return make(
        JobRun,
        **{
            "id": f"gitlab:{run.git_project_id}:job:{number}",
            "pipeline_run_id": run.id,
            "project_id": run.project_id,
            "connection": "gitlab",
            "git_project_id": run.git_project_id,
            "git_job_id": number,
            "name": name,
            "stage": stage,
            "status": status,
            "created": run.created,
            "start": run.start if ran else None,
            "execution_time": 40 + place if ran and status != "running" else 0,
            "queued_time": 3 if ran else 0,
            "endpoint": "gpu-runner-1" if ran else "",
            "web_url": f"https://gitlab.example/ml/p/-/jobs/{number}",
            **values,
        },
    )


def _jobs(run: PipelineRun, last: str) -> list[JobRun]:
    reason: dict[str, object] = {}
    if last == "failed":
        reason = {"failure_reason": "script_failure", "log": LogState(size=len(LOG), complete=True)}
    return [
        _job(run, 1, "load-data", "data", "success"),
        _job(run, 2, "validate-data", "data", "failed", allows_failure=True, failure_reason="script_failure"),
        _job(run, 3, "train", "train", last, **reason),
        _job(run, 4, "trials", "train", "success", bridge=True, downstream=f"{run.id}9"),
        _job(run, 5, "evaluate", "evaluate", "skipped" if last == "failed" else "created"),
        _job(run, 6, "deploy", "deploy", "manual"),
    ]


def _child(run: PipelineRun) -> list[Record]:
    number = int(f"{run.git_pipeline_id}9")
    child = make(
        PipelineRun,
        id=f"{run.id}9",
        project_id=run.project_id,
        connection="gitlab",
        git_project_id=run.git_project_id,
        git_pipeline_id=number,
        name="trials",
        status="success",
        created=run.created,
        start=run.start,
        execution_time=90,
        parent_run_id=run.id,
        stages=(StageRun(name="tune", status="success"),),
        trigger_type="parent_pipeline",
    )
    return [child, *(_job(child, place, f"trial-{place}", "tune", "success") for place in (1, 2, 3))]


def _tracked(run: PipelineRun, status: str) -> list[Record]:
    id_ = f"mlflow:run{run.git_pipeline_id}"
    tracked = make(
        TrackedRun,
        id=id_,
        connection="mlflow",
        run_id=f"run{run.git_pipeline_id}",
        experiment_id="1",
        name="bright-owl-7",
        status=status,
        user="ada",
        start=run.start,
        params={"lr": "0.01", "epochs": "60"},
        metrics={
            "val_auc": MetricSummary(last=0.8475, step=59, min=0.7, max=0.8475),
            "loss": MetricSummary(last=0.0167, step=59, min=0.0167, max=1.0),
            "system/gpu_0_utilization_percentage": MetricSummary(last=93.5, step=59, min=10, max=99),
        },
        project_id=run.project_id,
        pipeline_run_id=run.id,
        linked_by="job",
    )
    steps = tuple(range(60))
    series = [
        MetricSeries(id=f"{id_}:val_auc", tracked_run_id=id_, key="val_auc", steps=steps,
                     times=steps, values=tuple(0.7 + step / 400 for step in steps)),
        MetricSeries(id=f"{id_}:loss", tracked_run_id=id_, key="loss", steps=steps,
                     times=steps, values=tuple(1 / (step + 1) for step in steps)),
    ]  # fmt: skip
    return [tracked, *series]


def records() -> list[Record]:
    """Everything in this world, in a list of the caller's own."""
    return list(_records())


@cache
def _records() -> tuple[Record, ...]:
    """Made once in a process: records are frozen, and checking them takes longer than many a test."""
    everything: list[Record] = []
    for number, (name, path) in enumerate(PROJECTS, 1):
        project_id = f"gitlab:{number}"
        everything += [
            make(Project, id=project_id, name=name, connection="gitlab", git_project_id=number, path=path,
                 default_ref="main", labels=["prod"] if number == 1 else [], tracking="mlflow",
                 mlflow_experiment_id=str(number), access_level=40, web_url=f"https://gitlab.example/{path}"),
            make(Pipeline, id=f"{project_id}:default", project_id=project_id, name="default", default_ref="main",
                 repository_url=f"https://gitlab.example/{path}"),
            make(PipelineAPI, id=f"{project_id}:default:train-e2e", pipeline_id=f"{project_id}:default",
                 name="train-e2e", user_variables=[{"key": "LR", "value": "0.01", "kind": "number"}]),
            make(Experiment, id=f"mlflow:{number}", connection="mlflow", experiment_id=str(number),
                 name=f"{name}-experiment", created=NOW - timedelta(days=20)),
        ]  # fmt: skip
    runs = [_run(index) for index in range(60)]
    running = make_like(runs[0], RUNNING_RUN, 100, "running", NOW - timedelta(minutes=2))
    failed = make_like(runs[1], FAILED_RUN, 103, "failed", NOW - timedelta(minutes=1))
    everything += [*runs, running, failed]
    for run, last, tracking in ((running, "running", "RUNNING"), (failed, "failed", "FAILED")):
        everything += [*_jobs(run, last), *_child(run), *_tracked(run, tracking)]
    everything += [
        make(Connection, id="gitlab", name="gitlab", kind="gitlab", url="https://gitlab.example", state="ok",
             last_success=NOW, version="18.10.0", user="ada", rate_limit=2000, rate_remaining=1890),
        make(Connection, id="mlflow", name="mlflow", kind="mlflow", url="https://mlflow.example", state="offline",
             last_success=NOW - timedelta(minutes=3), offline_since=NOW - timedelta(minutes=3),
             last_error="connection refused", hint="is the server running?"),
        make(Command, id="c1", kind="cancel", connection="gitlab", project_id="gitlab:1", target_id="gitlab:1:148",
             title="cancel churn #148", by="ada", host="gpu-1", created=NOW - timedelta(minutes=5), state="done",
             finished=NOW - timedelta(minutes=5), answer="canceled"),
        make(Command, id="c2", kind="launch", connection="gitlab", project_id="gitlab:1", title="launch churn on main",
             by="bo", host="gpu-1", created=NOW - timedelta(minutes=4), state="refused",
             answer="Insufficient permissions to set pipeline variables"),
        make(RegisteredModel, id="mlflow:churn-model", connection="mlflow", name="churn-model",
             aliases={"champion": "3"}, created=NOW - timedelta(days=9)),
        make(ModelVersion, id="mlflow:churn-model:3", connection="mlflow", name="churn-model", version="3",
             status="READY", run_id="run100", pipeline_run_id=RUNNING_RUN, created=NOW - timedelta(hours=3)),
        make(Lease, id="gitlab:ml/churn", owner="gpu-1-77", host="gpu-1", token=1, expires=NOW + timedelta(days=900)),
    ]  # fmt: skip
    return tuple(everything)


def make_like(run: PipelineRun, id_: str, number: int, status: str, created: datetime) -> PipelineRun:
    """A run of the first project like another, with its own number and status."""
    from msgspec.structs import replace

    reached = 2
    return replace(
        run,
        id=id_,
        project_id="gitlab:1",
        pipeline_id="gitlab:1:default",
        git_project_id=1,
        git_pipeline_id=number,
        status=status,
        created=created,
        start=created + timedelta(seconds=10),
        completion=created + timedelta(seconds=50) if status == "failed" else None,
        execution_time=40 if status == "failed" else 0,
        failed_count=1 if status == "failed" else 0,
        stages=tuple(
            StageRun(name=name, order=place, status=_stage(status, place, reached)) for place, name in enumerate(STAGES)
        ),
        mlflow_run_ids=(f"mlflow:run{number}",),
        link=Link(by="job"),
        variables={"LR": "0.01", "EPOCHS": "60"},
        metrics={"val_auc": 0.8475, "loss": 0.0167},
    )


def write_log(folder: Path, path: Path) -> None:
    """Give the failed job its log, at the place that the log store says."""
    folder.mkdir(parents=True, exist_ok=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(LOG)
