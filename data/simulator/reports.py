"""Test reports of pipelines, read from the test jobs' results (GitLab docs, api/pipelines, test report).

A job with JUnit reports is a suite. Its cases follow from how the job ended; those of a test repository's `report:` job
follow from how the pipeline that its case started ended, too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree

from data.simulator.chance import unit
from data.simulator.ci import REPORTING
from data.simulator.entities import Job, Pipeline

UNIT_TESTS = (
    ("tests.test_loader", ("test_reads_csv", "test_skips_empty_rows", "test_umlaute_größe")),
    ("tests.test_features", ("test_shape", "test_no_leakage", "test_categories")),
    ("tests.test_imputer", ("test_fills_median", "test_imputer_keeps_dtype")),
    ("tests.test_model", ("test_fit_predict", "test_save_load", "test_onnx_export")),
)
"""Classes of a project's unit tests with their names."""

PREPARED = (("checks.test_cases", ("test_data_is_there", "test_cases_are_complete", "test_baseline_größe_🚀")),)
"""What is checked before the cases run."""

CHECKED = (
    "test_pipeline_succeeds", "test_all_components_ran", "test_metric_above_baseline", "test_predictions_in_range",
    "test_registered_model",
)  # fmt: skip
"""What is checked of every case."""

LOST = frozenset({"runner_system_failure", "job_execution_timeout"})
"""Outcomes of jobs that leave no report behind."""

SKIPPED = {
    "test_onnx_export": "Skipped: could not import 'onnxruntime'",
    "test_registered_model": "Skipped: register is switched off in tests",
}
"""Cases that are always skipped, and why."""

DTYPE_TRACE = """\
def test_imputer_keeps_dtype():
        frame = read("fixtures/größe.csv")
>       assert impute(frame).dtypes.equals(frame.dtypes)
E       AssertionError: assert False
E        +  where False = <bound method NDFrame.equals of age    float64>(age    int64)

tests/test_imputer.py:31: AssertionError"""
BASELINE_TRACE = """\
def test_metric_above_baseline(run, baseline):
        value = run.metrics["{metric}"]
>       assert value >= baseline - TOLERANCE
E       assert {value:.4f} >= ({baseline:.4f} - 0.005)
E        +  where {value:.4f} = run.metrics['{metric}']

cases/{case}/test_{case}.py:{line}: AssertionError"""
PIPELINE_TRACE = """\
def test_pipeline_succeeds(pipeline):
>       assert pipeline.status == "success", pipeline.failed_jobs
E       AssertionError: [{failed}]
E       assert '{status}' == 'success'
E         - success
E         + {status}

cases/{case}/test_{case}.py:{line}: AssertionError"""
FIXTURE_TRACE = """\
@pytest.fixture
    def run(pipeline):
>       return json.loads(pipeline.artifact("train", "metrics.json"))
E       FileNotFoundError: pipeline {pipeline} has no artifact metrics.json of train

cases/conftest.py:{line}: FileNotFoundError"""
PREPARED_TRACE = """\
def test_cases_are_complete(cases):
>       assert {case.name for case in cases} == EXPECTED
E       AssertionError: assert {'full', 'small'} == {'drift', 'full', 'small'}
E         Extra items in the right set:
E         'drift'

checks/test_cases.py:18: AssertionError"""
"""Texts of failures, as pytest writes them."""


@dataclass(frozen=True, slots=True)
class Case:
    """One case of a suite. `status` is `success`, `failed`, `error` or `skipped`, `text` says why it is none."""

    classname: str
    name: str
    status: str
    text: str
    seconds: float

    @property
    def file(self) -> str:
        """The file that it stands in."""
        return self.classname.replace(".", "/") + ".py"


def cases_of(job: Job) -> list[Case]:
    """Return the cases of a job with a JUnit report, as they are once it has ended."""
    if job.spec.kind == "tests":
        return _listed(job, UNIT_TESTS, "test_imputer_keeps_dtype", DTYPE_TRACE)
    case = tested_case(job)
    if not case:
        return _listed(job, PREPARED, "test_cases_are_complete", PREPARED_TRACE)
    return [_checked(job, case, name) for name in CHECKED]


def tested_case(job: Job) -> str:
    """Return the name of the test case that a `report:` job checks, empty for other jobs."""
    bridge = _bridge(job)
    return bridge.name.removeprefix("case: ") if bridge is not None else ""


def case_failed(job: Job) -> bool:
    """Whether a job checks a test case whose pipeline did not succeed."""
    bridge = _bridge(job)
    return bridge is not None and bridge.status != "success"


def _bridge(job: Job) -> Job | None:
    needs = job.spec.needs or ()
    if job.spec.kind != "cases" or not needs:
        return None
    return next((other for other in job.pipeline.latest if other.is_bridge and other.name in needs), None)


