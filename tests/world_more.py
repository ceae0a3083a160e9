"""More of the fixed world: one run with everything around it, for the screens of a run and of an MLflow run."""

from __future__ import annotations

import math
from datetime import datetime, timedelta

from data.model import (
    Artifact,
    DatasetInput,
    Deployment,
    Experiment,
    JobRun,
    Label,
    Link,
    MetricSeries,
    MetricSummary,
    ModelVersion,
    Note,
    PipelineRun,
    Record,
    StageRun,
    Submission,
    TrackedRun,
    Variable,
    make,
)
from tests.world import NOW

RUN = "gitlab:1:500"
"""A running run: jobs with needs, an attempt that was canceled, a child in another project that has one itself."""
CHILD, GRANDCHILD, PARENT, SIBLING, BEFORE = (f"gitlab:{n}" for n in ("2:501", "3:502", "2:498", "1:499", "1:490"))
TRACKED, LEFT, NESTED, ALONE = "mlflow:run500", "mlflow:left500", "mlflow:trial500a", "mlflow:alone"
"""The run's MLflow run, one that was left RUNNING, one nested in the first, and one without a pipeline."""
BEGAN = NOW - timedelta(minutes=10)
STAGES = ("prepare", "features", "train", "evaluate", "deploy")
RUN_ID = "1ng1g6r4zpw0"
CONFIG = "stages: [prepare, features, train, evaluate, deploy]\ntrain:\n  stage: train\n  script: [python train.py]\n"
SEARCH_SPACE = '{"lr": [0.001, 0.003, 0.01], "depth": [4, 6, 8, 10], "l2": [0, 1e-6, 1e-4], "dropout": [0, 0.1, 0.3]}'


def more() -> list[Record]:
    """Everything of it."""
    return [*_runs(), *_jobs(), *_tracked(), *_around()]


def _run(id_: str, **values: object) -> PipelineRun:
    _, project, number = id_.split(":")
    defaults = {
        "id": id_,
        "project_id": f"gitlab:{project}",
        "pipeline_id": f"gitlab:{project}:default",
        "connection": "gitlab",
        "git_project_id": int(project),
        "git_pipeline_id": int(number),
        "run_number": int(number),
        "status": "success",
        "trigger_type": "api",
        "triggered_by": "ada",
        "ref": "main",
        "git_commit_hash": "9f3c2ab177ab012944f3c2ab177ab012944f3c2a",
        "commit_title": "Weigh the rare classes",
        "created": BEGAN,
        "start": BEGAN + timedelta(seconds=5),
        "web_url": f"https://gitlab.example/ml/p/-/pipelines/{number}",
        "jobs_synced": True,
    }
    return make(PipelineRun, **{**defaults, **values})


def _runs() -> list[PipelineRun]:
    statuses = ("success", "success", "running", "created", "created")
    return [
        _run(RUN, status="running", api="train-e2e", run_info_id=RUN_ID, parent_run_id=PARENT, submission_id="s500",
             stages=[StageRun(name=name, order=place, status=status)
                     for place, (name, status) in enumerate(zip(STAGES, statuses, strict=True))],
             job_count=9, success_count=4, queued_time=5, labels=["baseline"], environment="staging",
             variables={"LR": "0.01", "EPOCHS": "60", "SEARCH_SPACE": SEARCH_SPACE}, variables_known=True,
             mlflow_run_ids=[TRACKED], link=Link(by="launch"), max_memory_usage=21_400.0, max_cpu_usage=312.0,
             pipeline_config_used=CONFIG),
        _run(CHILD, name="trials", status="running", parent_run_id=RUN, trigger_type="pipeline", job_count=3,
             success_count=1, created=BEGAN + timedelta(minutes=4), start=BEGAN + timedelta(minutes=4, seconds=3),
             stages=[StageRun(name="tune", status="running")]),
        _run(GRANDCHILD, name="report", parent_run_id=CHILD, trigger_type="pipeline",
             created=BEGAN + timedelta(minutes=6), start=BEGAN + timedelta(minutes=6), execution_time=60,
             stages=[StageRun(name="report", status="success")]),
        _run(PARENT, name="nightly", status="running", trigger_type="schedule", created=BEGAN - timedelta(minutes=1)),
        _run(SIBLING, status="failed", run_info_id=RUN_ID, created=BEGAN - timedelta(hours=2)),
        *(_run(f"gitlab:1:{490 - place}", api="train-e2e", created=BEGAN - timedelta(days=1 + place),
               execution_time=900.0 + place) for place in range(4)),
    ]  # fmt: skip


