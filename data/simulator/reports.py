"""Test reports of pipelines, read from the test jobs' results (GitLab docs, api/pipelines, test report)."""

from __future__ import annotations

from typing import Any

from data.simulator.chance import unit
from data.simulator.entities import Job, Pipeline

CASES = (
    ("tests.test_loader", ("test_reads_csv", "test_skips_empty_rows", "test_umlaute_größe")),
    ("tests.test_features", ("test_shape", "test_no_leakage", "test_categories")),
    ("tests.test_imputer", ("test_fills_median", "test_imputer_keeps_dtype")),
    ("tests.test_model", ("test_fit_predict", "test_save_load", "test_onnx_export")),
)
"""Classes of test cases with their names."""

_SKIPPED, _FAILING = "test_onnx_export", "test_imputer_keeps_dtype"


def _test_jobs(pipeline: Pipeline) -> list[Job]:
    return [job for job in pipeline.latest if job.spec.kind == "tests" and job.status in ("success", "failed")]


def _case(job: Job, classname: str, name: str) -> dict[str, Any]:
    status = "skipped" if name == _SKIPPED else "failed" if job.status == "failed" and name == _FAILING else "success"
    output = "AssertionError: assert False" if status == "failed" else None
    return {
        "status": status,
        "name": name,
        "classname": classname,
        "file": classname.replace(".", "/") + ".py",
        "execution_time": round(unit(job.id, name) * 2, 3),
        "system_output": output,
        "stack_trace": None,
        "recent_failures": None,
        "attachment_url": None,
    }


def _suite(job: Job) -> dict[str, Any]:
    cases = [_case(job, classname, name) for classname, names in CASES for name in names]
    counts = {status: sum(case["status"] == status for case in cases) for status in ("success", "failed", "skipped")}
    return {
        "name": job.name,
        "total_time": round(sum(case["execution_time"] for case in cases), 3),
        "total_count": len(cases),
        "success_count": counts["success"],
        "failed_count": counts["failed"],
        "skipped_count": counts["skipped"],
        "error_count": 0,
        "suite_error": None,
        "test_cases": cases,
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
