"""Stages, attempts and counts of a run, computed from its jobs by GitLab's rules."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest

from data.model import JobRun, PipelineRun
from data.sources.gitlab import composite, number_attempts, stages_of, summarise

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def job(number: int, name: str, stage: str = "train", status: str = "success", **values: object) -> JobRun:
    fields: dict[str, object] = {
        "id": f"gl:1:job:{number}",
        "pipeline_run_id": "gl:1:1",
        "project_id": "gl:1",
        "connection": "gl",
        "git_project_id": 1,
        "git_job_id": number,
        "name": name,
        "stage": stage,
        "status": status,
    }
    return JobRun(**{**fields, **values})  # type: ignore[arg-type]  # fields by name


def run(status: str = "success", **values: object) -> PipelineRun:
    return msgspec.structs.replace(
        PipelineRun(
            id="gl:1:1",
            project_id="gl:1",
            connection="gl",
            git_project_id=1,
            git_pipeline_id=1,
            created=NOON,
            status=status,
        ),
        **values,
    )


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        ("skipped skipped", "skipped"),
        ("success skipped", "success"),
        ("created created", "created"),
        ("success created", "running"),
        ("pending created", "pending"),
        ("pending success", "running"),
        ("preparing", "preparing"),
        ("success canceled", "canceled"),
        ("failed canceled", "failed"),
        ("failed running", "running"),
        ("failed success", "failed"),
        ("manual created", "manual"),
        ("manual success", "manual"),
        ("scheduled success", "scheduled"),
        ("success waiting_for_resource", "waiting_for_resource"),
        ("success waiting_for_callback", "waiting_for_callback"),
        ("success canceling", "canceling"),
        ("a_status_of_2031", "failed"),
    ],
)
def test_jobs_have_a_status_together(statuses: str, expected: str) -> None:
    assert composite(job(at, str(at), status=one) for at, one in enumerate(statuses.split())) == expected


@pytest.mark.parametrize(
    ("status", "other", "expected"),
    [
        ("failed", "success", "success"),
        ("canceled", "success", "success"),
        ("manual", "success", "success"),
        ("manual", "skipped", "skipped"),
        ("failed", "failed", "failed"),
        ("manual", "manual", "manual"),
    ],
)
def test_a_job_that_may_fail_does_not_spoil_its_stage(status: str, other: str, expected: str) -> None:
    assert composite([job(1, "a", status=status, allows_failure=True), job(2, "b", status=other)]) == expected


def test_stages_stand_in_the_order_of_their_first_job_over_all_attempts() -> None:
    # the first stage was retried: its newest job has the greatest id
    jobs = number_attempts(
        [
            job(10, "prepare", "data", "failed"),
            job(11, "fit", "train"),
            job(12, "roll", "deploy"),
            job(13, "prepare", "data"),
        ]
    )
    assert [(stage.name, stage.order) for stage in stages_of(jobs)] == [("data", 0), ("train", 1), ("deploy", 2)]


def test_a_stage_counts_newest_attempts_only() -> None:
    jobs = number_attempts([job(1, "fit", status="failed"), job(2, "fit", status="success")])
    assert stages_of(jobs)[0].status == "success"


def test_a_stage_shows_warnings_and_times() -> None:
    late = NOON.replace(hour=14)
    jobs = [
        job(1, "a", status="failed", allows_failure=True, start=NOON, completion=NOON.replace(hour=13)),
        job(2, "b", start=NOON.replace(minute=5), completion=late),
    ]
    (stage,) = stages_of(jobs)
    assert (stage.status, stage.warnings, stage.start, stage.completion) == ("success", True, NOON, late)


def test_a_stage_that_still_runs_has_no_end() -> None:
    (stage,) = stages_of([job(1, "a", completion=NOON), job(2, "b", status="running")])
    assert (stage.status, stage.completion) == ("running", None)


def test_attempts_of_a_name_are_numbered_by_id_in_whatever_order_they_come() -> None:
    jobs = number_attempts(
        [job(9, "fit"), job(4, "fit", status="failed"), job(5, "eval"), job(7, "fit", status="failed")]
    )
    assert [(one.git_job_id, one.attempt_number, one.retry_of, one.retried) for one in jobs] == [
        (4, 1, "", True),
        (5, 1, "", False),
        (7, 2, "gl:1:job:4", True),
        (9, 3, "gl:1:job:7", False),
    ]


def test_a_summary_counts_newest_attempts() -> None:
    jobs = number_attempts(
        [
            job(1, "a", status="failed"),
            job(2, "a"),
            job(3, "b", status="failed", failure_reason="script_failure"),
            job(4, "c"),
        ]
    )
    seen = summarise(run("failed"), jobs)
    assert (seen.job_count, seen.success_count, seen.failed_count) == (3, 2, 1)
    assert seen.error_message == "b: script failure"
    assert seen.jobs_synced


def test_a_success_with_an_allowed_failure_has_warnings() -> None:
    jobs = [job(1, "a"), job(2, "b", status="failed", allows_failure=True)]
    assert summarise(run("success"), jobs).warnings
    assert not summarise(run("running"), jobs).warnings
    assert not summarise(run("success"), jobs[:1]).warnings


def test_a_run_without_jobs_keeps_its_yaml_errors() -> None:
    assert summarise(run("failed", error_message="jobs:a config"), []).error_message == "jobs:a config"


def test_a_run_that_recovered_loses_its_error() -> None:
    assert summarise(run("success", error_message="b: script failure"), [job(1, "b")]).error_message == ""


def test_many_failures_are_cut() -> None:
    jobs = [job(at, f"j{at}", status="failed") for at in range(8)]
    assert summarise(run("failed"), jobs).error_message.splitlines()[-1] == "and 3 more"


def test_the_servers_own_status_is_left_alone() -> None:
    assert summarise(run("canceling"), [job(1, "a", status="running")]).status == "canceling"