def _job(
    number: int, name: str, stage: str, status: str, begin: float = -1, lasts: float = 0, **values: object
) -> JobRun:
    """A job that began `begin` seconds after the run and took `lasts`; one that did not begin for -1."""
    ran = begin >= 0
    defaults = {
        "id": f"gitlab:1:job:{number}",
        "pipeline_run_id": RUN,
        "project_id": "gitlab:1",
        "connection": "gitlab",
        "git_project_id": 1,
        "git_job_id": number,
        "name": name,
        "stage": stage,
        "status": status,
        "created": BEGAN,
        "start": BEGAN + timedelta(seconds=begin) if ran else None,
        "completion": BEGAN + timedelta(seconds=begin + lasts) if lasts else None,
        "execution_time": lasts,
        "queued_time": 8 if ran else 0,
        "endpoint": "gpu-runner-1" if ran else "",
        "image": "registry.example/ml/train:3.11" if ran else "",
        "web_url": f"https://gitlab.example/ml/p/-/jobs/{number}",
    }
    return make(JobRun, **{**defaults, **values})


def _jobs() -> list[JobRun]:
    of_child = {"pipeline_run_id": CHILD, "project_id": "gitlab:2", "git_project_id": 2}
    of_grandchild = {"pipeline_run_id": GRANDCHILD, "project_id": "gitlab:3", "git_project_id": 3}
    return [
        _job(5001, "fetch", "prepare", "success", 8, 50, artifacts_size=4_400_000),
        _job(5002, "check-schema", "prepare", "success", 10, 30),
        _job(5003, "features", "features", "success", 70, 100, needs=["fetch"], artifacts_size=9_000_000),
        _job(5004, "train", "train", "canceled", 180, 60, needs=["features"], retried=True),
        _job(5005, "train", "train", "running", 260, needs=["features", "check-schema"], attempt_number=2,
             retry_of="gitlab:1:job:5004", runner_tags=["gpu", "a100"]),
        _job(5006, "trials", "train", "running", 240, bridge=True, downstream=CHILD, needs=["features"]),
        _job(5007, "calibrate", "train", "created", needs=["train"]),
        _job(5008, "evaluate", "evaluate", "created", needs=["calibrate", "trials", "check-schema"]),
        _job(5009, "deploy", "deploy", "manual", needs=["evaluate"]),
        _job(5011, "trial-1", "tune", "success", 250, 90, id="gitlab:2:job:5011", **of_child),
        _job(5012, "trial-2", "tune", "pending", id="gitlab:2:job:5012", created=BEGAN + timedelta(minutes=7),
             **of_child),
        _job(5013, "report", "tune", "success", 360, 70, id="gitlab:2:job:5013", bridge=True, downstream=GRANDCHILD,
             **of_child),
        _job(5021, "render", "report", "success", 365, 55, id="gitlab:3:job:5021", **of_grandchild),
    ]  # fmt: skip


def _mlflow(id_: str, name: str, status: str, start: datetime, **values: object) -> TrackedRun:
    connection, _, run_id = id_.partition(":")
    defaults = {
        "id": id_, "connection": connection, "run_id": run_id, "experiment_id": "1", "name": name, "status": status,
        "user": "ada", "start": start, "artifact_uri": f"s3://bucket/1/{run_id}/artifacts",
    }  # fmt: skip
    return make(TrackedRun, **{**defaults, **values})


