"""A pipeline with everything that can be defined and asked of it, for tests of the screens that show and define it."""

from __future__ import annotations

from datetime import timedelta

from msgspec.structs import replace

from data.model import (
    CiPreview,
    CodeRepository,
    DataRepository,
    Deployment,
    ExperimentRepository,
    Membership,
    Pipeline,
    PipelineAPI,
    PipelineJob,
    PipelineRun,
    Project,
    Record,
    Ref,
    Refs,
    RunInfo,
    Schedule,
    Submission,
    User,
    UserGroup,
    Variable,
    make,
)
from tests.world import NOW, records

PROJECT = "gitlab:1"
PIPELINE = "gitlab:1:train"
FULL, QUICK, FEATURES = (f"{PIPELINE}:{name}" for name in ("full", "quick", "features"))
"""APIs: of the configuration, of a user, found out."""
RUN, BEFORE = "gitlab:1:700", "gitlab:1:690"
RUN_ID = "1ng1g6r4zpw0"
JOBS = ("fetch", "check-data", "features", "train", "evaluate", "deploy")
CONFIG = "stages:\n- data\n- train\n" + "".join(
    f"job-{number}:\n  stage: train\n  script:\n  - python step.py --number {number} # 日本語 [bold]x[/]\n"
    for number in range(1200)
)
"""A merged configuration of some thousand lines."""
HOSTILE = "[bold red]x[/] [@click=app.quit]y[/] [/foo] 日本語の名前"


def pipeline() -> Pipeline:
    """A pipeline of the configuration."""
    made = make(
        Pipeline,
        id=PIPELINE,
        project_id=PROJECT,
        name="train",
        description="Trains the churn model.\nRuns each night.",
        repository_id=1,
        repository_url="https://gitlab.example/ml/churn",
        default_ref="main",
        storage_bucket="churn-raw",
        data_version_bucket="churn-versions",
        test_storage_bucket="churn-test-raw",
        test_data_version_bucket="churn-test-versions",
        last_commit_hash="9f3c2ab177ab012944f3c2ab177ab012944f3c2a",
        running=True,
        inputs=[Variable(key="size", kind="choice", choices=("small", "large"), value="small")],
        max_concurrent=2,
        timeout=7200,
        defined_by="configuration",
        job_run_history=[RUN],
    )
    return replace(made, pipeline_config=CONFIG)


def jobs() -> list[PipelineJob]:
    """Its jobs."""
    stages = ("data", "data", "features", "train", "evaluate", "deploy")
    types = ("DATA_INGESTION", "DATA_VALIDATION", "FEATURE_ENGINEERING", "MODEL_TRAINING", "MODEL_EVALUATION",
             "MODEL_DEPLOYMENT")  # fmt: skip
    needs = ((), (), ("fetch",), ("features", "check-data"), ("train",), ("evaluate",))
    return [
        make(
            PipelineJob,
            id=f"{PIPELINE}:{name}",
            pipeline_id=PIPELINE,
            name=name,
            order=place,
            stage=stages[place],
            stage_type=types[place],
            image="registry.example/ml/train:3.11",
            runner_tag="gpu" if name == "train" else "cpu",
            variables=[Variable(key="EPOCHS", value="60"), Variable(key="TOKEN", secret=True)][: place % 3],
            instructions=["pip install -r requirements.txt", f"python {name}.py --lr $LR"],
            needs=needs[place],
            optional_needs=["check-data"] if name == "train" else [],
            when="manual" if name == "deploy" else "on_success",
            environment="production" if name == "deploy" else "",
        )
        for place, name in enumerate(JOBS)
    ]


def apis() -> list[PipelineAPI]:
    """Its APIs."""
    rate = Variable(key="LR", value="0.01", kind="number", required=True, pattern=r"[\d.]+", description="Step width")
    size = Variable(key="SIZE", value="small", kind="choice", choices=("small", "large"))
    return [
        make(PipelineAPI, id=FULL, pipeline_id=PIPELINE, name="full", description="Everything, from data to model",
             system_variables=[Variable(key="BUCKET", value="churn-raw")],
             user_variables=[rate, size, Variable(key="API_KEY", secret=True)], inputs={"size": "small"},
             image_variable="IMAGE", environment_variable="DEPLOY_TO", callback_url="https://hooks.example/runs",
             callback_key_env="HOOK_KEY", test_repository_url="ml/churn-tests", api_url="https://api.example/full",
             test_api_url="https://api.example/test", defined_by="configuration", jobs=JOBS),
        make(PipelineAPI, id=FEATURES, pipeline_id=PIPELINE, name="features", type="custom Sub-API",
             flow_control={"train": False, "evaluate": True}, test_repository_id=17),
        make(PipelineAPI, id=QUICK, pipeline_id=PIPELINE, name="quick", type="custom Sub-API",
             flow_control={"check-data": False}, defined_by="user", track=False, default_ref="release/2026.03"),
    ]  # fmt: skip


def _run(id_: str, **values: object) -> PipelineRun:
    number = int(id_.rpartition(":")[2])
    given = {
        "id": id_, "project_id": PROJECT, "pipeline_id": PIPELINE, "connection": "gitlab", "git_project_id": 1,
        "git_pipeline_id": number, "status": "success", "ref": "main", "created": NOW - timedelta(minutes=30),
        "api": "full", "pipeline_api_id": FULL, "execution_time": 600, "trigger_type": "api", **values,
    }  # fmt: skip
    return make(PipelineRun, **given)