def _listed(job: Job, listed: tuple[tuple[str, tuple[str, ...]], ...], failing: str, trace: str) -> list[Case]:
    found = []
    for classname, names in listed:
        for name in names:
            status = "skipped" if name in SKIPPED else "failed" if job.outcome and name == failing else "success"
            text = SKIPPED.get(name, "") or (trace if status == "failed" else "")
            found.append(Case(classname, name, status, text, _seconds(job, name)))
    return found


def _checked(job: Job, case: str, name: str) -> Case:
    """One check of a test case: without the tested pipeline's success, what builds on it cannot even begin."""
    broken, line = case_failed(job), 20 + 9 * CHECKED.index(name)
    status, text = "success", ""
    if name in SKIPPED:
        status, text = "skipped", SKIPPED[name]
    elif broken and name == CHECKED[0]:
        status, text = "failed", _pipeline_trace(job, case, line)
    elif broken and name != "test_all_components_ran":
        downstream = _downstream(job)
        status, text = "error", FIXTURE_TRACE.format(pipeline=downstream.id if downstream else "(none)", line=line)
    elif job.outcome and not broken and name == "test_metric_above_baseline":
        value = 0.78 + 0.04 * unit(job.id, "value")
        status, text = (
            "failed",
            BASELINE_TRACE.format(
                metric=job.project.theme.metric, value=value, baseline=value + 0.021, case=case, line=line
            ),
        )
    return Case(f"cases.{case}.test_{case}", name, status, text, _seconds(job, name))


def _pipeline_trace(job: Job, case: str, line: int) -> str:
    downstream = _downstream(job)
    if downstream is None:
        return PIPELINE_TRACE.format(failed="'no pipeline was created'", status="failed", case=case, line=line)
    failed = ", ".join(f"'{one.name}: {one.failure_reason}'" for one in downstream.latest if one.status == "failed")
    return PIPELINE_TRACE.format(failed=failed, status=downstream.status, case=case, line=line)


def _downstream(job: Job) -> Pipeline | None:
    bridge = _bridge(job)
    return bridge.downstream if bridge is not None else None


def _seconds(job: Job, name: str) -> float:
    return round(unit(job.id, name) * 2, 3)


def junit(job: Job) -> bytes:
    """Return the JUnit report that a job leaves behind."""
    cases = cases_of(job)
    counts = {status: sum(case.status == status for case in cases) for status in ("failed", "error", "skipped")}
    root = ElementTree.Element(
        "testsuite", name="pytest", tests=str(len(cases)), failures=str(counts["failed"]), errors=str(counts["error"]),
        skipped=str(counts["skipped"]), time=f"{sum(case.seconds for case in cases):.3f}",
    )  # fmt: skip
    tags = {"failed": "failure", "error": "error", "skipped": "skipped"}
    for case in cases:
        row = ElementTree.SubElement(
            root, "testcase", classname=case.classname, name=case.name, file=case.file, time=f"{case.seconds:.3f}"
        )
        if case.status in tags:
            ElementTree.SubElement(row, tags[case.status]).text = case.text
    written: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return written + b"\n"


def _test_jobs(pipeline: Pipeline) -> list[Job]:
    return [
        job
        for job in pipeline.latest
        if job.spec.kind in REPORTING and job.status in ("success", "failed") and job.outcome not in LOST
    ]


def _row(case: Case) -> dict[str, Any]:
    return {
        "status": case.status,
        "name": case.name,
        "classname": case.classname,
        "file": case.file,
        "execution_time": case.seconds,
        "system_output": case.text or None,
        "stack_trace": None,
        "recent_failures": None,
        "attachment_url": None,
    }


def _suite(job: Job) -> dict[str, Any]:
    cases = cases_of(job)
    counts = {
        status: sum(case.status == status for case in cases) for status in ("success", "failed", "skipped", "error")
    }
    return {
        "name": job.name,
        "total_time": round(sum(case.seconds for case in cases), 3),
        "total_count": len(cases),
        "success_count": counts["success"],
        "failed_count": counts["failed"],
        "skipped_count": counts["skipped"],
        "error_count": counts["error"],
        "suite_error": None,
        "test_cases": [_row(case) for case in cases],
    }


_SUMS = ("total_time", "total_count", "success_count", "failed_count", "skipped_count", "error_count")


def report_of(pipeline: Pipeline) -> dict[str, Any]:
    """Return the full report; zeros and no suites when no test job has ended."""
    suites = [_suite(job) for job in _test_jobs(pipeline)]
    return {name: sum(suite[name] for suite in suites) for name in _SUMS} | {"test_suites": suites}


def summary_of(pipeline: Pipeline) -> dict[str, Any]:
    """Return the summary: counts without cases."""
    jobs = _test_jobs(pipeline)
    suites = [
        {key: value for key, value in _suite(job).items() if key != "test_cases"} | {"build_ids": [job.id]}
        for job in jobs
    ]
    names = ("time", "count", "success", "failed", "skipped", "error")
    total: dict[str, Any] = {
        name: sum(suite[source] for suite in suites) for name, source in zip(names, _SUMS, strict=True)
    }
    return {"total": total | {"suite_error": None}, "test_suites": suites}