def _tracked() -> list[Record]:
    start = BEGAN + timedelta(seconds=265)
    linked = {"project_id": "gitlab:1", "pipeline_run_id": RUN, "linked_by": "launch"}
    steps = tuple(range(0, 400, 4))
    courses = {
        "val_auc": [0.93 - 0.35 * math.exp(-step / 80) for step in steps],
        "val_loss": [0.2 + 1.4 * math.exp(-step / 60) for step in steps],
        "lr": [0.01 * 0.99**step for step in steps],
    }
    times = tuple(int((start + timedelta(seconds=step)).timestamp() * 1000) for step in steps)
    metrics = {
        key: MetricSummary(last=values[-1], step=396, time=NOW - timedelta(seconds=4), min=min(values),
                           max=max(values), min_step=steps[values.index(min(values))],
                           max_step=steps[values.index(max(values))])
        for key, values in courses.items()
    }  # fmt: skip
    gpu = MetricSummary(last=91.0, step=33, time=NOW - timedelta(seconds=9), min=3.0, max=98.0, min_step=0, max_step=21)
    data = [
        DatasetInput(name="customers", digest="a81f03", context="training", source_type="s3",
                     source="s3://bucket/customers/2026-02.parquet"),
        DatasetInput(name="customers-holdout", digest="77d0aa", context="validation", source_type="s3"),
    ]  # fmt: skip
    return [
        _mlflow(TRACKED, "wise-crane-12", "RUNNING", start, **linked, job_run_id="gitlab:1:job:5005",
                params={"lr": "0.01", "epochs": "400", "model": "mlp", "search_space": SEARCH_SPACE},
                metrics={**metrics, "system/gpu_0_utilization_percentage": gpu}, datasets=data,
                tags={"team": "retention", "mlflow.source.name": "train.py",
                      "mlflow.source.git.commit": "9f3c2ab177ab0129"},
                last_logged=NOW - timedelta(seconds=4), models=["churn-model"], note="First try with class weights."),
        _mlflow(LEFT, "lost-otter-3", "RUNNING", BEGAN + timedelta(seconds=185), **linked,
                job_run_id="gitlab:1:job:5004", ended_as="canceled", params={"lr": "0.03"},
                metrics={"val_auc": MetricSummary(last=0.71, step=40, min=0.6, max=0.72, min_step=0, max_step=36)},
                last_logged=NOW - timedelta(minutes=6)),
        _mlflow(NESTED, "trial-a", "FINISHED", start, parent_run_id="run500", params={"lr": "0.003"},
                end=start + timedelta(seconds=40), metrics={"val_auc": MetricSummary(last=0.9, step=40)}),
        _mlflow("mlflow:trial500b", "trial-b", "RUNNING", start + timedelta(seconds=50), parent_run_id="run500",
                params={"lr": "0.001"}),
        _mlflow(ALONE, "notebook-run", "FINISHED", NOW - timedelta(days=2), params={"lr": "0.1"}, user="chen",
                end=NOW - timedelta(days=2) + timedelta(minutes=3), experiment_id="9",
                metrics={"val_auc": MetricSummary(last=0.88, step=10)}),
        make(Experiment, id="mlflow:9", connection="mlflow", experiment_id="9", name="sandbox", created=NOW),
        *(MetricSeries(id=f"{TRACKED}:{key}", tracked_run_id=TRACKED, key=key, steps=steps, times=times,
                       values=tuple(values)) for key, values in courses.items()),
    ]  # fmt: skip


def _around() -> list[Record]:
    expires = NOW + timedelta(days=6, hours=3)
    archive = {"file_type": "archive", "file_format": "zip"}

    def artifact(job: int, name: str, bytes_: int, **values: object) -> Artifact:
        job_id = f"gitlab:1:job:{job}"
        return make(Artifact, **{
            "id": f"{job_id}:{values.get('path', name)}", "name": name, "file_size": bytes_, "storage_type": "GITLAB",
            "job_run_id": job_id, "created": BEGAN, "expires": expires, **values,
        })  # fmt: skip

    return [
        artifact(5001, "artifacts.zip", 4_400_000, metadata=archive),
        artifact(5001, "train.parquet", 3_900_000, path="data/split/train.parquet", artifact_type="DATASET"),
        artifact(5001, "valid.parquet", 480_000, path="data/split/valid.parquet", artifact_type="DATASET"),
        artifact(5001, "schema.json", 1_200, path="data/schema.json"),
        artifact(5002, "junit.xml", 5_300, metadata={"file_type": "junit"}, expires=NOW - timedelta(minutes=1)),
        make(Artifact, id=f"{TRACKED}:model/MLmodel", name="MLmodel", path="model/MLmodel", file_size=640,
             storage_type="MLFLOW", tracked_run_id=TRACKED, artifact_type="MODEL"),
        make(Submission, id="s500", timestamp=BEGAN - timedelta(seconds=3), requester="ada", project_id="gitlab:1",
             ref="main", run_id=RUN_ID, pipeline_run_id=RUN, state="done", inputs={"size": "large"},
             variables=[Variable(key="LR", value="0.01"), Variable(key="EPOCHS", value="60")]),
        make(ModelVersion, id="mlflow:churn-model:4", connection="mlflow", name="churn-model", version="4",
             status="READY", run_id="run500", tracked_run_id=TRACKED, pipeline_run_id=RUN, aliases=["challenger"],
             created=NOW - timedelta(minutes=1)),
        make(Deployment, id="gitlab:1:deployment:7", name="staging", project_id="gitlab:1", environment="staging",
             status="success", url="https://staging.example", job_run_id="gitlab:1:job:5009", deployed_by="bo",
             model_version_id="mlflow:churn-model:4", created=NOW - timedelta(minutes=1)),
        make(Note, id=RUN, target_id=RUN, by="ada", created=NOW - timedelta(minutes=2),
             text="Class weights from the February churners.\nCompare with #490 before it is deployed."),
        make(Label, id=f"{RUN}:baseline", target_id=RUN, name="baseline", by="bo", created=NOW - timedelta(minutes=5)),
    ]  # fmt: skip