def runs() -> list[PipelineRun]:
    """Its runs: one that goes on, one before it of the same RUN_ID, one that failed, one of a schedule."""
    return [
        _run(RUN, status="running", run_info_id=RUN_ID, execution_time=0, created=NOW - timedelta(minutes=3)),
        _run("gitlab:1:699", run_info_id=RUN_ID, api="features", pipeline_api_id=FEATURES,
             created=NOW - timedelta(minutes=20)),
        _run(BEFORE, status="failed", execution_time=300, created=NOW - timedelta(hours=3)),
        _run("gitlab:1:680", trigger_type="schedule", execution_time=900, created=NOW - timedelta(hours=9)),
    ]  # fmt: skip


def around() -> list[Record]:
    """What was asked of it, what starts it, and what its project refers to."""
    ids = tuple(run.id for run in runs())
    return [
        make(RunInfo, id=RUN_ID, pipeline_id=PIPELINE, requester="ada", create_time=NOW - timedelta(minutes=20),
             runs=[ids[1], ids[0]]),
        make(RunInfo, id="0ng1g6r4zpw0", pipeline_id=PIPELINE, requester="bo", kind="test", runs=[BEFORE],
             create_time=NOW - timedelta(hours=3), finish_time=NOW - timedelta(hours=2, minutes=50)),
        make(Submission, id="s700", timestamp=NOW - timedelta(minutes=3), requester="ada", project_id=PROJECT,
             pipeline_id=PIPELINE, pipeline_api_id=FULL, ref="main", run_id=RUN_ID, pipeline_run_id=RUN, state="done",
             variables=[Variable(key="LR", value="0.02")], flow_control={"deploy": False}, note="After the cleaning"),
        make(Submission, id="s701", timestamp=NOW - timedelta(minutes=1), requester="bo", project_id=PROJECT,
             pipeline_id=PIPELINE, pipeline_api_id=QUICK, ref="feat-x", state="refused",
             answer="Insufficient permissions to set pipeline variables"),
        make(Schedule, id="gitlab:1:schedule:5", project_id=PROJECT, connection="gitlab", git_project_id=1,
             git_schedule_id=5, description="nightly", ref="main", cron="0 3 * * *", timezone="Europe/Berlin",
             next_run=NOW + timedelta(hours=15), owner="ada", last_run_id=ids[3], last_status="success",
             variables=[Variable(key="MODE", value="night")]),
        make(Schedule, id="gitlab:1:schedule:6", project_id=PROJECT, connection="gitlab", git_project_id=1,
             git_schedule_id=6, description="weekly", ref="main", cron="0 5 * * 1", active=False, owner="bo",
             next_run=NOW + timedelta(days=3)),
        Refs(id=PROJECT, branches=(Ref(name="main", protected=True), Ref(name="feat-x")), tags=(Ref(name="v1"),)),
        make(CiPreview, id=f"{PROJECT}@main", project_id=PROJECT, ref="main", valid=True, jobs=[
            *jobs(), PipelineJob(id=f"{PIPELINE}:calibrate", pipeline_id=PIPELINE, name="calibrate", order=6,
                                 stage="evaluate", stage_type="MODEL_EVALUATION", image="python:3.12",
                                 needs=("train",), instructions=("python calibrate.py",)),
        ]),
    ]  # fmt: skip


def project_parts() -> list[Record]:
    """What the project refers to: repositories, people, places."""
    people = (("ada", 40), ("bo", 30), ("chen", 20))
    return [
        make(CodeRepository, id="gitlab:1:ml/churn-lib", name="churn-lib", uri="https://gitlab.example/ml/churn-lib",
             description="Shared code"),
        make(DataRepository, id="gitlab:1:s3://churn", name="churn-data", uri="s3://churn", storage_type="S3",
             bucket="churn", version="v12"),
        make(ExperimentRepository, id="gitlab:1:mlflow:1", name="churn-experiment", connection="mlflow",
             experiment_id="1"),
        *(make(User, id=f"gitlab:{number}", connection="gitlab", username=name, name=name.title())
          for number, (name, _) in enumerate(people, 50)),
        *(make(Membership, id=f"{PROJECT}:{number}", user_id=f"gitlab:{number}", username=name, name=name.title(),
               project_id=PROJECT, access_level=level) for number, (name, level) in enumerate(people, 50)),
        make(UserGroup, id="gitlab:group:9", connection="gitlab", name="Machine learning", path="ml"),
        make(UserGroup, id="gitlab:group:10", connection="gitlab", name="Others", path="others"),
        make(Deployment, id="gitlab:1:environment:3", name="production", project_id=PROJECT, environment="production",
             tier="production", status="available", url="https://churn.example"),
        make(Deployment, id="gitlab:1:deployment:7", name="production", project_id=PROJECT, environment="production",
             status="success", ref="main", commit="9f3c2ab177ab012944f3", deployed_by="bo",
             created=NOW - timedelta(days=1)),
    ]  # fmt: skip


def world() -> list[Record]:
    """The fixed world, and all of this in its first project."""
    everything = [record for record in records() if not isinstance(record, Project) or record.id != PROJECT]
    project = next(one for one in records() if isinstance(one, Project) and one.id == PROJECT)
    project = replace(
        project,
        description="Who is about to leave?\nWe ask each night.",
        test_mlflow_experiment_id="2",
        code_repositories=("gitlab:1:ml/churn-lib",),
        data_repositories=("gitlab:1:s3://churn",),
        experiments=("mlflow:1", "mlflow:2"),
        create_time=NOW - timedelta(days=300),
    )
    return [*everything, project, pipeline(), *jobs(), *apis(), *runs(), *around(), *project_parts()]
