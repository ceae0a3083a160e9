"""A test run in the fixed world: the pipeline of a test repository, its cases, the tested runs and the report."""

from __future__ import annotations

from datetime import timedelta

from msgspec.structs import replace

from data.model import JobRun, PipelineRun, Record, RunInfo, StageRun, TestCase, TestReport, TestSuite, make
from data.model.ci import TestCase as Case
from tests.world import NOW

PROJECT = "gitlab:1"
REPOSITORY = 9
"""GitLab's id of the test repository, which is no project of the configuration."""
RUN_ID = "7b1f0e2c-9a34-4d19-8a55-0c1d2e3f4a5b"
TEST_RUN = f"gitlab:{REPOSITORY}:700"
CASES = (("small", "success", 701), ("full", "failed", 702), ("drift", "running", 703))
"""Cases: name, status of the run, number of the run."""
BEGAN = NOW - timedelta(minutes=30)
TOGETHER = "5d0a77aa-0000-4000-8000-000000000002"
"""RUN_ID of two production runs."""

STATUSES = ("success", "failed", "error", "skipped")
TRACE = """def test_metric_above_baseline(run, baseline):
        value = run.metrics["val_auc"]
>       assert value >= baseline - TOLERANCE
E       assert 0.8012 >= (0.8231 - 0.005)
E        +  where 0.8012 = run.metrics['val_auc']

cases/full/test_full.py:38: AssertionError"""


def _run(number: int, project: int = 1, **values: object) -> PipelineRun:
    return make(
        PipelineRun,
        **{
            "id": f"gitlab:{project}:{number}",
            "project_id": PROJECT,
            "pipeline_id": f"{PROJECT}:default",
            "pipeline_api_id": f"{PROJECT}:default:train-e2e",
            "api": "train-e2e",
            "run_info_id": RUN_ID,
            "kind": "test",
            "connection": "gitlab",
            "git_project_id": project,
            "git_pipeline_id": number,
            "trigger_type": "pipeline",
            "triggered_by": "ada",
            "ref": "main",
            "created": BEGAN,
            "start": BEGAN,
            "updated": BEGAN + timedelta(minutes=9),
            "web_url": f"https://gitlab.example/ml/p/-/pipelines/{number}",
            "jobs_synced": True,
            **values,
        },
    )


def _job(number: int, name: str, stage: str, status: str, **values: object) -> JobRun:
    return make(
        JobRun,
        id=f"gitlab:{REPOSITORY}:job:{number}",
        pipeline_run_id=TEST_RUN,
        project_id=PROJECT,
        connection="gitlab",
        git_project_id=REPOSITORY,
        git_job_id=number,
        name=name,
        stage=stage,
        status=status,
        created=BEGAN,
        start=BEGAN,
        execution_time=21,
        **values,
    )


def case(name: str, status: str = "success", output: str = "", where: str = "cases.full.test_full") -> Case:
    """A case of the report."""
    file = where.replace(".", "/") + ".py"
    return TestCase(name=name, classname=where, file=file, status=status, execution_time=0.42, output=output)


def suite(name: str, *cases: Case) -> TestSuite:
    """A suite with the counts of its cases."""
    success, failed, error, skipped = (sum(one.status == status for one in cases) for status in STATUSES)
    return TestSuite(
        name=name, execution_time=0.42 * len(cases), total=len(cases), success=success, failed=failed, error=error,
        skipped=skipped, cases=cases,
    )  # fmt: skip


def report(*suites: TestSuite, run: str = TEST_RUN, complete: bool = True) -> TestReport:
    """A report with the sums of its suites."""
    names = ("total", "success", "failed", "error", "skipped", "execution_time")
    sums = {name: sum(getattr(one, name) for one in suites) for name in names}
    return TestReport(id=run, project_id=PROJECT, suites=suites, complete=complete, read=NOW, **sums)


def whole_report(run: str = TEST_RUN) -> TestReport:
    """Three suites: one went through, one has a failed case, an error and a skipped one, one could not be read."""
    return report(
        suite("prepare-cases", case("test_data_is_there", where="checks.test_cases"), case("test_baseline_größe_🚀")),
        suite(
            "report: [full]",
            case("test_pipeline_succeeds"),
            case("test_metric_above_baseline", "failed", TRACE),
            case("test_predictions_in_range", "error", "E       FileNotFoundError: metrics.json"),
            case("test_registered_model", "skipped", "Skipped: register is switched off in tests"),
        ),
        replace(suite("report: [drift]"), suite_error="JUnit XML parsing failed: 1:1: Start tag expected"),
        run=run,
    )


def tested() -> list[Record]:
    """A test that still runs: one case went through, one failed, one goes on. And two production runs of a RUN_ID."""
    stages = ("prepare", "cases", "report")
    test = _run(
        700, REPOSITORY, status="running", trigger_type="api", name="Tests of churn", job_count=7, success_count=2,
        failed_count=1,
        stages=tuple(
            StageRun(name=name, order=place, status=("success", "running", "created")[place])
            for place, name in enumerate(stages)
        ),
    )  # fmt: skip
    jobs = [_job(7000, "prepare-cases", "prepare", "success")]
    runs = []
    for place, (name, status, number) in enumerate(CASES, 1):
        run = _run(
            number, status=status, parent_run_id=TEST_RUN, name=f"case {name}", job_count=5, success_count=4,
            failed_count=int(status == "failed"), execution_time=0 if status == "running" else 300,
            created=BEGAN + timedelta(minutes=place),
            completion=None if status == "running" else BEGAN + timedelta(minutes=5 + place),
            metrics={"val_auc": 0.8 + place / 100}, stages=(StageRun(name="train", status=status),),
        )  # fmt: skip
        runs.append(run)
        jobs += [
            _job(7000 + place, f"case: {name}", "cases", status, bridge=True, downstream=run.id),
            _job(7010 + place, f"report: [{name}]", "report", "created", needs=(f"case: {name}",)),
        ]
    info = RunInfo(
        id=RUN_ID, pipeline_id=f"{PROJECT}:default", pipeline_api_id=f"{PROJECT}:default:train-e2e", kind="test",
        test_run_id=TEST_RUN, requester="ada", create_time=BEGAN, runs=tuple(run.id for run in runs),
    )  # fmt: skip
    return [test, *runs, *jobs, info, whole_report(), *_production()]


def _production() -> list[Record]:
    runs = [
        _run(number, run_info_id=TOGETHER, kind="production", api=api, status="success", execution_time=120,
             pipeline_api_id=f"{PROJECT}:default:{api}", completion=BEGAN + timedelta(minutes=minute),
             trigger_type="api")
        for number, api, minute in ((601, "features", 4), (602, "train-e2e", 12))
    ]  # fmt: skip
    info = RunInfo(
        id=TOGETHER, pipeline_id=f"{PROJECT}:default", requester="bo", create_time=BEGAN,
        finish_time=BEGAN + timedelta(minutes=12), runs=tuple(run.id for run in runs),
    )  # fmt: skip
    return [*runs, info]
